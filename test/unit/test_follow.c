/* SPDX-License-Identifier: Apache-2.0 */
/* The indexer against a chain of this test's own: a server that answers JSON-RPC and misbehaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "chain/abi.h"
#include "crypto/hash.h"
#include "indexer/follow.h"
#include "indexer/index.h"
#include "net/guard.h"
#include "server.h"
#include "test.h"

enum { CHAIN = 8996, BLOCKS_MAX = 400, LOGS_MAX = 64 };

#define NFT "0x00000000000000000000000000000000000000aa"
#define TOKEN "0x00000000000000000000000000000000000000dd"
#define FACTORY "0x00000000000000000000000000000000000000ff"
#define OWNER "0x1111111111111111111111111111111111111111"

struct fake_log {
    uint64_t block;
    const char *address;
    struct hash32 topics[4];
    size_t topic_count;
    struct bytes data;
    uint64_t tx;
};

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *a;
    struct net *net;
    struct server *server;
    struct rpc *rpc;
    const char *url;
    struct indexer_chain chain;
    struct indexer_options o;
    struct follower f;

    /* The chain: a block's hash is made of its number and its branch. */
    uint64_t head;
    uint64_t branch[BLOCKS_MAX];
    struct fake_log logs[LOGS_MAX];
    size_t log_count;
    /* Misbehaviour: */
    uint64_t width_max; /* eth_getLogs of more blocks is refused; 0: never */
    int fail_logs;      /* so many eth_getLogs fail */
    uint64_t lacking;   /* eth_getBlockByNumber knows no block from here on; 0: all */
    int log_requests;
    const char *remote; /* what /api/services/decrypt answers */
    int remote_status;
    bool undeployed;
};

/* --- the chain --- */

static struct hash32 block_hash(const struct fixture *f, uint64_t n)
{
    uint64_t v[2] = {n, f->branch[n]};

    return keccak256(v, sizeof(v));
}

static struct hash32 tx_hash(uint64_t n)
{
    return keccak256(&n, sizeof(n));
}

static uint64_t quantity(const struct json *v)
{
    return strtoull(json_str(v, "0x0"), NULL, 16);
}

static void add_hex(struct arena *a, struct json *o, const char *key, uint64_t v)
{
    json_set_str(a, o, key, arena_printf(a, "0x%llx", (unsigned long long)v));
}

static struct json *log_json(struct arena *a, const struct fixture *f, const struct fake_log *log,
                             uint64_t index)
{
    struct json *v = json_new_object(a);
    struct json *topics = json_new_array(a);
    struct hash32 block = block_hash(f, log->block);
    struct hash32 tx = tx_hash(log->tx);
    size_t i;

    for (i = 0; i < log->topic_count; i++)
        json_push(a, topics, json_new_str(a, hash32_text(a, &log->topics[i])));
    json_set_str(a, v, "address", log->address);
    json_set(a, v, "topics", topics);
    json_set_str(a, v, "data", hex0x_dup(a, log->data.p, log->data.n));
    json_set_str(a, v, "transactionHash", hash32_text(a, &tx));
    json_set_str(a, v, "blockHash", hash32_text(a, &block));
    add_hex(a, v, "blockNumber", log->block);
    add_hex(a, v, "logIndex", index);
    return v;
}

static struct json *answer_logs(struct arena *a, struct fixture *f, const struct json *params,
                                const char **ret_error)
{
    const struct json *filter = json_at(params, 0);
    uint64_t from = quantity(json_get(filter, "fromBlock"));
    uint64_t to = quantity(json_get(filter, "toBlock"));
    struct json *list = json_new_array(a);
    size_t i;

    f->log_requests++;
    if (f->fail_logs-- > 0 || (f->width_max && to - from + 1 > f->width_max)) {
        *ret_error = "query returned more than 10000 results";
        return NULL;
    }
    for (i = 0; i < f->log_count; i++)
        if (f->logs[i].block >= from && f->logs[i].block <= to)
            json_push(a, list, log_json(a, f, &f->logs[i], i));
    return list;
}

