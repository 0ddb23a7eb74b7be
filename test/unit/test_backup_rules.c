/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no server: retention, names, manifests. */
#include <string.h>

#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/str.h"
#include "test.h"

static int64_t at(const char *text)
{
    int64_t ms;

    assert_true(date_parse(text, &ms));
    return ms;
}

/* Which of the moments are kept, as "x.x". */
static const char *kept(const char *rule, const char *const *moments, size_t n)
{
    static char out[64];
    int64_t times[32];
    bool keep[32];
    struct retain r;
    struct err e;
    size_t i;

    ok(retain_parse(rule, &r, &e), e);
    for (i = 0; i < n; i++)
        times[i] = at(moments[i]);
    retain_select(&r, times, n, keep);
    for (i = 0; i < n; i++)
        out[i] = keep[i] ? 'x' : '.';
    out[n] = '\0';
    return out;
}

static void retention_keeps_the_newest_of_each(void **state)
{
    static const char *const m[] = {"2026-03-02 12:00", "2026-03-02 03:00", "2026-03-01 03:00",
                                    "2026-02-28 03:00", "2026-02-22 03:00", "2026-01-05 03:00",
                                    "2025-12-31 23:59", "2024-06-01 00:00"};

    (void)state;
    assert_string_equal(kept("last=1", m, 8), "x.......");
    assert_string_equal(kept("last=3", m, 8), "xxx.....");
    assert_string_equal(kept("daily=3", m, 8), "x.xx....");
    assert_string_equal(kept("weekly=2", m, 8), "x.x....."); /* 2026-03-02 is a Monday */
    assert_string_equal(kept("monthly=3", m, 8), "x..x.x..");
    assert_string_equal(kept("yearly=9", m, 8), "x.....xx");
    assert_string_equal(kept("last=2 yearly=2", m, 8), "xx....x.");
    assert_string_equal(kept("daily=1000", m, 8), "x.xxxxxx");
    assert_string_equal(kept("last=5", m, 0), "");
}

static void retention_that_cannot_be_read(void **state)
{
    static const char *const bad[] = {"",          "last",           "last=",         "last=-1",
                                      "last=1001", "hours=2",        "last=0",        "=3",
                                      "last=1.5",  "last=0 daily=0", "last=1;daily=2"};
    _arena_ struct arena *a = arena_new();
    struct retain r;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(retain_parse(bad[i], &r, &e), e, INVALID);
    ok(retain_parse(" yearly=1  last=3 ", &r, &e), e);
    assert_string_equal(retain_text(a, &r), "last=3 yearly=1");
    ok(retain_read(retain_json(a, &r), &r, &e), e);
    assert_string_equal(retain_text(a, &r), "last=3 yearly=1");
}

/* regression 17: what gets into ssh's configuration or an argument is a plain word. */
static void regression_17_names_are_plain_words(void **state)
{
    static const char *const bad[] = {"",     "-x",   ".x",  "a b", "a;b",  "$(a)",
                                      "a\nb", "A",    "a/b", "a%h", "a\"b", "\xc3",
                                      "a'b",  "a`b`", "..",  "~",   "a\\b"};
    struct backup_server s = {.name = "one", .host = "h"};
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(names__plain(bad[i], 64));
    assert_true(names__plain("a1._-", 5));
    assert_false(names__plain("a1._-", 4));
    assert_false(names__plain(NULL, 4));
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        struct backup_server x = s;

        if (str_eq(bad[i], "A") || bad[i][0] == '.') /* a host may be called so */
            continue;
        x.host = bad[i];
        err_is(names__server(&x, &e), e, INVALID);
        x = s;
        x.user = bad[i];
        err_is(names__server(&x, &e), e, INVALID);
    }
    s.path = "/a b;$(c)`d`\"e'";
    ok(names__server(&s, &e), e);
    s.path = "~/x";
    err_is(names__server(&s, &e), e, INVALID);
    s.path = "/x\n/y";
    err_is(names__server(&s, &e), e, INVALID);
    s.path = "/x/..";
    err_is(names__server(&s, &e), e, INVALID);
}

static void schedules_are_not_too_frequent(void **state)
{
    struct err e;

    (void)state;
    ok(plans__check_schedule("", &e), e);
    ok(plans__check_schedule(NULL, &e), e);
    ok(plans__check_schedule("0 3 * * *", &e), e);
    ok(plans__check_schedule("*/10 * * * *", &e), e);
    err_is(plans__check_schedule("*/5 * * * *", &e), e, INVALID);
    err_is(plans__check_schedule("0,1 3 * * *", &e), e, INVALID);
    err_is(plans__check_schedule("nonsense", &e), e, INVALID);
}

static void manifests_go_there_and_back(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct part parts[2] = {{"data", "0123abcd", 7, {{1}}}, {"files", "89abcdef01", 0, {{2}}}};
    struct manifest m = {"0123456789abcdef", "d1", 42, parts, 2, NULL};
    struct manifest back;
    const char *text = manifest__text(a, &m);
    struct err e;

    (void)state;
    ok(manifest__parse(a, text, strlen(text), &back, &e), e);
    assert_int_equal(back.part_count, 2);
    assert_string_equal(back.parts[1].name, "files");
    assert_int_equal(back.parts[0].size, 7);
    assert_memory_equal(back.parts[1].sha256.b, parts[1].sha256.b, 32);
    parts[0].restic_id = "--help"; /* it becomes an argument */
    text = manifest__text(a, &m);
    err_is(manifest__parse(a, text, strlen(text), &back, &e), e, INVALID);
    parts[0].restic_id = "0123abcd";
    parts[0].name = "../data";
    text = manifest__text(a, &m);
    err_is(manifest__parse(a, text, strlen(text), &back, &e), e, INVALID);
    m.part_count = 0;
    text = manifest__text(a, &m);
    err_is(manifest__parse(a, text, strlen(text), &back, &e), e, INVALID);
    err_is(manifest__parse(a, "{\"version\":2}", 13, &back, &e), e, INVALID);
    err_is(manifest__parse(a, "", 0, &back, &e), e, INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retention_keeps_the_newest_of_each),
        cmocka_unit_test(retention_that_cannot_be_read),
        cmocka_unit_test(regression_17_names_are_plain_words),
        cmocka_unit_test(schedules_are_not_too_frequent),
        cmocka_unit_test(manifests_go_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
