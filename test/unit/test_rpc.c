/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints that lie, are broken, or answer for others. */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "chain/rpc.h"
#include "net/guard.h"
#include "server.h"
#include "test.h"

#define H1 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "0x2222222222222222222222222222222222222222222222222222222222222222"
#define A1 "0x1111111111111111111111111111111111111111"
#define A2 "0x2222222222222222222222222222222222222222"

/* An endpoint that gives the same answer to every call. */
struct fixture {
    struct server *server;
    struct net *net;
    struct rpc *rpc;
    struct arena *a;
    int status;
    const char *result; /* JSON of "result" */
    const char *body;   /* the whole answer instead */
    const char *chain;  /* the answer to eth_chainId */
    const char *url;
};

static void handle(struct server_conn *c)
{
    struct fixture *f = c->arg;
    _arena_ struct arena *a = arena_new();
    const char *text = f->body;
    struct json *call;
    struct err e;

    ok(json_parse(a, c->body.data, c->body.len, &call, &e), e);
    if (str_eq(json_get_str(call, "method", ""), "eth_chainId"))
        text = arena_printf(a, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"%s\"}", f->chain);
    else if (!text)
        text = arena_printf(a, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":%s}", f->result);
    server_reply_text(c, f->status, "Content-Type: application/json\r\n", text);
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    f->server = server_new(NULL, handle, f);
    f->net = net_new();
    f->a = arena_new();
    f->url = server_url(f->server);
    f->rpc = rpc_new(f->net, 5, &f->url, 1);
    f->status = 200;
    f->chain = "0x5";
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    rpc_free(f->rpc);
    net_free(f->net);
    server_free(f->server);
    arena_free(f->a);
    test_free(f);
    return 0;
}

static struct hash32 hash(const char *text)
{
    struct hash32 h = {{0}};

    must(hash32_parse(text, &h));
    return h;
}

static const char *log_text(struct fixture *f, const char *address, const char *tx,
                            const char *block, const char *more)
{
    return arena_printf(f->a,
                        "{\"address\":\"%s\",\"topics\":[\"" H1 "\"],\"data\":\"0x\","
                        "\"transactionHash\":\"%s\",\"blockHash\":\"" H1 "\","
                        "\"blockNumber\":\"%s\",\"logIndex\":\"0x0\"%s}",
                        address, tx, block, more);
}

static const char *receipt_text(struct fixture *f, const char *tx, const char *block,
                                const char *status, const char *log)
{
    return arena_printf(f->a,
                        "{\"transactionHash\":\"%s\",\"blockHash\":\"" H1 "\",\"blockNumber\":%s,"
                        "\"status\":%s,\"from\":\"" A1 "\",\"to\":null,\"gasUsed\":\"0x1\","
                        "\"logs\":[%s]}",
                        tx, block, status, log);
}

static void refuse_receipt(struct fixture *f, const char *result)
{
    struct hash32 tx = hash(H1);
    struct rpc_receipt receipt;
    struct err e;
    bool found;

    f->result = result;
    err_is(rpc_receipt(f->rpc, f->a, &tx, &found, &receipt, &e), e, FAILED);
    assert_true(e.transient);
}

static void receipts_are_of_what_was_asked(void **state)
{
    struct fixture *f = *state;
    struct hash32 tx = hash(H1);
    struct rpc_receipt receipt;
    struct err e;
    bool found;

    f->result = "null";
    ok(rpc_receipt(f->rpc, f->a, &tx, &found, &receipt, &e), e);
    assert_false(found);
    f->result = receipt_text(f, H1, "\"0x10\"", "\"0x1\"", log_text(f, A1, H1, "0x10", ""));
    ok(rpc_receipt(f->rpc, f->a, &tx, &found, &receipt, &e), e);
    assert_true(found && receipt.success && receipt.log_count == 1);
    refuse_receipt(f, receipt_text(f, H2, "\"0x10\"", "\"0x1\"", ""));
    refuse_receipt(f, receipt_text(f, H1, "\"0xffffffffffffffff\"", "\"0x1\"", ""));
    refuse_receipt(f, receipt_text(f, H1, "null", "\"0x1\"", ""));
    refuse_receipt(f, receipt_text(f, H1, "16", "\"0x1\"", ""));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "\"0x2\"", ""));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "true", ""));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "\"0x1\"", log_text(f, A1, H2, "0x10", "")));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "\"0x1\"", log_text(f, A1, H1, "0x11", "")));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "\"0x1\"",
                                   log_text(f, A1, H1, "0x10", ",\"removed\":true")));
    refuse_receipt(f, receipt_text(f, H1, "\"0x10\"", "\"0x1\"", "null"));
    refuse_receipt(f, "[]");
    refuse_receipt(f, "\"0x\"");
    refuse_receipt(f, "true");
}

