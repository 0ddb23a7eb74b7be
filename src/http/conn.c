/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "http/http_int.h"

/* Connections: bytes in, requests out, one at a time; what is pipelined waits its turn. */

static int64_t now_ms(const struct http_server *s)
{
    return (int64_t)uv_now(&s->loop);
}

/* --- exchanges --- */

static struct exchange *exchange_new(struct conn *c)
{
    struct arena *a = arena_new();
    struct exchange *x = arena_calloc(a, 1, sizeof(*x));

    x->arena = a;
    x->server = c->server;
    x->conn = c;
    x->request.arena = a;
    x->request.method = x->request.target = x->request.path = "";
    x->request.peer = arena_strdup(a, c->peer); /* the worker may outlive the connection */
    x->request.body.p = (const uint8_t *)"";
    x->reply.status = 200;
    list_init(&x->done);
    list_init(&x->ready);
    return x;
}

void exchange_free(struct exchange *x)
{
    if (sink_release(x))
        return;
    http_reply_drop(&x->reply); /* afterwards nobody calls server_ready(x) */
    pthread_mutex_lock(&x->server->lock);
    list_remove(&x->ready);
    pthread_mutex_unlock(&x->server->lock);
    x->server->body_bytes -= x->held;
    socket_free(x);
    chunked_done(&x->chunked);
    buf_done(&x->body);
    if (x->sinking)
        buf_done(&x->sinking->piece);
    free(x->chunk);
    arena_free(x->arena);
}

/* --- the answer --- */

void conn_refuse(struct conn *c, const struct err *e)
{
    if (c->state == CONN_CLOSING)
        return;
    if (!c->x)
        c->x = exchange_new(c);
    http_reply_drop(&c->x->reply);
    reply_refused(&c->x->request, &c->x->reply, e);
    c->x->reply.close = true;
    send_reply(c);
}

