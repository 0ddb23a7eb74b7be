/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "compute_world.h"

/* Real jobs, from the request to the results. */

static const char *deaf_job; /* started early: it needs the ten seconds of grace */

static void test_start_deaf(void **state)
{
    const struct want want = {.script = "trap '' TERM; echo here; while :; do sleep 1; done",
                              .seconds = 1};

    (void)state;
    deaf_job = start(&want);
}

static void test_deaf(void **state)
{
    struct json *job = await(deaf_job, 0);

    (void)state;
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 137);
    assert_string_equal(result(deaf_job, "algorithm.log"), "here\n");
    no_container(deaf_job);
}

static void test_echo(void **state)
{
    static const int64_t course[] = {10, 20, 20, 30, 40, 60, 70};
    const struct want want = {
        .script = "echo \"$GREETING\"; cat /data/inputs/algoCustomData.json /data/ddos/*; id -u; "
                  "ls /data; echo out > /data/outputs/a.txt",
        .path = "/data.txt"};
    int64_t began = clock_mono_ms();
    const char *id = start(&want);
    struct json *job = await(id, 0), *line;
    struct err e;
    size_t i;

    (void)state;
    print_message("echo: %d ms\n", (int)(clock_mono_ms() - began));
    ends_as(job, 70, "JobFinished");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 0);
    assert_true(
        strncmp(result(id, "algorithm.log"),
                "hello there\n{\"answer\":42}{\"id\":\"did:op:1\"}1000\nddos\ninputs\nlogs\n",
                60) == 0);
    has_output(id, "outputs/a.txt", "out\n");
    ok(compute_timeline(w.compute, w.arena, id, &line, &e), e);
    for (i = 0; i < ARRAY_LEN(course); i++)
        assert_int_equal(json_get_int(json_at(line, i), "status", -1), course[i]);
    assert_string_equal(json_str(json_path(job, "results.3.type"), ""), "output");
    assert_string_equal(json_str(json_path(job, "inputDID.0"), ""), "did:op:1");
    assert_non_null(json_str(json_get(job, "outputHash"), NULL));
    no_container(id);
}

static void test_failing(void **state)
{
    const struct want want = {.script = "echo bad >&2; exit 3"};
    const char *id = start(&want);
    struct json *job = await(id, 0);

    (void)state;
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 3);
    assert_string_equal(result(id, "algorithm.log"), "bad\n");
}

