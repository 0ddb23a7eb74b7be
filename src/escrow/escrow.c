/* SPDX-License-Identifier: Apache-2.0 */
#include "escrow/escrow.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/hash.h"
#include "escrow/escrow_int.h"

enum { AUTH_TRIES = 2, AUTH_PAUSE_MS = 1000 };

struct escrow *escrow_new(struct store *store, const struct escrow_chain *chains, size_t n)
{
    struct escrow *x = xcalloc(1, sizeof(*x));
    size_t i;

    must(n <= ESCROW_CHAINS_MAX);
    x->store = store;
    x->chain_count = n;
    must(pthread_mutex_init(&x->lock, NULL) == 0);
    cond_init(&x->wake);
    for (i = 0; i < n; i++) {
        struct escrow_on *on = &x->chains[i];

        *on = (struct escrow_on){
            .escrow = x, .chain = chains[i], .chain_id = rpc_chain_id(chains[i].rpc)};
        sender_listen(chains[i].sender, ESCROW_PURPOSE_LOCK, escrow__lock_ended, on);
        sender_listen(chains[i].sender, ESCROW_PURPOSE_CLAIM, escrow__claim_ended, on);
        sender_listen(chains[i].sender, ESCROW_PURPOSE_SWEEP, escrow__sweep_ended, on);
    }
    return x;
}

void escrow_listen(struct escrow *x, void (*changed)(void *ctx, const struct escrow_payment *p),
                   void *ctx)
{
    must(!x->started && x->listener_count < ESCROW_LISTENERS);
    x->listeners[x->listener_count++] = (struct escrow_listener){changed, ctx};
}

void escrow__wake(struct escrow *x)
{
    lock_scope(&x->lock);

    x->news = true;
    pthread_cond_broadcast(&x->wake);
}

struct escrow_on *escrow__on(const struct escrow *x, uint64_t chain)
{
    size_t i;

    for (i = 0; i < x->chain_count; i++) {
        if (x->chains[i].chain_id == chain)
            return (struct escrow_on *)&x->chains[i];
    }
    return NULL;
}

struct escrow_at escrow__at(const struct escrow_on *on)
{
    return (struct escrow_at){on->chain.rpc, on->chain.contract};
}

bool escrow_has_chain(const struct escrow *x, uint64_t chain)
{
    const struct escrow_on *on = escrow__on(x, chain);

    return on && !addr_is_zero(&on->chain.contract);
}

struct u256 escrow_lock_id(const char *job_id)
{
    struct hash32 h = sha256(job_id, strlen(job_id));

    return u256_from_be(h.b, sizeof(h.b));
}

/* --- starting and ending --- */

/* ctx: the hash of a lock that was signed before we ended. */
static bool edit_sent(struct escrow_row *r, void *ctx)
{
    if (!*r->p.lock_tx)
        r->p.lock_tx = ctx;
    if (r->p.state == ESCROW_INTENT)
        r->p.state = ESCROW_SENT;
    return true;
}

/* An intent is sent if the sender's journal has it, and otherwise it never will be. */
static int recover_intent(struct escrow *x, const char *job_id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_edit sent = {edit_sent, NULL, "after a restart"};
    struct sender_row signed_row = {0};
    struct escrow_row r;
    struct escrow_on *on;
    bool found;

    if (escrow__row(x, a, job_id, &found, &r, e) < 0)
        return -1;
    on = escrow__on(x, r.p.chain);
    if (on && sender_find(on->chain.sender, ESCROW_PURPOSE_LOCK, job_id, &signed_row, e) < 0)
        return -1;
    if (!signed_row.found || signed_row.state == SENDER_DROPPED ||
        signed_row.state == SENDER_REVERTED)
        return escrow__fail(x, job_id, "the node ended before the lock was sent", e);
    sent.ctx = (void *)hash32_text(a, &signed_row.tx);
    return escrow__change(x, job_id, &sent, e);
}

int escrow_start(struct escrow *x, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_ids ids = {0};
    size_t i;

    do { /* the rows leave the state, so the next look finds others */
        if (escrow__in_state(x, a, ESCROW_INTENT, &ids, e) < 0)
            return -1;
        for (i = 0; i < ids.n; i++) {
            if (recover_intent(x, ids.v[i], e) < 0)
                return -1;
        }
    } while (ids.n > 0);
    x->started = true;
    thread_start(&x->settler, "escrow", escrow__settle, x);
    return 0;
}

