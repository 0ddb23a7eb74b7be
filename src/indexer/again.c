/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions that are looked at once more: other nodes have to decrypt their documents, or could
 * not, or an admin asked. What is learned is written only if no block was taken back meanwhile.
 */
#include "base/thread.h"
#include "indexer/follow.h"
#include "indexer/rows.h"

static int next_due(struct follower *f, struct arena *a, struct again *ret, uint64_t *ret_epoch,
                    struct err *e)
{
    lock_scope(&f->writing);
    _db_ struct db *db = store_lend(f->o->store);

    *ret_epoch = f->epoch;
    return again_due(db, a, f->chain->chain_id, ret, e);
}

/*
 * What was learned, and that it was; a document that still cannot be had goes on the list anew, and
 * *ret_waits tells so.
 */
static int write_again(struct follower *f, struct window *w, uint64_t epoch, bool *ret_waits,
                       struct err *e)
{
    const char *tx = w->again->tx;
    lock_scope(&f->writing);
    _db_ struct db *db = store_lend(f->o->store);
    _tx_ struct tx t = {0};

    *ret_waits = true;
    if (f->epoch != epoch)
        return 0; /* it is still due */
    if (tx_begin(db, &t, e) < 0 || again_done(db, f->chain->chain_id, tx, e) < 0 ||
        window_apply(w, db, e) < 0 || again_waits(db, f->chain->chain_id, tx, ret_waits, e) < 0)
        return -1;
    return tx_commit(&t, e);
}

/* The chain did not answer: others come first, and the attempt was none. */
static int put_off(struct follower *f, const struct again *again)
{
    lock_scope(&f->writing);
    _db_ struct db *db = store_lend(f->o->store);
    struct err ignored; /* there is a better one */

    (void)!again_put_off(db, f->chain->chain_id, again, &ignored);
    return -1;
}

/* Reads the transaction as far as it is among the indexed blocks; *ret_good: it is there. */
static int look(struct follower *f, struct window *w, bool *ret_good, struct err *e)
{
    struct rpc_receipt receipt;
    struct hash32 hash;
    bool found;

    if (!hash32_parse(w->again->tx, &hash))
        return failed(e, FAILED, "\"%s\" is no transaction", w->again->tx);
    if (rpc_receipt(f->chain->rpc, w->a, &hash, &found, &receipt, e) < 0)
        return -1;
    *ret_good = found && receipt.success;
    if (*ret_good && (int64_t)receipt.block <= atomic_load(&f->indexed))
        window_take(w, receipt.logs, receipt.log_count);
    return window_read(w, e);
}

static int look_and_write(struct follower *f, struct arena *a, const struct again *again,
                          uint64_t epoch, struct err *e)
{
    struct policy_copy *policy = follow_policy_copy(f);
    struct window w = {.o = f->o,
                       .policy = &policy->policy,
                       .chain = f->chain,
                       .a = a,
                       .again = again,
                       .shunned = &f->shunned,
                       .purgatory = f->purgatory};
    bool good = false;
    bool waits;
    int r;

    if (look(f, &w, &good, e) < 0)
        r = put_off(f, again);
    else
        r = write_again(f, &w, epoch, &waits, e);
    if (r == 0 && !waits)
        follow_tell_done(f, again->tx, good && !window_is_missing_documents(&w));
    policy_copy_free(policy);
    return r;
}

int again_step(struct follower *f, bool *ret_more, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct again again;
    uint64_t epoch;

    *ret_more = false;
    if (!atomic_load(&f->caught_up))
        return 0;
    if (next_due(f, a, &again, &epoch, e) < 0)
        return -1;
    if (!again.tx)
        return 0;
    *ret_more = true;
    return look_and_write(f, a, &again, epoch, e);
}
