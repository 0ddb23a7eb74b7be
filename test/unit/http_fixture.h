/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_HTTP_FIXTURE_H
#define ATOLL_TEST_UNIT_HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "http/http.h"
#include "test.h"

/* An application for the listener, and a client on a raw socket. */

#define H "Host: x\r\n"

/* --- an application with one route for each kind of answer --- */

static atomic_int closed_streams;
static char file_path[64];

struct ticker {
    int left;
    bool forever;
    bool waited;
    pthread_t thread;
    bool started;
    void (*ready)(void *arg);
    void *arg;
};

static int64_t tick_pull(void *ctx, void *out, size_t cap)
{
    struct ticker *t = ctx;

    if (!t->waited) {
        t->waited = true;
        return HTTP_PULL_WAIT;
    }
    t->waited = false;
    if (!t->forever && t->left-- == 0)
        return 0;
    assert_true(cap >= 5);
    memcpy(out, "tick\n", 5);
    return 5;
}

static inline void *call_ready(void *arg)
{
    struct ticker *t = arg;

    clock_sleep_ms(5);
    t->ready(t->arg);
    return NULL;
}

static inline void tick_join(struct ticker *t)
{
    if (t->started)
        pthread_join(t->thread, NULL);
    t->started = false;
}

static inline void tick_notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct ticker *t = ctx;

    tick_join(t);
    t->ready = ready;
    t->arg = arg;
    t->started = pthread_create(&t->thread, NULL, call_ready, t) == 0;
}

static inline void tick_close(void *ctx)
{
    tick_join(ctx);
    atomic_fetch_add(&closed_streams, 1);
}

/* "/budget1": counts against the second budget, "/budget2" against the third. */
static unsigned app_budget(void *ctx, const struct http_request *r)
{
    (void)ctx;
    return str_starts(r->path, "/budget") ? (unsigned)(r->path[7] - '0') : 0;
}

static size_t app_admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    if (str_eq(r->path, "/unwanted"))
        return HTTP_BODY_UNWANTED;
    return str_eq(r->path, "/tiny") ? 10 : 1 << 20;
}

static inline void answer(struct http_request *r, struct http_reply *reply, const char *text)
{
    http_reply_text(reply, 200, "text/plain", arena_strdup(r->arena, text));
}

static enum http_verdict app_handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    if (str_starts(r->path, "/work"))
        return HTTP_OFFLOAD;
    if (str_eq(r->path, "/echo")) {
        answer(r, reply, (const char *)r->body.p);
    } else if (str_eq(r->path, "/file")) {
        reply->kind = HTTP_FILE;
        reply->file.fd = open(file_path, O_RDONLY | O_CLOEXEC);
        reply->file.size = lseek(reply->file.fd, 0, SEEK_END);
        http_reply_range(r, reply);
    } else if (str_eq(r->path, "/big")) {
        reply->bytes = (struct bytes){arena_calloc(r->arena, 32, 1 << 20), 32 << 20};
    } else if (str_starts(r->path, "/ticks")) {
        struct ticker *t = arena_calloc(r->arena, 1, sizeof(*t));

        t->left = 3;
        t->forever = str_eq(r->path, "/ticks/forever");
        reply->kind = HTTP_STREAM;
        reply->stream = (struct http_stream){tick_pull, tick_notify, tick_close, t, -1};
    } else {
        answer(r, reply, arena_printf(r->arena, "%s %s", r->method, r->path));
    }
    return HTTP_ANSWERED;
}

static inline void app_work(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    if (str_eq(r->path, "/work/slow"))
        clock_sleep_ms(300);
    answer(r, reply, arena_printf(r->arena, "worked %s", r->peer));
}

static const struct http_app app = {
    .budget = app_budget, .admit = app_admit, .handle = app_handle, .work = app_work};

static inline struct http_server *start(struct http_options o)
{
    struct http_server *s;
    struct err e;

    o.bind = "127.0.0.1";
    o.workers = 2;
    ok(http_server_start(&o, &app, &s, &e), e);
    return s;
}

/* --- a client that sends what it is told to --- */

static int dial(const struct http_server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(s)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static inline void say(int fd, const char *p, size_t n)
{
    assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

static inline void say_text(int fd, const char *s)
{
    say(fd, s, strlen(s));
}

/* Everything until the end of the connection, or until `until` has come. */
static inline void hear(int fd, struct buf *b, const char *until, bool *ret_closed)
{
    char part[65536];
    ssize_t n;

    *ret_closed = false;
    while (!until || !strstr(buf_str(b), until)) {
        n = recv(fd, part, sizeof(part), 0);
        if (n == 0)
            *ret_closed = true;
        if (n <= 0)
            return;
        buf_add(b, part, (size_t)n);
    }
}

/* Sends a request and answers the statuses of the answers, "200,400", with "+c" when closed. */
static inline void probe(const struct http_server *s, const char *p, size_t n, char *out,
                         size_t cap)
{
    _buf_ struct buf b = BUF_INIT(1 << 20);
    struct buf list = BUF_INIT(200);
    struct timeval limit = {.tv_usec = 250000};
    int fd = dial(s);
    struct pollfd first = {.fd = fd, .events = POLLIN};
    const char *at;
    bool closed;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    say(fd, p, n);
    (void)poll(&first, 1, 2000); /* a busy machine takes its time to begin */
    hear(fd, &b, NULL, &closed);
    for (at = strstr(buf_str(&b), "HTTP/1.1 "); at; at = strstr(at + 9, "HTTP/1.1 "))
        buf_printf(&list, "%s%.3s", list.len ? "," : "", at + 9);
    buf_printf(&list, "%s", closed ? "+c" : "");
    (void)str_copy(out, cap, buf_str(&list));
    buf_done(&list);
    close(fd);
}

#endif
