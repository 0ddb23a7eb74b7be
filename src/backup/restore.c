/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back from a server: into fresh volumes that are switched to when every byte has arrived and has
 * the hash that the manifest names; or, in a restore test, to nowhere. Any one server is enough.
 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/program.h"
#include "base/str.h"

enum { PIECE = 262144 };

/* A part on its way. */
struct flow {
    struct program *proc;
    int64_t stall_ms;
    struct sha256_ctx hash;
    int64_t size;
    bool ended;
    bool failed; /* why is set */
    struct err why;
};

static int64_t flow_read(void *ctx, void *out, size_t cap)
{
    struct flow *f = ctx;
    int64_t n;

    if (f->failed)
        return -1;
    n = f->ended ? 0 : program_read(f->proc, out, cap, f->stall_ms, &f->why);
    if (n < 0) {
        f->failed = true;
        return -1;
    }
    if (n == 0)
        f->ended = true;
    sha256_add(&f->hash, out, (size_t)n);
    f->size += n;
    return n;
}

/* What the reader left: padding of the archive, or all of it. */
static void drain(struct flow *f)
{
    _free_ char *piece = xmalloc(PIECE);

    while (flow_read(f, piece, PIECE) > 0)
        ;
}

static int finish(const struct repo *r, struct flow *f, const struct part *p, struct err *e)
{
    struct hash32 h;

    if (f->failed) {
        *e = f->why;
        return -1;
    }
    if (restic__dumped(r, f->proc, e) < 0)
        return -1;
    h = sha256_end(&f->hash);
    if (f->size != p->size || memcmp(h.b, p->sha256.b, sizeof(h.b)) != 0)
        return refused(e, BACKUP_DAMAGED, r->name, r->server->name,
                       "what comes back is not what was saved");
    return 0;
}

static int restore_part(const struct repo *r, const struct part *p, const struct backup_sink *to,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _program_ struct program *proc = NULL;
    struct flow f = {.stall_ms = r->b->o.stall_ms};
    const struct net_source source = {flow_read, &f, -1};
    struct err theirs;
    int rc = 0;

    if (restic__dump(r, p->restic_id, arena_printf(a, "/%s.tar", p->name), &proc, e) < 0)
        return -1;
    f.proc = proc;
    sha256_start(&f.hash);
    if (to && to->write)
        rc = to->write(to->ctx, p->name, &source, &theirs);
    if (rc < 0 && !f.failed) { /* the reader's own fault: there is no point in reading on */
        *e = theirs;
        return err_wrap(e, "writing '%s'", p->name);
    }
    drain(&f);
    return finish(r, &f, p, e);
}

int restore__parts(const struct repo *r, const struct manifest *m, const struct backup_sink *to,
                   struct err *e)
{
    size_t i;

    for (i = 0; i < m->part_count; i++)
        if (restore_part(r, &m->parts[i], to, e) < 0)
            return -1;
    return 0;
}

/* --- where a snapshot is --- */

