/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/random.h"
#include "store/db_json.h"
#include "wizard/wizard_int.h"
#include "wizard/wizards.sql.h"

/* The table, and the sealing of what people answered: passwords may be among it. */

static const char *const state_names[] = {"asking", "deploying", "deployed", "expired"};

/* --- answers --- */

static int seal(struct wizards *w, struct arena *a, const struct json *answers, struct bytes *ret,
                struct err *e)
{
    _buf_ struct buf out = BUF_INIT(WIZARD_ANSWERS_MAX + ECIES_OVERHEAD);
    const char *text = json_text(a, answers);

    if (strlen(text) > WIZARD_ANSWERS_MAX)
        return refused(e, WIZARD_LARGE, WIZARD_ANSWERS_MAX);
    if (ecies_encrypt(&w->seal, text, strlen(text), &out, e) < 0)
        return -1;
    *ret = (struct bytes){arena_memdup(a, buf_str(&out), out.len), out.len};
    return 0;
}

static int unseal(struct wizards *w, struct arena *a, struct bytes blob, struct json **ret,
                  struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(WIZARD_ANSWERS_MAX);
    int r;

    *ret = json_new_object(a);
    if (blob.n == 0)
        return 0;
    r = ecies_decrypt(w->o.key, blob.p, blob.n, &plain, e);
    if (r == 0)
        r = json_parse(a, buf_str(&plain), plain.len, ret, e);
    if (plain.data)
        wipe(plain.data, plain.len);
    return r < 0 ? err_wrap(e, "a wizard's answers") : 0;
}

/* --- reading --- */

static enum wizard_state state_of(struct stmt *q)
{
    const char *name = col_text(q, "state");
    enum wizard_state s = WIZARD_EXPIRED;
    size_t i;

    for (i = 0; i < ARRAY_LEN(state_names); i++)
        if (str_eq(name, state_names[i]))
            s = (enum wizard_state)i;
    /* time is over before the sweeper comes round */
    return s == WIZARD_ASKING && col_i64(q, "expires") <= clock_ms() ? WIZARD_EXPIRED : s;
}

static void read_row(struct arena *a, struct stmt *q, struct wizard_row *ret)
{
    *ret = (struct wizard_row){.id = col_dup(a, q, "id"),
                               .owner = col_dup(a, q, "owner"),
                               .package = col_dup(a, q, "package"),
                               .version = col_dup(a, q, "version"),
                               .title = col_dup(a, q, "title"),
                               .state = state_of(q),
                               .step = col_dup(a, q, "step"),
                               .revision = col_i64(q, "revision"),
                               .quote = col_dup(a, q, "quote"),
                               .deployment = col_dup(a, q, "deployment"),
                               .created = col_i64(q, "created"),
                               .expires = col_i64(q, "expires")};
}

int wizard__find(struct wizards *w, const struct wizard_at *at, struct wizard_row *ret,
                 struct err *e)
{
    struct arena *a = at->arena;
    struct bytes sealed = {0};
    bool found;

    {
        _db_ struct db *db = store_lend(w->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_find);

        bind_text(q, at->id);
        bind_text(q, at->owner);
        if (stmt_find(q, &found, e) < 0)
            return -1;
        if (!found)
            return refused(e, WIZARD_UNKNOWN);
        read_row(a, q, ret);
        if (ret->state != WIZARD_EXPIRED)
            sealed = col_blob(a, q, "answers");
    }
    return unseal(w, a, sealed, &ret->answers, e);
}

int wizard_list(struct wizards *w, const struct wizard_at *at, struct json **ret, struct err *e)
{
    static const struct db_member members[] = {
        {"id", "id", DB_TEXT},           {"package", "package", DB_TEXT},
        {"version", "version", DB_TEXT}, {"title", "title", DB_TEXT},
        {"state", "state", DB_TEXT},     {"step", "step", DB_TEXT},
        {"expires", "expires", DB_INT},
    };
    struct arena *a = at->arena;
    _db_ struct db *db = store_lend(w->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_wizard_unfinished);
    struct json *list = json_new_array(a);
    int r;

    bind_text(q, at->owner);
    bind_i64(q, clock_ms());
    r = stmt_json(q, a, members, ARRAY_LEN(members), list, e);
    if (r < 0)
        return -1;
    *ret = list;
    return 0;
}

