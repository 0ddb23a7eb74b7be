/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a chain, a window of blocks at a time. */
#include "indexer/follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "indexer/rows.h"
#include "indexer/window.h"

void follow_init(struct follower *f, const struct indexer_options *o,
                 const struct indexer_chain *chain, struct purgatory *purgatory)
{
    *f = (struct follower){.o = o,
                           .chain = chain,
                           .width = WIDTH_START,
                           .width_max = WIDTH_MAX,
                           .patience_ms = PATIENCE_MS,
                           .sweep = true,
                           .purgatory = purgatory};
    atomic_store(&f->indexed, -1);
    must(pthread_mutex_init(&f->lock, NULL) == 0 && pthread_mutex_init(&f->writing, NULL) == 0);
    cond_init(&f->woken);
}

void follow_done(struct follower *f)
{
    policy_copy_free(f->policy);
    policy_copy_free(f->coming);
    pthread_cond_destroy(&f->woken);
    pthread_mutex_destroy(&f->writing);
    pthread_mutex_destroy(&f->lock);
}

const struct indexer_policy *follow_policy(const struct follower *f)
{
    return f->policy ? &f->policy->policy : &f->o->policy;
}

struct policy_copy *follow_policy_copy(struct follower *f)
{
    lock_scope(&f->lock);
    return policy_copy(follow_policy(f));
}

void follow_tell_done(const struct follower *f, const char *tx, bool good)
{
    const struct indexer_jobs *jobs = &f->o->jobs;

    if (jobs->done)
        jobs->done(jobs->ctx, f->chain->chain_id, tx, good);
}

static void set_next(struct follower *f, uint64_t next)
{
    f->next = next;
    f->ready = true;
    atomic_store(&f->indexed, (int64_t)next - 1);
}

static int load_cursor(struct follower *f, struct err *e)
{
    _db_ struct db *db = store_lend(f->o->store);
    uint64_t start = f->chain->start_block;
    uint64_t block;
    bool found;

    if (cursor_get(db, f->chain->chain_id, &found, &block, e) < 0)
        return -1;
    set_next(f, found && block + 1 > start ? block + 1 : start);
    if (!found)
        atomic_store(&f->indexed, -1);
    return 0;
}

static int learn_head(struct follower *f, struct err *e)
{
    int64_t now = clock_mono_ms();
    uint64_t head;

    if (rpc_block_number(f->chain->rpc, &head, e) < 0)
        return -1;
    if (head != f->head) {
        f->pace_ms = f->head_ms ? now - f->head_ms : 0;
        f->head_ms = now;
        f->head = head;
    }
    return 0;
}

/* --- reorganisations --- */

enum branch { SAME, OTHER, ABSENT };

/* Whether the chain still has the block that was indexed, another one, or none of that height. */
static int look_at(struct follower *f, const struct block_mark *mark, enum branch *ret,
                   struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_block block;
    bool found;

    if (rpc_block(f->chain->rpc, a, mark->block, &found, &block, e) < 0)
        return -1;
    *ret = ABSENT;
    if (found)
        *ret = hash32_eq(&block.hash, &mark->hash) ? SAME : OTHER;
    return 0;
}

static int newest_mark(struct follower *f, uint64_t until, bool *ret_found, struct block_mark *ret,
                       struct err *e)
{
    _db_ struct db *db = store_lend(f->o->store);

    return block_newest(db, f->chain->chain_id, until, ret_found, ret, e);
}

/* Rows may have come back that are banned. */
static void want_sweep(struct follower *f)
{
    lock_scope(&f->lock);
    f->sweep = true;
}

/* Back to the state after `keep`; all the way when it is NULL. */
static int roll_back(struct follower *f, const struct block_mark *keep, struct err *e)
{
    lock_scope(&f->writing);
    _db_ struct db *db = store_lend(f->o->store);
    _tx_ struct tx tx = {0};
    uint64_t chain = f->chain->chain_id;
    int r;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    r = keep ? rows_roll_back(db, chain, keep->block, e) : rows_reset(db, chain, e);
    if (r < 0 || tx_commit(&tx, e) < 0)
        return -1;
    f->epoch++;
    want_sweep(f);
    set_next(f, keep ? keep->block + 1 : f->chain->start_block);
    log_info("indexer", "chain %llu: blocks were replaced, indexing again from %llu",
             (unsigned long long)chain, (unsigned long long)f->next);
    return 0;
}

