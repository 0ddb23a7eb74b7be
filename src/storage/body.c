/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/must.h"
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

/* --- bytes in memory --- */

struct bytes_body {
    struct storage_body body;
    char *text;
    size_t at;
    size_t left;
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

    free(m->text);
    free(m);
}

struct storage_body *storage__bytes_body(char *text, size_t at, size_t n)
{
    static const struct body_ops ops = {bytes_body_read, bytes_body_notify, bytes_body_close};
    struct bytes_body *m = xcalloc(1, sizeof(*m));

    *m = (struct bytes_body){.body.ops = &ops, .text = text, .at = at, .left = n};
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
