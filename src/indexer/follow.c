/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a chain, a window of blocks at a time. */
#include "indexer/follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "indexer/rows.h"
#include "indexer/window.h"

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

/* Whether the chain still has the block that was indexed. */
static int still_there(struct follower *f, const struct block_mark *mark, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_block block;
    bool found;

    if (rpc_block(f->chain->rpc, a, mark->block, &found, &block, e) < 0)
        return -1;
    *ret = found && hash32_eq(&block.hash, &mark->hash);
    return 0;
}

static int newest_mark(struct follower *f, uint64_t until, bool *ret_found, struct block_mark *ret,
                       struct err *e)
{
    _db_ struct db *db = store_lend(f->o->store);

    return block_newest(db, f->chain->chain_id, until, ret_found, ret, e);
}

/* Back to the state after block `keep`; all the way when there is none left to keep. */
static int roll_back(struct follower *f, bool any_left, uint64_t keep, struct err *e)
{
    _db_ struct db *db = store_lend(f->o->store);
    _tx_ struct tx tx = {0};
    int r;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    r = any_left ? rows_roll_back(db, f->chain->chain_id, keep, e)
                 : rows_reset(db, f->chain->chain_id, e);
    if (r < 0 || tx_commit(&tx, e) < 0)
        return -1;
    log_info("indexer", "chain %llu: blocks after %llu were replaced, indexing them again",
             (unsigned long long)f->chain->chain_id, (unsigned long long)keep);
    set_next(f, any_left ? keep + 1 : f->chain->start_block);
    return 0;
}

/* The newest indexed block must still be the chain's; otherwise its newest ancestor that is. */
static int check_branch(struct follower *f, struct err *e)
{
    struct block_mark mark;
    bool found;
    bool there = false;
    bool first = true;

    if (f->next == 0 || newest_mark(f, f->next - 1, &found, &mark, e) < 0)
        return f->next == 0 ? 0 : -1;
    if (!found)
        return 0;
    while (found && !there) {
        if (still_there(f, &mark, &there, e) < 0)
            return -1;
        if (there && first)
            return 0;
        if (there)
            break;
        first = false;
        if (mark.block == 0)
            found = false;
        else if (newest_mark(f, mark.block - 1, &found, &mark, e) < 0)
            return -1;
    }
    return roll_back(f, there, there ? mark.block : 0, e);
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

    for (i = 0; i < w->event_count; i++) {
        const struct rpc_log *log = w->events[i].log;

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

static int index_window(struct follower *f, struct arena *a, uint64_t to, struct err *e)
{
    struct window w = {.o = f->o, .chain = f->chain, .a = a};
    struct rpc_log_filter filter = {.from = f->next, .to = to};
    struct rpc_block last;
    struct rpc_log *logs;
    size_t n;

    filter.topics = event_topics(&filter.topic_count);
    if (rpc_logs(f->chain->rpc, a, &filter, &logs, &n, e) < 0) {
        f->width = f->width > 1 ? f->width / 2 : 1;
        return err_wrap(e, "blocks %llu to %llu", (unsigned long long)filter.from,
                        (unsigned long long)to);
    }
    if (last_block(f, a, to, &last, e) < 0)
        return -1;
    window_take(&w, logs, n);
    if (window_read(&w, e) < 0 || write_window(f, &w, &last, e) < 0)
        return -1;
    if (f->width < WIDTH_MAX)
        f->width = f->width * 2 > WIDTH_MAX ? WIDTH_MAX : f->width * 2;
    set_next(f, to + 1);
    return 0;
}

int follow_step(struct follower *f, bool *ret_more, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    uint64_t to;

    *ret_more = false;
    if ((!f->ready && load_cursor(f, e) < 0) || learn_head(f, e) < 0 || check_branch(f, e) < 0)
        return -1;
    if (f->next > f->head)
        return 0;
    to = f->head - f->next < f->width ? f->head : f->next + f->width - 1;
    if (index_window(f, a, to, e) < 0)
        return -1;
    *ret_more = f->next <= f->head;
    return 0;
}