static struct json *answer_block(struct arena *a, const struct fixture *f,
                                 const struct json *params)
{
    uint64_t n = quantity(json_at(params, 0));
    struct hash32 hash;
    struct json *v = json_new_object(a);

    if (n > f->head || (f->lacking && n >= f->lacking))
        return json_new_null(a);
    hash = block_hash(f, n);
    add_hex(a, v, "number", n);
    add_hex(a, v, "timestamp", 1700000000 + n);
    add_hex(a, v, "baseFeePerGas", 1);
    json_set_str(a, v, "hash", hash32_text(a, &hash));
    hash = n ? block_hash(f, n - 1) : (struct hash32){{0}};
    json_set_str(a, v, "parentHash", hash32_text(a, &hash));
    return v;
}

/* name(), symbol() ... are texts, lists are empty, and every NFT is the factory's. */
static struct json *answer_call(struct arena *a, const struct fixture *f, const struct json *params)
{
    const char *data = json_get_str(json_at(params, 0), "data", "");
    struct abi_value text = abi_string(str_starts(data, "0x06fdde03") ? "A name" : "SYM");
    struct abi_value empty = abi_list(NULL, 0);
    struct bytes out = abi_encode(a, "(string)", &text, 1);

    if (str_starts(data, "0x72f670f0")) /* erc721List(address) */
        return json_new_str(a, f->undeployed ? arena_printf(a, "0x%064d", 0)
                                             : arena_printf(a, "0x%s", data + 10));
    if (str_starts(data, "0x47ac7d55")) /* getDispensers() */
        out = abi_encode(a, "(address[])", &empty, 1);
    if (str_starts(data, "0x7dda231e")) /* getFixedRates() */
        out = abi_encode(a, "((address,bytes32)[])", &empty, 1);
    return json_new_str(a, hex0x_dup(a, out.p, out.n));
}

static struct json *answer(struct arena *a, struct fixture *f, const struct json *call)
{
    const char *method = json_get_str(call, "method", "");
    const struct json *params = json_get(call, "params");
    const char *error = NULL;
    struct json *result = NULL;
    struct json *v = json_new_object(a);
    struct json *object = json_new_object(a);

    if (str_eq(method, "eth_blockNumber"))
        result = json_new_str(a, arena_printf(a, "0x%llx", (unsigned long long)f->head));
    else if (str_eq(method, "eth_getLogs"))
        result = answer_logs(a, f, params, &error);
    else if (str_eq(method, "eth_getBlockByNumber"))
        result = answer_block(a, f, params);
    else if (str_eq(method, "eth_call"))
        result = answer_call(a, f, params);
    json_set_str(a, v, "jsonrpc", "2.0");
    json_set(a, v, "id", json_copy(a, json_get(call, "id")));
    json_set_int(a, object, "code", -32000);
    json_set_str(a, object, "message", error);
    json_set(a, v, error ? "error" : "result", error ? object : result);
    return v;
}

static void handle(struct server_conn *c)
{
    struct fixture *f = c->arg;
    _arena_ struct arena *a = arena_new();
    struct json *request;
    struct json *out;
    struct err e;
    size_t i;

    if (strstr(c->path, "/api/services/nonce")) {
        server_reply_text(c, 200, "Content-Type: application/json\r\n", "{\"nonce\":\"7\"}");
        return;
    }
    if (strstr(c->path, "/api/services/decrypt")) {
        server_reply_text(c, f->remote_status, NULL,
                          strstr(buf_str(&c->body), "\"nonce\":\"8\"") ? f->remote : "no nonce");
        return;
    }
    if (json_parse(a, buf_str(&c->body), c->body.len, &request, &e) < 0) {
        server_reply_text(c, 400, NULL, e.msg);
        return;
    }
    out = json_is(request, JSON_ARRAY) ? json_new_array(a) : answer(a, f, request);
    for (i = 0; json_is(request, JSON_ARRAY) && i < json_len(request); i++)
        json_push(a, out, answer(a, f, json_at(request, i)));
    server_reply_text(c, 200, "Content-Type: application/json\r\n", json_text(a, out));
}

