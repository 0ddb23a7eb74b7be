/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backup/backup_int.h"
#include "backup/servers.sql.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"

#define DEFAULT_LOGIN "atoll-backup"
#define DEFAULT_PATH "/repositories"

enum { DEFAULT_PORT = 22, CONFIG_MAX = 4096 };

/* --- rows --- */

static struct server read_row(struct arena *a, struct stmt *q)
{
    return (struct server){.name = col_dup(a, q, "name"),
                           .host = col_dup(a, q, "host"),
                           .port = (int)col_i64(q, "port"),
                           .login = col_dup(a, q, "login"),
                           .path = col_dup(a, q, "path"),
                           .host_key = col_dup(a, q, "host_key")};
}

int servers__find(struct backup *b, struct arena *a, const char *name, struct server *ret,
                  struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_server_get);
    bool found;

    bind_text(q, name);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return refused(e, BACKUP_SERVER, name);
    *ret = read_row(a, q);
    return 0;
}

int servers__all(struct backup *b, struct arena *a, struct server **ret, size_t *ret_count,
                 struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_server_all);
    struct server *all = arena_calloc(a, BACKUP_SERVERS_MAX, sizeof(*all));
    size_t n = 0;
    int r;

    while ((r = stmt_step(q, e)) > 0 && n < BACKUP_SERVERS_MAX)
        all[n++] = read_row(a, q);
    if (r < 0)
        return -1;
    *ret = all;
    *ret_count = n;
    return 0;
}

void servers__note(struct backup *b, const char *name, const struct err *why)
{
    char text[BACKUP_TEXT_MAX];
    struct err e;

    if (why)
        str_copy(text, sizeof(text), why->msg);
    {
        _db_ struct db *db = store_lend(b->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_backup_server_note);

        bind_text(q, name);
        bind_i64(q, clock_ms());
        bind_text(q, why ? text : NULL);
        if (stmt_run(q, &e) < 0)
            return; /* what is only shown */
    }
    alerts__set(b, "", name, "server", why);
}

/* --- files --- */

const char *servers__dir(struct backup *b, struct arena *a, const char *name)
{
    return arena_printf(a, "%s/servers/%s", b->o.dir, name);
}

/* Every value has been through names__server(); keys and files are found from the folder. */
int servers__write(struct backup *b, const struct server *s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf config = BUF_INIT(CONFIG_MAX);
    const char *dir = servers__dir(b, a, s->name);
    const char *known = arena_printf(a, "atoll-backup %s\n", s->host_key);

    buf_printf(&config,
               "# made by the node at each start\n"
               "Host atoll-backup\n"
               "    HostName %s\n"
               "    Port %d\n"
               "    User %s\n"
               "    HostKeyAlias atoll-backup\n"
               "    StrictHostKeyChecking yes\n"
               "    UserKnownHostsFile known_hosts\n"
               "    GlobalKnownHostsFile none\n"
               "    UpdateHostKeys no\n"
               "    IdentityFile ../../id_ed25519\n"
               "    IdentitiesOnly yes\n"
               "    IdentityAgent none\n"
               "    PreferredAuthentications publickey\n"
               "    BatchMode yes\n"
               "    ForwardAgent no\n"
               "    ControlMaster no\n"
               "    ConnectTimeout 15\n"
               "    ServerAliveInterval 15\n"
               "    ServerAliveCountMax 4\n",
               s->host, s->port, s->login);
    if (fs_mkdirs(dir, 0700, e) < 0 ||
        fs_write(arena_printf(a, "%s/known_hosts", dir), known, strlen(known), 0600, e) < 0 ||
        fs_write(arena_printf(a, "%s/ssh_config", dir), config.data, config.len, 0600, e) < 0)
        return -1;
    return 0;
}

