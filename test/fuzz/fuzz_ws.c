/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "loopback.h"
#include "service/shell_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A WebSocket of the real listener, from the first frame on, whose application takes what a shell
 * takes. Whatever arrives, in whatever pieces: messages are within their bounds, and what comes
 * back are whole frames without a mask, none of them after a goodbye.
 */
enum { ANSWERS_MAX = 16 << 20, INPUT_MAX = 16384 };

static const char ask[] =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

/* --- the application says of each message what it was --- */

struct told {
    struct buf out;
    void (*ready)(void *arg);
    void *arg;
};

static enum http_taken take(void *ctx, bool text, const void *p, size_t n)
{
    struct told *k = ctx;
    struct shell_word w;
    uint32_t sum = 0;
    size_t i;

    must(n <= HTTP_MESSAGE_MAX);
    for (i = 0; i < n; i++)
        sum = sum * 31 + ((const uint8_t *)p)[i];
    if (text && shell__word(p, n, &w)) {
        must(w.eof || (w.columns > 0 && w.rows > 0 && w.columns <= SERVICE_SHELL_SIDE));
        sum ^= (uint32_t)(w.columns * 1000 + w.rows);
    }
    buf_printf(&k->out, "%d %zu %08x\n", text, n, sum);
    must(!k->out.full);
    return k->out.len > 1024 ? HTTP_TAKEN_FULL : HTTP_TAKEN;
}

static bool room(void *ctx)
{
    return ((struct told *)ctx)->out.len <= 1024;
}

/* A line at a time, so that it does not matter when they are asked for. */
static int64_t pull(void *ctx, void *out, size_t cap, bool *ret_text)
{
    struct told *k = ctx;
    const char *end = k->out.len > 0 ? memchr(k->out.data, '\n', k->out.len) : NULL;
    size_t n = end ? (size_t)(end - k->out.data) + 1 : 0;

    if (n == 0)
        return HTTP_PULL_WAIT;
    must(n <= cap);
    memcpy(out, k->out.data, n);
    buf_shift(&k->out, n);
    *ret_text = true;
    return (int64_t)n;
}

static void notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct told *k = ctx;

    if (k->out.len > 0)
        ready(arg);
}

static void forget(void *ctx)
{
    buf_done(&((struct told *)ctx)->out);
}

static size_t admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    (void)r;
    return 0;
}

static enum http_verdict handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    struct told *k = arena_calloc(r->arena, 1, sizeof(*k));

    (void)ctx;
    k->out = BUF_INIT(ANSWERS_MAX);
    reply->kind = HTTP_SOCKET;
    reply->socket = (struct http_socket){take, room, pull, notify, forget, k, .idle_ms = 0};
    return HTTP_ANSWERED;
}

/* --- a client --- */

static int port(void)
{
    static struct http_server *server;
    const struct http_options o = {.bind = "127.0.0.1", .workers = 2};
    const struct http_app app = {.admit = admit, .handle = handle};
    struct err e;

    if (!server)
        must(http_server_start(&o, &app, &server, &e) == 0);
    return http_server_port(server);
}

/* A masked close behind everything: what is sound ends with it. */
static const char bye[] = "\x88\x82\0\0\0\0\x03\xe8";

static bool exchange(const uint8_t *p, size_t n, size_t step, struct buf *out)
{
    int fd = loopback_dial(port());

    if (fd < 0)
        return false;
    must(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == sizeof(ask) - 1);
    loopback_say(fd, p, n, step);
    (void)!send(fd, bye, sizeof(bye) - 1, MSG_NOSIGNAL);
    (void)!send(fd, bye, sizeof(bye) - 1,
                MSG_NOSIGNAL); /* the first one may be somebody's payload */
    return loopback_hear(fd, out);
}

/* Whole frames, none masked; after a close nothing. */
static void check_frames(const struct buf *b)
{
    const char *head = strstr(buf_str(b), "\r\n\r\n");
    const uint8_t *p;
    size_t left;
    bool closed = false;

    must(head && str_starts(b->data, "HTTP/1.1 101 "));
    p = (const uint8_t *)head + 4;
    left = b->len - (size_t)(head + 4 - b->data);
    while (left > 0) {
        size_t n, skip = 2;

        must(left >= 2 && (p[0] & 0xf0) == 0x80 && p[1] < 127 && !closed);
        n = p[1];
        if (n == 126) {
            must(left >= 4);
            n = (size_t)p[2] << 8 | p[3];
            skip = 4;
        }
        must(left >= skip + n);
        closed = p[0] == 0x88;
        p += skip + n;
        left -= skip + n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _buf_ struct buf whole = BUF_INIT(ANSWERS_MAX);
    _buf_ struct buf pieces = BUF_INIT(ANSWERS_MAX);

    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (!exchange(data + 1, size - 1, size, &whole) ||
        !exchange(data + 1, size - 1, (size_t)data[0] % 64 + 1, &pieces))
        return 0;
    check_frames(&whole);
    check_frames(&pieces);
    return 0;
}
