/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/must.h"
#include "json/json.h"
#include "test.h"

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

static void refuses(const char *text, size_t n, const char *why)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;

    err_is(json_parse(a, text, n, &v, &e), e, INVALID);
    assert_string_equal(e.msg, why);
}

static struct json *vectors(struct arena *a)
{
    char *path = arena_printf(a, "%s/json.json", getenv("ATOLL_VECTORS"));
    struct bytes file;
    struct json *v = NULL;
    struct err e;

    ok(fs_read(a, path, 1 << 24, &file, &e), e);
    ok(json_parse(a, (const char *)file.p, file.n, &v, &e), e);
    return v;
}

static void prints_what_node_prints(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *list = json_get(vectors(a), "compact");
    struct err e;
    size_t i;

    (void)state;
    assert_true(json_len(list) > 800);
    for (i = 0; i < json_len(list); i++) {
        struct json *text = json_at(json_at(list, i), 0);
        struct json *want = json_at(json_at(list, i), 1);
        struct json *v;

        if (json_is(want, JSON_NULL)) {
            if (json_parse(a, json_str(text, ""), json_str_len(text), &v, &e) == 0)
                fail_msg("Node refuses %s", json_text(a, text));
            continue;
        }
        ok(json_parse(a, json_str(text, ""), json_str_len(text), &v, &e), e);
        assert_string_equal(json_text(a, v), json_str(want, NULL));
        assert_string_equal(json_text(a, json_copy(a, v)), json_str(want, NULL));
    }
}

static void indents_as_node_does(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *list = json_get(vectors(a), "indent2");
    size_t i;

    (void)state;
    assert_true(json_len(list) > 10);
    for (i = 0; i < json_len(list); i++) {
        _buf_ struct buf b = BUF_INIT(1 << 20);

        json_write(&b, parsed(a, json_str(json_at(json_at(list, i), 0), "")), 2);
        assert_string_equal(buf_str(&b), json_str(json_at(json_at(list, i), 1), NULL));
    }
}

static void numbers_survive_printing(void **state)
{
    _buf_ struct buf b = BUF_INIT(100);
    uint64_t seed = 88172645463325252;
    int i;

    (void)state;
    for (i = 0; i < 200000; i++) {
        double v;

        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if (i & 1)
            v = (double)(seed >> 20) / pow(10, (double)(seed % 18));
        else
            memcpy(&v, &seed, 8);
        if (!isfinite(v))
            continue;
        buf_reset(&b);
        json_write_number(&b, v);
        assert_true(strtod(buf_str(&b), NULL) == v);
    }
}

static void refusals_name_the_place(void **state)
{
    (void)state;
    refuses("{\n  \"a\": tru\n}", 14, "invalid JSON at line 2 column 8: expected a value");
    refuses("", 0, "invalid JSON at line 1 column 1: unexpected end");
    refuses("[1] x", 5, "invalid JSON at line 1 column 5: text after the value");
    refuses("\"\xc0\x80\"", 4, "invalid JSON at line 1 column 2: invalid UTF-8");
    refuses("\"\xed\xa0\x80\"", 5, "invalid JSON at line 1 column 2: invalid UTF-8");
    refuses("\"\xf4\x90\x80\x80\"", 6, "invalid JSON at line 1 column 2: invalid UTF-8");
    refuses("\"\xe2\x82\"", 4, "invalid JSON at line 1 column 2: invalid UTF-8");
    refuses("\"12345678\xff\"", 11, "invalid JSON at line 1 column 10: invalid UTF-8");
    refuses("\"a\nb\"", 5, "invalid JSON at line 1 column 3: control character in a string");
    refuses("[1", 2, "invalid JSON at line 1 column 3: expected ',' or ']'");
    refuses("{\"a\" 1}", 7, "invalid JSON at line 1 column 6: expected ':'");
    refuses("\"abc", 3, "invalid JSON at line 1 column 4: unterminated string");
}

