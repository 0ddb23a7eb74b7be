/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "base/thread.h"
#include "package/packages.sql.h"
#include "package/store_int.h"

/* Hosts of packages: what administrators set, what the gate looks at. */

/* --- the package's word and the administrator's --- */

static const char **texts_of(struct arena *a, const struct json *list, size_t *ret_count)
{
    const char **items = arena_calloc(a, json_len(list) + 1, sizeof(*items));
    size_t i;

    for (i = 0; i < json_len(list); i++)
        items[i] = arena_strdup(a, json_str(json_at(list, i), ""));
    *ret_count = i;
    return items;
}

static struct package_server *server_find(struct package_server *servers, size_t n,
                                          const char *name)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (str_eq(servers[i].name, name))
            return &servers[i];
    return NULL;
}

static int override(struct arena *a, struct stmt *q, struct package_server *s, struct err *e)
{
    const char *text = col_text(q, "includes");
    struct json *includes;
    size_t n;

    if (json_parse(a, text, strlen(text), &includes, e) < 0)
        return -1;
    s->domain = col_dup(a, q, "domain");
    s->email = col_dup(a, q, "email");
    s->includes.items = texts_of(a, includes, &n);
    s->includes.count = n;
    return 0;
}

int packages__servers(struct db *db, struct arena *a, const struct package *p,
                      struct package_server **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_server_all);
    struct package_server *servers =
        arena_memdup(a, p->servers, p->server_count * sizeof(*servers));
    int r;

    bind_text(q, p->name);
    while ((r = stmt_step(q, e)) != 0) {
        struct package_server *s;

        if (r < 0)
            return -1;
        s = server_find(servers, p->server_count, col_text(q, "server"));
        if (s && override(a, q, s, e) < 0)
            return -1;
    }
    *ret = servers;
    return 0;
}

/* --- all hosts --- */

static int hosts_of(struct packages *ps, struct db *db, struct arena *a,
                    const struct packages_row *row, struct packages_hosts *io, struct err *e)
{
    struct package_server *servers;
    struct package *p;
    size_t i;

    if (packages__load(ps, db, a, row, &p, e) < 0)
        return e->code == ERR_PACKAGE_INVALID ? 0 : -1;
    if (p->server_count == 0)
        return 0;
    if (packages__servers(db, a, p, &servers, e) < 0)
        return -1;
    for (i = 0; i < p->server_count; i++)
        if (*servers[i].domain)
            io->items[io->count++] = (struct packages_host){p->name, servers[i]};
    return 0;
}

int packages_hosts(struct packages *ps, struct arena *a, struct packages_host **ret,
                   size_t *ret_count, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    struct packages_hosts hosts = {0};
    struct packages_row *rows;
    size_t count;
    size_t i;

    if (packages__rows(db, a, &rows, &count, e) < 0)
        return -1;
    hosts.items = arena_calloc(a, count * PACKAGE_SIZES_MAX + 1, sizeof(*hosts.items));
    for (i = 0; i < count; i++)
        if (str_eq(rows[i].state, "started") && hosts_of(ps, db, a, &rows[i], &hosts, e) < 0)
            return -1;
    *ret = hosts.items;
    *ret_count = hosts.count;
    return 0;
}

int packages__refresh(struct packages *ps, struct err *e)
{
    struct packages_hosts now = {.arena = arena_new()};
    struct arena *old;

    if (packages_hosts(ps, now.arena, &now.items, &now.count, e) < 0) {
        arena_free(now.arena);
        return -1;
    }
    {
        lock_scope(&ps->lock);
        old = ps->hosts.arena;
        ps->hosts = now;
    }
    arena_free(old);
    if (ps->o.changed)
        ps->o.changed(ps->o.ctx);
    return 0;
}

/* --- the gate --- */

