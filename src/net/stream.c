/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "net/stream_int.h"

enum {
    DOWN_SIZE = 512 * 1024, /* memory that a transfer may hold, whatever the sizes */
    UP_SIZE = 256 * 1024
};

static struct stream *stream_new(struct net *n, const struct net_request *r)
{
    struct stream *s = xcalloc(1, sizeof(*s));

    s->net = n;
    s->silence_ms = request_timeout(r);
    s->last = clock_mono_ms() + request_connect_timeout(r);
    s->down.cap = DOWN_SIZE;
    s->up.cap = UP_SIZE;
    s->up_open = r->source != NULL;
    list_init(&s->link);
    list_init(&s->fresh_link);
    list_init(&s->todo_link);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    cond_init(&s->changed);
    return s;
}

/* Whether the answer is such that the rest of the request's body is not wanted. */
static bool is_refusal(const struct stream *s)
{
    return s->head_done && s->t.status >= 400;
}

/* Moves one piece from the source to the ring; called and returns with the lock held. */
static void pump(struct stream *s, const struct net_source *source)
{
    unsigned char *to;
    size_t room = ring_space(&s->up, &to);
    int64_t n;

    if (room == 0) {
        (void)cond_wait_ms(&s->changed, &s->lock, -1);
        return;
    }
    pthread_mutex_unlock(&s->lock);
    n = source->read(source->ctx, to, room);
    pthread_mutex_lock(&s->lock);
    if (n > 0)
        s->up.len += (size_t)n;
    else
        s->up_open = false;
    s->up_broken = n < 0;
    if (s->up_paused)
        stream__ask(s, TODO_RESUME);
}

/* Feeds the request and waits for the answer's head, or the end. */
static void await_head(struct stream *s, const struct net_source *source)
{
    lock_scope(&s->lock);
    while (!s->done) {
        if (source && s->up_open && !is_refusal(s))
            pump(s, source);
        else if (s->head_done)
            break;
        else
            (void)cond_wait_ms(&s->changed, &s->lock, -1);
    }
}

int net_open(struct net *n, struct arena *a, const struct net_request *r, struct net_response *ret,
             struct stream **ret_stream, struct err *e)
{
    struct stream *s = stream_new(n, r);
    CURL *easy = curl_easy_init();

    must(easy);
    if (transfer_init(&s->t, n, easy, r, e) < 0) {
        stream__free(s);
        return -1;
    }
    if (s->t.is_ftp && ftp__start(s, r, e) < 0) {
        stream__free(s);
        return -1;
    }
    if (!s->t.is_ftp) {
        stream__prepare(s, r);
        stream__ask(s, TODO_START);
    }
    await_head(s, r->source);
    pthread_mutex_lock(&s->lock);
    if (!s->head_done && s->failed) {
        *e = s->err;
        pthread_mutex_unlock(&s->lock);
        stream_close(s);
        return -1;
    }
    transfer_response(&s->t, a, ret);
    pthread_mutex_unlock(&s->lock);
    *ret_stream = s;
    return 0;
}

/* What is there: > 0, 0 at the end, -1 on failure, STREAM_WAIT. The lock is held. */
static int64_t take(struct stream *s, void *out, size_t cap, struct err *e)
{
    size_t n = ring_get(&s->down, out, cap);

    if (n > 0) {
        if (s->down_paused && s->down.len <= s->down.cap / 2)
            stream__ask(s, TODO_RESUME);
        return (int64_t)n;
    }
    if (!s->done)
        return STREAM_WAIT;
    if (!s->failed)
        return 0;
    *e = s->err;
    return -1;
}

int64_t stream_read(struct stream *s, void *out, size_t cap, struct err *e)
{
    int64_t n;

    lock_scope(&s->lock);
    while ((n = take(s, out, cap, e)) == STREAM_WAIT)
        (void)cond_wait_ms(&s->changed, &s->lock, -1);
    return n;
}

int64_t stream_pull(struct stream *s, void *out, size_t cap, struct err *e)
{
    int64_t n;

    lock_scope(&s->lock);
    n = take(s, out, cap, e);
    s->armed = n == STREAM_WAIT;
    return n;
}

void stream_notify(struct stream *s, void (*ready)(void *arg), void *arg)
{
    lock_scope(&s->lock);
    s->ready = ready;
    s->ready_arg = arg;
    if (s->armed && ready && (s->down.len > 0 || s->done)) { /* it came after STREAM_WAIT */
        s->armed = false;
        ready(arg);
    }
}

void stream_skip(struct stream *s, int64_t n)
{
    lock_scope(&s->lock);
    n -= (int64_t)ring_drop(&s->down, n < (int64_t)s->down.len ? (size_t)n : s->down.len);
    s->skip += n;
    if (s->down_paused && s->down.len <= s->down.cap / 2)
        stream__ask(s, TODO_RESUME);
}

void stream_close(struct stream *s)
{
    bool ended;
    bool is_ftp;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->closed = true;
    s->ready = NULL;
    ended = s->ended;
    is_ftp = s->t.is_ftp;
    if (is_ftp)
        pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (ended)
        stream__free(s);
    else if (!is_ftp) /* the thread of an FTP transfer frees it, and may have done so by now */
        stream__ask(s, TODO_CLOSE);
}
