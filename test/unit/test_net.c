/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "net/guard.h"
#include "net/net.h"
#include "server.h"
#include "test.h"

/* One server of many paths, one net and one arena for each test. */
struct fixture {
    struct server *server;
    struct net *net;
    struct arena *a;
};

static void forever(struct server_conn *c)
{
    static const char piece[16384];

    (void)server_write(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
    while (server_write(c, piece, sizeof(piece))) {
    }
    c->close = true;
}

static void hundred_mib(struct server_conn *c)
{
    static char piece[1 << 20];
    int i;

    (void)server_write(c, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", 46);
    for (i = 0; i < 100; i++) {
        memset(piece, i, sizeof(piece));
        if (!server_write(c, piece, sizeof(piece)))
            break;
    }
}

static void redirect(struct server_conn *c, const char *to)
{
    char header[2100];

    (void)snprintf(header, sizeof(header), "Location: %s\r\n", to);
    server_reply_text(c, 302, header, "moved");
}

static void misbehave(struct server_conn *c)
{
    if (str_eq(c->path, "/forever"))
        forever(c);
    else if (str_eq(c->path, "/silent"))
        clock_sleep_ms(700);
    else if (str_eq(c->path, "/late")) {
        (void)server_write(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
        clock_sleep_ms(60);
        (void)server_write(c, "x", 1);
        clock_sleep_ms(900);
    } else if (str_eq(c->path, "/cut"))
        (void)server_write(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 42);
    else if (str_eq(c->path, "/stall")) {
        (void)server_write(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 42);
        clock_sleep_ms(900);
    } else {
        (void)server_write(c, "not http at all\r\n\r\n", 19);
    }
    c->close = true;
}

static void handle(struct server_conn *c)
{
    char text[64] = "";
    char reply[256];

    if (str_eq(c->path, "/hello")) {
        server_reply_text(c, 200, "X-Test: One\r\nEmpty:\r\n", "hello");
    } else if (str_eq(c->path, "/echo")) {
        (void)server_header(c, "content-type", text, sizeof(text));
        (void)snprintf(reply, sizeof(reply), "X-Method: %s\r\nX-Type: %s\r\nX-Chunked: %d\r\n",
                       c->method, text, server_header(c, "transfer-encoding", text, sizeof(text)));
        server_reply(c, 201, reply, c->body.data, c->body.len);
    } else if (str_eq(c->path, "/100mib")) {
        hundred_mib(c);
    } else if (str_eq(c->path, "/early")) {
        server_reply_text(c, 413, "Connection: close\r\n", "too much");
        c->close = true;
    } else if (str_eq(c->path, "/loop")) {
        redirect(c, "/loop");
    } else if (str_starts(c->path, "/to?")) {
        redirect(c, c->path + 4);
    } else {
        misbehave(c);
    }
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    guard_set(&(struct guard_rules){.allow_private = false});
    f->server = server_new(NULL, handle, NULL);
    f->net = net_new();
    f->a = arena_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_free(f->net);
    server_free(f->server);
    arena_free(f->a);
    test_free(f);
    return 0;
}

static struct net_request request(struct fixture *f, const char *path)
{
    return (struct net_request){.url = arena_printf(f->a, "%s%s", server_url(f->server), path)};
}

static void calls_reuse_the_connection(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/hello");
    struct net_response got;
    struct err e;
    int i;

    for (i = 0; i < 20; i++) {
        ok(net_call(f->net, f->a, &r, &got, &e), e);
        assert_int_equal(got.status, 200);
        assert_string_equal(got.body.p, "hello");
        assert_int_equal(got.body.n, 5);
        assert_string_equal(net_header_get(&got, "x-test"), "One");
        assert_string_equal(net_header_get(&got, "empty"), "");
        assert_null(net_header_get(&got, "absent"));
    }
    assert_int_equal(server_connections(f->server), 1);
}

static void methods_and_bodies_arrive(void **state)
{
    struct fixture *f = *state;
    struct net_header type = {"Content-Type", "application/json"};
    struct net_request r = request(f, "/echo");
    struct net_response got;
    struct err e;

    r.method = "POST";
    r.body = "{\"a\":1}";
    r.body_len = 7;
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_int_equal(got.status, 201);
    assert_string_equal(got.body.p, "{\"a\":1}");
    assert_string_equal(net_header_get(&got, "x-method"), "POST");
    assert_string_equal(net_header_get(&got, "x-type"), "");
    r.headers = &type;
    r.header_count = 1;
    r.method = "PUT";
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_string_equal(net_header_get(&got, "x-method"), "PUT");
    assert_string_equal(net_header_get(&got, "x-type"), "application/json");
    r.body = NULL;
    r.method = "DELETE";
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_string_equal(net_header_get(&got, "x-method"), "DELETE");
    r.method = "HEAD";
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_string_equal(net_header_get(&got, "x-method"), "HEAD");
    r.method = NULL;
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_string_equal(net_header_get(&got, "x-method"), "GET");
}

static void headers_cannot_be_injected(void **state)
{
    struct fixture *f = *state;
    static const struct net_header bad[] = {
        {"X", "a\r\nY: b"}, {"X\r\nY", "b"}, {"X: Y", "b"}, {"", "b"}, {"X", "a\nb"}};
    struct net_request r = request(f, "/hello");
    struct net_response got;
    struct err e;
    size_t i;

    r.header_count = 1;
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        r.headers = &bad[i];
        err_is(net_call(f->net, f->a, &r, &got, &e), e, INVALID);
    }
    assert_int_equal(server_connections(f->server), 0);
}

static void large_answers_are_cut_off(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/hello");
    struct net_response got;
    struct err e;

    r.max_body = 5;
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    r.max_body = 4;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, TOO_LARGE);
    r = request(f, "/forever");
    r.max_body = 1 << 20;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, TOO_LARGE);
}

