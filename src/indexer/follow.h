/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_FOLLOW_H
#define ATOLL_INDEXER_FOLLOW_H

#include <pthread.h>
#include <stdatomic.h>

#include "indexer/window.h"

/*
 * Inside of indexer/: one chain and its two threads. The first follows the chain in its order, the
 * second looks at single transactions once more, which may take long: it waits for strangers.
 * `next`, `width` and what is near them belong to the first; `lock` guards what others touch;
 * whoever writes rows holds `writing`.
 */
enum {
    WIDTH_START = 1000, /* blocks of a window */
    WIDTH_MAX = 10000,
    WIDTH_TRUST = 50,   /* windows in a row before a wider one than was refused is tried again */
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
    pthread_t second;
    pthread_mutex_t lock;
    pthread_cond_t woken; /* either thread */
    bool wake;
    bool wake_second;
    bool stop;
    bool paused;                /* by an administrator */
    struct policy_copy *coming; /* takes effect with the next step */
    bool reset;                 /* forget all of the chain and start at reset_to */
    uint64_t reset_to;
    bool sweep; /* purgatory is another one now */

    pthread_mutex_t writing;
    uint64_t epoch; /* guarded by it: how often blocks were taken back */

    struct policy_copy *policy; /* NULL: that of the options; changed under the lock */
    bool anew;                  /* indexes again from a block on, and has not caught up */
    bool ready;                 /* next is known */
    uint64_t next;              /* the first block that is not indexed */
    uint64_t head;              /* the chain's newest block when last asked */
    uint64_t width;             /* blocks of the next window */
    uint64_t width_max;
    unsigned width_good; /* windows of that width that went well */
    int64_t patience_ms;
    int64_t shorter_ms; /* since when the chain is shorter than what was indexed; 0: it is not */
    int64_t head_ms;    /* when head last changed */
    int64_t pace_ms;    /* how long it took to */

    struct shunned shunned;      /* of the second thread */
    struct purgatory *purgatory; /* borrowed, shared by all chains */

    _Atomic int64_t indexed; /* next - 1; -1: nothing yet */
    _Atomic bool caught_up;  /* there is nothing between that and the head */
};

/* A follower at rest; its locks are to be destroyed. */
void follow_init(struct follower *f, const struct indexer_options *o,
                 const struct indexer_chain *chain, struct purgatory *purgatory);
void follow_done(struct follower *f);

/* Whom to believe: the first thread's view, and a copy for others (policy_copy_free). */
const struct indexer_policy *follow_policy(const struct follower *f);
struct policy_copy *follow_policy_copy(struct follower *f);

/* Tells whoever waits for a transaction (NULL: for the whole chain) that it was looked at. */
void follow_tell_done(const struct follower *f, const char *tx, bool good);

/*
 * One step: learn the head, take back what a reorganisation replaced, index the next window.
 * *ret_more tells that there is more to do at once. On failure the step is to be made again.
 */
int follow_step(struct follower *f, bool *ret_more, struct err *e) must_check;

/* The logs of the blocks from f->next to `to`, of everything that is followed (follow_logs.c). */
int follow_logs(const struct follower *f, struct arena *a, uint64_t to, struct rpc_logs *ret,
                struct err *e) must_check;

/* Hides what is banned and looks again for what is not any more (sweep.c). */
int follow_sweep(struct follower *f, struct err *e) must_check;

/*
 * A second look at one transaction that is due (again.c). *ret_more: another one may be. Only when
 * the chain is caught up with, so that what comes later is not missed.
 */
int again_step(struct follower *f, bool *ret_more, struct err *e) must_check;

#endif
