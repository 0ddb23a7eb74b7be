/* SPDX-License-Identifier: Apache-2.0 */
/* What a deployment will cost: by compute's price function, as the meter bills it. */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "pool/pool_int.h"

enum { HOUR_S = 3600, OFFERS_MAX = 64 };

/* No decimals are better than wrong ones: then the page shows base units. */
static void set_unit(struct pools *p, struct arena *a, struct json *v, uint64_t chain,
                     const struct addr *token)
{
    struct pool_token unit;
    bool known = tokens__known(p, chain, token, &unit);

    json_set(a, v, "decimals", known ? json_new_int(a, unit.decimals) : NULL);
    json_set_str(a, v, "symbol", unit.symbol);
}

struct json *pool_money_json(struct pools *p, struct arena *a, uint64_t chain,
                             const struct addr *token, const struct u256 *amount)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "amount", u256_text(a, amount));
    set_unit(p, a, v, chain, token);
    json_set_int(a, v, "chain", (int64_t)chain);
    json_set_str(a, v, "token", addr_text(a, token));
    return v;
}

int pool_offers_json(struct pools *p, struct arena *a, struct json **ret, struct err *e)
{
    struct compute_offer offers[OFFERS_MAX];
    size_t n = p->o.compute ? compute_offers(p->o.compute, offers, OFFERS_MAX) : 0;
    struct json *list = json_new_array(a);
    struct json *v = json_new_object(a);
    size_t i;

    (void)e;
    for (i = 0; i < n; i++) {
        struct json *one = json_new_object(a);

        json_set_int(a, one, "chain", (int64_t)offers[i].chain);
        json_set_str(a, one, "token", addr_text(a, &offers[i].token));
        set_unit(p, a, one, offers[i].chain, &offers[i].token);
        json_set_bool(a, one, "wallet",
                      p->o.escrow && escrow_has_chain(p->o.escrow, offers[i].chain));
        json_push(a, list, one);
    }
    json_set(a, v, "tokens", list);
    json_set_int(a, v, "period_s", p->o.period_s);
    *ret = v;
    return 0;
}

static int set_lines(const char *terms, struct pool_quote *q, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct compute_price_part *parts;
    size_t n, i, k;

    if (compute_terms_parts(a, terms, q->period_s, &parts, &n, e) < 0)
        return -1;
    for (i = 0; i < n && q->line_count < POOL_LINES_MAX; i++) {
        struct pool_line *line = &q->line[q->line_count];

        if (parts[i].milli == 0)
            continue;
        *line = (struct pool_line){NULL, parts[i].milli, parts[i].cost};
        for (k = 0; k < q->resources->count; k++) /* its text lives as long as the environment */
            if (strcmp(q->resources->item[k].id, parts[i].id) == 0)
                line->id = q->resources->item[k].id;
        must(line->id);
        q->line_count++;
    }
    return 0;
}

int pool_quote(struct pools *p, const struct pool_quote_request *r, struct pool_quote *ret,
               struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct compute_price price = {
        .env = r->env, .chain = r->chain, .token = r->token, .resources = r->resources};
    struct pool_quote q = {.chain = r->chain,
                           .token = r->token,
                           .period_s = p->o.period_s,
                           .resources = r->resources,
                           .needed_seconds = wallet__lock_seconds(p, p->o.period_s),
                           .needed_locks = 2};
    const char *terms;

    if (compute_terms(a, &price, false, &terms, e) < 0 ||
        compute_terms_cost(terms, q.period_s, &q.per_period, e) < 0 ||
        compute_terms_cost(terms, HOUR_S, &q.per_hour, e) < 0 || set_lines(terms, &q, e) < 0)
        return -1;
    if (!u256_add(&q.per_period, &q.per_period, &q.needed_amount))
        return failed(e, FAILED, "the price of the service is out of range");
    (void)tokens__known(p, r->chain, &r->token, &q.unit);
    *ret = q;
    return 0;
}

/* --- as pages show it --- */

static struct json *money(struct pools *p, struct arena *a, const struct pool_quote *q,
                          const struct u256 *amount)
{
    return pool_money_json(p, a, q->chain, &q->token, amount);
}

static struct json *lines_json(struct pools *p, struct arena *a, const struct pool_quote *q)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < q->line_count; i++) {
        const struct pool_line *line = &q->line[i];
        struct json *v = json_new_object(a);