static void broken_peers_are_errors(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/silent");
    struct net_response got;
    struct err e;
    int64_t start = clock_mono_ms();

    r.timeout_ms = 200;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, TIMEOUT);
    assert_true(e.transient);
    assert_in_range(clock_mono_ms() - start, 190, 10000);
    r = request(f, "/cut");
    err_is(net_call(f->net, f->a, &r, &got, &e), e, FAILED);
    assert_true(e.transient);
    r = request(f, "/garbage");
    err_is(net_call(f->net, f->a, &r, &got, &e), e, FAILED);
    r.url = "http://127.0.0.1:1/secret?key=1";
    err_is(net_call(f->net, f->a, &r, &got, &e), e, FAILED);
    assert_null(strstr(e.msg, "secret"));
    r.url = "gopher://127.0.0.1/";
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    r.url = "file:///etc/passwd";
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
}

static void redirects_are_followed_five_times(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/to?/hello");
    struct net_response got;
    struct stream *s;
    struct err e;
    char text[16];

    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_int_equal(got.status, 302);
    r.flags = NET_REDIRECTS;
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_int_equal(got.status, 200);
    assert_null(net_header_get(&got, "location"));
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(got.status, 200);
    assert_int_equal(stream_read(s, text, sizeof(text), &e), 5);
    stream_close(s);
    r = request(f, "/loop");
    r.flags = NET_REDIRECTS;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, FAILED);
    r = request(f, "/to?file:///etc/passwd");
    r.flags = NET_REDIRECTS;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
}

