/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/thread.h"
#include "compute_world.h"
#include "pool/pool.h"

/*
 * Pools, vouchers, quotes, and meters with periods of a second. After each test every ledger is
 * added up: what a granted pool was given is what it has, what is reserved and what was spent.
 */
enum { PERIOD_S = 1, EVENTS = 256, PATIENCE_MS = 60000 };

static struct pools *pools;
static struct compute_resources small, large;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct {
        char deployment[65];
        enum pool_event what;
        char reason[128];
    } event[EVENTS];
    size_t count;
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void hear(void *ctx, const char *deployment, enum pool_event what, const char *reason)
{
    (void)ctx;
    lock_scope(&heard.lock);
    assert_true(heard.count < EVENTS);
    str_copy(heard.event[heard.count].deployment, 65, deployment);
    str_copy(heard.event[heard.count].reason, 128, reason);
    heard.event[heard.count++].what = what;
    pthread_cond_broadcast(&heard.wake);
}

static bool was_told(const char *deployment, enum pool_event what, size_t times)
{
    size_t i;

    for (i = 0; i < heard.count; i++)
        if (heard.event[i].what == what && str_eq(heard.event[i].deployment, deployment))
            if (--times == 0)
                return true;
    return false;
}

/* Waits until it was told so many times. */
static void await_event(const char *deployment, enum pool_event what, size_t times)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    lock_scope(&heard.lock);
    while (!was_told(deployment, what, times)) {
        if (clock_mono_ms() > until)
            fail_msg("%s: event %d did not come", deployment, (int)what);
        (void)cond_wait_ms(&heard.wake, &heard.lock, 500);
    }
}

static int unit_of(void *ctx, uint64_t chain, const struct addr *token, struct pool_token *ret,
                   struct err *e)
{
    (void)ctx, (void)chain, (void)token, (void)e;
    *ret = (struct pool_token){"TEST", 18};
    return 0;
}

static void begin(void)
{
    const struct pools_callbacks cb = {.token = unit_of};
    const struct pools_options o = {.store = w.store,
                                    .escrow = escrow_new(NULL, NULL, 0),
                                    .compute = w.compute,
                                    .period_s = PERIOD_S,
                                    .low_s = 1,
                                    .claim_s = 24};
    struct err e;

    pools = pools_new(&o, &cb);
    pools_listen(pools, hear, NULL);
    ok(pools_run(pools, &e), e);
}

static void end(void)
{
    fake_escrow_deaf(pools);
    pools_free(pools);
}

static int setup(void **state)
{
    struct err e;

    cond_init(&heard.wake);
    if (world_setup(state) < 0)
        return -1;
    w.env.billing_by_second = true;
    ok(compute_fill(w.at, false, NULL, &small, &e), e);
    ok(compute_fill(w.at, false, json_of("[{\"id\":\"cpu\",\"amount\":2}]"), &large, &e), e);
    begin();
    return 0;
}

static int teardown(void **state)
{
    end();
    return world_teardown(state);
}

/* --- what must always hold --- */

static struct u256 num(const char *text)
{
    struct u256 v;

    assert_true(u256_parse(text, &v));
    return v;
}

static struct u256 plus(struct u256 a, struct u256 b)
{
    struct u256 v;

    assert_true(u256_add(&a, &b, &v));
    return v;
}

/* Positive and negative entries of a pool, and how many they are. */
static size_t sum_entries(const char *pool, struct u256 *in, struct u256 *out)
{
    static const struct sql all = {"all", "SELECT amount FROM pool_entry WHERE pool = ?1"};
    _db_ struct db *db = store_lend(w.store);
    _stmt_ struct stmt *q = db_query_once(db, &all);
    struct err e;
    size_t n = 0;
    int r;

    *in = *out = u256_from(0);
    bind_text(q, pool);
    while ((r = stmt_step(q, &e)) > 0) {
        const char *text = col_text(q, "amount");
        struct u256 *side = *text == '-' ? out : in;

        *side = plus(*side, num(text + (*text == '-')));
        n++;
    }
    assert_int_equal(r, 0);
    return n;
}

