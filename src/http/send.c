/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"
#include "http/http_int.h"

/* Answers on their way out: one write at a time, the next piece when the socket took the last. */

enum { FRAME_HEAD = 10, FRAME_TAIL = 2 }; /* "ffffffff\r\n" before a chunk, "\r\n" after */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Payload Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {508, "Loop Detected"},
        {507, "Insufficient Storage"},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].status == status)
            return table[i].text;
    return "Unknown";
}

/* Header text that cannot end the line or the block, whoever wrote it. */
static void add_clean(struct buf *b, const char *s)
{
    for (;;) {
        size_t n = 0;

        while ((unsigned char)s[n] >= 0x20 && s[n] != 0x7f)
            n++;
        buf_add(b, s, n);
        if (s[n] == '\0')
            return;
        s += n + 1;
    }
}

static int64_t body_size(const struct http_reply *reply)
{
    switch (reply->kind) {
    case HTTP_BYTES:
        return (int64_t)reply->bytes.n;
    case HTTP_FILE:
        return reply->file.size;
    case HTTP_STREAM:
    case HTTP_SINK: /* has become something else before it is sent, like a socket */
    case HTTP_SOCKET:
        break;
    }
    return reply->stream.size;
}

static void add_framing(struct conn *c, struct buf *b)
{
    struct exchange *x = c->x;
    int64_t size = body_size(&x->reply);

    if (x->reply.status != 204 && x->reply.status != 304) {
        if (size >= 0)
            buf_printf(b, "Content-Length: %lld\r\n", (long long)size);
        else if (!x->head.http10)
            buf_puts(b, "Transfer-Encoding: chunked\r\n");
        else
            c->last = true; /* the end of the connection is the end of the body */
    }
    x->framed = size < 0 && !x->head.http10;
    x->left = size;
    buf_puts(b, c->last ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n");
}

static void write_head(struct conn *c, struct buf *b)
{
    struct http_reply *reply = &c->x->reply;
    size_t i;

    buf_printf(b, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status, reason(reply->status),
               server_date(c->server));
    buf_puts(b, "Access-Control-Allow-Origin: *\r\n"
                "Access-Control-Expose-Headers: Content-Disposition, Content-Length, "
                "Content-Range, X-Encrypted-By, X-Encrypted-Method\r\n");
    for (i = 0; i < reply->header_count; i++) {
        add_clean(b, reply->headers[i].name);
        buf_puts(b, ": ");
        add_clean(b, reply->headers[i].value);
        buf_puts(b, "\r\n");
    }
    if (reply->status == 426) /* only WebSockets ask for that */
        buf_puts(b, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    if (c->x->etag[0])
        buf_printf(b, "ETag: %s\r\n", c->x->etag);
    add_framing(c, b);
}

char *exchange_room(struct exchange *x, size_t n)
{
    if (x->chunk_cap < n) {
        free(x->chunk);
        x->chunk = xmalloc(n);
        x->chunk_cap = n;
    }
    return x->chunk;
}

static void pump_file(struct conn *c)
{
    struct exchange *x = c->x;
    size_t want = x->left < FILE_CHUNK ? (size_t)x->left : FILE_CHUNK;
    ssize_t n;

    (void)exchange_room(x, want);
    do
        n = pread(x->reply.file.fd, x->chunk, want, x->reply.file.offset);
    while (n < 0 && errno == EINTR);
    if (n <= 0) { /* shorter than promised: a broken connection says so */
        conn_close(c);
        return;
    }
    x->reply.file.offset += n;
    x->left -= n;
    x->finished = x->left == 0;
    wire_write(c, x->chunk, (size_t)n);
}

static void stream_ended(struct conn *c)
{
    struct exchange *x = c->x;

    x->finished = true;
    if (x->framed)
        wire_write(c, "0\r\n\r\n", 5);
    else if (x->left > 0)
        conn_close(c);
    else
        conn_answered(c);
}

static void stream_piece(struct conn *c, size_t n)
{
    struct exchange *x = c->x;
    char *data = x->chunk + FRAME_HEAD;
    char size[FRAME_HEAD + 1];
    int len;

    if (x->framed) {
        len = snprintf(size, sizeof(size), "%zx\r\n", n);
        memcpy(data - len, size, (size_t)len);
        memcpy(data + n, "\r\n", FRAME_TAIL);
        wire_write(c, data - len, n + (size_t)len + FRAME_TAIL);
        return;
    }
    if (x->left >= 0) {
        x->left -= (int64_t)n;
        x->finished = x->left == 0;
    }
    wire_write(c, data, n);
}

static void pump_stream(struct conn *c)
{
    struct exchange *x = c->x;
    struct http_stream *s = &x->reply.stream;
    size_t cap = STREAM_CHUNK;
    int64_t n;

    (void)exchange_room(x, FRAME_HEAD + STREAM_CHUNK + FRAME_TAIL);
    if (x->left >= 0 && (int64_t)cap > x->left)
        cap = (size_t)x->left;
    n = s->pull(s->ctx, x->chunk + FRAME_HEAD, cap);
    if (n > 0) {
        must((size_t)n <= cap);
        stream_piece(c, (size_t)n);
    } else if (n == HTTP_PULL_WAIT) {
        c->deadline = 0; /* it is not the client that is slow */
        if (c->eof)
            conn_close(c);
        else
            s->notify(s->ctx, server_ready, x);
    } else if (n == 0) {
        stream_ended(c);
    } else {
        conn_close(c);
    }
}

void send_written(struct conn *c)
{
    struct exchange *x = c->x;

    if (x->socket)
        socket_written(c);
    else if (x->finished)
        conn_answered(c);
    else if (x->reply.kind == HTTP_FILE)
        pump_file(c);
    else
        pump_stream(c);
}

void send_more(struct conn *c)
{
    if (c->state == CONN_ANSWER)
        pump_stream(c);
    else if (c->state == CONN_SOCKET)
        socket_ready(c);
}

/* Head and bytes together, usually taken by the socket at once. */
static void send_start(struct conn *c, const struct buf *head)
{
    struct exchange *x = c->x;
    struct bytes body = {0};

    if (x->reply.kind == HTTP_BYTES) {
        if (!x->finished)
            body = x->reply.bytes;
        x->finished = true;
    }
    if (wire_send(c, head, body))
        send_written(c);
}

void send_reply(struct conn *c)
{
    struct exchange *x = c->x;
    _buf_ struct buf head = BUF_INIT(65536);

    c->last = c->last || !x->head.keep_alive || x->reply.close || c->server->stopping ||
              (c->eof && !conn_has_input(c));
    c->state = CONN_ANSWER;
    etag_apply(x);
    write_head(c, &head);
    if (head.full) { /* headers beyond reason: a bug of the application, not the client's */
        conn_close(c);
        return;
    }
    x->finished =
        x->request.head || x->left == 0 || x->reply.status == 204 || x->reply.status == 304;
    send_start(c, &head);
}
