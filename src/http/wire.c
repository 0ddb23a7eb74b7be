/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "http/http_int.h"

/* The bytes of a connection, to and from its socket; through TLS where the listener speaks that. */

enum {
    PIECE = 65536, /* of an answer, encrypted and sent at once */
    UNASKED_MAX =
        262144 /* bytes that TLS itself may have waiting for a client that takes nothing */
};

/* --- in --- */

static void alloc_cb(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    struct conn *c = container_of(h, struct conn, tcp);

    (void)suggested;
    *ret = uv_buf_init(c->server->read_buf, READ_SIZE);
}

static void end_input(struct conn *c)
{
    uv_read_stop((uv_stream_t *)&c->tcp);
    c->reading = false;
    conn_eof(c);
}

static void flush_unasked(struct conn *c);

/* What cannot be decrypted is answered by what TLS says about it, and the end. */
static void stop_tls(struct conn *c, int64_t why)
{
    if (why == TLS_ENDED) {
        end_input(c);
    } else if (why == TLS_IS_HTTP) {
        tls_free(c->tls);
        c->tls = NULL;
        conn_refuse_plain(c);
    } else {
        flush_unasked(c);
        conn_give_up(c);
    }
}

static void decrypt(struct conn *c, const char *p, size_t n)
{
    char *plain = c->server->plain_buf;
    bool was_established = tls_established(c->tls);
    int64_t got;

    tls_feed(c->tls, p, n);
    while ((got = tls_read(c->tls, plain, READ_SIZE)) > 0 && c->state != CONN_CLOSING &&
           c->state != CONN_LINGER)
        conn_input(c, plain, (size_t)got);
    if (c->state == CONN_CLOSING || c->state == CONN_LINGER)
        return;
    if (got < 0) {
        stop_tls(c, got);
        return;
    }
    if (!was_established && tls_established(c->tls) && c->state == CONN_IDLE)
        conn_wait(c);
    flush_unasked(c);
}

static void read_cb(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = container_of(h, struct conn, tcp);

    if (n == 0)
        return;
    if (n == UV_EOF)
        end_input(c);
    else if (n < 0)
        conn_close(c);
    else if (c->state == CONN_LINGER)
        return;
    else if (c->tls)
        decrypt(c, b->base, (size_t)n);
    else
        conn_input(c, b->base, (size_t)n);
}

void wire_read(struct conn *c, bool want)
{
    if (want == c->reading)
        return;
    c->reading = want;
    if (!want)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else if (uv_read_start((uv_stream_t *)&c->tcp, alloc_cb, read_cb) < 0)
        conn_close(c);
}

/* --- out, in the clear --- */

/* A client that takes something now and then may be as slow as it likes: see conn_tick(). */
static void set_write_deadline(struct conn *c)
{
    c->unsent = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    c->deadline = (int64_t)uv_now(&c->server->loop) + c->server->options.write_timeout_ms;
}

static void on_written(uv_write_t *req, int status)
{
    struct exchange *x = container_of(req, struct exchange, write);
    struct conn *c = x->conn;

    if (c->state == CONN_CLOSING)
        return;
    if (status < 0)
        conn_close(c);
    else
        send_written(c);
}

static void write_plain(struct conn *c, const uv_buf_t *b, unsigned count)
{
    if (uv_write(&c->x->write, (uv_stream_t *)&c->tcp, b, count, on_written) < 0)
        conn_close(c);
    else
        set_write_deadline(c);
}

static bool send_plain(struct conn *c, const struct buf *head, struct bytes body)
{
    uv_buf_t b[2] = {uv_buf_init(head->data, (unsigned)head->len),
                     uv_buf_init((char *)(uintptr_t)body.p, (unsigned)body.n)};
    unsigned count = body.n > 0 ? 2 : 1;
    int n = uv_try_write((uv_stream_t *)&c->tcp, b, count);
    size_t sent = n > 0 ? (size_t)n : 0;

    if (n < 0 && n != UV_EAGAIN) {
        conn_close(c);
        return false;
    }
    if (sent == head->len + body.n)
        return true;
    if (sent >= head->len) {
        b[0] = uv_buf_init(b[1].base + (sent - head->len), (unsigned)(body.n - (sent - head->len)));
        count = 1;
    } else { /* the head's buffer does not live on */
        size_t rest = head->len - sent;

        b[0] = uv_buf_init(exchange_room(c->x, rest), (unsigned)rest);
        memcpy(b[0].base, head->data + sent, rest);
    }
    write_plain(c, b, count);
    return false;
}