static void limits_hold(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    char deep[2 * (JSON_DEPTH_MAX + 1)];

    (void)state;
    memset(deep, '[', sizeof(deep) / 2);
    memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
    err_is(json_parse(a, deep, sizeof(deep), &v, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "nested too deeply"));
    ok(json_parse(a, deep + 1, sizeof(deep) - 2, &v, &e), e);
    err_is(json_parse(a, "1", (size_t)JSON_TEXT_MAX + 1, &v, &e), e, TOO_LARGE);
}

static void getters_accept_anything(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v =
        parsed(a, "{\"s\":\"x\\u0000y\",\"n\":1.5,\"i\":-7,\"t\":true,\"l\":[{\"k\":3}],"
                  "\"z\":null,\"0\":9,\"big\":9007199254740994}");
    int64_t i = 5;

    (void)state;
    assert_int_equal(json_str_len(json_get(v, "s")), 3);
    assert_memory_equal(json_str(json_get(v, "s"), NULL), "x\0y", 4);
    assert_null(json_get(v, "none"));
    assert_null(json_get(NULL, "none"));
    assert_null(json_get(json_get(v, "s"), "k"));
    assert_null(json_at(v, 0));
    assert_null(json_key(json_get(v, "l"), 0));
    assert_string_equal(json_key(v, 0), "0");
    assert_null(json_key(v, 99));
    assert_null(json_value(v, 99));
    assert_int_equal(json_len(NULL), 0);
    assert_int_equal(json_len(json_get(v, "s")), 0);
    assert_int_equal(json_type(NULL), JSON_NULL);
    assert_false(json_is(NULL, JSON_NULL));
    assert_string_equal(json_str(json_get(v, "n"), "no"), "no");
    assert_true(json_num(json_get(v, "s"), 2.5) == 2.5);
    assert_false(json_int(json_get(v, "n"), &i));
    assert_false(json_int(json_get(v, "big"), &i));
    assert_int_equal(i, 5);
    assert_int_equal(json_get_int(v, "i", 0), -7);
    assert_int_equal(json_get_int(v, "n", 4), 4);
    assert_true(json_get_bool(v, "t", false));
    assert_true(json_get_bool(v, "n", true));
    assert_string_equal(json_get_str(v, "z", "none"), "none");
    assert_true(json_num(json_path(v, "l.0.k"), 0) == 3);
    assert_true(json_num(json_path(v, "0"), 0) == 9);
    assert_null(json_path(v, "l.1.k"));
    assert_null(json_path(v, "l.00.k"));
    assert_null(json_path(v, "s.k"));
    assert_null(json_path(NULL, "a"));
}

static void building_keeps_the_order_of_javascript(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = json_new_object(a);
    struct json *list = json_new_array(a);

    (void)state;
    json_set_str(a, v, "b", "x");
    json_set_int(a, v, "10", 1);
    json_set_bool(a, v, "a", true);
    json_set_int(a, v, "9", 2);
    json_set(a, v, "n", NULL);
    json_set(a, v, "l", list);
    json_push(a, list, json_new_num(a, 0.5));
    json_push(a, list, NULL);
    json_set_str(a, v, "b", NULL);
    assert_string_equal(json_text(a, v),
                        "{\"9\":2,\"10\":1,\"b\":null,\"a\":true,\"n\":null,\"l\":[0.5,null]}");
    json_remove(v, "10");
    json_remove(v, "b");
    json_remove(v, "none");
    assert_string_equal(json_text(a, v), "{\"9\":2,\"a\":true,\"n\":null,\"l\":[0.5,null]}");
    assert_string_equal(json_text(a, json_new_strn(a, "\0\xed\xa0\xbd", 4)), "\"\\u0000\\ud83d\"");
    assert_string_equal(json_text(a, json_new_num(a, NAN)), "null");
}

