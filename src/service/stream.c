/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "docker/frames.h"
#include "service/service_int.h"

/*
 * What a reader pulls: a deployment's changes, or a container's output. A reader who is slow gets
 * the newest change and none in between; a log waits in the engine.
 */

enum { EVENT_MAX = 1 << 20, LOG_TAIL = 1000, LOG_PIECE = 8192, LOG_BUFFER = 65536 };

struct service_stream {
    struct list link; /* of followers; under service.lock, as everything of theirs */
    struct service *service;
    char id[SERVICE_ID_SIZE];
    /* changes */
    char *now; /* being sent, from `at` */
    size_t at;
    char *next; /* what comes afterwards; replaced by what is newer */
    bool over;
    void (*ready)(void *arg);
    void *arg;
    /* output; one thread */
    struct stream *log;
    struct frames frames;
    struct buf out;
    bool log_over;
};

/* --- changes --- */

static size_t count_followers(struct service *s, const char *id)
{
    struct list *item, *next;
    size_t n = 0;

    list_for_each(item, next, &s->followers)
    {
        n += str_eq(container_of(item, struct service_stream, link)->id, id);
    }
    return n;
}

static void wake_locked(struct service_stream *f)
{
    void (*ready)(void *arg) = f->ready;

    f->ready = NULL;
    if (ready)
        ready(f->arg);
}

static void push_locked(struct service_stream *f, const char *text, bool over)
{
    free(f->next);
    f->next = xstrdup(text);
    f->over = f->over || over;
    wake_locked(f);
}

static int event_text(struct service *s, struct arena *a, const char *id, const char **ret,
                      bool *ret_over, struct err *e)
{
    struct service_row row;
    struct json *v;
    int found = rows_get(s->o.store, a, NULL, id, &row, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, id);
    if (json__deployment(s, a, &row, false, &v, e) < 0)
        return -1;
    *ret = arena_printf(a, "data: %s\n\n", json_text(a, v));
    *ret_over = row.gone != 0;
    return 0;
}

void stream__changed(struct service *s, const char *id)
{
    _arena_ struct arena *a = arena_new();
    struct list *item, *next;
    const char *text;
    bool over, any;
    struct err ignored;

    {
        lock_scope(&s->lock);
        any = count_followers(s, id) > 0;
    }
    if (!any || event_text(s, a, id, &text, &over, &ignored) < 0)
        return;
    lock_scope(&s->lock);
    list_for_each(item, next, &s->followers)
    {
        struct service_stream *f = container_of(item, struct service_stream, link);

        if (str_eq(f->id, id))
            push_locked(f, text, over);
    }
}

void service_changed(struct service *s, const char *deployment)
{
    struct live *l;

    lock_scope(&s->lock);
    l = live__find_locked(s, deployment);
    if (l) {
        atomic_store(&l->tell, true);
        life__kick_locked(l);
    }
}

/* Somebody between us and the reader may end what is silent for long. */
void stream__beat_locked(struct service *s)
{
    struct list *item, *next;

    list_for_each(item, next, &s->followers)
    {
        struct service_stream *f = container_of(item, struct service_stream, link);

        if (!f->next && !f->now)
            push_locked(f, ": still here\n\n", false);
    }
}

int service_follow(struct service *s, const struct service_key *k, struct service_stream **ret,
                   struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_stream *f;
    const char *text;
    bool over;

    if (service_check(s, k, e) < 0 || event_text(s, a, k->id, &text, &over, e) < 0)
        return -1;
    lock_scope(&s->lock);
    if (count_followers(s, k->id) >= SERVICE_LOG_READERS)
        return refused(e, SERVICE_READERS);
    f = xcalloc(1, sizeof(*f));
    f->service = s;
    str_copy(f->id, sizeof(f->id), k->id);
    list_push(&s->followers, &f->link);
    push_locked(f, text, over);
    *ret = f;
    return 0;
}

