/* SPDX-License-Identifier: Apache-2.0 */
/* The node's key on a real chain: once, in order, through restarts, replacements and losses. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "chain.h"
#include "chain/sender.h"

enum { WAIT_MS = 20000, NODE = 5 };

/* What the listener was told. */
struct heard {
    pthread_mutex_t lock;
    size_t mined;
    size_t reverted;
    size_t dropped;
    size_t refusals; /* how often the listener says no first */
    struct hash32 tx;
    char reference[32];
};

static struct heard heard;

static int hear(void *ctx, const struct sender_event *ev, struct err *e)
{
    struct heard *h = ctx;

    lock_scope(&h->lock);
    if (h->refusals > 0) {
        h->refusals--;
        return failed(e, FAILED, "not now");
    }
    h->mined += ev->state == SENDER_MINED;
    h->reverted += ev->state == SENDER_REVERTED;
    h->dropped += ev->state == SENDER_DROPPED;
    h->tx = ev->tx;
    if (ev->state == SENDER_MINED)
        assert_true(ev->receipt && hash32_eq(&ev->receipt->tx, &ev->tx));
    str_copy(h->reference, sizeof(h->reference), ev->reference);
    return 0;
}

static bool has_heard(const size_t *counter, size_t n)
{
    lock_scope(&heard.lock);

    return *counter >= n;
}

static bool wait_for(const size_t *counter, size_t n)
{
    int64_t end = clock_mono_ms() + WAIT_MS;

    while (!has_heard(counter, n) && clock_mono_ms() < end)
        clock_sleep_ms(5);
    return has_heard(counter, n);
}

static struct sender *new_sender(struct chain *c, size_t account, int bump_after_ms)
{
    struct sender_config config = {.store = c->store,
                                   .rpc = c->rpc,
                                   .key = devnet_key(account),
                                   .bump_after_ms = bump_after_ms};
    struct sender *s = sender_new(&config);

    sender_listen(s, "test", hear, &heard);
    return s;
}

static int begin(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof(heard));
    pthread_mutex_init(&heard.lock, NULL);
    return 0;
}

/* An Ocean transfer of `amount` to account 9. */
static struct sender_request transfer(struct chain *c, const char *reference, uint64_t amount)
{
    struct addr to = devnet_addr(9);
    struct abi_value args[] = {abi_addr(&to), abi_u64(amount)};

    return (struct sender_request){
        .purpose = "test",
        .reference = reference,
        .to = chain_contract(c, "Ocean"),
        .data = abi_call(c->arena, "transfer(address,uint256)", args, ARRAY_LEN(args))};
}

static struct u256 received(struct chain *c)
{
    struct addr token = chain_contract(c, "Ocean");
    struct addr to = devnet_addr(9);

    return chain_token_balance(c, &token, &to);
}

static void assert_received(struct chain *c, const struct u256 *before, uint64_t n)
{
    struct u256 now = received(c);
    struct u256 d;
    uint64_t got;

    assert_true(u256_sub(&now, before, &d) && u256_to_u64(&d, &got));
    assert_int_equal(got, n);
}

static void sends_once_and_tells(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct sender_request r = transfer(c, "once", 7);
    struct u256 before = received(c);
    struct hash32 tx;
    struct hash32 again;
    struct sender_row row;
    struct err e;

    heard.refusals = 2; /* a listener that fails is told again */
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    assert_true(wait_for(&heard.mined, 1));
    assert_true(hash32_eq(&heard.tx, &tx));
    assert_string_equal(heard.reference, "once");
    ok(sender_send(s, &r, &again, &e), e);
    assert_true(hash32_eq(&again, &tx));
    clock_sleep_ms(50);
    ok(sender_find(s, "test", "once", &row, &e), e);
    assert_true(row.found && row.state == SENDER_MINED);
    ok(sender_find(s, "test", "never", &row, &e), e);
    assert_false(row.found);
    assert_received(c, &before, 7);
    assert_int_equal(heard.mined, 1);
    sender_free(s);
}

