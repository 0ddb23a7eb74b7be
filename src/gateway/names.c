/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "gateway/gateway.sql.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"

/* Names of deployments: rows whose host is UNIQUE. Whether one is free is asked nobody else: not
 * the DNS, whose silence would be taken for consent. */

static const char *host_of(const struct gateway *g, struct arena *a, const char *name,
                           const char *part)
{
    return arena_printf(a, "%s%s%s.%s", name, *part ? "-" : "", part, g->o.base_domain);
}

static int check_text(struct gateway *g, struct arena *a, const char *name, const char *part,
                      struct err *e)
{
    if (!host_is_name(name) || strlen(name) + strlen(part) >= HOST_LABEL_MAX ||
        (*part && !host_is_name(part)))
        return refused(e, GATEWAY_NAME, name);
    if (host_is_reserved(name))
        return refused(e, GATEWAY_RESERVED, name);
    if (gateway__is_ours(g, a, host_of(g, a, name, part)))
        return refused(e, GATEWAY_TAKEN, host_of(g, a, name, part));
    return 0;
}

int gateway_name_taken(struct gateway *g, const char *name, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_row row;

    if (gateway__is_ours(g, a, host_of(g, a, name, ""))) {
        *ret = true;
        return 0;
    }
    return gateway__route_by_host(g, a, host_of(g, a, name, ""), ret, &row, e);
}

int gateway_name_check(struct gateway *g, const char *name, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    bool taken;

    if (check_text(g, a, name, "", e) < 0 || gateway_name_taken(g, name, &taken, e) < 0)
        return -1;
    return taken ? refused(e, GATEWAY_TAKEN, host_of(g, a, name, "")) : 0;
}

static int write_route(struct gateway *g, const struct gateway_route *r, const char *host,
                       struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_route_set);
    bind_text(q, r->deployment);
    bind_text(q, r->part ? r->part : "");
    bind_text(q, r->owner);
    bind_text(q, host);
    bind_text(q, r->address ? r->address : "127.0.0.1");
    bind_i64(q, r->port);
    bind_i64(q, r->login);
    if (stmt_run(q, e) < 0)
        return e->code == ERR_CONFLICT ? refused(e, GATEWAY_TAKEN, host) : -1;
    return tx_commit(&tx, e);
}

int gateway_set(struct gateway *g, struct arena *a, const struct gateway_route *r,
                const char **ret_host, struct err *e)
{
    const char *part = r->part ? r->part : "";
    const char *host = host_of(g, a, r->name, part);

    must(r->port >= 0 && r->port <= UINT16_MAX);
    if (check_text(g, a, r->name, part, e) < 0 || write_route(g, r, host, e) < 0)
        return -1;
    gateway__touch(g, false);
    *ret_host = host;
    return 0;
}

/* Runs statements about one deployment, all of them or none. */
static int write_all(struct gateway *g, const struct sql *const *what, size_t count,
                     const char *deployment, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _tx_ struct tx tx = {0};
    size_t i;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        _stmt_ struct stmt *q = db_query(db, what[i]);

        bind_text(q, deployment);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    if (tx_commit(&tx, e) < 0)
        return -1;
    gateway__touch(g, false);
    return 0;
}

int gateway_pause(struct gateway *g, const char *deployment, struct err *e)
{
    static const struct sql *const what[] = {&sql_gateway_route_pause};

    return write_all(g, what, ARRAY_LEN(what), deployment, e);
}

int gateway_remove(struct gateway *g, const char *deployment, struct err *e)
{
    static const struct sql *const what[] = {&sql_gateway_route_delete, &sql_gateway_domains_delete,
                                             &sql_gateway_guests_delete};

    return write_all(g, what, ARRAY_LEN(what), deployment, e);
}

/* --- whose a host is, and who may pass --- */

int gateway_host_find(struct gateway *g, struct arena *a, const char *host, bool *ret_found,
                      struct gateway_owner *ret, struct err *e)
{
    struct gateway_row row;
    struct gateway_rows rows;
    struct gateway_claim claim;

    if (gateway__route_by_host(g, a, host, ret_found, &row, e) < 0)
        return -1;
    if (!*ret_found) {
        if (gateway__claim_find(g, a, host, NULL, &claim, e) < 0)
            return -1;
        if (!claim.host)
            return 0;
        if (gateway__routes(g, a, claim.deployment, &rows, e) < 0)
            return -1;
        if (rows.count == 0)
            return 0;
        row = rows.items[0]; /* a domain leads to the main port */
        *ret_found = true;
    }
    *ret = (struct gateway_owner){row.deployment, row.owner, row.login};
    return 0;
}

int gateway_may_pass(struct gateway *g, const struct gateway_owner *o, const char *person,
                     const char *name, bool *ret, struct err *e)
{
    if (str_eq(o->owner, person)) {
        *ret = true;
        return 0;
    }
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_guest_is);
    _arena_ struct arena *a = arena_new();

    bind_text(q, o->deployment);
    bind_text(q, str_lower(a, name));
    return stmt_find(q, ret, e);
}

/* --- guests --- */

enum { GUEST_NAME_MAX = 100 };

/* A name as people log in, in lower case: an address, "alice.3bot", a word. */
static bool is_person(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= GUEST_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-@") == n;
}

static int write_guest(struct gateway *g, const struct sql *sql, const char *deployment,
                       const char *name, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *count = db_query(db, &sql_gateway_guest_count);
        bool found;

        bind_text(count, deployment);
        if (stmt_find(count, &found, e) < 0)
            return -1;
        if (sql == &sql_gateway_guest_insert && col_i64(count, "n") >= GATEWAY_GUESTS_MAX)
            return refused(e, GATEWAY_GUESTS_MANY, GATEWAY_GUESTS_MAX);
    }
    _stmt_ struct stmt *q = db_query(db, sql);
    bind_text(q, deployment);
    bind_text(q, name);
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int gateway_guest_add(struct gateway *g, const char *deployment, const char *owner,
                      const char *name, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_rows rows;
    const char *lower = str_lower(a, name);

    if (gateway__owned(g, a, deployment, owner, &rows, e) < 0)
        return -1;
    if (!is_person(lower))
        return refused(e, GATEWAY_GUEST, name);
    return write_guest(g, &sql_gateway_guest_insert, deployment, lower, e);
}

int gateway_guest_remove(struct gateway *g, const char *deployment, const char *owner,
                         const char *name, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_rows rows;

    if (gateway__owned(g, a, deployment, owner, &rows, e) < 0)
        return -1;
    return write_guest(g, &sql_gateway_guest_delete, deployment, str_lower(a, name), e);
}

int gateway_guests(struct gateway *g, struct arena *a, const char *deployment, const char *owner,
                   struct json **ret, struct err *e)
{
    struct gateway_rows rows;
    struct json *list = json_new_array(a);
    int r;

    if (gateway__owned(g, a, deployment, owner, &rows, e) < 0)
        return -1;
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_guests_of);

    bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, json_new_str(a, col_text(q, "name")));
    if (r < 0)
        return -1;
    *ret = list;
    return 0;
}