static void answer_options(struct exchange *x)
{
    const char *asked = http_header_get(&x->request, "access-control-request-headers");

    x->reply.status = 204;
    http_reply_header(&x->reply, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    http_reply_header(&x->reply, "Vary", "Access-Control-Request-Headers");
    if (asked)
        http_reply_header(&x->reply, "Access-Control-Allow-Headers", asked);
    http_reply_header(&x->reply, "Content-Length", "0"); /* old browsers wait for a body without */
}

void exchange_report(struct exchange *x)
{
    struct http_server *s = x->server;

    pthread_mutex_lock(&s->lock);
    list_push(&s->done, &x->done);
    uv_async_send(&s->wake); /* under the lock: once x is taken the server may be gone */
    pthread_mutex_unlock(&s->lock);
}

static void run_work(struct pool_item *item)
{
    struct exchange *x = container_of(item, struct exchange, item);
    struct http_app *app = &x->server->app;

    app->work(app->ctx, &x->request, &x->reply);
    exchange_report(x);
}

bool exchange_offload(struct exchange *x, void (*run)(struct pool_item *item))
{
    x->item.run = run;
    x->working = true;
    x->server->working++;
    if (pool_run(x->server->lanes[x->request.lane], &x->item))
        return true;
    x->working = false;
    x->server->working--;
    return false;
}

static void offload(struct conn *c)
{
    struct err e;

    c->deadline = 0;
    if (exchange_offload(c->x, run_work))
        return;
    refused(&e, TOO_BUSY);
    conn_refuse(c, &e);
}

static bool has_body(const struct exchange *x)
{
    return x->head.chunked || x->head.length > 0;
}

/* The application has left a reply, or wants the body now. */
static void reply_ready(struct conn *c)
{
    struct exchange *x = c->x;

    if (x->reply.kind == HTTP_SINK) {
        sink_begin(c);
        return;
    }
    if (x->reply.kind == HTTP_SOCKET) {
        socket_begin(c);
        return;
    }
    if (x->request.streamed && has_body(x))
        x->reply.close = true;
    send_reply(c);
}

void exchange_done(struct exchange *x)
{
    struct conn *c = x->conn;

    x->working = false;
    if (x->sinking)
        sink_back(x);
    if (c && c->state != CONN_CLOSING) {
        if (x->sinking)
            sink_done(c);
        else
            reply_ready(c);
        return;
    }
    if (c)
        c->x = NULL;
    exchange_free(x);
}

static void dispatch(struct conn *c)
{
    struct exchange *x = c->x;
    struct http_app *app = &c->server->app;

    c->state = CONN_ANSWER;
    if (x->body.len > 0)
        x->request.body = (struct bytes){(const uint8_t *)x->body.data, x->body.len};
    if (str_eq(x->request.method, "OPTIONS")) {
        answer_options(x);
        send_reply(c);
    } else if (app->handle(app->ctx, &x->request, &x->reply) == HTTP_ANSWERED) {
        reply_ready(c);
    } else {
        offload(c);
    }
}

/* --- the request --- */

/* The header block is complete and sound: may it come in, and with which body? */
static void begin_body(struct conn *c)
{
    struct exchange *x = c->x;
    struct http_server *s = c->server;
    unsigned budget = s->app.budget ? s->app.budget(s->app.ctx, &x->request) : 0;
    bool body = has_body(x);
    struct err e;

    x->request.secure = c->tls != NULL;
    gate_look(s->gate, &x->request);
    if (!str_eq(x->request.method, "OPTIONS")) {
        if (!gate_pass(s->gate, &x->request, budget, now_ms(s), &x->reply)) {
            x->reply.close = body;
            send_reply(c);
            return;
        }
        x->body_max = s->app.admit(s->app.ctx, &x->request);
    }
    if (x->head.length > x->body_max) {
        refused(&e, BODY_TOO_LARGE, x->body_max);
        conn_refuse(c, &e);
        return;
    }
    if (x->body_max == HTTP_BODY_UNWANTED) {
        c->last = c->last || body;
        body = false;
    }
    if (!body || x->request.streamed) {
        dispatch(c);
        return;
    }
    x->body.max = x->body_max;
    c->state = CONN_BODY;
    c->deadline = now_ms(s) + s->options.body_timeout_ms;
    if (x->head.expects && c->left == 0)
        wire_say(c, "HTTP/1.1 100 Continue\r\n\r\n");
}

void conn_use(struct conn *c, size_t n)
{
    c->at += n;
    c->left -= n;
}

static void begin_request(struct conn *c, size_t n)
{
    struct exchange *x = exchange_new(c);
    size_t lines = c->guard.lines;
    struct err e;

    c->x = x;
    c->guard = (struct guard){0};
    if (head_parse(arena_strndup(x->arena, c->at, n), n, lines, &x->request, &x->head) < 0) {
        refused(&e, BAD_REQUEST);
        conn_refuse(c, &e);
        return;
    }
    conn_use(c, n);
    begin_body(c);
}

/* Counts what the body has grown by; refuses it when all bodies together are too much. */
static bool body_fits(struct conn *c, size_t before)
{
    struct http_server *s = c->server;
    struct err e;

    c->x->held += c->x->body.len - before;
    s->body_bytes += c->x->body.len - before;
    if (s->body_bytes <= s->options.body_memory)
        return true;
    refused(&e, TOO_BUSY);
    conn_refuse(c, &e);
    return false;
}

/* True when there may be more to do. */
static bool step_head(struct conn *c)
{
    size_t end;
    struct err e;

    if (c->left == 0)
        return false;
    if (c->state == CONN_IDLE) {
        c->state = CONN_HEAD;
        c->deadline = now_ms(c->server) + c->server->options.header_timeout_ms;
    }
    switch (guard_scan(&c->guard, c->at, c->left, &end)) {
    case GUARD_MORE:
        return false;
    case GUARD_DONE:
        if (end > 2) {
            begin_request(c, end);
        } else { /* an empty line before a request is allowed */
            c->guard = (struct guard){0};
            conn_use(c, end);
        }
        return true;
    case GUARD_LONG:
        refused(&e, HEADERS_TOO_LARGE);
        break;
    case GUARD_BAD:
    default:
        refused(&e, BAD_REQUEST);
        break;
    }
    conn_refuse(c, &e);
    return true;
}

static bool step_chunks(struct conn *c)
{
    struct exchange *x = c->x;
    size_t before = x->body.len;
    int64_t n = chunked_feed(&x->chunked, c->at, c->left, &x->body);
    struct err e;

    if (!body_fits(c, before))
        return true;
    if (n < 0) {
        refused(&e, BAD_REQUEST);
        conn_refuse(c, &e);
        return true;
    }
    conn_use(c, (size_t)n);
    if (x->body.full) {
        refused(&e, BODY_TOO_LARGE, x->body_max);
        conn_refuse(c, &e);
        return true;
    }
    if (x->chunked.state != CHUNK_END)
        return false;
    dispatch(c);
    return true;
}

static bool step_body(struct conn *c)
{
    struct exchange *x = c->x;
    uint64_t want = x->head.length - x->body.len;
    size_t n = c->left < want ? c->left : (size_t)want;

    if (c->left == 0)
        return false;
    c->deadline = now_ms(c->server) + c->server->options.body_timeout_ms;
    if (x->head.chunked)
        return step_chunks(c);
    buf_add(&x->body, c->at, n);
    conn_use(c, n);
    if (!body_fits(c, x->body.len - n))
        return true;
    if (x->body.len < x->head.length)
        return false;
    dispatch(c);
    return true;
}

/* --- bytes --- */

void conn_eof(struct conn *c)
{
    c->eof = true;
    if (c->state == CONN_ANSWER) {
        struct exchange *x = c->x;

        /* The client may wait for its answer; nobody waits at the other end of a live stream. */
        if (!x->working && x->reply.kind == HTTP_STREAM && c->deadline == 0)
            conn_close(c);
        return;
    }
    if (!sink_outlives_eof(c))
        conn_close(c);
}

bool conn_has_input(const struct conn *c)
{
    return (c->running ? c->left : c->in.len) > 0;
}

void conn_input(struct conn *c, const char *p, size_t n)
{
    if (c->state == CONN_ANSWER || c->in.len > 0) {
        buf_add(&c->in, p, n);
    } else {
        c->at = p;
        c->left = n;
    }
    conn_run(c);
}

/* A client that sends on while it is being answered has to wait. */
static void set_reading(struct conn *c)
{
    if (c->state != CONN_CLOSING)
        wire_read(c, !c->eof && c->in.len <= AHEAD_MAX);
}

/* Keeps what no request has used: it lies in c->in already, or in the server's buffer. */
static void keep_rest(struct conn *c)
{
    if (c->in.len > 0)
        buf_shift(&c->in, c->in.len - c->left);
    else if (c->left > 0)
        buf_add(&c->in, c->at, c->left);
    if (c->in.len == 0)
        buf_done(&c->in);
    c->at = NULL;
    c->left = 0;
}

/* Works on some of it; true when there may be more to do. */
static bool step(struct conn *c)
{
    switch (c->state) {
    case CONN_IDLE:
    case CONN_HEAD:
        return step_head(c);
    case CONN_BODY:
        return step_body(c);
    case CONN_SINK:
        return sink_step(c);
    case CONN_SOCKET:
        return socket_step(c);
    case CONN_LINGER:
        c->left = 0;
        return false;
    case CONN_ANSWER:
    case CONN_CLOSING:
        break;
    }
    return false;
}

void conn_run(struct conn *c)
{
    if (c->running || c->state == CONN_CLOSING)
        return;
    if (c->in.len > 0) {
        c->at = c->in.data;
        c->left = c->in.len;
    }
    c->running = true;
    while (step(c))
        ;
    c->running = false;
    keep_rest(c);
    if (c->eof && c->state != CONN_ANSWER && !sink_outlives_eof(c))
        conn_close(c);
    set_reading(c);
}

/* --- the end --- */

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status;
}

