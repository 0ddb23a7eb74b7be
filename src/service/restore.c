/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "service/service_int.h"

/*
 * What backup/ asks of deployments. A restore writes a new generation of volumes while the old one
 * runs on; then the containers change over, and go back when they do not become healthy.
 */

enum { HOOK_TIMEOUT_MS = 600000, HOOK_OUTPUT = 500 };

/* The row of a live deployment, read by somebody who is not its worker. */
static int get_row(struct service *s, struct arena *a, const char *id, struct service_row *ret,
                   struct err *e)
{
    int found = rows_get(s->o.store, a, NULL, id, ret, e);

    if (found == 0 || (found > 0 && (ret->gone || ret->step == STEP_FAILED)))
        return refused(e, SERVICE_UNKNOWN, id);
    return found < 0 ? -1 : 0;
}

/* A deployment as it is, and what its package says about backups. In the arena. */
struct subject {
    struct service_row row;
    struct plan plan;
    struct package_backup *backups;
    size_t count;
};

static int load(struct service *s, struct arena *a, const char *id, struct subject *ret,
                struct err *e)
{
    struct package_vars vars = {0};

    if (get_row(s, a, id, &ret->row, e) < 0 || plan__load(s, a, &ret->row, &ret->plan, e) < 0)
        return -1;
    vars.answers = ret->plan.answers;
    vars.secrets = ret->plan.secrets;
    vars.name = ret->row.name;
    vars.deployment = ret->row.id;
    vars.host = ret->plan.host;
    vars.url = ret->plan.url;
    return package_render_backups(a, ret->plan.package, &vars, &ret->backups, &ret->count, e);
}

/* --- saving --- */

static const char *volume_mounted(const struct plan *p, const char *volume, const char **ret_path)
{
    size_t i, k;

    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].volume_count; k++)
            if (str_eq(p->containers[i].volumes[k].name, volume)) {
                *ret_path = p->containers[i].volumes[k].path;
                return p->containers[i].name;
            }
    return NULL;
}

static struct json *definition(struct arena *a, const struct service_row *row, const struct plan *p)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "name", row->name);
    json_set_str(a, v, "package", row->package);
    json_set_str(a, v, "version", row->version);
    json_set_str(a, v, "size", row->size);
    json_set(a, v, "answers", p->answers);
    json_set(a, v, "secrets", p->secrets);
    return v;
}

static int sources(void *ctx, struct arena *a, const char *id, struct backup_sources *ret,
                   struct err *e)
{
    struct backup_source *list = arena_calloc(a, BACKUP_SOURCES_MAX, sizeof(*list));
    struct subject d;
    size_t i;

    if (load(ctx, a, id, &d, e) < 0)
        return -1;
    *ret = (struct backup_sources){.items = list, .definition = definition(a, &d.row, &d.plan)};
    for (i = 0; i < d.count && ret->count < BACKUP_SOURCES_MAX; i++) {
        const char *volume = d.backups[i].volume, *path;
        const char *container = volume_mounted(&d.plan, volume, &path);

        if (container)
            list[ret->count++] =
                (struct backup_source){.name = volume,
                                       .container = plan__container(a, id, container),
                                       .volume = plan__volume(a, id, volume, d.row.generation),
                                       .path = path};
    }
    if (ret->count == 0)
        return failed(e, NOT_FOUND, "the package names nothing to back up");
    return 0;
}

static int run_hook(struct service *s, struct arena *a, const struct service_row *row,
                    const struct package_backup *b, const struct package_texts *command,
                    struct err *e)
{
    const struct docker_exec x = {
        .command = command->items, .timeout_ms = HOOK_TIMEOUT_MS, .output_max = HOOK_OUTPUT};
    struct service_engine *g = engine__of(s, row->cluster);
    const char *name = plan__container(a, row->id, b->container);
    struct docker_look look;
    const char *output;
    int status;

    if (command->count == 0)
        return 0;
    if (!g)
        return failed(e, UNAVAILABLE, "the Docker host of the deployment is not there");
    status = docker_look(g->docker, a, name, &look, e);
    if (status <= 0 || !look.running)
        return status < 0 ? -1 : 0; /* stopped: its files do not change */
    status = docker_exec_run(g->docker, a, name, &x, &output, e);
    if (status < 0)
        return -1;
    if (status > 0)
        return failed(e, FAILED, "%s ended with %d: %s", command->items[0], status, output);
    return 0;
}

static int before(void *ctx, const char *id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct subject d;
    size_t i;

    if (load(ctx, a, id, &d, e) < 0)
        return -1;
    for (i = 0; i < d.count; i++)
        if (run_hook(ctx, a, &d.row, &d.backups[i], &d.backups[i].before, e) < 0)
            return -1;
    return 0;
}

