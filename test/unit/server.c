/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "base/thread.h"

enum { CONNECTIONS_MAX = 256, HEAD_MAX = 65536, BODY_MAX = 256 << 20 };

struct server {
    int fd;
    void (*handle)(struct server_conn *c);
    void *arg;
    pthread_t acceptor;
    char url[64];
    _Atomic size_t count;
    pthread_mutex_t lock; /* of the next two */
    pthread_cond_t rests;
    size_t busy; /* handlers that run */
    struct slot {
        struct server *server;
        int fd;
        pthread_t thread;
    } slots[CONNECTIONS_MAX];
};

bool server_write(struct server_conn *c, const void *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(c->fd, p, n, MSG_NOSIGNAL);

        if (done <= 0)
            return false;
        p = (const char *)p + done;
        n -= (size_t)done;
    }
    return true;
}

void server_reply(struct server_conn *c, int status, const char *headers, const void *body,
                  size_t n)
{
    char head[4096];
    int len = snprintf(head, sizeof(head), "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n",
                       status, n, headers ? headers : "");

    must(len > 0 && (size_t)len < sizeof(head));
    if (server_write(c, head, (size_t)len) && strcmp(c->method, "HEAD") != 0)
        (void)server_write(c, body, n);
}

void server_reply_text(struct server_conn *c, int status, const char *headers, const char *text)
{
    server_reply(c, status, headers, text, strlen(text));
}

bool server_header(const struct server_conn *c, const char *name, char *out, size_t cap)
{
    const char *line = buf_str(&c->head);
    size_t n = strlen(name);

    while ((line = strstr(line, "\r\n"))) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            line += n + 1;
            line += strspn(line, " ");
            (void)snprintf(out, cap, "%.*s", (int)strcspn(line, "\r"), line);
            return true;
        }
    }
    return false;
}

/* Reads until the text is in b from `from` on; the index behind it, or 0 when the peer is gone. */
static size_t read_until(struct server_conn *c, struct buf *b, const char *text)
{
    char piece[16384];
    const char *at;
    ssize_t n;

    while (!(at = b->data ? memmem(b->data, b->len, text, strlen(text)) : NULL)) {
        n = recv(c->fd, piece, sizeof(piece), 0);
        if (n <= 0)
            return 0;
        buf_add(b, piece, (size_t)n);
    }
    return (size_t)(at - b->data) + strlen(text);
}

static bool read_exactly(struct server_conn *c, struct buf *in, struct buf *out, size_t n)
{
    char piece[16384];

    while (n > 0) {
        size_t have = in->len < n ? in->len : n;
        ssize_t got;

        buf_add(out, in->data, have);
        if (have > 0)
            buf_shift(in, have);
        n -= have;
        if (n == 0)
            break;
        got = recv(c->fd, piece, n < sizeof(piece) ? n : sizeof(piece), 0);
        if (got <= 0)
            return false;
        buf_add(in, piece, (size_t)got);
    }
    return true;
}

static bool read_chunks(struct server_conn *c, struct buf *in)
{
    struct buf dropped = BUF_INIT(64);
    size_t n;
    bool ok;

    do {
        size_t line = read_until(c, in, "\r\n");

        if (line == 0)
            return false;
        n = strtoul(in->data, NULL, 16);
        buf_shift(in, line);
        ok = read_exactly(c, in, &c->body, n) && read_exactly(c, in, &dropped, 2);
        buf_done(&dropped);
    } while (ok && n > 0);
    return ok;
}

static void request_line(struct server_conn *c)
{
    const char *line = buf_str(&c->head);
    int method = (int)strcspn(line, " ");
    int path = (int)strcspn(line + method + 1, " \r");

    (void)snprintf(c->method, sizeof(c->method), "%.*s", method, line);
    (void)snprintf(c->path, sizeof(c->path), "%.*s", path, line + method + 1);
}

static bool read_request(struct server_conn *c, struct buf *in)
{
    size_t end = read_until(c, in, "\r\n\r\n");
    char text[64];

    if (end == 0)
        return false;
    buf_reset(&c->head);
    buf_reset(&c->body);
    buf_add(&c->head, in->data, end);
    buf_shift(in, end);
    request_line(c);
    if (server_header(c, "x-early", text, sizeof(text)))
        return true;
    if (server_header(c, "expect", text, sizeof(text)))
        (void)server_write(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    if (server_header(c, "content-length", text, sizeof(text)))
        return read_exactly(c, in, &c->body, strtoul(text, NULL, 10));
    if (server_header(c, "transfer-encoding", text, sizeof(text)))
        return read_chunks(c, in);
    return true;
}

static void set_busy(struct server *s, bool busy)
{
    lock_scope(&s->lock);
    s->busy += busy ? 1 : (size_t)-1;
    if (s->busy == 0)
        pthread_cond_broadcast(&s->rests);
}

void server_rest(struct server *s)
{
    lock_scope(&s->lock);
    while (s->busy > 0)
        (void)cond_wait_ms(&s->rests, &s->lock, -1);
}

static void *run_connection(void *arg)
{
    struct slot *slot = arg;
    struct server_conn c = {.server = slot->server,
                            .arg = slot->server->arg,
                            .fd = slot->fd,
                            .head = BUF_INIT(HEAD_MAX),
                            .body = BUF_INIT(BODY_MAX)};
    struct buf in = BUF_INIT(BODY_MAX);

    while (!c.close && read_request(&c, &in)) {
        set_busy(slot->server, true);
        slot->server->handle(&c);
        set_busy(slot->server, false);
        c.nth++;
    }
    buf_done(&c.head);
    buf_done(&c.body);
    buf_done(&in);
    shutdown(slot->fd, SHUT_RDWR);
    return NULL;
}

static void *run_acceptor(void *arg)
{
    struct server *s = arg;
    int one = 1;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        struct slot *slot = &s->slots[s->count];

        must(s->count < CONNECTIONS_MAX);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        *slot = (struct slot){.server = s, .fd = fd};
        s->count++; /* before its thread can answer anything */
        thread_start(&slot->thread, "test-conn", run_connection, slot);
    }
    return NULL;
}

static void listen_unix(struct server *s, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    must(snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path) < (int)sizeof(addr.sun_path));
    (void)unlink(path);
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(s->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    (void)snprintf(s->url, sizeof(s->url), "http://localhost");
}

static void listen_tcp(struct server *s)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(addr);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(s->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    must(getsockname(s->fd, (struct sockaddr *)&addr, &n) == 0);
    (void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(addr.sin_port));
}

struct server *server_new(const char *unix_path, void (*handle)(struct server_conn *c), void *arg)
{
    struct server *s = xcalloc(1, sizeof(*s));

    s->handle = handle;
    s->arg = arg;
    (void)pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->rests);
    if (unix_path)
        listen_unix(s, unix_path);
    else
        listen_tcp(s);
    must(listen(s->fd, 64) == 0);
    thread_start(&s->acceptor, "test-accept", run_acceptor, s);
    return s;
}

void server_free(struct server *s)
{
    size_t i;

    shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->acceptor, NULL);
    for (i = 0; i < s->count; i++) {
        shutdown(s->slots[i].fd, SHUT_RDWR);
        (void)pthread_join(s->slots[i].thread, NULL);
        close(s->slots[i].fd);
    }
    close(s->fd);
    (void)pthread_cond_destroy(&s->rests);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

const char *server_url(const struct server *s)
{
    return s->url;
}

size_t server_connections(const struct server *s)
{
    return s->count;
}
