/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backup that fails is told: a row that stays until the same thing went well, a line in the log,
 * and a call of the operator's webhook. The row counts; the webhook is called when it begins and
 * when it ends.
 */
#include <string.h>

#include "backup/alerts.sql.h"
#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/db_json.h"

enum { WEBHOOK_MS = 10000 };

struct alert {
    const char *deployment;
    const char *server;
    const char *kind;
    const char *text; /* NULL: over */
};

static int put(struct backup *b, const struct alert *t, int64_t *ret_count, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;
    bool found;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_backup_alert_put);
    bind_text(q, t->deployment);
    bind_text(q, t->server);
    bind_text(q, t->kind);
    bind_i64(q, clock_ms());
    bind_text(q, t->text);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret_count = found ? col_i64(q, "count") : 0;
    stmt_done(&q);
    return tx_commit(&tx, e);
}

static bool clear(struct backup *b, const struct alert *t)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_alert_clear);
    struct err ignored;

    bind_text(q, t->deployment);
    bind_text(q, t->server);
    bind_text(q, t->kind);
    return stmt_run(q, &ignored) == 0 && db_changes(db) > 0;
}

static void call_webhook(struct backup *b, const struct alert *t)
{
    static const struct net_header json_type = {"Content-Type", "application/json"};
    _arena_ struct arena *a = arena_new();
    struct json *v = json_new_object(a);
    struct net_request q = {.method = "POST",
                            .url = b->o.webhook,
                            .headers = &json_type,
                            .header_count = 1,
                            .timeout_ms = WEBHOOK_MS};
    struct net_response answer;
    struct err e;

    if (!b->o.webhook || !*b->o.webhook || !b->o.net)
        return;
    json_set_str(a, v, "event", t->text ? "backup.failed" : "backup.recovered");
    json_set_str(a, v, "node", b->o.node);
    json_set_int(a, v, "at", clock_ms());
    json_set_str(a, v, "deployment", t->deployment);
    json_set_str(a, v, "server", t->server);
    json_set_str(a, v, "kind", t->kind);
    json_set_str(a, v, "text", t->text);
    q.body = json_text(a, v);
    q.body_len = strlen(q.body);
    if (net_call(b->o.net, a, &q, &answer, &e) < 0)
        log_warn("backup", "the alert's webhook: %s", e.msg);
    else if (answer.status >= 300)
        log_warn("backup", "the alert's webhook answers status %d", answer.status);
}

/* A server that is away is one event, however many deployments it was to keep. */
static bool is_of_server(const char *kind, const struct err *why)
{
    if (str_eq(kind, "server"))
        return false;
    return why->code == ERR_BACKUP_UNREACHABLE || why->code == ERR_BACKUP_HOST_KEY ||
           why->code == ERR_BACKUP_LOGIN || why->code == ERR_BACKUP_FULL;
}

static void tell(const struct alert *t)
{
    if (t->text)
        log_warn("backup", "failed: %s%s%s%s on '%s': %s", t->kind, *t->deployment ? " of '" : "",
                 t->deployment, *t->deployment ? "'" : "", t->server, t->text);
    else
        log_info("backup", "well again: %s of '%s' on '%s'", t->kind, t->deployment, t->server);
}

void alerts__set(struct backup *b, const char *deployment, const char *server, const char *kind,
                 const struct err *why)
{
    char text[BACKUP_TEXT_MAX];
    const struct alert t = {deployment, server, kind, why ? text : NULL};
    int64_t count = 0;
    struct err e;

    if (!why) {
        if (!clear(b, &t))
            return;
        tell(&t);
        call_webhook(b, &t);
        return;
    }
    str_copy(text, sizeof(text), why->msg);
    if (put(b, &t, &count, &e) < 0)
        log_warn("backup", "the alert could not be stored: %s", e.msg);
    if (is_of_server(kind, why)) /* its own alert says it */
        return;
    tell(&t);
    if (count <= 1)
        call_webhook(b, &t);
}

int alerts__json(struct backup *b, struct arena *a, const char *deployment, struct json **ret,
                 struct err *e)
{
    static const struct db_member members[] = {
        {"at", "at", DB_INT},          {"lastAt", "last_at", DB_INT},
        {"count", "count", DB_INT},    {"deployment", "deployment", DB_TEXT},
        {"server", "server", DB_TEXT}, {"kind", "kind", DB_TEXT},
        {"text", "text", DB_TEXT},
    };
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_alert_all);
    struct json *list = json_new_array(a);
    int r;

    bind_text(q, deployment);
    r = stmt_json(q, a, members, ARRAY_LEN(members), list, e);
    *ret = list;
    return r < 0 ? -1 : 0;
}
