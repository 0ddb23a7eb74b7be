/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "package/packages.sql.h"
#include "package/store_int.h"

/* What administrators do with packages: add, remove, start, stop, look. */

/* --- adding --- */

struct adding {
    struct arena *a;
    struct package_files files;
    struct packages_origin origin;
    struct package *p;
    bool there;   /* the very same content is kept already */
    bool started; /* and offered */
    bool builtin;
};

/* What the database says to it: the same again, another content under the same version, or new. */
static int compare(struct packages *ps, struct adding *x, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    struct packages_origin old;
    struct packages_row row;
    bool found;
    bool kept;

    if (packages__row(db, x->a, x->p->name, &row, &found, e) < 0 ||
        packages__origin(db, x->a, x->p->name, x->p->version, &old, e) < 0)
        return -1;
    kept = old.digest != NULL;
    if (kept && !str_eq(old.digest, x->origin.digest))
        return refused(e, PACKAGE_EXISTS, x->p->name, x->p->version);
    x->there = kept;
    x->started = found && str_eq(row.state, "started") && str_eq(row.version, x->p->version);
    x->builtin = found && row.builtin && kept;
    return 0;
}

static int write_new(struct packages *ps, struct adding *x, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    _tx_ struct tx tx = {0};
    const struct packages_new_version v = {
        .package = x->p, .files = &x->files, .origin = &x->origin, .builtin = x->builtin};

    if (tx_begin(db, &tx, e) < 0 || packages__write(db, &v, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static bool has_hooks(const struct package *p)
{
    return p->install.image || p->remove.image;
}

static int add_read(struct packages *ps, struct adding *x, struct err *e)
{
    x->origin.digest = package_digest(x->a, &x->files);
    if (package_parse(x->a, "", &x->files, &ps->rules, &x->p, e) < 0 || compare(ps, x, e) < 0)
        return -1;
    if (x->there && x->started)
        return 0;
    if (packages__check_domains(ps, x->p->name, x->p->servers, x->p->server_count, e) < 0)
        return -1;
    if (has_hooks(x->p) && !ps->o.docker)
        return refused(e, PACKAGE_HOOK, "install", x->p->name, "there is no engine to run it on");
    if (!x->there && packages__hook(ps, x->p, "install", e) < 0)
        return -1;
    if (write_new(ps, x, e) < 0)
        return -1;
    return packages__refresh(ps, e);
}

int packages_add(struct packages *ps, const struct packages_add *add, struct arena *a,
                 struct package **ret, struct err *e)
{
    struct adding x = {.a = a, .origin = {.source = add->source, .by = add->by}};

    lock_scope(&ps->changing);
    x.origin.added = clock_ms();
    if (packages__source(ps, a, add->source, &x.files, e) < 0 || add_read(ps, &x, e) < 0)
        return -1;
    *ret = x.p;
    return 0;
}

/* --- removing, starting, stopping --- */

static int find_row(struct db *db, struct arena *a, const char *name, struct packages_row *ret,
                    struct err *e)
{
    bool found = false;

    if (package__is_name(name) && packages__row(db, a, name, ret, &found, e) < 0)
        return -1;
    if (!found || str_eq(ret->state, "removed"))
        return refused(e, PACKAGE_UNKNOWN, package__is_name(name) ? name : "?");
    return 0;
}

static int check_unused(struct packages *ps, const char *name, struct err *e)
{
    int64_t n = 0;

    if (ps->o.used && ps->o.used(ps->o.ctx, name, &n, e) < 0)
        return -1;
    return n ? refused(e, PACKAGE_IN_USE, name, (long long)n) : 0;
}

/* The row is marked first, so that nobody deploys it while its hook runs. */
static int set_state(struct packages *ps, const char *name, const char *state, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_package_set_state);
    bind_text(q, name);
    bind_text(q, state);
    bind_i64(q, clock_ms());
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int erase(struct packages *ps, const struct packages_row *row, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || packages__erase(db, row->name, row->builtin, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int load_row(struct packages *ps, struct arena *a, const char *name,
                    struct packages_row *ret_row, struct package **ret, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);

    if (find_row(db, a, name, ret_row, e) < 0)
        return -1;
    if (packages__load(ps, db, a, ret_row, ret, e) == 0)
        return 0;
    *ret = NULL; /* a package that cannot be read any more can still be removed */
    return e->code == ERR_PACKAGE_INVALID ? 0 : -1;
}

int packages_remove(struct packages *ps, const char *name, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct packages_row row;
    struct package *p;

    lock_scope(&ps->changing);
    if (load_row(ps, a, name, &row, &p, e) < 0 || check_unused(ps, name, e) < 0 ||
        set_state(ps, name, "stopped", e) < 0)
        return -1;
    if (check_unused(ps, name, e) < 0 || (p && packages__hook(ps, p, "remove", e) < 0)) {
        struct err ignored;

        (void)set_state(ps, name, row.state, &ignored);
        return -1;
    }
    if (erase(ps, &row, e) < 0)
        return -1;
    return packages__refresh(ps, e);
}

static int change_state(struct packages *ps, const char *name, const char *state, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct packages_row row;
    struct package *p;

    lock_scope(&ps->changing);
    if (load_row(ps, a, name, &row, &p, e) < 0 || set_state(ps, name, state, e) < 0)
        return -1;
    return packages__refresh(ps, e);
}

int packages_start(struct packages *ps, const char *name, struct err *e)
{
    return change_state(ps, name, "started", e);
}

int packages_stop(struct packages *ps, const char *name, struct err *e)
{
    return change_state(ps, name, "stopped", e);
}

/* --- looking --- */

static struct json *texts_json(struct arena *a, const struct package_texts *t)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < t->count; i++)
        json_push(a, list, json_new_str(a, t->items[i]));
    return list;
}

static struct json *servers_json(struct arena *a, const struct package_server *servers, size_t n)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < n; i++) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "name", servers[i].name);
        json_set_str(a, v, "domain", servers[i].domain);
        json_set_str(a, v, "email", servers[i].email);
        json_set(a, v, "includes", texts_json(a, &servers[i].includes));
        json_push(a, list, v);
    }
    return list;
}

