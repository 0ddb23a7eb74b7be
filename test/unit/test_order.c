/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "chain/abi.h"
#include "net/guard.h"
#include "order/order.h"
#include "server.h"
#include "test.h"

/* topic0 of the events, from the contracts' own ABI */
#define STARTED "0xe1c4fa794edfa8f619b8257a077398950357b9c6398528f94480307352f9afcc"
#define REUSED "0x526e31449ea46e2aecf9b480c8d7dfa191348ef74ffdf75b445a6ab726daa6ff"
#define FEE "0xf8ed11cdaaf10eca2b6c941fb802cb8682afe86cac1eb93f70d0780fa062c544"

#define TOKEN "0x5FbDB2315678afecb367f032d93F642f64180aa3"
#define NFT "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
#define BUYER "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
#define OTHER "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
#define OCEAN "0xCfDdA22C9837aE76E0faA845354f33C62E03653a"
#define TX1 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define TX2 "0x2222222222222222222222222222222222222222222222222222222222222222"

/* A chain of two transactions that says what the test wants. */
struct fixture {
    struct server *server;
    struct net *net;
    struct rpc *rpc;
    struct order_fees *fees;
    struct arena *a;
    struct json *logs[2]; /* of TX1 and TX2; NULL: not mined */
    bool reverted;
    bool broken; /* the endpoint answers 500 */
    const char *parent;
    bool deployed;
    const char *url;
};

static struct addr addr(const char *text)
{
    struct addr who;

    must(addr_parse_any(text, &who));
    return who;
}

static struct hash32 hash(const char *text)
{
    struct hash32 h;

    must(hash32_parse(text, &h));
    return h;
}

static const char *word_addr(struct arena *a, const char *who)
{
    struct addr v = addr(who);

    return arena_printf(a, "0x000000000000000000000000%s", hex_dup(a, v.b, 20));
}

static const char *receipt(struct fixture *f, struct arena *a, const char *tx)
{
    struct json *logs = f->logs[str_eq(tx, TX2) ? 1 : 0];

    if (!logs)
        return "null";
    return arena_printf(a,
                        "{\"transactionHash\":\"%s\",\"blockHash\":\"%s\",\"blockNumber\":\"0x10\","
                        "\"status\":\"%s\",\"from\":\"" BUYER "\",\"to\":\"" OTHER
                        "\",\"contractAddress\":null,\"gasUsed\":\"0x1\","
                        "\"effectiveGasPrice\":\"0x1\",\"logs\":%s}",
                        tx, tx, f->reverted ? "0x0" : "0x1", json_text(a, logs));
}

static const char *eth_call(struct fixture *f, struct arena *a, const char *data)
{
    if (str_starts(data, "0x007ffb78")) /* getERC721Address() */
        return arena_printf(a, "\"%s\"", word_addr(a, f->parent));
    if (str_starts(data, "0x90184b02")) /* isDeployed(address) */
        return arena_printf(a, "\"0x%064d\"", f->deployed ? 1 : 0);
    if (str_starts(data, "0x313ce567")) /* decimals() */
        return arena_printf(a, "\"0x%064x\"", 18);
    return "null";
}

static void handle(struct server_conn *c)
{
    struct fixture *f = c->arg;
    _arena_ struct arena *a = arena_new();
    const char *result = "null";
    const char *method;
    struct json *call;
    struct err e;

    ok(json_parse(a, c->body.data, c->body.len, &call, &e), e);
    method = json_get_str(call, "method", "");
    if (str_eq(method, "eth_getTransactionReceipt"))
        result = receipt(f, a, json_str(json_path(call, "params.0"), ""));
    else if (str_eq(method, "eth_call"))
        result = eth_call(f, a, json_str(json_path(call, "params.0.data"), ""));
    if (f->broken)
        server_reply_text(c, 500, NULL, "no");
    else
        server_reply_text(c, 200, "Content-Type: application/json\r\n",
                          arena_printf(a, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":%s}",
                                       (int)json_get_int(call, "id", 0), result));
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct order_fee_token token = {.chain_id = 8996, .token = addr(OCEAN)};
    struct seckey key;

    memset(key.b, 1, sizeof(key.b));
    f->server = server_new(NULL, handle, f);
    f->net = net_new();
    f->a = arena_new();
    f->url = server_url(f->server);
    f->rpc = rpc_new(f->net, 8996, &f->url, 1);
    f->fees = order_fees_new(&(struct order_fees_options){
        .key = &key, .tokens = &token, .token_count = 1, .amount = "1"});
    f->parent = NFT;
    f->deployed = true;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    order_fees_free(f->fees);
    rpc_free(f->rpc);
    net_free(f->net);
    server_free(f->server);
    arena_free(f->a);
    test_free(f);
    return 0;
}

