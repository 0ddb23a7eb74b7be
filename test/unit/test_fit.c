/* SPDX-License-Identifier: Apache-2.0 */
#include "compute_world.h"

/* What fits, what it costs, what is shown. */

static void test_quote(void **state)
{
    static const struct {
        int64_t seconds;
        const char *amounts, *cost;
        bool by_second;
    } cases[] = {
        {60, "[]", "1500000000000000000", false},
        {1, "[]", "1500000000000000000", false},
        {61, "[]", "3000000000000000000", false},
        {120, "[{\"id\":\"cpu\",\"amount\":1.5}]", "4000000000000000000", false},
        {61, "[]", "1525000000000000000", true},
        {60, "[{\"id\":\"cpu\",\"amount\":1.001}]", "1501000000000000000", true},
    };
    struct compute_price p = {.env = w.at, .chain = 8996, .token = fake_token};
    struct compute_resources r;
    struct u256 cost;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        w.env.billing_by_second = cases[i].by_second;
        ok(compute_fill(w.at, false, json_of(cases[i].amounts), &r, &e), e);
        p.resources = &r;
        p.seconds = cases[i].seconds;
        ok(compute_quote(&p, &cost, &e), e);
        assert_string_equal(u256_text(w.arena, &cost), cases[i].cost);
    }
    w.env.billing_by_second = false;
    p.chain = 1;
    err_is(compute_quote(&p, &cost, &e), e, COMPUTE_CHAIN);
    p.chain = 8996;
    memset(&p.token, 9, sizeof(p.token));
    err_is(compute_quote(&p, &cost, &e), e, COMPUTE_TOKEN);
}

static void test_fill(void **state)
{
    struct compute_resources r;
    struct err e;

    (void)state;
    ok(compute_fill(w.at, false, NULL, &r, &e), e);
    assert_int_equal(r.count, 4);
    assert_string_equal(r.item[1].id, "cpu");
    assert_int_equal(r.item[1].milli, 1000);
    assert_int_equal(r.item[3].milli, 0);
    ok(compute_fill(w.at, false, json_of("[{\"id\":\"chip\",\"amount\":2}]"), &r, &e), e);
    assert_int_equal(r.item[2].milli, 4000);
    err_is(compute_fill(w.at, false, json_of("[{\"id\":\"chip\",\"amount\":3}]"), &r, &e), e,
           COMPUTE_RESOURCES);
    err_is(compute_fill(w.at, true, json_of("[{\"id\":\"chip\",\"amount\":1}]"), &r, &e), e,
           COMPUTE_RESOURCES);
    ok(compute_fill(w.at, true, json_of("[{\"id\":\"cpu\",\"amount\":-5},{\"id\":\"ram\"}]"), &r,
                    &e),
       e);
    assert_int_equal(r.item[1].milli, 1000);
}

static void test_environment(void **state)
{
    struct json *env = json_at(compute_environments_json(w.compute, w.arena, 8996), 0);

    (void)state;
    /* free-only environment of the reference: the vector of wire/compute.md */
    assert_string_equal(json_get_str(env, "id", ""),
                        "0xff1004b67de08fc505fbf0a2089010d0f23015338c7def8557697513c4a39935-"
                        "0x2e308d2161642f4fa082602d60e3a0d88bb6a6a8fd9e6ecbd56c92da067e4cb4");
    assert_int_equal(json_len(json_get(env, "resources")), 4);
    assert_int_equal(json_len(json_path(env, "free.resources")), 3);
    assert_int_equal(json_len(compute_environments_json(w.compute, w.arena, 5)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_quote),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