/* --- what happens on it --- */

static struct addr address(const char *text)
{
    struct addr v = {{0}};

    assert_true(addr_parse_any(text, &v));
    return v;
}

static struct hash32 topic_of(const char *text)
{
    struct addr a = address(text);
    struct hash32 h = {{0}};

    memcpy(h.b + 12, a.b, sizeof(a.b));
    return h;
}

static struct fake_log *emit(struct fixture *f, uint64_t block, const char *from,
                             const char *signature)
{
    struct fake_log *log = &f->logs[f->log_count++];

    assert_true(f->log_count <= LOGS_MAX);
    *log = (struct fake_log){.block = block, .address = from, .topic_count = 1, .tx = block};
    log->topics[0] = abi_topic(signature);
    return log;
}

static const char *did(struct fixture *f)
{
    struct addr nft = address(NFT);
    char text[ADDR_TEXT];
    struct hash32 h;

    addr_checksum(&nft, text);
    text[0] = '0';
    {
        const char *all = arena_printf(f->a, "%s%d", text, CHAIN);

        h = sha256(all, strlen(all));
    }
    return arena_printf(f->a, "did:op:%s", hex_dup(f->a, h.b, 32));
}

static const char *ddo(struct fixture *f, const char *name)
{
    return arena_printf(f->a,
                        "{\"@context\":[\"https://w3id.org/did/v1\"],\"id\":\"%s\","
                        "\"version\":\"4.7.0\",\"chainId\":%d,\"nftAddress\":\"%s\","
                        "\"metadata\":{\"created\":\"2024-01-01T00:00:00Z\","
                        "\"updated\":\"2024-01-01T00:00:00Z\",\"name\":\"%s\","
                        "\"description\":\"a long description\",\"type\":\"dataset\","
                        "\"author\":\"me\",\"license\":\"MIT\"},\"services\":[{\"id\":\"s1\","
                        "\"type\":\"access\",\"files\":\"0x00\",\"datatokenAddress\":\"%s\","
                        "\"serviceEndpoint\":\"http://node.test\",\"timeout\":0}]}",
                        did(f), CHAIN, NFT, name, TOKEN);
}

struct published {
    const char *text; /* as hashed */
    const char *data; /* as published; NULL: the text */
    const char *decryptor;
    uint8_t flags;
    bool update;
};

static struct fake_log *publish(struct fixture *f, uint64_t block, const struct published *p)
{
    struct fake_log *log = emit(
        f, block, NFT,
        p->update ? "MetadataUpdated(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)"
                  : "MetadataCreated(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)");
    const char *data = p->data ? p->data : p->text;
    const char *hex = hex0x_dup(f->a, p->text, strlen(p->text));
    struct hash32 hash = p->flags & 2 ? sha256(p->text, strlen(p->text)) : sha256(hex, strlen(hex));
    struct abi_value v[] = {abi_u64(0),
                            abi_string(p->decryptor ? p->decryptor : "http://own.test/"),
                            abi_bytes(&p->flags, 1),
                            abi_bytes(data, strlen(data)),
                            abi_hash(&hash),
                            abi_u64(1700000000 + block),
                            abi_u64(block)};

    log->topics[log->topic_count++] = topic_of(OWNER);
    log->data = abi_encode(f->a, "(uint8,string,bytes,bytes,bytes32,uint256,uint256)", v, 7);
    return log;
}

static void order(struct fixture *f, uint64_t block)
{
    struct fake_log *log = emit(
        f, block, TOKEN, "OrderStarted(address,address,uint256,uint256,uint256,address,uint256)");
    struct addr payer = address(OWNER);
    struct abi_value v[] = {abi_addr(&payer), abi_u64(1), abi_u64(0), abi_u64(1700000000),
                            abi_u64(block)};

    log->topics[log->topic_count++] = topic_of(OWNER);
    log->topics[log->topic_count++] = topic_of(OWNER);
    log->data = abi_encode(f->a, "(address,uint256,uint256,uint256,uint256)", v, 5);
}

