/* SPDX-License-Identifier: Apache-2.0 */
#include "pool_world.h"

/* Meters on a wallet, whose periods are locks in the escrow. */

static void test_wallet(void **state)
{
    const char *id = wallet_pool("w1", 1);
    struct pool_meter m;
    struct u256 spent;
    struct err e;

    (void)state;
    fake_escrow_mines(true);
    (void)fake_escrow_most_open();
    run_on("dep-w", "w1", id, 0);
    await_event("dep-w", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-w", &e), e);
    m = meter("dep-w");
    await_period("dep-w", m.began + 3 * PERIOD_S * 1000);
    adds_up(id);
    ok(pool_meter_resize(pools, "dep-w", w.at, &large, &e), e);
    await_event("dep-w", POOL_RESIZED, 1);
    adds_up(id);
    stop("dep-w", POOL_USED);
    assert_int_equal(fake_escrow_most_open(), 2); /* the next is there before the last is claimed */
    assert_null(fake_escrow_last(ESCROW_LOCKED));
    spent = spent_of(id);
    assert_false(u256_is_zero(&spent));
    adds_up(id);
    fake_escrow_mines(false);
}

/* A lock that is refused, that reverts or is dropped, that is never mined. */
static void test_lock_fails(void **state)
{
    const char *id = wallet_pool("w2", 2);
    struct err e;

    (void)state;
    fake_escrow_broke("User 0x1 does not have enough funds");
    run_on("dep-l1", "w2", id, 0);
    await_event("dep-l1", POOL_FAILED, 1);
    assert_non_null(strstr(meter("dep-l1").reason, "enough funds"));
    fake_escrow_broke(NULL);
    fake_escrow_refuse("Exceeds maxLockCounts");
    run_on("dep-l2", "w2", id, 0);
    await_event("dep-l2", POOL_FAILED, 1);
    assert_non_null(strstr(meter("dep-l2").reason, "maxLockCounts"));
    fake_escrow_refuse(NULL);
    run_on("dep-l3", "w2", id, 0);
    while (!fake_escrow_last(ESCROW_SENT))
        clock_sleep_ms(10);
    fake_escrow_move(fake_escrow_last(ESCROW_SENT), ESCROW_FAILED, "dropped");
    await_event("dep-l3", POOL_FAILED, 1);
    assert_string_equal(meter("dep-l3").reason, "dropped");
    adds_up(id);
    /* stopped while the lock is on its way: it is released when it comes */
    run_on("dep-l4", "w2", id, 0);
    while (!fake_escrow_last(ESCROW_SENT))
        clock_sleep_ms(10);
    stop("dep-l4", POOL_USED);
    assert_null(fake_escrow_last(ESCROW_SENT));
    adds_up(id);
    /* the next lock is not mined in time: empty, and what ran is claimed */
    fake_escrow_mines(true);
    run_on("dep-l5", "w2", id, 0);
    await_event("dep-l5", POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, "dep-l5", &e), e);
    fake_escrow_mines(false);
    await_event("dep-l5", POOL_EMPTY, 1);
    assert_non_null(strstr(meter("dep-l5").reason, "in time"));
    adds_up(id);
    stop("dep-l5", POOL_USED);
    assert_null(fake_escrow_last(ESCROW_LOCKED));
    adds_up(id);
}

/* The process ends at every step; the next one goes on, and the money is the same. */
static void test_restarts(void **state)
{
    const char *id = wallet_pool("w3", 3);
    const char *given = "100000000000000000000";
    const char *quota = granted_pool("w3", "quota", given);
    struct pool_meter m;
    struct err e;

    (void)state;
    run_on("dep-k", "w3", id, 0);
    run_on("dep-kg", "w3", quota, 0);
    pools_end();
    pools_begin(); /* perhaps before the lock was sent, perhaps after */
    while (!fake_escrow_last(ESCROW_SENT))
        clock_sleep_ms(10);
    pools_end();
    fake_escrow_move(fake_escrow_last(ESCROW_SENT), ESCROW_LOCKED, ""); /* nobody listens */
    pools_begin();
    await_event("dep-k", POOL_FUNDED, 1);
    await_event("dep-kg", POOL_FUNDED, 1);
    pools_end();
    pools_begin();
    assert_int_equal(meter("dep-k").state, METER_FUNDED); /* derived, not told again */
    fake_escrow_mines(true);
    ok(pool_meter_begin(pools, "dep-k", &e), e);
    ok(pool_meter_begin(pools, "dep-kg", &e), e);
    m = meter("dep-k");
    while (clock_ms() < m.began + 3 * PERIOD_S * 1000) { /* through the changes of periods */
        pools_end();
        pools_begin();
        adds_up(id);
        clock_sleep_ms(120);
    }
    assert_int_equal(meter("dep-k").state, METER_RUNNING);
    ok(pool_meter_stop(pools, "dep-k", POOL_USED, &e), e);
    ok(pool_meter_stop(pools, "dep-kg", POOL_USED, &e), e);
    pools_end();
    pools_begin();
    while (meter("dep-k").state != METER_CLOSED || meter("dep-kg").state != METER_CLOSED)
        clock_sleep_ms(20);
    assert_null(fake_escrow_last(ESCROW_LOCKED));
    adds_up(id);
    nothing_lost(quota, given);
    fake_escrow_mines(false);
}

