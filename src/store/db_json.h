/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORE_DB_JSON_H
#define ATOLL_STORE_DB_JSON_H

#include "json/json.h"
#include "store/db.h"

/* Rows as people get them: one object for each, with columns as members. */

enum db_member_type { DB_TEXT, DB_INT };
struct db_member {
    const char *key;
    const char *column;
    enum db_member_type type; /* a column that is NULL becomes null */
};

/* Runs a statement whose parameters are bound, and adds its rows to an array in the arena. */
int stmt_json(struct stmt *q, struct arena *a, const struct db_member *members, size_t count,
              struct json *into, struct err *e) must_check;

#endif
