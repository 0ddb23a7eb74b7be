/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/cron.h"
#include "base/date.h"
#include "base/log.h"
#include "base/mask.h"
#include "test.h"

/* Dates and cron expressions; what a log line shows and what it hides. */

static void dates_are_those_of_the_c_library(void **state)
{
    char iso[CLOCK_ISO_SIZE];
    char own[CLOCK_ISO_SIZE];
    int64_t at;

    (void)state;
    /* a prime step passes every day of the year and time of the day */
    for (at = 0; at < INT64_C(8000000000); at += 7654321) {
        struct date d = date_of(at);

        clock_iso_s(at, iso);
        (void)snprintf(own, sizeof(own), "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day,
                       d.hour, d.minute, d.second);
        assert_string_equal(own, iso);
        assert_int_equal(date_seconds(&d), at);
    }
    assert_int_equal(date_of(0).weekday, 4); /* 1970 began on a Thursday */
    assert_int_equal(date_of(1795599600).weekday, 3);
}

static void moments_are_understood(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"1795599600123", 1795599600123},
        {"0", 0},
        {"2026-11-25", 1795564800000},
        {"2026-11", 1793491200000},
        {"2026-11-25T10:30", 1795602600000},
        {"2026-11-25 10:30:05", 1795602605000},
        {"2026-11-25T10:30:05.5Z", 1795602605500},
        {"2026-11-25T10:30:05.123456Z", 1795602605123},
        {"2026-11-25T10:30:05+01:00", 1795599005000},
        {"2026-11-25T10:30:05-0230", 1795611605000},
        {"Wed, 25 Nov 2026 10:30:05 GMT", 1795602605000},
        {"Wed Nov 25 2026 10:30:05 GMT+0100", 1795599005000},
        {"Nov 25, 2026", 1795564800000},
        {"25 November 2026", 1795564800000},
        {"2024-02-29", 1709164800000},
        {"2023-02-29", -1},
        {"2026-13-01", -1},
        {"2026-00-01", -1},
        {"2026-11-25T24:00", -1},
        {"2026-11-25T10:60", -1},
        {"2026-11-25T10:30:05+99:00", -1},
        {"2026-11-25T", -1},
        {"2026-11-25Tx", -1},
        {"1969-12-31", -1},
        {"", -1},
        {" ", -1},
        {"yesterday", -1},
        {"-5", -1},
        {"1e9", -1},
        {"99999999999999999999", -1},
        {"Nov 25, 2026 10:30 nonsense", -1},
        {"Invalid Date", -1},
        {"undefined", -1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = -1;
        bool good = date_parse(cases[i].text, &ms);

        if (good != (cases[i].ms >= 0) || ms != cases[i].ms)
            fail_msg("\"%s\" is %lld", cases[i].text, (long long)ms);
    }
}

/* The next three moments after 2026-11-25T10:30:05Z, a Wednesday. */
static void cron_finds_the_next_moments(void **state)
{
    static const struct {
        const char *text;
        const char *next[3];
    } cases[] = {
        {"0 0 * * *", {"2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"}},
        {"*/5 * * * *", {"2026-11-25T10:35:00Z", "2026-11-25T10:40:00Z", "2026-11-25T10:45:00Z"}},
        {"*/20 * * * * *",
         {"2026-11-25T10:30:20Z", "2026-11-25T10:30:40Z", "2026-11-25T10:31:00Z"}},
        {"15,45 8-11/3 * * *",
         {"2026-11-25T11:15:00Z", "2026-11-25T11:45:00Z", "2026-11-26T08:15:00Z"}},
        {"0 12 29 2 *", {"2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z", "2036-02-29T12:00:00Z"}},
        {"30 10 * * mon-wed",
         {"2026-11-30T10:30:00Z", "2026-12-01T10:30:00Z", "2026-12-02T10:30:00Z"}},
        {"0 0 * * 7", {"2026-11-29T00:00:00Z", "2026-12-06T00:00:00Z", "2026-12-13T00:00:00Z"}},
        {"0 0 1 * SUN", {"2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-06T00:00:00Z"}},
        {"0 0 31 * *", {"2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-03-31T00:00:00Z"}},
        {"0 0 1 jan,JUL *",
         {"2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z", "2028-01-01T00:00:00Z"}},
        {"50/4 * * * *", {"2026-11-25T10:50:00Z", "2026-11-25T10:54:00Z", "2026-11-25T10:58:00Z"}},
    };
    char iso[CLOCK_ISO_SIZE];
    struct cron c;
    struct err e;
    size_t i;
    size_t k;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t at = 1795602605;

        ok(cron_parse(cases[i].text, &c, &e), e);
        for (k = 0; k < 3; k++) {
            at = cron_next(&c, at);
            clock_iso_s(at, iso);
            assert_string_equal(iso, cases[i].next[k]);
        }
    }
}

