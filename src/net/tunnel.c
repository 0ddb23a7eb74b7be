/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tunnel.h"

#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "net/net_int.h"

/*
 * curl makes the connection (a unix socket, TCP, TLS) and then carries bytes only; the request and
 * the head of its answer are written and read here.
 */

enum { HEAD_MAX = 16384, SLICE_MS = 250 };

struct tunnel {
    CURL *easy;
    curl_socket_t fd;
    bool plain; /* no TLS: the socket can be ended one way */
    char *rest; /* what came behind the head */
    size_t rest_at, rest_len;
};

void tunnel_close(struct tunnel *t)
{
    if (!t)
        return;
    if (t->easy)
        curl_easy_cleanup(t->easy);
    free(t->rest);
    free(t);
}

static void cleanup_tunnel(struct tunnel *const *t)
{
    tunnel_close(*t);
}

int tunnel_fd(const struct tunnel *t)
{
    return t->fd;
}

int64_t tunnel_read(struct tunnel *t, void *out, size_t cap)
{
    size_t n = t->rest_len - t->rest_at;
    CURLcode rc;

    if (n > 0) {
        n = n < cap ? n : cap;
        memcpy(out, t->rest + t->rest_at, n);
        t->rest_at += n;
        return (int64_t)n;
    }
    rc = curl_easy_recv(t->easy, out, cap, &n);
    if (rc == CURLE_AGAIN)
        return TUNNEL_WAIT;
    return rc == CURLE_OK ? (int64_t)n : -1;
}

int64_t tunnel_write(struct tunnel *t, const void *p, size_t n)
{
    size_t sent = 0;
    CURLcode rc = curl_easy_send(t->easy, p, n, &sent);

    if (rc == CURLE_AGAIN)
        return TUNNEL_WAIT;
    return rc == CURLE_OK ? (int64_t)sent : -1;
}

void tunnel_end(struct tunnel *t)
{
    if (t->plain)
        (void)shutdown(t->fd, SHUT_WR);
}

/* --- the way there --- */

struct way {
    struct net *net;
    struct transfer *t;
    int64_t end; /* monotonic ms */
};

static int wait_for(const struct way *w, short events, struct err *e)
{
    curl_socket_t fd;

    must(curl_easy_getinfo(w->t->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left = w->end - clock_mono_ms();

        if (atomic_load(&w->net->stopping))
            return failed(e, UNAVAILABLE, "the node is shutting down");
        if (left <= 0) {
            (void)failed(e, TIMEOUT, "%s does not answer", w->t->host);
            return err_transient(e);
        }
        if (poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS) > 0)
            return 0;
    }
}

static int broken(const struct way *w, struct err *e)
{
    (void)failed(e, FAILED, "%s ended the connection", w->t->host);
    return err_transient(e);
}

static int send_all(const struct way *w, struct tunnel *t, const struct buf *b, struct err *e)
{
    size_t at = 0;

    while (at < b->len) {
        int64_t n = tunnel_write(t, b->data + at, b->len - at);

        if (n == TUNNEL_WAIT) {
            if (wait_for(w, POLLOUT, e) < 0)
                return -1;
        } else if (n < 0) {
            return broken(w, e);
        } else {
            at += (size_t)n;
        }
    }
    return 0;
}

/* More of the answer behind what is in b; 0 at its end. */
static int read_more(const struct way *w, struct tunnel *t, struct buf *b, struct err *e)
{
    char some[4096];
    int64_t n;

    while ((n = tunnel_read(t, some, sizeof(some))) == TUNNEL_WAIT)
        if (wait_for(w, POLLIN, e) < 0)
            return -1;
    if (n < 0)
        return broken(w, e);
    buf_add(b, some, (size_t)n);
    return n > 0 ? 1 : 0;
}

