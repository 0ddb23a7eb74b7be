/* SPDX-License-Identifier: Apache-2.0 */
#include "pool_world.h"

#include <pthread.h>

#include "base/thread.h"

enum { EVENTS = 256, PATIENCE_MS = 60000 };

struct pools *pools;
struct compute_resources small, large;

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
void await_event(const char *deployment, enum pool_event what, size_t times)
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

void pools_begin(void)
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

void pools_end(void)
{
    fake_escrow_deaf(pools);
    pools_free(pools);
}

int pool_setup(void **state)
{
    struct err e;

    cond_init(&heard.wake);
    if (world_setup(state) < 0)
        return -1;
    w.env.billing_by_second = true;
    ok(compute_fill(w.at, false, NULL, &small, &e), e);
    ok(compute_fill(w.at, false, json_of("[{\"id\":\"cpu\",\"amount\":2}]"), &large, &e), e);
    pools_begin();
    return 0;
}

int pool_teardown(void **state)
{
    pools_end();
    return world_teardown(state);
}

/* --- what must always hold --- */

static struct u256 num(const char *text)
{
    struct u256 v;

    assert_true(u256_parse(text, &v));
    return v;
}

struct u256 plus(struct u256 a, struct u256 b)
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

struct u256 spent_of(const char *pool)
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

/* Each question is a transaction of its own: they are asked again when the meter wrote in between.
 */
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

void adds_up(const char *id)
{
    struct books b = books_of(id);
    bool granted = b.pool.kind == POOL_GRANTED;
    struct u256 has = granted ? plus(b.out, b.pool.balance) : b.out;
    struct u256 had = granted ? b.in : plus(b.in, plus(b.pool.locked, b.spent));

    assert_string_equal(u256_text(w.arena, &has), u256_text(w.arena, &had));
}

/* A granted pool without anything under way: what it was given is there or was spent. */
void nothing_lost(const char *id, const char *given)
{
    struct books b = books_of(id);
    struct u256 have = plus(b.pool.balance, b.spent);

    adds_up(id);
    assert_true(u256_is_zero(&b.pool.locked));
    assert_string_equal(u256_text(w.arena, &have), given);
}

const char *granted_pool(const char *owner, const char *name, const char *amount)
{
    const struct pool_new n = {
        .owner = owner, .name = name, .chain = 8996, .token = fake_token, .amount = amount};
    char id[POOL_ID];
    struct err e;

    ok(pool_create(pools, &n, id, &e), e);
    return arena_strdup(w.arena, id);
}

const char *wallet_pool(const char *owner, uint8_t last)
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

void run_on(const char *deployment, const char *owner, const char *pool, int64_t ends)
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

struct pool_meter meter(const char *deployment)
{
    struct pool_meter m;
    struct err e;

    assert_int_equal(pool_meter_find(pools, w.arena, deployment, &m, &e), 1);
    return m;
}

void stop(const char *deployment, enum pool_stop why)
{
    struct err e;

    ok(pool_meter_stop(pools, deployment, why, &e), e);
    await_event(deployment, POOL_CLOSED, 1);
}

struct pool_quote quote_of(const struct compute_resources *r)
{
    const struct pool_quote_request ask = {
        .env = w.at, .resources = r, .chain = 8996, .token = fake_token};
    struct pool_quote q;
    struct err e;

    ok(pool_quote(pools, &ask, &q, &e), e);
    return q;
}

void await_period(const char *deployment, int64_t after)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    while (meter(deployment).paid_until <= after) {
        assert_true(clock_mono_ms() < until);
        clock_sleep_ms(20);
    }
}
