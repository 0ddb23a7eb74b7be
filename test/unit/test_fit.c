/* SPDX-License-Identifier: Apache-2.0 */
#include "compute/fsm.h"
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

/* Numbers and texts are the wire's (wire/compute.md 5), the names those of the paid flow. */
static void test_statuses(void **state)
{
    static const struct {
        int status;
        const char *text, *name;
        bool failure;
    } all[] = {
        {0, "Job started", "JobStarted", false},
        {1, "Job queued", "JobQueued", false},
        {2, "Job expired in queue", "JobExpired", true},
        {10, "Pulling algorithm image", "PullImage", false},
        {11, "Pulling algorithm image failed", "PullImageFailed", true},
        {20, "Configuring volumes", "ConfiguringVolumes", false},
        {21, "Volume creation failed", "VolumeCreationFailed", true},
        {22, "Container creation failed", "ContainerCreationFailed", true},
        {30, "Provisioning data", "Provisioning", false},
        {31, "Data provisioning failed", "DataProvisioningFailed", true},
        {32, "Algorithm provisioning failed", "AlgorithmProvisioningFailed", true},
        {33, "Data upload to container failed", "DataUploadFailed", true},
        {40, "Running algorithm ", "RunningAlgorithm", false},
        {41, "Failed to run algorithm", "AlgorithmFailed", true},
        {42, "Error: disk quota exceeded", "DiskQuotaExceeded", true},
        {60, "Publishing results", "PublishingResults", false},
        {61, "Failed to get outputs folder from container", "ResultsFetchFailed", true},
        {62, "Failed to upload results to storage", "ResultsUploadFailed", true},
        {70, "Job finished", "JobFinished", false},
        {71, "Job settling", "JobSettling", false},
    };
    struct job_row row = {0};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(all); i++) {
        assert_string_equal(fsm__status_text(all[i].status), all[i].text);
        assert_string_equal(fsm__status_name(all[i].status), all[i].name);
        assert_int_equal(fsm_is_failure(all[i].status), all[i].failure);
    }
    fsm__first(&row, true);
    assert_int_equal(row.step, STEP_QUEUE);
    fsm__first(&row, false);
    assert_int_equal(row.step, STEP_PULL);
    row.amount = "1";
    fsm__first(&row, false);
    assert_int_equal(row.step, STEP_LOCK);
    assert_int_equal(fsm__done_step(), STEP_DONE);
}

/* --- what services hold of the machines --- */

static double of_capacity(const char *id, const char *what)
{
    struct json *env = json_at(compute_capacity_json(w.compute, w.arena), 0);
    struct json *list = json_get(env, "resources");
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "id", ""), id))
            return json_num(json_get(json_at(list, i), what), -1);
    return -1;
}

/* regression 15: the factor never lets the disks together exceed the total, nor changes a price. */
static void test_overcommit(void **state)
{
    const struct compute_overcommit twice = {2000, 1500}, none = {1000, 1000};
    struct compute_resources r;
    struct compute_claim claim = {.env = w.at, .resources = &r};
    struct compute_price price = {
        .env = w.at, .chain = 8996, .token = fake_token, .resources = &r, .seconds = 3600};
    struct u256 before, after;
    struct err e;
    int i;

    (void)state;
    ok(compute_fill(w.at, false,
                    json_of("[{\"id\":\"cpu\",\"amount\":2},{\"id\":\"ram\",\"amount\":2}"
                            ",{\"id\":\"disk\",\"amount\":2}]"),
                    &r, &e),
       e);
    ok(compute_quote(&price, &before, &e), e);
    for (i = 0; i < 2; i++) {
        claim.id = arena_printf(w.arena, "s%d", i);
        ok(compute_claim(w.compute, &claim, &e), e);
    }
    claim.id = "s2";
    err_is(compute_claim(w.compute, &claim, &e), e, COMPUTE_AVAILABLE);   /* four cores are gone */
    err_is(compute_available(w.at, false, &r, &e), e, COMPUTE_AVAILABLE); /* for jobs, too */
    compute_set_overcommit(w.compute, &twice);
    assert_true(of_capacity("cpu", "total") == 8);
    assert_true(of_capacity("cpu", "overProvisioned") == 4);
    assert_true(of_capacity("cpu", "free") == 4);
    assert_true(of_capacity("ram", "total") == 12);
    assert_true(of_capacity("disk", "total") == 10);
    assert_true(of_capacity("disk", "overProvisioned") == 0);
    ok(compute_quote(&price, &after, &e), e);
    assert_int_equal(u256_cmp(&before, &after), 0);
    for (i = 2; i < 4; i++) {
        claim.id = arena_printf(w.arena, "s%d", i);
        ok(compute_claim(w.compute, &claim, &e), e);
    }
    ok(compute_fill(w.at, false, json_of("[{\"id\":\"disk\",\"amount\":5}]"), &r, &e), e);
    for (i = 0; i < 4; i++)
        compute_unclaim(w.compute, arena_printf(w.arena, "s%d", i));
    claim.id = "d0";
    ok(compute_claim(w.compute, &claim, &e), e);
    claim.id = "d1";
    ok(compute_claim(w.compute, &claim, &e), e);
    claim.id = "d2"; /* cores there are, but 10 GiB of disk are gone */
    err_is(compute_claim(w.compute, &claim, &e), e, COMPUTE_AVAILABLE);
    claim.restored = true;
    ok(compute_claim(w.compute, &claim, &e), e);
    assert_true(of_capacity("disk", "free") == 0);
    err_is(compute_fill(w.at, false, json_of("[{\"id\":\"cpu\",\"amount\":3}]"), &r, &e), e,
           COMPUTE_RESOURCES); /* the limit of one job stays */
    for (i = 0; i < 3; i++)
        compute_unclaim(w.compute, arena_printf(w.arena, "d%d", i));
    compute_set_overcommit(w.compute, &none);
    assert_true(of_capacity("cpu", "used") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment), cmocka_unit_test(test_fill),
        cmocka_unit_test(test_overcommit),  cmocka_unit_test(test_quote),
        cmocka_unit_test(test_statuses),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
