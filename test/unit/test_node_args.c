/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "base/str.h"
#include "json/json.h"
#include "node/api.h"
#include "node/args.h"
#include "node/query.h"
#include "node/task.h"
#include "test.h"

/* From a request to the arguments of a command: the checked struct, routes, queries. */

struct sample {
    const char *name;
    const char *nonce;
    const char *who;
    int64_t count;
    bool has_count;
    double share;
    bool has_share;
    bool yes;
    bool has_yes;
    const struct json *object;
    const struct json *list;
    const struct json *names;
};

#define PLAIN(member) offsetof(struct sample, member), ARGS_NO_FLAG
static const struct args_field fields[] = {
    {"name", ARGS_STRING, true, PLAIN(name), 0, 5},
    {"nonce", ARGS_TEXT, false, PLAIN(nonce), 0, 0},
    {"who", ARGS_ADDRESS, false, PLAIN(who), 0, 0},
    {"count", ARGS_INT, true, offsetof(struct sample, count), offsetof(struct sample, has_count), 0,
     10},
    {"share", ARGS_NUMBER, false, offsetof(struct sample, share),
     offsetof(struct sample, has_share), ARGS_INT_MIN, ARGS_INT_MAX},
    {"yes", ARGS_BOOL, false, offsetof(struct sample, yes), offsetof(struct sample, has_yes), 0, 0},
    {"object", ARGS_OBJECT, false, PLAIN(object), 0, 0},
    {"list", ARGS_ARRAY, false, PLAIN(list), 0, 0},
    {"names", ARGS_STRINGS, false, PLAIN(names), 0, 0},
};
static const struct args_spec spec = {"sample", fields, ARRAY_LEN(fields), "name,count",
                                      sizeof(struct sample)};

static int parse(struct arena *a, const char *text, struct sample *ret, struct err *e)
{
    struct json *v;

    ok(json_parse(a, text, strlen(text), &v, e), *e);
    return args_parse(a, v, &spec, ret, e);
}

static void test_good(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct sample s;
    struct err e;

    (void)state;
    ok(parse(a,
             "{\"name\":\"\",\"count\":\"7\",\"nonce\":12,\"share\":0.5,\"yes\":\"true\","
             "\"object\":\"{\\\"a\\\":1}\",\"list\":[1],\"names\":[\"x\"],\"who\":null,"
             "\"more\":1}",
             &s, &e),
       e);
    assert_string_equal(s.name, "");
    assert_int_equal(s.count, 7);
    assert_true(s.has_count && s.yes && s.has_share && s.share == 0.5);
    assert_string_equal(s.nonce, "12");
    assert_null(s.who);
    assert_int_equal(json_get_int(s.object, "a", 0), 1);
    assert_int_equal(json_len(s.list), 1);
}

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{}", "Missing one ( \"name\" ) or more required field(s) for command: \"sample\". "
               "Required fields: name,count"},
        {"{\"name\":\"a\",\"count\":null}",
         "Missing one ( \"count\" ) or more required field(s) for command: \"sample\". "
         "Required fields: name,count"},
        {"{\"name\":1,\"count\":1}",
         "Invalid value of field \"name\" for command \"sample\": it must be a text"},
        {"{\"name\":\"abcdef\",\"count\":1}",
         "Invalid value of field \"name\" for command \"sample\": it is too long"},
        {"{\"name\":\"a\\u0000\",\"count\":1}",
         "Invalid value of field \"name\" for command \"sample\": it must not hold a NUL "
         "character"},
        {"{\"name\":\"a\",\"count\":1.5}",
         "Invalid value of field \"count\" for command \"sample\": it must be an integer"},
        {"{\"name\":\"a\",\"count\":\"1x\"}",
         "Invalid value of field \"count\" for command \"sample\": it must be an integer"},
        {"{\"name\":\"a\",\"count\":11}",
         "Invalid value of field \"count\" for command \"sample\": it is out of range"},
        {"{\"name\":\"a\",\"count\":-1}",
         "Invalid value of field \"count\" for command \"sample\": it is out of range"},
        {"{\"name\":\"a\",\"count\":1,\"yes\":3}",
         "Invalid value of field \"yes\" for command \"sample\": it must be true or false"},
        {"{\"name\":\"a\",\"count\":1,\"object\":[]}",
         "Invalid value of field \"object\" for command \"sample\": it must be an object"},
        {"{\"name\":\"a\",\"count\":1,\"object\":\"[\"}",
         "Invalid value of field \"object\" for command \"sample\": it must be an object"},
        {"{\"name\":\"a\",\"count\":1,\"list\":{}}",
         "Invalid value of field \"list\" for command \"sample\": it must be an array"},
        {"{\"name\":\"a\",\"count\":1,\"names\":[1]}",
         "Invalid value of field \"names\" for command \"sample\": it must be an array of texts"},
        {"{\"name\":\"a\",\"count\":1,\"who\":\"0x12\"}",
         "Parameter : \"who\" is not a valid web3 address"},
    };
    _arena_ struct arena *a = arena_new();
    struct sample s;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(a, cases[i].text, &s, &e), -1);
        assert_string_equal(e.msg, cases[i].message);
    }
}