static void logs_are_of_what_was_asked(void **state)
{
    struct fixture *f = *state;
    const struct hash32 asked = hash(H1);
    const struct hash32 other = hash(H2);
    struct addr address;
    struct rpc_log_filter filter = {.from = 16,
                                    .to = 17,
                                    .addresses = &address,
                                    .address_count = 1,
                                    .topics = &asked,
                                    .topic_count = 1};
    struct rpc_log *logs;
    struct err e;
    size_t n;

    must(addr_parse_any(A1, &address));
    f->result = arena_printf(f->a, "[%s,%s]", log_text(f, A2, H1, "0x10", ""),
                             log_text(f, A1, H1, "0x11", ""));
    ok(rpc_logs(f->rpc, f->a, &filter, &logs, &n, &e), e);
    assert_int_equal(n, 1);
    assert_true(addr_eq(&logs[0].address, &address));
    filter.topics = &other;
    ok(rpc_logs(f->rpc, f->a, &filter, &logs, &n, &e), e);
    assert_int_equal(n, 0);
    filter.topics = &asked;
    f->result = arena_printf(f->a, "[%s]", log_text(f, A1, H1, "0x12", ""));
    err_is(rpc_logs(f->rpc, f->a, &filter, &logs, &n, &e), e, FAILED);
    f->result = arena_printf(f->a, "[%s]", log_text(f, A1, H1, "0x10", ",\"removed\":true"));
    err_is(rpc_logs(f->rpc, f->a, &filter, &logs, &n, &e), e, FAILED);
    f->result = "null";
    err_is(rpc_logs(f->rpc, f->a, &filter, &logs, &n, &e), e, FAILED);
    assert_true(e.transient);
}

static void blocks_are_those_asked_for(void **state)
{
    struct fixture *f = *state;
    struct rpc_block block;
    struct err e;
    uint64_t n;
    bool found;

    f->result =
        "{\"number\":\"0x10\",\"timestamp\":\"0x1\",\"hash\":\"" H1 "\",\"parentHash\":\"" H2 "\"}";
    ok(rpc_block(f->rpc, f->a, 16, &found, &block, &e), e);
    assert_true(found);
    ok(rpc_block(f->rpc, f->a, RPC_LATEST, &found, &block, &e), e);
    err_is(rpc_block(f->rpc, f->a, 17, &found, &block, &e), e, FAILED);
    f->result = "\"0xffffffffffffffff\"";
    err_is(rpc_block_number(f->rpc, &n, &e), e, FAILED);
}

static void bodies_that_are_no_answers(void **state)
{
    static const struct {
        int status;
        const char *body;
    } answers[] = {
        {200, "<html>Just a moment...</html>"},
        {200, ""},
        {200, "{}"},
        {200, "[]"},
        {200, "\"0x10\""},
        {200, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x10\"}"},
        {200, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":16}"},
        {429, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":1,\"message\":\"slow down\"}}"},
        {429, "<html>"},
        {500, "oops"},
        {301, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"0x10\"}"},
        {200, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32005,\"message\":\"limit\"}}"},
    };
    struct fixture *f = *state;
    struct err e;
    uint64_t n = 7;
    size_t i;

    for (i = 0; i < ARRAY_LEN(answers); i++) {
        f->status = answers[i].status;
        f->body = answers[i].body;
        err_is(rpc_block_number(f->rpc, &n, &e), e, FAILED);
        assert_true(e.transient);
        assert_int_equal(n, 7);
    }
}

/* Whether nobody can have taken the transaction. */
static void after_broadcast(void **state)
{
    static const struct {
        int status;
        const char *error;
        int rc;
        bool unsure;
    } answers[] = {
        {200, "{\"code\":-32000,\"message\":\"already known\"}", 0, false},
        {200, "{\"code\":-32000,\"message\":\"nonce too low\"}", -1, true},
        {200, "{\"code\":-32000,\"message\":\"replacement transaction underpriced\"}", -1, false},
        {200, "{\"code\":-32000,\"message\":\"insufficient funds for gas\"}", -1, false},
        {200, "{\"code\":-32603,\"message\":\"internal error\"}", -1, true},
        {502, "{\"code\":-32000,\"message\":\"upstream\"}", -1, true},
        {200, "{\"code\":-32000,\"message\":\"request timed out\"}", -1, true},
        {200, "{\"code\":-32005,\"message\":\"limit\"}", -1, true},
    };
    struct fixture *f = *state;
    struct err e = {0};
    size_t i;

    for (i = 0; i < ARRAY_LEN(answers); i++) {
        f->status = answers[i].status;
        f->body =
            arena_printf(f->a, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":%s}", answers[i].error);
        assert_int_equal(rpc_send_raw(f->rpc, (struct bytes){(const uint8_t *)"x", 1}, &e),
                         answers[i].rc);
        if (answers[i].rc < 0)
            assert_int_equal(e.transient, answers[i].unsure);
    }
}

