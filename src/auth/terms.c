/* SPDX-License-Identifier: Apache-2.0 */
/* The terms, who has accepted them, and what administrators did. */
#include <string.h>

#include "auth/auth_int.h"
#include "auth/person.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/db.h"
#include "store/db_json.h"

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
    static const struct db_member members[] = {
        {"id", "id", DB_INT},
        {"at", "at", DB_INT},
        {"who", "who", DB_TEXT},
        {"what", "what", DB_TEXT},
    };
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_audit_list);
    struct json *list = json_new_array(a);
    int r;

    bind_i64(q, before);
    bind_i64(q, limit);
    r = stmt_json(q, a, members, ARRAY_LEN(members), list, e);
    *ret = list;
    return r;
}