static void wrong_cron_expressions_are_named(void **state)
{
    static const char *const wrong[] = {"",
                                        "* * * *",
                                        "* * * * * * *",
                                        "60 * * * *",
                                        "* 24 * * *",
                                        "* * 0 * *",
                                        "* * 32 * *",
                                        "* * * 13 *",
                                        "* * * * 8",
                                        "*/0 * * * *",
                                        "5-1 * * * *",
                                        "a * * * *",
                                        "* * * foo *",
                                        "* * * * * x",
                                        "1- * * * *",
                                        ", * * * *",
                                        "1,,2 * * * *",
                                        "-1 * * * *",
                                        "1.5 * * * *",
                                        "0 0 30 2 *",
                                        "*5 * * * *",
                                        "*/* * * * *",
                                        "* jan * * *",
                                        "999999 * * * *"};
    struct cron c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(wrong); i++)
        if (cron_parse(wrong[i], &c, &e) == 0)
            fail_msg("\"%s\" is taken", wrong[i]);
    err_is(cron_parse("0 25 * * *", &c, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "hour"));
}

#define HEX130                                                                                     \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef1b"

static void secrets_are_taken_out(void **state)
{
    static const char *const cases[][2] = {
        {"http://a.b:1/c?d=e said 404", "http://a.b:1/*** said 404"},
        {"get \"https://u:p@h/x\" now", "get \"https://***@h/***\" now"},
        {"ws://h?k=1", "ws://h/***"},
        {"https://h#k", "https://h/***"},
        {"https://ipfs.io/ https://h", "https://ipfs.io/ https://h"},
        {"https://u@p@h/", "https://***@h/"},
        {"x://h/a x://h/b", "x://h/*** x://h/***"},
        {"sig 0x" HEX130 " bad", "sig 0x01234567*** bad"},
        {"token eyJhbGciOiJIUzI1NiJ9.eyJhZGRyZXNzIjoi.abc-_ x", "token eyJ*** x"},
        {"eyJ is short", "eyJ is short"},
        {"0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
         "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"},
        {"", ""},
        {"://", "://"}};
    char out[400];
    size_t i;
    size_t cap;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        mask_text(out, sizeof(out), cases[i][0]);
        assert_string_equal(out, cases[i][1]);
        for (cap = 1; cap < 40; cap++) {
            mask_text(out, cap, cases[i][0]);
            assert_true(strlen(out) < cap);
            assert_memory_equal(out, cases[i][1], strlen(out));
        }
    }
    mask_credentials(out, sizeof(out), "postgres://u:p@h:5/db?sslkey=1 http://h/p");
    assert_string_equal(out, "postgres://***@h:5/db?*** http://h/p");
}

struct seen {
    int count;
    enum log_level level;
    char module[20];
    char text[200];
};

static void keep(void *ctx, const struct log_record *r)
{
    struct seen *s = ctx;

    s->count++;
    s->level = r->level;
    (void)snprintf(s->module, sizeof(s->module), "%s", r->module);
    (void)snprintf(s->text, sizeof(s->text), "%s", r->text);
}

static void a_sink_gets_clean_lines_of_its_level(void **state)
{
    struct seen s = {0};
    enum log_level level;

    (void)state;
    log_set_console(false);
    log_set_sink(keep, &s);
    log_set_level(LOG_HTTP);
    log_verbose("x", "too fine");
    assert_int_equal(s.count, 0);
    log_http("http", "line\nforged http://h/secret");
    assert_int_equal(s.count, 1);
    assert_int_equal(s.level, LOG_HTTP);
    assert_string_equal(s.module, "http");
    assert_string_equal(s.text, "line\\x0aforged http://h/***");
    log_set_sink(NULL, NULL);
    log_error("x", "nobody hears");
    assert_int_equal(s.count, 1);
    log_set_console(true);
    log_set_level(LOG_INFO);
    assert_true(log_level_parse("Silly", &level));
    assert_int_equal(level, LOG_SILLY);
    assert_false(log_level_parse("broken", &level));
    assert_false(log_level_parse(NULL, &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_those_of_the_c_library),
        cmocka_unit_test(moments_are_understood),
        cmocka_unit_test(cron_finds_the_next_moments),
        cmocka_unit_test(wrong_cron_expressions_are_named),
        cmocka_unit_test(secrets_are_taken_out),
        cmocka_unit_test(a_sink_gets_clean_lines_of_its_level),
    };

    return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
