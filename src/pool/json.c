/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, ledgers and meters as pages see them. */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { ENTRIES_PAGE = 100, LIST_MAX = 10000 };

static void set_time(struct arena *a, struct json *v, const char *key, int64_t ms)
{
    if (ms)
        json_set_int(a, v, key, ms);
    else
        json_set(a, v, key, NULL);
}

static struct json *money(struct pools *p, struct arena *a, const struct pool_info *pool,
                          const struct u256 *amount)
{
    return pool_money_json(p, a, pool->chain, &pool->token, amount);
}

struct json *pool_json(struct pools *p, struct arena *a, const struct pool_info *pool)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "id", pool->id);
    json_set_str(a, v, "name", pool->name);
    json_set_str(a, v, "kind", pool->kind == POOL_WALLET ? "wallet" : "granted");
    json_set(a, v, "balance", money(p, a, pool, &pool->balance));
    json_set(a, v, "locked", money(p, a, pool, &pool->locked));
    json_set(a, v, "burnPerHour", money(p, a, pool, &pool->burn));
    set_time(a, v, "emptyAt", pool->empty_at);
    json_set_str(a, v, "warning", pool->warning);
    json_set_int(a, v, "created", pool->created);
    if (pool->kind == POOL_WALLET) {
        json_set_str(a, v, "payer", addr_text(a, &pool->payer));
        json_set(a, v, "escrow", wallet__json(p, a, pool));
    }
    return v;
}

/* --- lists --- */

struct ids {
    const char **v;
    size_t n;
};

static int read_ids(struct pools *p, struct arena *a, const char *owner, struct ids *ret,
                    struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, owner ? &sql_pool_by_owner : &sql_pool_all);
    struct ids ids = {.v = arena_calloc(a, LIST_MAX, sizeof(*ids.v))};
    int r;

    if (owner)
        bind_text(q, owner);
    while ((r = stmt_step(q, e)) > 0 && ids.n < LIST_MAX)
        ids.v[ids.n++] = col_dup(a, q, "id");
    *ret = ids;
    return r < 0 ? -1 : 0;
}

int pool_list_json(struct pools *p, struct arena *a, const char *owner, struct json **ret,
                   struct err *e)
{
    struct json *list = json_new_array(a);
    struct ids ids;
    size_t i;

    if (read_ids(p, a, owner, &ids, e) < 0)
        return -1;
    for (i = 0; i < ids.n; i++) {
        struct pool_info pool;
        struct json *v;
        int found = pool_find(p, a, owner, ids.v[i], &pool, e);

        if (found < 0)
            return -1;
        if (!found)
            continue;
        v = pool_json(p, a, &pool);
        if (!owner)
            json_set_str(a, v, "owner", pool.owner);
        json_push(a, list, v);
    }
    *ret = list;
    return 0;
}

/* --- the ledger --- */

static struct json *entry_json(struct arena *a, struct stmt *q)
{
    const char *deployment = col_text(q, "deployment");
    struct json *v = json_new_object(a);

    json_set_int(a, v, "id", col_i64(q, "id"));
    json_set_int(a, v, "at", col_i64(q, "at"));
    json_set_str(a, v, "kind", col_text(q, "kind"));
    json_set_str(a, v, "amount", col_text(q, "amount"));
    if (deployment) {
        json_set_str(a, v, "deployment", deployment);
        json_set_int(a, v, "period", col_i64(q, "number"));
    }
    json_set_str(a, v, "note", col_text(q, "note"));
    if (!col_is_null(q, "job") && *col_text(q, "job"))
        json_set_str(a, v, "job", col_text(q, "job"));
    return v;
}

static int read_entries(struct pools *p, struct arena *a, const char *pool, int64_t before,
                        struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_pool_entries);
    int r;

    bind_text(q, pool);
    bind_i64(q, before);
    bind_i64(q, ENTRIES_PAGE);
    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, entry_json(a, q));
    return r;
}

/* The transaction behind an entry: of the lock when something was reserved, else of the claim. */
static int add_tx(struct pools *p, struct arena *a, struct json *v, struct err *e)
{
    const char *job = json_get_str(v, "job", NULL);
    struct escrow_payment pay;
    const char *tx;
    bool found;

    if (!job || !p->o.escrow)
        return 0;
    if (escrow_find(p->o.escrow, a, job, &found, &pay, e) < 0)
        return -1;
    if (found) {
        tx = str_eq(json_get_str(v, "kind", ""), "reserve") ? pay.lock_tx
             : *pay.claim_tx                                ? pay.claim_tx
                                                            : pay.cancel_tx;
        if (tx && *tx)
            json_set_str(a, v, "tx", tx);
    }
    json_remove(v, "job");
    return 0;
}

/* Signed, so the sign stands in front of the digits. */
static void set_amount(struct pools *p, struct arena *a, const struct pool_info *pool,
                       struct json *v)
{
    const char *text = json_get_str(v, "amount", "0");
    bool minus = *text == '-';
    struct u256 amount;
    struct json *m;

    must(u256_parse(text + minus, &amount));
    m = money(p, a, pool, &amount);
    json_set_str(a, m, "amount", arena_strdup(a, text));
    json_set(a, v, "amount", m);
}

int pool_entries_json(struct pools *p, struct arena *a, const struct pool_info *pool,
                      int64_t before, struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a);
    size_t i;

    if (read_entries(p, a, pool->id, before, list, e) < 0)
        return -1;
    for (i = 0; i < json_len(list); i++) {
        set_amount(p, a, pool, json_at(list, i));
        if (add_tx(p, a, json_at(list, i), e) < 0)
            return -1;
    }
    *ret = list;
    return 0;
}

/* --- a deployment's meter --- */

int pool_meter_json(struct pools *p, struct arena *a, const char *deployment, struct json **ret,
                    struct err *e)
{
    struct json *v;
    struct pool_meter m;
    int found = pool_meter_find(p, a, deployment, &m, e);

    if (found < 0)
        return -1;
    if (!found) {
        *ret = json_new_null(a);
        return 0;
    }
    v = json_new_object(a);
    json_set_str(a, v, "pool", m.pool);
    json_set(a, v, "perHour", pool_money_json(p, a, m.chain, &m.token, &m.per_hour));
    json_set(a, v, "perPeriod", pool_money_json(p, a, m.chain, &m.token, &m.per_period));
    json_set(a, v, "spent", pool_money_json(p, a, m.chain, &m.token, &m.spent));
    set_time(a, v, "paidUntil", m.paid_until);
    set_time(a, v, "ends", m.ends);
    json_set_str(a, v, "state", rows__state_name(m.state));
    json_set_str(a, v, "reason", m.reason);
    json_set_bool(a, v, "low", m.low);
    *ret = v;
    return 0;
}
