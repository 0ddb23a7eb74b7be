/* SPDX-License-Identifier: Apache-2.0 */
/* The terms, who has accepted them, and what administrators did. */
#include <string.h>

#include "auth/auth_int.h"
#include "auth/person.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/db.h"

const char *auth_terms_text(const struct auth *auth)
{
    return auth->terms;
}

const char *auth_terms_hash(const struct auth *auth)
{
    return auth->terms_hash;
}

int auth_terms_accept(struct auth *auth, const char *person, const char *hash, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_terms_put);

    if (!str_eq(hash, auth->terms_hash))
        return refused(e, TERMS_CHANGED);
    bind_text(q, person);
    bind_text(q, hash);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int auth_audit(struct auth *auth, const char *who, const char *what, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_audit_put);

    bind_i64(q, clock_ms());
    bind_text(q, who);
    bind_text(q, what);
    return stmt_run(q, e);
}

int auth_audit_json(struct auth *auth, struct arena *a, int64_t before, int64_t limit,
                    struct json **ret, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_audit_list);
    struct json *list = json_new_array(a);
    int r;

    bind_i64(q, before);
    bind_i64(q, limit);
    while ((r = stmt_step(q, e)) > 0) {
        struct json *v = json_new_object(a);

        json_set_int(a, v, "id", col_i64(q, "id"));
        json_set_int(a, v, "at", col_i64(q, "at"));
        json_set_str(a, v, "who", col_text(q, "who"));
        json_set_str(a, v, "what", col_text(q, "what"));
        json_push(a, list, v);
    }
    *ret = list;
    return r;
}
