/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* Streamed bodies: order and completeness, refusals at every moment, clients that leave, slow
 * disks. */

enum { MIB = 1 << 20 };

/* The machine may be busy: what must come is waited for. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int tries_left = 6000;                                                                     \
        while (!(condition) && tries_left-- > 0)                                                   \
            clock_sleep_ms(10);                                                                    \
        if (tries_left < 0)                                                                        \
            fail_msg("never: %s", #condition);                                                     \
    } while (0)

/* A sink that counts, with a mood for each path. */
struct counter {
    struct arena *arena;
    const char *path;
    uint64_t bytes;
    uint64_t sum; /* of byte times position: order matters */
    uint64_t largest;
};

static atomic_int open_sinks, broken_off, standing;
static atomic_bool disk_stuck;
static atomic_uint_fast64_t written;

static int count_write(void *ctx, const void *p, size_t n, struct http_reply *reply)
{
    struct counter *k = ctx;
    const uint8_t *bytes = p;
    size_t i;

    if (str_eq(k->path, "/sink/full") && k->bytes + n > MIB) {
        http_reply_text(reply, 507, "text/plain", "full");
        atomic_fetch_sub(&open_sinks, 1);
        return -1;
    }
    if (str_eq(k->path, "/sink/stuck")) {
        atomic_fetch_add(&standing, 1);
        while (atomic_load(&disk_stuck))
            clock_sleep_ms(2);
        atomic_fetch_sub(&standing, 1);
    }
    for (i = 0; i < n; i++)
        k->sum += bytes[i] * ++k->bytes;
    k->largest = n > k->largest ? n : k->largest;
    atomic_fetch_add(&written, n);
    return 0;
}

static void count_end(void *ctx, struct http_reply *reply)
{
    struct counter *k = ctx;

    http_reply_text(reply, 200, "text/plain",
                    arena_printf(k->arena, "got %llu sum %llu.", (unsigned long long)k->bytes,
                                 (unsigned long long)k->sum));
    atomic_fetch_sub(&open_sinks, 1);
}

static void count_close(void *ctx)
{
    (void)ctx;
    atomic_fetch_sub(&open_sinks, 1);
    atomic_fetch_add(&broken_off, 1);
}

static size_t sink_admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    r->streamed = str_starts(r->path, "/sink");
    return str_eq(r->path, "/sink/tiny") ? 10 : (size_t)64 * MIB;
}

static void sink_open(struct http_request *r, struct http_reply *reply)
{
    struct counter *k = arena_calloc(r->arena, 1, sizeof(*k));

    *k = (struct counter){.arena = r->arena, .path = r->path};
    reply->kind = HTTP_SINK;
    reply->sink = (struct http_sink){count_write, count_end, count_close, k};
    atomic_fetch_add(&open_sinks, 1);
}

static enum http_verdict sink_handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    assert_true(!r->streamed || r->body.n == 0);
    if (!r->streamed) {
        answer(r, reply, "plain");
        return HTTP_ANSWERED;
    }
    if (!str_eq(r->path, "/sink/inline"))
        return HTTP_OFFLOAD;
    sink_open(r, reply);
    return HTTP_ANSWERED;
}

static void sink_work(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    if (str_eq(r->path, "/sink/late"))
        clock_sleep_ms(100);
    if (str_eq(r->path, "/sink/refused")) {
        http_reply_text(reply, 403, "text/plain", "no");
        return;
    }
    sink_open(r, reply);
}

static const struct http_app sink_app = {
    .admit = sink_admit, .handle = sink_handle, .work = sink_work};

static struct http_server *start_sink(struct http_options o)
{
    struct http_server *s;
    struct err e;

    o.bind = "127.0.0.1";
    o.workers = 2;
    atomic_store(&broken_off, 0);
    atomic_store(&written, 0);
    ok(http_server_start(&o, &sink_app, &s, &e), e);
    return s;
}

