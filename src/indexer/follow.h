/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_FOLLOW_H
#define ATOLL_INDEXER_FOLLOW_H

#include <pthread.h>
#include <stdatomic.h>

#include "indexer/window.h"

/*
 * Inside of indexer/: one chain and its thread. `next` and `width` belong to the thread; the lock
 * guards what others touch.
 */
enum {
    WIDTH_START = 1000, /* blocks of a window */
    WIDTH_MAX = 10000,
    REORG_DEPTH = 128,  /* blocks that can be taken back one by one */
    PATIENCE_MS = 15000 /* for a chain that has become shorter to grow again */
};

/* A policy that came later than the options. */
struct policy_copy {
    struct arena *a;
    struct indexer_policy policy;
};
struct policy_copy *policy_copy(const struct indexer_policy *from); /* policy.c */
void policy_copy_free(struct policy_copy *c);                       /* NULL is allowed */

struct follower {
    const struct indexer_options *o;
    const struct indexer_chain *chain;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool wake;
    bool stop;
    bool paused;                /* by an administrator */
    struct policy_copy *coming; /* takes effect with the next step */
    bool reset;                 /* forget all of the chain and start at reset_to */
    uint64_t reset_to;

    struct policy_copy *policy; /* NULL: that of the options */
    bool anew;                  /* indexes again from a block on, and has not caught up */
    bool ready;                 /* next is known */
    uint64_t next;              /* the first block that is not indexed */
    uint64_t head;              /* the chain's newest block when last asked */
    uint64_t width;             /* blocks of the next window */
    int64_t patience_ms;
    int64_t shorter_ms; /* since when the chain is shorter than what was indexed; 0: it is not */
    int64_t head_ms;    /* when head last changed */
    int64_t pace_ms;    /* how long it took to */

    struct shunned shunned;
    struct purgatory *purgatory;

    _Atomic int64_t indexed; /* next - 1; -1: nothing yet */
};

/*
 * One step: learn the head, take back what a reorganisation replaced, index the next window.
 * *ret_more tells that there is more to do at once. On failure the step is to be made again.
 */
int follow_step(struct follower *f, bool *ret_more, struct err *e) must_check;

#endif