/* --- out, encrypted --- */

struct sealed {
    uv_write_t req;
    struct conn *c;
    bool answer; /* of an answer, which goes on behind it */
    char data[];
};

static void send_sealed(struct conn *c, bool answer);

static void on_sealed_written(uv_write_t *req, int status)
{
    struct sealed *w = container_of(req, struct sealed, req);
    struct conn *c = w->c;
    bool answer = w->answer;

    free(w);
    if (c->state == CONN_CLOSING)
        return;
    if (status < 0)
        conn_close(c);
    else if (answer && c->plain.n > 0)
        send_sealed(c, true);
    else if (answer)
        send_written(c);
}

/* Hands what TLS has made to the socket, which may take it later. */
static void queue_sealed(struct conn *c, bool answer)
{
    struct buf *out = tls_out(c->tls);
    struct sealed *w = xmalloc(sizeof(*w) + out->len);
    uv_buf_t b = uv_buf_init(w->data, (unsigned)out->len);

    w->c = c;
    w->answer = answer;
    memcpy(w->data, buf_str(out), out->len);
    buf_done(out);
    if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &b, 1, on_sealed_written) < 0) {
        free(w);
        conn_close(c);
    } else if (answer) {
        set_write_deadline(c);
    }
}

/* Encrypts the next piece of c->plain; false when that cannot be done. */
static bool seal(struct conn *c)
{
    size_t n = c->plain.n < PIECE ? c->plain.n : PIECE;
    bool ok = tls_write(c->tls, c->plain.p, n);

    c->plain.p += n;
    c->plain.n -= n;
    if (!ok)
        conn_close(c);
    return ok;
}

static void send_sealed(struct conn *c, bool answer)
{
    if (seal(c))
        queue_sealed(c, answer);
}

/* True when the socket took all that TLS had for it. */
static bool try_sealed(struct conn *c)
{
    struct buf *out = tls_out(c->tls);
    uv_buf_t b = uv_buf_init(out->data, (unsigned)out->len);
    int n = out->len > 0 ? uv_try_write((uv_stream_t *)&c->tcp, &b, 1) : 0;

    if (n > 0)
        buf_shift(out, (size_t)n);
    if (out->len > 0)
        return false;
    buf_done(out);
    return true;
}

static bool send_encrypted(struct conn *c, const struct buf *head, struct bytes body)
{
    if (!tls_write(c->tls, head->data, head->len)) {
        conn_close(c);
        return false;
    }
    c->plain = body;
    if (!seal(c) || (c->plain.n == 0 && try_sealed(c)))
        return c->state != CONN_CLOSING;
    queue_sealed(c, true);
    return false;
}

/* Handshakes, alerts, tickets. */
static void flush_unasked(struct conn *c)
{
    if (try_sealed(c))
        return;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) > UNASKED_MAX)
        conn_close(c);
    else
        queue_sealed(c, false);
}

/* --- out --- */

bool wire_send(struct conn *c, const struct buf *head, struct bytes body)
{
    return c->tls ? send_encrypted(c, head, body) : send_plain(c, head, body);
}

void wire_write(struct conn *c, const void *p, size_t n)
{
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);

    if (c->tls) {
        c->plain = (struct bytes){p, n};
        send_sealed(c, true);
    } else {
        write_plain(c, &b, 1);
    }
}

void wire_say(struct conn *c, const char *text)
{
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));

    if (!c->tls)
        (void)uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    else if (tls_write(c->tls, text, strlen(text)))
        flush_unasked(c);
}

void wire_end(struct conn *c)
{
    if (!c->tls)
        return;
    tls_end(c->tls);
    flush_unasked(c);
}