static void stop_sink(struct http_server *s)
{
    http_server_stop(s, 1000);
    assert_int_equal(atomic_load(&open_sinks), 0);
}

/* --- what goes in --- */

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 31 + (i >> 11));
}

static const char *expected(struct arena *a, uint64_t n)
{
    uint64_t sum = 0;
    uint64_t i;

    for (i = 0; i < n; i++)
        sum += byte_at(i) * (i + 1);
    return arena_printf(a, "got %llu sum %llu.", (unsigned long long)n, (unsigned long long)sum);
}

static void say_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        assert_true(sent > 0);
        p += sent;
        n -= (size_t)sent;
    }
}

/* The body of n bytes, as it is or in chunks of uneven sizes. */
static char *make_body(struct arena *a, uint64_t n, bool chunks, size_t *ret_len)
{
    char *out = arena_alloc(a, n + n / 500 * 16 + 100);
    uint64_t at = 0, k;
    size_t len = 0, step = 1;

    while (at < n) {
        uint64_t part = chunks ? step : n;

        part = part < n - at ? part : n - at;
        if (chunks)
            len += (size_t)sprintf(out + len, "%llx\r\n", (unsigned long long)part);
        for (k = 0; k < part; k++)
            out[len++] = (char)byte_at(at++);
        if (chunks)
            len += (size_t)sprintf(out + len, "\r\n");
        step = step * 7 % 100003 + 1000;
    }
    if (chunks)
        len += (size_t)sprintf(out + len, "0\r\n\r\n");
    *ret_len = len;
    return out;
}

/* Uploads n bytes on fd and checks that all of them came, in order. */
static void upload(int fd, const char *path, uint64_t n, bool chunks)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(65536);
    struct timeval limit = {.tv_sec = 60};
    size_t len;
    const char *body = make_body(a, n, chunks, &len);
    bool closed;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    say_text(fd, arena_printf(a, "POST %s HTTP/1.1\r\n" H, path));
    say_text(fd, chunks ? "Transfer-Encoding: chunked\r\n\r\n"
                        : arena_printf(a, "Content-Length: %zu\r\n\r\n", len));
    say_all(fd, body, len);
    hear(fd, &b, expected(a, n), &closed);
    if (!strstr(buf_str(&b), expected(a, n)))
        fail_msg("%s: got %s, want %s", path, buf_str(&b), expected(a, n));
}

static void test_sizes(void **state) /* on one connection that stays */
{
    static const uint64_t sizes[] = {0,      1,      65536,       262143,  262144,
                                     262145, 524288, 524288 + 10, 5 * MIB, 20 * MIB + 7};
    struct http_server *s = start_sink((struct http_options){0});
    int fd = dial(s);
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(sizes); i++) {
        upload(fd, "/sink", sizes[i], false);
        upload(fd, "/sink/inline", sizes[i], true);
        upload(fd, i % 2 ? "/sink/inline" : "/sink/late", sizes[i], i % 3 == 0);
    }
    close(fd);
    assert_int_equal(atomic_load(&broken_off), 0);
    stop_sink(s);
}

