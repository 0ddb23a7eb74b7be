/* SPDX-License-Identifier: Apache-2.0 */
/* What the contract says, and what becomes of a row by it. Nothing else decides about money. */
#include "chain/events.h"

#include "escrow/escrow_int.h"

/* One event about one lock of ours. */
struct fact {
    enum event_id id;
    struct addr payer;
    struct addr token;
    struct u256 amount;
    int64_t expiry; /* Lock: unix seconds */
    uint64_t block;
    const char *tx;
};

/* A lock exists. Where we had given up on it, the payer gets everything back at once. */
static bool edit_locked(struct escrow_row *r, const struct fact *f)
{
    if (r->p.state != ESCROW_INTENT && r->p.state != ESCROW_SENT && r->p.state != ESCROW_FAILED)
        return false;
    if (u256_cmp(&f->amount, &r->p.amount) != 0) /* not what was asked for */
        return false;
    if (r->p.state == ESCROW_FAILED) {
        r->decided = true;
        r->p.claim = u256_from(0);
    }
    r->p.lock_tx = f->tx;
    r->p.expiry = f->expiry;
    r->lock_block = f->block;
    r->p.state = r->decided ? ESCROW_CLAIMING : ESCROW_LOCKED;
    return true;
}

static bool edit_fact(struct escrow_row *r, void *ctx)
{
    const struct fact *f = ctx;

    if (!addr_eq(&f->payer, &r->p.payer) || !addr_eq(&f->token, &r->p.token))
        return false;
    if (r->p.state == ESCROW_CLAIMED || r->p.state == ESCROW_RELEASED ||
        r->p.state == ESCROW_CANCELED)
        return false;
    if (f->id == EVENT_LOCK)
        return edit_locked(r, f);
    if (f->id == EVENT_CANCELED) {
        r->p.state = ESCROW_CANCELED;
        r->p.cancel_tx = f->tx;
        return true;
    }
    r->p.state = u256_is_zero(&f->amount) ? ESCROW_RELEASED : ESCROW_CLAIMED;
    r->p.claimed = f->amount;
    r->p.claim_tx = f->tx;
    return true;
}

/* The contract's expiry is the block's time plus what was asked for. */
static int lock_expiry(struct escrow_on *on, struct arena *a, const struct event *ev,
                       uint64_t number, int64_t *ret, struct err *e)
{
    uint64_t seconds = event_u64(ev, "expiry");
    struct rpc_block block;
    bool found;

    if (rpc_block(on->chain.rpc, a, number, &found, &block, e) < 0)
        return -1;
    if (!found) {
        failed(e, FAILED, "block %llu is not there", (unsigned long long)number);
        return err_transient(e);
    }
    if (seconds > INT32_MAX)
        seconds = INT32_MAX;
    *ret = (int64_t)(block.timestamp + seconds);
    return 0;
}

static int apply_one(struct escrow_on *on, struct arena *a, const struct rpc_log *log,
                     struct err *e)
{
    const struct addr *node = sender_addr(on->chain.sender);
    struct escrow_row row;
    struct fact fact;
    const struct escrow_edit edit = {edit_fact, &fact, hash32_text(a, &log->tx)};
    struct event ev;
    struct addr payee;
    struct u256 lock_id;
    bool found;

    if (!addr_eq(&log->address, &on->chain.contract))
        return 0;
    if (event_decode(a, log, &ev, e) < 0)
        return -1;
    if (ev.id != EVENT_LOCK && ev.id != EVENT_CLAIMED && ev.id != EVENT_CANCELED)
        return 0;
    payee = event_addr(&ev, "payee");
    lock_id = event_num(&ev, "jobId");
    if (!addr_eq(&payee, node))
        return 0;
    if (escrow__row_by_lock(on->escrow, a, &lock_id, &found, &row, e) < 0)
        return -1;
    if (!found || row.p.chain != on->chain_id)
        return 0;
    fact = (struct fact){.id = ev.id,
                         .payer = event_addr(&ev, "payer"),
                         .token = event_addr(&ev, "token"),
                         .amount = event_num(&ev, "amount"),
                         .block = log->block,
                         .tx = hash32_text(a, &log->tx)};
    if (ev.id == EVENT_LOCK && lock_expiry(on, a, &ev, log->block, &fact.expiry, e) < 0)
        return -1;
    return escrow__change(on->escrow, row.p.job_id, &edit, e);
}

int escrow__apply(struct escrow_on *on, struct arena *a, const struct rpc_log *logs, size_t n,
                  struct err *e)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (apply_one(on, a, &logs[i], e) < 0)
            return -1;
    }
    return 0;
}

/* --- how our transactions ended --- */

/* ctx: why no lock will be. */
static bool edit_failed(struct escrow_row *r, void *ctx)
{
    if (r->p.state != ESCROW_INTENT && r->p.state != ESCROW_SENT)
        return false;
    r->p.state = ESCROW_FAILED;
    r->p.why = ctx;
    return true;
}

int escrow__fail(struct escrow *x, const char *job_id, const char *why, struct err *e)
{
    const struct escrow_edit edit = {edit_failed, (void *)why, why};

    return escrow__change(x, job_id, &edit, e);
}

int escrow__lock_ended(void *ctx, const struct sender_event *event, struct err *e)
{
    struct escrow_on *on = ctx;
    _arena_ struct arena *a = arena_new();
    const char *why = "the lock's transaction has no Lock event";

    if (event->state == SENDER_DROPPED)
        why = "the lock's transaction was dropped";
    if (event->state == SENDER_REVERTED)
        why = "the contract refused the lock's transaction";
    if (event->receipt &&
        escrow__apply(on, a, event->receipt->logs, event->receipt->log_count, e) < 0)
        return -1;
    if (escrow__fail(on->escrow, event->reference, why, e) < 0) /* unless it is locked now */
        return -1;
    escrow__wake(on->escrow);
    return 0;
}

/* A claim that did not make it is sent anew by the settling thread. */
static bool edit_claim_lost(struct escrow_row *r, void *ctx)
{
    (void)ctx;
    if (r->p.state != ESCROW_CLAIMING)
        return false;
    r->p.claim_tx = "";
    return true;
}

int escrow__claim_ended(void *ctx, const struct sender_event *event, struct err *e)
{
    static const struct escrow_edit lost = {edit_claim_lost, NULL, ""};
    struct escrow_on *on = ctx;
    _arena_ struct arena *a = arena_new();

    if (event->receipt &&
        escrow__apply(on, a, event->receipt->logs, event->receipt->log_count, e) < 0)
        return -1;
    if (event->state != SENDER_MINED && escrow__change(on->escrow, event->reference, &lost, e) < 0)
        return -1;
    escrow__wake(on->escrow);
    return 0;
}

int escrow__sweep_ended(void *ctx, const struct sender_event *event, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    if (!event->receipt)
        return 0;
    return escrow__apply(ctx, a, event->receipt->logs, event->receipt->log_count, e);
}
