/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "docker/docker_int.h"

enum { EVENT_LINE_MAX = 1048576, RETRY_FIRST_MS = 50, RETRY_MOST_MS = 5000 };

struct docker_events {
    struct docker *docker;
    char *label;
    void (*event)(void *ctx, const struct docker_event *ev);
    void *ctx;
    pthread_t thread;
    int64_t last_ns; /* time of the newest event seen */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ending;
    struct docker__reader *reader; /* while a stream is open, to wake it */
};

static int listen_from(struct docker_events *v, struct stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *filter = arena_printf(
        a, "{\"type\":[\"container\"],\"event\":[\"die\",\"oom\",\"destroy\"],\"label\":[\"%s\"]}",
        v->label);
    struct docker__req r = {
        .path = arena_printf(a, "/events?since=%lld.%09lld&filters=%s",
                             (long long)(v->last_ns / 1000000000),
                             (long long)(v->last_ns % 1000000000), docker__escape(a, filter)),
        .timeout_ms = -1,
    };

    return docker__open(v->docker, a, &r, ret, e);
}

static void take_event(struct docker_events *v, const char *text, size_t n)
{
    _arena_ struct arena *a = arena_new();
    struct docker_event ev = {0};
    struct json *j, *attributes;
    struct err ignored;
    const char *action;
    uint64_t code = 0;
    double ns;

    if (json_parse(a, text, n, &j, &ignored) < 0)
        return;
    /* a double cannot hold nanoseconds; being late by some hundred repeats an event, no more */
    ns = json_num(json_get(j, "timeNano"), 0);
    if (ns > 0 && ns < 9e18)
        v->last_ns = (int64_t)ns;
    attributes = json_path(j, "Actor.Attributes");
    action = json_get_str(j, "Action", "");
    ev.id = json_str(json_path(j, "Actor.ID"), "");
    ev.label = json_get_str(attributes, v->label, "");
    if (str_eq(action, "die"))
        ev.what = DOCKER_DIED;
    else if (str_eq(action, "oom"))
        ev.what = DOCKER_OOM;
    else if (str_eq(action, "destroy"))
        ev.what = DOCKER_DESTROYED;
    else
        return;
    if (str_u64(json_get_str(attributes, "exitCode", "0"), 255, &code))
        ev.exit_code = (int)code;
    v->event(v->ctx, &ev);
}

static bool ending(struct docker_events *v)
{
    lock_scope(&v->lock);
    return v->ending;
}

/* Until the stream ends or the owner wants to. */
static void read_events(struct docker_events *v, struct docker__reader *r)
{
    _buf_ struct buf b = BUF_INIT(EVENT_LINE_MAX);
    char some[8192];
    char *end;
    struct err e;

    while (!ending(v) && !b.full) {
        int64_t n = docker__reader_read(r, some, sizeof(some), -1, &e);

        if (n == STREAM_WAIT)
            continue;
        if (n <= 0)
            return;
        buf_add(&b, some, (size_t)n);
        while (b.len > 0 && (end = memchr(b.data, '\n', b.len))) {
            take_event(v, b.data, (size_t)(end - b.data));
            buf_shift(&b, (size_t)(end - b.data) + 1);
        }
    }
}

/* One life of the stream. */
static void attend(struct docker_events *v, struct stream *s)
{
    struct docker__reader reader;

    docker__reader_init(&reader, s);
    pthread_mutex_lock(&v->lock);
    v->reader = &reader;
    pthread_mutex_unlock(&v->lock);
    read_events(v, &reader);
    pthread_mutex_lock(&v->lock);
    v->reader = NULL;
    pthread_mutex_unlock(&v->lock);
    docker__reader_done(&reader);
}

static struct stream *reopen(struct docker_events *v)
{
    int64_t pause = RETRY_FIRST_MS;
    struct stream *s;
    struct err e;

    for (;;) {
        {
            lock_scope(&v->lock);
            if (!v->ending)
                (void)cond_wait_ms(&v->wake, &v->lock, pause);
            if (v->ending)
                return NULL;
        }
        if (listen_from(v, &s, &e) == 0) {
            struct docker_event ev = {.what = DOCKER_RECONNECTED, .id = "", .label = ""};

            v->event(v->ctx, &ev);
            return s;
        }
        if (pause == RETRY_FIRST_MS)
            log_warn("docker", "%s", e.msg);
        pause = pause * 2 < RETRY_MOST_MS ? pause * 2 : RETRY_MOST_MS;
    }
}

struct start {
    struct docker_events *events;
    struct stream *stream;
};

static void *events_run(void *arg)
{
    struct start *start = arg;
    struct docker_events *v = start->events;
    struct stream *s = start->stream;

    free(start);
    while (s) {
        attend(v, s);
        s = reopen(v);
    }
    return NULL;
}

int docker_events_open(struct docker *d, const char *label,
                       void (*event)(void *ctx, const struct docker_event *ev), void *ctx,
                       struct docker_events **ret, struct err *e)
{
    struct docker_events *v = xcalloc(1, sizeof(*v));
    struct start *start = xcalloc(1, sizeof(*start));

    *v = (struct docker_events){.docker = d, .event = event, .ctx = ctx};
    v->last_ns = clock_ms() * 1000000;
    v->label = xstrdup(label);
    pthread_mutex_init(&v->lock, NULL);
    cond_init(&v->wake);
    start->events = v;
    if (listen_from(v, &start->stream, e) < 0) {
        free(start);
        free(v->label);
        free(v);
        return -1;
    }
    thread_start(&v->thread, "docker-events", events_run, start);
    *ret = v;
    return 0;
}

void docker_events_close(struct docker_events *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->ending = true;
    pthread_cond_signal(&v->wake);
    if (v->reader)
        docker__reader_wake(v->reader);
    pthread_mutex_unlock(&v->lock);
    pthread_join(v->thread, NULL);
    pthread_cond_destroy(&v->wake);
    pthread_mutex_destroy(&v->lock);
    free(v->label);
    free(v);
}
