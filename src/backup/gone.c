/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments that are no more, and how long their backups stay. */
#include "backup/backup_int.h"
#include "backup/plans.sql.h"
#include "base/clock.h"

static int mark(struct backup *b, const char *deployment, const char *name, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_gone);

    bind_text(q, deployment);
    bind_i64(q, clock_ms());
    bind_text(q, name);
    return stmt_run(q, e);
}

int backup_forget(struct backup *b, const char *deployment, const char *name, struct err *e)
{
    bool left;

    if (targets__left(b, deployment, &left, e) < 0)
        return -1;
    if (!left && !backup_busy(b, deployment)) /* it was never saved: nothing stays */
        return plans__drop(b, deployment, e);
    if (mark(b, deployment, name, e) < 0)
        return -1;
    plans__changed(b);
    return 0;
}

int backup_purge(struct backup *b, const char *deployment, struct err *e)
{
    {
        _db_ struct db *db = store_lend(b->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_purge);

        bind_text(q, deployment);
        if (stmt_run(q, e) < 0)
            return -1;
        if (db_changes(db) == 0)
            return refused(e, BACKUP_LIVE);
    }
    plans__changed(b);
    return 0;
}

static int set_by_time(struct backup *b, const struct sql *sql, int64_t at, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, at);
    return stmt_run(q, e);
}

int gone__expire(struct backup *b, struct err *e)
{
    int64_t now = clock_ms();

    if (b->o.gone_ms <= 0)
        return 0;
    /* what an earlier version did not date begins now */
    if (set_by_time(b, &sql_backup_plan_undated, now, e) < 0)
        return -1;
    return set_by_time(b, &sql_backup_plan_expire, now - b->o.gone_ms, e);
}

int gone__next(struct backup *b, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_oldest);
    bool found;

    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && b->o.gone_ms > 0 ? col_i64(q, "gone_at") + b->o.gone_ms : 0;
    return 0;
}

/* --- what is shown --- */

void gone__json(struct backup *b, struct arena *a, const struct plan *p, struct json *into)
{
    int64_t purge = p->gone == 2 ? p->gone_at : b->o.gone_ms > 0 ? p->gone_at + b->o.gone_ms : 0;

    json_set(a, into, "deletedAt", p->gone ? json_new_int(a, p->gone_at) : NULL);
    json_set(a, into, "purgeAt", p->gone && purge ? json_new_int(a, purge) : NULL);
}

static struct json *read_one(struct backup *b, struct arena *a, struct stmt *q)
{
    const struct plan p = {.deployment = col_dup(a, q, "deployment"),
                           .gone = (int)col_i64(q, "gone"),
                           .gone_at = col_i64(q, "gone_at")};
    struct json *v = json_new_object(a);

    json_set_str(a, v, "deployment", p.deployment);
    json_set_str(a, v, "name", col_text(q, "name"));
    json_set_str(a, v, "repository", plans__repository(b, a, p.deployment));
    gone__json(b, a, &p, v);
    json_set_bool(a, v, "purging", p.gone == 2);
    json_set_int(a, v, "snapshots", col_i64(q, "snapshots"));
    json_set(a, v, "lastAt",
             col_is_null(q, "last_at") ? NULL : json_new_int(a, col_i64(q, "last_at")));
    return v;
}

int backup_gone_json(struct backup *b, struct arena *a, const char *owner, struct json **ret,
                     struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_left);
    struct json *list = json_new_array(a);
    int r;

    bind_text(q, owner);
    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, read_one(b, a, q));
    *ret = list;
    return r;
}
