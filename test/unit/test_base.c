/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/range.h"
#include "base/str.h"
#include "base/thread.h"
#include "test.h"

static void arena_gives_aligned_memory(void **state)
{
    _arena_ struct arena *a = arena_new();
    size_t n;

    (void)state;
    for (n = 0; n < 100000; n = n * 3 + 1) {
        unsigned char *p = arena_alloc(a, n);

        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xaa, n);
    }
    assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
}

static void buffer_keeps_its_ceiling(void **state)
{
    _buf_ struct buf b = BUF_INIT(10);

    (void)state;
    buf_puts(&b, "12345");
    buf_printf(&b, "%d", 67890);
    assert_string_equal(buf_str(&b), "1234567890");
    assert_false(b.full);
    buf_putc(&b, 'x');
    assert_true(b.full);
    assert_int_equal(b.len, 10);
    buf_shift(&b, 4);
    assert_string_equal(buf_str(&b), "567890");
}

static void errors_carry_status_and_text(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(refused(&e, COMPUTE_RESOURCES, "cpu", "3", "2"), -1);
    assert_string_equal(e.msg, "Not enough resources: cpu: requested 3, but max is 2");
    assert_int_equal(err_status(e.code), 500);
    err_wrap(&e, "start");
    assert_string_equal(e.msg, "start: Not enough resources: cpu: requested 3, but max is 2");
}

static void long_errors_end_at_a_character(void **state)
{
    _arena_ struct arena *a = arena_new();
    char *text = arena_alloc(a, 4001);
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i + 2 < 4001; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[i] = '\0';
    failed(&e, FAILED, "x%s", text);
    assert_int_equal(strlen(e.msg) % 2, 1);
    failed(&e, FAILED, "%s", text);
    assert_int_equal(strlen(e.msg) % 2, 0);
}

static void hex_round_trips(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct bytes b;

    (void)state;
    assert_true(hex_parse(a, "0x00ffA5", &b));
    assert_int_equal(b.n, 3);
    assert_string_equal(hex0x_dup(a, b.p, b.n), "0x00ffa5");
    assert_false(hex_parse(a, "0x0", &b));
    assert_false(hex_parse(a, "0x0g", &b));
    assert_true(hex_parse(a, "", &b));
    assert_int_equal(b.n, 0);
}

static void base64_round_trips(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *const want[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    struct bytes b;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(want); i++) {
        assert_string_equal(base64_dup(a, "foobar", i), want[i]);
        assert_true(base64_parse(a, want[i], strlen(want[i]), &b));
        assert_int_equal(b.n, i);
        assert_memory_equal(b.p, "foobar", i);
    }
    assert_string_equal(base64url_dup(a, "\xfb\xff", 2), "-_8");
    assert_false(base64_parse(a, "Zg=a", 4, &b));
    assert_false(base64_parse(a, "Z", 1, &b));
}

static void base58_matches_known_answers(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct bytes b;

    (void)state;
    assert_string_equal(base58_dup(a, "Hello World!", 12), "2NEpo7TZRRrLZSi2U");
    assert_string_equal(base58_dup(a, "\0\0\x28\x7f\xb4\xcd", 6), "11233QC4");
    assert_true(base58_parse(a, "11233QC4", &b));
    assert_int_equal(b.n, 6);
    assert_memory_equal(b.p, "\0\0\x28\x7f\xb4\xcd", 6);
    assert_false(base58_parse(a, "0OIl", &b));
}

static void strings(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *rest = "a,,b";
    uint64_t v;
    char out[4];

    (void)state;
    assert_string_equal(str_next(a, &rest, ','), "a");
    assert_string_equal(str_next(a, &rest, ','), "");
    assert_string_equal(str_next(a, &rest, ','), "b");
    assert_null(str_next(a, &rest, ','));
    assert_true(str_u64("18446744073709551615", UINT64_MAX, &v));
    assert_false(str_u64("18446744073709551616", UINT64_MAX, &v));
    assert_false(str_u64("12x", 100, &v));
    assert_false(str_u64("101", 100, &v));
    assert_false(str_copy(out, sizeof(out), "four"));
    assert_string_equal(out, "fou");
    assert_true(str_ieq("0xAbC", "0xaBc"));
    assert_false(str_ieq("0xab", "0xabc"));
}

static void files_are_replaced_whole(void **state)
{
    _arena_ struct arena *a = arena_new();
    char folder[] = "/tmp/atoll-test-XXXXXX";
    struct bytes b;
    struct err e;
    const char *path;

    (void)state;
    assert_non_null(mkdtemp(folder));
    ok(fs_mkdirs(arena_printf(a, "%s/x/y", folder), 0700, &e), e);
    path = arena_printf(a, "%s/x/y/file", folder);
    ok(fs_write(path, "one", 3, 0600, &e), e);
    ok(fs_write(path, "three", 5, 0600, &e), e);
    ok(fs_read(a, path, 100, &b, &e), e);
    assert_memory_equal(b.p, "three", 6);
    err_is(fs_read(a, path, 4, &b, &e), e, FAILED);
    assert_int_equal(fs_size(path), 5);
    ok(fs_remove_tree(folder, &e), e);
    ok(fs_remove_tree(folder, &e), e);
    assert_int_equal(fs_size(path), -1);
}

