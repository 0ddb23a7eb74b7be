/* SPDX-License-Identifier: Apache-2.0 */
/* The payment rows: read whole, changed whole, in one transaction. */
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "escrow/escrow_int.h"
#include "escrow/payments.sql.h"

static const char *const state_names[] = {
    [ESCROW_INTENT] = "intent",     [ESCROW_SENT] = "sent",         [ESCROW_LOCKED] = "locked",
    [ESCROW_FAILED] = "failed",     [ESCROW_CLAIMING] = "claiming", [ESCROW_CLAIMED] = "claimed",
    [ESCROW_RELEASED] = "released", [ESCROW_CANCELED] = "canceled"};

static struct u256 amount(struct stmt *q, const char *column)
{
    struct u256 v = u256_from(0);

    if (!col_is_null(q, column))
        must(u256_parse(col_text(q, column), &v));
    return v;
}

static enum escrow_state state_of(const char *name)
{
    size_t i = 0;

    while (i < ARRAY_LEN(state_names) && !str_eq(state_names[i], name))
        i++;
    must(i < ARRAY_LEN(state_names));
    return (enum escrow_state)i;
}

static void read_row(struct arena *a, struct stmt *q, struct escrow_row *ret)
{
    struct escrow_row r = {.p = {.job_id = col_dup(a, q, "job_id"),
                                 .chain = (uint64_t)col_i64(q, "chain"),
                                 .amount = amount(q, "amount"),
                                 .seconds = (uint64_t)col_i64(q, "seconds"),
                                 .expiry = col_i64(q, "expiry"),
                                 .claim = amount(q, "claim"),
                                 .claimed = amount(q, "claimed"),
                                 .state = state_of(col_text(q, "state")),
                                 .lock_tx = col_dup(a, q, "lock_tx"),
                                 .claim_tx = col_dup(a, q, "claim_tx"),
                                 .cancel_tx = col_dup(a, q, "cancel_tx"),
                                 .why = col_dup(a, q, "why")},
                           .lock_id = amount(q, "lock_id"),
                           .decided = !col_is_null(q, "claim"),
                           .lock_block = (uint64_t)col_i64(q, "lock_block")};

    must(addr_parse_any(col_text(q, "token"), &r.p.token));
    must(addr_parse_any(col_text(q, "payer"), &r.p.payer));
    if (!col_is_null(q, "proof"))
        r.proof = col_blob(a, q, "proof");
    *ret = r;
}

static int find(struct db *db, struct arena *a, const struct sql *by, const char *key,
                struct escrow_row *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, by);
    bool found;

    bind_text(q, key);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        read_row(a, q, ret);
    return found;
}

int escrow__row(struct escrow *x, struct arena *a, const char *job_id, bool *ret_found,
                struct escrow_row *ret, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    int found = find(db, a, &sql_payment_get, job_id, ret, e);

    if (found < 0)
        return -1;
    *ret_found = found;
    return 0;
}

int escrow__row_by_lock(struct escrow *x, struct arena *a, const struct u256 *lock_id,
                        bool *ret_found, struct escrow_row *ret, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    int found = find(db, a, &sql_payment_by_lock, u256_text(a, lock_id), ret, e);

    if (found < 0)
        return -1;
    *ret_found = found;
    return 0;
}

static int add_event(struct db *db, const char *job_id, enum escrow_state state, const char *detail,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_payment_event_add);

    bind_text(q, job_id);
    bind_text(q, state_names[state]);
    bind_text(q, detail);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

