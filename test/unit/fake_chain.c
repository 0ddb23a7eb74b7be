/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "chain/abi.h"
#include "crypto/hash.h"
#include "json/json.h"

static struct hash32 block_hash(const struct fake_chain *f, uint64_t n)
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

static struct json *log_json(struct arena *a, const struct fake_chain *f,
                             const struct fake_log *log, uint64_t index)
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

static struct json *answer_logs(struct arena *a, struct fake_chain *f, const struct json *params,
                                const char **ret_error)
{
    const struct json *filter = json_at(params, 0);
    uint64_t from = quantity(json_get(filter, "fromBlock"));
    uint64_t to = quantity(json_get(filter, "toBlock"));
    struct json *list = json_new_array(a);
    size_t i;

    f->log_requests += json_get(filter, "address") == NULL; /* transfers are asked for beside */
    if (f->fail_logs-- > 0 || (f->width_max && to - from + 1 > f->width_max)) {
        *ret_error = "query returned more than 10000 results";
        return NULL;
    }
    for (i = 0; i < f->log_count; i++)
        if (f->logs[i].block >= from && f->logs[i].block <= to)
            json_push(a, list, log_json(a, f, &f->logs[i], i));
    return list;
}

static struct json *answer_block(struct arena *a, const struct fake_chain *f,
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

static struct json *answer_receipt(struct arena *a, const struct fake_chain *f,
                                   const struct json *params)
{
    struct json *v = json_new_object(a);
    struct json *logs = json_new_array(a);
    struct hash32 hash;
    struct hash32 tx;
    size_t i;

    for (i = 0; i < f->log_count; i++) {
        tx = tx_hash(f->logs[i].tx);
        if (!str_eq(hash32_text(a, &tx), json_str(json_at(params, 0), "")))
            continue;
        json_push(a, logs, log_json(a, f, &f->logs[i], i));
        hash = block_hash(f, f->logs[i].block);
        add_hex(a, v, "blockNumber", f->logs[i].block);
        json_set_str(a, v, "blockHash", hash32_text(a, &hash));
    }
    if (json_len(logs) == 0)
        return json_new_null(a);
    json_set_str(a, v, "transactionHash", json_str(json_at(params, 0), ""));
    json_set_str(a, v, "from", OWNER);
    json_set_str(a, v, "to", NFT);
    add_hex(a, v, "status", 1);
    add_hex(a, v, "gasUsed", 1);
    add_hex(a, v, "effectiveGasPrice", 1);
    json_set(a, v, "logs", logs);
    return v;
}

static struct json *word(struct arena *a, const char *address)
{
    return json_new_str(a, arena_printf(a, "0x%024d%s", 0, address + 2));
}

static struct bytes metadata_words(struct arena *a, uint8_t state)
{
    const struct abi_value v[] = {abi_string("http://own.test"), abi_string(""), abi_u64(state),
                                  abi_u64(1)};

    return abi_encode(a, "(string,string,uint8,bool)", v, 4);
}

static const char * or (const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* name(), symbol() ... are texts, lists are empty, and every NFT is the factory's. */
static struct json *answer_call(struct arena *a, const struct fake_chain *f,
                                const struct json *params)
{
    const char *data = json_get_str(json_at(params, 0), "data", "");
    struct abi_value text = abi_string(str_starts(data, "0x06fdde03") ? "A name" : "SYM");
    struct abi_value empty = abi_list(NULL, 0);
    struct bytes out = abi_encode(a, "(string)", &text, 1);

    if (str_starts(data, "0x72f670f0")) /* erc721List(address) */
        return json_new_str(a, f->undeployed ? arena_printf(a, "0x%064d", 0)
                                             : arena_printf(a, "0x%s", data + 10));
    if (str_starts(data, "0x70a08231")) /* balanceOf(address) */
        return json_new_str(a,
                            arena_printf(a, "0x%064d", f->member && str_ends(data, f->member + 2)));
    if (str_starts(data, "0x6352211e")) /* ownerOf(uint256) */
        return word(a, or (f->owner, OWNER));
    if (str_starts(data, "0x007ffb78")) /* getERC721Address() */
        return word(a, or (f->token_nft, NFT));
    if (str_starts(data, "0x92ff0d31")) /* transferable() */
        return json_new_str(a, arena_printf(a, "0x%064d", f->transferable));
    if (str_starts(data, "0xd2786ba4")) /* getMetaData() */
        out = metadata_words(a, f->state);
    if (str_starts(data, "0x47ac7d55")) /* getDispensers() */
        out = abi_encode(a, "(address[])", &empty, 1);
    if (str_starts(data, "0x7dda231e")) /* getFixedRates() */
        out = abi_encode(a, "((address,bytes32)[])", &empty, 1);
    return json_new_str(a, hex0x_dup(a, out.p, out.n));
}

static struct json *answer(struct arena *a, struct fake_chain *f, const struct json *call)
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
    else if (str_eq(method, "eth_getTransactionReceipt"))
        result = answer_receipt(a, f, params);
    else if (str_eq(method, "eth_call"))
        result = answer_call(a, f, params);
    json_set_str(a, v, "jsonrpc", "2.0");
    json_set(a, v, "id", json_copy(a, json_get(call, "id")));
    json_set_int(a, object, "code", -32000);
    json_set_str(a, object, "message", error);
    json_set(a, v, error ? "error" : "result", error ? object : result);
    return v;
}

void fake_chain_handle(struct server_conn *c)
{
    struct fake_chain *f = c->arg;
    _arena_ struct arena *a = arena_new();
    struct json *request;
    struct json *out;
    struct err e;
    size_t i;

    if (strstr(c->path, "/api/services/nonce")) {
        server_reply_text(c, 200, "Content-Type: application/json\r\n", "{\"nonce\":\"7\"}");
        return;
    }
    if (strstr(c->path, "/purgatory")) {
        server_reply_text(c, f->purgatory_status ? f->purgatory_status : 200, NULL, f->purgatory);
        return;
    }
    if (strstr(c->path, "/api/services/decrypt") && f->redirect) {
        server_reply_text(c, 307, arena_printf(a, "Location: %s\r\n", f->redirect), "");
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

struct addr fake_address(const char *text)
{
    struct addr v = {{0}};

    must(addr_parse_any(text, &v));
    return v;
}

struct hash32 fake_topic(const char *text)
{
    struct addr a = fake_address(text);
    struct hash32 h = {{0}};

    memcpy(h.b + 12, a.b, sizeof(a.b));
    return h;
}

struct fake_log *fake_emit(struct fake_chain *f, uint64_t block, const char *from,
                           const char *signature)
{
    struct fake_log *log = &f->logs[f->log_count++];

    must(f->log_count <= LOGS_MAX);
    *log = (struct fake_log){.block = block, .address = from, .topic_count = 1, .tx = block};
    log->topics[0] = abi_topic(signature);
    return log;
}

const char *fake_tx(struct fake_chain *f, uint64_t n)
{
    struct hash32 h = tx_hash(n);

    return hash32_text(f->a, &h);
}

const char *fake_did(struct fake_chain *f)
{
    struct addr nft = fake_address(NFT);
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

const char *fake_ddo(struct fake_chain *f, const char *name)
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
                        fake_did(f), CHAIN, NFT, name, TOKEN);
}

struct fake_log *fake_publish(struct fake_chain *f, uint64_t block, const struct fake_document *p)
{
    struct fake_log *log = fake_emit(
        f, block, NFT,
        p->update ? "MetadataUpdated(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)"
                  : "MetadataCreated(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)");
    const char *data = p->data ? p->data : p->text;
    const char *hex = hex0x_dup(f->a, p->text, strlen(p->text));
    const bool plain = p->flags & 2 || p->hash_text;
    struct hash32 hash = plain ? sha256(p->text, strlen(p->text)) : sha256(hex, strlen(hex));
    struct abi_value v[] = {
        abi_u64(p->state),       abi_string(p->decryptor ? p->decryptor : "http://own.test/"),
        abi_bytes(&p->flags, 1), abi_bytes(data, p->data_len ? p->data_len : strlen(data)),
        abi_hash(&hash),         abi_u64(1700000000 + block),
        abi_u64(block)};

    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->data = abi_encode(f->a, "(uint8,string,bytes,bytes,bytes32,uint256,uint256)", v, 7);
    return log;
}

struct fake_log *fake_transfer(struct fake_chain *f, uint64_t block, const char *contract,
                               const char *to, uint64_t token_id)
{
    struct fake_log *log = fake_emit(f, block, contract, "Transfer(address,address,uint256)");
    size_t i;

    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->topics[log->topic_count++] = fake_topic(to);
    log->topics[3] = (struct hash32){{0}};
    for (i = 0; i < sizeof(token_id); i++)
        log->topics[3].b[31 - i] = (uint8_t)(token_id >> (8 * i));
    log->topic_count++;
    return log;
}

void fake_state(struct fake_chain *f, uint64_t block, uint8_t state)
{
    struct fake_log *log = fake_emit(f, block, NFT, "MetadataState(address,uint8,uint256,uint256)");
    const struct abi_value v[] = {abi_u64(state), abi_u64(1700000000 + block), abi_u64(block)};

    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->data = abi_encode(f->a, "(uint8,uint256,uint256)", v, 3);
}

void fake_order(struct fake_chain *f, uint64_t block)
{
    struct fake_log *log = fake_emit(
        f, block, TOKEN, "OrderStarted(address,address,uint256,uint256,uint256,address,uint256)");
    struct addr payer = fake_address(OWNER);
    struct abi_value v[] = {abi_addr(&payer), abi_u64(1), abi_u64(0), abi_u64(1700000000),
                            abi_u64(block)};

    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->data = abi_encode(f->a, "(address,uint256,uint256,uint256,uint256)", v, 5);
}