static void files_are_overwritten_in_place(void **state)
{
    static const char *const texts[] = {"a first text", "short", "",
                                        "a longer one than all before"};
    _arena_ struct arena *a = arena_new();
    const char *path = arena_printf(a, "/tmp/atoll-test-over-%d", (int)getpid());
    struct bytes got;
    struct err e;
    size_t i;

    (void)state;
    assert_int_equal(fs_overwrite(path, "x", 1, &e), -1); /* it must be there */
    ok(fs_write(path, "", 0, 0600, &e), e);
    for (i = 0; i < ARRAY_LEN(texts); i++) {
        ok(fs_overwrite(path, texts[i], strlen(texts[i]), &e), e);
        ok(fs_read(a, path, 1000, &got, &e), e);
        assert_string_equal((const char *)got.p, texts[i]);
    }
    (void)unlink(path);
}

static void times(void **state)
{
    char out[CLOCK_ISO_SIZE];

    (void)state;
    clock_iso(1700000000004, out);
    assert_string_equal(out, "2023-11-14T22:13:20.004Z");
    clock_iso_s(1700000000, out);
    assert_string_equal(out, "2023-11-14T22:13:20Z");
}

struct counted {
    struct pool_item item;
    int *count;
    pthread_mutex_t *lock;
};

static void count_one(struct pool_item *self)
{
    struct counted *c = container_of(self, struct counted, item);

    lock_scope(c->lock);
    ++*c->count;
}

static void pool_runs_everything(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pool *p = pool_new("test", 4, 1000);
    struct counted c[1000];
    int count = 0;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = (struct counted){.item.run = count_one, .count = &count, .lock = &lock};
        assert_true(pool_run(p, &c[i].item));
    }
    pool_free(p);
    assert_int_equal(count, 1000);
}

static void ranges_are_read(void **state)
{
    static const struct {
        const char *header;
        int found;
        int64_t offset;
        int64_t size;
    } cases[] = {{NULL, 0, 0, 0},
                 {"bytes=0-", 1, 0, 10},
                 {"bytes=3-4", 1, 3, 2},
                 {"bytes=3-99", 1, 3, 7},
                 {"bytes=-4", 1, 6, 4},
                 {"bytes=-99", 1, 0, 10},
                 {"bytes=10-", -1, 0, 0},
                 {"bytes=-0", -1, 0, 0},
                 {"bytes=4-3", 0, 0, 0},
                 {"bytes=a-b", 0, 0, 0},
                 {"bytes=1-2,4-5", 0, 0, 0},
                 {"lines=1-2", 0, 0, 0},
                 {"bytes=99999999999999999999-", 0, 0, 0}};
    int64_t offset;
    int64_t size;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        offset = size = 0;
        assert_int_equal(range_parse(cases[i].header, 10, &offset, &size), cases[i].found);
        assert_int_equal(offset, cases[i].offset);
        assert_int_equal(size, cases[i].size);
    }
}

static void content_ranges_are_read(void **state)
{
    static const struct {
        const char *header;
        bool good;
        int64_t offset;
        int64_t size;
        int64_t total;
    } cases[] = {{"bytes 0-0/5", true, 0, 1, 5},  {"bytes 3-4/*", true, 3, 2, -1},
                 {"bytes 0-4/5", true, 0, 5, 5},  {NULL, false, 0, 0, 0},
                 {"bytes */5", false, 0, 0, 0},   {"bytes 0-5/5", false, 0, 0, 0},
                 {"bytes 4-3/9", false, 0, 0, 0}, {"bytes=0-1/5", false, 0, 0, 0},
                 {"bytes 0-1", false, 0, 0, 0},   {"bytes 0-1/5x", false, 0, 0, 0},
                 {"bytes -1-1/5", false, 0, 0, 0}};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t offset = 0;
        int64_t size = 0;
        int64_t total = 0;

        assert_int_equal(range_content_parse(cases[i].header, &offset, &size, &total),
                         cases[i].good);
        assert_int_equal(offset, cases[i].offset);
        assert_int_equal(size, cases[i].size);
        assert_int_equal(total, cases[i].total);
    }
    assert_true(range_is_single("bytes=0-"));
    assert_true(range_is_single("bytes=-5"));
    assert_false(range_is_single("bytes=0-1,3-4"));
    assert_false(range_is_single(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(content_ranges_are_read),
        cmocka_unit_test(arena_gives_aligned_memory),
        cmocka_unit_test(buffer_keeps_its_ceiling),
        cmocka_unit_test(errors_carry_status_and_text),
        cmocka_unit_test(long_errors_end_at_a_character),
        cmocka_unit_test(hex_round_trips),
        cmocka_unit_test(base64_round_trips),
        cmocka_unit_test(base58_matches_known_answers),
        cmocka_unit_test(strings),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(files_are_overwritten_in_place),
        cmocka_unit_test(times),
        cmocka_unit_test(pool_runs_everything),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