static const char *command_at(const char *method, const char *path)
{
    struct api_param params[API_PARAMS_MAX];
    size_t n;
    const struct api_route *r = api_route_find(method, path, params, &n);

    return r ? r->command->name : "";
}

static void test_routes(void **state)
{
    struct api_param params[API_PARAMS_MAX];
    const struct api_route *r;
    size_t n;

    (void)state;
    assert_string_equal(command_at("GET", "/"), "root");
    assert_string_equal(command_at("GET", "/API/services/NONCE/"), "nonce");
    assert_string_equal(command_at("POST", "/api/services/nonce"), "");
    assert_string_equal(command_at("GET", "/api/services/nonce/x"), "");
    assert_string_equal(command_at("GET", "/api/aquarius/assets/ddo"), "");
    assert_string_equal(command_at("POST", "/api/aquarius/assets/query"), "query");
    assert_string_equal(command_at("POST", "/api/aquarius/assets/ddo/validate"), "validateDDO");
    r = api_route_find("GET", "/api/aquarius/assets/ddo/did:op:1/true", params, &n);
    assert_non_null(r);
    assert_int_equal(n, 2);
    assert_int_equal(params[0].name_len, 3);
    assert_memory_equal(params[0].value, "did:op:1", params[0].value_len);
    assert_memory_equal(params[1].name, "force", params[1].name_len);
    assert_non_null(api_route_find("GET", "/api/aquarius/assets/ddo/did:op:1", params, &n));
    assert_int_equal(n, 1);
}

static void test_query(void **state)
{
    static const struct http_param params[] = {
        {"a", "1"},       {"a", "2"},    {"b[]", "x"},       {"c[d]", "y"},
        {"c[e][f]", "z"}, {"n", "null"}, {"u", "undefined"}, {"empty", ""},
        {"[odd]", "o"},   {"k[", "v"},   {"__proto__", "p"}};
    _arena_ struct arena *a = arena_new();
    struct http_request r = {.arena = a, .query = params, .query_count = ARRAY_LEN(params)};

    (void)state;
    assert_string_equal(json_text(a, query_json(&r)),
                        "{\"a\":[\"1\",\"2\"],\"b\":[\"x\"],\"c\":{\"d\":\"y\",\"e\":{\"f\":\"z\"}}"
                        ",\"empty\":\"\",\"[odd]\":\"o\",\"k[\":\"v\",\"__proto__\":\"p\"}");
}

/* What a request said comes back in errors; its lone surrogates are no UTF-8. */
static void test_reply_text(void **state)
{
    static const char request[] = "\"a\\ud800b\\udfff\\ud83d\\ude00\"";
    _arena_ struct arena *a = arena_new();
    struct http_reply reply = {.status = 200};
    struct task t = {.arena = a, .reply = &reply};
    struct json *v;
    struct err e;

    (void)state;
    ok(json_parse(a, request, strlen(request), &v, &e), e);
    assert_int_equal(reply_text(&t, json_str(v, "")), 0);
    assert_string_equal((const char *)arena_strndup(a, (const char *)reply.bytes.p, reply.bytes.n),
                        "a\xef\xbf\xbd"
                        "b\xef\xbf\xbd\xf0\x9f\x98\x80");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_bad),
        cmocka_unit_test(test_routes),     cmocka_unit_test(test_query),
        cmocka_unit_test(test_reply_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