        json_set_str(a, v, "label", line->id);
        json_set(a, v, "units", json_new_num(a, (double)line->milli / 1000.0));
        json_set(a, v, "amount", money(p, a, q, &line->amount));
        json_push(a, list, v);
    }
    return list;
}

/* When the pool is empty with this deployment on it too. */
static int64_t lasts_until(const struct pool_info *pool, const struct pool_quote *q)
{
    const struct u256 hour_ms = u256_from((uint64_t)HOUR_S * 1000);
    struct u256 burn, scaled, ms, rest;
    uint64_t v;

    if (!u256_add(&pool->burn, &q->per_hour, &burn) || u256_is_zero(&burn) ||
        !u256_mul(&pool->balance, &hour_ms, &scaled))
        return 0;
    u256_divmod(&scaled, &burn, &ms, &rest);
    return u256_to_u64(&ms, &v) && v < (uint64_t)INT64_MAX / 4 ? clock_ms() + (int64_t)v : 0;
}

/* What the wallet must allow so that this deployment runs beside those that do. */
static struct json *needed_json(struct pools *p, struct arena *a, const struct pool_quote *q,
                                const struct pool_info *pool)
{
    struct json *v = json_new_object(a);
    struct wallet_needs needs = {0};
    struct u256 amount = q->needed_amount;
    struct err ignored;
    bool known;

    {
        _db_ struct db *db = store_lend(p->o.store);

        known = wallet__needs(p, db, pool->id, &needs, &ignored) == 0;
    }
    if (known && !u256_add(&needs.amount, &q->needed_amount, &amount))
        amount = q->needed_amount;
    json_set(a, v, "amount", money(p, a, q, &amount));
    json_set_int(a, v, "seconds",
                 needs.seconds > q->needed_seconds ? needs.seconds : q->needed_seconds);
    json_set_int(a, v, "locks", needs.locks + q->needed_locks);
    return v;
}

static void set_time(struct arena *a, struct json *v, const char *key, int64_t ms)
{
    if (ms)
        json_set_int(a, v, key, ms);
    else
        json_set(a, v, key, NULL);
}

struct json *pool_quote_json(struct pools *p, struct arena *a, const struct pool_quote *q,
                             const struct pool_info *pool, int64_t ends)
{
    struct json *v = json_new_object(a);
    struct json *from;

    json_set_int(a, v, "period_s", q->period_s);
    json_set(a, v, "perPeriod", money(p, a, q, &q->per_period));
    json_set(a, v, "perHour", money(p, a, q, &q->per_hour));
    json_set(a, v, "lines", lines_json(p, a, q));
    json_set(a, v, "upfront", money(p, a, q, &q->per_period));
    if (pool) {
        from = json_new_object(a);
        json_set_str(a, from, "id", pool->id);
        json_set_str(a, from, "name", pool->name);
        json_set(a, from, "balance", money(p, a, q, &pool->balance));
        json_set(a, v, "pool", from);
        set_time(a, v, "lastsUntil", lasts_until(pool, q));
        if (pool->kind == POOL_WALLET)
            json_set(a, v, "needed", needed_json(p, a, q, pool));
    }
    set_time(a, v, "ends", ends);
    return v;
}

int pool_can_pay(struct pools *p, const struct pool_quote *q, const struct pool_info *pool,
                 struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct escrow_lock_request lock = {.job_id = "",
                                             .chain = pool->chain,
                                             .token = pool->token,
                                             .payer = pool->payer,
                                             .amount = q->per_period,
                                             .seconds = (uint64_t)q->needed_seconds};

    if (pool->chain != q->chain || !addr_eq(&pool->token, &q->token))
        return failed(e, INVALID, "the pool is of another token than the quote");
    if (u256_is_zero(&q->per_period))
        return 0;
    if (pool->kind == POOL_WALLET && p->cb.may_lock &&
        p->cb.may_lock(p->cb.ctx, pool->chain, e) < 0)
        return -1;
    if (pool->kind == POOL_WALLET)
        return p->o.escrow ? escrow_check(p->o.escrow, &lock, e) : refused(e, ESCROW_CONTRACT);
    if (u256_cmp(&pool->balance, &q->per_period) < 0)
        return refused(e, POOL_EMPTY, u256_text(a, &pool->balance), u256_text(a, &q->per_period));
    return 0;
}