const char *servers__fingerprint(struct arena *a, const char *host_key)
{
    const char *blob = strchr(host_key, ' ');
    struct bytes raw;
    struct hash32 h;
    char *text;
    size_t n;

    if (!blob)
        return "";
    blob++;
    n = strcspn(blob, " \r\n");
    if (n == 0 || !base64_parse(a, blob, n, &raw))
        return "";
    h = sha256(raw.p, raw.n);
    text = base64_dup(a, h.b, sizeof(h.b));
    text[strcspn(text, "=")] = '\0';
    return arena_printf(a, "SHA256:%s", text);
}

/* --- for administrators --- */

static int put_row(struct backup *b, const struct server *s, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_server_put);

    bind_text(q, s->name);
    bind_text(q, s->host);
    bind_i64(q, s->port);
    bind_text(q, s->login);
    bind_text(q, s->path);
    bind_text(q, s->host_key);
    bind_i64(q, clock_ms());
    if (stmt_run(q, e) < 0)
        return e->code == ERR_CONFLICT ? refused(e, BACKUP_SERVER_THERE, s->name) : -1;
    return 0;
}

static int pin(struct backup *b, const struct server *s, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_server_pin);

    bind_text(q, s->name);
    bind_text(q, s->host_key);
    return stmt_run(q, e);
}

/* A server that can be used: it lets the node in, and the node's own repository is there. */
static int prove(struct backup *b, const struct server *s, bool thorough, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct repo r = {b, s, plans__repository(b, a, BACKUP_NODE), NULL};
    bool there;

    if (keys__get(b, a, BACKUP_NODE, &r.key, e) < 0 || ssh__try(b, s, e) < 0 ||
        restic__open(&r, &there, e) < 0)
        return -1;
    if (!there)
        return restic__init(&r, e);
    return thorough ? restic__do(&r, "check", e) : 0;
}

static struct json *server_json(struct arena *a, const struct server *s)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "name", s->name);
    json_set_str(a, v, "host", s->host);
    json_set_int(a, v, "port", s->port);
    json_set_str(a, v, "user", s->login);
    json_set_str(a, v, "path", s->path);
    json_set_str(a, v, "fingerprint", servers__fingerprint(a, s->host_key));
    return v;
}