static void test_inputs(void **state)
{
    const struct want known = {.script = "cat /data/inputs/data.txt > /data/outputs/copy",
                               .path = "/data.txt"};
    const struct want unknown = {.script = "cat /data/inputs/size.txt > /data/outputs/copy",
                                 .path = "/unknown/size.txt"};
    const struct want missing = {.script = "true", .path = "/missing"};
    const struct want endless = {
        .script = "true", .path = "/endless", .resources = "[{\"id\":\"disk\",\"amount\":0.02}]"};
    const char *id = start(&known);
    struct json *job;

    (void)state;
    ends_as(await(id, 0), 70, "JobFinished");
    has_output(id, "outputs/copy", "input\n");
    id = start(&unknown);
    ends_as(await(id, 0), 70, "JobFinished");
    has_output(id, "outputs/copy", "no size\n");
    job = await(start(&missing), 0);
    ends_as(job, 31, "DataProvisioningFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "404"));
    job = await(start(&endless), 0);
    ends_as(job, 31, "DataProvisioningFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "disk resource"));
}

/* What it holds is free again soon, however often the node starts anew meanwhile. */
static void test_dead_origin(void **state)
{
    const struct want want = {.script = "true", .path = "/dead"};
    int64_t began = clock_mono_ms();
    const char *id = start(&want);

    (void)state;
    await(id, 30);
    clock_sleep_ms(4000);
    compute_free(w.compute);
    compute_begin();
    ends_as(await(id, 0), 31, "DataProvisioningFailed");
    assert_in_range(clock_mono_ms() - began, 4000, 9000);
    no_container(id);
}

static void test_stop(void **state)
{
    const struct want want = {.script = "trap 'echo bye; exit 5' TERM; echo up; sleep 30 & wait"};
    const char *id = start(&want);
    struct json *job;
    struct err e;

    (void)state;
    await(id, 40);
    while (strcmp(result(id, "algorithm.log"), "up\n") != 0)
        clock_sleep_ms(5);
    ok(compute_stop(w.compute, id, &e), e);
    job = await(id, 0);
    ends_as(job, 70, "AlgorithmFailed");
    assert_true(json_get_bool(job, "stopRequested", false));
    assert_string_equal(result(id, "algorithm.log"), "up\nbye\n");
}

static void test_disk(void **state)
{
    const struct want want = {.script = "echo on; cat /dev/zero > /data/outputs/big",
                              .resources = "[{\"id\":\"disk\",\"amount\":0.02}]"};
    const char *id = start(&want);
    struct json *job = await(id, 0);

    (void)state;
    ends_as(job, 42, "DiskQuotaExceeded");
    assert_string_equal(json_get_str(job, "statusReason", ""), "the job wrote more than 0.02 GB");
    assert_string_equal(result(id, "algorithm.log"), "on\n");
    no_container(id);
}

static void test_refusals(void **state)
{
    const char *none = arena_printf(w.arena, "%s/none", test_registry());
    const struct want no_image = {.script = "", .image = none};
    const struct want no_entry = {.script = "", .entrypoint = "sh 'open"};
    const struct want no_name = {.script = "", .image = "A b"};
    const struct want much = {.script = "", .resources = "[{\"id\":\"cpu\",\"amount\":3}]"};
    const struct want alien = {.script = "", .resources = "[{\"id\":\"tpu\",\"amount\":1}]"};
    struct json *job;
    struct err e;

    (void)state;
    err_is(try_start(&no_image, &job, &e), e, COMPUTE_IMAGE);
    assert_true(str_starts(
        e.msg, arena_printf(w.arena, "Unable to validate docker image: Cannot find image %s:1 for ",
                            none)));
    err_is(try_start(&no_entry, &job, &e), e, COMPUTE_IMAGE);
    err_is(try_start(&no_name, &job, &e), e, COMPUTE_IMAGE);
    err_is(try_start(&much, &job, &e), e, COMPUTE_RESOURCES);
    assert_string_equal(e.msg, "Not enough resources: cpu: requested 3, but max is 1");
    err_is(try_start(&alien, &job, &e), e, COMPUTE_NO_RESOURCE);
}

static void test_bad_program(void **state)
{
    const struct want want = {.script = "true", .entrypoint = "/nothing here"};
    struct json *job = await(start(&want), 0);

    (void)state;
    ends_as(job, 41, "AlgorithmFailed");
    assert_non_null(json_str(json_get(job, "statusReason"), NULL));
}

static void test_no_outputs(void **state)
{
    const struct want want = {.script = "rm -r /data/outputs"};

    (void)state;
    ends_as(await(start(&want), 0), 61, "ResultsFetchFailed");
}

/* One free job more than there may be: refused, or queued and served in turn. */
static void test_queue(void **state)
{
    const struct want shorts = {.script = "sleep 1"};
    const struct want queued = {.script = "echo turn", .queue_s = 30};
    const struct want hasty = {.script = "echo never", .queue_s = 1};
    const struct want longs = {.script = "sleep 3"};
    struct json *job, *env;
    const char *id, *late;
    struct err e;
    int i;

    (void)state;
    /* the deaf job still runs: it is one of three */
    for (i = 0; i < 2; i++)
        (void)start(i ? &shorts : &longs);
    err_is(try_start(&shorts, &job, &e), e, COMPUTE_MANY_FREE_JOBS);
    id = start(&queued);
    late = start(&hasty);
    ends_as(status(id), 1, "JobQueued");
    env = json_at(compute_environments_json(w.compute, w.arena, 0), 0);
    assert_int_equal(json_get_int(env, "runningfreeJobs", -1), 3);
    assert_int_equal(json_get_int(env, "queuedFreeJobs", -1), 2);
    assert_int_equal(json_get_int(json_path(env, "resources.1"), "inUse", -1), 3);
    ends_as(await(id, 0), 70, "JobFinished");
    job = await(late, 0);
    assert_true(json_get_int(job, "status", -1) == 2 || json_get_int(job, "status", -1) == 70);
}

static void on_ready(void *arg)
{
    atomic_store((atomic_bool *)arg, true);
}

static void test_follow(void **state)
{
    const struct want want = {.script = "for i in 1 2 3; do echo line $i; sleep 0.2; done"};
    const char *id = start(&want);
    struct compute_follow *f;
    char text[256];
    size_t have = 0;
    int64_t n = 0;
    atomic_bool ready = false;
    struct err e;

    (void)state;
    await(id, 40);
    while (compute_log_follow(w.compute, id, &f, &e) < 0)
        clock_sleep_ms(1);
    while ((n = compute_follow_pull(f, text + have, sizeof(text) - have)) != 0) {
        assert_true(n > 0 || n == STREAM_WAIT);
        if (n > 0) {
            have += (size_t)n;
            continue;
        }
        compute_follow_notify(f, on_ready, &ready);
        while (!atomic_exchange(&ready, false))
            clock_sleep_ms(1);
    }
    compute_follow_close(f);
    text[have] = '\0';
    assert_string_equal(text, "line 1\nline 2\nline 3\n");
    await(id, 0);
    err_is(compute_log_follow(w.compute, id, &f, &e), e, COMPUTE_NOT_RUNNING);
}

/* The engine object dies while the container runs; the next one ends the job properly. */
static void test_restart(void **state)
{
    const struct want want = {.script = "echo start >> /data/outputs/count; echo one; sleep 1.5; "
                                        "echo two; exit 4"};
    const struct want quick = {.script = "echo start >> /data/outputs/count; echo one"};
    const char *id = start(&want), *ended = start(&quick);
    struct json *job;

    (void)state;
    await(id, 40);
    await(ended, 40);
    clock_sleep_ms(300);
    compute_free(w.compute);
    compute_begin();
    job = await(id, 0);
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 4);
    assert_string_equal(result(id, "algorithm.log"), "one\ntwo\n");
    has_output(id, "outputs/count", "start\n");
    ends_as(await(ended, 0), 70, "JobFinished");
    has_output(ended, "outputs/count", "start\n");
    no_container(id);
}

/* Killed at any moment, a job ends as it would have. */
static void test_restarts_anywhere(void **state)
{
    const struct want want = {.script = "echo start >> /data/outputs/count"};
    int delay;

    (void)state;
    for (delay = 0; delay < 400; delay += 35) {
        const char *id = start(&want);
        struct json *job;

        clock_sleep_ms(delay);
        compute_free(w.compute);
        compute_begin();
        job = await(id, 0);
        ends_as(job, 70, "JobFinished");
        has_output(id, "outputs/count", "start\n");
    }
}

static void test_paid(void **state)
{
    const struct want want = {.script = "echo paid",
                              .paid = true,
                              .seconds = 120,
                              .resources = "[{\"id\":\"cpu\",\"amount\":2},{\"id\":\"ram\","
                                           "\"amount\":1}]"};
    const char *id = start(&want), *bare = strchr(id, '-') + 1;
    struct json *job = status(id);

    (void)state;
    ends_as(job, 0, "JobStarted");
    assert_string_equal(json_str(json_path(job, "payment.lockTx"), ""), "0x10c4");
    assert_string_equal(json_str(json_path(job, "payment.amount"), ""), "5000000000000000000");
    assert_string_equal(json_get_str(job, "agreementId", ""), "0x10c4");
    fake_escrow_move(bare, ESCROW_LOCKED, "");
    await(id, 70);
    job = status(id);
    /* a minute is the least that is billed: 2 x 1 + 1 x 0.5 */
    assert_string_equal(fake_escrow_claimed(w.arena, bare), "2500000000000000000");
    assert_string_equal(json_str(json_path(job, "payment.claimTx"), ""), "0xc1a1");
    assert_true(json_num(json_path(job, "payment.cost"), 0) == 2.5);
}

static void test_paid_failures(void **state)
{
    const struct want want = {.script = "echo paid", .paid = true};
    const struct want missing = {.script = "true", .paid = true, .path = "/missing"};
    struct json *job;
    struct err e;
    const char *id;

    (void)state;
    fake_escrow_refuse("No auth found");
    err_is(try_start(&want, &job, &e), e, ESCROW);
    fake_escrow_refuse(NULL);
    id = start(&want);
    fake_escrow_move(strchr(id, '-') + 1, ESCROW_FAILED, "reverted");
    job = await(id, 0);
    ends_as(job, 41, "AlgorithmFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "reverted"));
    id = start(&missing);
    fake_escrow_move(strchr(id, '-') + 1, ESCROW_LOCKED, "");
    await(id, 31);
    await(id, 0);
    clock_sleep_ms(300);
    assert_string_equal(fake_escrow_claimed(w.arena, strchr(id, '-') + 1), "0");
    assert_string_equal(json_str(json_path(status(id), "payment.claimTx"), ""), "0xc1a1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_start_deaf),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_failing),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_dead_origin),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_bad_program),
        cmocka_unit_test(test_no_outputs),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_restarts_anywhere),
        cmocka_unit_test(test_paid),
        cmocka_unit_test(test_paid_failures),
    };

    if (!test_registry())
        return test_skip("no registry: ATOLL_TEST_REGISTRY");
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
