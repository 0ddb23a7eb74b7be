/* SPDX-License-Identifier: Apache-2.0 */
/* Pools and their entries: every change of a balance is an entry, in one transaction. */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { POOLS_PER_OWNER = 100, HOUR_MS = 3600000, OFFERS_MAX = 64, DIGITS_MAX = 70 };
#define FAR_MS (INT64_C(100) * 365 * 86400 * 1000) /* what lasts longer never ends */

bool ledger__amount(const char *text, struct u256 *ret)
{
    size_t n = text ? strlen(text) : 0;

    return n > 0 && n <= DIGITS_MAX && strspn(text, "0123456789") == n && u256_parse(text, ret);
}

void ledger__new_id(char prefix, char out[POOL_ID])
{
    uint8_t random[16];

    random_bytes(random, sizeof(random));
    out[0] = prefix;
    hex_encode(random, sizeof(random), out + 1);
}

/* --- rows --- */

static void read_pool(struct arena *a, struct stmt *q, struct pool_info *ret)
{
    const char *payer = col_text(q, "payer");
    struct pool_info pool = {.id = col_dup(a, q, "id"),
                             .owner = col_dup(a, q, "owner"),
                             .name = col_dup(a, q, "name"),
                             .kind =
                                 str_eq(col_text(q, "kind"), "wallet") ? POOL_WALLET : POOL_GRANTED,
                             .chain = (uint64_t)col_i64(q, "chain"),
                             .standing = col_dup(a, q, "standing"),
                             .warning = "",
                             .created = col_i64(q, "created")};

    must(addr_parse_any(col_text(q, "token"), &pool.token));
    must(!*payer || addr_parse_any(payer, &pool.payer));
    must(u256_parse(col_text(q, "balance"), &pool.balance));
    *ret = pool;
}

int ledger__pool(struct db *db, struct arena *a, const char *id, struct pool_info *ret,
                 struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_get);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        read_pool(a, q, ret);
    return found;
}

/* --- entries --- */

static int write_entry(struct db *db, const struct ledger_entry *entry, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_entry_add);
    char digits[U256_DECIMAL];
    char text[POOL_DECIMAL];

    u256_decimal(&entry->amount, digits);
    must(str_copy(text, sizeof(text), entry->minus ? "-" : "") &&
         str_copy(text + strlen(text), sizeof(text) - strlen(text), digits));
    bind_text(q, entry->pool);
    bind_i64(q, clock_ms());
    bind_text(q, entry->kind);
    bind_text(q, text);
    bind_text(q, entry->deployment);
    if (entry->deployment)
        bind_i64(q, entry->number);
    else
        bind_null(q);
    bind_text(q, entry->note ? entry->note : "");
    return stmt_run(q, e);
}

static int write_balance(struct db *db, const char *pool, const struct u256 *balance, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_set_balance);
    char text[U256_DECIMAL];

    u256_decimal(balance, text);
    bind_text(q, pool);
    bind_text(q, text);
    return stmt_run(q, e);
}

/* A wallet's balance is the escrow's to tell; its entries only say what was spent. */
int ledger__add(struct db *db, const struct ledger_entry *entry, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pool_info pool;
    struct u256 after;
    int found;

    if (u256_is_zero(&entry->amount) && entry->deployment)
        return 0;
    found = ledger__pool(db, a, entry->pool, &pool, e);
    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    if (pool.kind == POOL_GRANTED) {
        if (entry->minus && u256_cmp(&pool.balance, &entry->amount) < 0)
            return refused(e, POOL_EMPTY, u256_text(a, &pool.balance),
                           u256_text(a, &entry->amount));
        if (!(entry->minus ? u256_sub(&pool.balance, &entry->amount, &after)
                           : u256_add(&pool.balance, &entry->amount, &after)))
            return refused(e, POOL_AMOUNT);
        if (write_balance(db, pool.id, &after, e) < 0)
            return -1;
    }
    return write_entry(db, entry, e);
}

/* --- what is in a pool --- */