static int64_t pull_change(struct service_stream *f, void *out, size_t cap)
{
    size_t n;

    lock_scope(&f->service->lock);
    if (!f->now) {
        f->now = f->next;
        f->next = NULL;
        f->at = 0;
    }
    if (!f->now)
        return f->over ? 0 : STREAM_WAIT;
    n = strlen(f->now + f->at);
    n = n < cap ? n : cap;
    memcpy(out, f->now + f->at, n);
    f->at += n;
    if (!f->now[f->at]) {
        free(f->now);
        f->now = NULL;
    }
    return (int64_t)n;
}

/* --- output --- */

static int take(void *ctx, int kind, const char *p, size_t n)
{
    (void)kind;
    buf_add(ctx, p, n);
    return 0;
}

static int64_t pull_log(struct service_stream *f, void *out, size_t cap)
{
    char some[LOG_PIECE];
    struct err e;
    size_t n;

    while (f->out.len == 0 && !f->log_over) {
        int64_t got = stream_pull(f->log, some, sizeof(some), &e);

        if (got == STREAM_WAIT)
            return STREAM_WAIT;
        if (got <= 0 || frames_feed(&f->frames, some, (size_t)got, take, &f->out, &e) < 0)
            f->log_over = true;
    }
    if (f->out.len == 0)
        return 0;
    n = f->out.len < cap ? f->out.len : cap;
    memcpy(out, f->out.data, n);
    buf_shift(&f->out, n);
    return (int64_t)n;
}

/* Counts a reader of the deployment's logs; false when there are enough. */
static bool count_reader(struct service *s, const char *id, int by)
{
    struct live *l;

    lock_scope(&s->lock);
    l = live__find_locked(s, id);
    if (!l)
        return by < 0;
    if (by > 0 && l->readers >= SERVICE_LOG_READERS)
        return false;
    l->readers += by;
    return true;
}

static int open_log(struct service *s, const struct service_row *row, const struct service_logs *q,
                    struct stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct docker_tail tail = {q->since > 0 ? -1 : LOG_TAIL, q->since, q->follow};
    struct plan_found c;

    if (plan__find(s, a, row, q->container, &c, e) < 0)
        return -1;
    if (docker_tail_open(c.docker, plan__container(a, row->id, c.name), &tail, ret, e) < 0)
        return e->code == ERR_NOT_FOUND ? refused(e, SERVICE_CONTAINER, c.name) : -1;
    return 0;
}

int service_logs(struct service *s, const struct service_key *k, const struct service_logs *l,
                 struct service_stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_stream *f;
    struct service_row row;
    int found = rows_get(s->o.store, a, k->owner, k->id, &row, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, k->id);
    if (!count_reader(s, k->id, 1))
        return refused(e, SERVICE_READERS);
    f = xcalloc(1, sizeof(*f));
    if (open_log(s, &row, l, &f->log, e) < 0) {
        free(f);
        (void)count_reader(s, k->id, -1);
        return -1;
    }
    f->service = s;
    f->frames.stamped = true;
    f->out = BUF_INIT(LOG_BUFFER);
    list_init(&f->link);
    str_copy(f->id, sizeof(f->id), k->id);
    *ret = f;
    return 0;
}

/* --- both --- */

int64_t service_stream_pull(struct service_stream *f, void *out, size_t cap)
{
    return f->log ? pull_log(f, out, cap) : pull_change(f, out, cap);
}

void service_stream_notify(struct service_stream *f, void (*ready)(void *arg), void *arg)
{
    if (f->log) {
        stream_notify(f->log, ready, arg);
        return;
    }
    lock_scope(&f->service->lock);
    f->ready = ready;
    f->arg = arg;
    if (f->now || f->next || f->over)
        wake_locked(f);
}

void service_stream_close(struct service_stream *f)
{
    if (!f)
        return;
    if (f->log) {
        stream_close(f->log);
        (void)count_reader(f->service, f->id, -1);
    } else {
        lock_scope(&f->service->lock);
        list_remove(&f->link);
    }
    buf_done(&f->out);
    free(f->now);
    free(f->next);
    free(f);
}
