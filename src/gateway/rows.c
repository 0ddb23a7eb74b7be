/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "gateway/gateway.sql.h"
#include "gateway/gateway_int.h"

/* Reading the tables. */

static struct gateway_row route_row(struct arena *a, struct stmt *q)
{
    return (struct gateway_row){.deployment = col_dup(a, q, "deployment"),
                                .part = col_dup(a, q, "part"),
                                .owner = col_dup(a, q, "owner"),
                                .host = col_dup(a, q, "host"),
                                .address = col_dup(a, q, "address"),
                                .port = (int)col_i64(q, "port"),
                                .login = col_i64(q, "login") != 0};
}

static struct gateway_claim claim_row(struct arena *a, struct stmt *q)
{
    return (struct gateway_claim){.host = col_dup(a, q, "host"),
                                  .deployment = col_dup(a, q, "deployment"),
                                  .owner = col_dup(a, q, "owner"),
                                  .token = col_dup(a, q, "token"),
                                  .proven = col_i64(q, "proven") != 0,
                                  .reason = col_dup(a, q, "reason")};
}

/* The next place of a growing array in the arena. */
static void *grow(struct arena *a, void *items, size_t count, size_t size)
{
    void *more;

    if (count & (count - 1)) /* room is a power of two, made when that is full */
        return items;
    more = arena_calloc(a, count ? 2 * count : 1, size);
    if (count)
        memcpy(more, items, count * size);
    return more;
}

int gateway__routes(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_rows *ret, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q = db_query(db, deployment ? &sql_gateway_routes_of : &sql_gateway_routes);
    struct gateway_rows rows = {0};
    int r;

    if (deployment)
        bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0 && rows.count < GATEWAY_ROWS_MAX) {
        rows.items = grow(a, rows.items, rows.count, sizeof(*rows.items));
        rows.items[rows.count++] = route_row(a, q);
    }
    if (r < 0)
        return -1;
    *ret = rows;
    return 0;
}

int gateway__route_by_host(struct gateway *g, struct arena *a, const char *host, bool *ret_found,
                           struct gateway_row *ret, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_route_by_host);

    bind_text(q, host);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        *ret = route_row(a, q);
    return 0;
}

int gateway__claims(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_claims *ret, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q =
        db_query(db, deployment ? &sql_gateway_domains_of : &sql_gateway_domains_proven);
    struct gateway_claims claims = {0};
    int r;

    if (deployment)
        bind_text(q, deployment);
    while ((r = stmt_step(q, e)) > 0 && claims.count < GATEWAY_ROWS_MAX) {
        claims.items = grow(a, claims.items, claims.count, sizeof(*claims.items));
        claims.items[claims.count++] = claim_row(a, q);
    }
    if (r < 0)
        return -1;
    *ret = claims;
    return 0;
}

int gateway__claim_find(struct gateway *g, struct arena *a, const char *host,
                        const char *deployment, struct gateway_claim *ret, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q =
        db_query(db, deployment ? &sql_gateway_domain_get : &sql_gateway_domain_holder);
    bool found;

    bind_text(q, host);
    if (deployment)
        bind_text(q, deployment);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? claim_row(a, q) : (struct gateway_claim){.host = NULL};
    return 0;
}

int gateway__owned(struct gateway *g, struct arena *a, const char *deployment, const char *owner,
                   struct gateway_rows *ret, struct err *e)
{
    struct gateway_rows rows;

    if (gateway__routes(g, a, deployment, &rows, e) < 0)
        return -1;
    if (rows.count == 0 || !str_eq(rows.items[0].owner, owner))
        return refused(e, GATEWAY_NO_DEPLOYMENT);
    *ret = rows;
    return 0;
}
