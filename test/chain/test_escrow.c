/* SPDX-License-Identifier: Apache-2.0 */
/* The settlement journal against the real contract: every row ends, and every unit is accounted
 * for. */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "chain.h"
#include "escrow/escrow.h"
#include "money.h"

enum { STRANGER = 3, WAIT_MS = 30000, DEPOSIT = 1000000, FEE_SHARE = 1000 };

/* One life of the node. */
struct life {
    struct chain *chain;
    struct sender *sender;
    struct escrow *escrow;
};

static struct {
    pthread_mutex_t lock;
    char states[256]; /* letters in the order told: S L F C P R X */
} told;

static void changed(void *ctx, const struct escrow_payment *p)
{
    static const char letters[] = {
        [ESCROW_INTENT] = 'I',   [ESCROW_SENT] = 'S',     [ESCROW_LOCKED] = 'L',
        [ESCROW_FAILED] = 'F',   [ESCROW_CLAIMING] = 'C', [ESCROW_CLAIMED] = 'P',
        [ESCROW_RELEASED] = 'R', [ESCROW_CANCELED] = 'X'};
    size_t n;

    (void)ctx;
    lock_scope(&told.lock);
    n = strlen(told.states);
    assert_true(n + 1 < sizeof(told.states));
    told.states[n] = letters[p->state];
}

static struct life begin(struct chain *c)
{
    const struct sender_config config = {
        .store = c->store, .rpc = c->rpc, .key = devnet_key(MONEY_NODE)};
    struct life l = {.chain = c, .sender = sender_new(&config)};
    const struct escrow_chain chain = {
        .rpc = c->rpc, .sender = l.sender, .contract = chain_contract(c, "Escrow")};
    struct err e;

    l.escrow = escrow_new(c->store, &chain, 1);
    escrow_listen(l.escrow, changed, NULL);
    ok(escrow_start(l.escrow, &e), e);
    sender_start(l.sender);
    return l;
}

static void end(struct life *l)
{
    sender_stop(l->sender);
    escrow_free(l->escrow);
    sender_free(l->sender);
}

static struct escrow_payment find(struct life *l, const char *job)
{
    struct escrow_payment p = {0};
    struct err e;
    bool found;

    ok(escrow_find(l->escrow, l->chain->arena, job, &found, &p, &e), e);
    assert_true(found);
    return p;
}

static struct escrow_payment wait_state(struct life *l, const char *job, enum escrow_state state)
{
    int64_t deadline = clock_mono_ms() + WAIT_MS;
    struct escrow_payment p = find(l, job);

    while (p.state != state && clock_mono_ms() < deadline) {
        clock_sleep_ms(5);
        p = find(l, job);
    }
    assert_int_equal(p.state, state);
    return p;
}

static void lock(struct life *l, const char *job, uint64_t amount)
{
    struct escrow_lock_request r = money_lock(l->chain, job, amount);
    char tx[HASH32_TEXT];
    struct err e;

    ok(escrow_lock(l->escrow, &r, tx, &e), e);
    assert_int_equal(strlen(tx), HASH32_TEXT - 1);
}

static void claim(struct life *l, const char *job, uint64_t amount)
{
    struct u256 v = u256_from(amount);
    struct err e;

    ok(escrow_claim(l->escrow, job, &v, (struct bytes){(const uint8_t *)"proof", 5}, &e), e);
}

static int fresh(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    pthread_mutex_init(&told.lock, NULL);
    return 0;
}

/* --- tests --- */

static void says_why_a_lock_cannot_be(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct escrow_lock_request r = money_lock(c, "check", 5000);
    char tx[HASH32_TEXT];
    struct err e;

    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_FUNDS);
    assert_string_equal(
        e.msg, "User 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 does not have enough funds");
    err_is(escrow_lock(l.escrow, &r, tx, &e), e, ESCROW);
    assert_string_equal(e.msg, "Payer does not have enough funds");
    assert_int_equal(find(&l, "check").state, ESCROW_FAILED);
    assert_string_equal(find(&l, "check").why, "Payer does not have enough funds");
    err_is(escrow_lock(l.escrow, &r, tx, &e), e, CONFLICT);

    money_deposit(c, DEPOSIT);
    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_AUTHS);
    assert_non_null(strstr(e.msg, "No escrow auths found for: chain=8996, token=0x5FbD"));
    assert_non_null(strstr(e.msg, "Found 0 authorizations."));
    r.job_id = "check 2";
    err_is(escrow_lock(l.escrow, &r, tx, &e), e, ESCROW);
    assert_string_equal(e.msg, "No auth found");

    money_authorize(c, 4999, 3600, 1);
    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_LIMIT);
    money_authorize(c, 5000, 3599, 1);
    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_SECONDS);
    money_authorize(c, 5000, 3600, 0);
    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_LOCKS);
    money_authorize(c, 5000, 3600, 1);
    ok(escrow_check(l.escrow, &r, &e), e);
    r.chain = 1;
    err_is(escrow_check(l.escrow, &r, &e), e, ESCROW_CONTRACT);
    assert_false(escrow_has_chain(l.escrow, 1));
    money_authorize(c, DEPOSIT, 36000, 1000);
    end(&l);
}