static int sum_locked(struct db *db, const char *pool, struct u256 *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_locked);
    struct u256 sum = u256_from(0);
    int r;

    bind_text(q, pool);
    while ((r = stmt_step(q, e)) > 0) {
        struct u256 v, next;

        must(u256_parse(col_text(q, "amount"), &v) && u256_add(&sum, &v, &next));
        sum = next;
    }
    *ret = sum;
    return r;
}

/* An hour of everything that runs on it. */
static int sum_burn(struct db *db, struct arena *a, const char *pool, struct u256 *ret,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_burning);
    struct u256 sum = u256_from(0);
    int r;

    bind_text(q, pool);
    while ((r = stmt_step(q, e)) > 0) {
        struct u256 v, next;

        if (compute_terms_cost(col_dup(a, q, "terms"), HOUR_MS / 1000, &v, e) < 0)
            return -1;
        must(u256_add(&sum, &v, &next));
        sum = next;
    }
    *ret = sum;
    return r;
}

static int read_number(struct db *db, const struct sql *sql, const char *pool, int64_t *ret,
                       struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);
    bool found;

    bind_text(q, pool);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && !col_is_null(q, "n") ? col_i64(q, "n") : 0;
    return 0;
}

/* When the balance is spent at this rate, counted from the end of what is paid already. */
static int64_t empty_at(const struct pool_info *pool, int64_t from)
{
    const struct u256 hour = u256_from(HOUR_MS);
    struct u256 scaled, ms, rest;
    uint64_t v;

    if (u256_is_zero(&pool->burn) || !u256_mul(&pool->balance, &hour, &scaled))
        return 0;
    u256_divmod(&scaled, &pool->burn, &ms, &rest);
    return u256_to_u64(&ms, &v) && v < (uint64_t)FAR_MS ? from + (int64_t)v : 0;
}

int ledger__facts(struct pools *p, struct db *db, struct arena *a, struct pool_info *pool,
                  struct err *e)
{
    int64_t now = clock_ms();
    int64_t starved, paid;

    if (sum_locked(db, pool->id, &pool->locked, e) < 0 ||
        sum_burn(db, a, pool->id, &pool->burn, e) < 0 ||
        read_number(db, &sql_pool_starved, pool->id, &starved, e) < 0 ||
        read_number(db, &sql_pool_paid_until, pool->id, &paid, e) < 0)
        return -1;
    pool->empty_at = empty_at(pool, paid > now ? paid : now);
    if (starved > 0)
        pool->warning = "empty";
    else if (pool->empty_at && pool->empty_at - now < p->o.low_s * 1000)
        pool->warning = "low";
    return 0;
}

int pool_find(struct pools *p, struct arena *a, const char *owner, const char *id,
              struct pool_info *ret, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    struct pool_info pool;
    int found = ledger__pool(db, a, id, &pool, e);

    if (found <= 0)
        return found;
    if (owner && !str_eq(owner, pool.owner))
        return 0;
    if (ledger__facts(p, db, a, &pool, e) < 0)
        return -1;
    *ret = pool;
    return 1;
}

/* --- making one --- */

int ledger__check_token(struct pools *p, uint64_t chain, const struct addr *token, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct compute_offer offers[OFFERS_MAX];
    size_t n = p->o.compute ? compute_offers(p->o.compute, offers, ARRAY_LEN(offers)) : 0;
    size_t i;

    for (i = 0; i < n; i++)
        if (offers[i].chain == chain && addr_eq(&offers[i].token, token))
            return 0;
    return refused(e, POOL_TOKEN, addr_text(a, token),
                   arena_printf(a, "%llu", (unsigned long long)chain));
}

int pool_count(struct pools *p, const char *owner, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);

    return read_number(db, &sql_pool_count_of, owner, ret, e);
}

static int check_count(struct db *db, const char *owner, struct err *e)
{
    int64_t n;

    if (read_number(db, &sql_pool_count_of, owner, &n, e) < 0)
        return -1;
    return n < POOLS_PER_OWNER ? 0 : refused(e, POOL_MANY, POOLS_PER_OWNER);
}

