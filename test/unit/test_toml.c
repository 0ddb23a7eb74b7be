/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "json/toml.h"
#include "test.h"

/* test/vectors/toml.py: texts, and what Python's tomllib makes of them. */
static void reads_what_python_reads(void **state)
{
    _arena_ struct arena *a = arena_new();
    char *path = arena_printf(a, "%s/toml.json", getenv("ATOLL_VECTORS"));
    struct bytes file;
    struct json *rows = NULL;
    struct err e;
    size_t i;

    (void)state;
    ok(fs_read(a, path, 1 << 24, &file, &e), e);
    ok(json_parse(a, (const char *)file.p, file.n, &rows, &e), e);
    assert_true(json_len(rows) > 3000);
    for (i = 0; i < json_len(rows); i++) {
        const struct json *text = json_at(json_at(rows, i), 0);
        const struct json *want = json_at(json_at(rows, i), 1);
        struct json *v = NULL;

        if (toml_parse(a, json_str(text, ""), json_str_len(text), &v, &e) < 0) {
            if (!json_is(want, JSON_NULL))
                fail_msg("%s: %s", json_text(a, text), e.msg);
        } else if (!json_equal(v, want)) {
            fail_msg("%s: %s, not %s", json_text(a, text), json_text(a, v), json_text(a, want));
        }
    }
}

static void says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"a = 1\n\nb = yes", "line 3: 'yes' is no value; texts stand in quotes"},
        {"a = \"\"\"\n\n\"\"\"\nb", "line 4: 'b' must be followed by ="},
        {"a = 1\na = 2", "line 2: 'a' is there already"},
        {"[a]\n[a]", "line 2: 'a' is there already"},
        {"a = \"x\n\"", "line 1: a string must end on its line"},
        {"a = \"C:\\temp\\new\\q\"", "line 1: \\q is no escape; write \\\\ for a backslash"},
        {"a = [1\n2]", "line 2: an array goes on with , or ends with ]"},
        {"a = {b = 1,\nc = 2}", "line 1: a key is missing"},
        {"a = 1 b", "line 1: text after the value"},
        {"a = 9007199254740992", "line 1: 9007199254740992 is beyond 2^53"},
        {"a = 0xffffffffffffffffffff", "line 1: 0xffffffffffffffffffff is beyond 2^53"},
        {"a = 1e999", "line 1: 1e999 is beyond the largest number"},
        {"a = inf", "line 1: 'inf' is no value; texts stand in quotes"},
        {"a = -nan", "line 1: '-nan' is no value; texts stand in quotes"},
        {"\"a\\u0000b\" = 1", "line 1: a key holds a NUL"},
        {"a = \"\xff\"", "line 1: invalid UTF-8"},
        {"a", "line 1: 'a' must be followed by ="},
    };
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        err_is(toml_parse(a, rows[i].text, strlen(rows[i].text), &v, &e), e, INVALID);
        assert_string_equal(e.msg, rows[i].why);
    }
}

/* Dates stay as they were written. */
static void keeps_dates_as_text(void **state)
{
    static const char *const dates[] = {"1979-05-27 07:32:00Z", "1979-05-27t07:32:00.5z",
                                        "1979-05-27T07:32:00+23:59", "23:59:59.1", "9999-12-31"};
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        const char *text = arena_printf(a, "a = %s # when", dates[i]);

        ok(toml_parse(a, text, strlen(text), &v, &e), e);
        assert_string_equal(json_get_str(v, "a", NULL), dates[i]);
    }
}

static void remembers_lines(void **state)
{
    static const char text[] = "a = 1\n\n[t]\nb = \"\"\"\nx\n\"\"\"\nc.d = [\n 1,\n 2]\n"
                               "[[l]]\n[[l]]\nz = {y = true}\n";
    static const struct {
        const char *path;
        int line;
    } rows[] = {{"a", 1},  {"t", 3},    {"t.b", 4},  {"t.c", 7},    {"t.c.d", 7},   {"t.c.d.1", 9},
                {"l", 10}, {"l.0", 10}, {"l.1", 11}, {"l.1.z", 12}, {"l.1.z.y", 12}};
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    size_t i;

    (void)state;
    ok(toml_parse(a, text, strlen(text), &v, &e), e);
    assert_int_equal(toml_line(v), 1);
    assert_int_equal(toml_line(NULL), 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (toml_line(json_path(v, rows[i].path)) != rows[i].line)
            fail_msg("%s: line %d", rows[i].path, toml_line(json_path(v, rows[i].path)));
}

static void repeat(struct buf *b, const char *text, int n)
{
    while (n-- > 0)
        buf_puts(b, text);
}

static void has_ceilings(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf deep = BUF_INIT(1 << 20);
    _buf_ struct buf many = BUF_INIT(1 << 20);
    _buf_ struct buf dots = BUF_INIT(1 << 20);
    struct json *v;
    struct err e;

    (void)state;
    buf_puts(&deep, "a = ");
    repeat(&deep, "[", TOML_DEPTH_MAX + 1);
    err_is(toml_parse(a, buf_str(&deep), deep.len, &v, &e), e, TOO_LARGE);
    repeat(&many, "[[a]]\n", TOML_TABLES_MAX + 1);
    err_is(toml_parse(a, buf_str(&many), many.len, &v, &e), e, TOO_LARGE);
    repeat(&dots, "a.", 100);
    buf_puts(&dots, "a = 1");
    err_is(toml_parse(a, buf_str(&dots), dots.len, &v, &e), e, INVALID);
    err_is(toml_parse(a, "", TOML_TEXT_MAX + 1, &v, &e), e, TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_python_reads),
        cmocka_unit_test(says_where_and_why),
        cmocka_unit_test(keeps_dates_as_text),
        cmocka_unit_test(remembers_lines),
        cmocka_unit_test(has_ceilings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
