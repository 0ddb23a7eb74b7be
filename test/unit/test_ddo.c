/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/validate.h"
#include "test.h"
#include "vectors.h"

#define NFT "0x5FbDB2315678afecb367f032d93F642f64180aa3"

static struct json *read_vectors(struct arena *a)
{
    char *path = arena_printf(a, "%s/ddo.json", getenv("ATOLL_VECTORS"));
    struct bytes text;
    struct json *v = NULL;
    struct err e;

    ok(fs_read(a, path, 1 << 24, &text, &e), e);
    ok(json_parse(a, (const char *)text.p, text.n, &v, &e), e);
    return v;
}

/* The base document of a case with its one change. */
static struct json *document(struct arena *a, const struct json *bases, const struct json *one)
{
    struct json *doc = json_copy(a, json_get(bases, json_str(json_at(one, 0), "")));
    struct json *at = doc;
    const char *key = json_str(json_at(one, 2), "");
    int64_t index;
    size_t i;

    for (i = 0; i < json_len(json_at(one, 1)); i++) {
        struct json *step = json_at(json_at(one, 1), i);

        at = json_int(step, &index) ? json_at(at, (size_t)index) : json_get(at, json_str(step, ""));
    }
    if (strcmp(json_str(json_at(one, 3), ""), "set") == 0)
        json_set(a, at, key, json_at(one, 4));
    else
        json_remove(at, key);
    return doc;
}

/* What is wanted of a case: ddo-js's word, or the opposite where a reason for it is named. */
static bool wanted(const struct json *one, size_t *io_differences)
{
    const char *reason = json_str(json_at(one, 6), NULL);
    bool valid = json_bool(json_at(one, 5), false);

    if (!reason)
        return valid;
    assert_string_equal(reason, "identity"); /* docs/design/010-ddo-verdicts.md has no others */
    ++*io_differences;
    return !valid;
}

static void verdicts_are_those_of_ddo_js(void **state)
{
    _arena_ struct arena *all = arena_new();
    struct json *vectors = read_vectors(all);
    struct json *cases = json_get(vectors, "cases");
    size_t differences = 0;
    size_t differ = 0;
    size_t i;

    (void)state;
    assert_true(json_len(cases) > 1900);
    for (i = 0; i < json_len(cases); i++) {
        _arena_ struct arena *a = arena_new();
        struct json *one = json_at(cases, i);
        struct json *doc = document(a, json_get(vectors, "bases"), one);
        struct json *errors = NULL;
        struct err e;

        if ((asset_validate(a, doc, &errors, &e) == 0 && !errors) != wanted(one, &differences)) {
            print_error("# %.300s -> %.300s\n", json_text(a, one), json_text(a, errors));
            differ++;
        }
    }
    assert_int_equal(differ, 0);
    assert_in_range(differences, 1, 40);
}

/* What ddo-js 0.4 accepts and 0.2 does not. */
static void access_lists_need_no_values(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *doc = json_copy(a, json_path(read_vectors(a), "bases"));
    struct json *rule = json_new_object(a);
    struct json *errors;
    struct err e;

    (void)state;
    doc = json_get(doc, "4.7.0");
    json_push(a, json_path(doc, "credentials.allow"), rule);
    json_set_str(a, rule, "type", "accessList");
    json_set_int(a, rule, "chainId", 8996);
    ok(asset_validate(a, doc, &errors, &e), e);
    assert_string_equal(json_text(a, errors),
                        "{\"credentials.allow.1.accessList\":[\"is missing\"]}");
    json_set_str(a, rule, "accessList", NFT);
    ok(asset_validate(a, doc, &errors, &e), e);
    assert_null(errors);
}

static void hostile_documents_cost_little(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(1 << 24);
    int64_t start = test_cpu_ms();
    struct json *errors;
    struct json *v;
    struct err e;
    int i;

    (void)state;
    buf_puts(&b, "{\"version\":\"4.7.0\",\"id\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],\"services\":[");
    for (i = 0; i < 300000; i++)
        buf_puts(&b, i ? ",{}" : "{}");
    buf_puts(&b, "]}");
    ok(json_parse(a, b.data, b.len, &v, &e), e);
    ok(asset_validate(a, v, &errors, &e), e);
    assert_in_range(json_len(errors), 1, 100);
    assert_true(test_cpu_ms() - start < 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_those_of_ddo_js),
        cmocka_unit_test(access_lists_need_no_values),
        cmocka_unit_test(hostile_documents_cost_little),
    };

    return cmocka_run_group_tests_name("ddo", tests, NULL, NULL);
}