static const struct {
    const char *what;
    const char *bytes;
    const char *want;
    int broken;
} probes[] = {
    {"no body", "POST /sink HTTP/1.1\r\n" H "\r\n", "200", 0},
    {"no body, no sink", "POST /sink/refused HTTP/1.1\r\n" H "\r\n", "403", 0},
    {"refused, its body is not read",
     "POST /sink/refused HTTP/1.1\r\n" H "Content-Length: 900\r\n\r\nabc", "403+c", 0},
    {"body, then GET",
     "POST /sink HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n" H "\r\n",
     "200,200", 0},
    {"two bodies, then GET",
     "POST /sink HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"
     "POST /sink/inline HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
     "GET / HTTP/1.1\r\n" H "\r\n",
     "200,200,200", 0},
    {"length beyond the limit", "POST /sink/tiny HTTP/1.1\r\n" H "Content-Length: 11\r\n\r\nabc",
     "413+c", 0},
    {"chunks beyond the limit",
     "POST /sink/tiny HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n",
     "413+c", 1},
    {"chunk size LF",
     "POST /sink HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", "400+c",
     1},
    {"chunk too long", "POST /sink HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
     "400+c", 1},
    {"chunk data LF", "POST /sink HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n",
     "400+c", 1},
    {"both framings",
     "POST /sink HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
     "400+c", 0},
    {"continue",
     "POST /sink/refused HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
     "403+c", 0},
    {"continue, body at once",
     "POST /sink HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "200", 0},
    {"OPTIONS with a body", "OPTIONS /sink HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", "413+c",
     0},
};

static void test_probes(void **state)
{
    struct http_server *s = start_sink((struct http_options){0});
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(probes); i++) {
        atomic_store(&broken_off, 0);
        probe(s, probes[i].bytes, strlen(probes[i].bytes), got, sizeof(got));
        if (!str_eq(got, probes[i].want))
            fail_msg("%s: got %s, want %s", probes[i].what, got, probes[i].want);
        wait_until(atomic_load(&broken_off) == probes[i].broken && atomic_load(&open_sinks) == 0);
    }
    stop_sink(s);
}

