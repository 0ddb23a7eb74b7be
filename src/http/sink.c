/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_int.h"

/*
 * Bodies that are not collected. What arrives fills a piece; a full piece, or the last one, goes to
 * a worker that gives it to the sink, while the next one fills. When both are full the connection's
 * own buffer fills, then reading stops, and the client has to wait. A slow client holds two
 * pieces of memory and no worker. Pieces have half of the workers at the most and wait in a queue
 * for the rest, so that a disk that stands still does not stop other requests.
 */

static void set_deadline(struct conn *c)
{
    c->deadline = (int64_t)uv_now(&c->server->loop) + c->server->options.body_timeout_ms;
}

void sink_begin(struct conn *c)
{
    struct exchange *x = c->x;
    struct http_server *s = c->server;
    struct sinking *k = arena_calloc(x->arena, 1, sizeof(*k));
    size_t need = 2 * SINK_PIECE;
    struct err e;

    k->sink = x->reply.sink;
    k->x = x;
    list_init(&k->queue);
    x->reply = (struct http_reply){.status = 200};
    x->sinking = k;
    if (s->body_bytes + need > s->options.body_memory / 2) { /* uploads leave room for others */
        refused(&e, TOO_BUSY);
        conn_refuse(c, &e);
        return;
    }
    x->held += need;
    s->body_bytes += need;
    x->body.max = k->piece.max = SINK_PIECE;
    k->complete = !x->head.chunked && x->head.length == 0;
    c->state = CONN_SINK;
    set_deadline(c);
    if (x->head.expects && (c->running ? c->left : c->in.len) == 0)
        wire_say(c, "HTTP/1.1 100 Continue\r\n\r\n");
    conn_run(c);
}

static void leave_queue(struct sinking *k)
{
    list_remove(&k->queue);
    k->queued = false;
}

/* A worker may have a piece: the answer waits until it is back. */
static void refuse_body(struct conn *c, const struct err *e)
{
    struct sinking *k = c->x->sinking;

    k->broken = true;
    k->why = *e;
    leave_queue(k);
    if (!c->x->working)
        conn_refuse(c, e);
}

/* Takes up to n bytes into the piece; -1 when they are nonsense. */
static int64_t take(struct exchange *x, const char *p, size_t n)
{
    uint64_t left = x->head.length - x->sinking->received;

    if (x->head.chunked)
        return chunked_feed(&x->chunked, p, n, &x->body);
    if (n > left)
        n = (size_t)left;
    buf_add(&x->body, p, n);
    return (int64_t)n;
}

/* Fills the piece with what has arrived; false when the body is refused. */
static bool fill(struct conn *c)
{
    struct exchange *x = c->x;
    struct sinking *k = x->sinking;
    struct err e;

    while (c->left > 0 && !k->complete && x->body.len < SINK_PIECE) {
        size_t room = SINK_PIECE - x->body.len;
        size_t before = x->body.len;
        int64_t n = take(x, c->at, c->left < room ? c->left : room);

        if (n < 0) {
            refused(&e, BAD_REQUEST);
            refuse_body(c, &e);
            return false;
        }
        k->received += x->body.len - before;
        if (k->received > x->body_max) {
            refused(&e, BODY_TOO_LARGE, x->body_max);
            refuse_body(c, &e);
            return false;
        }
        conn_use(c, (size_t)n);
        k->complete =
            x->head.chunked ? x->chunked.state == CHUNK_END : k->received == x->head.length;
        set_deadline(c);
    }
    return true;
}

/* --- the worker's side --- */

static void run_piece(struct pool_item *item)
{
    struct exchange *x = container_of(item, struct exchange, item);
    struct sinking *k = x->sinking;
    struct http_sink *sink = &k->sink;

    if (k->piece.len > 0 && sink->write(sink->ctx, k->piece.data, k->piece.len, &x->reply) < 0) {
        sink->close = NULL;
    } else if (k->last) {
        sink->end(sink->ctx, &x->reply);
        sink->close = NULL;
    }
    exchange_report(x);
}

static void run_close(struct pool_item *item)
{
    struct exchange *x = container_of(item, struct exchange, item);
    struct http_sink *sink = &x->sinking->sink;

    sink->close(sink->ctx);
    sink->close = NULL;
    exchange_report(x);
}

bool sink_release(struct exchange *x)
{
    if (!x->sinking)
        return false;
    leave_queue(x->sinking);
    if (!x->sinking->sink.close)
        return false;
    x->conn = NULL;
    if (exchange_offload(x, run_close))
        return true;
    x->sinking->sink.close(x->sinking->sink.ctx); /* no worker: better late than never */
    x->sinking->sink.close = NULL;
    return false;
}

/* --- the loop's side --- */

static void launch(struct sinking *k)
{
    struct http_server *s = k->x->server;
    struct err e;

    leave_queue(k);
    k->at_work = exchange_offload(k->x, run_piece);
    if (k->at_work) {
        s->sinks_at_work++;
    } else {
        refused(&e, TOO_BUSY);
        conn_refuse(k->x->conn, &e);
    }
}

static bool has_room(const struct http_server *s)
{
    return s->sinks_at_work == 0 || s->sinks_at_work < s->options.workers / 2;
}

static void hand_over(struct conn *c)
{
    struct exchange *x = c->x;
    struct sinking *k = x->sinking;
    struct buf piece = x->body;

    x->body = k->piece;
    k->piece = piece;
    k->last = k->complete;
    if (has_room(c->server)) {
        launch(k);
    } else {
        k->queued = true;
        list_push(&c->server->sinks_queued, &k->queue);
    }
}

void sink_back(struct exchange *x)
{
    struct http_server *s = x->server;
    struct list *next;

    if (!x->sinking->at_work)
        return;
    x->sinking->at_work = false;
    s->sinks_at_work--;
    while (has_room(s) && (next = list_pop(&s->sinks_queued)))
        launch(container_of(next, struct sinking, queue));
}

bool sink_is_busy(const struct conn *c)
{
    return c->state == CONN_SINK && (c->x->working || c->x->sinking->queued);
}

bool sink_step(struct conn *c)
{
    struct exchange *x = c->x;
    struct sinking *k = x->sinking;

    if (k->broken) {
        c->left = 0; /* the worker is not back yet */
        return false;
    }
    if (!fill(c))
        return c->state != CONN_SINK;
    if (!sink_is_busy(c) && (k->complete || x->body.len == SINK_PIECE))
        hand_over(c);
    return c->state != CONN_SINK || (c->left > 0 && !k->complete && x->body.len < SINK_PIECE);
}

void sink_done(struct conn *c)
{
    struct exchange *x = c->x;
    struct sinking *k = x->sinking;

    buf_reset(&k->piece);
    if (k->broken) {
        conn_refuse(c, &k->why);
    } else if (!k->sink.close) {
        x->reply.close = x->reply.close || !k->complete;
        send_reply(c);
    } else {
        conn_run(c);
    }
}

bool sink_outlives_eof(const struct conn *c)
{
    return c->state == CONN_SINK && (c->x->sinking->complete || c->in.len > 0);
}
