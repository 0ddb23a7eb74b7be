/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "service/service_int.h"

/* While it runs: health, restarts with back-off, samples for the charts, the end of its time. */

enum {
    RESTART_FIRST_MS = 1000,
    RESTART_MOST_MS = 300000,
    QUIET_MS = 600000, /* so long without trouble, and the back-off begins anew */
    SAMPLE_MS = 20000,
    LAYER_MS = 300000,
    AGAIN_MS = 5000,
    STOP_GRACE_S = 10
};

/* --- health --- */

static void plan_restart(struct live *l, struct watch *w, const char *why)
{
    int64_t pause = (int64_t)RESTART_FIRST_MS << (w->restarts < 9 ? w->restarts : 9);
    _arena_ struct arena *a = arena_new();

    pause = pause < RESTART_MOST_MS ? pause : RESTART_MOST_MS;
    w->restarts++;
    w->healthy = false;
    w->failures = 0;
    w->restart_at = clock_mono_ms() + pause;
    life__note(l, "restart",
               arena_printf(a, "container %s %s; it is started again in %lld s", w->name, why,
                            (long long)(pause / 1000)));
}

static int restart(struct live *l, size_t i, struct err *e)
{
    struct watch *w = &l->watch[i];

    if (docker_stop(l->engine->docker, w->container, STOP_GRACE_S, e) < 0 ||
        containers__start(l, i, e) < 0)
        return -1;
    w->restart_at = 0;
    w->started = clock_mono_ms();
    w->probe_at = w->started + w->interval_ms;
    w->stats.at_ms = 0;
    return route__apply(l, e);
}

static void probe(struct live *l, struct watch *w, const struct docker_look *look)
{
    _arena_ struct arena *a = arena_new();
    struct err why = {0};

    if (w->probe_at > clock_mono_ms())
        return;
    w->probe_at = clock_mono_ms() + w->interval_ms;
    if (probe__healthy(l, w, look->ip, &why)) {
        w->healthy = true;
        w->failures = 0;
        if (w->restarts > 0 && clock_mono_ms() - w->started > QUIET_MS)
            w->restarts = 0;
        return;
    }
    w->failures++;
    if (w->failures >= w->retries && clock_ms() - look->started_ms > w->start_ms)
        plan_restart(l, w, arena_printf(a, "is not healthy (%s)", why.msg));
}

/* 1 = its container is gone: all of them are made anew. */
static int tend(struct live *l, size_t i, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct watch *w = &l->watch[i];
    struct docker_look look;
    int found;

    if (w->restart_at) {
        if (w->restart_at > clock_mono_ms())
            return 0;
        if (restart(l, i, e) == 0)
            return 0;
        return e->code == ERR_NOT_FOUND ? 1 : -1;
    }
    found = docker_look(l->engine->docker, a, w->container, &look, e);
    if (found < 0 || idle__found(l, found > 0 ? &look : NULL, e) < 0)
        return -1;
    if (found == 0)
        return 1;
    w->ran_from = look.started_ms;
    if (look.running && !w->running && w->started == 0)
        w->healthy = true; /* an earlier process knew it as that */
    w->running = look.running;
    if (!look.running)
        plan_restart(l, w,
                     look.oom_killed ? "needed more memory than its size has"
                                     : arena_printf(a, "ended with status %d", look.exit_code));
    else
        probe(l, w, &look);
    return 0;
}

static const char *health_of(const struct live *l)
{
    bool checks = false;
    size_t i;

    for (i = 0; i < l->watch_count; i++) {
        if (l->watch[i].restart_at || !l->watch[i].running)
            return "unhealthy";
        if (!l->watch[i].healthy)
            return "starting";
        checks = checks || l->watch[i].kind != HEALTH_NONE;
    }
    return checks ? "healthy" : "none";
}

static bool all_run(const struct live *l)
{
    size_t i;

    for (i = 0; i < l->watch_count; i++)
        if (l->watch[i].restart_at || !l->watch[i].running)
            return false;
    return true;
}

