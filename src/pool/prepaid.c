/* SPDX-License-Identifier: Apache-2.0 */
/* A service that a wallet pays for in one lock: what it costs, which pool, what became of it. */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "pool/meters.sql.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { PAYMENTS_MAX = 1000 };

/* --- the wallet's pool --- */

/* 1 = there is one, the owner's. */
static int find_of_payer(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID],
                         struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_pool_of_payer);
    char payer[ADDR_TEXT], token[ADDR_TEXT];
    bool found;

    addr_lower(n->payer, payer);
    addr_lower(&n->token, token);
    bind_text(q, payer);
    bind_i64(q, (int64_t)n->chain);
    bind_text(q, token);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    if (!str_eq(col_text(q, "owner"), n->owner))
        return refused(e, POOL_TAKEN);
    must(str_copy(ret_id, POOL_ID, col_text(q, "id")));
    return 1;
}

int pool_of_wallet(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID], struct err *e)
{
    int found = find_of_payer(p, n, ret_id, e);

    if (found != 0)
        return found < 0 ? -1 : 0;
    if (pool_create(p, n, ret_id, e) == 0)
        return 0;
    if (e->code != ERR_POOL_TAKEN)
        return -1;
    /* somebody was faster, or the name is one of another pool */
    found = find_of_payer(p, n, ret_id, e);
    return found > 0 ? 0 : found < 0 ? -1 : refused(e, POOL_TAKEN);
}

/* --- before --- */

int pool_prepay_check(struct pools *p, const struct pool_prepay *q, struct u256 *ret_cost,
                      struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct compute_price price = {
        .env = q->env, .chain = q->chain, .token = q->token, .resources = q->resources};
    struct escrow_lock_request lock = {
        .job_id = "",
        .chain = q->chain,
        .token = q->token,
        .payer = q->payer,
        .seconds = (uint64_t)wallet__prepaid_seconds(p, q->seconds, q->wait_s * 1000),
    };
    const char *terms;

    if (compute_terms(a, &price, true, &terms, e) < 0 ||
        compute_terms_cost(terms, q->seconds, &lock.amount, e) < 0)
        return -1;
    *ret_cost = lock.amount;
    if (u256_is_zero(&lock.amount))
        return 0;
    if (p->cb.may_lock && p->cb.may_lock(p->cb.ctx, q->chain, e) < 0)
        return -1;
    return p->o.escrow ? escrow_check(p->o.escrow, &lock, e) : refused(e, ESCROW_CONTRACT);
}

/* --- afterwards --- */

/* A period's row, and the job of its payment. */
struct found {
    struct pool_payment payment;
    const char *job;
};

static void read_row(struct arena *a, struct stmt *q, struct found *ret)
{
    const char *state = col_text(q, "state");

    *ret = (struct found){.payment = {.number = col_i64(q, "number"),
                                      .seconds = col_i64(q, "seconds"),
                                      .failed = str_eq(state, "failed"),
                                      .over = str_eq(state, "closed") || str_eq(state, "failed"),
                                      .lock_tx = "",
                                      .claim_tx = "",
                                      .cancel_tx = ""},
                          .job = col_dup(a, q, "job")};
    must(u256_parse(col_text(q, "amount"), &ret->payment.amount));
    must(u256_parse(col_text(q, "cost"), &ret->payment.cost));
}

static int read_rows(struct pools *p, struct arena *a, const char *deployment, struct found *list,
                     size_t *ret_count, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_period_all);
    size_t n = 0;
    int r;

    bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0 && n < PAYMENTS_MAX)
        read_row(a, q, &list[n++]);
    *ret_count = n;
    return r < 0 ? -1 : 0;
}

static int add_payment(struct pools *p, struct arena *a, const struct found *f,
                       struct pool_payment *ret, struct err *e)
{
    struct escrow_payment payment;
    bool there = false;

    *ret = f->payment;
    if (!*f->job || !p->o.escrow)
        return 0;
    if (escrow_find(p->o.escrow, a, f->job, &there, &payment, e) < 0)
        return -1;
    if (there) {
        ret->lock_tx = payment.lock_tx;
        ret->claim_tx = payment.claim_tx;
        ret->cancel_tx = payment.cancel_tx;
    }
    return 0;
}

int pool_payments(struct pools *p, struct arena *a, const char *deployment,
                  struct pool_payment **ret, size_t *ret_count, struct err *e)
{
    struct found *list = arena_calloc(a, PAYMENTS_MAX, sizeof(*list));
    struct pool_payment *payments;
    size_t n, i;

    if (read_rows(p, a, deployment, list, &n, e) < 0)
        return -1;
    payments = arena_calloc(a, n + 1, sizeof(*payments));
    for (i = 0; i < n; i++)
        if (add_payment(p, a, &list[i], &payments[i], e) < 0)
            return -1;
    *ret = payments;
    *ret_count = n;
    return 0;
}