static void foreign_urls_stay_outside(void **state)
{
    static const char *const loopback[] = {"127.0.0.1"};
    static const char *const pattern[] = {"/hello"};
    struct guard_rules rules = {.allow = loopback, .allow_count = 1};
    struct fixture *f = *state;
    struct net_request r = request(f, "/hello");
    const char *port = strrchr(r.url, ':');
    struct net_response got;
    struct err e;

    ok(net_call(f->net, f->a, &r, &got, &e), e); /* leaves a connection that might be reused */
    r.flags = NET_GUARD | NET_REDIRECTS;
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    assert_string_equal(e.msg, "127.0.0.1 is a loopback address (allowPrivateUrls)");
    r.url = arena_printf(f->a, "http://localhost%s", port);
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    guard_set(&rules);
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    r.url = arena_printf(f->a, "%s/to?http://127.0.0.2%s", server_url(f->server), port);
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    assert_non_null(strstr(e.msg, "loopback"));
    r.url = arena_printf(f->a, "%s/to?http://10.0.0.1/", server_url(f->server));
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    rules.patterns = pattern;
    rules.pattern_count = 1;
    guard_set(&rules);
    r.url = arena_printf(f->a, "%s/to?/hello", server_url(f->server));
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNSAFE_URL);
    r.url = arena_printf(f->a, "%s/to?/echo", server_url(f->server));
    ok(net_call(f->net, f->a, &r, &got, &e), e);
}

static void unix_sockets_are_reached(void **state)
{
    struct fixture *f = *state;
    char *path = arena_printf(f->a, "/tmp/atoll-test-%d.sock", (int)getpid());
    struct server *s = server_new(path, handle, NULL);
    struct net_request r = {.url = "http://localhost/hello", .unix_socket = path};
    struct net_response got;
    struct err e;

    ok(net_call(f->net, f->a, &r, &got, &e), e);
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_string_equal(got.body.p, "hello");
    assert_int_equal(server_connections(s), 1);
    server_free(s);
    (void)unlink(path);
}

struct counter {
    size_t left;
    size_t piece;
    bool breaks;
};

static int64_t count_down(void *ctx, void *out, size_t cap)
{
    struct counter *c = ctx;
    size_t n = c->left < cap ? c->left : cap;

    if (c->breaks && c->left < 1000)
        return -1;
    n = c->piece && n > c->piece ? c->piece : n;
    memset(out, 'x', n);
    c->left -= n;
    return (int64_t)n;
}

static void sources_are_uploaded(void **state)
{
    struct fixture *f = *state;
    struct counter c = {.left = 3000000};
    struct net_source source = {.read = count_down, .ctx = &c, .size = 3000000};
    struct net_request r = request(f, "/echo");
    struct net_response got;
    struct err e;

    r.method = "PUT";
    r.source = &source;
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_int_equal(got.body.n, 3000000);
    assert_string_equal(net_header_get(&got, "x-chunked"), "0");
    c.left = 70000;
    c.piece = 100;
    source.size = -1;
    r.method = "POST";
    ok(net_call(f->net, f->a, &r, &got, &e), e);
    assert_int_equal(got.body.n, 70000);
    assert_string_equal(net_header_get(&got, "x-chunked"), "1");
    assert_string_equal(net_header_get(&got, "x-method"), "POST");
    c = (struct counter){.left = 70000, .breaks = true};
    err_is(net_call(f->net, f->a, &r, &got, &e), e, FAILED);
}

static int64_t drain(struct stream *s, size_t cap, struct err *e)
{
    char buf[4096];
    int64_t total = 0;
    int64_t n;

    assert_true(cap <= sizeof(buf));
    while ((n = stream_read(s, buf, cap, e)) > 0)
        total += n;
    return n < 0 ? n : total;
}

static void streams_upload_sources(void **state)
{
    struct fixture *f = *state;
    struct counter c = {.left = 5000000};
    struct net_source source = {.read = count_down, .ctx = &c, .size = -1};
    struct net_request r = request(f, "/echo");
    struct net_response got;
    struct stream *s;
    struct err e;

    r.method = "POST";
    r.source = &source;
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(got.status, 201);
    assert_int_equal(drain(s, 4096, &e), 5000000);
    stream_close(s);
    c = (struct counter){.left = 5000000, .breaks = true};
    err_is(net_open(f->net, f->a, &r, &got, &s, &e), e, FAILED);
    c = (struct counter){.left = 300, .piece = 7};
    source.size = 300;
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(drain(s, 4096, &e), 300);
    stream_close(s);
    r.source = NULL;
    r.body = "memory";
    r.body_len = 6;
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(drain(s, 3, &e), 6);
    stream_close(s);
}

