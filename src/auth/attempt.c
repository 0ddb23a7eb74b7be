/* SPDX-License-Identifier: Apache-2.0 */
/* Logins that have begun. Strangers make them, so there is an end to how many are kept. */
#include <stdio.h>
#include <string.h>

#include "auth/attempt.sql.h"
#include "auth/auth_int.h"
#include "auth/login.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/random.h"
#include "store/db.h"

enum { ATTEMPTS_MAX = 20000, STATE_BYTES = 16, NEXT_MAX = 1024 };

bool auth_next_is_ours(const char *next)
{
    size_t i;

    if (!next || next[0] != '/' || next[1] == '/' || strlen(next) > NEXT_MAX)
        return false;
    for (i = 0; next[i]; i++) /* browsers take "\" for "/", and drop what does not print */
        if ((unsigned char)next[i] <= ' ' || (unsigned char)next[i] > '~' || next[i] == '\\')
            return false;
    return true;
}

static int too_many(struct db *db, bool *ret, struct err *e)
{
    _stmt_ struct stmt *old = db_query(db, &sql_attempt_expire);
    _stmt_ struct stmt *q = db_query(db, &sql_attempt_count);
    bool found;

    bind_i64(old, clock_ms());
    if (stmt_run(old, e) < 0 || stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && col_i64(q, "n") >= ATTEMPTS_MAX;
    return 0;
}

static int insert(struct db *db, const struct attempt *t, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_attempt_put);
    char secret[HASH32_TEXT];
    char id[HASH32_TEXT];

    secret__id(t->secret, secret);
    secret__id(t->cookie, id);
    bind_text(q, secret);
    bind_text(q, id);
    bind_text(q, t->kind);
    bind_text(q, t->host);
    bind_text(q, t->next);
    bind_i64(q, clock_ms() + (int64_t)ATTEMPT_S * 1000);
    return stmt_run(q, e);
}

int attempt__begin(struct auth *auth, struct arena *a, struct attempt *t, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _tx_ struct tx tx = {0};
    uint8_t raw[STATE_BYTES];
    bool many;

    random_bytes(raw, sizeof(raw));
    t->secret = hex_dup(a, raw, sizeof(raw)); /* apps refuse all but letters and digits */
    t->cookie = secret__new(a);
    if (tx_begin(db, &tx, e) < 0 || too_many(db, &many, e) < 0)
        return -1;
    if (many) {
        (void)failed(e, UNAVAILABLE, "too many logins have begun: try again in a few minutes");
        return err_transient(e);
    }
    return insert(db, t, e) < 0 ? -1 : tx_commit(&tx, e);
}

int attempt__take(struct auth *auth, struct arena *a, const struct attempt *t, bool *ret_found,
                  const char **ret_next, struct err *e)
{
    _db_ struct db *db = NULL;
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;
    char secret[HASH32_TEXT];
    char id[HASH32_TEXT];

    *ret_found = false;
    if (!t->secret || !t->cookie)
        return 0;
    secret__id(t->secret, secret);
    secret__id(t->cookie, id);
    db = store_lend(auth->store);
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_attempt_take);
    bind_text(q, secret);
    bind_text(q, id);
    bind_text(q, t->kind);
    bind_text(q, t->host);
    bind_i64(q, clock_ms());
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        *ret_next = col_dup(a, q, "next");
    stmt_done(&q);
    q = NULL;
    return tx_commit(&tx, e);
}
