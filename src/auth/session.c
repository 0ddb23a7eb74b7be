/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/session.h"

#include <string.h>

#include "auth/auth_int.h"
#include "auth/person.sql.h"
#include "auth/session.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "store/db.h"

enum {
    SECRET_MAX = 128,   /* characters of what a browser sends; ours have 43 */
    SEEN_MS = 60000,    /* being seen is written down this often at the most */
    HANDOVER_MS = 30000 /* a redirect takes a moment */
};

const char *secret__new(struct arena *a)
{
    uint8_t raw[TOKEN_BYTES];
    const char *text;

    random_bytes(raw, sizeof(raw));
    text = base64url_dup(a, raw, sizeof(raw));
    wipe(raw, sizeof(raw));
    return text;
}

void secret__id(const char *secret, char id[HASH32_TEXT])
{
    struct hash32 h = sha256(secret, strlen(secret));

    hash32_write(&h, id);
}

/* --- opening --- */

struct row {
    const char *id;
    const char *person;
    const char *scope;
    const char *parent; /* or NULL */
    int64_t expires;
    const char *agent;
    const char *address;
};

static int put(struct db *db, const struct row *s, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_session_put);

    bind_text(q, s->id);
    bind_text(q, s->person);
    bind_text(q, s->scope);
    bind_text(q, s->parent);
    bind_i64(q, clock_ms());
    bind_i64(q, s->expires);
    bind_text(q, s->agent);
    bind_text(q, s->address);
    return stmt_run(q, e);
}

static int end(struct db *db, const char *token, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_session_end);
    char id[HASH32_TEXT];

    secret__id(token, id);
    bind_text(q, id);
    return stmt_run(q, e);
}

/* What is over, and what is too much of one person. */
static int tidy(struct auth *auth, struct db *db, const char *person, const char *scope,
                struct err *e)
{
    _stmt_ struct stmt *old = db_query(db, &sql_session_expire);
    _stmt_ struct stmt *crowd = db_query(db, &sql_session_crowd);
    int64_t now = clock_ms();

    bind_i64(old, now);
    bind_i64(old, now - auth->idle_ms);
    bind_text(crowd, person);
    bind_text(crowd, scope);
    bind_i64(crowd, SESSIONS_MAX - 1);
    return stmt_run(old, e) < 0 ? -1 : stmt_run(crowd, e);
}

/* What a stranger's header says is shown to its owner later: printable, and not long. */
static const char *clean(struct arena *a, const char *text)
{
    char *copy = arena_strndup(a, text ? text : "", strnlen(text ? text : "", 200));
    char *c;

    for (c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    return copy;
}

static bool is_secret(const char *text)
{
    return text && *text && strnlen(text, SECRET_MAX + 1) <= SECRET_MAX;
}

int auth_session_open(struct auth *auth, struct arena *a, const struct auth_person *p,
                      const struct auth_visit *visit, const char **ret_token, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _tx_ struct tx tx = {0};
    const char *token = secret__new(a);
    char id[HASH32_TEXT];
    const struct row row = {.id = id,
                            .person = p->id,
                            .scope = "",
                            .expires = clock_ms() + auth->session_ms,
                            .agent = clean(a, visit->agent),
                            .address = clean(a, visit->address)};

    secret__id(token, id);
    if (tx_begin(db, &tx, e) < 0 || (is_secret(visit->old) && end(db, visit->old, e) < 0) ||
        tidy(auth, db, p->id, "", e) < 0 || put(db, &row, e) < 0 || tx_commit(&tx, e) < 0)
        return -1;
    *ret_token = token;
    return 0;
}

/* --- being asked --- */

static int seen(struct auth *auth, const struct auth_person *p, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *session = NULL;
    _stmt_ struct stmt *person = NULL;
    int64_t now = clock_ms();

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    session = db_query(db, &sql_session_seen);
    bind_i64(session, now);
    bind_text(session, p->session);
    person = db_query(db, &sql_person_seen);
    bind_i64(person, now);
    bind_text(person, p->id);
    if (stmt_run(session, e) < 0 || stmt_run(person, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

/* What find() answers besides 0, none, and -1. */
enum { FOUND = 1, FOUND_LONG_AGO = 2 };

static int find(struct auth *auth, struct arena *a, const struct auth_pass *pass,
                struct auth_person *ret, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_session_get);
    int64_t now = clock_ms();
    char id[HASH32_TEXT];
    bool found;

    secret__id(pass->token, id);
    bind_text(q, auth->terms_hash);
    bind_text(q, id);
    bind_text(q, pass->scope);
    bind_i64(q, now);
    bind_i64(q, now - auth->idle_ms);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    person__read(a, q, ret);
    ret->session = col_dup(a, q, "session");
    return col_i64(q, "used") < now - SEEN_MS ? FOUND_LONG_AGO : FOUND;
}

int auth_session_find(struct auth *auth, struct arena *a, const struct auth_pass *pass,
                      bool *ret_found, struct auth_person *ret, struct err *e)
{
    int r;

    *ret_found = false;
    if (!is_secret(pass->token))
        return 0;
    r = find(auth, a, pass, ret, e);
    if (r <= 0)
        return r;
    if (r == FOUND_LONG_AGO && seen(auth, ret, e) < 0)
        return -1;
    person__judge(auth, ret);
    *ret_found = true;
    return 0;
}

int auth_session_alive(struct auth *auth, const char *id, bool used, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct auth_person p = {.session = id};
    int64_t now = clock_ms();
    bool write_down;

    {
        _db_ struct db *db = store_lend(auth->store);
        _stmt_ struct stmt *q = db_query(db, &sql_session_alive);

        bind_text(q, id);
        bind_i64(q, now);
        bind_i64(q, now - auth->idle_ms);
        if (stmt_find(q, ret, e) < 0)
            return -1;
        if (!*ret)
            return 0;
        p.id = col_dup(a, q, "person");
        write_down = col_i64(q, "used") < now - SEEN_MS && used;
    }
    return write_down ? seen(auth, &p, e) : 0;
}

/* --- ending --- */

int auth_session_end(struct auth *auth, const char *token, struct err *e)
{
    _db_ struct db *db = NULL;

    if (!is_secret(token))
        return 0;
    db = store_lend(auth->store);
    return end(db, token, e);
}

int auth_session_revoke(struct auth *auth, const char *person, const char *id, bool *ret_found,
                        struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_session_revoke);

    bind_text(q, id);
    bind_text(q, person);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_found = db_changes(db) > 0;
    return 0;
}

int auth_session_end_all(struct auth *auth, const char *person, const char *but, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_session_end_all);

    bind_text(q, person);
    bind_text(q, but ? but : "");
    return stmt_run(q, e);
}

/* --- for the person --- */

int auth_session_list(struct auth *auth, struct arena *a, const struct auth_person *p,
                      struct json **ret, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_session_list);
    struct json *list = json_new_array(a);
    int64_t now = clock_ms();
    int r;

    bind_text(q, p->id);
    bind_i64(q, now);
    bind_i64(q, now - auth->idle_ms);
    while ((r = stmt_step(q, e)) > 0) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "id", col_text(q, "id"));
        json_set_bool(a, v, "current", str_eq(col_text(q, "id"), p->session));
        json_set_int(a, v, "created", col_i64(q, "created"));
        json_set_int(a, v, "seen", col_i64(q, "seen"));
        json_set_int(a, v, "expires", col_i64(q, "expires"));
        json_set_str(a, v, "agent", col_text(q, "agent"));
        json_set_str(a, v, "address", col_text(q, "address"));
        json_push(a, list, v);
    }
    *ret = list;
    return r;
}