/*
 * Closing a socket that still has input resets the connection, and the client may lose the answer.
 * So: say that nothing more comes, and throw away what arrives, for a while.
 */
static void linger(struct conn *c)
{
    c->state = CONN_LINGER;
    c->deadline = now_ms(c->server) + LINGER_MS;
    buf_done(&c->in);
    wire_end(c);
    if (c->eof || uv_shutdown(&c->shut, (uv_stream_t *)&c->tcp, on_shutdown) < 0)
        conn_close(c);
}

void conn_refuse_plain(struct conn *c)
{
    struct err e;

    refused(&e, NEEDS_TLS);
    conn_refuse(c, &e);
}

void conn_give_up(struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return; /* what it was told first could not be sent */
    if (c->x)
        conn_close(c);
    else
        linger(c);
}

void conn_wait(struct conn *c)
{
    c->deadline = now_ms(c->server) + c->server->options.idle_timeout_ms;
}

void conn_answered(struct conn *c)
{
    struct http_server *s = c->server;

    exchange_free(c->x);
    c->x = NULL;
    if (c->last) {
        linger(c);
        if (!c->running)
            set_reading(c);
        return;
    }
    c->state = CONN_IDLE;
    c->guard = (struct guard){0};
    conn_wait(c);
    if (s->stopping)
        conn_close(c);
    else
        conn_run(c);
}