static int insert(struct db *db, const struct pool_new *n, const char *id, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_add);
    char token[ADDR_TEXT];
    char payer[ADDR_TEXT] = "";

    addr_lower(&n->token, token);
    if (n->payer)
        addr_lower(n->payer, payer);
    bind_text(q, id);
    bind_text(q, n->owner);
    bind_text(q, n->name);
    bind_text(q, n->payer ? "wallet" : "granted");
    bind_i64(q, (int64_t)n->chain);
    bind_text(q, token);
    bind_text(q, payer);
    bind_i64(q, clock_ms());
    if (stmt_run(q, e) == 0)
        return 0;
    return e->code == ERR_CONFLICT ? refused(e, POOL_TAKEN) : -1;
}

/* Printable, and not only blanks: it is shown to others than its owner. */
static bool is_name(const char *name)
{
    size_t letters = 0;
    size_t blanks = 0;

    for (; *name; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return false;
        letters += ((unsigned char)*name & 0xc0) != 0x80; /* of UTF-8 */
        blanks += *name == ' ';
    }
    return letters > blanks && letters <= POOL_NAME_MAX;
}

static int add_amount(struct db *db, const char *id, const struct pool_new *n, struct err *e)
{
    struct ledger_entry entry = {.pool = id, .kind = "grant", .note = n->note};

    if (!ledger__amount(n->amount, &entry.amount))
        return refused(e, POOL_AMOUNT);
    return u256_is_zero(&entry.amount) ? 0 : ledger__add(db, &entry, e);
}

int pool_create(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID], struct err *e)
{
    struct err later;
    char id[POOL_ID];

    if (!is_name(n->name))
        return refused(e, POOL_NAME, POOL_NAME_MAX);
    if (ledger__check_token(p, n->chain, &n->token, e) < 0)
        return -1;
    if (n->payer && (!p->o.escrow || !escrow_has_chain(p->o.escrow, n->chain)))
        return refused(e, ESCROW_CONTRACT);
    ledger__new_id('p', id);
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0 || check_count(db, n->owner, e) < 0 ||
            insert(db, n, id, e) < 0 || (!n->payer && add_amount(db, id, n, e) < 0) ||
            tx_commit(&tx, e) < 0)
            return -1;
    }
    must(str_copy(ret_id, POOL_ID, id));
    if (n->payer && pool_refresh(p, id, &later) < 0) /* the pool is there: it is read next time */
        log_debug("pool", "%s: %s", id, later.msg);
    return 0;
}

int ledger__granted(struct db *db, struct arena *a, const struct pool_new *n, const char **ret_id,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_granted_of);
    char token[ADDR_TEXT];
    char id[POOL_ID];
    bool found;

    addr_lower(&n->token, token);
    bind_text(q, n->owner);
    bind_i64(q, (int64_t)n->chain);
    bind_text(q, token);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found) {
        *ret_id = col_dup(a, q, "id");
        return 0;
    }
    ledger__new_id('p', id);
    if (check_count(db, n->owner, e) < 0 || insert(db, n, id, e) < 0)
        return -1;
    *ret_id = arena_strdup(a, id);
    return 0;
}

int pool_grant(struct pools *p, const char *id, const char *amount, const char *note, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct ledger_entry entry = {.pool = id, .minus = amount[0] == '-', .note = note};
    struct pool_info pool;
    int found;

    entry.kind = entry.minus ? "take" : "grant";
    if (!ledger__amount(amount + entry.minus, &entry.amount) || u256_is_zero(&entry.amount))
        return refused(e, POOL_AMOUNT);
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0)
            return -1;
        found = ledger__pool(db, a, id, &pool, e);
        if (found <= 0)
            return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
        if (pool.kind != POOL_GRANTED)
            return failed(e, INVALID, "only a granted pool is filled by the operator");
        if (ledger__add(db, &entry, e) < 0 || tx_commit(&tx, e) < 0)
            return -1;
    }
    return pools__kick_pool(p, id, e);
}