/* Adds a log to a transaction (0 or 1). */
static void add_log(struct fixture *f, int tx, const char *by, const char *const *topics,
                    struct bytes data)
{
    struct json *log = json_new_object(f->a);
    struct json *list = json_new_array(f->a);
    size_t i;

    for (i = 0; topics[i]; i++)
        json_push(f->a, list, json_new_str(f->a, topics[i]));
    json_set_str(f->a, log, "address", by);
    json_set(f->a, log, "topics", list);
    json_set_str(f->a, log, "data", hex0x_dup(f->a, data.p, data.n));
    json_set_str(f->a, log, "transactionHash", tx ? TX2 : TX1);
    json_set_str(f->a, log, "blockHash", TX1);
    json_set_str(f->a, log, "blockNumber", "0x10");
    json_set_str(f->a, log, "logIndex", "0x0");
    if (!f->logs[tx])
        f->logs[tx] = json_new_array(f->a);
    json_push(f->a, f->logs[tx], log);
}

struct start {
    int tx;
    const char *token;
    const char *consumer;
    const char *payer;
    uint64_t service;
    int64_t age_s;
};

static void add_start(struct fixture *f, const struct start *s)
{
    const char *topics[] = {STARTED, word_addr(f->a, s->consumer), word_addr(f->a, OTHER), NULL};
    struct addr payer = addr(s->payer);
    struct abi_value v[] = {abi_addr(&payer), abi_u64(1), abi_u64(s->service),
                            abi_u64((uint64_t)(clock_s() - s->age_s)), abi_u64(16)};

    add_log(f, s->tx, s->token, topics,
            abi_encode(f->a, "(address,uint256,uint256,uint256,uint256)", v, 5));
}

static void add_reuse(struct fixture *f, const char *by)
{
    const char *topics[] = {REUSED, NULL};
    struct hash32 start = hash(TX2);
    struct addr who = addr(BUYER);
    struct abi_value v[] = {abi_hash(&start), abi_addr(&who), abi_u64(1), abi_u64(2)};

    add_log(f, 0, by, topics, abi_encode(f->a, "(bytes32,address,uint256,uint256)", v, 4));
}

/* The event that the datatoken emits for a fee as order_fee_issue() gave it. */
static void add_fee(struct fixture *f, const struct json *fee, const char *by, const char *amount)
{
    const char *topics[] = {FEE, word_addr(f->a, json_get_str(fee, "providerFeeAddress", "")),
                            word_addr(f->a, json_get_str(fee, "providerFeeToken", "")), NULL};
    struct hash32 r = hash(json_get_str(fee, "r", ""));
    struct hash32 s = hash(json_get_str(fee, "s", ""));
    struct abi_value v[6];
    struct bytes data;
    struct u256 wei;

    must(hex_parse(f->a, json_get_str(fee, "providerData", ""), &data));
    must(u256_parse(amount ? amount : json_get_str(fee, "providerFeeAmount", ""), &wei));
    v[0] = abi_u256(wei);
    v[1] = abi_bytes(data.p, data.n);
    v[2] = abi_u64((uint64_t)json_get_int(fee, "v", 0));
    v[3] = abi_hash(&r);
    v[4] = abi_hash(&s);
    v[5] = abi_u64((uint64_t)json_get_int(fee, "validUntil", 0));
    add_log(f, 0, by, topics,
            abi_encode(f->a, "(uint256,bytes,uint8,bytes32,bytes32,uint256)", v, 6));
}

static struct order_request request(void)
{
    return (struct order_request){.tx = hash(TX1),
                                  .nft = addr(NFT),
                                  .datatoken = addr(TOKEN),
                                  .consumer = addr(BUYER),
                                  .service_index = 1,
                                  .timeout_s = 3600,
                                  .cost = 1};
}

static struct order_fee_terms terms(void)
{
    return (struct order_fee_terms){
        .datatoken = TOKEN, .service_id = "svc-1", .valid_until_s = 1700003600};
}

static void fees_are_signed_as_the_reference_signs_them(void **state)
{
    struct fixture *f = *state;
    struct order_fee_terms t = terms();
    struct json *fee;
    struct err e;

    t.datatoken = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
    ok(order_fee_issue(f->fees, f->rpc, f->a, &t, &fee, &e), e);
    assert_string_equal(
        json_text(f->a, fee),
        "{\"providerFeeAddress\":\"0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1\","
        "\"providerFeeToken\":\"0xCfDdA22C9837aE76E0faA845354f33C62E03653a\","
        "\"providerFeeAmount\":\"1000000000000000000\","
        "\"providerData\":\"0x7b226474223a2230783546624442323331353637386166656362333637663033326"
        "4393346363432663634313830616133222c226964223a227376632d31227d\","
        "\"v\":28,\"r\":\"0xf40472a4ecc5f32f5a59aa715570286031c27110a5268246dad0cddc90b3c964\","
        "\"s\":\"0x3e433e7a25510f9030dc05cff707442e5378986a64d647bddfa54ef8d2eaad2b\","
        "\"validUntil\":1700003600}");
    t.rest = true;
    ok(order_fee_issue(f->fees, f->rpc, f->a, &t, &fee, &e), e);
    assert_string_equal(json_get_str(fee, "providerFeeAmount", ""), "0");
}

