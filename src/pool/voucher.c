/* SPDX-License-Identifier: Apache-2.0 */
/* Vouchers: a code that is told once and kept as a hash, worth an amount for so many people. */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { SYMBOLS = 20, GROUP = 5, VOUCHER_USES_MAX = 1000000, TEXT_MAX = 64 };

/* No letters that look like digits; 5 bits each, so 100 bits a code. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void new_code(char out[POOL_CODE])
{
    uint8_t random[SYMBOLS];
    size_t n = 0;
    size_t i;

    random_bytes(random, sizeof(random));
    for (i = 0; i < SYMBOLS; i++) {
        if (i > 0 && i % GROUP == 0)
            out[n++] = '-';
        out[n++] = alphabet[random[i] & 31];
    }
    out[n] = '\0';
}

/* The hash of a code as people type it: any case, with or without its dashes. */
static void hash_code(const char *code, char out[HASH32_TEXT])
{
    char text[TEXT_MAX];
    struct hash32 h;
    size_t n = 0;

    for (; *code && n < sizeof(text); code++) {
        char c = (char)toupper((unsigned char)*code);

        if (c == '-' || c == ' ')
            continue;
        text[n++] = (char)(c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c);
    }
    h = sha256(text, n);
    hash32_write(&h, out);
    wipe(text, sizeof(text));
}

static int insert(struct db *db, const struct pool_voucher *v, const char *code, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_add);
    char hash[HASH32_TEXT];
    char token[ADDR_TEXT];
    char id[POOL_ID];

    ledger__new_id('v', id);
    hash_code(code, hash);
    addr_lower(&v->token, token);
    bind_text(q, id);
    bind_text(q, hash);
    bind_i64(q, (int64_t)v->chain);
    bind_text(q, token);
    bind_text(q, v->amount);
    bind_i64(q, v->uses);
    bind_i64(q, v->expires);
    bind_text(q, v->note ? v->note : "");
    bind_text(q, v->by);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int pool_voucher_make(struct pools *p, const struct pool_voucher *v, char ret_code[POOL_CODE],
                      struct err *e)
{
    struct u256 amount;
    char code[POOL_CODE];

    if (!ledger__amount(v->amount, &amount) || u256_is_zero(&amount))
        return refused(e, POOL_AMOUNT);
    if (v->uses < 1 || v->uses > VOUCHER_USES_MAX)
        return failed(e, INVALID, "uses must be from 1 to %d", VOUCHER_USES_MAX);
    if (v->expires && v->expires <= clock_ms())
        return failed(e, INVALID, "expires is past");
    if (ledger__check_token(p, v->chain, &v->token, e) < 0)
        return -1;
    new_code(code);
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0 || insert(db, v, code, e) < 0 || tx_commit(&tx, e) < 0)
            return -1;
    }
    must(str_copy(ret_code, POOL_CODE, code));
    return 0;
}

/* --- redeeming --- */

struct voucher {
    const char *id;
    struct pool_voucher v;
    int64_t used;
    bool revoked;
};

static int find(struct db *db, struct arena *a, const char *hash, struct voucher *ret,
                struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_by_hash);
    bool found;

    bind_text(q, hash);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return refused(e, VOUCHER_UNKNOWN);
    *ret = (struct voucher){.id = col_dup(a, q, "id"),
                            .v = {.amount = col_dup(a, q, "amount"),
                                  .chain = (uint64_t)col_i64(q, "chain"),
                                  .uses = col_i64(q, "uses"),
                                  .expires = col_i64(q, "expires"),
                                  .note = col_dup(a, q, "note")},
                            .used = col_i64(q, "used"),
                            .revoked = col_i64(q, "revoked") != 0};
    must(addr_parse_any(col_text(q, "token"), &ret->v.token));
    return 0;
}

static int check(struct db *db, const struct voucher *w, const char *owner, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_used_by);
    bool found;

    bind_text(q, w->id);
    bind_text(q, owner);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        return refused(e, VOUCHER_MINE);
    if (w->revoked || (w->v.expires && w->v.expires <= clock_ms()))
        return refused(e, VOUCHER_OVER);
    return w->used < w->v.uses ? 0 : refused(e, VOUCHER_SPENT);
}

static int count(struct db *db, const struct voucher *w, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_count);

    bind_text(q, w->id);
    if (stmt_run(q, e) < 0)
        return -1;
    return db_changes(db) == 1 ? 0 : refused(e, VOUCHER_SPENT);
}

static int note_use(struct db *db, const struct voucher *w, const char *owner, const char *pool,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_use);

    bind_text(q, w->id);
    bind_text(q, owner);
    bind_text(q, pool);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

