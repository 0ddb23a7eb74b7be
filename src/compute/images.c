/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "compute/compute_int.h"
#include "compute/images.sql.h"
#include "docker/registry.h"

/* Whose images they are: logins of registries, and what only a login opens. */

int image__login(struct arena *a, const struct compute *c, const char *ref, const char *own,
                 const char **ret, struct err *e)
{
    struct image_name name;

    if (own && c->cb.login)
        return c->cb.login(c->cb.ctx, a, own, ret, e);
    if (image_name_parse(a, ref, &name, e) < 0)
        return -1;
    *ret = registry_login(a, c->o.registry_auths, c->o.registry_auth_count, name.registry);
    return 0;
}

/* --- private images --- */

static int repository_of(struct arena *a, const char *ref, const char **ret, struct err *e)
{
    struct image_name name;

    if (image_name_parse(a, ref, &name, e) < 0)
        return -1;
    *ret = arena_printf(a, "%s/%s", name.registry, name.repository);
    return 0;
}

int image__is_private(const struct compute *c, const char *ref, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = store_lend(c->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_private_image_find);
    const char *repository;
    int r;

    if (repository_of(a, ref, &repository, e) < 0)
        return -1;
    bind_text(q, repository);
    r = stmt_step(q, e);
    if (r < 0)
        return -1;
    *ret = r > 0;
    return 0;
}

static int keep_private(const struct compute *c, struct arena *a, const char *ref, struct err *e)
{
    _db_ struct db *db = store_lend(c->o.store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;
    const char *repository;

    if (repository_of(a, ref, &repository, e) < 0 || tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_private_image_add);
    bind_text(q, repository);
    return stmt_run(q, e) < 0 ? -1 : tx_commit(&tx, e);
}

int image__note_login(const struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct compute *c = j->compute;
    const struct docker_info *info = &j->engine->info;
    const char *operators;
    struct err why;

    if (!j->row.registry_auth)
        return 0;
    if (image__login(a, c, j->row.image, NULL, &operators, e) < 0)
        return -1;
    if (registry_check(c->o.net, j->row.image, info->os, info->architecture, operators, &why) == 0)
        return 0; /* everybody may have it */
    return keep_private(c, a, j->row.image, e);
}
