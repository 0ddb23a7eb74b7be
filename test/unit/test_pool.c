/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/thread.h"
#include "pool_world.h"

/* Pools, vouchers, quotes, and meters on what an operator granted. */

/* --- pools and vouchers --- */

static void test_pools(void **state)
{
    const struct pool_new twice = {
        .owner = "u1", .name = "quota", .chain = 8996, .token = fake_token, .amount = "1"};
    struct pool_new bad = twice;
    const char *id = granted_pool("u1", "quota", "1000");
    struct pool_info pool;
    char other[POOL_ID];
    struct err e;

    (void)state;
    err_is(pool_create(pools, &twice, other, &e), e, POOL_TAKEN);
    bad.name = " \t";
    err_is(pool_create(pools, &bad, other, &e), e, POOL_NAME);
    bad.name = "x";
    bad.amount = "1.5";
    err_is(pool_create(pools, &bad, other, &e), e, POOL_AMOUNT);
    bad.amount = "1";
    bad.chain = 5;
    err_is(pool_create(pools, &bad, other, &e), e, POOL_TOKEN);
    assert_int_equal(pool_find(pools, w.arena, "u2", id, &pool, &e), 0);
    ok(pool_grant(pools, id, "500", "more", &e), e);
    ok(pool_grant(pools, id, "-300", "less", &e), e);
    err_is(pool_grant(pools, id, "-1201", "", &e), e, POOL_EMPTY);
    err_is(pool_grant(pools, id, "0", "", &e), e, POOL_AMOUNT);
    err_is(pool_grant(pools, id, "0x10", "", &e), e, POOL_AMOUNT);
    err_is(pool_grant(pools, "p0", "1", "", &e), e, POOL_UNKNOWN);
    assert_int_equal(pool_find(pools, w.arena, "u1", id, &pool, &e), 1);
    assert_string_equal(u256_text(w.arena, &pool.balance), "1200");
    adds_up(id);
}

static char code[POOL_CODE];
static int redeemed;