static void show(struct live *l)
{
    size_t i;

    lock_scope(&l->service->lock);
    for (i = 0; i < l->watch_count; i++) {
        const struct watch *w = &l->watch[i];

        l->shown[i].restarts = w->restarts;
        l->shown[i].health = w->restart_at                ? "unhealthy"
                             : w->kind == HEALTH_NONE     ? "none"
                             : w->healthy && !w->failures ? "healthy"
                             : w->healthy                 ? "unhealthy"
                                                          : "starting";
    }
}

static int tend_all(struct live *l, struct err *e)
{
    const char *health;
    size_t i;

    if (l->watch_count == 0 && watch__load(l, e) < 0)
        return STEP_BROKEN;
    for (i = 0; i < l->watch_count; i++) {
        int r = tend(l, i, e);

        if (r < 0)
            return STEP_BROKEN;
        if (r > 0) {
            life__note(l, "restart", "a container was removed from outside; it is made anew");
            l->row.mode = MODE_HEAL;
            return STEP_REPLACE;
        }
    }
    if (all_run(l) && idle__over(l, e) < 0)
        return STEP_BROKEN;
    show(l);
    health = health_of(l);
    if (!str_eq(health, l->row.health)) {
        str_copy(l->row.health, sizeof(l->row.health), health);
        if (life__save(l, e) < 0)
            return STEP_BROKEN;
        life__note(l, "health", health);
    }
    return STEP_WAIT;
}

/* --- charts --- */

static void add_rates(const struct docker_stats *was, const struct docker_stats *now,
                      struct rows_sample *sum)
{
    int64_t ms = now->at_ms - was->at_ms;

    if (!was->at_ms || ms <= 0 || now->cpu_ns < was->cpu_ns || now->rx < was->rx ||
        now->tx < was->tx)
        return;
    /* ns of CPU in ms of time: percent are x 100, thousandths of them x 1000 */
    sum->cpu += (int64_t)((now->cpu_ns - was->cpu_ns) / 10 / (uint64_t)ms);
    sum->rx += (int64_t)((now->rx - was->rx) * 1000 / (uint64_t)ms);
    sum->tx += (int64_t)((now->tx - was->tx) * 1000 / (uint64_t)ms);
}

static int64_t volumes_of(struct live *l)
{
    lock_scope(&l->service->lock);
    return l->disk > 0 ? l->disk : 0;
}

/* What the containers wrote into their own layers; the engine has to walk through them. */
static void measure_layers(struct live *l)
{
    _arena_ struct arena *a = arena_new();
    struct docker_state state;
    struct err e;
    size_t i;

    if (l->layer_at > clock_mono_ms())
        return;
    l->layer_at = clock_mono_ms() + LAYER_MS;
    l->layer = 0;
    for (i = 0; i < l->watch_count; i++)
        if (docker_inspect(l->engine->docker, a, l->watch[i].container, true, &state, &e) > 0)
            l->layer += state.size_rw;
}

static void sample(struct live *l, int64_t *ret_disk)
{
    struct rows_sample v = {.at = clock_ms(), .runs = all_run(l)};
    struct err e;
    size_t i;

    measure_layers(l);
    for (i = 0; i < l->watch_count; i++) {
        struct docker_stats now;

        if (docker_stats_get(l->engine->docker, l->watch[i].container, &now, &e) <= 0)
            continue;
        v.memory += now.memory;
        add_rates(&l->watch[i].stats, &now, &v);
        l->watch[i].stats = now;
    }
    *ret_disk = v.disk = volumes_of(l) + l->layer;
    if (rows_sample(l->service->o.store, l->id, &v, &e) < 0)
        log_debug("service", "deployment %s: %s", l->id, e.msg);
    else if (v.runs)
        l->row.seen = v.at;
}

