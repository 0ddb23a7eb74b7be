/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/person.h"

#include <string.h>

#include "auth/auth_int.h"
#include "auth/person.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "store/db.h"

enum { PERSON_BYTES = 16, LISTED_MS = 15000, SILENT_MS = 5000, SEARCH_MAX = 100 };

/* --- administrators --- */

void auth_set_admin_names(struct auth *auth, const char *const *names, size_t count)
{
    char **copy = xcalloc(count + 1, sizeof(*copy));
    char **old;
    size_t i;

    for (i = 0; i < count; i++)
        copy[i] = xstrdup(names[i]);
    {
        lock_scope(&auth->admins_lock);
        old = auth->admin_names;
        auth->admin_names = copy;
    }
    for (i = 0; old && old[i]; i++)
        free(old[i]);
    free(old);
}

static bool is_admin_name(struct auth *auth, const char *name)
{
    size_t i;

    lock_scope(&auth->admins_lock);
    for (i = 0; auth->admin_names && auth->admin_names[i]; i++)
        if (str_ieq(auth->admin_names[i], name))
            return true;
    return false;
}

static bool recall_listed(struct auth *auth, const struct addr *who, bool *ret)
{
    int64_t now = clock_mono_ms();
    size_t i;

    lock_scope(&auth->admins_lock);
    for (i = 0; i < LISTED_MAX; i++)
        if (auth->listed[i].until > now && addr_eq(&auth->listed[i].who, who)) {
            *ret = auth->listed[i].listed;
            return true;
        }
    return false;
}

static void remember_listed(struct auth *auth, const struct addr *who, bool listed, int64_t for_ms)
{
    lock_scope(&auth->admins_lock);
    auth->listed[auth->listed_next].who = *who;
    auth->listed[auth->listed_next].listed = listed;
    auth->listed[auth->listed_next].until = clock_mono_ms() + for_ms;
    auth->listed_next = (auth->listed_next + 1) % LISTED_MAX;
}

/* A chain that does not answer is not asked at every request either: it takes a while. */
static bool ask_lists(struct auth *auth, const struct addr *who)
{
    bool listed = false;
    bool answered;
    struct err e;

    if (!auth->ask.is_listed_admin || recall_listed(auth, who, &listed))
        return listed;
    answered = auth->ask.is_listed_admin(auth->ask.ctx, who, &listed, &e) == 0;
    if (!answered)
        log_debug("auth", "access lists of administrators: %s", e.msg);
    listed = answered && listed;
    remember_listed(auth, who, listed, answered ? LISTED_MS : SILENT_MS);
    return listed;
}

/* Names of the kinds never look like each other: see the checks of each login. */
static bool is_admin(struct auth *auth, const struct auth_person *p, bool ask)
{
    struct addr who;
    bool lately = false;

    if (is_admin_name(auth, p->name))
        return true;
    if (!str_eq(p->kind, "wallet") || !addr_parse_any(p->name, &who))
        return false;
    if (auth__is_named_admin(auth, &who))
        return true;
    return ask ? ask_lists(auth, &who) : recall_listed(auth, &who, &lately) && lately;
}

/* --- reading --- */

void person__read(struct arena *a, struct stmt *q, struct auth_person *ret)
{
    struct addr who;

    *ret = (struct auth_person){.id = col_dup(a, q, "id"),
                                .kind = col_dup(a, q, "kind"),
                                .name = col_dup(a, q, "name"),
                                .email = col_dup(a, q, "email"),
                                .terms = col_i64(q, "terms") > 0,
                                .blocked = !col_is_null(q, "blocked"),
                                .created = col_i64(q, "created"),
                                .seen = col_i64(q, "seen")};
    if (str_eq(ret->kind, "wallet") && addr_parse_any(ret->name, &who))
        ret->name = addr_text(a, &who);
}

void person__judge(struct auth *auth, struct auth_person *p)
{
    p->admin = !p->blocked && is_admin(auth, p, false);
}

void auth_person_judge(struct auth *auth, struct auth_person *p)
{
    p->admin = !p->blocked && is_admin(auth, p, true);
}

static int get(struct auth *auth, struct arena *a, const char *id, bool *ret_found,
               struct auth_person *ret, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_person_get);

    bind_text(q, auth->terms_hash);
    bind_text(q, id);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        person__read(a, q, ret);
    return 0;
}

int auth_person_find(struct auth *auth, struct arena *a, const char *id, bool *ret_found,
                     struct auth_person *ret, struct err *e)
{
    if (get(auth, a, id, ret_found, ret, e) < 0)
        return -1;
    if (*ret_found)
        person__judge(auth, ret);
    return 0;
}

/* --- logging in --- */

static int insert(struct db *db, const struct auth_identity *who, char id[PERSON_ID_TEXT],
                  struct err *e)
{
    _stmt_ struct stmt *person = db_query(db, &sql_person_put);
    _stmt_ struct stmt *login = db_query(db, &sql_login_put);
    uint8_t raw[PERSON_BYTES];

    random_bytes(raw, sizeof(raw));
    id[0] = 'u';
    hex_encode(raw, sizeof(raw), id + 1);
    bind_text(person, id);
    bind_i64(person, clock_ms());
    if (stmt_run(person, e) < 0)
        return -1;
    bind_text(login, who->kind);
    bind_text(login, who->name);
    bind_text(login, id);
    bind_text(login, who->email);
    bind_text(login, who->public_key);
    return stmt_run(login, e);
}