static void another_chain_is_not_asked(void **state)
{
    struct fixture *f = *state;
    struct err e;
    uint64_t n;

    f->result = "\"0x10\"";
    f->chain = "0x1";
    err_is(rpc_block_number(f->rpc, &n, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "chain 1"));
    assert_true(e.transient);
    err_is(rpc_send_raw(f->rpc, (struct bytes){(const uint8_t *)"x", 1}, &e), e, FAILED);
    f->chain = "0x5";
    ok(rpc_block_number(f->rpc, &n, &e), e);
    assert_int_equal(n, 16);
}

/* A log at a place of the chain. */
static const char *log_at(struct fixture *f, const char *address, const char *block,
                          const char *index)
{
    return arena_printf(f->a,
                        "{\"address\":\"%s\",\"topics\":[\"" H1 "\",\"" H1 "\",\"" H1 "\",\"" H2
                        "\"],\"data\":\"0x\",\"transactionHash\":\"" H1 "\",\"blockHash\":\"" H1
                        "\",\"blockNumber\":\"%s\",\"logIndex\":\"%s\"}",
                        address, block, index);
}

/* The answers to several filters: in the chain's order, what fits two of them once. */
static void filters_are_asked_together(void **state)
{
    struct fixture *f = *state;
    const struct hash32 first = hash(H1);
    const struct hash32 fourth = hash(H2);
    struct addr address;
    struct rpc_log_filter filters[] = {
        {.from = 16, .to = 17, .topics = &first, .topic_count = 1},
        {.from = 16, .to = 17, .addresses = &address, .address_count = 1, .fourth = &fourth}};
    struct rpc_logs logs;
    struct err e;

    must(addr_parse_any(A1, &address));
    f->body = arena_printf(f->a, "[{\"id\":1,\"result\":[%s,%s]},{\"id\":0,\"result\":[%s,%s]}]",
                           log_at(f, A1, "0x10", "0x1"), log_at(f, A2, "0x10", "0x7"),
                           log_at(f, A2, "0x11", "0x0"), log_at(f, A1, "0x10", "0x1"));
    ok(rpc_logs_of(f->rpc, f->a, filters, 2, &logs, &e), e);
    assert_int_equal(logs.n, 2); /* not that of A2, which only the second answer has */
    assert_int_equal(logs.v[0].block, 16);
    assert_int_equal(logs.v[1].block, 17);
    filters[1].fourth = &first;
    f->body = arena_printf(f->a, "[{\"id\":0,\"result\":[]},{\"id\":1,\"result\":[%s]}]",
                           log_at(f, A1, "0x10", "0x1"));
    ok(rpc_logs_of(f->rpc, f->a, filters, 2, &logs, &e), e);
    assert_int_equal(logs.n, 0);
    f->body = "[{\"id\":0,\"result\":[]}]";
    err_is(rpc_logs_of(f->rpc, f->a, filters, 2, &logs, &e), e, FAILED);
}

static void endpoints_are_checked_at_start(void **state)
{
    struct fixture *f = *state;
    const char *port = strrchr(f->url, ':');
    const char *urls[] = {"http://127.0.0.1:1/",
                          arena_printf(f->a, "http://me:secret@127.0.0.1%s/key?k=v", port)};
    struct rpc *rpc = rpc_new(f->net, 5, urls, 2);
    struct err e;

    ok(rpc_check(rpc, &e), e); /* one is down, which may pass */
    f->chain = "0x1";
    err_is(rpc_check(rpc, &e), e, INVALID);
    assert_non_null(strstr(e.msg, arena_printf(f->a,
                                               "http://127.0.0.1%s is configured for chain 5 but "
                                               "answers for chain 1",
                                               port)));
    assert_null(strstr(e.msg, "secret"));
    assert_null(strstr(e.msg, "key"));
    rpc_free(rpc);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(receipts_are_of_what_was_asked),
        WITH(logs_are_of_what_was_asked),
        WITH(blocks_are_those_asked_for),
        WITH(bodies_that_are_no_answers),
        WITH(after_broadcast),
        WITH(another_chain_is_not_asked),
        WITH(filters_are_asked_together),
        WITH(endpoints_are_checked_at_start),
    };

    guard_set(&(struct guard_rules){.allow_private = true});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