/* "Credit", unless the person calls another pool so. */
static int name_for(struct db *db, struct arena *a, const char *owner, const char **ret,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_pool_of_name);
    char id[POOL_ID];
    bool found;

    *ret = "Credit";
    bind_text(q, owner);
    bind_text(q, *ret);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found) {
        ledger__new_id('p', id);
        *ret = arena_printf(a, "Credit %.8s", id + 1);
    }
    return 0;
}

static int redeem(struct db *db, struct arena *a, const char *owner, const char *hash,
                  const char **ret_pool, struct err *e)
{
    struct ledger_entry entry = {.kind = "voucher"};
    struct pool_new n = {.owner = owner};
    struct voucher w;

    if (find(db, a, hash, &w, e) < 0 || check(db, &w, owner, e) < 0 || count(db, &w, e) < 0 ||
        name_for(db, a, owner, &n.name, e) < 0)
        return -1;
    n.chain = w.v.chain;
    n.token = w.v.token;
    if (ledger__granted(db, a, &n, ret_pool, e) < 0 || note_use(db, &w, owner, *ret_pool, e) < 0)
        return -1;
    entry.pool = *ret_pool;
    entry.note = w.v.note;
    must(ledger__amount(w.v.amount, &entry.amount));
    return ledger__add(db, &entry, e);
}

int pool_voucher_redeem(struct pools *p, const char *owner, const char *code, char ret_id[POOL_ID],
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char hash[HASH32_TEXT];
    const char *pool;

    hash_code(code, hash);
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0 || redeem(db, a, owner, hash, &pool, e) < 0 ||
            tx_commit(&tx, e) < 0)
            return -1;
    }
    must(str_copy(ret_id, POOL_ID, pool));
    return pools__kick_pool(p, pool, e);
}

/* --- the operator's quota --- */

/* What stands in place of a hash is none, so that no code opens it. */
static int set_quota(struct db *db, const char *id, const struct pool_voucher *v, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_quota_set);
    char token[ADDR_TEXT];

    addr_lower(&v->token, token);
    bind_text(q, id);
    bind_i64(q, (int64_t)v->chain);
    bind_text(q, token);
    bind_text(q, v->amount);
    bind_text(q, v->note);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int pool_quota_give(struct pools *p, const char *owner, const struct pool_voucher *quota,
                    bool *ret_given, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char token[ADDR_TEXT];
    const char *pool;
    const char *id;

    *ret_given = false;
    addr_lower(&quota->token, token);
    id = arena_printf(a, "quota-%llu-%s", (unsigned long long)quota->chain, token);
    if (ledger__check_token(p, quota->chain, &quota->token, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0 || set_quota(db, id, quota, e) < 0)
            return -1;
        if (redeem(db, a, owner, id, &pool, e) < 0)
            return e->code == ERR_VOUCHER_MINE || e->code == ERR_VOUCHER_OVER ? 0 : -1;
        if (tx_commit(&tx, e) < 0)
            return -1;
    }
    *ret_given = true;
    return pools__kick_pool(p, pool, e);
}

/* --- for the operator --- */

int pool_voucher_revoke(struct pools *p, const char *code, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _tx_ struct tx tx = {0};
    char hash[HASH32_TEXT];
    int64_t changed;

    hash_code(code, hash);
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_voucher_revoke);

        bind_text(q, code);
        bind_text(q, hash);
        if (stmt_run(q, e) < 0)
            return -1;
        changed = db_changes(db);
    }
    if (changed == 0)
        return refused(e, VOUCHER_UNKNOWN);
    return tx_commit(&tx, e);
}

static struct json *one_json(struct arena *a, struct stmt *q)
{
    static const char *const texts[] = {"id", "amount", "token", "note"};
    static const char *const numbers[] = {"uses", "used", "expires", "created", "chain"};
    struct json *v = json_new_object(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        json_set_str(a, v, texts[i], col_text(q, texts[i]));
    for (i = 0; i < ARRAY_LEN(numbers); i++)
        json_set_int(a, v, numbers[i], col_i64(q, numbers[i]));
    json_set_bool(a, v, "revoked", col_i64(q, "revoked") != 0);
    json_set_str(a, v, "by", col_text(q, "made_by"));
    return v;
}

static int list_rows(struct pools *p, struct arena *a, struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_voucher_all);
    int r;

    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, one_json(a, q));
    return r;
}

int pool_voucher_list_json(struct pools *p, struct arena *a, struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a);
    size_t i;

    if (list_rows(p, a, list, e) < 0)
        return -1;
    for (i = 0; i < json_len(list); i++) { /* amounts as money: the token may have to be asked */
        struct json *v = json_at(list, i);
        struct addr token;
        struct u256 amount;

        must(addr_parse_any(json_get_str(v, "token", ""), &token) &&
             u256_parse(json_get_str(v, "amount", ""), &amount));
        json_set(a, v, "amount",
                 pool_money_json(p, a, (uint64_t)json_get_int(v, "chain", 0), &token, &amount));
    }
    *ret = list;
    return 0;
}
