/* SPDX-License-Identifier: Apache-2.0 */
/* A wallet's pool: what the escrow says of the payer, and what the payer has to allow. */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "pool/meters.sql.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { SETUP_S = 600, LOCKS_EACH = 2 };

/*
 * A lock is made before its period begins (or before the service has come up) and must leave time
 * to claim behind it.
 */
int64_t wallet__lock_seconds(const struct pools *p, int64_t period_s)
{
    return 2 * period_s + SETUP_S + p->o.claim_s;
}

int64_t wallet__prepaid_seconds(const struct pools *p, int64_t period_s, int64_t wait_ms)
{
    return (wait_ms > 0 ? (wait_ms + 999) / 1000 : 0) + period_s + p->o.claim_s;
}

static struct json *standing_json(struct arena *a, const struct escrow_standing *s)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "contract", addr_text(a, &s->contract));
    json_set_str(a, v, "node", addr_text(a, &s->node));
    json_set_bool(a, v, "authorized", s->authorized);
    json_set_str(a, v, "max_amount", u256_text(a, &s->max_amount));
    json_set_str(a, v, "amount", u256_text(a, &s->amount));
    json_set_str(a, v, "max_seconds", u256_text(a, &s->max_seconds));
    json_set_str(a, v, "max_locks", u256_text(a, &s->max_locks));
    json_set_str(a, v, "locks", u256_text(a, &s->locks));
    json_set_int(a, v, "read", clock_ms());
    return v;
}

int wallet__read(struct pools *p, const struct pool_info *pool, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct escrow_lock_request r = {
        .chain = pool->chain, .token = pool->token, .payer = pool->payer};
    struct escrow_standing s;

    if (!p->o.escrow)
        return refused(e, ESCROW_CONTRACT);
    if (escrow_standing(p->o.escrow, &r, &s, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(p->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_pool_set_standing);

        bind_text(q, pool->id);
        bind_text(q, u256_text(a, &s.available));
        bind_text(q, json_text(a, standing_json(a, &s)));
        return stmt_run(q, e);
    }
}

int pool_refresh(struct pools *p, const char *id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pool_info pool;
    int found = pool_find(p, a, NULL, id, &pool, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    if (pool.kind == POOL_WALLET && wallet__read(p, &pool, e) < 0)
        return -1;
    return pools__kick_pool(p, id, e);
}

/* --- what an authorisation must allow --- */

/* Two periods of a meter are locked at a time for a while; a prepaid one has all its time in one.
 */
static int add_needs(const struct pools *p, const struct meter_row *row, struct wallet_needs *needs,
                     struct err *e)
{
    int64_t seconds = row->prepaid ? wallet__prepaid_seconds(p, row->period_s, 0)
                                   : wallet__lock_seconds(p, row->period_s);
    int locks = row->prepaid ? 1 : LOCKS_EACH;
    struct u256 cost, sum;
    int i;

    if (compute_terms_cost(row->terms, row->period_s, &cost, e) < 0)
        return -1;
    for (i = 0; i < locks; i++) {
        if (!u256_add(&needs->amount, &cost, &sum))
            return failed(e, FAILED, "the pool's deployments cost more than can be counted");
        needs->amount = sum;
    }
    needs->locks += locks;
    if (seconds > needs->seconds)
        needs->seconds = seconds;
    return 0;
}

int wallet__needs(struct pools *p, struct db *db, const char *pool, struct wallet_needs *ret,
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _stmt_ struct stmt *q = db_query(db, &sql_meter_terms_of_pool);
    struct wallet_needs needs = {.seconds = wallet__lock_seconds(p, p->o.period_s)};
    int r;

    bind_text(q, pool);
    while ((r = stmt_step(q, e)) > 0) {
        const char *next = col_dup(a, q, "next_terms");
        const struct meter_row row = {.terms = next ? next : col_dup(a, q, "terms"),
                                      .period_s = col_i64(q, "period_s"),
                                      .prepaid = col_i64(q, "prepaid") != 0};

        if (add_needs(p, &row, &needs, e) < 0)
            return -1;
    }
    *ret = needs;
    return r;
}

/* --- for people and pages --- */

static struct u256 number(const struct json *standing, const char *key)
{
    struct u256 v;

    return u256_parse(json_get_str(standing, key, "0"), &v) ? v : u256_from(0);
}

static bool covers(const struct json *standing, const struct wallet_needs *needs)
{
    const struct u256 seconds = u256_from((uint64_t)needs->seconds);
    const struct u256 locks = u256_from((uint64_t)(needs->locks ? needs->locks : LOCKS_EACH));
    const struct u256 amount = number(standing, "max_amount");
    const struct u256 max_seconds = number(standing, "max_seconds");
    const struct u256 max_locks = number(standing, "max_locks");

    return json_get_bool(standing, "authorized", false) && u256_cmp(&amount, &needs->amount) >= 0 &&
           u256_cmp(&max_seconds, &seconds) >= 0 && u256_cmp(&max_locks, &locks) >= 0;
}

static struct json *needs_json(struct pools *p, struct arena *a, const struct pool_info *pool,
                               const struct wallet_needs *needs)
{
    struct json *v = json_new_object(a);

    json_set(a, v, "amount", pool_money_json(p, a, pool->chain, &pool->token, &needs->amount));
    json_set_int(a, v, "seconds", needs->seconds);
    json_set_int(a, v, "locks", needs->locks ? needs->locks : LOCKS_EACH);
    return v;
}

struct json *wallet__json(struct pools *p, struct arena *a, const struct pool_info *pool)
{
    struct json *v = json_new_object(a);
    struct wallet_needs needs = {0};
    struct json *s = NULL;
    struct u256 allowed, used;
    struct err ignored;

    if (json_parse(a, pool->standing, strlen(pool->standing), &s, &ignored) < 0)
        s = json_new_object(a); /* never read yet */
    {
        _db_ struct db *db = store_lend(p->o.store);

        if (wallet__needs(p, db, pool->id, &needs, &ignored) < 0)
            needs.seconds = wallet__lock_seconds(p, p->o.period_s);
    }
    allowed = number(s, "max_amount");
    used = number(s, "amount");
    json_set_str(a, v, "contract", json_get_str(s, "contract", NULL));
    json_set_str(a, v, "node", json_get_str(s, "node", NULL));
    json_set_bool(a, v, "isAuthorized", json_get_bool(s, "authorized", false));
    json_set(a, v, "authorized", pool_money_json(p, a, pool->chain, &pool->token, &allowed));
    json_set(a, v, "locked", pool_money_json(p, a, pool->chain, &pool->token, &used));
    json_set_str(a, v, "maxSeconds", json_get_str(s, "max_seconds", "0"));
    json_set_str(a, v, "maxLocks", json_get_str(s, "max_locks", "0"));
    json_set_str(a, v, "locks", json_get_str(s, "locks", "0"));
    json_set(a, v, "needed", needs_json(p, a, pool, &needs));
    json_set_bool(a, v, "enough", covers(s, &needs));
    json_set_int(a, v, "read", json_get_int(s, "read", 0));
    return v;
}
