/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_THREAD_H
#define ATOLL_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"

/* Threads, locks that release themselves, and a pool of workers. */

/* Starts a named thread (15 characters at most) with all signals blocked. Join with pthread_join.
 */
void thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *arg);

static inline void cleanup_unlock(pthread_mutex_t *const *m)
{
    pthread_mutex_unlock(*m);
}

static inline pthread_mutex_t *lock_take(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
    return m;
}

/* Holds the mutex until the end of the scope. */
#define LOCK_CAT_(a, b) a##b
#define LOCK_CAT(a, b) LOCK_CAT_(a, b)
#define lock_scope(m)                                                                              \
    pthread_mutex_t *const LOCK_CAT(lock_, __LINE__) cleanup_(cleanup_unlock) unused_ = lock_take(m)

/* A condition variable on the monotonic clock. */
void cond_init(pthread_cond_t *c);
/* Waits at most ms (negative: for ever); false when the time ran out. */
bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int64_t ms);

/*
 * A pool of workers that run items in the order given. An item is embedded in its owner's
 * struct and belongs to the pool from pool_run() until its run function is called.
 */
struct pool;
struct pool_item {
    struct list link;
    void (*run)(struct pool_item *self);
};

/* threads: 1..256 workers named name-N; backlog: items waiting at the most. */
struct pool *pool_new(const char *name, size_t threads, size_t backlog);
/* Queues an item; false when the backlog is full or the pool is ending (the item is untouched). */
bool pool_run(struct pool *p, struct pool_item *item) must_check;
/* Runs what is queued, joins the workers, frees the pool. NULL is allowed. */
void pool_free(struct pool *p);

#endif