static void add_request(const struct net_request *r, struct buf *b)
{
    const char *host = strstr(r->url, "://") + 3;
    const char *path = host + strcspn(host, "/?#");
    size_t i;

    buf_printf(b, "%s %s%.*s HTTP/1.1\r\nHost: %.*s\r\n", r->method ? r->method : "GET",
               *path == '/' ? "" : "/", (int)strcspn(path, "#"), path, (int)(path - host), host);
    for (i = 0; i < r->header_count; i++)
        buf_printf(b, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
    if (r->body)
        buf_printf(b, "Content-Length: %zu\r\n", r->body_len);
    buf_puts(b, "User-Agent: atoll/" ATOLL_VERSION "\r\n\r\n");
    if (r->body)
        buf_add(b, r->body, r->body_len);
}

/* Reads until the head is complete, which goes to the transfer; what follows stays in b. */
static int read_head(const struct way *w, struct tunnel *t, struct buf *b, struct err *e)
{
    const char *end;
    uint64_t status;
    size_t n;

    while (!(end = strstr(buf_str(b), "\r\n\r\n"))) {
        int more = strlen(buf_str(b)) < b->len ? 0 : read_more(w, t, b, e); /* a NUL: no head */

        if (more < 0)
            return -1;
        if (more == 0 || b->full)
            return failed(e, FAILED, "%s does not answer in HTTP", w->t->host);
    }
    n = (size_t)(end - b->data) + 4;
    buf_add(&w->t->head, b->data, n);
    buf_shift(b, n);
    end = buf_str(&w->t->head);
    if (!str_starts(end, "HTTP/1.") || end[7] == '\0' || end[8] != ' ')
        return failed(e, FAILED, "%s does not answer in HTTP", w->t->host);
    {
        char digits[4] = {end[9], end[9] ? end[10] : 0, end[9] && end[10] ? end[11] : 0, 0};

        if (!str_u64(digits, 599, &status) || status < 100)
            return failed(e, FAILED, "%s does not answer in HTTP", w->t->host);
    }
    w->t->status = (int)status;
    return 0;
}

/* A refusal's text, as far as it has come; the rest of it is of no interest. */
static int read_body(const struct way *w, struct tunnel *t, struct arena *a, struct buf *b,
                     struct net_response *ret, struct err *e)
{
    const char *length = net_header_get(ret, "content-length");
    uint64_t want = TUNNEL_ANSWER_MAX;
    int more = 1;

    if (length && !str_u64(length, TUNNEL_ANSWER_MAX, &want))
        want = TUNNEL_ANSWER_MAX;
    while (length && b->len < want && more > 0)
        if ((more = read_more(w, t, b, e)) < 0)
            return -1;
    ret->body.n = b->len < want ? b->len : (size_t)want;
    ret->body.p = arena_strndup(a, buf_str(b), ret->body.n);
    return 0;
}

static int switch_over(const struct way *w, struct arena *a, const struct net_request *r,
                       struct tunnel *t, struct net_response *ret, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(HEAD_MAX + r->body_len);
    _buf_ struct buf in = BUF_INIT(HEAD_MAX + TUNNEL_ANSWER_MAX);

    add_request(r, &out);
    if (out.full)
        return failed(e, INVALID, "the request is too large");
    if (send_all(w, t, &out, e) < 0 || read_head(w, t, &in, e) < 0)
        return -1;
    transfer_response(w->t, a, ret);
    if (ret->status != 101)
        return read_body(w, t, a, &in, ret, e);
    t->rest_len = in.len;
    t->rest = in.len ? buf_take(&in) : NULL;
    return 0;
}

static int dial(const struct way *w, struct err *e)
{
    CURLcode rc;

    must(curl_easy_setopt(w->t->easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK);
    rc = curl_easy_perform(w->t->easy);
    return rc == CURLE_OK ? 0 : transfer_failed(w->t, rc, e);
}

static void cleanup_transfer(struct transfer *t)
{
    transfer_done(t);
}

int net_upgrade(struct net *n, struct arena *a, const struct net_request *r,
                struct net_response *ret, struct tunnel **ret_tunnel, struct err *e)
{
    cleanup_(cleanup_tunnel) struct tunnel *t = xcalloc(1, sizeof(*t));
    cleanup_(cleanup_transfer) struct transfer transfer = {0};
    struct net_request only = *r;
    struct way w = {n, &transfer, 0};
    int limit = request_timeout(r);

    only.body = NULL;
    only.method = NULL;
    t->easy = curl_easy_init();
    must(t->easy);
    t->plain = strncasecmp(r->url, "https", 5) != 0;
    if (transfer_init(&transfer, n, t->easy, &only, e) < 0 || dial(&w, e) < 0)
        return -1;
    must(curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &t->fd) == CURLE_OK);
    w.end = clock_mono_ms() + (limit > 0 ? limit : INT32_MAX);
    if (switch_over(&w, a, r, t, ret, e) < 0)
        return -1;
    /* its functions point into this frame, and nothing is left for them to do */
    (void)curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 1L);
    (void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, NULL);
    (void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
    *ret_tunnel = ret->status == 101 ? t : NULL;
    if (*ret_tunnel)
        t = NULL;
    return 0;
}
