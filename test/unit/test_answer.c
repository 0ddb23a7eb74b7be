/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/answer.h"
#include "cli/terminal.h"
#include "test.h"

/* What is typed as an answer, and what a stranger's text is for a terminal. */

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

/* The answer as JSON; "!" when it is refused. */
static const char *typed(struct arena *a, const char *question, const char *text)
{
    struct json *v;
    struct err e;

    if (answer_from_text(a, parse(a, question), text, &v, &e) < 0) {
        assert_int_equal(e.code, ERR_INVALID);
        return "!";
    }
    return json_text(a, v);
}

static void each_type_has_its_form(void **state)
{
    static const struct {
        const char *question, *text, *value;
    } rows[] = {
        {"{\"type\":\"string\"}", "x y", "\"x y\""},
        {"{\"type\":\"int\"}", "12", "12"},
        {"{\"type\":\"int\"}", "1.5", "1.5"}, /* the node says no */
        {"{\"type\":\"number\"}", "1e3", "1000"},
        {"{\"type\":\"number\"}", "12x", "!"},
        {"{\"type\":\"number\"}", "", "!"},
        {"{\"type\":\"number\"}", "inf", "!"},
        {"{\"type\":\"bool\"}", "Yes", "true"},
        {"{\"type\":\"confirm\"}", "n", "false"},
        {"{\"type\":\"bool\"}", "maybe", "!"},
        {"{\"type\":\"duration\"}", "1w 2d", "\"1w 2d\""},
        {"{\"type\":\"datetime\"}", "2026-12-01 12:00", "1796126400000"},
        {"{\"type\":\"datetime\"}", "soon", "!"},
        {"{\"type\":\"datetime\"}", "9999999d", "!"},
        {"{\"type\":\"keyvalue\"}", "A=1, B=x=y", "{\"A\":\"1\",\"B\":\"x=y\"}"},
        {"{\"type\":\"keyvalue\"}", "A=1,2\nB=", "{\"A\":\"1,2\",\"B\":\"\"}"},
        {"{\"type\":\"keyvalue\"}", "nonsense", "!"},
        {"{\"type\":\"text\"}", "@@home", "\"@home\""},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(typed(*state, rows[i].question, rows[i].text), rows[i].value);
}

static void an_option_is_its_value_or_its_place(void **state)
{
    static const char q[] =
        "{\"type\":\"choice\",\"options\":[{\"value\":\"big\"},{\"value\":\"1\"}]}";
    static const char m[] =
        "{\"type\":\"multi\",\"options\":[{\"value\":\"big\"},{\"value\":\"1\"}]}";

    assert_string_equal(typed(*state, q, "big"), "\"big\"");
    assert_string_equal(typed(*state, q, "1"), "\"1\""); /* a value goes before a place */
    assert_string_equal(typed(*state, q, "2"), "\"1\"");
    assert_string_equal(typed(*state, q, "3"), "!");
    assert_string_equal(typed(*state, q, "0"), "!");
    assert_string_equal(typed(*state, m, " 2 , big,"), "[\"1\",\"big\"]");
    assert_string_equal(typed(*state, m, "big,none"), "!");
    assert_string_equal(typed(*state, m, ""), "[]");
}

static void a_moment_may_be_counted_from_now(void **state)
{
    struct json *v;
    struct err e;

    ok(answer_from_text(*state, parse(*state, "{\"type\":\"datetime\"}"), "2d", &v, &e), e);
    assert_true(json_num(v, 0) > (double)clock_ms() + 47 * 3600000.0);
    assert_true(json_num(v, 0) < (double)clock_ms() + 49 * 3600000.0);
}

static void files_are_read_here(void **state)
{
    char path[] = "/tmp/answerXXXXXX";
    _close_ int fd = mkstemp(path);
    struct arena *a = *state;
    struct json *v;
    struct err e;

    assert_true(fd >= 0);
    ok(fs_write_all(fd, "ssh-ed25519 AAAA me\n", 20, &e), e);
    ok(answer_from_text(a, parse(a, "{\"type\":\"sshkey\"}"), arena_printf(a, "@%s", path), &v, &e),
       e);
    assert_string_equal(json_str(v, ""), "ssh-ed25519 AAAA me\n");
    ok(answer_from_text(a, parse(a, "{\"type\":\"file\"}"), path, &v, &e), e);
    assert_string_equal(json_get_str(v, "name", ""), path + 5);
    assert_string_equal(json_get_str(v, "content", ""), "c3NoLWVkMjU1MTkgQUFBQSBtZQo=");
    (void)unlink(path);
    assert_int_equal(answer_from_text(a, parse(a, "{\"type\":\"file\"}"), path, &v, &e), -1);
}

static void what_depends_on_an_answer(void **state)
{
    struct arena *a = *state;
    struct json *is = parse(a, "{\"when\":{\"question\":\"k\",\"is\":[\"a\",\"true\"]}}");
    struct json *is_not = parse(a, "{\"when\":{\"question\":\"k\",\"is_not\":[\"a\"]}}");

    assert_true(answer_is_asked(parse(a, "{}"), parse(a, "{}")));
    assert_true(answer_is_asked(is, parse(a, "{\"k\":\"a\"}")));
    assert_true(answer_is_asked(is, parse(a, "{\"k\":true}")));
    assert_false(answer_is_asked(is, parse(a, "{\"k\":\"b\"}")));
    assert_false(answer_is_asked(is, parse(a, "{}")));
    assert_true(answer_is_asked(is_not, parse(a, "{}")));
    assert_false(answer_is_asked(is_not, parse(a, "{\"k\":\"a\"}")));
}

static void escape_sequences_do_not_reach_the_terminal(void **state)
{
    static const char *const rows[][2] = {
        {"\x1b[2Jgone", ".[2Jgone"},
        {"\x1b]0;title\a", ".]0;title."},
        {"a\rb\nc\td", "a.b.c.d"},
        {"\xc2\x9b"
         "31m",
         ".31m"}, /* CSI as one character */
        {"\xe2\x80\xae"
         "evil",
         ".evil"}, /* right to left from here */
        {"\xef\xbb\xbf"
         "x",
         ".x"},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
        {"\xff\xc0\x80\xed\xa0\x80", "......"}, /* no UTF-8 */
        {"\xe2\x82", ".."},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(terminal_safe(*state, rows[i][0], false), rows[i][1]);
    assert_string_equal(terminal_safe(*state, "a\nb\x1b", true), "a\nb.");
}

#define answer_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        answer_test(each_type_has_its_form),
        answer_test(an_option_is_its_value_or_its_place),
        answer_test(a_moment_may_be_counted_from_now),
        answer_test(files_are_read_here),
        answer_test(what_depends_on_an_answer),
        answer_test(escape_sequences_do_not_reach_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
