/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of meters and their periods. */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "pool/meters.sql.h"
#include "pool/pool_int.h"

static const char *const meter_names[] = {
    [METER_FUNDING] = "funding", [METER_FUNDED] = "funded",   [METER_RUNNING] = "running",
    [METER_EMPTY] = "empty",     [METER_CLOSING] = "closing", [METER_CLOSED] = "closed",
    [METER_FAILED] = "failed"};
static const char *const period_names[] = {[PERIOD_OPENING] = "opening",
                                           [PERIOD_OPEN] = "open",
                                           [PERIOD_CLOSING] = "closing",
                                           [PERIOD_CLOSED] = "closed",
                                           [PERIOD_FAILED] = "failed"};

const char *rows__state_name(enum pool_meter_state s)
{
    return meter_names[s];
}

static size_t index_of(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;

    while (i < n && !str_eq(names[i], name))
        i++;
    must(i < n);
    return i;
}

static struct u256 amount(struct stmt *q, const char *column)
{
    struct u256 v;

    must(u256_parse(col_text(q, column), &v));
    return v;
}

/* --- meters --- */

int rows__meter(struct db *db, struct arena *a, const char *deployment, struct meter_row *ret,
                struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_meter_get);
    bool found;

    bind_text(q, deployment);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    *ret = (struct meter_row){
        .deployment = col_dup(a, q, "deployment"),
        .owner = col_dup(a, q, "owner"),
        .pool = col_dup(a, q, "pool"),
        .state = (enum pool_meter_state)index_of(meter_names, ARRAY_LEN(meter_names),
                                                 col_text(q, "state")),
        .reason = col_dup(a, q, "reason"),
        .terms = col_dup(a, q, "terms"),
        .next_terms = col_dup(a, q, "next_terms"),
        .period_s = col_i64(q, "period_s"),
        .current = col_i64(q, "current"),
        .low = (int)col_i64(q, "low"),
        .stop = col_dup(a, q, "stop"),
        .stop_at = col_i64(q, "stop_at"),
        .ends = col_i64(q, "ends"),
        .began = col_i64(q, "began"),
        .prepaid = col_i64(q, "prepaid") != 0,
        .spent = amount(q, "spent"),
        .changed = col_i64(q, "changed"),
    };
    return 1;
}

int rows__meter_add(struct db *db, const struct meter_row *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_meter_add);

    bind_text(q, row->deployment);
    bind_text(q, row->owner);
    bind_text(q, row->pool);
    bind_text(q, row->terms);
    bind_i64(q, row->period_s);
    bind_i64(q, row->ends);
    bind_i64(q, clock_ms());
    bind_i64(q, row->prepaid);
    return stmt_run(q, e);
}

int rows__meter_set(struct db *db, const struct meter_row *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_meter_set);
    char spent[U256_DECIMAL];

    u256_decimal(&row->spent, spent);
    bind_text(q, row->deployment);
    bind_text(q, row->pool);
    bind_text(q, meter_names[row->state]);
    bind_text(q, row->reason);
    bind_text(q, row->terms);
    bind_text(q, row->next_terms);
    bind_i64(q, row->period_s);
    bind_i64(q, row->current);
    bind_i64(q, row->low);
    bind_text(q, row->stop);
    bind_i64(q, row->stop_at);
    bind_i64(q, row->ends);
    bind_i64(q, row->began);
    bind_text(q, spent);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

/* --- periods --- */

static struct period read_period(struct arena *a, struct stmt *q)
{
    return (struct period){.number = col_i64(q, "number"),
                           .pool = col_dup(a, q, "pool"),
                           .job = col_dup(a, q, "job"),
                           .terms = col_dup(a, q, "terms"),
                           .seconds = col_i64(q, "seconds"),
                           .amount = amount(q, "amount"),
                           .state = (enum period_state)index_of(
                               period_names, ARRAY_LEN(period_names), col_text(q, "state")),
                           .opened = col_i64(q, "opened"),
                           .starts = col_i64(q, "starts"),
                           .until = col_i64(q, "until"),
                           .expiry = col_i64(q, "expiry"),
                           .idle = col_i64(q, "idle"),
                           .idle_from = col_i64(q, "idle_from"),
                           .cost = amount(q, "cost"),
                           .reason = col_dup(a, q, "reason")};
}

static int read_periods(struct db *db, struct meter_view *v, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_period_live);
    int r;

    bind_text(q, v->row.deployment);
    while ((r = stmt_step(q, e)) > 0 && v->count < PERIODS_LIVE)
        v->period[v->count++] = read_period(v->a, q);
    return r < 0 ? -1 : 0;
}

int rows__view(struct db *db, struct arena *a, const char *deployment, struct meter_view *ret,
               struct err *e)
{
    struct meter_view v = {.a = a, .db = db, .now = clock_ms()};
    int found = rows__meter(db, a, deployment, &v.row, e);

    if (found <= 0)
        return found;
    if (ledger__pool(db, a, v.row.pool, &v.pool, e) < 0 || read_periods(db, &v, e) < 0)
        return -1;
    *ret = v;
    return 1;
}

static int next_number(struct db *db, const char *deployment, int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_period_last);
    bool found;

    bind_text(q, deployment);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && !col_is_null(q, "number") ? col_i64(q, "number") + 1 : 1;
    return 0;
}

/* Of the form of a job's id; nothing else hashes to it. */
static const char *payment_id(struct arena *a, const char *deployment, int64_t number)
{
    const char *text = arena_printf(a, "service/%s/%lld", deployment, (long long)number);
    struct hash32 h = sha256(text, strlen(text));

    return hex_dup(a, h.b, sizeof(h.b));
}

int rows__period_add(struct db *db, const struct meter_row *row, struct period *period,
                     struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _stmt_ struct stmt *q = db_query(db, &sql_period_add);
    char text[U256_DECIMAL];

    if (next_number(db, row->deployment, &period->number, e) < 0)
        return -1;
    u256_decimal(&period->amount, text);
    bind_text(q, row->deployment);
    bind_i64(q, period->number);
    bind_text(q, period->pool);
    bind_text(q, period->state == PERIOD_OPENING ? payment_id(a, row->deployment, period->number)
                                                 : "");
    bind_text(q, period->terms);
    bind_i64(q, period->seconds);
    bind_text(q, text);
    bind_text(q, period_names[period->state]);
    bind_i64(q, period->opened);
    return stmt_run(q, e);
}

int rows__period_set(struct db *db, const char *deployment, const struct period *period,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_period_set);
    char cost[U256_DECIMAL];

    u256_decimal(&period->cost, cost);
    bind_text(q, deployment);
    bind_i64(q, period->number);
    bind_text(q, period_names[period->state]);
    bind_i64(q, period->starts);
    bind_i64(q, period->until);
    bind_i64(q, period->expiry);
    bind_text(q, cost);
    bind_text(q, period->reason);
    bind_i64(q, period->idle);
    bind_i64(q, period->idle_from);
    return stmt_run(q, e);
}

int rows__by_job(struct db *db, struct arena *a, const char *job, const char **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_period_by_job);
    bool found;

    bind_text(q, job);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_dup(a, q, "deployment") : NULL;
    return 0;
}
