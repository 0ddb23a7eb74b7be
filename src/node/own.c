/* SPDX-License-Identifier: Apache-2.0 */
#include "node/own.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"
#include "node/dispatch.h"

/* A reply whose body is read by this node instead of a client. */
struct own_reply {
    struct http_reply reply;
    int64_t at; /* of bytes and files */
};

static int64_t pull_bytes(struct own_reply *o, void *out, size_t cap)
{
    size_t left = o->reply.bytes.n - (size_t)o->at;

    cap = cap < left ? cap : left;
    if (cap > 0)
        memcpy(out, o->reply.bytes.p + o->at, cap);
    o->at += (int64_t)cap;
    return (int64_t)cap;
}

static int64_t pull_file(struct own_reply *o, void *out, size_t cap)
{
    int64_t left = o->reply.file.size - o->at;
    ssize_t n;

    cap = (int64_t)cap < left ? cap : (size_t)left;
    if (cap == 0)
        return 0;
    do
        n = pread(o->reply.file.fd, out, cap, o->reply.file.offset + o->at);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return -1;
    o->at += n;
    return n;
}

static int64_t pull(void *ctx, void *out, size_t cap)
{
    struct own_reply *o = ctx;

    switch (o->reply.kind) {
    case HTTP_BYTES:
        return pull_bytes(o, out, cap);
    case HTTP_FILE:
        return pull_file(o, out, cap);
    case HTTP_STREAM:
        /* HTTP_PULL_FAILED and HTTP_PULL_WAIT are -1 and STREAM_WAIT */
        return o->reply.stream.pull ? o->reply.stream.pull(o->reply.stream.ctx, out, cap) : 0;
    case HTTP_SINK:
    case HTTP_SOCKET:
        break;
    }
    return -1;
}

static void notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct own_reply *o = ctx;

    o->reply.stream.notify(o->reply.stream.ctx, ready, arg); /* nothing else ever waits */
}

static void done(void *ctx)
{
    struct own_reply *o = ctx;

    http_reply_drop(&o->reply);
    free(o);
}

static int64_t size_of(const struct http_reply *r)
{
    return r->kind == HTTP_BYTES  ? (int64_t)r->bytes.n
           : r->kind == HTTP_FILE ? r->file.size
                                  : r->stream.size;
}

static const char *header_of(const struct http_reply *r, const char *name)
{
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        if (str_ieq(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return NULL;
}

static struct http_request request_of(struct arena *a, const struct storage_own_request *q)
{
    struct http_header *headers = arena_calloc(a, q->header_count + 1, sizeof(*headers));
    size_t i;

    for (i = 0; i < q->header_count; i++)
        headers[i] = (struct http_header){str_lower(a, q->headers[i].name), q->headers[i].value};
    return (struct http_request){.arena = a,
                                 .method = q->method,
                                 .head = q->head,
                                 .target = q->target,
                                 .headers = headers,
                                 .header_count = q->header_count,
                                 .body = {(const uint8_t *)"", 0},
                                 .peer = "this node"};
}

/* Runs the command; a request that leads to none, or that has to bring a body, is not found. */
static void run(struct node *n, struct http_request *r, struct http_reply *reply)
{
    const struct http_app app = dispatch_app(n);

    if (http_target_parse(r) == 0 && app.admit(app.ctx, r) != HTTP_BODY_UNWANTED && !r->streamed)
        app.work(app.ctx, r, reply);
    else
        reply->status = 404;
}

void own_answer(void *ctx, struct arena *a, const struct storage_own_request *q,
                struct storage_own_answer *ret)
{
    struct http_request r = request_of(a, q);
    struct own_reply *o = xcalloc(1, sizeof(*o));

    o->reply.status = 200;
    run(ctx, &r, &o->reply);
    *ret = (struct storage_own_answer){.status = o->reply.status,
                                       .size = size_of(&o->reply),
                                       .content_type = header_of(&o->reply, "content-type"),
                                       .content_range = header_of(&o->reply, "content-range"),
                                       .disposition = header_of(&o->reply, "content-disposition"),
                                       .body = {pull, notify, done, o}};
}