/* --- writing --- */

static int check_counts(struct wizards *w, struct db *db, const char *owner, struct err *e)
{
    _stmt_ struct stmt *mine = db_query(db, &sql_wizard_count_mine);
    _stmt_ struct stmt *all = db_query(db, &sql_wizard_count_all);
    bool found;

    bind_text(mine, owner);
    bind_i64(mine, clock_ms());
    if (stmt_find(mine, &found, e) < 0)
        return -1;
    if (col_i64(mine, "n") >= w->o.per_owner_max)
        return refused(e, WIZARD_COUNT, (long long)w->o.per_owner_max);
    bind_i64(all, clock_ms());
    if (stmt_find(all, &found, e) < 0)
        return -1;
    return col_i64(all, "n") < WIZARD_TOTAL_MAX ? 0 : refused(e, WIZARD_FULL);
}

int wizard__insert(struct wizards *w, const struct wizard_row *row, struct err *e)
{
    int64_t now = clock_ms();
    _db_ struct db *db = store_lend(w->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || check_counts(w, db, row->owner, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_insert);

        bind_text(q, row->id);
        bind_text(q, row->owner);
        bind_text(q, row->package);
        bind_text(q, row->version);
        bind_text(q, row->title);
        bind_text(q, row->step);
        bind_i64(q, now);
        bind_i64(q, now + w->o.lifetime_ms);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

/* A statement whose first parameters are bound, in a transaction; whether it changed a row. */
static int run(struct db *db, struct stmt *q, bool *ret_done, struct err *e)
{
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_done = db_changes(db) > 0;
    return 0;
}

int wizard__save(struct wizards *w, const struct wizard_row *row, bool *ret_done, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    _tx_ struct tx tx = {0};
    struct bytes sealed;

    if (seal(w, a, row->answers, &sealed, e) < 0)
        return -1;
    db = store_lend(w->o.store);
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_save);

        bind_text(q, row->id);
        bind_i64(q, row->revision);
        bind_text(q, row->step);
        bind_blob(q, sealed.p, sealed.n);
        bind_i64(q, clock_ms() + w->o.lifetime_ms);
        if (run(db, q, ret_done, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

int wizard__agree(struct wizards *w, const struct wizard_row *row, const char *quote,
                  bool *ret_done, struct err *e)
{
    _db_ struct db *db = store_lend(w->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_agree);

        bind_text(q, row->id);
        bind_i64(q, row->revision);
        bind_text(q, quote);
        if (run(db, q, ret_done, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

/* The end of DEPLOYING, one way or the other: who comes second finds it done. */
static int leave(struct wizards *w, const struct sql *sql, const char *id, const char *value,
                 struct err *e)
{
    _db_ struct db *db = store_lend(w->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, sql);

        bind_text(q, id);
        bind_text(q, value);
        bind_i64(q, clock_ms() + w->o.lifetime_ms);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

int wizard__reopen(struct wizards *w, const char *id, const char *step, struct err *e)
{
    return leave(w, &sql_wizard_reopen, id, step, e);
}

int wizard__finish(struct wizards *w, const char *id, const char *deployment, struct err *e)
{
    return leave(w, &sql_wizard_finish, id, deployment, e);
}

int wizard_drop(struct wizards *w, const struct wizard_at *at, struct err *e)
{
    struct wizard_row row;
    bool done;

    {
        _db_ struct db *db = store_lend(w->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0)
            return -1;
        {
            _stmt_ struct stmt *q = db_query(db, &sql_wizard_delete);

            bind_text(q, at->id);
            bind_text(q, at->owner);
            if (run(db, q, &done, e) < 0)
                return -1;
        }
        if (tx_commit(&tx, e) < 0)
            return -1;
    }
    if (done)
        return 0;
    return wizard__find(w, at, &row, e) < 0 ? -1 : refused(e, WIZARD_OVER);
}