static long peak_kib(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void slow_readers_hold_the_peer_back(void **state)
{
    static unsigned char buf[100000];
    struct fixture *f = *state;
    struct net_request r = request(f, "/100mib");
    struct net_response got;
    struct stream *s;
    struct err e;
    int64_t total = 0;
    int64_t n;
    long before;

    r.timeout_ms = 250; /* silence: the reader's own pauses do not count */
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(got.status, 200);
    assert_string_equal(net_header_get(&got, "content-length"), "104857600");
    before = peak_kib();
    while ((n = stream_read(s, buf, sizeof(buf), &e)) > 0) {
        assert_int_equal(buf[0], total / (1 << 20));
        assert_int_equal(buf[n - 1], (total + n - 1) / (1 << 20));
        total += n;
        if (total < 2000000)
            clock_sleep_ms(40);
    }
    assert_int_equal(n, 0);
    assert_int_equal(total, 104857600);
    if (!UNDER_ASAN) /* which keeps freed memory for a while */
        assert_in_range(peak_kib() - before, 0, 4096);
    stream_close(s);
}

static void silent_streams_time_out(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/silent");
    struct net_response got;
    struct stream *s;
    char buf[64];
    struct err e;
    int64_t start;

    r.timeout_ms = 200;
    r.connect_timeout_ms = 100;
    err_is(net_open(f->net, f->a, &r, &got, &s, &e), e, TIMEOUT);
    r = request(f, "/stall");
    r.timeout_ms = 200;
    start = clock_mono_ms();
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(stream_read(s, buf, sizeof(buf), &e), 3);
    err_is((int)stream_read(s, buf, sizeof(buf), &e), e, TIMEOUT);
    assert_in_range(clock_mono_ms() - start, 190, 10000);
    stream_close(s);
    r = request(f, "/cut");
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(stream_read(s, buf, sizeof(buf), &e), 3);
    err_is((int)stream_read(s, buf, sizeof(buf), &e), e, FAILED);
    stream_close(s);
}

static void streams_can_be_left(void **state)
{
    static const struct net_header early = {"X-Early", "1"};
    struct fixture *f = *state;
    struct net_request r = request(f, "/forever");
    struct net_response got;
    struct stream *s;
    char buf[64];
    struct err e;
    int i;

    for (i = 0; i < 10; i++) {
        ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
        assert_true(stream_read(s, buf, sizeof(buf), &e) > 0);
        stream_close(s);
    }
    r = request(f, "/early");
    r.headers = &early;
    r.header_count = 1;
    r.method = "PUT";
    r.source = &(struct net_source){
        .read = count_down, .ctx = &(struct counter){.left = 1 << 30, .piece = 1}, .size = -1};
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(got.status, 413);
    stream_close(s);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int calls;
};

static void count_call(void *arg)
{
    struct waiter *w = arg;

    lock_scope(&w->lock);
    w->calls++;
    pthread_cond_signal(&w->changed);
}

static void pulling_never_blocks(void **state)
{
    static char buf[1 << 20];
    struct fixture *f = *state;
    struct net_request r = request(f, "/100mib");
    struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct net_response got;
    struct stream *s;
    struct err e;
    int64_t total = 0;
    int waits = 0;
    int64_t n;

    cond_init(&w.changed);
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    stream_notify(s, count_call, &w);
    while ((n = stream_pull(s, buf, sizeof(buf), &e)) != 0) {
        if (n > 0) {
            total += n;
            continue;
        }
        assert_int_equal(n, STREAM_WAIT);
        waits++;
        lock_scope(&w.lock);
        while (w.calls < waits)
            assert_true(cond_wait_ms(&w.changed, &w.lock, 5000));
        assert_int_equal(w.calls, waits);
    }
    assert_int_equal(total, 104857600);
    stream_close(s);
}

static void *stop_soon(void *arg)
{
    clock_sleep_ms(100);
    net_stop(arg);
    return NULL;
}

static void stopping_ends_everything(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/stall");
    struct net_response got;
    struct stream *s;
    pthread_t thread;
    char buf[64];
    struct err e;

    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(stream_read(s, buf, sizeof(buf), &e), 3);
    thread_start(&thread, "stopper", stop_soon, f->net);
    err_is((int)stream_read(s, buf, sizeof(buf), &e), e, UNAVAILABLE);
    stream_close(s);
    err_is(net_call(f->net, f->a, &r, &got, &e), e, UNAVAILABLE);
    err_is(net_open(f->net, f->a, &r, &got, &s, &e), e, UNAVAILABLE);
    pthread_join(thread, NULL);
}

static void *call_often(void *arg)
{
    struct fixture *f = arg;
    int i;

    for (i = 0; i < 50; i++) {
        _arena_ struct arena *a = arena_new();
        struct net_request r = {.url = arena_printf(a, "%s/hello", server_url(f->server))};
        struct net_response got;
        struct stream *s;
        struct err e;

        ok(net_call(f->net, a, &r, &got, &e), e);
        ok(net_open(f->net, a, &r, &got, &s, &e), e);
        if (i % 2)
            assert_int_equal(drain(s, 2, &e), 5);
        stream_close(s);
    }
    return NULL;
}

static void threads_share_a_net(void **state)
{
    pthread_t threads[8];
    size_t i;

    for (i = 0; i < ARRAY_LEN(threads); i++)
        thread_start(&threads[i], "caller", call_often, *state);
    for (i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

/* What arrives between "wait" and stream_notify() is told of all the same. */
static void notify_after_the_fact(void **state)
{
    struct fixture *f = *state;
    struct net_request r = request(f, "/late");
    struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct net_response got;
    struct stream *s;
    struct err e;
    char one;

    cond_init(&w.changed);
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    assert_int_equal(stream_pull(s, &one, 1, &e), STREAM_WAIT);
    clock_sleep_ms(200);
    stream_notify(s, count_call, &w);
    pthread_mutex_lock(&w.lock);
    assert_int_equal(w.calls, 1);
    pthread_mutex_unlock(&w.lock);
    assert_int_equal(stream_pull(s, &one, 1, &e), 1);
    stream_close(s);
}

/* A connection that an unguarded request left open is no way in for a guarded one. */
static void guard_of_kept_connections(void **state)
{
    struct fixture *f = *state;
    const char *port = strrchr(server_url(f->server), ':');
    struct net_request r = {.url = arena_printf(f->a, "http://rpc.localhost%s/hello", port)};
    struct net_response got;
    struct stream *s;
    struct err e;
    char text[16];

    ok(net_call(f->net, f->a, &r, &got, &e), e);
    ok(net_open(f->net, f->a, &r, &got, &s, &e), e);
    while (stream_read(s, text, sizeof(text), &e) > 0)
        ;
    stream_close(s);
    r.flags = NET_GUARD;
    assert_int_equal(net_call(f->net, f->a, &r, &got, &e), -1);
    assert_non_null(strstr(e.msg, "loopback"));
    assert_int_equal(net_open(f->net, f->a, &r, &got, &s, &e), -1);
    assert_non_null(strstr(e.msg, "loopback"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(calls_reuse_the_connection),
        T(methods_and_bodies_arrive),
        T(headers_cannot_be_injected),
        T(large_answers_are_cut_off),
        T(broken_peers_are_errors),
        T(redirects_are_followed_five_times),
        T(foreign_urls_stay_outside),
        T(unix_sockets_are_reached),
        T(sources_are_uploaded),
        T(streams_upload_sources),
        T(slow_readers_hold_the_peer_back),
        T(silent_streams_time_out),
        T(streams_can_be_left),
        T(pulling_never_blocks),
        T(stopping_ends_everything),
        T(threads_share_a_net),
        T(notify_after_the_fact),
        T(guard_of_kept_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