struct ancestor {
    struct block_mark mark;
    enum branch at; /* what became of it */
    bool replaced;  /* a block above it, or itself, is another one now */
    size_t looks;
};

/* From the newest indexed block down to one that the chain still has. */
static int find_ancestor(struct follower *f, struct ancestor *ret, struct err *e)
{
    uint64_t until = f->next;
    bool found = true;

    *ret = (struct ancestor){.at = ABSENT};
    while (until > 0 && ret->at != SAME) {
        if (newest_mark(f, until - 1, &found, &ret->mark, e) < 0)
            return -1;
        if (!found)
            break;
        if (look_at(f, &ret->mark, &ret->at, e) < 0)
            return -1;
        ret->replaced = ret->replaced || ret->at == OTHER;
        ret->looks++;
        until = ret->mark.block;
    }
    return 0;
}

/*
 * The newest block that was indexed must still be the chain's; otherwise it goes back to the newest
 * ancestor that is. A chain that is merely shorter may be an endpoint that lags: that gets time.
 */
static int check_branch(struct follower *f, bool *ret_wait, struct err *e)
{
    struct ancestor up;

    *ret_wait = false;
    if (find_ancestor(f, &up, e) < 0)
        return -1;
    if (up.looks == 0 || (up.looks == 1 && up.at == SAME)) {
        f->shorter_ms = 0;
        return 0;
    }
    if (!f->shorter_ms)
        f->shorter_ms = clock_mono_ms();
    if (up.at == ABSENT || (!up.replaced && clock_mono_ms() - f->shorter_ms < f->patience_ms)) {
        *ret_wait = true;
        return 0;
    }
    f->shorter_ms = 0;
    return roll_back(f, up.at == SAME ? &up.mark : NULL, e);
}

/* --- windows --- */

/* What is kept of the chain's last blocks, so that they can be recognised. */
static int put_marks(struct follower *f, struct db *db, const struct window *w,
                     const struct rpc_block *last, struct err *e)
{
    uint64_t chain = f->chain->chain_id;
    uint64_t settled = f->head > REORG_DEPTH ? f->head - REORG_DEPTH : 0;
    struct block_mark mark;
    size_t i;

    for (i = 0; i < w->count; i++) {
        const struct rpc_log *log = w->entries[i].log;

        mark = (struct block_mark){log->block, log->block_hash};
        if (log->block >= settled && block_put(db, chain, &mark, e) < 0)
            return -1;
    }
    mark = (struct block_mark){last->number, last->hash};
    if (last->number >= settled && block_put(db, chain, &mark, e) < 0)
        return -1;
    return settled ? rows_settle(db, chain, settled - 1, e) : 0;
}