static int add_row(struct db *db, const struct escrow_lock_request *r, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_payment_add);
    struct u256 id = escrow_lock_id(r->job_id);
    char id_text[U256_DECIMAL];
    char amount_text[U256_DECIMAL];
    char token[ADDR_TEXT];
    char payer[ADDR_TEXT];

    u256_decimal(&id, id_text);
    u256_decimal(&r->amount, amount_text);
    addr_lower(&r->token, token);
    addr_lower(&r->payer, payer);
    bind_text(q, r->job_id);
    bind_text(q, id_text);
    bind_i64(q, (int64_t)r->chain);
    bind_text(q, token);
    bind_text(q, payer);
    bind_text(q, amount_text);
    bind_i64(q, (int64_t)r->seconds);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int escrow__add(struct escrow *x, const struct escrow_lock_request *r, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || add_row(db, r, e) < 0 ||
        add_event(db, r->job_id, ESCROW_INTENT, "", e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int store_row(struct db *db, struct arena *a, const struct escrow_row *r, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_payment_set);

    bind_text(q, r->p.job_id);
    bind_text(q, state_names[r->p.state]);
    bind_text(q, r->decided ? u256_text(a, &r->p.claim) : NULL);
    bind_text(q, u256_text(a, &r->p.claimed));
    bind_i64(q, r->p.expiry);
    bind_text(q, r->p.lock_tx);
    bind_i64(q, (int64_t)r->lock_block);
    bind_text(q, r->p.claim_tx);
    bind_text(q, r->p.cancel_tx);
    bind_text(q, r->p.why);
    if (r->proof.p)
        bind_blob(q, r->proof.p, r->proof.n);
    else
        bind_null(q);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

/* The transaction of escrow__change: 1 when the state is another one now, 0 when not. */
static int change(struct escrow *x, struct arena *a, const char *job_id,
                  const struct escrow_edit *edit, struct escrow_row *row, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    _tx_ struct tx tx = {0};
    enum escrow_state before;
    int found;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    found = find(db, a, &sql_payment_get, job_id, row, e);
    if (found <= 0)
        return found;
    before = row->p.state;
    if (!edit->edit(row, edit->ctx))
        return 0;
    if (store_row(db, a, row, e) < 0)
        return -1;
    if (row->p.state != before && add_event(db, job_id, row->p.state, edit->detail, e) < 0)
        return -1;
    if (tx_commit(&tx, e) < 0)
        return -1;
    return row->p.state != before;
}

int escrow__change(struct escrow *x, const char *job_id, const struct escrow_edit *edit,
                   struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_row row;
    int moved = change(x, a, job_id, edit, &row, e);
    size_t i;

    for (i = 0; moved > 0 && i < x->listener_count; i++)
        x->listeners[i].changed(x->listeners[i].ctx, &row.p);
    return moved < 0 ? -1 : 0;
}

static int read_ids(struct arena *a, struct stmt *q, struct escrow_ids *ret, struct err *e)
{
    enum { IDS_MAX = 200 }; /* the statements' limit */
    const char **v = arena_calloc(a, IDS_MAX, sizeof(*v));
    size_t n = 0;
    int r;

    while ((r = stmt_step(q, e)) > 0)
        v[n++] = col_dup(a, q, "job_id");
    *ret = (struct escrow_ids){v, n};
    return r;
}

int escrow__in_state(struct escrow *x, struct arena *a, enum escrow_state state,
                     struct escrow_ids *ret, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    _stmt_ struct stmt *q = db_query(db, &sql_payment_in_state);

    bind_text(q, state_names[state]);
    return read_ids(a, q, ret, e);
}

int escrow__expired(struct escrow *x, struct arena *a, uint64_t chain, int64_t before,
                    struct escrow_ids *ret, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    _stmt_ struct stmt *q = db_query(db, &sql_payment_expired);

    bind_i64(q, (int64_t)chain);
    bind_i64(q, before);
    return read_ids(a, q, ret, e);
}

int escrow__next_expiry(struct escrow *x, int64_t after, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(x->store);
    _stmt_ struct stmt *q = db_query(db, &sql_payment_next_expiry);
    bool found;

    bind_i64(q, after);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && !col_is_null(q, "expiry") ? col_i64(q, "expiry") : 0;
    return 0;
}