static void afterwards(void *ctx, const char *id)
{
    _arena_ struct arena *a = arena_new();
    struct service *s = ctx;
    struct subject d;
    size_t i;
    struct err e;
    struct live *l;

    if (load(s, a, id, &d, &e) == 0)
        for (i = 0; i < d.count; i++)
            if (run_hook(s, a, &d.row, &d.backups[i], &d.backups[i].after, &e) < 0)
                break;
    lock_scope(&s->lock);
    l = live__find_locked(s, id);
    if (l)
        life__kick_locked(l);
}

static int open_source(void *ctx, const char *id, const struct backup_source *src,
                       struct backup_stream *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service *s = ctx;
    struct service_engine *g;
    struct service_row row;
    struct stream *stream;

    if (get_row(s, a, id, &row, e) < 0)
        return -1;
    g = engine__of(s, row.cluster);
    if (!g)
        return failed(e, UNAVAILABLE, "the Docker host of the deployment is not there");
    if (docker_archive_get(g->docker, src->container, arena_printf(a, "%s/.", src->path), &stream,
                           e) < 0)
        return -1;
    *ret = backup_stream_of(stream);
    return 0;
}

/* --- restoring in place --- */

/* New volumes, and a container that is never started through which they are written. */
struct target {
    struct arena *arena;
    struct service *service;
    struct service_engine *engine;
    struct service_row row;
    int64_t generation;
    const char *writer;
    const char **names;
    size_t count;
};

static void target_free(struct target *t)
{
    arena_free(t->arena);
    free(t);
}

static struct docker_label *labels_of(struct arena *a, const struct service_row *row,
                                      const char *node)
{
    struct docker_label *l = arena_calloc(a, 4, sizeof(*l));

    l[0] = (struct docker_label){"atoll.deployment", row->id};
    l[1] = (struct docker_label){"atoll.owner", row->owner};
    l[2] = (struct docker_label){"atoll.node", node};
    return l;
}

/* Mounted at /0, /1, ...: the name of a part is its index in t->names. */
static int make_writer(struct target *t, const char *image, struct err *e)
{
    struct arena *a = t->arena;
    const struct docker_label *labels = labels_of(a, &t->row, t->service->o.node);
    struct docker_mount *mounts = arena_calloc(a, t->count + 1, sizeof(*mounts));
    struct docker_spec spec = {.image = image, .labels = labels, .mounts = mounts};
    char id[DOCKER_ID_SIZE];
    size_t i;

    t->writer = arena_printf(a, "atoll-w-%.8s", t->row.id);
    if (docker_remove(t->engine->docker, t->writer, e) < 0)
        return -1;
    for (i = 0; i < t->count; i++) {
        const char *volume = plan__volume(a, t->row.id, t->names[i], t->generation);

        if (docker_volume_remove(t->engine->docker, volume, e) < 0 ||
            docker_volume_make(t->engine->docker, volume, labels, e) < 0)
            return -1;
        mounts[i] = (struct docker_mount){volume, arena_printf(a, "/%zu", i), false};
    }
    spec.name = t->writer;
    spec.mount_count = t->count;
    return docker_spec_create(t->engine->docker, &spec, id, e);
}

/* Every volume of the deployment gets a new one; those without a part begin empty. */
static void name_volumes(struct target *t, const struct plan *p)
{
    size_t i, k, n;

    t->names = arena_calloc(t->arena, PACKAGE_LIST_MAX, sizeof(*t->names));
    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].volume_count; k++) {
            const char *name = p->containers[i].volumes[k].name;

            for (n = 0; n < t->count && !str_eq(t->names[n], name); n++)
                ;
            if (n == t->count && n < PACKAGE_LIST_MAX)
                t->names[t->count++] = name;
        }
}

static struct live *find_idle_locked(struct service *s, const char *id)
{
    struct live *l = live__find_locked(s, id);

    return l && l->step == STEP_RUNNING && !l->wants_again ? l : NULL;
}

static int restore_begin(void *ctx, const char *id, const char *const *names, size_t count,
                         void **ret_target, struct err *e)
{
    struct target *t = xcalloc(1, sizeof(*t));
    struct subject d;
    bool idle;

    (void)names;
    (void)count;
    t->arena = arena_new();
    t->service = ctx;
    {
        lock_scope(&t->service->lock);
        idle = find_idle_locked(t->service, id) != NULL;
    }
    if (!idle) {
        target_free(t);
        return refused(e, SERVICE_STATE, "not running", "restored");
    }
    if (load(t->service, t->arena, id, &d, e) < 0) {
        target_free(t);
        return -1;
    }
    t->row = d.row;
    t->engine = engine__of(t->service, t->row.cluster);
    t->generation = t->row.generation + 1;
    name_volumes(t, &d.plan);
    if (!t->engine || make_writer(t, d.plan.containers[0].image, e) < 0) {
        target_free(t);
        return -1;
    }
    *ret_target = t;
    return 0;
}

static int restore_write(void *ctx, void *target, const char *name, const struct net_source *tar,
                         struct err *e)
{
    struct target *t = target;
    size_t i;