static int write_window(struct follower *f, struct window *w, const struct rpc_block *last,
                        struct err *e)
{
    lock_scope(&f->writing);
    _db_ struct db *db = store_lend(f->o->store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || window_apply(w, db, e) < 0 ||
        put_marks(f, db, w, last, e) < 0 || cursor_put(db, f->chain->chain_id, last->number, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

/* An endpoint that lags answers "no logs" for a block that it does not have. */
static int last_block(struct follower *f, struct arena *a, uint64_t number, struct rpc_block *ret,
                      struct err *e)
{
    bool found;

    if (rpc_block(f->chain->rpc, a, number, &found, ret, e) < 0)
        return -1;
    if (!found) {
        (void)failed(e, FAILED, "the endpoint does not have block %llu yet",
                     (unsigned long long)number);
        return err_transient(e);
    }
    return 0;
}

/* A range that was refused is not asked for again soon. */
static void narrow(struct follower *f)
{
    f->width = f->width > 1 ? f->width / 2 : 1;
    f->width_max = f->width;
    f->width_good = 0;
}

static void widen(struct follower *f)
{
    if (f->width_max < WIDTH_MAX && f->width == f->width_max && ++f->width_good >= WIDTH_TRUST) {
        f->width_good = 0;
        f->width_max *= 2;
    }
    f->width = f->width * 2 < f->width_max ? f->width * 2 : f->width_max;
    if (f->width > WIDTH_MAX)
        f->width = WIDTH_MAX;
}

static void wake_second(struct follower *f)
{
    lock_scope(&f->lock);
    f->wake_second = true;
    pthread_cond_broadcast(&f->woken);
}

static int index_window(struct follower *f, struct arena *a, uint64_t to, struct err *e)
{
    struct window w = {.o = f->o,
                       .policy = follow_policy(f),
                       .chain = f->chain,
                       .a = a,
                       .purgatory = f->purgatory};
    struct rpc_block last;
    struct rpc_logs logs;

    if (follow_logs(f, a, to, &logs, e) < 0) {
        narrow(f);
        return err_wrap(e, "blocks %llu to %llu", (unsigned long long)f->next,
                        (unsigned long long)to);
    }
    if (last_block(f, a, to, &last, e) < 0)
        return -1;
    window_take(&w, logs.v, logs.n);
    if (window_read(&w, e) < 0 || write_window(f, &w, &last, e) < 0)
        return -1;
    widen(f);
    set_next(f, to + 1);
    return 0;
}

/* --- starting anew --- */

static int obey_reset(struct follower *f, struct err *e)
{
    lock_scope(&f->writing);
    _db_ struct db *db = NULL;
    _tx_ struct tx tx = {0};
    uint64_t to;
    bool reset;

    {
        lock_scope(&f->lock);
        reset = f->reset;
        to = f->reset_to > f->chain->start_block ? f->reset_to : f->chain->start_block;
    }
    if (!reset)
        return 0;
    db = store_lend(f->o->store);
    if (tx_begin(db, &tx, e) < 0 || rows_reset(db, f->chain->chain_id, e) < 0 ||
        (to > 0 && cursor_put(db, f->chain->chain_id, to - 1, e) < 0) || tx_commit(&tx, e) < 0)
        return -1;
    f->epoch++;
    set_next(f, to);
    f->anew = true;
    lock_scope(&f->lock);
    f->reset = false;
    return 0;
}

static void obey_policy(struct follower *f)
{
    struct policy_copy *old;

    {
        lock_scope(&f->lock);
        if (!f->coming)
            return;
        old = f->policy;
        f->policy = f->coming;
        f->coming = NULL;
    }
    policy_copy_free(old);
}

static int obey_sweep(struct follower *f, struct err *e)
{
    int r;

    {
        lock_scope(&f->lock);
        if (!f->sweep)
            return 0;
        f->sweep = false;
    }
    {
        lock_scope(&f->writing);
        r = follow_sweep(f, e);
    }
    if (r < 0)
        want_sweep(f);
    else
        wake_second(f);
    return r;
}

/* Where the first thread has nothing to do the second may have. */
static void catch_up(struct follower *f, bool done, bool news)
{
    bool was_done = atomic_exchange(&f->caught_up, done);

    if (!done)
        return;
    if (f->anew)
        follow_tell_done(f, NULL, true);
    f->anew = false;
    if (news || !was_done)
        wake_second(f);
}

int follow_step(struct follower *f, bool *ret_more, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    uint64_t to;
    bool news;
    bool wait;

    *ret_more = false;
    obey_policy(f);
    if ((!f->ready && load_cursor(f, e) < 0) || obey_reset(f, e) < 0 || obey_sweep(f, e) < 0 ||
        learn_head(f, e) < 0 || check_branch(f, &wait, e) < 0)
        return -1;
    if (wait)
        return 0;
    news = f->next <= f->head;
    if (news) {
        to = f->head - f->next < f->width ? f->head : f->next + f->width - 1;
        if (index_window(f, a, to, e) < 0)
            return -1;
    }
    *ret_more = f->next <= f->head;
    catch_up(f, !*ret_more, news);
    return 0;
}
