/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backup/backup_int.h"
#include "backup/targets.sql.h"
#include "base/clock.h"
#include "base/str.h"

enum { COPIES_MAX = 65536 };

int targets__find(struct backup *b, const char *deployment, const char *server, struct target *ret,
                  struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_target_get);
    bool found;

    *ret = (struct target){0};
    bind_text(q, deployment);
    bind_text(q, server);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    ret->last_ok = col_is_null(q, "last_ok") ? 0 : col_i64(q, "last_ok");
    ret->times[TARGET_CHECKED] = col_i64(q, "checked");
    ret->times[TARGET_TESTED] = col_i64(q, "tested");
    ret->times[TARGET_PRUNED] = col_i64(q, "pruned");
    return 0;
}

void targets__note(struct backup *b, const char *deployment, const char *server,
                   const struct err *why)
{
    char text[BACKUP_TEXT_MAX];
    int64_t now = clock_ms();
    struct err e;

    if (why)
        str_copy(text, sizeof(text), why->msg);
    {
        _db_ struct db *db = store_lend(b->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_backup_target_note);

        bind_text(q, deployment);
        bind_text(q, server);
        bind_i64(q, now);
        if (why)
            bind_null(q);
        else
            bind_i64(q, now);
        bind_text(q, why ? text : NULL);
        if (stmt_run(q, &e) < 0)
            return; /* what is only shown */
    }
    alerts__set(b, deployment, server, "backup", why);
}

void targets__time(struct backup *b, const char *deployment, const char *server,
                   enum target_time which)
{
    static const struct sql *const statements[] = {
        [TARGET_CHECKED] = &sql_backup_target_checked,
        [TARGET_TESTED] = &sql_backup_target_tested,
        [TARGET_PRUNED] = &sql_backup_target_pruned,
    };
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, statements[which]);
    struct err ignored;

    bind_text(q, deployment);
    bind_text(q, server);
    bind_i64(q, clock_ms());
    (void)!stmt_run(q, &ignored);
}

/* --- snapshots --- */

static int put(struct db *db, const char *deployment, const char *server, const struct snap *s,
               struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_put);

    bind_text(q, deployment);
    bind_text(q, server);
    bind_text(q, s->id);
    bind_i64(q, s->at);
    bind_i64(q, s->size);
    bind_text(q, s->manifest);
    return stmt_run(q, e);
}

static bool has(const struct snaps *s, const char *id)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (str_eq(s->items[i].id, id))
            return true;
    return false;
}

static int drop_others(struct db *db, const char *deployment, const char *server,
                       const struct snaps *s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char **gone = arena_calloc(a, COPIES_MAX, sizeof(*gone));
    size_t n = 0;
    size_t i;
    int r;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_ids);

        bind_text(q, deployment);
        bind_text(q, server);
        while ((r = stmt_step(q, e)) > 0 && n < COPIES_MAX)
            if (!has(s, col_text(q, "id")))
                gone[n++] = col_dup(a, q, "id");
        if (r < 0)
            return -1;
    }
    for (i = 0; i < n; i++) {
        _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_drop);

        bind_text(q, deployment);
        bind_text(q, server);
        bind_text(q, gone[i]);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return 0;
}

int targets__store(struct backup *b, const char *deployment, const char *server,
                   const struct snaps *s, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _tx_ struct tx tx = {0};
    size_t i;

    if (tx_begin(db, &tx, e) < 0 || drop_others(db, deployment, server, s, e) < 0)
        return -1;
    for (i = 0; i < s->count; i++)
        if (put(db, deployment, server, &s->items[i], e) < 0)
            return -1;
    return tx_commit(&tx, e);
}

void targets__bad(struct backup *b, const char *deployment, const char *server, const char *id,
                  bool bad)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_bad);
    struct err ignored;

    bind_text(q, deployment);
    bind_text(q, server);
    bind_text(q, id);
    bind_i64(q, bad);
    (void)!stmt_run(q, &ignored);
}