static struct u256 spent_of(const char *pool)
{
    static const struct sql all = {"all", "SELECT spent FROM pool_meter WHERE pool = ?1"};
    _db_ struct db *db = store_lend(w.store);
    _stmt_ struct stmt *q = db_query_once(db, &all);
    struct u256 sum = u256_from(0);
    struct err e;

    bind_text(q, pool);
    while (stmt_step(q, &e) > 0)
        sum = plus(sum, num(col_text(q, "spent")));
    return sum;
}

/* What is known of a pool at one moment. */
struct books {
    struct u256 in, out, spent;
    struct pool_info pool;
};

/* Each question is a transaction of its own: they are asked again when the meter wrote in between. */
static struct books books_of(const char *id)
{
    struct u256 in, out;
    struct books b;
    struct err e;
    size_t n;

    do {
        n = sum_entries(id, &b.in, &b.out);
        assert_int_equal(pool_find(pools, w.arena, NULL, id, &b.pool, &e), 1);
        b.spent = spent_of(id);
    } while (sum_entries(id, &in, &out) != n);
    return b;
}

static void adds_up(const char *id)
{
    struct books b = books_of(id);
    bool granted = b.pool.kind == POOL_GRANTED;
    struct u256 has = granted ? plus(b.out, b.pool.balance) : b.out;
    struct u256 had = granted ? b.in : plus(b.in, plus(b.pool.locked, b.spent));

    assert_string_equal(u256_text(w.arena, &has), u256_text(w.arena, &had));
}

/* A granted pool without anything under way: what it was given is there or was spent. */
static void nothing_lost(const char *id, const char *given)
{
    struct books b = books_of(id);
    struct u256 have = plus(b.pool.balance, b.spent);

    adds_up(id);
    assert_true(u256_is_zero(&b.pool.locked));
    assert_string_equal(u256_text(w.arena, &have), given);
}

static const char *granted(const char *owner, const char *name, const char *amount)
{
    const struct pool_new n = {
        .owner = owner, .name = name, .chain = 8996, .token = fake_token, .amount = amount};
    char id[POOL_ID];
    struct err e;

    ok(pool_create(pools, &n, id, &e), e);
    return arena_strdup(w.arena, id);
}

static const char *wallet(const char *owner, uint8_t last)
{
    struct addr payer = {{7}};
    struct pool_new n = {
        .owner = owner, .name = "wallet", .chain = 8996, .token = fake_token, .payer = &payer};
    char id[POOL_ID];
    struct err e;

    payer.b[19] = last;
    ok(pool_create(pools, &n, id, &e), e);
    return arena_strdup(w.arena, id);
}

static void run_on(const char *deployment, const char *owner, const char *pool, int64_t ends)
{
    const struct pool_meter_request r = {.deployment = deployment,
                                         .owner = owner,
                                         .pool = pool,
                                         .env = w.at,
                                         .resources = &small,
                                         .ends = ends};
    struct err e;

    ok(pool_meter_start(pools, &r, &e), e);
}

static struct pool_meter meter(const char *deployment)
{
    struct pool_meter m;
    struct err e;

    assert_int_equal(pool_meter_find(pools, w.arena, deployment, &m, &e), 1);
    return m;
}

static void stop(const char *deployment, enum pool_stop why)
{
    struct err e;

    ok(pool_meter_stop(pools, deployment, why, &e), e);
    await_event(deployment, POOL_CLOSED, 1);
}

/* --- pools and vouchers --- */