int64_t auth_session_seconds(const struct auth *auth)
{
    return auth->session_ms / 1000;
}

/* --- to another host --- */

int auth_handover_make(struct auth *auth, struct arena *a, const struct auth_person *p,
                       const char *host, const char **ret_token, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *old = NULL;
    _stmt_ struct stmt *q = NULL;
    const char *token = secret__new(a);
    char id[HASH32_TEXT];

    if (!p->session)
        return refused(e, LOGIN_NEEDED);
    secret__id(token, id);
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    old = db_query(db, &sql_handover_expire);
    bind_i64(old, clock_ms());
    q = db_query(db, &sql_handover_put);
    bind_text(q, id);
    bind_text(q, p->session);
    bind_text(q, host);
    bind_i64(q, clock_ms() + HANDOVER_MS);
    if (stmt_run(old, e) < 0 || stmt_run(q, e) < 0 || tx_commit(&tx, e) < 0)
        return -1;
    *ret_token = token;
    return 0;
}

/* The session that a token was made from; the token is used up. */
static int take(struct db *db, struct arena *a, const struct auth_pass *pass,
                const char **ret_session, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_handover_take);
    char id[HASH32_TEXT];
    bool found;

    secret__id(pass->token, id);
    bind_text(q, id);
    bind_text(q, pass->scope);
    bind_i64(q, clock_ms());
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret_session = found ? col_dup(a, q, "session") : NULL;
    return 0;
}

/* A session of the host that ends when its parent does; false when that has ended meanwhile. */
static int derive(struct auth *auth, struct db *db, struct arena *a, struct row *row,
                  bool *ret_found, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_handover_session);

    bind_text(q, row->parent);
    bind_i64(q, clock_ms());
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (!*ret_found)
        return 0;
    row->person = col_dup(a, q, "person");
    row->expires = col_i64(q, "expires");
    row->agent = col_dup(a, q, "agent");
    row->address = col_dup(a, q, "address");
    return tidy(auth, db, row->person, row->scope, e) < 0 ? -1 : put(db, row, e);
}

int auth_handover_take(struct auth *auth, struct arena *a, const struct auth_pass *pass,
                       const char **ret_session, struct err *e)
{
    _db_ struct db *db = NULL;
    _tx_ struct tx tx = {0};
    const char *secret = secret__new(a);
    char id[HASH32_TEXT];
    struct row row = {.id = id, .scope = pass->scope};
    bool found = false;

    *ret_session = NULL;
    if (!is_secret(pass->token))
        return 0;
    db = store_lend(auth->store);
    secret__id(secret, id);
    if (tx_begin(db, &tx, e) < 0 || take(db, a, pass, &row.parent, e) < 0 ||
        (row.parent && derive(auth, db, a, &row, &found, e) < 0) || tx_commit(&tx, e) < 0)
        return -1;
    *ret_session = found ? secret : NULL;
    return 0;
}
