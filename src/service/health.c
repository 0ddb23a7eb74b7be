/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "docker/frames.h"
#include "service/service_int.h"

/* From made containers to healthy ones: in the order of their dependencies, each in its time. */

enum { STARTS_MAX = 4, LOOK_MS = 400, TAIL_MAX = 300, START_LEAST_MS = 5000 };

static bool may_start(const struct live *l, const struct watch *w)
{
    size_t i;

    for (i = 0; i < w->after_count; i++)
        if (!l->watch[w->after[i]].healthy)
            return false;
    return true;
}

static int keep(void *ctx, int kind, const char *p, size_t n)
{
    struct buf *b = ctx;

    (void)kind;
    buf_add(b, p, n < b->max - b->len ? n : b->max - b->len);
    return 0;
}

/* The last lines that a container wrote, for the reason. */
static const char *last_words(struct live *l, struct arena *a, const struct watch *w)
{
    const struct docker_tail tail = {.tail = 3};
    _buf_ struct buf out = BUF_INIT(TAIL_MAX);
    struct frames f = {.stamped = true};
    struct stream *s;
    char some[1024];
    int64_t n;
    struct err e;

    if (docker_tail_open(l->engine->docker, w->container, &tail, &s, &e) < 0)
        return "";
    while ((n = stream_read(s, some, sizeof(some), &e)) > 0)
        if (frames_feed(&f, some, (size_t)n, keep, &out, &e) < 0)
            break;
    stream_close(s);
    return arena_strdup(a, buf_str(&out));
}

/* Our port is somebody else's: another one, and containers that know it. */
static int other_port(struct live *l, const struct watch *w, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_policy policy;
    struct json *ports;
    size_t i;

    plan__ports(l->service, &l->row, &policy);
    if (rows_ports(l->service->o.store, a, l->id, &ports, e) < 0)
        return STEP_BROKEN;
    for (i = 0; i < json_len(ports); i++) {
        const struct json *v = json_at(ports, i);
        const struct rows_port p = {l->id, json_get_str(v, "container", ""),
                                    json_get_str(v, "name", ""), policy.bind,
                                    json_get_str(v, "protocol", "")};
        int64_t port = json_get_int(v, "port", 0);

        if (str_eq(p.container, w->name) &&
            rows_port_next(l->service->o.store, &p, policy.port_first, policy.port_last, &port, e) <
                0)
            return STEP_BROKEN;
    }
    return STEP_REPLACE;
}

static bool is_port_taken(const struct err *e)
{
    return strstr(e->msg, "port is already allocated") || strstr(e->msg, "address already in use");
}

/* The next step when this one cannot go on, else STEP_WAIT. */
static int start(struct live *l, size_t i, struct err *e)
{
    struct watch *w = &l->watch[i];

    if (w->restart_at > clock_mono_ms() || !may_start(l, w))
        return STEP_WAIT;
    if (containers__start(l, i, e) < 0)
        return is_port_taken(e) ? other_port(l, w, e) : STEP_BROKEN;
    w->started = clock_mono_ms();
    w->restarts++;
    w->restart_at = w->started + (INT64_C(250) << w->restarts);
    w->probe_at = 0;
    return STEP_WAIT;
}

static int ended(struct live *l, size_t i, const struct docker_look *look, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct watch *w = &l->watch[i];

    w->healthy = false;
    if (w->restarts < STARTS_MAX)
        return start(l, i, e);
    return failed(e, FAILED, "container %s ended with status %d%s. %s", w->name, look->exit_code,
                  look->oom_killed ? ", it needed more memory than its size has" : "",
                  last_words(l, a, w));
}

static int check(struct live *l, struct watch *w, const struct docker_look *look, struct err *e)
{
    int64_t limit = w->start_ms > START_LEAST_MS ? w->start_ms : START_LEAST_MS;
    struct err why = {0};

    if (w->healthy || w->probe_at > clock_mono_ms())
        return 0;
    w->healthy = probe__healthy(l, w, look->ip, &why);
    w->probe_at = clock_mono_ms() + LOOK_MS;
    if (w->healthy || clock_ms() - look->started_ms < limit)
        return 0;
    return failed(e, FAILED, "container %s did not become healthy within %lld s: %s", w->name,
                  (long long)(limit / 1000), why.msg);
}

static int tend(struct live *l, size_t i, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct watch *w = &l->watch[i];
    struct docker_look look;
    int found = docker_look(l->engine->docker, a, w->container, &look, e);

    if (found < 0)
        return STEP_BROKEN;
    if (found == 0)
        return STEP_REPLACE; /* somebody removed it */
    w->running = look.running;
    if (!look.running)
        return w->restarts == 0 ? start(l, i, e) : ended(l, i, &look, e);
    return check(l, w, &look, e) < 0 ? STEP_BROKEN : STEP_WAIT;
}

int life_step_health(struct live *l, struct err *e)
{
    bool all = true;
    size_t i;

    if (l->tries == 0 && watch__load(l, e) < 0)
        return STEP_BROKEN;
    l->tries = l->tries ? l->tries : 1; /* the watches are loaded */
    for (i = 0; i < l->watch_count; i++) {
        int next = tend(l, i, e);

        if (next != STEP_WAIT)
            return next;
        all = all && l->watch[i].running && l->watch[i].healthy;
    }
    if (all)
        return STEP_ROUTE;
    life__wake_in(l, LOOK_MS);
    return STEP_WAIT;
}