int targets__copies(struct backup *b, struct arena *a, const char *deployment, const char *id,
                    struct copies *ret, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_all);
    struct copy *all = arena_calloc(a, BACKUP_SERVERS_MAX, sizeof(*all));
    size_t n = 0;
    int r;

    bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0 && n < BACKUP_SERVERS_MAX) {
        const char *this = col_text(q, "id");

        if (str_eq(id, "latest"))
            id = arena_strdup(a, this);
        if (str_eq(this, id))
            all[n++] = (struct copy){
                col_dup(a, q, "server"),
                {id, col_i64(q, "at"), col_i64(q, "size"), col_dup(a, q, "manifest")}};
    }
    *ret = (struct copies){all, n};
    return r < 0 ? -1 : 0;
}

/* --- shown --- */

static struct json *time_or_null(struct arena *a, struct stmt *q, const char *column)
{
    return col_is_null(q, column) ? json_new_null(a) : json_new_int(a, col_i64(q, column));
}

static int servers_json(struct backup *b, struct arena *a, const char *deployment,
                        struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_target_all);
    int r;

    bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "name", col_text(q, "name"));
        json_set_bool(a, v, "ok", !col_is_null(q, "last_ok") && col_is_null(q, "error"));
        json_set(a, v, "lastAt", time_or_null(a, q, "last_at"));
        json_set(a, v, "lastOk", time_or_null(a, q, "last_ok"));
        json_set_str(a, v, "error", col_text(q, "error"));
        json_push(a, list, v);
    }
    return r;
}

/* Copies of one snapshot follow each other. */
static int snapshots_json(struct backup *b, struct arena *a, const char *deployment,
                          struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_snapshot_all);
    struct json *last = NULL;
    int r;

    bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0) {
        if (!last || !str_eq(json_get_str(last, "id", ""), col_text(q, "id"))) {
            last = json_new_object(a);
            json_set_str(a, last, "id", col_text(q, "id"));
            json_set_int(a, last, "at", col_i64(q, "at"));
            json_set_int(a, last, "size", col_i64(q, "size"));
            json_set(a, last, "servers", json_new_array(a));
            json_set_bool(a, last, "ok", true);
            json_push(a, list, last);
        }
        json_push(a, json_get(last, "servers"), json_new_str(a, col_text(q, "server")));
        if (col_i64(q, "bad"))
            json_set_bool(a, last, "ok", false);
    }
    return r;
}

int targets__left(struct backup *b, const char *deployment, bool *ret, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_target_left);

    bind_text(q, deployment);
    return stmt_find(q, ret, e);
}

int backup_json(struct backup *b, struct arena *a, const char *deployment, const char *owner,
                struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *servers = json_new_array(a);
    struct json *snapshots = json_new_array(a);
    struct json *alerts;
    struct plan p;
    bool found;

    *ret = NULL;
    if (plans__find(b, a, deployment, &found, &p, e) < 0)
        return -1;
    if (!found || (owner && !str_eq(owner, p.owner)))
        return 0;
    if (servers_json(b, a, deployment, servers, e) < 0 ||
        snapshots_json(b, a, deployment, snapshots, e) < 0 ||
        alerts__json(b, a, deployment, &alerts, e) < 0)
        return -1;
    json_set_str(a, v, "schedule", p.schedule);
    json_set(a, v, "retention", retain_json(a, &p.retention));
    json_set(a, v, "next", p.next_at ? json_new_int(a, p.next_at) : json_new_null(a));
    json_set_bool(a, v, "running", backup_busy(b, deployment));
    gone__json(b, a, &p, v);
    json_set_str(a, v, "repository", plans__repository(b, a, deployment));
    json_set(a, v, "servers", servers);
    json_set(a, v, "snapshots", snapshots);
    json_set(a, v, "alerts", alerts);
    *ret = v;
    return 0;
}
