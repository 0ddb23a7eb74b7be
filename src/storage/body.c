/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/must.h"
#include "base/thread.h"
#include "storage/storage_int.h"

/* The bodies that files are read through, but for the one that decrypts (cipher.c). */

/* --- a stream of net/ --- */

struct stream_body {
    struct storage_body body;
    struct stream *stream;
    int64_t left; /* -1: no limit */
};

static int64_t stream_body_read(struct storage_body *b, void *out, size_t cap, bool wait,
                                struct err *e)
{
    struct stream_body *s = container_of(b, struct stream_body, body);
    int64_t n;

    if (s->left >= 0 && (int64_t)cap > s->left)
        cap = (size_t)s->left;
    if (cap == 0)
        return 0;
    n = wait ? stream_read(s->stream, out, cap, e) : stream_pull(s->stream, out, cap, e);
    if (n == 0 && s->left > 0)
        return failed(e, FAILED, "the origin sent less than it promised");
    if (n > 0 && s->left >= 0)
        s->left -= n;
    return n;
}

static void stream_body_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    stream_notify(container_of(b, struct stream_body, body)->stream, ready, arg);
}

static void stream_body_close(struct storage_body *b)
{
    struct stream_body *s = container_of(b, struct stream_body, body);

    stream_close(s->stream);
    free(s);
}

struct storage_body *storage__stream_body(struct stream *stream, int64_t left)
{
    static const struct body_ops ops = {stream_body_read, stream_body_notify, stream_body_close};
    struct stream_body *s = xcalloc(1, sizeof(*s));

    *s = (struct stream_body){.body.ops = &ops, .stream = stream, .left = left};
    return &s->body;
}

/* --- bytes that somebody else has --- */

enum { SILENCE_MS = 30000 }; /* as long as an origin may be silent */

struct pulled_body {
    struct storage_body body;
    struct storage_pulled from;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ready; /* under lock */
};

static void pulled_is_ready(void *arg)
{
    struct pulled_body *p = arg;

    lock_scope(&p->lock);
    p->ready = true;
    pthread_cond_broadcast(&p->changed);
}

/* False when nothing has come for so long that a worker has better things to do. */
static bool await_pulled(struct pulled_body *p)
{
    int64_t end = clock_mono_ms() + SILENCE_MS;
    int64_t left;

    {
        lock_scope(&p->lock);
        p->ready = false;
    }
    p->from.notify(p->from.ctx, pulled_is_ready, p);
    lock_scope(&p->lock);
    while (!p->ready && (left = end - clock_mono_ms()) > 0)
        (void)cond_wait_ms(&p->changed, &p->lock, left);
    return p->ready;
}

static int64_t pulled_body_read(struct storage_body *b, void *out, size_t cap, bool wait,
                                struct err *e)
{
    struct pulled_body *p = container_of(b, struct pulled_body, body);
    int64_t n;

    while ((n = p->from.pull(p->from.ctx, out, cap)) == STREAM_WAIT && wait)
        if (!await_pulled(p))
            return failed(e, TIMEOUT, "nothing more of the content came in time");
    return n == -1 ? failed(e, FAILED, "the content broke off") : n;
}

static void pulled_body_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    const struct pulled_body *p = container_of(b, struct pulled_body, body);

    p->from.notify(p->from.ctx, ready, arg);
}

static void pulled_body_close(struct storage_body *b)
{
    struct pulled_body *p = container_of(b, struct pulled_body, body);

    p->from.close(p->from.ctx);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

struct storage_body *storage__pulled_body(const struct storage_pulled *from)
{
    static const struct body_ops ops = {pulled_body_read, pulled_body_notify, pulled_body_close};
    struct pulled_body *p = xcalloc(1, sizeof(*p));

    p->body.ops = &ops;
    p->from = *from;
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    cond_init(&p->changed);
    return &p->body;
}

/* --- bytes in memory --- */

struct bytes_body {
    struct storage_body body;
    char *text;
    size_t at;
    size_t left;
    atomic_llong *held;
    int64_t cost;
};

static int64_t bytes_body_read(struct storage_body *b, void *out, size_t cap, bool wait,
                               struct err *e)
{
    struct bytes_body *m = container_of(b, struct bytes_body, body);
    size_t n = cap < m->left ? cap : m->left;

    (void)wait;
    (void)e;
    if (n == 0)
        return 0;
    memcpy(out, m->text + m->at, n);
    m->at += n;
    m->left -= n;
    return (int64_t)n;
}

static void bytes_body_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    (void)b; /* it never waits */
    (void)ready;
    (void)arg;
}

static void bytes_body_close(struct storage_body *b)
{
    struct bytes_body *m = container_of(b, struct bytes_body, body);

    if (m->held)
        atomic_fetch_sub(m->held, m->cost);
    free(m->text);
    free(m);
}

struct storage_body *storage__bytes_body(char *text, size_t at, size_t n, atomic_llong *held,
                                         int64_t cost)
{
    static const struct body_ops ops = {bytes_body_read, bytes_body_notify, bytes_body_close};
    struct bytes_body *m = xcalloc(1, sizeof(*m));

    *m = (struct bytes_body){
        .body.ops = &ops, .text = text, .at = at, .left = n, .held = held, .cost = cost};
    return &m->body;
}

/* --- what others see --- */

int64_t storage_read(struct storage_body *b, void *out, size_t cap, struct err *e)
{
    return b->ops->read(b, out, cap, true, e);
}

int64_t storage_pull(struct storage_body *b, void *out, size_t cap, struct err *e)
{
    return b->ops->read(b, out, cap, false, e);
}

void storage_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    b->ops->notify(b, ready, arg);
}

void storage_close(struct storage_body *b)
{
    if (b)
        b->ops->close(b);
}

struct storage_body *storage_encrypt(struct storage_body *b, const uint8_t key[32],
                                     const uint8_t iv[16])
{
    return storage__cipher_body(b, key, iv, true);
}
