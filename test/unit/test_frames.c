/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "docker/frames.h"
#include "test.h"

static int collect(void *ctx, int kind, const char *p, size_t n)
{
    buf_printf(ctx, "%d[%.*s]", kind, (int)n, p);
    return 0;
}

static int join(void *ctx, int kind, const char *p, size_t n)
{
    (void)kind;
    buf_add(ctx, p, n);
    return 0;
}

static int stop(void *ctx, int kind, const char *p, size_t n)
{
    (void)ctx, (void)kind, (void)p, (void)n;
    return -1;
}

#define PLAIN                                                                                      \
    "\1\0\0\0\0\0\0\6hello\n"                                                                      \
    "\2\0\0\0\0\0\0\0"                                                                             \
    "\2\0\0\0\0\0\0\4oops"                                                                         \
    "\1\0\0\0\0\0\1\0"

static void test_cut_at_every_byte(void **state)
{
    char text[sizeof(PLAIN) - 1 + 256];
    size_t i;

    (void)state;
    memcpy(text, PLAIN, sizeof(PLAIN) - 1);
    memset(text + sizeof(PLAIN) - 1, 'x', 256);
    for (i = 0; i <= sizeof(text); i++) {
        struct frames f = {0};
        _buf_ struct buf b = BUF_INIT(4096);
        struct err e;

        ok(frames_feed(&f, text, i, join, &b, &e), e);
        ok(frames_feed(&f, text + i, sizeof(text) - i, join, &b, &e), e);
        assert_int_equal(b.len, 6 + 4 + 256);
        assert_memory_equal(b.data, "hello\noopsxx", 12);
    }
}

static void test_kinds(void **state)
{
    struct frames f = {0};
    _buf_ struct buf b = BUF_INIT(4096);
    struct err e;

    (void)state;
    ok(frames_feed(&f, PLAIN, sizeof(PLAIN) - 1, collect, &b, &e), e);
    assert_string_equal(buf_str(&b), "1[hello\n]2[oops]");
}

static void test_stamps(void **state)
{
    static const char text[] = "\1\0\0\0\0\0\0\44"
                               "2026-11-21T01:02:03.123456789Z hi, \n"
                               "\1\0\0\0\0\0\0\44"
                               "2026-11-21T01:02:04.123456789Z you.\n";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(text); i++) {
        struct frames f = {.stamped = true};
        _buf_ struct buf b = BUF_INIT(4096);
        struct err e;

        ok(frames_feed(&f, text, i, join, &b, &e), e);
        ok(frames_feed(&f, text + i, sizeof(text) - 1 - i, join, &b, &e), e);
        assert_string_equal(buf_str(&b), "hi, \nyou.\n");
        assert_string_equal(f.last_stamp, "2026-11-21T01:02:04.123456789Z");
    }
}

static void test_refusals(void **state)
{
    struct frames f = {0};
    _buf_ struct buf b = BUF_INIT(4096);
    struct err e;

    (void)state;
    err_is(frames_feed(&f, "plain text", 10, join, &b, &e), e, FAILED);
    f = (struct frames){0};
    err_is(frames_feed(&f, PLAIN, sizeof(PLAIN) - 1, stop, NULL, &e), e, FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
