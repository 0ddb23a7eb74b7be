/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "service/service_int.h"

/* The parts around the steps: engines, the clock, rounds, start and end. */

enum { WORKERS = 16, BACKLOG = 65536, BEAT_MS = 15000, ROUND_MS = 300000, PURGE_MS = 3600000 };

#define LABEL "atoll.deployment"

/* --- deployments --- */

static void run_item(struct pool_item *item)
{
    life__run(container_of(item, struct live, item));
}

static void keep_texts(struct live *l)
{
    const char **const texts[] = {&l->row.id,      &l->row.owner,   &l->row.name,
                                  &l->row.package, &l->row.title,   &l->row.pool,
                                  &l->row.env,     &l->row.cluster, &l->row.import};
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i])
            *texts[i] = arena_strdup(l->arena, *texts[i]);
    l->row.answers = l->row.secrets = NULL;
}

struct live *live__new(struct service *s, struct service_engine *g, const struct service_row *row)
{
    struct live *l = xcalloc(1, sizeof(*l));

    l->service = s;
    l->engine = g;
    l->arena = arena_new();
    l->row = *row;
    keep_texts(l);
    l->step = row->step;
    l->mode = row->mode;
    l->wish = row->wish;
    l->ends = row->ends;
    l->disk = -1;
    atomic_store(&l->percent, -1);
    atomic_store(&l->stop, row->wish == WISH_DELETE);
    str_copy(l->wish_arg, sizeof(l->wish_arg), row->wish_arg);
    str_copy(l->id, sizeof(l->id), row->id);
    str_copy(l->owner, sizeof(l->owner), row->owner);
    l->item.run = run_item;
    l->blind = true;
    list_init(&l->link);
    list_init(&l->item.link);
    return l;
}

void live__free(struct live *l)
{
    if (!l)
        return;
    arena_free(l->watch_arena);
    arena_free(l->arena);
    free(l);
}

struct live *live__find_locked(struct service *s, const char *id)
{
    struct list *item, *next;

    list_for_each(item, next, &s->live)
    {
        struct live *l = container_of(item, struct live, link);

        if (str_eq(l->id, id))
            return l;
    }
    return NULL;
}

struct service_engine *engine__of(struct service *s, const char *cluster)
{
    size_t i;

    for (i = 0; i < s->engine_count; i++)
        if (str_eq(s->engine[i].cluster, cluster))
            return &s->engine[i];
    return NULL;
}

void service__policy(const struct service *s, struct service_policy *ret)
{
    s->o.policy(s->o.ctx, ret);
}

/* --- what wakes them --- */

static void on_event(void *ctx, const struct docker_event *ev)
{
    struct service_engine *g = ctx;
    struct service *s = g->service;
    struct list *item, *next;

    if (ev->what == DOCKER_RECONNECTED)
        firewall_doubt(g->firewall);
    lock_scope(&s->lock);
    if (ev->what == DOCKER_RECONNECTED)
        s->round_at = 0; /* the host's rules may have been made anew */
    list_for_each(item, next, &s->live)
    {
        struct live *l = container_of(item, struct live, link);

        if (l->engine != g || (ev->what != DOCKER_RECONNECTED && !str_eq(l->id, ev->label)))
            continue;
        atomic_store(&l->look, true);
        life__kick_locked(l);
    }
    pthread_cond_signal(&s->wake);
}

/* --- rounds: the guard of the network, and how large volumes are --- */

static bool has_bridges(struct service *s, const struct service_engine *g)
{
    struct list *item, *next;

    lock_scope(&s->lock);
    list_for_each(item, next, &s->live)
    {
        const struct live *l = container_of(item, struct live, link);

        if (l->engine == g && l->step != STEP_FAILED && l->step >= STEP_VOLUMES)
            return true;
    }
    return false;
}

static int64_t sum_sizes(const struct json *sizes, const char *id)
{
    _arena_ struct arena *a = arena_new();
    const char *prefix = arena_printf(a, "atoll-v-%.8s-", id);
    int64_t sum = 0, n;
    size_t i;

    for (i = 0; i < json_len(sizes); i++)
        if (str_starts(json_key(sizes, i), prefix) && json_int(json_value(sizes, i), &n) && n > 0)
            sum += n;
    return sum;
}

static void note_sizes(struct service *s, const struct service_engine *g, const struct json *sizes)
{
    struct list *item, *next;

    lock_scope(&s->lock);
    list_for_each(item, next, &s->live)
    {
        struct live *l = container_of(item, struct live, link);

        if (l->engine == g)
            l->disk = sum_sizes(sizes, l->id);
    }
}

static void run_round(struct pool_item *item)
{
    struct service *s = container_of(item, struct service, round);
    _arena_ struct arena *a = arena_new();
    size_t i;

    for (i = 0; i < s->engine_count; i++) {
        struct service_engine *g = &s->engine[i];
        struct json *sizes;
        struct err e;

        if (!has_bridges(s, g))
            continue;
        if (firewall_ensure(g->firewall, &e) < 0)
            log_error("service", "%s", e.msg);
        if (docker_volume_sizes(g->docker, a, &sizes, &e) < 0)
            log_verbose("service", "%s", e.msg);
        else
            note_sizes(s, g, sizes);
    }
    lock_scope(&s->lock);
    s->rounding = false;
}

/* --- the clock --- */

