/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/must.h"

enum {
    STACK_BYTES = 1 << 20, /* ours need far less; glibc's 8 MiB counts against ulimits */
    THREADS_MAX = 256
};

void thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *arg)
{
    pthread_attr_t attr;
    sigset_t all;
    sigset_t old;
    char shortened[16];

    must(pthread_attr_init(&attr) == 0);
    must(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    must(pthread_create(ret_thread, &attr, run, arg) == 0);
    must(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
    pthread_attr_destroy(&attr);
    (void)snprintf(shortened, sizeof(shortened), "%s", name);
    (void)pthread_setname_np(*ret_thread, shortened);
}

void cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;

    must(pthread_condattr_init(&attr) == 0);
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(c, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int64_t ms)
{
    struct timespec t;
    int64_t until;

    if (ms < 0) {
        must(pthread_cond_wait(c, m) == 0);
        return true;
    }
    until = clock_mono_ns() + ms * 1000000;
    t = (struct timespec){.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
    return pthread_cond_timedwait(c, m, &t) != ETIMEDOUT;
}

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list items;
    size_t waiting;
    size_t backlog;
    bool ending;
    size_t threads;
    pthread_t thread[];
};

/* The next item, or NULL once the pool ends and nothing is left. */
static struct pool_item *pool_next(struct pool *p)
{
    struct list *link;

    lock_scope(&p->lock);
    while (list_empty(&p->items) && !p->ending)
        (void)cond_wait_ms(&p->wake, &p->lock, -1);
    link = list_pop(&p->items);
    if (!link)
        return NULL;
    p->waiting--;
    return container_of(link, struct pool_item, link);
}

static void *pool_worker(void *arg)
{
    struct pool *p = arg;
    struct pool_item *item;

    while ((item = pool_next(p)))
        item->run(item);
    return NULL;
}

struct pool *pool_new(const char *name, size_t threads, size_t backlog)
{
    struct pool *p;
    size_t i;

    must(threads > 0 && threads <= THREADS_MAX);
    p = xcalloc(1, sizeof(*p) + threads * sizeof(p->thread[0]));
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    cond_init(&p->wake);
    list_init(&p->items);
    p->backlog = backlog;
    p->threads = threads;
    for (i = 0; i < threads; i++) {
        char label[32];

        (void)snprintf(label, sizeof(label), "%.10s-%zu", name, i);
        thread_start(&p->thread[i], label, pool_worker, p);
    }
    return p;
}

bool pool_run(struct pool *p, struct pool_item *item)
{
    lock_scope(&p->lock);
    if (p->ending || p->waiting >= p->backlog)
        return false;
    list_push(&p->items, &item->link);
    p->waiting++;
    pthread_cond_signal(&p->wake);
    return true;
}

void pool_free(struct pool *p)
{
    size_t i;

    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (i = 0; i < p->threads; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