/* --- the node --- */

/* "Encryption" of this test: the plain text behind "enc:". */
static int decrypt(void *ctx, struct arena *a, struct bytes blob, struct bytes *ret, struct err *e)
{
    (void)ctx;
    (void)a;
    if (blob.n < 4 || memcmp(blob.p, "enc:", 4) != 0)
        return failed(e, INVALID, "not for this node");
    *ret = (struct bytes){blob.p + 4, blob.n - 4};
    return 0;
}

static int sign(void *ctx, struct arena *a, const char *message, const char **ret, struct err *e)
{
    (void)ctx;
    (void)e;
    *ret = arena_printf(a, "signed %s", message);
    return 0;
}

static void new_follower(struct fixture *f)
{
    f->f = (struct follower){
        .o = &f->o, .chain = &f->chain, .width = WIDTH_START, .patience_ms = PATIENCE_MS};
}

static int set_up(void **state)
{
    static const char *const own[] = {"HTTP://own.test"};
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    guard_set(&(struct guard_rules){.allow_private = true});
    strcpy(f->dir, "/tmp/atoll-follow-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    f->a = arena_new();
    f->net = net_new();
    f->server = server_new(NULL, handle, f);
    f->url = server_url(f->server);
    f->rpc = rpc_new(f->net, CHAIN, &f->url, 1);
    f->chain = (struct indexer_chain){
        .chain_id = CHAIN, .rpc = f->rpc, .start_block = 1, .factory = address(FACTORY)};
    f->o = (struct indexer_options){.store = f->store,
                                    .net = f->net,
                                    .chains = &f->chain,
                                    .chain_count = 1,
                                    .keys = {.decrypt = decrypt, .sign = sign},
                                    .own_names = own,
                                    .own_name_count = 1};
    f->remote_status = 200;
    new_follower(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    rpc_free(f->rpc);
    net_free(f->net);
    server_free(f->server);
    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static void step(struct fixture *f)
{
    struct err e;
    bool more;

    ok(follow_step(&f->f, &more, &e), e);
}

static void steps_until(struct fixture *f, uint64_t next)
{
    int i;

    for (i = 0; f->f.next != next && i < 100; i++)
        step(f);
    assert_int_equal(f->f.next, next);
}

static struct json *indexed(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v = NULL;
    const char *text;
    struct err e;

    ok(index_ddo_get(db, f->a, did(f), &text, &e), e);
    if (text)
        ok(json_parse(f->a, text, strlen(text), &v, &e), e);
    return v;
}

static const char *name(struct fixture *f)
{
    return json_str(json_path(indexed(f), "metadata.name"), "none");
}

static int64_t orders(struct fixture *f)
{
    return json_get_int(json_path(indexed(f), "indexedMetadata.stats.0"), "orders", -1);
}

static const char *attempt(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_state_get(db, f->a, &(struct index_state_key){.nft = NFT}, &v, &e), e);
    if (!v)
        return "nothing";
    return json_get_bool(v, "valid", false) ? "valid" : json_get_str(v, "error", "?");
}

/* --- tests --- */

static void plain_document_is_indexed(void **state)
{
    struct fixture *f = *state;
    struct json *v;

    f->head = 10;
    publish(f, 3, &(struct published){.text = ddo(f, "First")});
    order(f, 4);
    order(f, 4); /* a second one in the same transaction */
    steps_until(f, 11);
    assert_string_equal(name(f), "First");
    assert_int_equal(orders(f), 2);
    assert_string_equal(attempt(f), "valid");
    v = indexed(f);
    assert_string_equal(json_text(f->a, json_get(v, "datatokens")),
                        "[{\"address\":\"" TOKEN "\",\"name\":\"A name\",\"symbol\":\"SYM\","
                        "\"serviceId\":\"s1\"}]");
    assert_string_equal(json_str(json_path(v, "indexedMetadata.event.datetime"), ""),
                        "2023-11-14T22:13:23.000Z");
    assert_false(json_bool(json_path(v, "indexedMetadata.purgatory.state"), true));
    /* An update keeps what was counted and when it began. */
    f->head = 12;
    publish(f, 12, &(struct published){.text = ddo(f, "Second"), .update = true});
    order(f, 12);
    steps_until(f, 13);
    assert_string_equal(name(f), "Second");
    assert_int_equal(orders(f), 3);
    assert_string_equal(json_str(json_path(indexed(f), "indexedMetadata.nft.created"), ""),
                        "2023-11-14T22:13:23.000Z");
}

static void two_updates_in_a_block(void **state)
{
    struct fixture *f = *state;

    f->head = 5;
    publish(f, 5, &(struct published){.text = ddo(f, "First")});
    publish(f, 5, &(struct published){.text = ddo(f, "Second"), .update = true})->tx = 100;
    publish(f, 5, &(struct published){.text = ddo(f, "Third"), .update = true})->tx = 101;
    steps_until(f, 6);
    assert_string_equal(name(f), "Third");
}

static void encrypted_document_is_decrypted(void **state)
{
    struct fixture *f = *state;
    const char *text = ddo(f, "Hidden");

    f->head = 3;
    publish(
        f, 3,
        &(struct published){.text = text, .data = arena_printf(f->a, "enc:%s", text), .flags = 2});
    steps_until(f, 4);
    assert_string_equal(name(f), "Hidden");
}

static void another_node_decrypts(void **state)
{
    struct fixture *f = *state;

    f->remote = ddo(f, "Elsewhere");
    f->head = 3;
    publish(f, 3,
            &(struct published){.text = f->remote, .data = "x", .flags = 2, .decryptor = f->url});
    steps_until(f, 4);
    assert_string_equal(attempt(f), "valid");
    assert_string_equal(name(f), "Elsewhere");
}

/* A bad document is a fact about the asset; the indexer goes on. */
static void bad_documents_are_told(void **state)
{
    struct fixture *f = *state;
    const char *text = ddo(f, "Bad");

    f->head = 1;
    publish(f, 1, &(struct published){.text = text, .data = "{\"a\":1}"});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "Unencrypted DDO hash does not match metadata hash.");
    f->head = 2;
    publish(f, 2, &(struct published){.text = "{\"id\":\"did:op:1\"}", .update = true});
    steps_until(f, 3);
    assert_string_equal(attempt(f), "Decrypted DDO ID does not match generated DID.");
    f->head = 3;
    publish(f, 3, &(struct published){.text = text, .data = "zzz", .flags = 2, .update = true});
    steps_until(f, 4);
    assert_string_equal(attempt(f), "Provider exception on decrypt DDO. Status: not for this node");
    f->head = 4;
    f->remote = text;
    publish(f, 4,
            &(struct published){
                .text = "other", .data = "x", .flags = 2, .decryptor = f->url, .update = true});
    steps_until(f, 5);
    assert_non_null(strstr(attempt(f), "does not have the hash"));
    f->head = 5;
    f->remote_status = 403;
    f->remote = "no";
    publish(f, 5,
            &(struct published){
                .text = text, .data = "x", .flags = 2, .decryptor = f->url, .update = true});
    steps_until(f, 6);
    assert_non_null(strstr(attempt(f), "Provider validation failed: 403 no"));
    f->head = 6;
    publish(f, 6,
            &(struct published){
                .text = text, .data = "x", .flags = 2, .decryptor = "16Uiu2", .update = true});
    steps_until(f, 7);
    assert_non_null(strstr(attempt(f), "16Uiu2"));
    assert_null(indexed(f));
}

static void foreign_logs_are_ignored(void **state)
{
    struct fixture *f = *state;

    f->head = 5;
    /* Not of the factory; the same signature with other indexed parameters; data that is none. */
    f->undeployed = true;
    publish(f, 2, &(struct published){.text = ddo(f, "Fake")});
    emit(f, 3, TOKEN, "OrderStarted(address,address,uint256,uint256,uint256,address,uint256)");
    publish(f, 4, &(struct published){.text = ddo(f, "Fake")})->data.n = 40;
    steps_until(f, 6);
    assert_string_equal(attempt(f), "nothing");
}

/* A refused range is asked again in smaller pieces; no block is passed over. */
static void failed_window_is_read_again(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->head = 300;
    publish(f, 290, &(struct published){.text = ddo(f, "Late")});
    f->fail_logs = 1;
    err_is(follow_step(&f->f, &more, &e), e, FAILED);
    assert_int_equal(f->f.next, 1);
    assert_int_equal(f->f.width, WIDTH_START / 2);
    f->width_max = 100;
    while (follow_step(&f->f, &more, &e) < 0)
        assert_int_equal(f->f.next, 1);
    assert_true(f->f.next > 1 && f->f.next <= 101);
    while (f->f.next <= 300)
        (void)!follow_step(&f->f, &more, &e);
    assert_string_equal(name(f), "Late");
}

static void new_start_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;

    f->head = 10;
    publish(f, 2, &(struct published){.text = ddo(f, "First")});
    order(f, 3);
    order(f, 7);
    f->f.width = 2; /* blocks 1 and 2, then 3 to 6 */
    step(f);
    step(f);
    assert_int_equal(f->f.next, 7);
    new_follower(f); /* as after a crash */
    f->log_requests = 0;
    steps_until(f, 11);
    assert_int_equal(f->log_requests, 1);
    assert_int_equal(orders(f), 2);
}

