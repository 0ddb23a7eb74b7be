/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "chain/sender.sql.h"
#include "chain/sender_int.h"

static const char *const state_names[] = {[SENDER_SIGNED] = "signed",
                                          [SENDER_SENT] = "sent",
                                          [SENDER_MINED] = "mined",
                                          [SENDER_REVERTED] = "reverted",
                                          [SENDER_DROPPED] = "dropped"};

static enum sender_state state_of(const char *name)
{
    size_t i = 0;

    while (i < ARRAY_LEN(state_names) && !str_eq(state_names[i], name))
        i++;
    must(i < ARRAY_LEN(state_names));
    return (enum sender_state)i;
}

/* The chain and the key, which every statement begins with. */
static void bind_self(struct stmt *q, const struct sender *s)
{
    bind_i64(q, (int64_t)rpc_chain_id(s->config.rpc));
    bind_text(q, s->addr_text);
}

int sender__find(struct sender *s, const struct sender_request *r, struct sender_row *ret,
                 int64_t *ret_id, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _stmt_ struct stmt *q = db_query(db, &sql_sender_find);
    struct sender_row row = {0};

    bind_self(q, s);
    bind_text(q, r->purpose);
    bind_text(q, r->reference);
    if (stmt_find(q, &row.found, e) < 0)
        return -1;
    if (row.found) {
        row.state = state_of(col_text(q, "state"));
        must(hash32_parse(col_text(q, "hash"), &row.tx));
        row.attempts = (unsigned)col_i64(q, "attempts");
        row.changed = col_i64(q, "changed");
        *ret_id = col_i64(q, "id");
    }
    *ret = row;
    return 0;
}

static int add_try(struct db *db, int64_t id, const struct eth_tx *tx,
                   const struct eth_signed *signed_tx, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_add_try);
    char hash[HASH32_TEXT];
    char priority[U256_DECIMAL];
    char price[U256_DECIMAL];

    hash32_write(&signed_tx->hash, hash);
    u256_decimal(&tx->priority, priority);
    u256_decimal(&tx->price, price);
    bind_text(q, hash);
    bind_i64(q, id);
    bind_blob(q, signed_tx->raw.p, signed_tx->raw.n);
    bind_i64(q, tx->type);
    bind_text(q, priority);
    bind_text(q, price);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

static int add_row(struct sender *s, struct db *db, const struct sender_entry *entry,
                   int64_t *ret_id, struct err *e)
{
    const struct sender_request *r = entry->request;
    _stmt_ struct stmt *q = db_query(db, &sql_sender_add);
    char to[ADDR_TEXT];
    char value[U256_DECIMAL];
    char hash_text[HASH32_TEXT];
    bool found;

    addr_lower(&r->to, to);
    u256_decimal(&r->value, value);
    hash32_write(&entry->bytes->hash, hash_text);
    bind_self(q, s);
    bind_text(q, r->purpose);
    bind_text(q, r->reference);
    bind_text(q, to);
    bind_blob(q, r->data.p, r->data.n);
    bind_text(q, value);
    bind_i64(q, (int64_t)entry->tx->nonce);
    bind_i64(q, (int64_t)entry->tx->gas);
    bind_text(q, hash_text);
    bind_i64(q, clock_ms());
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret_id = col_i64(q, "id");
    return 0;
}

int sender__add(struct sender *s, const struct sender_entry *entry, int64_t *ret_id, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _tx_ struct tx t = {0};

    if (tx_begin(db, &t, e) < 0 || add_row(s, db, entry, ret_id, e) < 0 ||
        add_try(db, *ret_id, entry->tx, entry->bytes, e) < 0)
        return -1;
    return tx_commit(&t, e);
}

static int set_hash(struct db *db, int64_t id, const struct hash32 *hash, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_set_hash);
    char text[HASH32_TEXT];

    hash32_write(hash, text);
    bind_i64(q, id);
    bind_text(q, text);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int sender__add_try(struct sender *s, int64_t id, const struct eth_tx *tx,
                    const struct eth_signed *signed_tx, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _tx_ struct tx t = {0};

    if (tx_begin(db, &t, e) < 0 || add_try(db, id, tx, signed_tx, e) < 0 ||
        set_hash(db, id, &signed_tx->hash, e) < 0)
        return -1;
    return tx_commit(&t, e);
}