void escrow_stop(struct escrow *x)
{
    if (!x)
        return;
    pthread_mutex_lock(&x->lock);
    x->ending = true;
    pthread_cond_broadcast(&x->wake);
    pthread_mutex_unlock(&x->lock);
    if (x->started)
        pthread_join(x->settler, NULL);
    x->started = false;
}

void escrow_free(struct escrow *x)
{
    if (!x)
        return;
    escrow_stop(x);
    pthread_cond_destroy(&x->wake);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

/* --- checking --- */

/* A payer who has just authorized us may meet an endpoint that does not know it yet. */
static int find_auth(const struct escrow_on *on, const struct escrow_parties *p,
                     struct escrow_auth *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct escrow_at at = escrow__at(on);
    size_t n = 0;
    int i;

    for (i = 0; i < AUTH_TRIES; i++) {
        if (i > 0)
            clock_sleep_ms(AUTH_PAUSE_MS);
        if (contract_auth(&at, p, ret, &n, e) < 0)
            return -1;
        if (n == 1)
            return 0;
    }
    return refused(e, ESCROW_AUTHS, arena_printf(a, "%llu", (unsigned long long)on->chain_id),
                   addr_text(a, &p->token), addr_text(a, &p->payer), addr_text(a, &p->payee),
                   arena_printf(a, "%zu", n));
}

int escrow_check(struct escrow *x, const struct escrow_lock_request *r, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct u256 seconds = u256_from(r->seconds);
    const struct escrow_on *on = escrow__on(x, r->chain);
    struct escrow_parties parties = {.token = r->token, .payer = r->payer};
    struct escrow_auth auth;
    struct escrow_at at;
    struct u256 available;
    struct u256 total;

    if (!on || addr_is_zero(&on->chain.contract))
        return refused(e, ESCROW_CONTRACT);
    at = escrow__at(on);
    parties.payee = *sender_addr(on->chain.sender);
    if (contract_available(&at, &parties, &available, e) < 0)
        return -1;
    if (u256_cmp(&available, &r->amount) < 0)
        return refused(e, ESCROW_FUNDS, addr_text(a, &r->payer));
    if (find_auth(on, &parties, &auth, e) < 0)
        return -1;
    if (!u256_add(&auth.amount, &r->amount, &total) || u256_cmp(&total, &auth.max_amount) > 0)
        return refused(e, ESCROW_LIMIT);
    if (u256_cmp(&seconds, &auth.max_seconds) > 0)
        return refused(e, ESCROW_SECONDS);
    if (u256_cmp(&auth.locks, &auth.max_locks) >= 0)
        return refused(e, ESCROW_LOCKS);
    return 0;
}

int escrow_standing(struct escrow *x, const struct escrow_lock_request *r,
                    struct escrow_standing *ret, struct err *e)
{
    const struct escrow_on *on = escrow__on(x, r->chain);
    struct escrow_parties parties = {.token = r->token, .payer = r->payer};
    struct escrow_standing s = {0};
    struct escrow_auth auth;
    struct escrow_at at;
    size_t n = 0;

    if (!on || addr_is_zero(&on->chain.contract))
        return refused(e, ESCROW_CONTRACT);
    at = escrow__at(on);
    s.contract = at.contract;
    s.node = parties.payee = *sender_addr(on->chain.sender);
    if (contract_available(&at, &parties, &s.available, e) < 0 ||
        contract_auth(&at, &parties, &auth, &n, e) < 0)
        return -1;
    s.authorized = n == 1;
    if (s.authorized) {
        s.max_amount = auth.max_amount;
        s.amount = auth.amount;
        s.max_seconds = auth.max_seconds;
        s.max_locks = auth.max_locks;
        s.locks = auth.locks;
    }
    *ret = s;
    return 0;
}

/* --- locking --- */

/* What a repeated request for a job gets. */
static int lock_again(const struct escrow_row *row, const struct escrow_lock_request *r,
                      char ret_tx[HASH32_TEXT], struct err *e)
{
    if (row->p.chain != r->chain || !addr_eq(&row->p.token, &r->token) ||
        !addr_eq(&row->p.payer, &r->payer) || u256_cmp(&row->p.amount, &r->amount) != 0)
        return failed(e, CONFLICT, "job %s is paid on other terms", r->job_id);
    if (row->p.state == ESCROW_FAILED)
        return failed(e, CONFLICT, "the payment of job %s failed: %s", r->job_id, row->p.why);
    if (!*row->p.lock_tx)
        return failed(e, CONFLICT, "job %s is being paid for", r->job_id);
    must(str_copy(ret_tx, HASH32_TEXT, row->p.lock_tx));
    return 0;
}

static int send_lock(struct escrow_on *on, const struct escrow_lock_request *r,
                     struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct u256 id = escrow_lock_id(r->job_id);
    const struct escrow_parties parties = {.token = r->token, .payer = r->payer};
    const struct sender_request request = {
        .purpose = ESCROW_PURPOSE_LOCK,
        .reference = r->job_id,
        .to = on->chain.contract,
        .data = contract_create_lock(a, &id, &parties, &r->amount, r->seconds)};

    return sender_send(on->chain.sender, &request, ret_tx, e);
}

int escrow_lock(struct escrow *x, const struct escrow_lock_request *r, char ret_tx[HASH32_TEXT],
                struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_edit sent = {edit_sent, NULL, ""};
    struct escrow_on *on = escrow__on(x, r->chain);
    struct escrow_row row;
    struct err ignored;
    struct hash32 tx;
    bool found;

    if (!on || addr_is_zero(&on->chain.contract))
        return refused(e, ESCROW_CONTRACT);
    if (escrow__row(x, a, r->job_id, &found, &row, e) < 0)
        return -1;
    if (found)
        return lock_again(&row, r, ret_tx, e);
    if (escrow__add(x, r, e) < 0)
        return -1;
    if (send_lock(on, r, &tx, e) < 0) {
        const char *why = arena_strdup(a, e->msg);

        if (escrow__fail(x, r->job_id, why, &ignored) < 0)
            return -1; /* stays an intent, which the next start ends */
        return e->code == ERR_NODE_GAS ? -1 : refused(e, ESCROW, why);
    }
    sent.ctx = (void *)hash32_text(a, &tx);
    hash32_write(&tx, ret_tx);
    return escrow__change(x, r->job_id, &sent, e);
}

/* --- settling --- */

/* What escrow_claim asks for, and what became of it. */
struct decision {
    struct u256 amount;
    struct bytes proof;
    enum { DECIDED, ALREADY, TOO_MUCH, OTHERWISE } outcome;
};

static bool edit_decide(struct escrow_row *r, void *ctx)
{
    struct decision *d = ctx;
    bool same = u256_cmp(&r->p.claim, &d->amount) == 0;

    d->outcome = ALREADY;
    if (r->p.state == ESCROW_FAILED || (r->p.state == ESCROW_CANCELED && !r->decided))
        return false;
    if (r->decided) {
        d->outcome = same ? ALREADY : OTHERWISE;
        return false;
    }
    if (u256_cmp(&d->amount, &r->p.amount) > 0) {
        d->outcome = TOO_MUCH;
        return false;
    }
    d->outcome = DECIDED;
    r->decided = true;
    r->p.claim = d->amount;
    r->proof = d->proof;
    if (r->p.state == ESCROW_LOCKED)
        r->p.state = ESCROW_CLAIMING;
    return true;
}

int escrow_claim(struct escrow *x, const char *job_id, const struct u256 *amount,
                 struct bytes proof, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct decision d = {.amount = *amount, .proof = proof, .outcome = ALREADY};
    const struct escrow_edit edit = {edit_decide, &d, u256_text(a, amount)};
    struct escrow_row row;
    bool found;

    if (proof.n > ESCROW_PROOF_MAX)
        return failed(e, INVALID, "the proof of a claim is larger than %d bytes", ESCROW_PROOF_MAX);
    if (escrow__row(x, a, job_id, &found, &row, e) < 0)
        return -1;
    if (!found)
        return failed(e, NOT_FOUND, "job %s has no payment", job_id);
    if (escrow__change(x, job_id, &edit, e) < 0)
        return -1;
    if (d.outcome == TOO_MUCH)
        return failed(e, INVALID, "job %s: %s are claimed, but only %s are locked", job_id,
                      u256_text(a, amount), u256_text(a, &row.p.amount));
    if (d.outcome == OTHERWISE)
        return failed(e, CONFLICT, "job %s is settled with another amount", job_id);
    escrow__wake(x);
    return 0;
}

int escrow_find(struct escrow *x, struct arena *a, const char *job_id, bool *ret_found,
                struct escrow_payment *ret, struct err *e)
{
    struct escrow_row row;

    if (escrow__row(x, a, job_id, ret_found, &row, e) < 0)
        return -1;
    if (*ret_found)
        *ret = row.p;
    return 0;
}

int escrow_sweep(struct escrow *x, uint64_t chain, struct err *e)
{
    struct escrow_on *on = escrow__on(x, chain);

    if (!on || addr_is_zero(&on->chain.contract))
        return refused(e, ESCROW_CONTRACT);
    return escrow__sweep(on, e);
}