static void refuses_what_would_revert(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct sender_request r = transfer(c, "too much", UINT64_MAX);
    struct sender_row row;
    struct hash32 tx;
    struct err e;

    chain_call(c, "anvil_setBalance",
               arena_printf(c->arena, "[\"%s\", \"0x1\"]", addr_text(c->arena, sender_addr(s))));
    sender_start(s);
    r.data = transfer(c, "x", 1).data;
    err_is(sender_send(s, &r, &tx, &e), e, NODE_GAS);
    chain_call(c, "anvil_setBalance",
               arena_printf(c->arena, "[\"%s\", \"0x56bc75e2d63100000\"]",
                            addr_text(c->arena, sender_addr(s))));
    struct addr to = devnet_addr(9);
    struct u256 huge;
    struct abi_value args[2] = {abi_addr(&to)};

    assert_true(units_parse("99999999", 18, &huge));
    args[1] = abi_u256(huge);
    r.data = abi_call(c->arena, "transfer(address,uint256)", args, 2);
    err_is(sender_send(s, &r, &tx, &e), e, REVERTED);
    assert_non_null(strstr(e.msg, "exceeds balance"));
    ok(sender_find(s, "test", "too much", &row, &e), e);
    assert_false(row.found);
    sender_free(s);
}

struct many {
    struct sender *sender;
    struct sender_request requests[10];
};

static void *send_many(void *arg)
{
    struct many *m = arg;
    struct hash32 tx;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(m->requests); i++) {
        if (sender_send(m->sender, &m->requests[i], &tx, &e) < 0)
            fprintf(stderr, "%s\n", e.msg);
    }
    return NULL;
}

static void keeps_order_between_threads(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct u256 before = received(c);
    struct many jobs[4];
    pthread_t threads[4];
    size_t t;
    size_t i;

    sender_start(s);
    for (t = 0; t < 4; t++) {
        jobs[t].sender = s;
        for (i = 0; i < 10; i++)
            jobs[t].requests[i] = transfer(c, arena_printf(c->arena, "m%zu-%zu", t, i), 1);
        pthread_create(&threads[t], NULL, send_many, &jobs[t]);
    }
    for (t = 0; t < 4; t++)
        pthread_join(threads[t], NULL);
    assert_true(wait_for(&heard.mined, 40));
    assert_received(c, &before, 40);
    sender_free(s);
}

static void goes_on_after_a_restart(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct sender_request r = transfer(c, "restart", 3);
    struct u256 before = received(c);
    struct hash32 tx;
    struct err e;

    chain_call(c, "evm_setAutomine", "[false]");
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    sender_free(s);
    chain_call(c, "anvil_dropTransaction",
               arena_printf(c->arena, "[\"%s\"]", hash32_text(c->arena, &tx)));
    chain_call(c, "anvil_mine", "[]");
    assert_received(c, &before, 0);
    /* A new process knows only the journal. The row is younger than what is sent again at once, so
     * its age is changed. */
    {
        static const struct sql age = {"age", "UPDATE chain_try SET created = created - 20000"};
        _db_ struct db *db = store_lend(c->store);
        _stmt_ struct stmt *q = db_query(db, &age);

        ok(stmt_run(q, &e), e);
    }
    s = new_sender(c, NODE, 0);
    sender_start(s);
    for (int i = 0; i < 400 && !has_heard(&heard.mined, 1); i++) {
        chain_call(c, "anvil_mine", "[]");
        clock_sleep_ms(10);
    }
    assert_true(has_heard(&heard.mined, 1));
    assert_true(hash32_eq(&heard.tx, &tx));
    assert_received(c, &before, 3);
    chain_call(c, "evm_setAutomine", "[true]");
    sender_free(s);
}