static int count_left(struct backup *b, struct arena *a, const char *name, struct err *e)
{
    struct server *all;
    size_t count;
    size_t i;

    if (servers__all(b, a, &all, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++)
        if (str_eq(all[i].name, name))
            return refused(e, BACKUP_SERVER_THERE, name);
    if (count >= BACKUP_SERVERS_MAX)
        return failed(e, CONFLICT, "there are %d backup servers already", BACKUP_SERVERS_MAX);
    return 0;
}

int servers__meet(struct backup *b, struct arena *a, const struct backup_server *s,
                  struct server *ret, struct err *e)
{
    struct server row = {.name = s->name,
                         .host = s->host,
                         .port = s->port ? s->port : DEFAULT_PORT,
                         .login = s->user ? s->user : DEFAULT_LOGIN,
                         .path = s->path ? s->path : DEFAULT_PATH};
    const char *shown;

    if (ssh__scan(b, a, row.host, row.port, &row.host_key, e) < 0)
        return -1;
    shown = servers__fingerprint(a, row.host_key);
    if (s->fingerprint && !str_eq(s->fingerprint, shown))
        return refused(e, BACKUP_FINGERPRINT, s->name, shown);
    *ret = row;
    return 0;
}

int backup_server_add(struct backup *b, struct arena *a, const struct backup_server *s,
                      struct json **ret, struct err *e)
{
    struct server row;
    const char *line;
    struct err ignored;

    if (names__server(s, e) < 0 || ssh__key(b, a, &line, e) < 0 ||
        count_left(b, a, s->name, e) < 0 || servers__meet(b, a, s, &row, e) < 0 ||
        servers__write(b, &row, e) < 0)
        return -1;
    if (prove(b, &row, false, e) < 0 || put_row(b, &row, e) < 0) {
        if (e->code != ERR_BACKUP_SERVER_THERE)
            (void)!fs_remove_tree(servers__dir(b, a, row.name), &ignored);
        return -1;
    }
    servers__note(b, row.name, NULL);
    *ret = server_json(a, &row);
    return 0;
}

int backup_server_remove(struct backup *b, const char *name, struct err *e)
{
    static const struct sql *const statements[] = {
        &sql_backup_server_remove, &sql_backup_server_remove_targets,
        &sql_backup_server_remove_snapshots, &sql_backup_server_remove_alerts};
    _arena_ struct arena *a = arena_new();
    struct server s;
    size_t i;

    if (servers__find(b, a, name, &s, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(b->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0)
            return -1;
        for (i = 0; i < ARRAY_LEN(statements); i++) {
            _stmt_ struct stmt *q = db_query(db, statements[i]);

            bind_text(q, name);
            if (stmt_run(q, e) < 0)
                return -1;
        }
        if (tx_commit(&tx, e) < 0)
            return -1;
    }
    if (fs_remove_tree(servers__dir(b, a, name), e) < 0)
        return -1;
    return fs_remove_tree(arena_printf(a, "%s/cache/%s", b->o.dir, name), e);
}

/* The error of a host key says which one is shown. */
static void name_offered(struct backup *b, struct arena *a, const struct server *s, struct err *e)
{
    struct err ignored;
    const char *key;

    if (e->code == ERR_BACKUP_HOST_KEY && ssh__scan(b, a, s->host, s->port, &key, &ignored) == 0)
        (void)refused(e, BACKUP_HOST_KEY, s->name, servers__fingerprint(a, key), s->name);
}

int backup_server_check(struct backup *b, struct arena *a, const char *name, struct json **ret,
                        struct err *e)
{
    struct server s;

    if (servers__find(b, a, name, &s, e) < 0)
        return -1;
    if (prove(b, &s, true, e) < 0) {
        name_offered(b, a, &s, e);
        servers__note(b, name, e);
        return -1;
    }
    servers__note(b, name, NULL);
    *ret = server_json(a, &s);
    return 0;
}

int backup_server_accept(struct backup *b, struct arena *a, const char *name,
                         const char *fingerprint, struct json **ret, struct err *e)
{
    struct server s;
    const char *key;
    const char *shown;

    if (servers__find(b, a, name, &s, e) < 0 || ssh__scan(b, a, s.host, s.port, &key, e) < 0)
        return -1;
    shown = servers__fingerprint(a, key);
    if (!fingerprint && !str_eq(key, s.host_key))
        return refused(e, BACKUP_HOST_KEY, name, shown, name);
    if (fingerprint && !str_eq(fingerprint, shown))
        return refused(e, BACKUP_FINGERPRINT, name, shown);
    s.host_key = key;
    if (pin(b, &s, e) < 0 || servers__write(b, &s, e) < 0)
        return -1;
    return backup_server_check(b, a, name, ret, e);
}

static void set_time(struct arena *a, struct json *v, const char *key, struct stmt *q,
                     const char *column)
{
    json_set(a, v, key,
             col_is_null(q, column) ? json_new_null(a) : json_new_int(a, col_i64(q, column)));
}

static int list_json(struct backup *b, struct arena *a, struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_server_all);
    int r;

    while ((r = stmt_step(q, e)) > 0) {
        struct server s = read_row(a, q);
        struct json *v = server_json(a, &s);

        json_set_str(a, v, "state",
                     !col_is_null(q, "error")    ? "failing"
                     : col_is_null(q, "checked") ? "new"
                                                 : "ok");
        json_set_str(a, v, "error", col_text(q, "error"));
        set_time(a, v, "checkedAt", q, "checked");
        set_time(a, v, "lastOk", q, "last_ok");
        json_push(a, list, v);
    }
    return r;
}

int backup_servers_json(struct backup *b, struct arena *a, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *servers = json_new_array(a);
    struct json *alerts;
    const char *line = NULL;

    if (ssh__key(b, a, &line, e) < 0 || list_json(b, a, servers, e) < 0 ||
        alerts__json(b, a, NULL, &alerts, e) < 0)
        return -1;
    json_set_str(a, v, "publicKey", line);
    json_set(a, v, "servers", servers);
    json_set(a, v, "alerts", alerts);
    *ret = v;
    return 0;
}
