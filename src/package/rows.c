/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "package/packages.sql.h"
#include "package/store_int.h"

/* Packages in the database: rows in, rows out. */

static void take_row(struct arena *a, struct stmt *q, struct packages_row *ret)
{
    ret->version = col_dup(a, q, "version");
    ret->state = col_dup(a, q, "state");
    ret->builtin = col_i64(q, "builtin") != 0;
}

int packages__row(struct db *db, struct arena *a, const char *name, struct packages_row *ret,
                  bool *ret_found, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_get);

    bind_text(q, name);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found) {
        ret->name = arena_strdup(a, name);
        take_row(a, q, ret);
    }
    return 0;
}

int packages__rows(struct db *db, struct arena *a, struct packages_row **ret, size_t *ret_count,
                   struct err *e)
{
    enum { PACKAGES_MAX = 1000 };
    _stmt_ struct stmt *q = db_query(db, &sql_package_all);
    struct packages_row *rows = arena_calloc(a, PACKAGES_MAX, sizeof(*rows));
    size_t n = 0;
    int r;

    while (n < PACKAGES_MAX && (r = stmt_step(q, e)) != 0) {
        if (r < 0)
            return -1;
        rows[n].name = col_dup(a, q, "name");
        take_row(a, q, &rows[n++]);
    }
    *ret = rows;
    *ret_count = n;
    return 0;
}

int packages__origin(struct db *db, struct arena *a, const char *name, const char *version,
                     struct packages_origin *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_version_get);
    bool found;

    bind_text(q, name);
    bind_text(q, version);
    *ret = (struct packages_origin){.digest = NULL};
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = (struct packages_origin){.digest = col_dup(a, q, "digest"),
                                        .source = col_dup(a, q, "source"),
                                        .by = col_dup(a, q, "added_by"),
                                        .added = col_i64(q, "added")};
    return 0;
}

int packages__read(struct db *db, struct arena *a, const char *name, const char *version,
                   struct package_files *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_file_all);
    struct package_files files = {arena_calloc(a, PACKAGE_FILES_MAX, sizeof(*files.items)), 0};
    int r;

    bind_text(q, name);
    bind_text(q, version);
    while (files.count < PACKAGE_FILES_MAX && (r = stmt_step(q, e)) != 0) {
        struct bytes content;

        if (r < 0)
            return -1;
        content = col_blob(a, q, "content");
        files.items[files.count++] =
            (struct package_file){.path = col_dup(a, q, "path"),
                                  .data = arena_strndup(a, (const char *)content.p, content.n),
                                  .len = content.n};
    }
    *ret = files;
    return 0;
}

/* A statement of one or two texts. */
static int run(struct db *db, const struct sql *sql, const char *first, const char *second,
               struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_text(q, first);
    if (second)
        bind_text(q, second);
    return stmt_run(q, e);
}

static int write_version(struct db *db, const struct packages_new_version *v, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_version_put);

    bind_text(q, v->package->name);
    bind_text(q, v->package->version);
    bind_text(q, v->origin->digest);
    bind_text(q, v->origin->source);
    bind_text(q, v->origin->by);
    bind_i64(q, v->origin->added);
    return stmt_run(q, e);
}

static int write_files(struct db *db, const struct packages_new_version *v, struct err *e)
{
    size_t i;

    for (i = 0; i < v->files->count; i++) {
        _stmt_ struct stmt *q = db_query(db, &sql_package_file_put);
        const struct package_file *f = &v->files->items[i];

        bind_text(q, v->package->name);
        bind_text(q, v->package->version);
        bind_text(q, f->path);
        bind_blob(q, f->data, f->len);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return 0;
}

static int write_package(struct db *db, const struct packages_new_version *v, struct err *e)
{
    _stmt_ struct stmt *q =
        db_query(db, v->keep_state ? &sql_package_set_version : &sql_package_put);

    bind_text(q, v->package->name);
    bind_text(q, v->package->version);
    if (!v->keep_state)
        bind_i64(q, v->builtin);
    bind_i64(q, v->origin->added);
    return stmt_run(q, e);
}

int packages__write(struct db *db, const struct packages_new_version *v, struct err *e)
{
    const char *name = v->package->name;
    const char *version = v->package->version;

    if (run(db, &sql_package_version_delete, name, version, e) < 0 ||
        run(db, &sql_package_file_delete, name, version, e) < 0 || write_version(db, v, e) < 0 ||
        write_files(db, v, e) < 0)
        return -1;
    return write_package(db, v, e);
}

static int mark_removed(struct db *db, const char *name, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_package_set_state);

    bind_text(q, name);
    bind_text(q, "removed");
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int packages__erase(struct db *db, const char *name, bool remember, struct err *e)
{
    if (run(db, &sql_package_file_delete_all, name, NULL, e) < 0 ||
        run(db, &sql_package_version_delete_all, name, NULL, e) < 0 ||
        run(db, &sql_package_server_delete_all, name, NULL, e) < 0)
        return -1;
    return remember ? mark_removed(db, name, e) : run(db, &sql_package_delete, name, NULL, e);
}