static void test_continue(void **state) /* is said once the sink is there, not before */
{
    struct http_server *s = start_sink((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(65536);
    int fd = dial(s);
    bool closed;

    (void)state;
    say_text(fd,
             "POST /sink/late HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    hear(fd, &b, "100 Continue\r\n\r\n", &closed);
    assert_int_equal(atomic_load(&open_sinks), 1);
    say_text(fd, "abc");
    hear(fd, &b, "got 3 sum ", &closed);
    assert_non_null(strstr(buf_str(&b), "200 OK"));
    close(fd);
    stop_sink(s);
}

static void test_breaks_off(void **state)
{
    static const char *const starts[] = {
        "POST /sink HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\nabc",
        "POST /sink/inline HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfffff\r\nabc",
        "POST /sink/late HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\nabc"};
    struct http_server *s = start_sink((struct http_options){0});
    struct linger reset = {1, 0};
    size_t i;

    (void)state;
    for (i = 0; i < 2 * ARRAY_LEN(starts); i++) {
        int fd = dial(s);

        say_text(fd, starts[i / 2]);
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
        wait_until(atomic_load(&broken_off) == (int)i + 1);
    }
    stop_sink(s);
}

static void test_half_closed(void **state) /* a client that shuts its side after the body */
{
    struct http_server *s = start_sink((struct http_options){0});
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(65536);
    size_t len;
    const char *body = make_body(a, 3 * MIB, false, &len);
    int fd = dial(s);
    bool closed;

    (void)state;
    say_text(fd, "POST /sink/late HTTP/1.1\r\n" H "Content-Length: 3145728\r\n\r\n");
    say_all(fd, body, len);
    shutdown(fd, SHUT_WR);
    hear(fd, &b, NULL, &closed);
    assert_true(closed);
    assert_non_null(strstr(buf_str(&b), expected(a, 3 * MIB)));
    close(fd);
    stop_sink(s);
}

static void test_silence(void **state)
{
    struct http_server *s = start_sink((struct http_options){.body_timeout_ms = 200});
    _buf_ struct buf b = BUF_INIT(65536);
    int fd = dial(s);
    bool closed;

    (void)state;
    say_text(fd, "POST /sink HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nabc");
    hear(fd, &b, NULL, &closed);
    assert_non_null(strstr(buf_str(&b), "408 Request Timeout"));
    close(fd);
    wait_until(atomic_load(&broken_off) == 1);
    stop_sink(s);
}

static void test_full(void **state) /* the sink refuses in the middle */
{
    struct http_server *s = start_sink((struct http_options){0});
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(65536);
    size_t len;
    const char *body = make_body(a, 2 * MIB, false, &len);
    int fd = dial(s);
    bool closed;

    (void)state;
    say_text(fd, "POST /sink/full HTTP/1.1\r\n" H "Content-Length: 60000000\r\n\r\n");
    say_all(fd, body, len);
    hear(fd, &b, NULL, &closed);
    assert_true(closed);
    assert_non_null(strstr(buf_str(&b), "507 Insufficient Storage"));
    assert_int_equal(atomic_load(&broken_off), 0);
    close(fd);
    stop_sink(s);
}

/* Sends until the server takes no more; how many bytes that were. */
static size_t send_until_stuck(int fd, const char *p, size_t n)
{
    size_t sent = 0;
    int idle = 0;

    while (idle < 100 && sent < n) {
        ssize_t r = send(fd, p + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (r < 0)
            clock_sleep_ms(2);
        idle = r < 0 ? idle + 1 : 0;
        sent += r < 0 ? 0 : (size_t)r;
    }
    return sent;
}

/* A disk that stands still: the client waits, others are served, silence is not the client's. */
static void test_stuck(void **state)
{
    struct http_server *s = start_sink((struct http_options){.body_timeout_ms = 300});
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(65536);
    size_t len, sent;
    const char *body = make_body(a, 40 * MIB, false, &len);
    int fd = dial(s);
    char got[64];
    bool closed;

    (void)state;
    atomic_store(&disk_stuck, true);
    say_text(fd,
             arena_printf(a, "POST /sink/stuck HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", len));
    sent = send_until_stuck(fd, body, len);
    assert_true(sent < 30 * MIB);
    clock_sleep_ms(1200);
    probe(s, "GET / HTTP/1.1\r\n" H "\r\n", strlen("GET / HTTP/1.1\r\n" H "\r\n"), got,
          sizeof(got));
    assert_string_equal(got, "200");
    atomic_store(&disk_stuck, false);
    say_all(fd, body + sent, len - sent);
    hear(fd, &b, "sum ", &closed);
    hear(fd, &b, expected(a, len), &closed);
    assert_non_null(strstr(buf_str(&b), expected(a, len)));
    close(fd);
    stop_sink(s);
}

/* Half of the workers at the most: a disk that stands still does not stop other work. */
static void test_all_stuck(void **state)
{
    struct http_server *s = start_sink((struct http_options){0});
    _arena_ struct arena *a = arena_new();
    size_t len;
    static const char refused[] = "POST /sink/refused HTTP/1.1\r\n" H "\r\n"; /* takes a worker */
    const char *body = make_body(a, MIB, false, &len);
    char got[64] = "";
    int fd[4];
    size_t i;

    (void)state;
    atomic_store(&disk_stuck, true);
    for (i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = dial(s);
        say_text(fd[i], "POST /sink/stuck HTTP/1.1\r\n" H "Content-Length: 1048576\r\n\r\n");
        (void)send_until_stuck(fd[i], body, i == 3 ? 300000 : len);
        wait_until(atomic_load(&standing) == 1); /* the first one has the worker, not the last */
    }
    probe(s, refused, strlen(refused), got, sizeof(got));
    while (str_eq(got, "")) /* a worker that is busy for a moment */
        probe(s, refused, strlen(refused), got, sizeof(got));
    assert_string_equal(got, "403");
    close(fd[3]); /* one that was queued leaves */
    wait_until(atomic_load(&broken_off) == 1);
    atomic_store(&disk_stuck, false);
    for (i = 0; i < 3; i++) {
        _buf_ struct buf b = BUF_INIT(65536);
        bool closed;

        hear(fd[i], &b, expected(a, len), &closed);
        assert_non_null(strstr(buf_str(&b), expected(a, len)));
        close(fd[i]);
    }
    stop_sink(s);
}

static void test_leaves_while_written(void **state) /* the client goes, the worker is in write() */
{
    struct http_server *s = start_sink((struct http_options){0});
    _arena_ struct arena *a = arena_new();
    size_t len;
    const char *body = make_body(a, MIB, false, &len);
    int fd = dial(s);

    (void)state;
    atomic_store(&disk_stuck, true);
    say_text(fd, "POST /sink/stuck HTTP/1.1\r\n" H "Content-Length: 60000000\r\n\r\n");
    say_all(fd, body, len);
    clock_sleep_ms(50);
    close(fd);
    clock_sleep_ms(50);
    assert_int_equal(atomic_load(&broken_off), 0);
    atomic_store(&disk_stuck, false);
    wait_until(atomic_load(&broken_off) == 1);
    stop_sink(s);
}

static void test_nonsense_while_written(void **state) /* the worker comes back to a broken body */
{
    struct http_server *s = start_sink((struct http_options){0});
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(65536);
    const char *piece = make_body(a, 262144, false, &(size_t){0});
    int fd = dial(s);
    bool closed;

    (void)state;
    atomic_store(&disk_stuck, true);
    say_text(fd, "POST /sink/stuck HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n40000\r\n");
    say_all(fd, piece, 262144);
    say_text(fd, "\r\nnonsense\r\n");
    clock_sleep_ms(50);
    say_text(fd, "and more");
    clock_sleep_ms(50);
    atomic_store(&disk_stuck, false);
    hear(fd, &b, NULL, &closed);
    assert_non_null(strstr(buf_str(&b), "400 Bad Request"));
    close(fd);
    wait_until(atomic_load(&broken_off) == 1);
    stop_sink(s);
}

static void test_memory(void **state) /* slow uploads beyond the memory for bodies are told so */
{
    struct http_server *s = start_sink((struct http_options){.body_memory = 2400000});
    static const char begin[] = "POST /sink HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\nabc";
    int fd[3];
    _buf_ struct buf b = BUF_INIT(65536);
    bool closed;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = dial(s);
        say_text(fd[i], begin);
        wait_until(atomic_load(&open_sinks) == (int)i + 1 || i == 2);
    }
    hear(fd[2], &b, NULL, &closed);
    assert_non_null(strstr(buf_str(&b), "503 "));
    for (i = 0; i < ARRAY_LEN(fd); i++)
        close(fd[i]);
    wait_until(atomic_load(&open_sinks) == 0);
    upload(i = (size_t)dial(s), "/sink", 5 * MIB, true);
    close((int)i);
    stop_sink(s);
}

static void test_many(void **state) /* 40 slow clients, two workers: none waits for another */
{
    struct http_server *s = start_sink((struct http_options){0});
    int fd[40];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = dial(s);
        say_text(fd[i], "POST /sink HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nab");
    }
    wait_until(atomic_load(&open_sinks) == ARRAY_LEN(fd));
    upload(i = (size_t)dial(s), "/sink", MIB, false);
    close((int)i);
    for (i = 0; i < ARRAY_LEN(fd); i++) {
        _buf_ struct buf b = BUF_INIT(65536);
        bool closed;

        say_text(fd[i], "cd");
        hear(fd[i], &b, "got 4 sum 990.", &closed);
        assert_non_null(strstr(buf_str(&b), "got 4 sum 990."));
        close(fd[i]);
    }
    stop_sink(s);
}

static void test_stop(void **state) /* the server ends under an upload */
{
    struct http_server *s = start_sink((struct http_options){0});
    int fd = dial(s);

    (void)state;
    say_text(fd, "POST /sink HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\nabc");
    wait_until(atomic_load(&open_sinks) == 1);
    http_server_stop(s, 50);
    assert_int_equal(atomic_load(&open_sinks), 0);
    assert_int_equal(atomic_load(&broken_off), 1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_breaks_off),
        cmocka_unit_test(test_half_closed),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_all_stuck),
        cmocka_unit_test(test_leaves_while_written),
        cmocka_unit_test(test_nonsense_while_written),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