static void pays_more_when_stuck(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 200);
    struct sender_request r = transfer(c, "stuck", 5);
    struct u256 before = received(c);
    struct sender_row row = {0};
    struct hash32 tx;
    struct err e;

    chain_call(c, "evm_setAutomine", "[false]");
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    row.tx = tx;
    for (int i = 0; i < 1000 && hash32_eq(&row.tx, &tx); i++) {
        clock_sleep_ms(10);
        ok(sender_find(s, "test", "stuck", &row, &e), e);
    }
    assert_false(hash32_eq(&row.tx, &tx));
    clock_sleep_ms(50);
    chain_call(c, "anvil_mine", "[]");
    assert_true(wait_for(&heard.mined, 1));
    assert_false(hash32_eq(&heard.tx, &tx));
    assert_received(c, &before, 5);
    chain_call(c, "evm_setAutomine", "[true]");
    sender_free(s);
}

/* The block that held it is replaced by one that does not. */
static void survives_a_reorganisation(void **state)
{
    struct chain *c = *state;
    struct sender_config config = {
        .store = c->store, .rpc = c->rpc, .key = devnet_key(NODE), .confirmations = 3};
    struct sender *s = sender_new(&config);
    struct sender_request r = transfer(c, "reorg", 5);
    struct u256 before = received(c);
    const char *snapshot;
    struct hash32 tx;
    struct err e;
    int i;

    sender_listen(s, "test", hear, &heard);
    chain_call(c, "evm_setAutomine", "[false]");
    snapshot = json_str(chain_call(c, "evm_snapshot", "[]"), "");
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    chain_call(c, "anvil_mine", "[]");
    assert_received(c, &before, 5);
    clock_sleep_ms(300);
    assert_int_equal(has_heard(&heard.mined, 1), false);
    chain_call(c, "evm_revert", arena_printf(c->arena, "[\"%s\"]", snapshot));
    assert_received(c, &before, 0);
    for (i = 0; i < 500 && !has_heard(&heard.mined, 1); i++) {
        chain_call(c, "anvil_mine", "[]");
        clock_sleep_ms(20);
    }
    assert_true(has_heard(&heard.mined, 1));
    assert_received(c, &before, 5);
    chain_call(c, "evm_setAutomine", "[true]");
    sender_free(s);
}

/* Somebody else uses the key: the nonce goes elsewhere. */
static void notices_what_can_never_be_mined(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct sender_request r = transfer(c, "dropped", 5);
    struct hash32 tx;
    struct sender_row row;
    struct addr to = devnet_addr(9);
    struct abi_value args[] = {abi_addr(&to), abi_u64(1)};
    struct contract_call other = {
        .to = r.to, .signature = "transfer(address,uint256)", .args = args, .n = ARRAY_LEN(args)};
    struct err e;

    chain_call(c, "evm_setAutomine", "[false]");
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    clock_sleep_ms(200); /* the watcher may have handed it in as well, but not any more */
    chain_call(c, "anvil_dropTransaction",
               arena_printf(c->arena, "[\"%s\"]", hash32_text(c->arena, &tx)));
    chain_call(c, "evm_setAutomine", "[true]");
    chain_send(c, NODE, &other);
    assert_true(wait_for(&heard.dropped, 1));
    clock_sleep_ms(50);
    ok(sender_find(s, "test", "dropped", &row, &e), e);
    assert_true(row.state == SENDER_DROPPED);
    /* and it may be sent again */
    ok(sender_send(s, &r, &tx, &e), e);
    assert_true(wait_for(&heard.mined, 1));
    sender_free(s);
}