    (void)ctx;
    for (i = 0; i < t->count; i++)
        if (str_eq(t->names[i], name))
            return docker_archive_put(t->engine->docker, t->writer,
                                      arena_printf(t->arena, "/%zu", i), tar, e);
    return failed(e, NOT_FOUND, "the package has no volume '%s' any more", name);
}

static int remove_volumes(struct target *t, int64_t generation, struct err *e)
{
    size_t i;

    for (i = 0; i < t->count; i++)
        if (docker_volume_remove(t->engine->docker,
                                 plan__volume(t->arena, t->row.id, t->names[i], generation), e) < 0)
            return -1;
    return 0;
}

/* Tells the worker, and waits until the deployment runs on them or on the old ones again. */
static int change_over(struct target *t, struct err *e)
{
    struct service *s = t->service;
    struct live *l;

    lock_scope(&s->lock);
    l = find_idle_locked(s, t->row.id);
    if (!l)
        return refused(e, SERVICE_STATE, "not running", "restored");
    l->wants_again = true;
    l->outcome = 0;
    life__kick_locked(l);
    while ((l = live__find_locked(s, t->row.id)) && l->outcome == 0 && !s->ending)
        (void)cond_wait_ms(&s->ended, &s->lock, 1000);
    if (l && l->outcome > 0)
        return 0;
    return failed(e, FAILED, "the deployment did not become healthy with what was restored");
}

static int restore_end(void *ctx, void *target, bool ok, struct err *e)
{
    struct target *t = target;
    struct err ignored;
    int r = 0;

    (void)ctx;
    if (docker_remove(t->engine->docker, t->writer, e) < 0)
        r = -1;
    else if (ok)
        r = change_over(t, e);
    if ((!ok || r < 0) && remove_volumes(t, t->generation, &ignored) < 0 && r == 0 && !ok) {
        *e = ignored;
        r = -1;
    }
    target_free(t);
    return r;
}

int restore__switch(struct live *l)
{
    l->row.old_generation = l->row.generation;
    l->row.generation++;
    l->row.mode = MODE_RESTORE;
    life__set_reason(l, NULL);
    return STEP_REPLACE;
}

void restore__done(struct live *l, bool well)
{
    lock_scope(&l->service->lock);
    if (!l->wants_again)
        return;
    l->wants_again = false;
    l->outcome = well ? 1 : -1;
    pthread_cond_broadcast(&l->service->ended);
}

/* --- moving here from another node --- */

static int fill_write(void *ctx, const char *name, const struct net_source *tar, struct err *e)
{
    return restore_write(NULL, ctx, name, tar, e);
}

int restore__fill(struct live *l, struct err *e)
{
    struct target *t = xcalloc(1, sizeof(*t));
    struct backup_sink sink = {fill_write, t};
    struct plan p;
    struct err ignored;
    int r = -1;

    t->arena = arena_new();
    t->service = l->service;
    t->engine = l->engine;
    t->row = l->row;
    t->generation = l->row.generation;
    if (!l->service->o.backup) {
        (void)failed(e, FAILED, "this node keeps no backups");
    } else if (plan__load(l->service, t->arena, &l->row, &p, e) == 0) {
        name_volumes(t, &p);
        r = make_writer(t, p.containers[0].image, e);
        if (r == 0)
            r = backup_fill(l->service->o.backup, l->row.import, l->id, &sink, e);
        if (docker_remove(l->engine->docker, t->writer, &ignored) < 0 && r == 0) {
            *e = ignored;
            r = -1;
        }
    }
    target_free(t);
    return r;
}

static int adopt(void *ctx, struct arena *a, const struct backup_adoption *from,
                 const char **ret_deployment, struct err *e)
{
    const struct json *d = from->definition, *w = from->wishes;
    struct service_request r = {
        .owner = from->owner,
        .package = json_get_str(d, "package", ""),
        .version = json_get_str(d, "version", NULL),
        .name = json_get_str(w, "name", json_get_str(d, "name", "")),
        .size = json_get_str(w, "size", json_get_str(d, "size", "")),
        .pool = json_get_str(w, "pool", ""),
        .answers = json_get(d, "answers"),
        .ends = json_get_int(w, "ends", 0),
    };
    char id[SERVICE_ID_SIZE];

    r.import = from->import;
    r.secrets = json_get(d, "secrets");
    if (service_deploy(ctx, &r, id, e) < 0)
        return -1;
    *ret_deployment = arena_strdup(a, id);
    return 0;
}

void restore__listen(struct service *s)
{
    const struct backup_deployments d = {.ctx = s,
                                         .sources = sources,
                                         .begin = before,
                                         .end = afterwards,
                                         .open = open_source,
                                         .restore_begin = restore_begin,
                                         .restore_write = restore_write,
                                         .restore_end = restore_end,
                                         .adopt = adopt};

    if (s->o.backup)
        backup_set_deployments(s->o.backup, &d);
}
