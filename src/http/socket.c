/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wslay/wslay.h>

#include "base/must.h"
#include "base/str.h"
#include "crypto/wskey.h"
#include "http/http_int.h"

/*
 * WebSockets (RFC 6455). wslay takes frames apart and makes them, it does no I/O: it takes from
 * what has arrived and puts into one buffer, which is written as one piece of an answer is. While
 * that is on its way nothing more is pulled from the application; while the application has enough
 * nothing more is taken from the client, and soon nothing more is read.
 */

enum {
    MESSAGE_PIECE = 32768, /* of the application at once */
    OUT_FILL = 65536,      /* bytes in one write, and a message more */
    OUT_MAX = 131072,      /* never reached: there are whole frames in it only */
    QUEUED_MAX = 16,       /* pongs that wait for a client that does not read */
    FRAGMENTS_MAX = 64,    /* of a message */
    PING_MS = 20000,       /* silence until the client is asked for a sign of life */
    PONG_MS = 20000,       /* and until it is given up */
    POKE_MS = 2000,        /* of a client that is not read from */
    CLOSE_MS = 2000,       /* how long the client may take to say goodbye as well */
    GOING_AWAY = 1001,
    POLICY = 1008,
    BROKEN = 1011
};

struct socket {
    struct exchange *x;
    struct http_socket app;
    wslay_event_context_ptr ws;
    struct buf out; /* being written while `busy` */
    bool busy;
    bool full;        /* the application has enough */
    bool over;        /* the application has nothing more to say, or is not asked any more */
    bool asked;       /* it will call when there is more, or room for more */
    bool idle;        /* it had nothing to say */
    bool woken;       /* it has called meanwhile, and is looked at when the write is over */
    bool broken;      /* what arrives are no frames, */
    bool told;        /* and it was told so */
    size_t fragments; /* of the message that arrives */
    int64_t heard_at, used_at, pinged_at, poked_at, closing_at;
};

/* --- the handshake --- */

static bool has_token(const struct http_request *r, const char *name, const char *wanted)
{
    const char *s = http_header_get(r, name);
    size_t n = strlen(wanted);

    while (s && *s) {
        s += strspn(s, " \t,");
        if (strcspn(s, ", \t") == n && strncasecmp(s, wanted, n) == 0)
            return true;
        s += strcspn(s, ",");
    }
    return false;
}

static size_t count_headers(const struct http_request *r, const char *name)
{
    size_t i, n = 0;

    for (i = 0; i < r->header_count; i++)
        n += str_eq(r->headers[i].name, name);
    return n;
}

int http_socket_check(const struct http_request *r, struct err *e)
{
    const char *version = http_header_get(r, "sec-websocket-version");
    const char *length = http_header_get(r, "content-length");

    if (r->http10 || r->head || !str_eq(r->method, "GET") ||
        !has_token(r, "upgrade", "websocket") || !has_token(r, "connection", "upgrade") ||
        !str_eq(version, "13"))
        return refused(e, WEBSOCKET);
    if (!wskey_is(http_header_get(r, "sec-websocket-key")) ||
        count_headers(r, "sec-websocket-key") > 1 ||
        count_headers(r, "sec-websocket-version") > 1 || (length && !str_eq(length, "0")) ||
        http_header_get(r, "transfer-encoding"))
        return refused(e, WEBSOCKET_HANDSHAKE);
    return 0;
}

/* --- what wslay calls --- */

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *buf, size_t len, int flags, void *ctx)
{
    struct socket *k = ctx;
    struct conn *c = k->x->conn;
    size_t n = c->left < len ? c->left : len;

    (void)flags;
    if (n == 0 || k->full || wslay_event_get_queued_msg_count(ws) > QUEUED_MAX) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(buf, c->at, n);
    conn_use(c, n);
    return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t len, int flags,
                       void *ctx)
{
    struct socket *k = ctx;
    size_t room = k->out.max - k->out.len;
    size_t n = len < room ? len : room;

    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    buf_add(&k->out, data, n);
    return (ssize_t)n;
}

static void say_goodbye(struct socket *k, unsigned code, const char *why)
{
    if (k->closing_at == 0)
        k->closing_at = (int64_t)uv_now(&k->x->server->loop);
    k->over = true;
    (void)wslay_event_queue_close(k->ws, (uint16_t)code, (const uint8_t *)why, strlen(why));
}