/* A size is a size: whoever has more on the disk is told, and stopped when it stays so. */
static int check_disk(struct live *l, int64_t used, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct package_size *size;
    struct package *p;
    const char *text;

    if (plan__package(l->service, a, &l->row, &p, e) < 0)
        return STEP_BROKEN;
    size = package_size_find(p, l->row.size);
    if (!size || used <= size->disk_gib << 30) {
        l->over_disk = 0;
        return STEP_WAIT;
    }
    text = arena_printf(a, "it keeps %lld MiB on the disk, its size has %lld",
                        (long long)(used >> 20), (long long)(size->disk_gib << 10));
    if (l->over_disk++ == 0)
        life__note(l, "disk", text);
    if (l->over_disk <= LAYER_MS / SAMPLE_MS + 1) /* until it has been measured anew */
        return STEP_WAIT;
    l->over_disk = 0;
    life__set_reason(l, text);
    return STEP_STOP;
}

static int take_sample(struct live *l, struct err *e)
{
    int64_t disk;

    if (l->sample_at > clock_mono_ms())
        return STEP_WAIT;
    l->sample_at = clock_mono_ms() + SAMPLE_MS;
    sample(l, &disk);
    return check_disk(l, disk, e);
}

/* --- money and time --- */

static int stop_because(struct live *l, const char *why)
{
    life__set_reason(l, why);
    return STEP_STOP;
}

static int check_meter(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pools *pools = l->service->o.pools;
    struct pool_meter m;
    int found;

    if (!pools)
        return STEP_WAIT;
    found = pool_meter_find(pools, a, l->id, &m, e);
    if (found < 0)
        return STEP_BROKEN;
    if (found > 0 && m.state == METER_EMPTY) {
        life__set_reason(l, m.reason[0] ? m.reason : "the pool is empty");
        return STEP_PAUSE;
    }
    if (found == 0 || m.state == METER_CLOSED || m.state == METER_FAILED ||
        m.state == METER_CLOSING)
        return stop_because(l, "nothing pays for it any more");
    if (m.state == METER_FUNDED && pool_meter_begin(pools, l->id, e) < 0)
        return STEP_BROKEN;
    if (m.low && !l->low_told)
        life__note(l, "pool", "the pool is running low");
    l->low_told = m.low;
    l->idle_from = m.idle_from;
    return STEP_WAIT;
}

static void wake_when_needed(struct live *l)
{
    int64_t next = l->sample_at, ends = life__ends(l);
    int64_t now = clock_mono_ms();
    size_t i;

    for (i = 0; i < l->watch_count; i++) {
        const struct watch *w = &l->watch[i];
        int64_t at = w->restart_at ? w->restart_at : w->probe_at;

        if (at && at < next)
            next = at;
    }
    if (ends && ends - clock_ms() < next - now)
        next = now + ends - clock_ms();
    life__wake_in(l, next > now ? next - now : 1);
}

/* The volumes are written anew: what runs meanwhile is not touched, restore__ says when to change.
 */
static bool wants_new_volumes(struct live *l)
{
    lock_scope(&l->service->lock);
    return l->wants_again;
}

static int run(struct live *l, struct err *e)
{
    int64_t ends = life__ends(l);
    int next;

    if (ends && clock_ms() >= ends)
        return stop_because(l, "the time it was asked for is over");
    if (wants_new_volumes(l))
        return restore__switch(l);
    next = check_meter(l, e);
    if (next == STEP_WAIT)
        next = tend_all(l, e);
    if (next == STEP_WAIT)
        next = take_sample(l, e);
    return next;
}

/* Whatever does not answer now is asked again: nobody's service is stopped for that. */
int life_step_running(struct live *l, struct err *e)
{
    int next;

    atomic_store(&l->look, false);
    next = run(l, e);
    if (next == STEP_BROKEN) {
        log_verbose("service", "deployment %s: %s", l->id, e->msg);
        l->blind = l->blind || e->code == ERR_UNAVAILABLE;
        life__wake_in(l, AGAIN_MS);
        return STEP_WAIT;
    }
    if (next == STEP_WAIT)
        wake_when_needed(l);
    return next;
}