static void orders_are_found_whoever_sent_them(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    struct order order;
    struct err e;

    add_start(f, &(struct start){0, OTHER, BUYER, BUYER, 1, 5}); /* another token's */
    add_start(f, &(struct start){0, TOKEN, BUYER, OTHER, 1, 10});
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    assert_int_equal(order.count, 1);
    assert_false(order.reused);
    assert_in_range(clock_s() - order.start_s, 10, 12);
    assert_int_equal(order.expiry_s, order.start_s + 3600);
    q.consumer = addr(OTHER); /* the payer */
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    q.timeout_s = 0;
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    assert_int_equal(order.expiry_s, 0);
}

static void wrong_orders_are_refused(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    struct order order;
    struct err e;

    f->logs[0] = json_new_array(f->a);
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_MISMATCH);
    assert_true(order_is_refusal(&e));
    add_start(f, &(struct start){0, TOKEN, BUYER, BUYER, 1, 4000});
    q.consumer = addr(NFT);
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_MISMATCH);
    q = request();
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_EXPIRED);
    q.service_index = 0;
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_SERVICE);
    assert_string_equal(e.msg, "Invalid service index.");
    q = request();
    f->deployed = false;
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_NOT_DEPLOYED);
    f->parent = OTHER;
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_MISMATCH);
    f->reverted = true;
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_NOT_MINED);
}

/* Another contract's order, and logs of the datatoken that only begin like one. */
static void orders_that_only_look_like_one(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    const char *buyer = word_addr(f->a, BUYER);
    const char *few[] = {STARTED, buyer, NULL};
    const char *many[] = {STARTED, buyer, buyer, buyer, NULL};
    const char *three[] = {STARTED, buyer, buyer, NULL};
    const char *none[] = {NULL};
    struct addr payer = addr(BUYER);
    struct abi_value v[] = {abi_addr(&payer), abi_u64(1), abi_u64(1), abi_u64((uint64_t)clock_s()),
                            abi_u64(16)};
    struct bytes data = abi_encode(f->a, "(address,uint256,uint256,uint256,uint256)", v, 5);
    struct order order;
    struct err e;

    add_log(f, 0, OTHER, three, data);
    add_log(f, 0, TOKEN, few, data);
    add_log(f, 0, TOKEN, many, data);
    add_log(f, 0, TOKEN, none, data);
    add_log(f, 0, TOKEN, three, (struct bytes){data.p, data.n - 32});
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_MISMATCH);
    add_log(f, 0, TOKEN, three, data);
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    assert_int_equal(order.count, 1);
}

static void absent_transactions_and_broken_endpoints_differ(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    struct order order;
    struct err e;

    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_NOT_MINED);
    assert_string_equal(e.msg,
                        "Tx receipt cannot be processed, because tx id " TX1 " was not mined.");
    f->broken = true;
    assert_int_equal(order_check(f->rpc, f->a, &q, &order, &e), -1);
    assert_false(order_is_refusal(&e));
}

static void several_orders_are_counted(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    struct order order;
    struct err e;

    q.cost = 3;
    add_start(f, &(struct start){0, TOKEN, BUYER, OTHER, 1, 1});
    add_start(f, &(struct start){0, TOKEN, BUYER, OTHER, 1, 1});
    add_start(f, &(struct start){0, TOKEN, BUYER, OTHER, 0, 1}); /* another service */
    add_start(f, &(struct start){0, TOKEN, OTHER, BUYER, 1, 1}); /* another consumer */
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_SHORT);
    assert_string_equal(e.msg, "The transaction holds 2 of the 3 orders that this service needs.");
    add_start(f, &(struct start){0, TOKEN, BUYER, OTHER, 1, 1});
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    assert_int_equal(order.count, 3);
}

static void reuses_lead_to_the_order(void **state)
{
    struct fixture *f = *state;
    struct order_request q = request();
    struct order order;
    struct err e;

    add_reuse(f, OTHER); /* somebody else's event */
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_MISMATCH);
    add_reuse(f, TOKEN);
    err_is(order_check(f->rpc, f->a, &q, &order, &e), e, ORDER_NOT_MINED);
    add_start(f, &(struct start){1, TOKEN, BUYER, BUYER, 1, 100});
    ok(order_check(f->rpc, f->a, &q, &order, &e), e);
    assert_true(order.reused);
    assert_int_equal(order.receipt.log_count, 2);
}