static void large_objects_stay_right(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = json_new_object(a);
    struct json *again;
    char key[32];
    int i;

    (void)state;
    for (i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof(key), i % 10 == 0 ? "%d" : "k%d", 5000 - i);
        json_set_int(a, v, key, i);
    }
    for (i = 0; i < 2000; i += 3) {
        (void)snprintf(key, sizeof(key), i % 10 == 0 ? "%d" : "k%d", 5000 - i);
        json_remove(v, key);
    }
    for (i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof(key), i % 10 == 0 ? "%d" : "k%d", 5000 - i);
        assert_int_equal(json_get_int(v, key, -1), i % 3 == 0 ? -1 : i);
    }
    again = parsed(a, json_text(a, v));
    assert_true(json_equal(v, again));
    assert_string_equal(json_text(a, again), json_text(a, v));
}

static void equality_is_deep(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = parsed(a, "{\"a\":[1,\"x\",null,true],\"b\":{}}");

    (void)state;
    assert_true(json_equal(v, parsed(a, "{\"b\":{},\"a\":[1.0,\"\\u0078\",null,true]}")));
    assert_false(json_equal(v, parsed(a, "{\"b\":{},\"a\":[1,\"x\",null,false]}")));
    assert_false(json_equal(v, parsed(a, "{\"b\":{},\"a\":[1,\"x\",null]}")));
    assert_false(json_equal(v, parsed(a, "{\"c\":{},\"a\":[1,\"x\",null,true]}")));
    assert_false(json_equal(v, parsed(a, "{\"b\":[],\"a\":[1,\"x\",null,true]}")));
    assert_false(json_equal(parsed(a, "\"a\""), parsed(a, "\"b\"")));
    assert_true(json_equal(NULL, parsed(a, "null")));
}

/* 100,000 different keys, and 100,000 times the same two. */
static void many_keys_are_not_slow(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(1 << 24);
    int64_t start;
    struct json *v;
    int i;

    (void)state;
    buf_putc(&b, '{');
    for (i = 0; i < 100000; i++)
        buf_printf(&b, "%s\"key%d\":%d", i ? "," : "", i, i);
    for (i = 100000; i > 0; i--)
        buf_printf(&b, ",\"%d\":%d,\"same\":%d", i, i, i);
    buf_putc(&b, '}');
    start = test_cpu_ms();
    v = parsed(a, buf_str(&b));
    assert_true(test_cpu_ms() - start < 2000); /* 40 ms; quadratic would be minutes */
    assert_int_equal(json_len(v), 200001);
    assert_string_equal(json_key(v, 0), "1");
    assert_int_equal(json_get_int(v, "key99999", 0), 99999);
    assert_int_equal(json_get_int(v, "same", 0), 1);
}

/* Two bytes of text for a value must not become gigabytes of memory. */
static void test_many_values(void **state)
{
    size_t n = 4 * (size_t)JSON_VALUES_MAX;
    char *text = test_malloc(n + 1);
    struct arena *a = arena_new();
    struct json *v;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < n; i += 2)
        memcpy(text + i, "0,", 2);
    text[0] = '[';
    text[1] = ' ';
    text[n - 1] = ']';
    assert_int_equal(json_parse(a, text, n, &v, &e), -1);
    assert_int_equal(e.code, ERR_TOO_LARGE);
    arena_free(a);
    a = arena_new();
    text[JSON_VALUES_MAX - 1] = ']';
    ok(json_parse(a, text, JSON_VALUES_MAX, &v, &e), e);
    assert_int_equal(json_len(v), JSON_VALUES_MAX / 2 - 1);
    assert_int_equal(json_parse_most(a, "[1,[2]]", 7, 2, &v, &e), -1);
    ok(json_parse_most(a, "[1,[2]]", 7, 3, &v, &e), e);
    arena_free(a);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_what_node_prints),
        cmocka_unit_test(indents_as_node_does),
        cmocka_unit_test(numbers_survive_printing),
        cmocka_unit_test(refusals_name_the_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(getters_accept_anything),
        cmocka_unit_test(building_keeps_the_order_of_javascript),
        cmocka_unit_test(large_objects_stay_right),
        cmocka_unit_test(equality_is_deep),
        cmocka_unit_test(many_keys_are_not_slow),
        cmocka_unit_test(test_many_values),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