static void an_unreachable_chain_changes_nothing(void **state)
{
    struct chain *c = *state;
    const char *nowhere = "http://127.0.0.1:1";
    struct rpc *dead = rpc_new(c->net, DEVNET_CHAIN_ID, &nowhere, 1);
    struct sender_config config = {.store = c->store, .rpc = dead, .key = devnet_key(NODE)};
    struct sender *s = sender_new(&config);
    struct sender_request r = transfer(c, "nowhere", 5);
    struct sender_row row;
    struct hash32 tx;
    struct err e = {0};

    assert_int_equal(sender_send(s, &r, &tx, &e), -1);
    assert_true(e.transient);
    ok(sender_find(s, "test", "nowhere", &row, &e), e);
    assert_false(row.found);
    sender_free(s);
    rpc_free(dead);
}

/* A chain from before EIP-1559, as far as its blocks tell. */
static void pays_a_plain_price_without_a_base_fee(void **state)
{
    struct chain *c = *state;
    struct sender *s = new_sender(c, NODE, 0);
    struct sender_request r = transfer(c, "legacy", 5);
    struct u256 before = received(c);
    struct json *params = json_new_array(c->arena);
    struct json *mined;
    struct hash32 tx;
    struct err e;

    chain_call(c, "anvil_setNextBlockBaseFeePerGas", "[\"0x0\"]");
    chain_call(c, "anvil_mine", "[]");
    sender_start(s);
    ok(sender_send(s, &r, &tx, &e), e);
    assert_true(wait_for(&heard.mined, 1));
    json_push(c->arena, params, json_new_str(c->arena, hash32_text(c->arena, &tx)));
    ok(rpc_call(c->rpc, c->arena, "eth_getTransactionByHash", params, &mined, &e), e);
    assert_string_equal(json_get_str(mined, "type", ""), "0x0");
    assert_received(c, &before, 5);
    sender_free(s);
}

/* An endpoint that takes connections and never answers. */
static int listen_silently(uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(bind(fd, (struct sockaddr *)&at, len) == 0);
    assert_true(listen(fd, 8) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void uses_the_endpoint_that_answers(void **state)
{
    struct chain *c = *state;
    uint16_t port = 0;
    _close_ int silent = listen_silently(&port);
    const char *endpoints[] = {"http://127.0.0.1:1",
                               arena_printf(c->arena, "http://127.0.0.1:%u", (unsigned)port),
                               c->url};
    struct rpc *r = rpc_new(c->net, DEVNET_CHAIN_ID, endpoints, ARRAY_LEN(endpoints));
    int64_t start = clock_mono_ms();
    struct addr nobody = {.b = {0}};
    struct contract_call call = {
        .to = chain_contract(c, "Ocean"), .signature = "cap()", .returns = "(uint256)"};
    struct abi_value v;
    struct u256 balance;
    uint64_t block;
    struct err e;

    ok(rpc_block_number(r, &block, &e), e);
    assert_true(clock_mono_ms() - start < 5000);
    start = clock_mono_ms(); /* now it knows who answers */
    ok(rpc_block_number(r, &block, &e), e);
    assert_true(clock_mono_ms() - start < 1000);
    ok(rpc_balance(r, &nobody, &balance, &e), e);
    assert_true(block > 0);
    ok(contract_read(r, c->arena, &call, &v, &e), e);
    call.to = nobody;
    err_is(contract_read(r, c->arena, &call, &v, &e), e, NOT_FOUND);
    rpc_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sends_once_and_tells, begin),
        cmocka_unit_test_setup(refuses_what_would_revert, begin),
        cmocka_unit_test_setup(keeps_order_between_threads, begin),
        cmocka_unit_test_setup(goes_on_after_a_restart, begin),
        cmocka_unit_test_setup(pays_more_when_stuck, begin),
        cmocka_unit_test_setup(survives_a_reorganisation, begin),
        cmocka_unit_test_setup(notices_what_can_never_be_mined, begin),
        cmocka_unit_test_setup(an_unreachable_chain_changes_nothing, begin),
        cmocka_unit_test_setup(uses_the_endpoint_that_answers, begin),
        cmocka_unit_test_setup(pays_a_plain_price_without_a_base_fee, begin),
    };

    return cmocka_run_group_tests(tests, chain_up, chain_down);
}