static void fail(struct socket *k, const char *why)
{
    say_goodbye(k, POLICY, why);
    wslay_event_shutdown_read(k->ws);
}

static void on_frame(wslay_event_context_ptr ws,
                     const struct wslay_event_on_frame_recv_start_arg *f, void *ctx)
{
    struct socket *k = ctx;

    (void)ws;
    if (f->opcode == WSLAY_CONTINUATION_FRAME && ++k->fragments > FRAGMENTS_MAX)
        fail(k, "too many fragments");
    else if (!wslay_is_ctrl_frame(f->opcode))
        k->fragments = f->opcode == WSLAY_CONTINUATION_FRAME ? k->fragments : 0;
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *m,
                       void *ctx)
{
    struct socket *k = ctx;

    (void)ws;
    if (wslay_is_ctrl_frame(m->opcode) || k->over)
        return;
    k->used_at = k->heard_at;
    switch (k->app.take(k->app.ctx, m->opcode == WSLAY_TEXT_FRAME, m->msg, m->msg_length)) {
    case HTTP_TAKEN:
        break;
    case HTTP_TAKEN_FULL:
        k->full = true;
        break;
    case HTTP_TAKEN_WRONG:
        fail(k, "this message is not understood");
        break;
    }
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = on_recv,
    .send_callback = on_send,
    .on_frame_recv_start_callback = on_frame,
    .on_msg_recv_callback = on_message,
};

/* --- out --- */

/* Asks the application for one message; false when there is none now. */
static bool pull_one(struct socket *k)
{
    char piece[MESSAGE_PIECE];
    bool text = false;
    int64_t n = k->app.pull(k->app.ctx, piece, sizeof(piece), &text);
    struct wslay_event_msg m = {.opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
                                .msg = (const uint8_t *)piece,
                                .msg_length = (size_t)n};

    k->idle = n == HTTP_PULL_WAIT;
    if (n > 0) {
        k->used_at = (int64_t)uv_now(&k->x->server->loop);
        return wslay_event_queue_msg(k->ws, &m) == 0;
    }
    if (n == 0)
        say_goodbye(k, WSLAY_CODE_NORMAL_CLOSURE, "");
    else if (n != HTTP_PULL_WAIT)
        say_goodbye(k, BROKEN, "");
    return false;
}

static void fill(struct socket *k)
{
    static const char wrong[] = "\x88\x02\x03\xea"; /* a close, 1002 */
    bool more = true;

    if (k->broken) {
        if (!k->told)
            buf_add(&k->out, wrong, sizeof(wrong) - 1);
        k->told = true;
        return;
    }
    while (more && k->out.len < OUT_FILL) {
        more = !k->over && wslay_event_get_read_enabled(k->ws) && pull_one(k);
        if (wslay_event_send(k->ws) < 0)
            return;
    }
}

/* Both have said goodbye, or the client is not listened to any more. */
static bool is_finished(const struct socket *k)
{
    if (k->broken)
        return k->told;
    return wslay_event_get_close_sent(k->ws) &&
           (wslay_event_get_close_received(k->ws) || !wslay_event_get_read_enabled(k->ws));
}

static void ask(struct socket *k)
{
    if (k->asked || k->woken || k->over || (!k->idle && !k->full))
        return;
    k->asked = true;
    k->app.notify(k->app.ctx, server_ready, k->x);
}

static void go_on(struct conn *c)
{
    struct socket *k = c->x->socket;

    if (!k->busy) {
        fill(k);
        if (k->out.len > 0) {
            k->busy = true;
            wire_write(c, k->out.data, k->out.len);
            if (c->state != CONN_SOCKET)
                return;
        } else if (is_finished(k)) {
            c->last = true;
            conn_answered(c);
            return;
        }
    }
    ask(k);
}

static void look_for_room(struct socket *k)
{
    if (k->full && k->app.room(k->app.ctx))
        k->full = false;
}

void socket_written(struct conn *c)
{
    struct socket *k = c->x->socket;

    k->busy = k->woken = false;
    buf_reset(&k->out);
    c->deadline = 0;
    look_for_room(k);
    go_on(c);
    if (c->state == CONN_SOCKET)
        conn_run(c); /* pongs may have been in the way of what has arrived */
}

/* --- in --- */