/* What the package itself says. */
static int describe(struct db *db, struct arena *a, const struct package *p, struct json *v,
                    struct err *e)
{
    struct package_server *servers;

    if (packages__servers(db, a, p, &servers, e) < 0)
        return -1;
    json_set_str(a, v, "title", p->title);
    json_set_str(a, v, "summary", p->summary);
    json_set_bool(a, v, "offered", p->offered);
    json_set_str(a, v, "reason", p->reason);
    json_set(a, v, "servers", servers_json(a, servers, p->server_count));
    json_set(a, v, "permissions", package_permissions_json(a, p));
    return 0;
}

static int row_json(struct packages *ps, struct db *db, struct arena *a,
                    const struct packages_row *row, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct packages_origin origin;
    struct package *p;

    json_set_str(a, v, "name", row->name);
    json_set_str(a, v, "version", row->version);
    json_set_str(a, v, "state", row->state);
    json_set_bool(a, v, "builtin", row->builtin);
    if (packages__origin(db, a, row->name, row->version, &origin, e) < 0)
        return -1;
    if (origin.digest) {
        json_set_str(a, v, "source", origin.source);
        json_set_str(a, v, "digest", origin.digest);
        json_set_str(a, v, "addedBy", origin.by);
        json_set_int(a, v, "added", origin.added);
    }
    if (packages__load(ps, db, a, row, &p, e) == 0) {
        if (describe(db, a, p, v, e) < 0)
            return -1;
    } else if (e->code == ERR_PACKAGE_INVALID) {
        json_set_str(a, v, "error", e->msg);
    } else {
        return -1;
    }
    *ret = v;
    return 0;
}

int packages_admin_json(struct packages *ps, struct arena *a, struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a);
    struct packages_row *rows;
    size_t count;
    size_t i;

    {
        _db_ struct db *db = store_lend(ps->o.store);

        if (packages__rows(db, a, &rows, &count, e) < 0)
            return -1;
        for (i = 0; i < count; i++) {
            struct json *v;

            if (str_eq(rows[i].state, "removed"))
                continue;
            if (row_json(ps, db, a, &rows[i], &v, e) < 0)
                return -1;
            json_push(a, list, v);
        }
    }
    for (i = 0; i < json_len(list); i++) {
        struct package_texts versions;
        struct json *v = json_at(list, i);

        if (packages_versions(ps, a, json_get_str(v, "name", ""), &versions, e) < 0)
            return -1;
        json_set(a, v, "versions", texts_json(a, &versions));
    }
    *ret = list;
    return 0;
}
