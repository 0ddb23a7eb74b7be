/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rows.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "service/demand_int.h"
#include "service/rows.sql.h"
#include "store/db_json.h"

/* The deployments themselves. */

static int insert(struct db *db, const struct service_row *r, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_insert);

    bind_text(q, r->id);
    bind_text(q, r->owner);
    bind_text(q, r->name);
    bind_text(q, r->package);
    bind_text(q, r->version);
    bind_text(q, r->title);
    bind_text(q, r->size);
    bind_text(q, r->pool);
    bind_text(q, r->env);
    bind_text(q, r->cluster);
    bind_text(q, r->answers);
    bind_text(q, r->secrets);
    bind_text(q, r->import);
    bind_i64(q, r->created);
    bind_i64(q, r->step);
    bind_i64(q, r->mode);
    bind_i64(q, r->ends);
    bind_i64(q, r->entered);
    return stmt_run(q, e);
}

static int insert_all(struct db *db, const struct service_row *r, struct err *e)
{
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || insert(db, r, e) < 0 ||
        (r->demand && demand_rows_insert(db, r, e) < 0))
        return -1;
    return tx_commit(&tx, e);
}

static int has_name(struct db *db, const struct service_row *r, bool *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_by_name);

    bind_text(q, r->owner);
    bind_text(q, r->name);
    return stmt_find(q, ret, e);
}

int rows_insert(struct store *s, const struct service_row *r, bool *ret_name, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    struct err ignored;

    *ret_name = false;
    if (insert_all(db, r, e) == 0)
        return 0;
    if (e->code == ERR_CONFLICT && has_name(db, r, ret_name, &ignored) < 0)
        *ret_name = false;
    return -1;
}

static int update(struct db *db, const struct service_row *r, int taken, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_update);

    bind_i64(q, r->step);
    bind_i64(q, r->mode);
    bind_text(q, r->version);
    bind_text(q, r->old_version);
    bind_text(q, r->size);
    bind_text(q, r->old_size);
    bind_i64(q, r->generation);
    bind_i64(q, r->old_generation);
    bind_i64(q, r->proven);
    bind_text(q, r->health);
    bind_text(q, r->reason);
    bind_i64(q, r->entered);
    bind_i64(q, r->due);
    bind_i64(q, r->gone);
    bind_i64(q, taken ? taken : -1);
    bind_text(q, r->id);
    return stmt_run(q, e);
}

static int add_event(struct db *db, const char *id, const struct rows_change *c, const char *reason,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_event_insert);

    bind_text(q, id);
    bind_i64(q, clock_ms());
    bind_text(q, c->state);
    bind_text(q, c->step);
    bind_text(q, reason ? reason : "");
    return stmt_run(q, e);
}

static int trim_events(struct db *db, const char *id, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_event_trim);

    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_update(struct store *s, const struct service_row *r, const struct rows_change *c,
                struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || update(db, r, c->taken, e) < 0)
        return -1;
    if (c->state && (add_event(db, r->id, c, r->reason, e) < 0 || trim_events(db, r->id, e) < 0))
        return -1;
    return tx_commit(&tx, e);
}

