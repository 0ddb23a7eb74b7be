/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* Clients that mean harm, or are merely slow. */

/* A proxy that adds a line of its own: the client's line above it is not believed. */
static void test_forwarded_twice(void **state)
{
    static const char *const proxies[] = {"127.0.0.0/8", "10.1.0.0/16"};
    struct http_server *s =
        start((struct http_options){.rate_limits = {1}, .proxies = proxies, .proxy_count = 2});
    static const struct {
        const char *lines;
        const char *want;
    } asks[] = {
        {"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 9.9.9.9\r\n", "200"},
        {"X-Forwarded-For: 2.2.2.2\r\nX-Forwarded-For: 9.9.9.9\r\n", "429"},
        {"X-Forwarded-For: 3.3.3.3, 9.9.9.9, 10.1.1.1,10.1.1.1\r\n", "429"},
        {"X-Forwarded-For: 9.9.9.9\t,  10.1.1.1\r\n", "429"},
        {"X-Forwarded-For: ,\r\n", "200"},
        {"X-Forwarded-For: , 10.1.1.1\r\n", "200"},
    };
    char request[200];
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(asks); i++) {
        (void)snprintf(request, sizeof(request), "GET / HTTP/1.1\r\n" H "%s\r\n", asks[i].lines);
        probe(s, request, strlen(request), got, sizeof(got));
        if (!str_eq(got, asks[i].want))
            fail_msg("%zu %s: got %s, want %s", i, asks[i].lines, got, asks[i].want);
    }
    http_server_stop(s, 100);
}

/* Many bodies at a time: none is beyond its limit, all together are. */
static void test_bodies(void **state)
{
    struct http_server *s = start((struct http_options){.body_memory = 100000});
    _buf_ struct buf b = BUF_INIT(1 << 20);
    char *part = calloc(1, 60000);
    int fds[2];
    bool closed;
    int i;
    int round;

    (void)state;
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 2; i++) {
            fds[i] = dial(s);
            say_text(fds[i], "POST /tiny/not HTTP/1.1\r\n" H "Content-Length: 60001\r\n\r\n");
            say(fds[i], part, 60000);
            clock_sleep_ms(20);
        }
        buf_reset(&b);
        hear(fds[1], &b, NULL, &closed);
        assert_true(str_starts(buf_str(&b), "HTTP/1.1 503 "));
        assert_true(closed);
        say(fds[0], part, 1);
        buf_reset(&b);
        hear(fds[0], &b, "/tiny/not", &closed);
        assert_true(str_starts(buf_str(&b), "HTTP/1.1 200 "));
        close(fds[0]);
        close(fds[1]);
    }
    free(part);
    http_server_stop(s, 100);
}

/* What comes until the end, with a pause after each part. */
static size_t swallow(int fd, int64_t pause_ms)
{
    char part[65536];
    size_t total = 0;
    ssize_t n;

    while ((n = recv(fd, part, sizeof(part), 0)) > 0) {
        total += (size_t)n;
        clock_sleep_ms(pause_ms);
    }
    return total;
}

/* A large answer to a slow reader is not cut while the reader takes something. */
static void test_slow_reader(void **state)
{
    enum { PATIENCE_MS = 4000 };
    struct http_server *s = start((struct http_options){.write_timeout_ms = PATIENCE_MS});
    int fd = dial(s);
    int64_t began = clock_mono_ms();

    (void)state;
    say_text(fd, "GET /big HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    assert_true(swallow(fd, 10) > 32 << 20);
    assert_true(clock_mono_ms() - began > PATIENCE_MS);
    close(fd);
    http_server_stop(s, 100);
}

/* A dead one is cut off: the only place among the connections is free again. */
static void test_dead_reader(void **state)
{
    static const char again[] = "GET /ok HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
    struct http_server *s =
        start((struct http_options){.write_timeout_ms = 500, .max_connections = 1});
    int64_t began = clock_mono_ms();
    int fd = dial(s);
    char got[64];

    (void)state;
    say_text(fd, "GET /big HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(recv(fd, got, 1, MSG_PEEK), 1);
    do
        probe(s, again, strlen(again), got, sizeof(got));
    while (!str_starts(got, "200") && clock_mono_ms() - began < 60000);
    assert_true(str_starts(got, "200"));
    assert_true(swallow(fd, 0) < 32 << 20);
    close(fd);
    http_server_stop(s, 100);
}

/* Beyond the limit: told so, then just closed; afterwards as before. */
static void test_crowd(void **state)
{
    struct http_server *s = start((struct http_options){.max_connections = 4});
    _buf_ struct buf b = BUF_INIT(65536);
    int fds[100];
    char got[64];
    bool closed;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = dial(s);
        if (i < 4)
            say_text(fds[i], "GET /ok HTTP/1.1\r\n");
        if (i == 3)
            clock_sleep_ms(50);
    }
    clock_sleep_ms(50);
    hear(fds[4], &b, NULL, &closed);
    assert_true(closed);
    assert_true(str_starts(buf_str(&b), "HTTP/1.1 503 "));
    buf_reset(&b);
    hear(fds[99], &b, NULL, &closed);
    assert_true(closed);
    assert_int_equal(b.len, 0);
    say_text(fds[0], H "\r\n");
    hear(fds[0], &b, "GET /ok", &closed);
    for (i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    clock_sleep_ms(50);
    probe(s, "GET / HTTP/1.1\r\n" H "\r\n", strlen("GET / HTTP/1.1\r\n" H "\r\n"), got,
          sizeof(got));
    assert_string_equal(got, "200");
    http_server_stop(s, 100);
}

/* Connections that say nothing make room for those that do. */
static void test_idle_crowd(void **state)
{
    struct http_server *s = start((struct http_options){.max_connections = 4});
    int fds[20];
    char got[64];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = dial(s);
    probe(s, "GET / HTTP/1.1\r\n" H "\r\n", strlen("GET / HTTP/1.1\r\n" H "\r\n"), got,
          sizeof(got));
    assert_string_equal(got, "200");
    for (i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    http_server_stop(s, 100);
}

/* What was asked before the client said that it asks no more is answered, all of it. */
static void test_half_closed(void **state)
{
    struct http_server *s = start((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(65536);
    bool closed;
    int fd = dial(s);

    (void)state;
    say_text(fd,
             "GET /work/slow HTTP/1.1\r\n" H "\r\nGET /work HTTP/1.1\r\n" H
             "\r\nPOST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabcGET /cut HTTP/1.1\r\n");
    shutdown(fd, SHUT_WR);
    hear(fd, &b, NULL, &closed);
    assert_true(closed);
    assert_non_null(strstr(buf_str(&b), "worked 127.0.0.1HTTP/1.1 200 "));
    assert_true(str_ends(buf_str(&b), "\r\n\r\nabc"));
    close(fd);
    http_server_stop(s, 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_closed), cmocka_unit_test(test_forwarded_twice),
        cmocka_unit_test(test_bodies),      cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_dead_reader), cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_idle_crowd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