static int update(struct db *db, const struct auth_identity *who, const char *id, struct err *e)
{
    _stmt_ struct stmt *login = db_query(db, &sql_login_update);
    _stmt_ struct stmt *person = db_query(db, &sql_person_seen);

    bind_text(login, who->email);
    bind_text(login, who->public_key);
    bind_text(login, id);
    bind_i64(person, clock_ms());
    bind_text(person, id);
    return stmt_run(login, e) < 0 ? -1 : stmt_run(person, e);
}

/* Who had the name before, and with which key. */
static int known(struct db *db, const struct auth_identity *who, char id[PERSON_ID_TEXT],
                 bool *ret_found, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_login_get);
    const char *pinned;

    bind_text(q, who->kind);
    bind_text(q, who->name);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (!*ret_found)
        return 0;
    pinned = col_text(q, "public_key");
    if (!col_is_null(q, "blocked"))
        return refused(e, LOGIN_BLOCKED);
    if (pinned && !str_eq(pinned, who->public_key))
        return refused(e, CONNECT_KEY, who->name);
    must(str_copy(id, PERSON_ID_TEXT, col_text(q, "person")));
    return 0;
}

static int enter(struct auth *auth, const struct auth_identity *who, char id[PERSON_ID_TEXT],
                 struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _tx_ struct tx tx = {0};
    bool found;

    if (tx_begin(db, &tx, e) < 0 || known(db, who, id, &found, e) < 0)
        return -1;
    if ((found ? update(db, who, id, e) : insert(db, who, id, e)) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int auth_person_login(struct auth *auth, struct arena *a, const struct auth_identity *who,
                      struct auth_person *ret, struct err *e)
{
    char id[PERSON_ID_TEXT];
    bool found;

    if (enter(auth, who, id, e) < 0 || auth_person_find(auth, a, id, &found, ret, e) < 0)
        return -1;
    return found ? 0 : failed(e, FAILED, "a person who has just logged in is gone");
}

/* Read first: a token is used often, and each login is a write. */
int auth_person_of_wallet(struct auth *auth, struct arena *a, const struct addr *who,
                          struct auth_person *ret, struct err *e)
{
    char name[ADDR_TEXT];
    char id[PERSON_ID_TEXT];
    struct auth_identity identity = {.kind = "wallet", .name = name, .email = ""};
    bool found;

    addr_lower(who, name);
    {
        _db_ struct db *db = store_lend(auth->store);

        if (known(db, &identity, id, &found, e) < 0)
            return -1;
    }
    if (!found)
        return auth_person_login(auth, a, &identity, ret, e);
    if (auth_person_find(auth, a, id, &found, ret, e) < 0)
        return -1;
    return found ? 0 : failed(e, FAILED, "the person of %s is gone", name);
}

/* --- for people and administrators --- */

struct json *auth_person_json(struct arena *a, const struct auth_person *p)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "id", p->id);
    json_set_str(a, v, "kind", p->kind);
    json_set_str(a, v, "name", p->name);
    json_set_str(a, v, "email", p->email);
    json_set_bool(a, v, "admin", p->admin);
    json_set_bool(a, v, "terms", p->terms);
    return v;
}

/* What LIKE finds the text with, wherever it stands; its own signs lose their meaning. */
static const char *pattern_of(struct arena *a, const char *text)
{
    char *out = arena_alloc(a, 2 * SEARCH_MAX + 3);
    size_t n = 0;
    size_t i;

    out[n++] = '%';
    for (i = 0; text[i] && i < SEARCH_MAX; i++) {
        if (strchr("%_!", text[i]))
            out[n++] = '!';
        out[n++] = text[i];
    }
    out[n++] = '%';
    out[n] = '\0';
    return out;
}

static int read_people(struct auth *auth, struct arena *a, const struct auth_people *which,
                       struct auth_person *people, size_t *ret_count, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_person_list);
    size_t n = 0;
    int r;

    bind_text(q, auth->terms_hash);
    bind_text(q, which->text);
    bind_text(q, pattern_of(a, which->text));
    bind_i64(q, which->limit);
    bind_i64(q, which->offset);
    while ((r = stmt_step(q, e)) > 0)
        person__read(a, q, &people[n++]);
    *ret_count = n;
    return r;
}

int auth_persons_json(struct auth *auth, struct arena *a, const struct auth_people *which,
                      struct json **ret, struct err *e)
{
    struct auth_person *people = arena_calloc(a, (size_t)which->limit + 1, sizeof(*people));
    struct json *list = json_new_array(a);
    size_t n;
    size_t i;

    if (read_people(auth, a, which, people, &n, e) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        struct json *v;

        person__judge(auth, &people[i]);
        v = auth_person_json(a, &people[i]);
        json_set_int(a, v, "created", people[i].created);
        json_set_int(a, v, "seen", people[i].seen);
        json_set_bool(a, v, "blocked", people[i].blocked);
        json_push(a, list, v);
    }
    *ret = list;
    return 0;
}

int auth_person_block(struct auth *auth, const char *id, bool blocked, bool *ret_found,
                      struct err *e)
{
    {
        _db_ struct db *db = store_lend(auth->store);
        _stmt_ struct stmt *q = db_query(db, &sql_person_block);

        if (blocked)
            bind_i64(q, clock_ms());
        else
            bind_null(q);
        bind_text(q, id);
        if (stmt_run(q, e) < 0)
            return -1;
        *ret_found = db_changes(db) > 0;
    }
    return blocked && *ret_found ? auth_session_end_all(auth, id, NULL, e) : 0;
}

int auth_person_unpin(struct auth *auth, const char *id, bool *ret_found, struct err *e)
{
    _db_ struct db *db = store_lend(auth->store);
    _stmt_ struct stmt *q = db_query(db, &sql_login_unpin);

    bind_text(q, id);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_found = db_changes(db) > 0;
    return 0;
}
