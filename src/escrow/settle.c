/* SPDX-License-Identifier: Apache-2.0 */
/* The settling thread: sends what was decided until an event ends the row, and sweeps. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "chain/events.h"
#include "crypto/hash.h"
#include "escrow/escrow_int.h"

enum {
    RETRY_FIRST_MS = 500,
    RETRY_LAST_MS = 30000,
    UNDER_WAY_MS = 1000, /* how often claims under way are looked after */
    RESEND_FIRST_MS = 500,
    RESEND_LAST_MS = 10 * 60 * 1000,
    RESEND_DOUBLINGS = 10,
    SWEEP_MS = 10 * 60 * 1000,
    SWEEP_MAX = 50,         /* locks a transaction */
    LOG_WINDOW = 2000,      /* blocks a request */
    AFTER_EXPIRY_MS = 2000, /* a block later than the expiry has to come first */
    HOUR = 3600
};

static struct escrow_lock_entry entry_of(const struct escrow_row *r)
{
    return (struct escrow_lock_entry){
        .id = r->lock_id, .payer = r->p.payer, .token = r->p.token, .amount = r->p.amount};
}

static bool is_ending(struct escrow *x)
{
    lock_scope(&x->lock);
    return x->ending;
}

/* Reads the contract's events since the lock was made: how it ended without our claim. */
static int look_up(struct escrow_on *on, const struct escrow_row *r, struct err *e)
{
    const struct hash32 topics[] = {*event_topic(EVENT_CLAIMED), *event_topic(EVENT_CANCELED)};
    struct rpc_log_filter filter = {.addresses = &on->chain.contract,
                                    .address_count = 1,
                                    .topics = topics,
                                    .topic_count = ARRAY_LEN(topics)};
    uint64_t head;
    uint64_t from;

    if (rpc_block_number(on->chain.rpc, &head, e) < 0)
        return -1;
    for (from = r->lock_block; from <= head; from += LOG_WINDOW) {
        _arena_ struct arena *a = arena_new();
        struct rpc_log *logs;
        size_t n;

        if (is_ending(on->escrow))
            return failed(e, UNAVAILABLE, "the node ends");
        filter.from = from;
        filter.to = from + LOG_WINDOW - 1 < head ? from + LOG_WINDOW - 1 : head;
        if (rpc_logs(on->chain.rpc, a, &filter, &logs, &n, e) < 0 ||
            escrow__apply(on, a, logs, n, e) < 0)
            return -1;
    }
    return 0;
}

/* The contract refuses a claim. If the lock is gone its events say how; else it is tried again. */
static int resolve(struct escrow_on *on, struct arena *a, const struct escrow_row *r, struct err *e)
{
    const struct escrow_at at = escrow__at(on);
    struct err why = *e;
    struct escrow_lock_entry *locks;
    size_t n;
    size_t i;

    if (contract_locks(&at, a, sender_addr(on->chain.sender), &locks, &n, e) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        if (u256_cmp(&locks[i].id, &r->lock_id) == 0) {
            *e = why;
            return -1;
        }
    }
    return look_up(on, r, e);
}

static bool edit_claim_tx(struct escrow_row *r, void *ctx)
{
    if (r->p.state != ESCROW_CLAIMING)
        return false;
    r->p.claim_tx = ctx;
    return true;
}

/*
 * What is earned goes to the node's account at once (claimLockAndWithdraw); a release stays with
 * plain claimLock, which moves nothing of the node's. Where withdrawing is impossible the claim
 * itself still is not.
 */
static int send_claim(struct escrow_on *on, struct arena *a, const struct escrow_row *r,
                      struct hash32 *ret_tx, struct err *e)
{
    const struct escrow_lock_entry lock = entry_of(r);
    bool withdraw = !u256_is_zero(&r->p.claim);
    struct sender_request request = {
        .purpose = ESCROW_PURPOSE_CLAIM, .reference = r->p.job_id, .to = on->chain.contract};

