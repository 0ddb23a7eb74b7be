/* SPDX-License-Identifier: Apache-2.0 */
#include "package/store.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "package/catalogue.h"
#include "package/packages.sql.h"
#include "package/store_int.h"

/* The packages that were added: life, finding, listing. store_change.c adds and removes. */

/* --- life --- */

static void take_images(struct packages *ps, const struct json *map)
{
    size_t i;

    ps->images.count = json_len(map);
    ps->images.pairs = arena_calloc(ps->arena, ps->images.count + 1, sizeof(*ps->images.pairs));
    for (i = 0; i < ps->images.count; i++)
        ps->images.pairs[i] =
            (struct package_image_pair){arena_strdup(ps->arena, json_key(map, i)),
                                        arena_strdup(ps->arena, json_str(json_value(map, i), ""))};
}

/*
 * One of the packages that ship: added when it is new, replaced when the program has another
 * content for its version, left alone when an administrator has removed or stopped it or has added
 * another package of that name.
 */
static int ship(struct packages *ps, struct db *db, size_t i, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _tx_ struct tx tx = {0};
    struct package_files files;
    struct packages_origin origin = {.source = "built-in", .by = "", .added = clock_ms()};
    struct packages_origin old;
    struct packages_row row;
    struct package *p;
    bool found;

    catalogue_get(a, i, &files);
    if (package_parse(a, "", &files, &ps->rules, &p, e) < 0)
        return -1;
    origin.digest = package_digest(a, &files);
    if (tx_begin(db, &tx, e) < 0 || packages__row(db, a, p->name, &row, &found, e) < 0)
        return -1;
    if (found && (!row.builtin || str_eq(row.state, "removed")))
        return 0;
    if (packages__origin(db, a, p->name, p->version, &old, e) < 0)
        return -1;
    if (old.digest && str_eq(old.digest, origin.digest) && str_eq(row.version, p->version))
        return 0;
    if (packages__write(db,
                        &(struct packages_new_version){.package = p,
                                                       .files = &files,
                                                       .origin = &origin,
                                                       .builtin = true,
                                                       .keep_state = found},
                        e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int ship_all(struct packages *ps, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    size_t i;

    for (i = 0; i < catalogue_count(); i++)
        if (ship(ps, db, i, e) < 0)
            return -1;
    return 0;
}

int packages_new(const struct packages_options *o, struct packages **ret, struct err *e)
{
    struct packages *ps = xcalloc(1, sizeof(*ps));

    ps->o = *o;
    ps->arena = arena_new();
    ps->o.data_dir = arena_strdup(ps->arena, o->data_dir);
    ps->rules.allow_tags = o->allow_tags;
    take_images(ps, o->image_map);
    pthread_mutex_init(&ps->changing, NULL);
    pthread_mutex_init(&ps->lock, NULL);
    ps->o.changed = NULL; /* nobody to tell yet */
    if (ship_all(ps, e) < 0 || packages__refresh(ps, e) < 0) {
        packages_free(ps);
        return -1;
    }
    ps->o.changed = o->changed;
    *ret = ps;
    return 0;
}

void packages_free(struct packages *ps)
{
    if (!ps)
        return;
    arena_free(ps->hosts.arena);
    arena_free(ps->arena);
    pthread_mutex_destroy(&ps->lock);
    pthread_mutex_destroy(&ps->changing);
    free(ps);
}

/* --- finding --- */

/* What was fine when it was added: the rules may have become stricter, the images are mapped. */
static void settle(struct packages *ps, struct arena *a, struct package *p)
{
    size_t i;

    p->images = &ps->images;
    for (i = 0; i < p->container_count; i++) {
        const struct package_container *c = &p->containers[i];

        if (!c->unpinned || ps->rules.allow_tags ||
            !str_eq(package_image(&ps->images, c->image), c->image))
            continue;
        p->offered = false;
        p->reason = arena_printf(a,
                                 "the operator has not yet said which image %s is: the option "
                                 "imageMap gives it a digest",
                                 c->image);
    }
}

int packages__load(struct packages *ps, struct db *db, struct arena *a,
                   const struct packages_row *row, struct package **ret, struct err *e)
{
    const struct package_rules any = {.allow_tags = true};
    struct package_files files;
    struct package *p;

    if (packages__read(db, a, row->name, row->version, &files, e) < 0)
        return -1;
    if (files.count == 0)
        return refused(e, PACKAGE_VERSION_UNKNOWN, row->name, row->version);
    if (package_parse(a, "", &files, &any, &p, e) < 0)
        return err_wrap(e, "package %s %s", row->name, row->version);
    settle(ps, a, p);
    *ret = p;
    return 0;
}

/* A package that is kept: *ret_row, with the version that was asked for if one was. */
static int find_row(struct db *db, struct arena *a, const char *name, const char *version,
                    struct packages_row *ret_row, struct err *e)
{
    bool found = false;

    if (package__is_name(name) && packages__row(db, a, name, ret_row, &found, e) < 0)
        return -1;
    if (!found || str_eq(ret_row->state, "removed"))
        return refused(e, PACKAGE_UNKNOWN, package__is_name(name) ? name : "?");
    if (version)
        ret_row->version = version;
    return 0;
}

int packages_find(struct packages *ps, struct arena *a, const char *name, const char *version,
                  struct package **ret, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    struct packages_row row;

    if (find_row(db, a, name, version, &row, e) < 0)
        return -1;
    if (!str_eq(row.state, "started"))
        return refused(e, PACKAGE_UNKNOWN, name);
    return packages__load(ps, db, a, &row, ret, e);
}

int packages_find_any(struct packages *ps, struct arena *a, const char *name, const char *version,
                      struct package **ret, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    struct packages_row row;

    if (find_row(db, a, name, version, &row, e) < 0)
        return -1;
    return packages__load(ps, db, a, &row, ret, e);
}

/* --- listing --- */

static int by_title(const void *a, const void *b)
{
    const struct package *const *x = a;
    const struct package *const *y = b;

    return strcmp((*x)->title, (*y)->title);
}

/* Something a person can deploy, or is told why not. */
static bool is_in_catalogue(const struct package *p)
{
    return p->container_count > 0 || !p->offered;
}

int packages_list(struct packages *ps, struct arena *a, struct package ***ret, size_t *ret_count,
                  struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    struct packages_row *rows;
    struct package **list;
    size_t count;
    size_t n = 0;
    size_t i;

    if (packages__rows(db, a, &rows, &count, e) < 0)
        return -1;
    list = arena_calloc(a, count + 1, sizeof(*list));
    for (i = 0; i < count; i++) {
        if (!str_eq(rows[i].state, "started"))
            continue;
        if (packages__load(ps, db, a, &rows[i], &list[n], e) < 0) {
            if (e->code == ERR_PACKAGE_INVALID) /* the administrator's list says why */
                continue;
            return -1;
        }
        n += is_in_catalogue(list[n]);
    }
    qsort(list, n, sizeof(struct package *), by_title);
    *ret = list;
    *ret_count = n;
    return 0;
}

int packages_versions(struct packages *ps, struct arena *a, const char *name,
                      struct package_texts *ret, struct err *e)
{
    enum { VERSIONS_MAX = 1000 };
    _db_ struct db *db = store_lend(ps->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_package_version_all);
    const char **items = arena_calloc(a, VERSIONS_MAX + 1, sizeof(*items));
    size_t n = 0;
    int r;

    bind_text(q, name);
    while (n < VERSIONS_MAX && (r = stmt_step(q, e)) != 0) {
        if (r < 0)
            return -1;
        items[n++] = col_dup(a, q, "version");
    }
    *ret = (struct package_texts){items, n};
    return 0;
}

int packages_file(struct packages *ps, struct arena *a, const char *name, const char *version,
                  struct package_file *io, struct err *e)
{
    _db_ struct db *db = store_lend(ps->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_package_file_get);
    struct bytes content;
    bool found;

    bind_text(q, name);
    bind_text(q, version);
    bind_text(q, io->path);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, NOT_FOUND, "the package has no such file");
    content = col_blob(a, q, "content");
    io->data = arena_strndup(a, (const char *)content.p, content.n);
    io->len = content.n;
    return 0;
}