enum { CLAIM_S = 24 }; /* of pool_world */

/* How long the newest lock was asked for. */
static uint64_t lock_seconds(void)
{
    const char *job = fake_escrow_last(ESCROW_LOCKED);
    struct escrow_payment p;
    bool found;
    struct err e;

    assert_non_null(job);
    ok(escrow_find(escrow_new(NULL, NULL, 0), w.arena, job, &found, &p, &e), e);
    assert_true(found);
    return p.seconds;
}

static size_t payments(const char *deployment, struct pool_payment **ret)
{
    size_t n;
    struct err e;

    ok(pool_payments(pools, w.arena, deployment, ret, &n, &e), e);
    return n;
}

static void run_prepaid(const char *deployment, const char *owner, const char *pool, int64_t ends)
{
    const struct pool_meter_request r = {.deployment = deployment,
                                         .owner = owner,
                                         .pool = pool,
                                         .env = w.at,
                                         .resources = &small,
                                         .ends = ends,
                                         .prepaid = true};
    struct err e;

    ok(pool_meter_start(pools, &r, &e), e);
    await_event(deployment, POOL_FUNDED, 1);
    ok(pool_meter_begin(pools, deployment, &e), e);
}

/* All of its time is one lock, as long as a client expects; more time is another one, at once. */
static void test_prepaid(void **state)
{
    const char *id = wallet_pool("w4", 4);
    int64_t ends = clock_ms() + 100000;
    struct pool_payment *p;
    struct pool_meter m;
    struct err e;

    (void)state;
    fake_escrow_mines(true);
    run_prepaid("dep-p", "w4", id, ends);
    assert_int_equal(payments("dep-p", &p), 1);
    assert_true(p[0].seconds >= 99 && p[0].seconds <= 100);
    assert_int_equal(lock_seconds(), p[0].seconds + CLAIM_S);
    clock_sleep_ms(3 * PERIOD_S * 1000); /* no period of the operator's is looked at */
    assert_int_equal(payments("dep-p", &p), 1);
    m = meter("dep-p");
    assert_true(m.paid_until >= ends - 1000);
    ok(pool_meter_extend(pools, "dep-p", ends + 50000, &e), e);
    while (payments("dep-p", &p) < 2 || meter("dep-p").paid_until < ends + 49000)
        clock_sleep_ms(20);
    assert_true(p[1].seconds >= 48 && p[1].seconds <= 51);
    assert_true(lock_seconds() >= 50 + CLAIM_S + 90); /* it begins when the first is over */
    assert_int_equal(meter("dep-p").ends, ends + 50000);
    err_is(pool_meter_extend(pools, "dep-p", 0, &e), e, INVALID);
    stop("dep-p", POOL_USED);
    assert_int_equal(payments("dep-p", &p), 2);
    assert_true(p[0].over && p[1].over && !u256_is_zero(&p[0].cost) && u256_is_zero(&p[1].cost));
    assert_null(fake_escrow_last(ESCROW_LOCKED));
    adds_up(id);
    fake_escrow_mines(false);
}

/* It ends at its end, and costs what ran; begun again, the rest is one lock once more. */
static void test_prepaid_end(void **state)
{
    const char *id = wallet_pool("w5", 5);
    struct pool_payment *p;

    (void)state;
    fake_escrow_mines(true);
    run_prepaid("dep-e", "w5", id, clock_ms() + 2500);
    await_event("dep-e", POOL_CLOSED, 1);
    assert_int_equal(payments("dep-e", &p), 1);
    assert_true(p[0].over && u256_cmp(&p[0].cost, &p[0].amount) <= 0);
    assert_false(u256_is_zero(&p[0].cost));
    adds_up(id);
    fake_escrow_mines(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wallet),      cmocka_unit_test(test_lock_fails),
        cmocka_unit_test(test_restarts),    cmocka_unit_test(test_prepaid),
        cmocka_unit_test(test_prepaid_end),
    };

    return cmocka_run_group_tests(tests, pool_setup, pool_teardown);
}
