/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One backup of one deployment to all servers. Each source is read once and given to a restic for
 * each server; a server that fails is left behind, and the others go on. What comes after the
 * snapshot (what is no longer kept, checks, restore tests) is done for each server by itself.
 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/program.h"
#include "base/str.h"
#include "crypto/random.h"

enum { PIECE = 262144, PRUNE_EVERY_MS = 86400000 };

struct run;

/* One server of a run. */
struct lane {
    struct run *run;
    struct arena *arena; /* a lane may be on a thread of its own */
    const struct server *server;
    struct repo repo;
    bool failed; /* why is set */
    struct err why;
    struct program *proc; /* of the part under way */
    struct part parts[BACKUP_PARTS_MAX];
};

struct run {
    struct backup *b;
    struct arena *arena;
    const struct plan *plan;
    char id[BACKUP_ID_SIZE];
    int64_t at;
    struct lane lanes[BACKUP_SERVERS_MAX];
    size_t lane_count;
    struct backup_sources sources;
    int64_t size; /* of all parts */
};

static bool is_node(const struct run *r)
{
    return str_eq(r->plan->deployment, BACKUP_NODE);
}

static void lane_failed(struct lane *l, const struct err *why)
{
    if (l->failed)
        return;
    l->failed = true;
    l->why = *why;
}

/* Does something for each server, all at a time. */
static void each_lane(struct run *r, void *(*work)(void *lane))
{
    pthread_t threads[BACKUP_SERVERS_MAX];
    size_t i;

    for (i = 0; i < r->lane_count; i++)
        thread_start(&threads[i], "backup-lane", work, &r->lanes[i]);
    for (i = 0; i < r->lane_count; i++)
        (void)pthread_join(threads[i], NULL);
}

static size_t alive(const struct run *r)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < r->lane_count; i++)
        n += !r->lanes[i].failed;
    return n;
}

/* --- before: a repository that opens --- */

static int open_repo(const struct repo *repo, struct err *e)
{
    bool there;

    if (restic__open(repo, &there, e) < 0)
        return -1;
    return there ? 0 : restic__init(repo, e);
}

static void *open_lane(void *arg)
{
    struct lane *l = arg;
    struct err why;

    if (open_repo(&l->repo, &why) < 0)
        lane_failed(l, &why);
    return NULL;
}

static int open_lanes(struct run *r, struct err *e)
{
    struct server *all;
    size_t count;
    const char *key;
    size_t i;

    if (servers__all(r->b, r->arena, &all, &count, e) < 0 ||
        keys__get(r->b, r->arena, r->plan->owner, &key, e) < 0)
        return -1;
    if (count == 0)
        return refused(e, BACKUP_SERVERS);
    r->lane_count = count;
    for (i = 0; i < count; i++) {
        struct lane *l = &r->lanes[i];

        l->run = r;
        l->arena = arena_new();
        l->server = &all[i];
        l->repo = (struct repo){r->b, &all[i],
                                plans__repository(r->b, r->arena, r->plan->deployment), key};
    }
    each_lane(r, open_lane);
    return 0;
}

/* --- the parts --- */

static void start_procs(struct run *r, const char *file, const struct save_tags *tags)
{
    size_t i;

    for (i = 0; i < r->lane_count; i++) {
        struct lane *l = &r->lanes[i];
        struct err why;

        if (!l->failed && restic__save(&l->repo, file, tags, &l->proc, &why) < 0)
            lane_failed(l, &why);
    }
}

/*
 * Kills what runs. An input that ends early would be a whole file to restic; that such a piece has
 * no manifest is the second belt.
 */
static void kill_procs(struct run *r)
{
    size_t i;

    for (i = 0; i < r->lane_count; i++) {
        program_free(r->lanes[i].proc);
        r->lanes[i].proc = NULL;
    }
}

static int feed(struct run *r, const void *p, size_t n, struct err *e)
{
    struct program *procs[BACKUP_SERVERS_MAX] = {NULL};
    size_t i;

    for (i = 0; i < r->lane_count; i++)
        procs[i] = r->lanes[i].failed ? NULL : r->lanes[i].proc;
    return program_feed(procs, r->lane_count, p, n, r->b->o.stall_ms, e);
}

/* Waits for all; the ids of what they saved. */
static void end_procs(struct run *r, size_t part, const struct part *what)
{
    size_t i;

    for (i = 0; i < r->lane_count; i++) {
        struct lane *l = &r->lanes[i];
        struct err why;
        const char *id;

        if (!l->failed && l->proc) {
            if (restic__saved(&l->repo, r->arena, l->proc, &id, &why) < 0)
                lane_failed(l, &why);
            else if (what) {
                l->parts[part] = *what;
                l->parts[part].restic_id = id;
            }
        }
        program_free(l->proc);
        l->proc = NULL;
    }
}

