/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* The listener against raw sockets: what it takes, what it refuses, and what it answers. */

static const struct {
    const char *what;
    const char *bytes;
    size_t n; /* 0: strlen */
    const char *want;
} probes[] = {
    {"plain", "GET / HTTP/1.1\r\n" H "\r\n", 0, "200"},
    {"three in a row",
     "GET /a HTTP/1.1\r\n" H "\r\nGET /work HTTP/1.1\r\n" H "\r\nGET /c HTTP/1.1\r\n" H "\r\n", 0,
     "200,200,200"},
    {"POST and GET",
     "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n" H "\r\n", 0,
     "200,200"},
    {"good, then bad", "GET / HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n\r\n", 0, "200,400+c"},
    {"chunks",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0,
     "200"},
    {"chunks, then GET",
     "POST /echo HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\nGET / "
     "HTTP/1.1\r\n" H "\r\n",
     0, "200,200"},
    {"close", "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 0, "200+c"},
    {"1.0", "GET / HTTP/1.0\r\n\r\n", 0, "200+c"},
    {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0, "200"},
    {"empty line first", "\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, "200"},
    {"bare CR, then length", "GET / HTTP/1.1\r\n" H "A: b\rContent-Length: 3\r\n\r\nabc", 0,
     "400+c"},
    {"bare CR after empty value", "GET / HTTP/1.1\r\n" H "A:\rTransfer-Encoding: chunked\r\n\r\n",
     0, "400+c"},
    {"length and chunks",
     "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
     "400+c"},
    {"chunks and length",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 0,
     "400+c"},
    {"two lengths", "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 0,
     "400+c"},
    {"length +5", "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nabcde", 0, "400+c"},
    {"length -1", "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 0, "400+c"},
    {"length too long", "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 0,
     "400+c"},
    {"xchunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0,
     "400+c"},
    {"chunked, identity",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 0, "400+c"},
    {"chunks in 1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
     "400+c"},
    {"LF only", "GET / HTTP/1.1\nHost: x\n\n", 0, "400+c"},
    {"one LF only", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 0, "400+c"},
    {"blank before colon", "GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", 0, "400+c"},
    {"folded", "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 0, "400+c"},
    {"folded with tab", "GET / HTTP/1.1\r\n" H "A: b\r\n\tc\r\n\r\n", 0, "400+c"},
    {"blank before the first header", "GET / HTTP/1.1\r\n A: b\r\n" H "\r\n", 0, "400+c"},
    {"blank before the request", " GET / HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"NUL in a value", "GET / HTTP/1.1\r\n" H "A: b\0c\r\n\r\n", 35, "400+c"},
    {"an empty value before Host", "GET / HTTP/1.1\r\nA: \r\n" H "\r\n", 0, "200"},
    {"blanks for a value before Host", "GET / HTTP/1.1\r\nA:  \t \r\n" H "\r\n", 0, "200"},
    {"an empty value before the length",
     "POST /echo HTTP/1.1\r\n" H "A: \r\nContent-Length: 3\r\n\r\nabc", 0, "200"},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 0, "400+c"},
    {"two Hosts", "GET / HTTP/1.1\r\n" H H "\r\n", 0, "400+c"},
    {"HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 0, "400+c"},
    {"no method", "GEX / HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"CONNECT", "CONNECT x:1 HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"NUL in the path", "GET /a%00b HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"upgrade is ignored", "GET / HTTP/1.1\r\n" H "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0,
     "200"},
    {"chunk size LF",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 0,
     "400+c"},
    {"chunk data LF",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", 0,
     "400+c"},
    {"chunk too long",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 0,
     "400+c"},
    {"chunk size blank",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", 0,
     "400+c"},
    {"trailer LF", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n",
     0, "400+c"},
    {"body beyond the limit", "POST /tiny HTTP/1.1\r\n" H "Content-Length: 11\r\n\r\nabc", 0,
     "413+c"},
    {"chunks beyond the limit",
     "POST /tiny HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n", 0,
     "413+c"},
    {"a body that nobody wants",
     "POST /unwanted HTTP/1.1\r\n" H "Content-Length: 900000000\r\n\r\nabc", 0, "200+c"},
    {"chunks that nobody wants",
     "POST /unwanted HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, "200+c"},
    {"no body where none is wanted", "POST /unwanted HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0,
     "200"},
    {"a whole URL", "GET http://x/a HTTP/1.1\r\n" H "\r\n", 0, "200"},
    {"bad, then good", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"HEAD, then GET", "HEAD /echo HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, "200,200"},
    {"HEAD of a stream, then GET", "HEAD /ticks HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n",
     0, "200,200"},
    {"close, then GET",
     "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, "200+c"},
    {"%-escape cut short", "GET /a%2 HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"* is no path", "GET * HTTP/1.1\r\n" H "\r\n", 0, "400+c"},
    {"OPTIONS", "OPTIONS /x HTTP/1.1\r\n" H "Access-Control-Request-Headers: a\r\n\r\n", 0, "204"},
};

static void test_probes(void **state)
{
    struct http_server *s = start((struct http_options){0});
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(probes); i++) {
        probe(s, probes[i].bytes, probes[i].n ? probes[i].n : strlen(probes[i].bytes), got,
              sizeof(got));
        if (!str_eq(got, probes[i].want))
            fail_msg("%s: got %s, want %s", probes[i].what, got, probes[i].want);
    }
    http_server_stop(s, 100);
}

static void test_pieces(void **state) /* one byte at a time gives the same */
{
    static const char text[] = "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(65536);
    int fd = dial(s);
    bool closed;
    size_t i;

    (void)state;
    for (i = 0; i + 1 < sizeof(text); i++) {
        say(fd, text + i, 1);
        clock_sleep_ms(1);
    }
    hear(fd, &b, "abcde", &closed);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\nabcde"));
    close(fd);
    http_server_stop(s, 100);
}

static void test_long_head(void **state)
{
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(1 << 20);
    char got[64];
    int i;

    (void)state;
    buf_puts(&b, "GET / HTTP/1.1\r\n" H);
    for (i = 0; i < 4096; i++)
        buf_puts(&b, "A: 0123456789\r\n");
    buf_puts(&b, "\r\n");
    probe(s, b.data, b.len, got, sizeof(got));
    assert_string_equal(got, "431+c");
    http_server_stop(s, 100);
}

static void test_slow(void **state)
{
    struct http_server *s = start((struct http_options){
        .header_timeout_ms = 200, .body_timeout_ms = 200, .idle_timeout_ms = 300});
    static const char *const parts[] = {"GET / HT",
                                        "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab"};
    bool closed;
    size_t i;
    int fd;

    (void)state;
    for (i = 0; i < 2; i++) {
        _buf_ struct buf b = BUF_INIT(65536);

        fd = dial(s);
        say(fd, parts[i], strlen(parts[i]));
        hear(fd, &b, NULL, &closed);
        assert_true(closed);
        assert_non_null(strstr(buf_str(&b), "HTTP/1.1 408 "));
        close(fd);
    }
    fd = dial(s); /* says nothing: closed without an answer */
    {
        _buf_ struct buf b = BUF_INIT(65536);

        hear(fd, &b, NULL, &closed);
        assert_true(closed);
        assert_int_equal(b.len, 0);
    }
    close(fd);
    http_server_stop(s, 100);
}

static void ask(const struct http_server *s, const char *request, struct buf *b)
{
    int fd = dial(s);
    bool closed;

    say(fd, request, strlen(request));
    hear(fd, b, NULL, &closed);
    assert_true(closed);
    close(fd);
}

static void test_file(void **state)
{
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf all = BUF_INIT(8 << 20);
    _buf_ struct buf part = BUF_INIT(8 << 20);
    _buf_ struct buf bad = BUF_INIT(65536);
    char *bytes = malloc(3000000);
    const char *body;
    int fd;
    int i;

    (void)state;
    (void)str_copy(file_path, sizeof(file_path), "/tmp/test_http.XXXXXX");
    fd = mkstemp(file_path);
    for (i = 0; i < 3000000; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    assert_int_equal(write(fd, bytes, 3000000), 3000000);
    close(fd);
    ask(s, "GET /file HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &all);
    body = strstr(buf_str(&all), "\r\n\r\n") + 4;
    assert_non_null(strstr(buf_str(&all), "Content-Length: 3000000\r\n"));
    assert_memory_equal(body, bytes, 3000000);
    ask(s, "GET /file HTTP/1.1\r\n" H "Range: bytes=1000000-\r\nConnection: close\r\n\r\n", &part);
    assert_non_null(strstr(buf_str(&part), "HTTP/1.1 206 "));
    assert_non_null(strstr(buf_str(&part), "Content-Range: bytes 1000000-2999999/3000000\r\n"));
    body = strstr(buf_str(&part), "\r\n\r\n") + 4;
    assert_memory_equal(body, bytes + 1000000, 2000000);
    ask(s, "GET /file HTTP/1.1\r\n" H "Range: bytes=3000000-\r\nConnection: close\r\n\r\n", &bad);
    assert_non_null(strstr(buf_str(&bad), "HTTP/1.1 416 "));
    assert_non_null(strstr(buf_str(&bad), "Content-Range: bytes */3000000\r\n"));
    buf_reset(&bad);
    ask(s, "HEAD /file HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &bad);
    assert_non_null(strstr(buf_str(&bad), "Content-Length: 3000000\r\n"));
    assert_true(str_ends(buf_str(&bad), "\r\n\r\n"));
    unlink(file_path);
    free(bytes);
    http_server_stop(s, 100);
}

static void test_stream(void **state)
{
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(65536);
    _buf_ struct buf live = BUF_INIT(65536);
    bool closed;
    int fd;
    int i;

    (void)state;
    atomic_store(&closed_streams, 0);
    ask(s, "GET /ticks HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_non_null(
        strstr(buf_str(&b), "\r\n\r\n5\r\ntick\n\r\n5\r\ntick\n\r\n5\r\ntick\n\r\n0\r\n\r\n"));
    buf_reset(&b);
    ask(s, "GET /ticks HTTP/1.0\r\n\r\n", &b);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\ntick\ntick\ntick\n"));
    assert_int_equal(atomic_load(&closed_streams), 2);
    fd = dial(s); /* the client leaves: the stream is closed */
    say_text(fd, "GET /ticks/forever HTTP/1.1\r\n" H "\r\n");
    hear(fd, &live, "tick", &closed);
    close(fd);
    for (i = 0; i < 200 && atomic_load(&closed_streams) < 3; i++)
        clock_sleep_ms(10);
    assert_int_equal(atomic_load(&closed_streams), 3);
    fd = dial(s); /* the server stops: likewise */
    say_text(fd, "GET /ticks/forever HTTP/1.1\r\n" H "\r\n");
    buf_reset(&live);
    hear(fd, &live, "tick", &closed);
    http_server_stop(s, 100);
    assert_int_equal(atomic_load(&closed_streams), 4);
    close(fd);
}

static void test_leave_while_working(void **state)
{
    struct http_server *s = start((struct http_options){0});
    int fd = dial(s);

    (void)state;
    say_text(fd, "GET /work/slow HTTP/1.1\r\n" H "\r\n");
    clock_sleep_ms(50);
    close(fd);
    http_server_stop(s, 50); /* waits for the worker all the same */
}

static void test_gate(void **state)
{
    static const char *const denied[] = {"10.0.0.9"};
    static const char *const proxies[] = {"127.0.0.1"};
    struct http_server *s = start((struct http_options){.rate_limits = {2},
                                                        .max_clients = 3,
                                                        .denied = denied,
                                                        .denied_count = 1,
                                                        .proxies = proxies,
                                                        .proxy_count = 1});
    static const struct {
        const char *from;
        const char *want;
    } asks[] = {{"10.0.0.9", "403"}, {"10.0.0.1", "200"},          {"10.0.0.1", "200"},
                {"10.0.0.1", "429"}, {"6.6.6.6, 10.0.0.2", "200"}, {"7.7.7.7, 10.0.0.2", "200"},
                {"10.0.0.2", "429"}, {"10.0.0.3", "200"},          {"10.0.0.4", "403"},
                {"10.0.0.3", "200"}};
    char request[200];
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(asks); i++) {
        (void)snprintf(request, sizeof(request),
                       "GET / HTTP/1.1\r\n" H "X-Forwarded-For: %s\r\n\r\n", asks[i].from);
        probe(s, request, strlen(request), got, sizeof(got));
        if (!str_eq(got, asks[i].want))
            fail_msg("%zu %s: got %s, want %s", i, asks[i].from, got, asks[i].want);
    }
    http_server_stop(s, 100);
}

/* What has been used up of one budget is there in the others. */
static void test_budgets(void **state)
{
    struct http_server *s = start((struct http_options){.rate_limits = {1, 2, 2}});
    static const struct {
        const char *path;
        const char *want;
    } asks[] = {{"/", "200"},        {"/", "429"},        {"/budget1", "200"},
                {"/budget1", "200"}, {"/budget1", "429"}, {"/budget2", "200"},
                {"/budget2", "200"}, {"/budget2", "429"}, {"/", "429"}};
    char request[200];
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(asks); i++) {
        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" H "\r\n", asks[i].path);
        probe(s, request, strlen(request), got, sizeof(got));
        if (!str_eq(got, asks[i].want))
            fail_msg("%zu %s: got %s, want %s", i, asks[i].path, got, asks[i].want);
    }
    http_server_stop(s, 100);
}

static void test_target(void **state)
{
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(65536);

    (void)state;
    ask(s, "GET //a///b%20c/?x=1 HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\nGET /a/b c/"));
    buf_reset(&b); /* a slash inside a segment */
    ask(s, "GET /a%2Fb%2f%2F/c?y=%2F HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\nGET /a\xff"
                                        "b\xff\xff/c"));
    http_server_stop(s, 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_long_head),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_leave_while_working),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