static void *redeem(void *arg)
{
    char id[POOL_ID];
    struct err e;

    if (pool_voucher_redeem(pools, arg, code, id, &e) == 0)
        __atomic_add_fetch(&redeemed, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void test_voucher(void **state)
{
    static char *people[] = {"v1", "v1", "v2", "v3", "v4", "v5", "v1", "v2"};
    struct pool_voucher v = {
        .amount = "77", .chain = 8996, .token = fake_token, .uses = 3, .by = "op"};
    pthread_t t[ARRAY_LEN(people)];
    char id[POOL_ID], lower[POOL_CODE];
    struct json *list;
    struct err e;
    size_t i;

    (void)state;
    ok(pool_voucher_make(pools, &v, code, &e), e);
    for (i = 0; i < ARRAY_LEN(people); i++)
        thread_start(&t[i], "redeem", redeem, people[i]);
    for (i = 0; i < ARRAY_LEN(people); i++)
        pthread_join(t[i], NULL);
    assert_int_equal(redeemed, 3);
    err_is(pool_voucher_redeem(pools, "v9", code, id, &e), e, VOUCHER_SPENT);
    err_is(pool_voucher_redeem(pools, "v9", "AAAAA-BBBBB", id, &e), e, VOUCHER_UNKNOWN);
    ok(pool_voucher_list_json(pools, w.arena, &list, &e), e);
    assert_int_equal(json_get_int(json_at(list, 0), "used", 0), 3);
    assert_null(strstr(json_text(w.arena, list), code)); /* it was told once */
    v.uses = 9;
    ok(pool_voucher_make(pools, &v, code, &e), e);
    for (i = 0; code[i]; i++)
        lower[i] = (char)(code[i] >= 'A' ? code[i] + 32 : code[i] == '-' ? ' ' : code[i]);
    lower[i] = '\0';
    ok(pool_voucher_redeem(pools, "v9", lower, id, &e), e);
    err_is(pool_voucher_redeem(pools, "v9", code, id, &e), e, VOUCHER_MINE);
    adds_up(id);
    ok(pool_voucher_revoke(pools, code, &e), e);
    err_is(pool_voucher_redeem(pools, "v10", code, id, &e), e, VOUCHER_OVER);
}

static void test_quota(void **state) /* once for each, until the operator ends it */
{
    struct pool_voucher v = {.amount = "50", .chain = 8996, .token = fake_token, .note = "quota"};
    char id[POOL_ID];
    struct json *list;
    const char *quota;
    struct err e;
    bool given;

    (void)state;
    ok(pool_quota_give(pools, "q1", &v, &given, &e), e);
    assert_true(given);
    ok(pool_quota_give(pools, "q1", &v, &given, &e), e);
    assert_false(given);
    v.amount = "70"; /* for those who come later */
    ok(pool_quota_give(pools, "q2", &v, &given, &e), e);
    ok(pool_list_json(pools, w.arena, "q1", &list, &e), e);
    assert_non_null(strstr(json_text(w.arena, list), "\"amount\":\"50\""));
    ok(pool_list_json(pools, w.arena, "q2", &list, &e), e);
    assert_non_null(strstr(json_text(w.arena, list), "\"amount\":\"70\""));
    ok(pool_voucher_list_json(pools, w.arena, &list, &e), e);
    quota = json_get_str(json_at(list, 0), "id", "");
    assert_int_equal(strncmp(quota, "quota-8996-0x", 13), 0);
    err_is(pool_voucher_redeem(pools, "q3", quota, id, &e), e, VOUCHER_UNKNOWN);
    ok(pool_voucher_revoke(pools, quota, &e), e);
    ok(pool_quota_give(pools, "q3", &v, &given, &e), e);
    assert_false(given);
}

/* --- quotes --- */

/* regression 7: quote == billed. The lines add up, and a job's price is the same function's. */
static void test_quote(void **state)
{
    static const char *const wants[] = {"[]", "[{\"id\":\"cpu\",\"amount\":1.001}]",
                                        "[{\"id\":\"cpu\",\"amount\":2},{\"id\":\"ram\","
                                        "\"amount\":3.333},{\"id\":\"disk\",\"amount\":5}]"};
    size_t i, k;

    (void)state;
    for (i = 0; i < ARRAY_LEN(wants); i++) {
        struct compute_resources r;
        struct pool_quote_request ask = {
            .env = w.at, .resources = &r, .chain = 8996, .token = fake_token};
        const struct compute_price job = {
            .env = w.at, .chain = 8996, .token = fake_token, .resources = &r, .seconds = 3600};
        struct u256 sum = u256_from(0), cost;
        struct pool_quote q;
        struct err e;

        ok(compute_fill(w.at, false, json_of(wants[i]), &r, &e), e);
        ok(pool_quote(pools, &ask, &q, &e), e);
        for (k = 0; k < q.line_count; k++)
            sum = plus(sum, q.line[k].amount);
        assert_string_equal(u256_text(w.arena, &sum), u256_text(w.arena, &q.per_period));
        ok(compute_quote(&job, &cost, &e), e);
        assert_string_equal(u256_text(w.arena, &cost), u256_text(w.arena, &q.per_hour));
    }
}

/* --- meters on a granted pool --- */

static void test_granted(void **state)
{
    const char *given = "100000000000000000000";
    const char *id = granted_pool("g1", "quota", given);
    struct pool_meter m;
    struct pool_quote q = quote_of(&small);
    struct err e;

    (void)state;
    run_on("dep-g1", "g1", id, 0);
    await_event("dep-g1", POOL_FUNDED, 1);
    run_on("dep-g1", "g1", id, 0); /* repeated: nothing happens */
    ok(pool_meter_begin(pools, "dep-g1", &e), e);
    m = meter("dep-g1");
    assert_int_equal(m.state, METER_RUNNING);
    assert_string_equal(u256_text(w.arena, &m.per_period), u256_text(w.arena, &q.per_period));
    adds_up(id);
    await_period("dep-g1", m.began + 3 * PERIOD_S * 1000);
    adds_up(id);
    stop("dep-g1", POOL_USED);
    m = meter("dep-g1");
    assert_true(u256_cmp(&m.spent, &q.per_period) > 0);
    nothing_lost(id, given);
    stop("dep-g1", POOL_OUR_FAULT); /* too late */
    nothing_lost(id, given);
}

/* Never healthy, or stopped by our fault: nothing is charged. */
static void test_whole_back(void **state)
{
    const char *id = granted_pool("g2", "quota", "1000000000000000000");
    struct pool_meter m;
    struct err e;

    (void)state;
    run_on("dep-never", "g2", id, 0);
    await_event("dep-never", POOL_FUNDED, 1);
    stop("dep-never", POOL_USED);
    run_on("dep-fault", "g2", id, 0);
    await_event("dep-fault", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-fault", &e), e);
    clock_sleep_ms(50); /* well before the period is over */
    stop("dep-fault", POOL_OUR_FAULT);
    m = meter("dep-fault");
    assert_true(u256_is_zero(&m.spent));
    nothing_lost(id, "1000000000000000000");
    err_is(pool_meter_begin(pools, "dep-fault", &e), e, CONFLICT);
    ok(pool_meter_stop(pools, "dep-unknown", POOL_USED, &e), e);
}

/* What did not run, through no fault of its owner, costs nothing, over the ends of periods. */
static void test_idle(void **state)
{
    const char *given = "100000000000000000000";
    const char *id = granted_pool("g7", "quota", given);
    struct u256 spent = u256_from(0);
    struct pool_meter m;
    struct err e;
    int i;

    (void)state;
    ok(pool_meter_pause(pools, "dep-unknown", clock_ms(), &e), e);
    run_on("dep-idle", "g7", id, 0);
    ok(pool_meter_pause(pools, "dep-idle", clock_ms(), &e), e); /* nothing runs: nothing to pause */
    await_event("dep-idle", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-idle", &e), e);
    m = meter("dep-idle");
    assert_int_equal(m.idle_from, 0);
    ok(pool_meter_pause(pools, "dep-idle", m.began + 100, &e), e);
    ok(pool_meter_pause(pools, "dep-idle", m.began - 5000, &e), e); /* the earlier one counts */
    ok(pool_meter_pause(pools, "dep-idle", clock_ms(), &e), e);
    assert_int_equal(meter("dep-idle").idle_from, m.began);
    await_period("dep-idle", m.began + 3 * PERIOD_S * 1000);
    m = meter("dep-idle");
    assert_true(m.idle_from > 0);
    assert_true(u256_is_zero(&m.spent));
    adds_up(id);
    ok(pool_meter_resume(pools, "dep-idle", clock_ms(), &e), e);
    ok(pool_meter_resume(pools, "dep-idle", clock_ms() + 60000, &e), e); /* nothing to resume */
    assert_int_equal(meter("dep-idle").idle_from, 0);
    for (i = 0; i < 6000 && u256_is_zero(&spent); i++) {
        clock_sleep_ms(10);
        spent = meter("dep-idle").spent;
    }
    assert_false(u256_is_zero(&spent));
    stop("dep-idle", POOL_USED);
    nothing_lost(id, given);
}

/* A pool that runs empty in the middle: LOW, EMPTY, and REFILLED when there is money again. */
static void test_empty(void **state)
{
    struct pool_quote q = quote_of(&small);
    const char *id = granted_pool("g3", "quota", u256_text(w.arena, &q.per_period));
    struct pool_info pool;
    struct err e;

    (void)state;
    run_on("dep-e", "g3", id, 0);
    await_event("dep-e", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-e", &e), e);
    await_event("dep-e", POOL_LOW, 1);
    await_event("dep-e", POOL_EMPTY, 1);
    assert_int_equal(meter("dep-e").state, METER_EMPTY);
    assert_int_equal(pool_find(pools, w.arena, "g3", id, &pool, &e), 1);
    assert_string_equal(pool.warning, "empty");
    nothing_lost(id, u256_text(w.arena, &q.per_period));
    ok(pool_grant(pools, id, "1000000000000000000", "again", &e), e);
    await_event("dep-e", POOL_REFILLED, 1);
    ok(pool_meter_begin(pools, "dep-e", &e), e);
    stop("dep-e", POOL_USED);
    adds_up(id);
    run_on("dep-poor", "g3", granted_pool("g3", "nothing", "0"), 0);
    await_event("dep-poor", POOL_FAILED, 1);
    assert_non_null(strstr(meter("dep-poor").reason, "needed"));
}

/* regression 8: extend charges only the extension; another size only from then on. */
static void test_extend(void **state)
{
    const char *given = "100000000000000000000";
    const char *id = granted_pool("g4", "quota", given);
    int64_t ends = clock_ms() + 4000; /* time to begin and to extend, on a busy machine too */
    struct pool_meter m;
    struct u256 before;
    struct err e;

    (void)state;
    run_on("dep-x", "g4", id, ends);
    await_event("dep-x", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-x", &e), e);
    adds_up(id);
    ok(pool_meter_extend(pools, "dep-x", ends + 2000, &e), e);
    m = meter("dep-x");
    assert_int_equal(m.ends, ends + 2000);
    adds_up(id); /* nothing is reserved or charged for asking */
    err_is(pool_meter_extend(pools, "dep-x", 5, &e), e, INVALID);
    await_event("dep-x", POOL_CLOSED, 1); /* the new end */
    m = meter("dep-x");
    /* what ran: from its beginning to the new end, to the second that is billed last */
    before = quote_of(&small).per_period;
    assert_true(u256_cmp(&m.spent, &before) > 0);
    {
        struct u256 seconds = u256_from((uint64_t)(ends + 2000 - m.began) / 1000 + 3);
        struct u256 each = u256_from(25000000000000000); /* 1.5 a minute */
        struct u256 most;

        assert_true(u256_mul(&each, &seconds, &most));
        assert_true(u256_cmp(&m.spent, &most) <= 0);
    }
    nothing_lost(id, given);
}

static void test_resize(void **state)
{
    struct pool_quote big = quote_of(&large);
    const char *given = "100000000000000000000";
    const char *id = granted_pool("g5", "quota", given);
    struct pool_meter m;
    struct err e;

    (void)state;
    run_on("dep-r", "g5", id, 0);
    await_event("dep-r", POOL_FUNDED, 1);
    err_is(pool_meter_resize(pools, "dep-r", w.at, &large, &e), e, CONFLICT);
    ok(pool_meter_begin(pools, "dep-r", &e), e);
    ok(pool_meter_resize(pools, "dep-r", w.at, &large, &e), e);
    await_event("dep-r", POOL_RESIZED, 1);
    m = meter("dep-r");
    assert_string_equal(u256_text(w.arena, &m.per_period), u256_text(w.arena, &big.per_period));
    adds_up(id);
    stop("dep-r", POOL_USED);
    nothing_lost(id, given);
    /* what the pool cannot pay is refused, and the old size goes on */
    id = granted_pool("g5", "little",
                      u256_text(w.arena, &(struct u256[]){quote_of(&small).per_period}[0]));
    run_on("dep-r2", "g5", id, 0);
    await_event("dep-r2", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-r2", &e), e);
    ok(pool_meter_resize(pools, "dep-r2", w.at, &large, &e), e);
    await_event("dep-r2", POOL_REFUSED, 1);
    assert_int_equal(meter("dep-r2").state, METER_RUNNING);
    stop("dep-r2", POOL_USED);
    adds_up(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools),   cmocka_unit_test(test_voucher),
        cmocka_unit_test(test_quota),   cmocka_unit_test(test_quote),
        cmocka_unit_test(test_granted), cmocka_unit_test(test_whole_back),
        cmocka_unit_test(test_idle),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_extend),  cmocka_unit_test(test_resize),
    };

    return cmocka_run_group_tests(tests, pool_setup, pool_teardown);
}