static void claims_what_was_used(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);
    struct escrow_payment p;

    lock(&l, "used", 10000);
    p = wait_state(&l, "used", ESCROW_LOCKED);
    assert_true(p.expiry > clock_s() + 3500 && p.expiry < clock_s() + 3700);
    money_assert_moved(c, &before, -10000, 0, 0);
    claim(&l, "used", 4000);
    p = wait_state(&l, "used", ESCROW_CLAIMED);
    assert_int_equal(strlen(p.claim_tx), HASH32_TEXT - 1);
    assert_true(u256_cmp(&p.claimed, &(struct u256){{4000}}) == 0);
    money_assert_moved(c, &before, -4000, 4000 - 4000 / FEE_SHARE, 4000 / FEE_SHARE);
    assert_string_equal(told.states, "SLCP");
    end(&l);
}

static void releases_everything(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);

    lock(&l, "free", 10000);
    wait_state(&l, "free", ESCROW_LOCKED);
    claim(&l, "free", 0);
    wait_state(&l, "free", ESCROW_RELEASED);
    money_assert_moved(c, &before, 0, 0, 0);
    end(&l);
}

static void locks_and_claims_once(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);
    struct escrow_lock_request r = money_lock(c, "twice", 10000);
    struct u256 other = u256_from(5);
    struct u256 much = u256_from(10001);
    char first[HASH32_TEXT];
    char again[HASH32_TEXT];
    struct err e;

    ok(escrow_lock(l.escrow, &r, first, &e), e);
    ok(escrow_lock(l.escrow, &r, again, &e), e);
    assert_string_equal(first, again);
    r.amount = u256_from(1);
    err_is(escrow_lock(l.escrow, &r, again, &e), e, CONFLICT);
    wait_state(&l, "twice", ESCROW_LOCKED);
    err_is(escrow_claim(l.escrow, "twice", &much, (struct bytes){0}, &e), e, INVALID);
    claim(&l, "twice", 10000);
    claim(&l, "twice", 10000);
    err_is(escrow_claim(l.escrow, "twice", &other, (struct bytes){0}, &e), e, CONFLICT);
    wait_state(&l, "twice", ESCROW_CLAIMED);
    claim(&l, "twice", 10000);
    err_is(escrow_claim(l.escrow, "nobody", &other, (struct bytes){0}, &e), e, NOT_FOUND);
    money_assert_moved(c, &before, -10000, 9990, 10);
    end(&l);
}

/* A job that ends before its lock is mined, and a node that ends in between. */
static void settles_whatever_comes_first(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);

    chain_call(c, "evm_setAutomine", "[false]");
    lock(&l, "early", 10000);
    claim(&l, "early", 1000);
    assert_int_equal(find(&l, "early").state, ESCROW_SENT);
    end(&l);
    chain_call(c, "anvil_mine", "[]");
    chain_call(c, "evm_setAutomine", "[true]");
    l = begin(c);
    wait_state(&l, "early", ESCROW_CLAIMED);
    money_assert_moved(c, &before, -1000, 999, 1);
    end(&l);
}

static void ends_intents_after_a_crash(void **state)
{
    static const struct sql leave = {
        "leave",
        "INSERT INTO payment (job_id, lock_id, chain, token, payer, amount, seconds, state,"
        " created, changed) VALUES ('crash', '1', 8996,"
        " '0x5fbdb2315678afecb367f032d93f642f64180aa3',"
        " '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', '5', 60, 'intent', 0, 0)"};
    struct chain *c = *state;
    struct u256 amount = u256_from(0);
    struct life l;
    struct err e;

    {
        _db_ struct db *db = store_lend(c->store);
        _stmt_ struct stmt *q = db_query(db, &leave);

        ok(stmt_run(q, &e), e);
    }
    l = begin(c);
    assert_int_equal(find(&l, "crash").state, ESCROW_FAILED);
    ok(escrow_claim(l.escrow, "crash", &amount, (struct bytes){0}, &e), e);
    end(&l);
}