static bool paid(struct fixture *f, const char *service, int64_t now_s)
{
    struct addr token = addr(TOKEN);
    struct hash32 tx = hash(TX1);
    struct rpc_receipt got;
    bool found;
    struct err e;

    ok(rpc_receipt(f->rpc, f->a, &tx, &found, &got, &e), e);
    return order_fee_paid(f->fees, &got, &token, service, now_s);
}

static void paid_fees_are_recognised(void **state)
{
    struct fixture *f = *state;
    struct order_fee_terms t = terms();
    struct json *fee;
    struct json *rest;
    struct err e;

    ok(order_fee_issue(f->fees, f->rpc, f->a, &t, &fee, &e), e);
    t.rest = true;
    ok(order_fee_issue(f->fees, f->rpc, f->a, &t, &rest, &e), e);
    add_fee(f, rest, TOKEN, NULL);
    assert_false(paid(f, "svc-1", 1700000000)); /* only the one with 0 */
    add_fee(f, fee, TOKEN, "5");
    assert_false(paid(f, "svc-1", 1700000000)); /* another amount than was signed */
    add_fee(f, fee, OTHER, NULL);
    assert_false(paid(f, "svc-1", 1700000000)); /* another contract's event */
    add_fee(f, fee, TOKEN, NULL);
    assert_true(paid(f, "svc-1", 1700000000));
    assert_true(paid(f, "svc-1", 1700003600));
    assert_false(paid(f, "svc-1", 1700003601));
    assert_false(paid(f, "svc-2", 1700000000));
    json_set_str(f->a, fee, "providerFeeAddress", OTHER);
    f->logs[0] = NULL;
    add_fee(f, fee, TOKEN, NULL);
    assert_false(paid(f, "svc-1", 1700000000));
}

static void fees_are_due_where_there_is_an_amount_and_a_token(void **state)
{
    static const char *const nothing[] = {"0", "0.0", "0.000", NULL};
    struct order_fee_token token = {.chain_id = 8996, .token = {{1}}};
    struct order_fee_token none = {.chain_id = 8996};
    struct fixture *f = *state;
    struct seckey key = {{1}};
    struct order_fees *fees;
    size_t i;

    assert_true(order_fee_is_due(f->fees, 8996));
    assert_false(order_fee_is_due(f->fees, 1));
    for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        fees = order_fees_new(&(struct order_fees_options){
            .key = &key, .tokens = &token, .token_count = 1, .amount = nothing[i]});
        assert_false(order_fee_is_due(fees, 8996));
        order_fees_free(fees);
    }
    fees = order_fees_new(&(struct order_fees_options){
        .key = &key, .tokens = &none, .token_count = 1, .amount = "0.001"});
    assert_false(order_fee_is_due(fees, 8996));
    order_fees_free(fees);
}

static void offers_follow_the_scenarios(void **state)
{
    struct fixture *f = *state;
    struct order_offer_request q = {.order = request(), .terms = terms()};
    struct order_offer offer;
    struct json *fee;
    struct err e;

    q.terms.valid_until_s = clock_s() + 1000;
    ok(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), e); /* no order */
    assert_false(offer.valid);
    assert_non_null(offer.fee);
    assert_null(offer.rest);
    fee = offer.fee;
    q.has_tx = true;
    add_start(f, &(struct start){0, TOKEN, BUYER, BUYER, 1, 100});
    ok(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), e); /* the fee is not paid */
    assert_true(offer.valid);
    assert_non_null(offer.fee);
    add_fee(f, fee, TOKEN, NULL);
    ok(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), e); /* all good */
    assert_true(offer.valid);
    assert_null(offer.fee);
    q.order.timeout_s = 50;
    ok(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), e); /* expired */
    assert_false(offer.valid);
    assert_non_null(offer.fee);
    q.order.cost = 2;
    ok(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), e);
    assert_false(offer.valid);
    assert_string_equal(json_get_str(offer.fee, "providerFeeAmount", ""), "1000000000000000000");
    assert_string_equal(json_get_str(offer.rest, "providerFeeAmount", ""), "0");
    f->broken = true;
    assert_int_equal(order_offer_make(f->fees, f->rpc, f->a, &q, &offer, &e), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(fees_are_signed_as_the_reference_signs_them),
        T(orders_are_found_whoever_sent_them),
        T(wrong_orders_are_refused),
        T(orders_that_only_look_like_one),
        T(absent_transactions_and_broken_endpoints_differ),
        T(several_orders_are_counted),
        T(reuses_lead_to_the_order),
        T(paid_fees_are_recognised),
        T(fees_are_due_where_there_is_an_amount_and_a_token),
        T(offers_follow_the_scenarios),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