static void on_closed(uv_handle_t *h)
{
    struct conn *c = container_of(h, struct conn, tcp);
    struct http_server *s = c->server;

    if (c->x && c->x->working)
        c->x->conn = NULL;
    else if (c->x)
        exchange_free(c->x);
    buf_done(&c->in);
    tls_free(c->tls);
    list_remove(&c->link);
    free(c);
    server_conn_gone(s);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return;
    c->state = CONN_CLOSING;
    c->left = 0;
    if (c->x && !c->x->working)
        http_reply_drop(&c->x->reply);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* A client that takes something now and then may be as slow as it likes. */
static bool still_taking(struct conn *c)
{
    size_t unsent = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);

    if ((c->state != CONN_ANSWER && c->state != CONN_SOCKET) || unsent >= c->unsent)
        return false;
    c->unsent = unsent;
    return true;
}

void conn_tick(struct conn *c, int64_t now)
{
    struct err e;

    if (c->state == CONN_SOCKET)
        socket_tick(c, now);
    if (c->deadline == 0 || now < c->deadline)
        return;
    if (still_taking(c)) {
        c->deadline = now + c->server->options.write_timeout_ms;
        return;
    }
    if (sink_is_busy(c)) {
        c->deadline = now + c->server->options.body_timeout_ms; /* the disk is slow */
        return;
    }
    if (c->state == CONN_HEAD || c->state == CONN_BODY || c->state == CONN_SINK) {
        refused(&e, REQUEST_TIMEOUT);
        conn_refuse(c, &e);
        buf_done(&c->in);
    } else {
        conn_close(c);
    }
}

static void set_peer(struct conn *c)
{
    struct sockaddr_storage from;
    int n = sizeof(from);
    char text[PEER_TEXT] = "";

    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&from, &n) == 0)
        (void)uv_ip_name((struct sockaddr *)&from, text, sizeof(text));
    (void)str_copy(c->peer, sizeof(c->peer), str_starts(text, "::ffff:") ? text + 7 : text);
}

/* Makes room in a crowd: ends the oldest connection that has nothing to say. */
static bool evict_idle(struct http_server *s)
{
    struct list *item;
    struct list *following;

    list_for_each(item, following, &s->conns)
    {
        struct conn *c = container_of(item, struct conn, link);

        if (c->state != CONN_IDLE)
            continue;
        conn_close(c);
        return true;
    }
    return false;
}

void conn_accept(struct http_server *s)
{
    struct conn *c = xcalloc(1, sizeof(*c));
    bool crowded;
    struct err e;

    c->server = s;
    crowded = s->conn_count >= s->options.max_connections && !evict_idle(s);
    c->state = CONN_IDLE;
    c->in.max = HEAD_MAX + 2 * READ_SIZE + AHEAD_MAX; /* TLS may have kept a part of a read */
    c->tls = server_tls(s);
    conn_wait(c);
    if (c->tls)
        c->deadline = now_ms(s) + s->options.header_timeout_ms; /* for the handshake */
    must(uv_tcp_init(&s->loop, &c->tcp) == 0);
    list_push(&s->conns, &c->link);
    s->conn_count++;
    if (uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->tcp) < 0) {
        conn_close(c);
        return;
    }
    (void)uv_tcp_nodelay(&c->tcp, 1);
    set_peer(c);
    (void)uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S); /* a live stream has no deadline of its own */
    if (crowded && (c->tls || s->conn_count > s->options.max_connections + REFUSED_MAX)) {
        conn_close(c);
    } else if (crowded) {
        refused(&e, TOO_BUSY);
        conn_refuse(c, &e);
    }
    set_reading(c);
}