static int set_state(struct db *db, int64_t id, enum sender_state state, const struct hash32 *hash,
                     uint64_t block, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_set_state);
    char text[HASH32_TEXT];

    hash32_write(hash, text);
    bind_i64(q, id);
    bind_text(q, state_names[state]);
    bind_text(q, text);
    if (state == SENDER_MINED || state == SENDER_REVERTED)
        bind_i64(q, (int64_t)block);
    else
        bind_null(q);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int sender__set_state(struct sender *s, int64_t id, enum sender_state state,
                      const struct hash32 *hash, uint64_t block, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _tx_ struct tx t = {0};

    if (tx_begin(db, &t, e) < 0 || set_state(db, id, state, hash, block, e) < 0)
        return -1;
    return tx_commit(&t, e);
}

/* --- reading what is under way --- */

static struct u256 amount(struct stmt *q, const char *column)
{
    struct u256 v;

    must(u256_parse(col_text(q, column), &v));
    return v;
}

static int read_tries(struct db *db, struct arena *a, struct sender_live *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_tries);
    struct sender_try tries[64];
    size_t n = 0;
    int r;

    bind_i64(q, row->id);
    while ((r = stmt_step(q, e)) > 0) {
        struct sender_try t = {.raw = col_blob(a, q, "raw"),
                               .type =
                                   col_i64(q, "type") == ETH_TX_FEES ? ETH_TX_FEES : ETH_TX_LEGACY,
                               .priority = amount(q, "priority"),
                               .price = amount(q, "price"),
                               .created = col_i64(q, "created")};

        must(hash32_parse(col_text(q, "hash"), &t.hash));
        must(n < ARRAY_LEN(tries));
        tries[n++] = t;
    }
    must(r < 0 || n > 0);
    row->tries = arena_memdup(a, tries, n * sizeof(*tries));
    row->try_count = n;
    return r;
}

static int read_rows(struct sender *s, struct db *db, struct arena *a, struct sender_live *rows,
                     size_t *ret_count, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_live);
    size_t n = 0;
    int r;

    bind_self(q, s);
    bind_i64(q, SENDER_ROWS_AT_ONCE);
    while ((r = stmt_step(q, e)) > 0) {
        struct sender_live *row = &rows[n++];

        *row = (struct sender_live){.id = col_i64(q, "id"),
                                    .purpose = col_dup(a, q, "purpose"),
                                    .reference = col_dup(a, q, "reference"),
                                    .state = state_of(col_text(q, "state")),
                                    .data = col_blob(a, q, "data"),
                                    .value = amount(q, "value"),
                                    .nonce = (uint64_t)col_i64(q, "nonce"),
                                    .gas = (uint64_t)col_i64(q, "gas")};
        must(addr_parse_any(col_text(q, "to_address"), &row->to));
    }
    *ret_count = n;
    return r;
}

int sender__live(struct sender *s, struct arena *a, struct sender_live **ret, size_t *ret_count,
                 struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    struct sender_live *rows = arena_calloc(a, SENDER_ROWS_AT_ONCE, sizeof(*rows));
    size_t n = 0;
    size_t i;

    if (read_rows(s, db, a, rows, &n, e) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        if (read_tries(db, a, &rows[i], e) < 0)
            return -1;
    }
    *ret = rows;
    *ret_count = n;
    return 0;
}

static int last_mined(struct sender *s, struct db *db, struct sender_nonces *n, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_last_mined);

    bind_self(q, s);
    if (stmt_find(q, &n->mined, e) < 0)
        return -1;
    if (n->mined) {
        n->after_mined = (uint64_t)col_i64(q, "nonce") + 1;
        must(hash32_parse(col_text(q, "hash"), &n->mined_tx));
    }
    return 0;
}

int sender__nonces(struct sender *s, struct sender_nonces *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _stmt_ struct stmt *q = db_query(db, &sql_sender_live_nonce);
    struct sender_nonces n = {0};
    bool found;

    bind_self(q, s);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found && !col_is_null(q, "nonce"))
        n.after_live = (uint64_t)col_i64(q, "nonce") + 1;
    if (last_mined(s, db, &n, e) < 0)
        return -1;
    *ret = n;
    return 0;
}