static void replaced_blocks_are_taken_back(void **state)
{
    struct fixture *f = *state;
    uint64_t n;

    f->head = 5;
    publish(f, 3, &(struct published){.text = ddo(f, "First")});
    order(f, 4);
    steps_until(f, 6);
    for (f->head = 6; f->head <= 8; f->head++) {
        order(f, f->head);
        steps_until(f, f->head + 1);
    }
    f->head = 8;
    assert_int_equal(orders(f), 4);
    /* Blocks 7 and 8 are replaced by 7 to 9, where another order stands. */
    for (n = 7; n <= 9; n++)
        f->branch[n] = 1;
    f->log_count -= 2;
    f->head = 9;
    order(f, 9);
    steps_until(f, 10);
    assert_int_equal(orders(f), 3);
    /* An older one than all that is remembered: everything anew. */
    for (n = 0; n <= 9; n++)
        f->branch[n] = 2;
    f->log_count = 0;
    f->head = 9;
    publish(f, 8, &(struct published){.text = ddo(f, "Other chain")});
    step(f);
    steps_until(f, 10);
    assert_string_equal(name(f), "Other chain");
    assert_int_equal(orders(f), 0);
}

/* An endpoint that lags has a shorter chain for a while: nothing is taken back for that. */
static void lagging_endpoint_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->head = 5;
    steps_until(f, 6);
    f->head = 6;
    publish(f, 6, &(struct published){.text = ddo(f, "First")});
    f->lacking = 6; /* it has heard of 6, but answers no logs for it and does not know it */
    err_is(follow_step(&f->f, &more, &e), e, FAILED);
    assert_int_equal(f->f.next, 6);
    f->lacking = 0;
    steps_until(f, 7);
    f->head = 5;
    step(f);
    step(f);
    assert_string_equal(name(f), "First");
    assert_int_equal(f->f.next, 7);
    f->f.patience_ms = 0; /* too long: it is shorter indeed */
    f->log_count = 0;
    step(f);
    assert_null(indexed(f));
    assert_int_equal(f->f.next, 6);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(plain_document_is_indexed),       WITH(two_updates_in_a_block),
        WITH(encrypted_document_is_decrypted), WITH(another_node_decrypts),
        WITH(bad_documents_are_told),          WITH(foreign_logs_are_ignored),
        WITH(failed_window_is_read_again),     WITH(new_start_goes_on_where_it_was),
        WITH(replaced_blocks_are_taken_back),  WITH(lagging_endpoint_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