/* From the source to all servers, and the hash of what went by. */
static int pour(struct run *r, struct backup_stream *s, struct part *ret, struct err *e)
{
    _free_ char *piece = xmalloc(PIECE);
    struct sha256_ctx hash;
    int64_t n;

    sha256_start(&hash);
    ret->size = 0;
    while ((n = s->read(s->ctx, piece, PIECE, e)) > 0) {
        sha256_add(&hash, piece, (size_t)n);
        ret->size += n;
        if (feed(r, piece, (size_t)n, e) < 0)
            return 1; /* the lanes know why */
    }
    if (n < 0)
        return err_wrap(e, "reading '%s'", ret->name);
    ret->sha256 = sha256_end(&hash);
    return 0;
}

static int open_source(struct run *r, const struct backup_source *s, struct backup_stream *ret,
                       struct err *e)
{
    if (is_node(r))
        return r->b->state.open(r->b->state.ctx, ret, e);
    return r->b->d.open(r->b->d.ctx, r->plan->deployment, s, ret, e);
}

static int save_part(struct run *r, size_t i, struct err *e)
{
    const struct backup_source *s = &r->sources.items[i];
    const struct save_tags tags = {r->id, r->at, -1};
    struct part part = {.name = s->name};
    struct backup_stream stream;
    int rc;

    if (open_source(r, s, &stream, e) < 0)
        return err_wrap(e, "reading '%s'", s->name);
    start_procs(r, arena_printf(r->arena, "/%s.tar", s->name), &tags);
    rc = alive(r) > 0 ? pour(r, &stream, &part, e) : 1;
    stream.close(stream.ctx);
    if (rc < 0) {
        kill_procs(r);
        return -1;
    }
    end_procs(r, i, &part);
    r->size += part.size;
    return 0;
}

static int read_sources(struct run *r, struct err *e)
{
    static const struct backup_source node = {.name = "state"};
    size_t i;

    if (is_node(r)) {
        r->sources = (struct backup_sources){&node, 1, NULL};
        return 0;
    }
    if (r->b->d.sources(r->b->d.ctx, r->arena, r->plan->deployment, &r->sources, e) < 0)
        return -1;
    if (r->sources.count == 0 || r->sources.count > BACKUP_SOURCES_MAX)
        return failed(e, INVALID, "a deployment has 1 to %d things to back up, not %zu",
                      BACKUP_SOURCES_MAX, r->sources.count);
    for (i = 0; i < r->sources.count; i++)
        if (!names__plain(r->sources.items[i].name, BACKUP_ID_MAX))
            return failed(e, INVALID, "'%.80s' cannot be the name of a backup",
                          r->sources.items[i].name);
    return 0;
}

static int save_parts(struct run *r, struct err *e)
{
    size_t i;

    if (read_sources(r, e) < 0)
        return -1;
    for (i = 0; i < r->sources.count && alive(r) > 0; i++)
        if (save_part(r, i, e) < 0)
            return -1;
    return 0;
}

/* The deployment is told before and after, however it goes. */
static int save_sources(struct run *r, struct err *e)
{
    const struct backup_deployments *d = &r->b->d;
    int rc;

    if (is_node(r) || !d->begin)
        return save_parts(r, e);
    if (d->begin(d->ctx, r->plan->deployment, e) < 0)
        return -1;
    rc = save_parts(r, e);
    if (d->end)
        d->end(d->ctx, r->plan->deployment);
    return rc;
}

/* Each server's own: restic's ids differ. With it the snapshot exists. */
static int save_manifest(struct run *r, struct lane *l, struct err *e)
{
    const struct manifest m = {.id = r->id,
                               .deployment = r->plan->deployment,
                               .at = r->at,
                               .parts = l->parts,
                               .part_count = r->sources.count,
                               .definition = r->sources.definition};
    const struct save_tags tags = {r->id, r->at, r->size};
    const char *text = manifest__text(l->arena, &m);
    _program_ struct program *p = NULL;
    const char *id;

    if (strlen(text) > BACKUP_MANIFEST_MAX)
        return failed(e, TOO_LARGE, "what describes the deployment is too large for a backup");
    if (restic__save(&l->repo, "/manifest.json", &tags, &p, e) < 0)
        return -1;
    /* a restic that ends early says why when it is asked */
    if (program_feed(&p, 1, text, strlen(text), r->b->o.stall_ms, e) < 0 && program_alive(p))
        return -1;
    return restic__saved(&l->repo, l->arena, p, &id, e);
}

/* --- after --- */

