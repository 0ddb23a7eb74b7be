/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment that another node saved, made here: whoever has its key may have it. */
#include <string.h>

#include "backup/backup_int.h"
#include "backup/imports.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/random.h"

enum { REPOSITORY_MAX = 128, KEY_MAX = 128, IMPORT_BYTES = 16 };

static int check(struct backup *b, const struct backup_origin *from, struct err *e)
{
    if (!b->has_deployments || !b->d.adopt)
        return failed(e, FAILED, "deployments cannot be taken over here");
    if (!names__plain(from->repository, REPOSITORY_MAX))
        return failed(e, INVALID, "repository: as the other node shows it");
    if (!from->key || !*from->key || strlen(from->key) > KEY_MAX)
        return failed(e, INVALID, "key: as the other node shows it");
    return 0;
}

static int look(const struct repo *r, struct arena *a, const char *id, const struct snap **ret,
                struct manifest *ret_manifest, struct err *e)
{
    struct snaps s;
    bool there;

    if (restic__open(r, &there, e) < 0)
        return -1;
    if (!there)
        return refused(e, BACKUP_NONE);
    if (restic__list(r, a, &s, e) < 0)
        return -1;
    *ret = restic__pick(&s, id);
    if (!*ret)
        return refused(e, BACKUP_NONE);
    return manifest__read(r, a, (*ret)->manifest, ret_manifest, e);
}

static int put(struct backup *b, struct arena *a, const struct backup_origin *from, const char *id,
               const struct snap *s, struct err *e)
{
    struct bytes sealed;
    _db_ struct db *db = NULL;
    _stmt_ struct stmt *q = NULL;

    if (keys__seal(b, a, from->key, &sealed, e) < 0)
        return -1;
    db = store_lend(b->o.store);
    q = db_query(db, &sql_backup_import_put);
    bind_text(q, id);
    bind_text(q, from->owner);
    bind_text(q, from->server);
    bind_text(q, from->repository);
    bind_text(q, s->manifest);
    bind_blob(q, sealed.p, sealed.n);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

static void forget(struct backup *b, const char *id)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_import_drop);
    struct err ignored;

    bind_text(q, id);
    (void)!stmt_run(q, &ignored);
}

int backup_adopt(struct backup *b, struct arena *a, const struct backup_origin *from,
                 const char **ret_deployment, struct err *e)
{
    struct server server;
    const struct repo r = {b, &server, from->repository, from->key};
    const struct snap *s;
    struct manifest m;
    uint8_t raw[IMPORT_BYTES];
    struct backup_adoption adoption = {.owner = from->owner, .wishes = from->wishes};

    if (check(b, from, e) < 0 || servers__find(b, a, from->server, &server, e) < 0 ||
        look(&r, a, from->snapshot, &s, &m, e) < 0)
        return -1;
    if (!json_is(m.definition, JSON_OBJECT))
        return failed(e, INVALID, "the snapshot does not say what deployment it is of");
    random_bytes(raw, sizeof(raw));
    adoption.import = hex_dup(a, raw, sizeof(raw));
    adoption.definition = m.definition;
    if (put(b, a, from, adoption.import, s, e) < 0)
        return -1;
    if (b->d.adopt(b->d.ctx, a, &adoption, ret_deployment, e) < 0) {
        forget(b, adoption.import);
        return -1;
    }
    return 0;
}

struct import {
    const char *server;
    const char *repository;
    const char *manifest;
    struct bytes sealed;
};

static int find_import(struct backup *b, struct arena *a, const char *id, struct import *ret,
                       struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_import_get);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, NOT_FOUND, "there is nothing to fill the deployment from");
    *ret = (struct import){.server = col_dup(a, q, "server"),
                           .repository = col_dup(a, q, "repository"),
                           .manifest = col_dup(a, q, "snapshot")};
    ret->sealed = col_blob(a, q, "sealed");
    return 0;
}

int backup_fill(struct backup *b, const char *import, const char *deployment,
                const struct backup_sink *to, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct import from;
    struct server server;
    struct repo r = {.b = b, .server = &server};
    struct manifest m;

    if (find_import(b, a, import, &from, e) < 0)
        return -1;
    r.name = from.repository;
    if (servers__find(b, a, from.server, &server, e) < 0 ||
        keys__open(b, a, from.sealed, &r.key, e) < 0 ||
        manifest__read(&r, a, from.manifest, &m, e) < 0 || restore__parts(&r, &m, to, e) < 0)
        return err_wrap(e, "filling '%s' from its backup", deployment);
    return 0;
}