int rows_note(struct store *s, const char *id, const struct rows_change *c, const char *reason,
              struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || add_event(db, id, c, reason, e) < 0 ||
        trim_events(db, id, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int rows_wish(struct store *s, const char *id, int wish, const char *arg, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_wish);

    bind_i64(q, wish);
    bind_text(q, arg ? arg : "");
    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_set_ends(struct store *s, const char *id, int64_t ends, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_ends);

    bind_i64(q, ends);
    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_set_removed(struct store *s, const char *id, const char *json, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_set_removed);

    bind_text(q, json);
    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_tell(struct store *s, const char *id, bool *ret_first, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_tell);

    bind_text(q, id);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_first = db_changes(db) > 0;
    return 0;
}

/* --- reading --- */

static void read_texts(struct arena *a, struct stmt *q, struct service_row *r)
{
    str_copy(r->wish_arg, sizeof(r->wish_arg), col_text(q, "wish_arg"));
    str_copy(r->version, sizeof(r->version), col_text(q, "version"));
    str_copy(r->old_version, sizeof(r->old_version), col_text(q, "old_version"));
    str_copy(r->size, sizeof(r->size), col_text(q, "size"));
    str_copy(r->old_size, sizeof(r->old_size), col_text(q, "old_size"));
    str_copy(r->health, sizeof(r->health), col_text(q, "health"));
    str_copy(r->reason, sizeof(r->reason), col_text(q, "reason"));
    r->id = col_dup(a, q, "id");
    r->owner = col_dup(a, q, "owner");
    r->name = col_dup(a, q, "name");
    r->package = col_dup(a, q, "package");
    r->title = col_dup(a, q, "title");
    r->pool = col_dup(a, q, "pool");
    r->env = col_dup(a, q, "env");
    r->cluster = col_dup(a, q, "cluster");
    r->import = col_dup(a, q, "import");
}

static void read_row(struct arena *a, struct stmt *q, struct service_row *r)
{
    *r = (struct service_row){
        .created = col_i64(q, "created"),
        .step = (int)col_i64(q, "step"),
        .mode = (int)col_i64(q, "mode"),
        .wish = (int)col_i64(q, "wish"),
        .generation = col_i64(q, "generation"),
        .old_generation = col_i64(q, "old_generation"),
        .proven = col_i64(q, "proven") != 0,
        .told = col_i64(q, "told") != 0,
        .ends = col_i64(q, "ends"),
        .entered = col_i64(q, "entered"),
        .due = col_i64(q, "due"),
        .gone = col_i64(q, "gone"),
        .seen = col_i64(q, "seen"),
    };
    read_texts(a, q, r);
}

int rows_get(struct store *s, struct arena *a, const char *owner, const char *id,
             struct service_row *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_get);
    int r;

    bind_text(q, id);
    r = stmt_step(q, e);
    if (r <= 0)
        return r;
    if (owner && !str_eq(owner, col_text(q, "owner")))
        return 0;
    read_row(a, q, ret);
    return 1;
}

int rows_list(struct store *s, struct arena *a, const char *owner, struct service_rows *ret,
              struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, owner ? &sql_service_of_owner : &sql_service_all);
    size_t cap = 0;
    int r;

    *ret = (struct service_rows){0};
    if (owner)
        bind_text(q, owner);
    while ((r = stmt_step(q, e)) > 0) {
        if (ret->count == cap) {
            struct service_row *more = arena_calloc(a, cap ? cap * 2 : 16, sizeof(*more));

            if (cap)
                memcpy(more, ret->item, cap * sizeof(*more));
            cap = cap ? cap * 2 : 16;
            ret->item = more;
        }
        read_row(a, q, &ret->item[ret->count++]);
    }
    return r;
}

static int one_number(struct stmt *q, const char *column, int64_t *ret, struct err *e)
{
    bool found;

    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_i64(q, column) : 0;
    return 0;
}

int rows_count(struct store *s, const char *owner, const char *package, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, !package ? &sql_service_count_owner
                                         : !owner ? &sql_service_count_package
                                                  : &sql_service_count_both);

    if (package)
        bind_text(q, package);
    if (owner)
        bind_text(q, owner);
    return one_number(q, "n", ret, e);
}

int rows_others(struct store *s, const struct service_row *r, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_count_others);

    bind_text(q, r->owner);
    bind_text(q, r->cluster);
    bind_text(q, r->id);
    bind_i64(q, STEP_FAILED);
    return one_number(q, "n", ret, e);
}

int rows_sealed(struct store *s, struct arena *a, const char *id, const char **ret_answers,
                const char **ret_secrets, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_sealed);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, NOT_FOUND, "no such deployment");
    *ret_answers = col_dup(a, q, "answers");
    *ret_secrets = col_dup(a, q, "secrets");
    return 0;
}

int rows_removed(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_removed);
    const char *text;
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = NULL;
    text = found ? col_text(q, "removed") : "";
    return *text ? json_parse(a, text, strlen(text), ret, e) : 0;
}

int rows_purge(struct store *s, int64_t gone, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_purge);

    bind_i64(q, gone);
    return stmt_run(q, e);
}

int rows_events(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
{
    static const struct db_member members[] = {
        {"at", "at", DB_INT},
        {"state", "state", DB_TEXT},
        {"step", "step", DB_TEXT},
        {"reason", "reason", DB_TEXT},
    };
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_event_list);
    struct json *list = json_new_array(a);
    int r;

    bind_text(q, id);
    r = stmt_json(q, a, members, ARRAY_LEN(members), list, e);
    *ret = list;
    return r;
}
