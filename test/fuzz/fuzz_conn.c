/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "loopback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A whole connection of the real listener: requests in a row, bodies of both kinds, answers by the
 * loop and by workers, streams and sinks. However its bytes are cut on their way, the answers must
 * be the same, and every one of them well formed.
 */
enum { ANSWERS_MAX = 16 << 20, INPUT_MAX = 32768 };

/* --- an application that says what it understood --- */

static size_t admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    r->streamed = str_starts(r->path, "/sink");
    if (str_starts(r->path, "/unwanted"))
        return HTTP_BODY_UNWANTED;
    return 4096;
}

static void say(struct http_request *r, struct http_reply *reply, size_t n)
{
    http_reply_text(reply, 200, "text/plain",
                    arena_printf(r->arena, "%s %s %zu %zu %zu", r->method, r->path, r->header_count,
                                 r->query_count, n));
}

static int64_t pull(void *ctx, void *out, size_t cap)
{
    int *left = ctx;

    if (*left == 0)
        return 0;
    (*left)--;
    must(cap >= 3);
    memcpy(out, "abc", 3);
    return 3;
}

static void forget(void *ctx)
{
    (void)ctx;
}

struct taken {
    struct http_request *r;
    size_t n;
};

static int sink_write(void *ctx, const void *p, size_t n, struct http_reply *reply)
{
    (void)p;
    (void)reply;
    ((struct taken *)ctx)->n += n;
    return 0;
}

static void sink_end(void *ctx, struct http_reply *reply)
{
    struct taken *t = ctx;

    say(t->r, reply, t->n);
}

static void work(void *ctx, struct http_request *r, struct http_reply *reply)
{
    struct taken *t;

    (void)ctx;
    if (!r->streamed) {
        say(r, reply, r->body.n);
        return;
    }
    t = arena_calloc(r->arena, 1, sizeof(*t));
    t->r = r;
    reply->kind = HTTP_SINK;
    reply->sink = (struct http_sink){sink_write, sink_end, forget, t};
}

static enum http_verdict handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    if (r->streamed || str_starts(r->path, "/work"))
        return HTTP_OFFLOAD;
    if (str_starts(r->path, "/stream")) {
        int *left = arena_calloc(r->arena, 1, sizeof(*left));

        *left = 5;
        reply->kind = HTTP_STREAM;
        reply->stream =
            (struct http_stream){pull, NULL, forget, left, str_ends(r->path, "n") ? 15 : -1};
    } else {
        say(r, reply, r->body.n);
    }
    return HTTP_ANSWERED;
}

/* --- a client --- */

static int port(void)
{
    static struct http_server *server;
    const struct http_options o = {.bind = "127.0.0.1", .workers = 2};
    const struct http_app app = {.admit = admit, .handle = handle, .work = work};
    struct err e;

    if (!server)
        must(http_server_start(&o, &app, &server, &e) == 0);
    return http_server_port(server);
}

/* Sends p[n] in pieces of `step` bytes and answers everything that came back. */
static bool exchange(const uint8_t *p, size_t n, size_t step, struct buf *out)
{
    int fd = loopback_dial(port());

    if (fd < 0)
        return false;
    loopback_say(fd, p, n, step);
    return loopback_hear(fd, out);
}

/* --- answers --- */

/* Drops what may differ: the time, the end of the connection, "100 Continue". */
static void normalise(const struct buf *in, struct buf *out)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *s = buf_str(in);

    while (*s) {
        const char *end = strstr(s, "\r\n");
        size_t n = end ? (size_t)(end - s) + 2 : strlen(s);

        if (str_starts(s, go_on))
            n = sizeof(go_on) - 1;
        else if (!str_starts(s, "Date: ") && !str_starts(s, "Connection: "))
            buf_add(out, s, n);
        s += n;
    }
}

static void check_shape(const struct buf *answers)
{
    must(answers->len == 0 || str_starts(buf_str(answers), "HTTP/1.1 "));
    must(strlen(buf_str(answers)) == answers->len); /* nothing of the request comes back raw */
    must(!strstr(buf_str(answers), "HTTP/1.1 500 "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _buf_ struct buf whole = BUF_INIT(ANSWERS_MAX);
    _buf_ struct buf pieces = BUF_INIT(ANSWERS_MAX);
    _buf_ struct buf one = BUF_INIT(ANSWERS_MAX);
    _buf_ struct buf other = BUF_INIT(ANSWERS_MAX);
    size_t step;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    step = (size_t)data[0] % 64 + 1;
    if (!exchange(data + 1, size - 1, size, &whole) || !exchange(data + 1, size - 1, step, &pieces))
        return 0;
    normalise(&whole, &one);
    normalise(&pieces, &other);
    check_shape(&one);
    must(one.len == other.len && memcmp(buf_str(&one), buf_str(&other), one.len) == 0);
    return 0;
}