/* restic's ids of what goes: snapshots that are not kept, and pieces of no snapshot. */
static size_t choose(const struct run *r, struct lane *l, struct snaps *s, const char **ids)
{
    int64_t *times = arena_calloc(l->arena, s->count + 1, sizeof(*times));
    bool *keep = arena_calloc(l->arena, s->count + 1, sizeof(*keep));
    size_t n = 0;
    size_t kept = 0;
    size_t i;
    size_t k;

    for (i = 0; i < s->count; i++)
        times[i] = s->items[i].at;
    retain_select(&r->plan->retention, times, s->count, keep);
    for (k = 0; k < s->piece_count; k++) {
        bool stays = false;

        for (i = 0; i < s->count; i++)
            stays = stays || (keep[i] && str_eq(s->items[i].id, s->pieces[k].id));
        if (!stays)
            ids[n++] = s->pieces[k].restic_id;
    }
    for (i = 0; i < s->count; i++)
        if (keep[i])
            s->items[kept++] = s->items[i];
    s->count = kept;
    return n;
}

/* Forgets, and writes down what is there. */
static int tidy(struct run *r, struct lane *l, const struct target *t, struct err *e)
{
    struct snaps s;
    const char **ids;
    size_t n;

    if (restic__list(&l->repo, l->arena, &s, e) < 0)
        return -1;
    ids = arena_calloc(l->arena, s.piece_count + 1, sizeof(*ids));
    n = choose(r, l, &s, ids);
    if (n > 0 && restic__forget(&l->repo, ids, n, e) < 0)
        return -1;
    if (targets__store(r->b, r->plan->deployment, l->server->name, &s, e) < 0)
        return -1;
    if (n > 0 && clock_ms() - t->times[TARGET_PRUNED] > PRUNE_EVERY_MS) {
        if (restic__do(&l->repo, "prune", e) < 0)
            return -1;
        targets__time(r->b, r->plan->deployment, l->server->name, TARGET_PRUNED);
    }
    return 0;
}

static bool is_due(int64_t last, int64_t every)
{
    return every > 0 && clock_ms() - last > every;
}

/* `restic check` and the restore test, each at its own pace; what they find is an alert. */
static void prove(struct run *r, struct lane *l, const struct target *t)
{
    const struct backup_options *o = &r->b->o;
    const char *deployment = r->plan->deployment;
    struct err why;

    if (is_due(t->times[TARGET_CHECKED], o->check_every_ms)) {
        bool well = restic__do(&l->repo, "check", &why) == 0;

        alerts__set(r->b, deployment, l->server->name, "check", well ? NULL : &why);
        targets__time(r->b, deployment, l->server->name, TARGET_CHECKED);
    }
    if (is_due(t->times[TARGET_TESTED], o->test_every_ms))
        (void)!restore__test(r->b, deployment, r->id, l->server->name, &why);
}

static void *finish_lane(void *arg)
{
    struct lane *l = arg;
    struct run *r = l->run;
    const char *deployment = r->plan->deployment;
    struct target t;
    struct err why;

    if (!l->failed && (save_manifest(r, l, &why) < 0 ||
                       targets__find(r->b, deployment, l->server->name, &t, &why) < 0 ||
                       tidy(r, l, &t, &why) < 0))
        lane_failed(l, &why);
    targets__note(r->b, deployment, l->server->name, l->failed ? &l->why : NULL);
    servers__note(r->b, l->server->name, l->failed ? &l->why : NULL);
    if (!l->failed)
        prove(r, l, &t);
    return NULL;
}

/* The first server's reason, when no server has the backup. */
static int verdict(const struct run *r, struct err *e)
{
    size_t i;

    if (alive(r) > 0)
        return 0;
    for (i = 0; i < r->lane_count; i++)
        if (r->lanes[i].failed) {
            *e = r->lanes[i].why;
            return -1;
        }
    return refused(e, BACKUP_SERVERS);
}

static int save_all(struct run *r, struct err *e)
{
    if (open_lanes(r, e) < 0)
        return -1;
    if (alive(r) > 0 && save_sources(r, e) < 0)
        return -1;
    each_lane(r, finish_lane);
    return verdict(r, e);
}

/* The source's fault, or nobody's to send it to: it is about the deployment, not about a server. */
static void tell(struct run *r, int rc, const struct err *why)
{
    if (rc == 0)
        alerts__set(r->b, r->plan->deployment, "", "backup", NULL);
    else if (r->lane_count == 0 || alive(r) > 0)
        alerts__set(r->b, r->plan->deployment, "", "backup", why);
}

int save__run(struct backup *b, const struct plan *p, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct run *r = arena_calloc(a, 1, sizeof(*r));
    uint8_t raw[(BACKUP_ID_SIZE - 1) / 2];
    size_t i;
    int rc;

    r->b = b;
    r->arena = a;
    r->plan = p;
    r->at = clock_ms();
    random_bytes(raw, sizeof(raw));
    hex_encode(raw, sizeof(raw), r->id);
    if (!is_node(r) && !b->has_deployments)
        return failed(e, FAILED, "there is nobody to ask about deployments");
    if (is_node(r) && !b->state.open)
        return failed(e, FAILED, "the node's own state is not backed up here");
    rc = save_all(r, e);
    tell(r, rc, e);
    for (i = 0; i < r->lane_count; i++)
        arena_free(r->lanes[i].arena);
    return rc;
}
