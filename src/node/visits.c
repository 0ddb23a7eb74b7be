/* SPDX-License-Identifier: Apache-2.0 */
#include "node/visits.h"

#include <stdlib.h>
#include <string.h>

#include "auth/session.h"
#include "base/list.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "node/node.h"
#include "node/who.h"

enum { LOOK_MS = 5000 };

static const char ended[] = "Your session has ended";

struct visits {
    struct node *node;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list all;
    uint64_t next; /* number of the next visit */
    bool now;
    bool over;
    pthread_t thread;
};

struct visit {
    struct list link;
    struct visits *of;
    uint64_t number; /* ascending */
    char *session;   /* its id; NULL: by a token */
    char *token;
    struct visit_watch watch;
    bool ended;
};

struct visit *visit_begin(struct task *t, const struct visit_watch *w)
{
    struct visits *s = t->node->visits;
    struct visit *v = xcalloc(1, sizeof(*v));
    const char *token = who_token(t->request);

    must(t->person);
    v->of = s;
    v->watch = *w;
    if (t->person->session)
        v->session = xstrdup(t->person->session);
    else
        v->token = xstrdup(token ? token : "");
    lock_scope(&s->lock);
    v->number = ++s->next;
    list_push(&s->all, &v->link);
    pthread_cond_signal(&s->wake);
    return v;
}

void visit_leave(struct visit *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->of->lock);
    list_remove(&v->link);
    pthread_mutex_unlock(&v->of->lock);
    free(v->session);
    free(v->token);
    free(v);
}

void visits_look(struct node *n)
{
    lock_scope(&n->visits->lock);
    n->visits->now = true;
    pthread_cond_signal(&n->visits->wake);
}

/* --- the look --- */

/* What is asked of the database, without the lock. */
struct question {
    uint64_t number;
    const char *session;
    const char *token;
    bool used;
};

/* The next one after a number; false when there is none. */
static bool next_question(struct visits *s, struct arena *a, uint64_t after, struct question *ret)
{
    struct list *item, *next;

    lock_scope(&s->lock);
    list_for_each(item, next, &s->all)
    {
        struct visit *v = container_of(item, struct visit, link);
        const char *why = NULL;
        bool used = false;

        if (v->number <= after || v->ended)
            continue;
        if (v->watch.ask)
            why = v->watch.ask(v->watch.ctx, &used);
        if (why) {
            v->ended = true;
            v->watch.end(v->watch.ctx, why);
            continue;
        }
        *ret = (struct question){v->number, v->session ? arena_strdup(a, v->session) : NULL,
                                 v->token ? arena_strdup(a, v->token) : NULL, used};
        return true;
    }
    return false;
}

static void end_one(struct visits *s, uint64_t number)
{
    struct list *item, *next;

    lock_scope(&s->lock);
    list_for_each(item, next, &s->all)
    {
        struct visit *v = container_of(item, struct visit, link);

        if (v->number == number && !v->ended) {
            v->ended = true;
            v->watch.end(v->watch.ctx, ended);
        }
    }
}

static bool is_alive(struct node *n, struct arena *a, const struct question *q)
{
    bool alive = true;
    struct err e;

    if (q->session ? auth_session_alive(n->auth, q->session, q->used, &alive, &e) < 0
                   : who_token_alive(n, a, q->token, &alive, &e) < 0) {
        log_debug("node", "a session: %s", e.msg); /* not known is not ended */
        return true;
    }
    return alive;
}

static void look(struct visits *s)
{
    struct question q = {0};

    for (;;) {
        _arena_ struct arena *a = arena_new();

        if (!next_question(s, a, q.number, &q))
            return;
        if (!is_alive(s->node, a, &q))
            end_one(s, q.number);
    }
}

static void *run(void *arg)
{
    struct visits *s = arg;

    pthread_mutex_lock(&s->lock);
    while (!s->over) {
        if (!s->now)
            (void)cond_wait_ms(&s->wake, &s->lock, list_empty(&s->all) ? -1 : LOOK_MS);
        s->now = false;
        pthread_mutex_unlock(&s->lock);
        look(s);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

struct visits *visits_new(struct node *n)
{
    struct visits *s = xcalloc(1, sizeof(*s));

    s->node = n;
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->wake);
    list_init(&s->all);
    thread_start(&s->thread, "visits", run, s);
    return s;
}

void visits_free(struct visits *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->over = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    must(list_empty(&s->all));
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- streams --- */

/* A stream that ends before its source does. */
struct watched {
    struct http_stream from;
    struct visit *visit;
    pthread_mutex_t lock;
    bool over;
    void (*ready)(void *arg); /* is called by whoever takes it away */
    void *arg;
};

static void wake(void *ctx)
{
    struct watched *w = ctx;
    void (*ready)(void *arg);

    lock_scope(&w->lock);
    ready = w->ready;
    w->ready = NULL;
    if (ready)
        ready(w->arg);
}

static void watched_end(void *ctx, const char *why)
{
    struct watched *w = ctx;

    (void)why;
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_mutex_unlock(&w->lock);
    wake(w);
}

static int64_t watched_read(void *ctx, void *out, size_t cap)
{
    struct watched *w = ctx;
    bool over;

    pthread_mutex_lock(&w->lock);
    over = w->over;
    pthread_mutex_unlock(&w->lock);
    return over ? 0 : w->from.pull(w->from.ctx, out, cap);
}

static void watched_tell(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct watched *w = ctx;
    bool over;

    pthread_mutex_lock(&w->lock);
    w->ready = ready;
    w->arg = arg;
    over = w->over;
    pthread_mutex_unlock(&w->lock);
    if (over)
        wake(w);
    else
        w->from.notify(w->from.ctx, wake, w);
}

static void watched_close(void *ctx)
{
    struct watched *w = ctx;

    visit_leave(w->visit);
    w->from.close(w->from.ctx);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void visits_stream(struct task *t)
{
    struct watched *w = xcalloc(1, sizeof(*w));
    const struct visit_watch watch = {.end = watched_end, .ctx = w};

    w->from = t->reply->stream;
    pthread_mutex_init(&w->lock, NULL);
    w->visit = visit_begin(t, &watch);
    t->reply->stream =
        (struct http_stream){watched_read, watched_tell, watched_close, w, .size = w->from.size};
}