    request.data = contract_claim(a, withdraw, &lock, &r->p.claim, r->proof);
    if (sender_send(on->chain.sender, &request, ret_tx, e) == 0)
        return 0;
    if (!withdraw || e->code != ERR_REVERTED)
        return -1;
    request.data = contract_claim(a, false, &lock, &r->p.claim, r->proof);
    return sender_send(on->chain.sender, &request, ret_tx, e);
}

/*
 * Whether there is nothing to send now: a claim is under way, or one failed so lately that the next
 * has to wait (each failure costs gas, so the pauses double). The sender's journal knows; the row
 * may not have heard of it yet.
 */
static bool is_waiting(const struct escrow_row *r, const struct sender_row *sent)
{
    int64_t pause = RESEND_LAST_MS;

    if (!sent->found)
        return false;
    if (sent->state == SENDER_SIGNED || sent->state == SENDER_SENT)
        return *r->p.claim_tx;
    if (sent->attempts < RESEND_DOUBLINGS)
        pause = RESEND_FIRST_MS << sent->attempts;
    return clock_ms() - sent->changed < pause;
}

static int settle_one(struct escrow *x, const char *job_id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_edit edit = {edit_claim_tx, NULL, ""};
    struct sender_row sent;
    struct escrow_on *on;
    struct escrow_row r;
    struct hash32 tx;
    bool found;

    if (escrow__row(x, a, job_id, &found, &r, e) < 0)
        return -1;
    if (!found || r.p.state != ESCROW_CLAIMING)
        return 0;
    on = escrow__on(x, r.p.chain);
    if (!on)
        return failed(e, FAILED, "chain %llu is not configured any more",
                      (unsigned long long)r.p.chain);
    if (sender_find(on->chain.sender, ESCROW_PURPOSE_CLAIM, job_id, &sent, e) < 0)
        return -1;
    if (is_waiting(&r, &sent))
        return 0;
    if (sent.found && sent.state == SENDER_MINED) /* its events were not about this lock */
        return look_up(on, &r, e);
    if (send_claim(on, a, &r, &tx, e) < 0)
        return e->code == ERR_REVERTED ? resolve(on, a, &r, e) : -1;
    edit.ctx = (void *)hash32_text(a, &tx);
    return escrow__change(x, job_id, &edit, e);
}

/*
 * Every decided claim, the earliest expiry first; one that fails does not hold up the others.
 * *ret_open: how many there were.
 */
static int settle_all(struct escrow *x, size_t *ret_open, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_ids ids;
    size_t i;
    int rc = 0;

    if (escrow__in_state(x, a, ESCROW_CLAIMING, &ids, e) < 0)
        return -1;
    for (i = 0; i < ids.n; i++) {
        if (settle_one(x, ids.v[i], e) < 0)
            rc = err_wrap(e, "payment of job %s", ids.v[i]);
    }
    *ret_open = ids.n;
    return rc;
}

/* --- sweeping --- */

/* Expired locks without a claim under way come to the front; answers how many. */
static int pick_expired(struct escrow_on *on, struct arena *a, struct escrow_lock_entry *locks,
                        size_t *n, uint64_t now, struct err *e)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < *n && kept < SWEEP_MAX; i++) {
        struct escrow_row row;
        bool found;

        if (locks[i].expiry >= now)
            continue;
        if (escrow__row_by_lock(on->escrow, a, &locks[i].id, &found, &row, e) < 0)
            return -1;
        if (!found || row.p.state != ESCROW_CLAIMING)
            locks[kept++] = locks[i];
    }
    *n = kept;
    return 0;
}

/* Locks that expired and are not on the contract's list were cancelled by somebody else. */
static int look_up_expired(struct escrow_on *on, struct arena *a,
                           const struct escrow_lock_entry *locks, size_t n, uint64_t now,
                           struct err *e)
{
    struct escrow_ids ids;
    size_t i;
    size_t k;