/* '*' stands for any letters; pattern and text are short. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *again = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            again = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* "default_443.chatflows_*": in front of the dot stands the site that the routes belong to. */
static bool includes(const struct package_server *s, const char *group)
{
    size_t i;

    for (i = 0; i < s->includes.count; i++) {
        const char *pattern = s->includes.items[i];
        const char *dot = strchr(pattern, '.');

        if (matches(dot ? dot + 1 : pattern, group))
            return true;
    }
    return false;
}

enum packages_gate packages_gate(struct packages *ps, const char *host, const char *group)
{
    enum packages_gate gate = PACKAGES_FREE;
    size_t i;

    lock_scope(&ps->lock);
    for (i = 0; i < ps->hosts.count && gate != PACKAGES_OPEN; i++)
        if (str_ieq(ps->hosts.items[i].server.domain, host))
            gate = group && includes(&ps->hosts.items[i].server, group) ? PACKAGES_OPEN
                                                                        : PACKAGES_CLOSED;
    return gate;
}

/* --- an administrator's change --- */

int packages__check_domains(struct packages *ps, const char *package,
                            const struct package_server *servers, size_t count, struct err *e)
{
    size_t i;
    size_t k;

    lock_scope(&ps->lock);
    for (i = 0; i < count; i++)
        for (k = 0; k < ps->hosts.count; k++) {
            const struct packages_host *h = &ps->hosts.items[k];
            bool same = str_eq(h->package, package) && str_eq(h->server.name, servers[i].name);

            if (*servers[i].domain && !same && str_ieq(h->server.domain, servers[i].domain))
                return refused(e, PACKAGE_SERVER, "another server has that domain already");
        }
    return 0;
}

/* The server with the change in it, checked. */
static int changed_server(struct arena *a, const struct packages_server *c,
                          struct package_server *s, struct err *e)
{
    const char *fault;
    size_t n;

    if (c->domain)
        s->domain = str_lower(a, c->domain);
    if (c->email)
        s->email = c->email;
    if (c->includes) {
        if (!json_is(c->includes, JSON_ARRAY) || json_len(c->includes) > PACKAGE_LIST_MAX)
            return refused(e, PACKAGE_SERVER, "'includes' must be a list of patterns");
        s->includes.items = texts_of(a, c->includes, &n);
        s->includes.count = n;
    }
    fault = package__server_fault(s);
    return fault ? refused(e, PACKAGE_SERVER, fault) : 0;
}

static int write_server(struct db *db, struct arena *a, const char *package,
                        const struct package_server *s, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_server_put);
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < s->includes.count; i++)
        json_push(a, list, json_new_str(a, s->includes.items[i]));
    bind_text(q, package);
    bind_text(q, s->name);
    bind_text(q, s->domain);
    bind_text(q, s->email);
    bind_text(q, json_text(a, list));
    return stmt_run(q, e);
}

static int set_server(struct packages *ps, struct arena *a, const struct packages_server *c,
                      struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    _tx_ struct tx tx = {0};
    struct package_server *servers;
    struct package_server *s;
    struct packages_row row;
    struct package *p;
    bool found = false;

    if (package__is_name(c->package) && packages__row(db, a, c->package, &row, &found, e) < 0)
        return -1;
    if (!found || str_eq(row.state, "removed"))
        return refused(e, PACKAGE_UNKNOWN, package__is_name(c->package) ? c->package : "?");
    if (packages__load(ps, db, a, &row, &p, e) < 0 || packages__servers(db, a, p, &servers, e) < 0)
        return -1;
    s = c->server ? server_find(servers, p->server_count, c->server)
                  : (p->server_count ? servers : NULL);
    if (!s)
        return refused(e, PACKAGE_SERVER, "the package has no such server");
    if (changed_server(a, c, s, e) < 0 || packages__check_domains(ps, p->name, s, 1, e) < 0 ||
        tx_begin(db, &tx, e) < 0 || write_server(db, a, p->name, s, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int packages_set_server(struct packages *ps, const struct packages_server *change, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    lock_scope(&ps->changing);
    if (set_server(ps, a, change, e) < 0)
        return -1;
    return packages__refresh(ps, e);
}