/* The chain's clock moves; the wall clock of the node does not. */
static void pass_time(struct chain *c, int seconds)
{
    chain_call(c, "evm_increaseTime", arena_printf(c->arena, "[%d]", seconds));
    chain_call(c, "anvil_mine", "[]");
}

static void a_late_claim_is_no_payment(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);
    struct escrow_payment p;

    lock(&l, "late", 10000);
    wait_state(&l, "late", ESCROW_LOCKED);
    pass_time(c, 3700);
    claim(&l, "late", 4000);
    p = wait_state(&l, "late", ESCROW_CANCELED);
    assert_int_equal(strlen(p.cancel_tx), HASH32_TEXT - 1);
    money_assert_moved(c, &before, 0, 0, 0);
    end(&l);
}

static void sweeps_expired_locks(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);
    struct err e;

    lock(&l, "swept", 10000);
    lock(&l, "swept 2", 20000);
    wait_state(&l, "swept", ESCROW_LOCKED);
    wait_state(&l, "swept 2", ESCROW_LOCKED);
    ok(escrow_sweep(l.escrow, DEVNET_CHAIN_ID, &e), e); /* nothing has expired */
    pass_time(c, 3700);
    money_assert_moved(c, &before, -30000, 0, 0);
    ok(escrow_sweep(l.escrow, DEVNET_CHAIN_ID, &e), e);
    wait_state(&l, "swept", ESCROW_CANCELED);
    wait_state(&l, "swept 2", ESCROW_CANCELED);
    money_assert_moved(c, &before, 0, 0, 0);
    end(&l);
}

static void notices_what_others_cancel(void **state)
{
    struct chain *c = *state;
    struct life l = begin(c);
    struct escrow_lock_request r = money_lock(c, "foreign", 10000);
    struct u256 id = escrow_lock_id("foreign");
    struct addr node = devnet_addr(MONEY_NODE);
    struct abi_value args[] = {abi_u256(id), abi_addr(&r.token), abi_addr(&r.payer),
                               abi_addr(&node)};
    const struct contract_call cancel = {.to = chain_contract(c, "Escrow"),
                                         .signature =
                                             "cancelExpiredLock(uint256,address,address,address)",
                                         .args = args,
                                         .n = ARRAY_LEN(args)};
    struct err e;

    lock(&l, "foreign", 10000);
    wait_state(&l, "foreign", ESCROW_LOCKED);
    pass_time(c, 3700);
    chain_send(c, STRANGER, &cancel);
    ok(escrow_sweep(l.escrow, DEVNET_CHAIN_ID, &e), e);
    wait_state(&l, "foreign", ESCROW_CANCELED);

    lock(&l, "foreign 2", 10000);
    wait_state(&l, "foreign 2", ESCROW_LOCKED);
    pass_time(c, 3700);
    args[0] = abi_u256(escrow_lock_id("foreign 2"));
    chain_send(c, STRANGER, &cancel);
    claim(&l, "foreign 2", 7); /* reverts: there is no such lock */
    wait_state(&l, "foreign 2", ESCROW_CANCELED);
    end(&l);
}

static void many_jobs_at_once(void **state)
{
    enum { N = 30 };
    struct chain *c = *state;
    struct life l = begin(c);
    struct money before = money_accounts(c);
    int i;

    for (i = 0; i < N; i++)
        lock(&l, arena_printf(c->arena, "many-%d", i), 2000);
    for (i = 0; i < N; i++)
        claim(&l, arena_printf(c->arena, "many-%d", i), i % 3 ? 1000 : 0);
    for (i = 0; i < N; i++)
        wait_state(&l, arena_printf(c->arena, "many-%d", i),
                   i % 3 ? ESCROW_CLAIMED : ESCROW_RELEASED);
    money_assert_moved(c, &before, -20 * 1000, 20 * 999, 20);
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(says_why_a_lock_cannot_be, fresh),
        cmocka_unit_test_setup(claims_what_was_used, fresh),
        cmocka_unit_test_setup(releases_everything, fresh),
        cmocka_unit_test_setup(locks_and_claims_once, fresh),
        cmocka_unit_test_setup(settles_whatever_comes_first, fresh),
        cmocka_unit_test_setup(ends_intents_after_a_crash, fresh),
        cmocka_unit_test_setup(many_jobs_at_once, fresh),
        cmocka_unit_test_setup(a_late_claim_is_no_payment, fresh),
        cmocka_unit_test_setup(sweeps_expired_locks, fresh),
        cmocka_unit_test_setup(notices_what_others_cancel, fresh),
    };

    return cmocka_run_group_tests(tests, chain_up, chain_down);
}