static void test_pools(void **state)
{
    const struct pool_new twice = {
        .owner = "u1", .name = "quota", .chain = 8996, .token = fake_token, .amount = "1"};
    struct pool_new bad = twice;
    const char *id = granted("u1", "quota", "1000");
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

static struct pool_quote quote_of(const struct compute_resources *r)
{
    const struct pool_quote_request ask = {
        .env = w.at, .resources = r, .chain = 8996, .token = fake_token};
    struct pool_quote q;
    struct err e;

    ok(pool_quote(pools, &ask, &q, &e), e);
    return q;
}

/* --- meters on a granted pool --- */

static void await_period(const char *deployment, int64_t after)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    while (meter(deployment).paid_until <= after) {
        assert_true(clock_mono_ms() < until);
        clock_sleep_ms(20);
    }
}

static void test_granted(void **state)
{
    const char *given = "100000000000000000000";
    const char *id = granted("g1", "quota", given);
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
    const char *id = granted("g2", "quota", "1000000000000000000");
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

/* A pool that runs empty in the middle: LOW, EMPTY, and REFILLED when there is money again. */
static void test_empty(void **state)
{
    struct pool_quote q = quote_of(&small);
    const char *id = granted("g3", "quota", u256_text(w.arena, &q.per_period));
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
    run_on("dep-poor", "g3", granted("g3", "nothing", "0"), 0);
    await_event("dep-poor", POOL_FAILED, 1);
    assert_non_null(strstr(meter("dep-poor").reason, "needed"));
}

/* regression 8: extend charges only the extension; another size only from then on. */
static void test_extend(void **state)
{
    const char *given = "100000000000000000000";
    const char *id = granted("g4", "quota", given);
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
    const char *id = granted("g5", "quota", given);
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
    id = granted("g5", "little",
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

/* --- meters on a wallet --- */

static void test_wallet(void **state)
{
    const char *id = wallet("w1", 1);
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
    const char *id = wallet("w2", 2);
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
    const char *id = wallet("w3", 3);
    const char *given = "100000000000000000000";
    const char *quota = granted("w3", "quota", given);
    struct pool_meter m;
    struct err e;

    (void)state;
    run_on("dep-k", "w3", id, 0);
    run_on("dep-kg", "w3", quota, 0);
    end();
    begin(); /* perhaps before the lock was sent, perhaps after */
    while (!fake_escrow_last(ESCROW_SENT))
        clock_sleep_ms(10);
    end();
    fake_escrow_move(fake_escrow_last(ESCROW_SENT), ESCROW_LOCKED, ""); /* nobody listens */
    begin();
    await_event("dep-k", POOL_FUNDED, 1);
    await_event("dep-kg", POOL_FUNDED, 1);
    end();
    begin();
    assert_int_equal(meter("dep-k").state, METER_FUNDED); /* derived, not told again */
    fake_escrow_mines(true);
    ok(pool_meter_begin(pools, "dep-k", &e), e);
    ok(pool_meter_begin(pools, "dep-kg", &e), e);
    m = meter("dep-k");
    while (clock_ms() < m.began + 3 * PERIOD_S * 1000) { /* through the changes of periods */
        end();
        begin();
        adds_up(id);
        clock_sleep_ms(120);
    }
    assert_int_equal(meter("dep-k").state, METER_RUNNING);
    ok(pool_meter_stop(pools, "dep-k", POOL_USED, &e), e);
    ok(pool_meter_stop(pools, "dep-kg", POOL_USED, &e), e);
    end();
    begin();
    while (meter("dep-k").state != METER_CLOSED || meter("dep-kg").state != METER_CLOSED)
        clock_sleep_ms(20);
    assert_null(fake_escrow_last(ESCROW_LOCKED));
    adds_up(id);
    nothing_lost(quota, given);
    fake_escrow_mines(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools),      cmocka_unit_test(test_voucher),
        cmocka_unit_test(test_quota),      cmocka_unit_test(test_quote),
        cmocka_unit_test(test_granted),    cmocka_unit_test(test_whole_back),
        cmocka_unit_test(test_empty),      cmocka_unit_test(test_extend),
        cmocka_unit_test(test_resize),     cmocka_unit_test(test_wallet),
        cmocka_unit_test(test_lock_fails), cmocka_unit_test(test_restarts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