    if (escrow__expired(on->escrow, a, on->chain_id, (int64_t)now, &ids, e) < 0)
        return -1;
    for (i = 0; i < ids.n; i++) {
        struct escrow_row row;
        bool found;

        if (escrow__row(on->escrow, a, ids.v[i], &found, &row, e) < 0)
            return -1;
        for (k = 0; k < n && u256_cmp(&locks[k].id, &row.lock_id) != 0; k++)
            ;
        if (found && k == n && look_up(on, &row, e) < 0)
            return -1;
    }
    return 0;
}

int escrow__sweep(struct escrow_on *on, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct addr *node = sender_addr(on->chain.sender);
    const struct escrow_at at = escrow__at(on);
    struct sender_request request = {.purpose = ESCROW_PURPOSE_SWEEP, .to = on->chain.contract};
    struct escrow_lock_entry *locks;
    struct rpc_block head;
    struct hash32 set;
    struct hash32 tx;
    size_t n;
    bool found;

    if (rpc_block(on->chain.rpc, a, RPC_LATEST, &found, &head, e) < 0 ||
        contract_locks(&at, a, node, &locks, &n, e) < 0)
        return -1;
    if (!found)
        return 0;
    if (look_up_expired(on, a, locks, n, head.timestamp, e) < 0 ||
        pick_expired(on, a, locks, &n, head.timestamp, e) < 0)
        return -1;
    if (n == 0)
        return 0;
    request.data = contract_cancel_expired(a, locks, n, node);
    set = keccak256(request.data.p, request.data.n);
    request.reference = arena_printf(a, "%s-%llu", hex_dup(a, set.b, 8),
                                     (unsigned long long)(head.timestamp / HOUR));
    return sender_send(on->chain.sender, &request, &tx, e);
}

/* Sweeps every chain whose time has come; *ret_ms until the next. */
static int sweep_due(struct escrow *x, int64_t *ret_ms, struct err *e)
{
    int64_t seconds = clock_s();
    int64_t now = clock_mono_ms();
    int64_t expiry;
    size_t i;
    int rc = 0;

    *ret_ms = SWEEP_MS;
    for (i = 0; i < x->chain_count; i++) {
        struct escrow_on *on = &x->chains[i];

        if (addr_is_zero(&on->chain.contract) || (on->swept && now < on->swept))
            continue;
        on->swept = now + SWEEP_MS;
        if (escrow__sweep(on, e) < 0)
            rc = err_wrap(e, "sweeping chain %llu", (unsigned long long)on->chain_id);
    }
    if (escrow__next_expiry(x, seconds, &expiry, e) < 0)
        return -1;
    if (expiry && (expiry - seconds) * 1000 + AFTER_EXPIRY_MS < *ret_ms) {
        *ret_ms = (expiry - seconds) * 1000 + AFTER_EXPIRY_MS;
        for (i = 0; i < x->chain_count; i++)
            x->chains[i].swept = now + *ret_ms;
    }
    return rc;
}

/* --- the thread --- */

/* Waits for news, at most ms; false when the escrow ends. */
static bool pause_settling(struct escrow *x, int64_t ms)
{
    lock_scope(&x->lock);
    while (!x->ending && !x->news && cond_wait_ms(&x->wake, &x->lock, ms))
        ;
    x->news = false;
    return !x->ending;
}

void *escrow__settle(void *escrow)
{
    struct escrow *x = escrow;
    char told[sizeof(((struct err *)NULL)->msg)] = "";
    int64_t retry = RETRY_FIRST_MS;
    int64_t pause = 0;

    while (pause_settling(x, pause)) {
        struct err e = {0};
        size_t open = 0;

        if (settle_all(x, &open, &e) == 0 && sweep_due(x, &pause, &e) == 0) {
            retry = RETRY_FIRST_MS;
            told[0] = '\0';
            if (open > 0 && pause > UNDER_WAY_MS)
                pause = UNDER_WAY_MS;
            continue;
        }
        if (strcmp(told, e.msg) != 0) /* a long failure is one line */
            log_warn("escrow", "%s; trying again", e.msg);
        memcpy(told, e.msg, sizeof(told));
        pause = retry;
        retry = retry * 2 < RETRY_LAST_MS ? retry * 2 : RETRY_LAST_MS;
    }
    return NULL;
}