/* Asks the servers what they have; those that do not answer are skipped. */
static int refresh(struct backup *b, struct arena *a, const struct plan *p, struct err *e)
{
    struct server *all;
    const char *key;
    size_t count;
    size_t i;

    if (servers__all(b, a, &all, &count, e) < 0 || keys__get(b, a, p->owner, &key, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        const struct repo r = {b, &all[i], plans__repository(b, a, p->deployment), key};
        struct snaps s;
        struct err why;
        bool there;

        if (restic__open(&r, &there, &why) == 0 && there && restic__list(&r, a, &s, &why) == 0)
            (void)!targets__store(b, p->deployment, all[i].name, &s, &why);
    }
    return 0;
}

static int find_copies(struct backup *b, struct arena *a, const struct plan *p, const char *id,
                       struct copies *ret, struct err *e)
{
    if (targets__copies(b, a, p->deployment, id, ret, e) < 0)
        return -1;
    if (ret->count > 0)
        return 0;
    if (refresh(b, a, p, e) < 0 || targets__copies(b, a, p->deployment, id, ret, e) < 0)
        return -1;
    return ret->count > 0 ? 0 : refused(e, BACKUP_NONE);
}

static int find_plan(struct backup *b, struct arena *a, const char *deployment, struct plan *ret,
                     struct err *e)
{
    bool found;

    if (plans__find(b, a, deployment, &found, ret, e) < 0)
        return -1;
    return found ? 0 : failed(e, NOT_FOUND, "there are no backups of '%.80s'", deployment);
}

/* A copy that can be read. */
struct opened {
    struct server server;
    struct repo repo;
    struct manifest manifest;
};

static int open_copy(struct arena *a, struct backup *b, const struct plan *p, const struct copy *c,
                     struct opened *o, struct err *e)
{
    o->repo = (struct repo){b, &o->server, plans__repository(b, a, p->deployment), NULL};
    if (servers__find(b, a, c->server, &o->server, e) < 0 ||
        keys__get(b, a, p->owner, &o->repo.key, e) < 0 ||
        manifest__read(&o->repo, a, c->snap.manifest, &o->manifest, e) < 0)
        return -1;
    if (!str_eq(o->manifest.id, c->snap.id))
        return refused(e, BACKUP_DAMAGED, o->repo.name, c->server,
                       "a manifest of another snapshot");
    return 0;
}

/* --- in place --- */

struct place {
    struct backup *b;
    void *target;
};

static int write_place(void *ctx, const char *name, const struct net_source *tar, struct err *e)
{
    struct place *p = ctx;

    return p->b->d.restore_write(p->b->d.ctx, p->target, name, tar, e);
}

/* *ret_final: the error is not one of this server; another one would not help. */
static int restore_copy(struct backup *b, const struct plan *p, const struct copy *c,
                        bool *ret_final, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct opened o;
    const struct manifest *m = &o.manifest;
    struct place place = {.b = b};
    const struct backup_sink to = {write_place, &place};
    const char **names;
    struct err ignored;
    size_t i;

    *ret_final = false;
    if (open_copy(a, b, p, c, &o, e) < 0)
        return -1;
    names = arena_calloc(a, m->part_count + 1, sizeof(*names));
    for (i = 0; i < m->part_count; i++)
        names[i] = m->parts[i].name;
    *ret_final = true;
    if (b->d.restore_begin(b->d.ctx, p->deployment, names, m->part_count, &place.target, e) < 0)
        return -1;
    if (restore__parts(&o.repo, m, &to, e) < 0) {
        *ret_final = false;
        (void)!b->d.restore_end(b->d.ctx, place.target, false, &ignored);
        return -1;
    }
    return b->d.restore_end(b->d.ctx, place.target, true, e);
}

int restore__run(struct backup *b, const char *deployment, const char *snapshot, const char *server,
                 struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct copies copies;
    struct plan p;
    size_t i;

    if (!b->has_deployments)
        return failed(e, FAILED, "there is nobody to restore to");
    if (find_plan(b, a, deployment, &p, e) < 0 || find_copies(b, a, &p, snapshot, &copies, e) < 0)
        return -1;
    (void)refused(e, BACKUP_NONE);
    for (i = 0; i < copies.count; i++) {
        bool final;

        if (server && !str_eq(server, copies.items[i].server))
            continue;
        if (restore_copy(b, &p, &copies.items[i], &final, e) == 0) {
            alerts__set(b, deployment, "", "restore", NULL);
            log_info("backup", "'%s' is restored from '%s', snapshot %s", deployment,
                     copies.items[i].server, copies.items[i].snap.id);
            return 0;
        }
        if (final)
            break;
        log_warn("backup", "restoring '%s' from '%s': %s", deployment, copies.items[i].server,
                 e->msg);
    }
    alerts__set(b, deployment, "", "restore", e);
    return -1;
}

/* --- to nowhere --- */

static int test_copy(struct backup *b, const struct plan *p, const struct copy *c, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct opened o;

    if (open_copy(a, b, p, c, &o, e) < 0)
        return -1;
    return restore__parts(&o.repo, &o.manifest, NULL, e);
}

int restore__test(struct backup *b, const char *deployment, const char *snapshot,
                  const char *server, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct copies copies;
    struct plan p;
    size_t tested = 0;
    size_t i;
    int rc = 0;

    if (find_plan(b, a, deployment, &p, e) < 0 || find_copies(b, a, &p, snapshot, &copies, e) < 0)
        return -1;
    for (i = 0; i < copies.count; i++) {
        const struct copy *c = &copies.items[i];
        struct err why;
        bool well;

        if (server && !str_eq(server, c->server))
            continue;
        tested++;
        well = test_copy(b, &p, c, &why) == 0;
        /* a server that cannot be asked says nothing about what it holds */
        if (well || !why.transient)
            targets__bad(b, deployment, c->server, c->snap.id, !well);
        targets__time(b, deployment, c->server, TARGET_TESTED);
        alerts__set(b, deployment, c->server, "test", well ? NULL : &why);
        if (!well) {
            *e = why;
            rc = -1;
        }
    }
    return tested > 0 ? rc : refused(e, BACKUP_NONE);
}
