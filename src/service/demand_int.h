/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_DEMAND_INT_H
#define ATOLL_SERVICE_DEMAND_INT_H

#include "service/demand.h"
#include "service/service_int.h"

/* What the files of services on demand share, and what the rest of service/ asks of them. */

/* --- demand_rows.c: the tables of migration 0021 --- */
struct demand_row {
    const char *consumer; /* the wallet, as clients see it */
    uint64_t chain;
    const char *token;  /* as clients see it */
    int64_t duration_s; /* asked for, extensions included */
    const char *spec;   /* sealed; only when it is inserted: number 1 */
};
/* row->demand; inside the transaction that inserts the deployment. */
int demand_rows_insert(struct db *db, const struct service_row *row, struct err *e) must_check;
/* 1 = found, 0 = none, -1 = failed. */
int demand_rows_get(struct store *s, struct arena *a, const char *id, struct demand_row *ret,
                    struct err *e) must_check;
/* Seconds asked for, after an extension. */
int demand_rows_set_duration(struct store *s, const char *id, int64_t duration_s, struct err *e)
    must_check;
/* The sealed spec of a number; NOT_FOUND. */
int demand_rows_spec(struct store *s, struct arena *a, const char *id, const char *number,
                     const char **ret, struct err *e) must_check;
/* Adds one under the next number; of those before, `keep` and `keep_too` stay. */
struct demand_new_spec {
    const char *id;     /* of the deployment */
    const char *sealed; /* by demand__seal() */
    const char *keep;
    const char *keep_too;
};
int demand_rows_add_spec(struct store *s, const struct demand_new_spec *n,
                         char ret_number[ROW_TEXT], struct err *e) must_check;
/* Ids of services, newest first; owner NULL: everybody's. The gone are among them. */
int demand_rows_list(struct store *s, struct arena *a, const char *owner, struct json **ret,
                     struct err *e) must_check;

/* --- demand_plan.c --- */
bool demand__is(const struct service_row *row);
/* Sealed for the store, and opened again. */
int demand__seal(struct service *s, struct arena *a, const struct demand_spec *spec,
                 const struct json *resources, const char **ret, struct err *e) must_check;
int demand__spec(struct service *s, struct arena *a, const struct service_row *row,
                 struct demand_spec *ret, struct json **ret_resources, struct err *e) must_check;
/* What it comes to as a package, of the row's version; with nothing left to expand. */
int demand__package(struct service *s, struct arena *a, const struct service_row *row,
                    struct package **ret, struct err *e) must_check;
/* The name of a port of the container among the deployment's. */
const char *demand__port_name(struct arena *a, int64_t port);
/* The list of resources that it was started with, as the wire has it. */
struct json *demand__resources_json(struct arena *a, const struct compute_resources *r);
/* The policy about ports, as the service's engine has it. */
void demand__ports(struct service *s, const struct service_row *row, struct service_policy *io);
/* Whether its owner may have this end: SERVICE_ANSWER. */
int demand__may_end(struct service *s, const struct service_row *row, int64_t ends, struct err *e)
    must_check;

/* --- demand_json.c --- */
/* ret NULL when it is not of the filter. */
int demand__json(struct service *s, struct arena *a, const struct service_row *row,
                 const struct demand_filter *f, struct json **ret, struct err *e) must_check;

#endif
