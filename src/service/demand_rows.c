/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "service/demand.sql.h"
#include "service/demand_int.h"

/* A version of the deployment is the number of a spec. */
static int64_t number_of(const char *version)
{
    uint64_t n;

    return str_u64(version, INT64_MAX, &n) ? (int64_t)n : 0;
}

static int insert_spec(struct db *db, const char *id, int64_t number, const char *sealed,
                       struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_demand_spec_insert);

    bind_text(q, id);
    bind_i64(q, number);
    bind_text(q, sealed);
    return stmt_run(q, e);
}

int demand_rows_insert(struct db *db, const struct service_row *row, struct err *e)
{
    const struct demand_row *r = row->demand;

    {
        _stmt_ struct stmt *q = db_query(db, &sql_demand_insert);

        bind_text(q, row->id);
        bind_text(q, row->owner);
        bind_i64(q, row->created);
        bind_text(q, r->consumer);
        bind_i64(q, (int64_t)r->chain);
        bind_text(q, r->token);
        bind_i64(q, r->duration_s);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return insert_spec(db, row->id, 1, r->spec, e);
}

int demand_rows_get(struct store *s, struct arena *a, const char *id, struct demand_row *ret,
                    struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_demand_get);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    *ret = (struct demand_row){.consumer = col_dup(a, q, "consumer"),
                               .chain = (uint64_t)col_i64(q, "chain"),
                               .token = col_dup(a, q, "token"),
                               .duration_s = col_i64(q, "duration")};
    return 1;
}

int demand_rows_set_duration(struct store *s, const char *id, int64_t duration_s, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_demand_duration);

    bind_text(q, id);
    bind_i64(q, duration_s);
    return stmt_run(q, e);
}

int demand_rows_spec(struct store *s, struct arena *a, const char *id, const char *number,
                     const char **ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_demand_spec_get);
    bool found;

    bind_text(q, id);
    bind_i64(q, number_of(number));
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, NOT_FOUND, "what service %s runs is not known any more", id);
    *ret = col_dup(a, q, "spec");
    return 0;
}

static int next_number(struct db *db, const char *id, int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_demand_spec_last);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_i64(q, "number") + 1 : 1;
    return 0;
}

static int forget_others(struct db *db, const struct demand_new_spec *n, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_demand_spec_forget);

    bind_text(q, n->id);
    bind_i64(q, number_of(n->keep));
    bind_i64(q, number_of(n->keep_too));
    return stmt_run(q, e);
}

int demand_rows_add_spec(struct store *s, const struct demand_new_spec *n,
                         char ret_number[ROW_TEXT], struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    int64_t number;

    if (tx_begin(db, &tx, e) < 0 || next_number(db, n->id, &number, e) < 0 ||
        forget_others(db, n, e) < 0 || insert_spec(db, n->id, number, n->sealed, e) < 0 ||
        tx_commit(&tx, e) < 0)
        return -1;
    str_copy(ret_number, ROW_TEXT, arena_printf(a, "%lld", (long long)number));
    return 0;
}

int demand_rows_list(struct store *s, struct arena *a, const char *owner, struct json **ret,
                     struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, owner ? &sql_demand_of_owner : &sql_demand_all);
    struct json *list = json_new_array(a);
    int r;

    if (owner)
        bind_text(q, owner);
    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, json_new_str(a, col_text(q, "id")));
    *ret = list;
    return r;
}