static void purge(struct service *s)
{
    struct service_policy policy;
    struct err e;

    service__policy(s, &policy);
    if (rows_purge(s->o.store, clock_ms() - policy.forget_s * 1000, &e) < 0)
        log_warn("service", "deployments that are gone: %s", e.msg);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t serve_due_locked(struct service *s, int64_t now)
{
    int64_t wait = BEAT_MS;
    struct list *item, *next;

    list_for_each(item, next, &s->live)
    {
        struct live *l = container_of(item, struct live, link);

        if (l->due && l->due <= now) {
            l->due = 0;
            life__kick_locked(l);
        }
        if (l->due)
            wait = sooner(wait, l->due - now);
    }
    return wait;
}

static int64_t serve_locked(struct service *s)
{
    int64_t now = clock_mono_ms();

    if (s->beat_at <= now) {
        stream__beat_locked(s);
        s->beat_at = now + BEAT_MS;
    }
    if (s->round_at <= now && !s->rounding) {
        s->rounding = pool_run(s->pool, &s->round);
        s->round_at = now + ROUND_MS;
    }
    return serve_due_locked(s, now);
}

static void *clock_run(void *arg)
{
    struct service *s = arg;

    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        int64_t wait = serve_locked(s);

        if (s->purge_at <= clock_mono_ms()) {
            s->purge_at = clock_mono_ms() + PURGE_MS;
            pthread_mutex_unlock(&s->lock);
            purge(s);
            pthread_mutex_lock(&s->lock);
            continue;
        }
        (void)cond_wait_ms(&s->wake, &s->lock, wait);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- life --- */

static void find_engines(struct service *s)
{
    const struct compute_env *env;
    size_t i;

    s->engine = arena_calloc(s->arena, ENGINES_MAX, sizeof(*s->engine));
    for (i = 0; s->o.compute && (env = compute_env_at(s->o.compute, i)); i++) {
        const char *cluster = compute_env_info(env)->cluster;
        struct service_engine *g = &s->engine[s->engine_count];

        if (engine__of(s, cluster) || s->engine_count == ENGINES_MAX)
            continue;
        g->service = s;
        g->cluster = cluster;
        g->docker = compute_docker(s->o.compute, cluster);
        g->firewall = firewall_new(g->docker, s->o.node);
        pthread_mutex_init(&g->network, NULL);
        s->engine_count++;
    }
}

int service_new(const struct service_options *o, struct service **ret, struct err *e)
{
    struct service *s = xcalloc(1, sizeof(*s));

    (void)e;
    s->o = *o;
    s->arena = arena_new();
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->asks, NULL);
    cond_init(&s->wake);
    cond_init(&s->ended);
    list_init(&s->live);
    list_init(&s->followers);
    list_init(&s->round.link);
    s->round.run = run_round;
    s->round_at = clock_mono_ms() + BEAT_MS;
    s->purge_at = clock_mono_ms() + BEAT_MS;
    find_engines(s);
    s->shells = shells__new(s);
    money__listen(s);
    restore__listen(s);
    *ret = s;
    return 0;
}

static bool holds_resources(int step)
{
    return step != STEP_STOPPED && step != STEP_GRACE && step != STEP_FAILED;
}

/* One of an earlier process. Its claim counts also when it would not fit any more. */
static void resume(struct service *s, const struct service_row *row)
{
    _arena_ struct arena *a = arena_new();
    struct service_engine *g = engine__of(s, row->cluster);
    const struct compute_env *env;
    struct compute_resources r;
    struct err e;
    struct live *l;

    if (!g) {
        log_warn("service", "deployment %s waits: its Docker host is not configured", row->id);
        return;
    }
    if (holds_resources(row->step) && plan__resources(s, a, row, &env, &r, &e) > 0) {
        const struct compute_claim c = {row->id, env, &r, true};

        if (compute_claim(s->o.compute, &c, &e) < 0)
            log_warn("service", "deployment %s: %s", row->id, e.msg);
    }
    l = live__new(s, g, row);
    lock_scope(&s->lock);
    list_push(&s->live, &l->link);
}

int service_run(struct service *s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_rows rows;
    struct list *item, *next;
    size_t i;

    if (rows_list(s->o.store, a, NULL, &rows, e) < 0)
        return -1;
    for (i = 0; i < rows.count; i++)
        resume(s, &rows.item[i]);
    s->pool = pool_new("service", WORKERS, BACKLOG);
    for (i = 0; i < s->engine_count; i++)
        if (docker_events_open(s->engine[i].docker, LABEL, on_event, &s->engine[i],
                               &s->engine[i].events, e) < 0)
            return -1;
    thread_start(&s->clock, "service", clock_run, s);
    lock_scope(&s->lock);
    s->started = true;
    list_for_each(item, next, &s->live) life__kick_locked(container_of(item, struct live, link));
    return 0;
}

void service_stop(struct service *s)
{
    bool started;
    size_t i;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    started = s->started;
    s->started = false;
    pthread_cond_broadcast(&s->wake);
    pthread_cond_broadcast(&s->ended);
    pthread_mutex_unlock(&s->lock);
    if (started)
        pthread_join(s->clock, NULL);
    for (i = 0; i < s->engine_count; i++) {
        docker_events_close(s->engine[i].events);
        s->engine[i].events = NULL;
    }
    pool_free(s->pool);
    s->pool = NULL;
}

void service_free(struct service *s)
{
    struct list *item;
    size_t i;

    if (!s)
        return;
    service_stop(s);
    shells__free(s->shells);
    while ((item = list_pop(&s->live)))
        live__free(container_of(item, struct live, link));
    for (i = 0; i < s->engine_count; i++) {
        firewall_free(s->engine[i].firewall);
        pthread_mutex_destroy(&s->engine[i].network);
    }
    pthread_cond_destroy(&s->ended);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->asks);
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
    free(s);
}