bool socket_step(struct conn *c)
{
    struct socket *k = c->x->socket;
    size_t before = c->left;

    if (c->left == 0 || k->full)
        return false;
    if (!wslay_event_get_read_enabled(k->ws)) {
        conn_use(c, c->left); /* after its goodbye */
        return false;
    }
    if (wslay_event_recv(k->ws) < 0) { /* no frames: wslay would say goodbye without a code */
        wslay_event_shutdown_read(k->ws);
        k->over = k->broken = true;
    }
    if (c->left < before) {
        k->heard_at = (int64_t)uv_now(&c->server->loop);
        k->pinged_at = 0;
    }
    go_on(c);
    return c->state != CONN_SOCKET;
}

void socket_ready(struct conn *c)
{
    struct socket *k = c->x->socket;

    k->asked = false;
    k->woken = k->busy;
    look_for_room(k);
    go_on(c);
    if (c->state == CONN_SOCKET && !k->full)
        conn_run(c);
}

/* --- life --- */

static void write_head(struct socket *k)
{
    char accept[WSACCEPT_SIZE];

    wskey_accept(http_header_get(&k->x->request, "sec-websocket-key"), accept);
    buf_printf(&k->out,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: %s\r\n\r\n",
               accept);
}

void socket_begin(struct conn *c)
{
    struct exchange *x = c->x;
    struct socket *k;
    struct err e;

    if (http_socket_check(&x->request, &e) < 0) { /* the application should have asked */
        conn_refuse(c, &e);
        return;
    }
    if (c->eof || c->server->stopping) {
        conn_close(c);
        return;
    }
    k = arena_calloc(x->arena, 1, sizeof(*k));
    k->x = x;
    k->app = x->reply.socket;
    k->out = BUF_INIT(OUT_MAX);
    k->heard_at = k->used_at = (int64_t)uv_now(&c->server->loop);
    must(wslay_event_context_server_init(&k->ws, &callbacks, k) == 0);
    wslay_event_config_set_max_recv_msg_length(k->ws, HTTP_MESSAGE_MAX);
    x->socket = k;
    c->state = CONN_SOCKET;
    c->deadline = 0;
    write_head(k);
    k->busy = true;
    wire_write(c, k->out.data, k->out.len);
    if (c->state == CONN_SOCKET)
        conn_run(c);
}

void socket_free(struct exchange *x)
{
    if (!x->socket)
        return;
    wslay_event_context_free(x->socket->ws);
    buf_done(&x->socket->out);
}

void socket_stop(struct conn *c)
{
    say_goodbye(c->x->socket, GOING_AWAY, "the node is stopping");
    go_on(c);
}

static void ping(struct socket *k, struct conn *c)
{
    static const struct wslay_event_msg m = {.opcode = WSLAY_PING};

    (void)wslay_event_queue_msg(k->ws, &m);
    go_on(c);
}

/*
 * A client that is not read from is not heard to leave either: its goodbye stands behind what it
 * has sent. But its system refuses what is sent to nobody.
 */
static bool has_left(struct socket *k, struct conn *c, int64_t now)
{
    struct pollfd p = {.fd = -1, .events = POLLRDHUP};

    k->heard_at = now; /* its pong could not be heard */
    k->pinged_at = 0;
    if (uv_fileno((uv_handle_t *)&c->tcp, &p.fd) == 0 && poll(&p, 1, 0) > 0)
        return true;
    if (!k->busy && !k->over && now - k->poked_at > POKE_MS) {
        k->poked_at = now;
        ping(k, c);
    }
    return false;
}

void socket_tick(struct conn *c, int64_t now)
{
    struct socket *k = c->x->socket;

    if (!c->reading && has_left(k, c, now)) {
        conn_close(c);
    } else if (c->state != CONN_SOCKET) {
        return;
    } else if (k->closing_at && now - k->closing_at > CLOSE_MS && !k->busy) {
        conn_close(c);
    } else if (k->pinged_at && now - k->pinged_at > PONG_MS) {
        conn_close(c);
    } else if (!k->over && k->app.idle_ms && now - k->used_at > k->app.idle_ms) {
        say_goodbye(k, WSLAY_CODE_NORMAL_CLOSURE, "nothing happened for long");
        go_on(c);
    } else if (!k->over && !k->pinged_at && now - k->heard_at > PING_MS) {
        k->pinged_at = now;
        ping(k, c);
    }
}
