/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "api.gen.h"
#include "asset/ddo.h"
#include "asset/unpack.h"
#include "base/str.h"
#include "chain/call.h"
#include "crypto/ecies.h"
#include "crypto/hash.h"
#include "node/node.h"

/* decryptDDO: the document of an NFT, for those who may read it (wire/http-api.md 5.4). */

enum { DDO_MAX = 8 << 20, FLAG_COMPRESSED = 1, FLAG_ENCRYPTED = 2 };

struct decryption {
    struct task *task;
    const struct args_decrypt_ddo *args;
    const struct node_chain *chain;
    struct addr who;
    struct addr nft;
    unsigned flags;
    struct bytes data; /* as published */
    struct hash32 hash;
};

static const struct config_addrs *decrypters(const struct decryption *d)
{
    return &d->task->node->config->authorized_decrypters;
}

static int check_decrypter(const struct decryption *d, struct err *e)
{
    const struct config_addrs *allowed = decrypters(d);
    size_t i;

    if (allowed->count == 0 || addr_eq(&d->who, &d->task->node->address))
        return 0;
    for (i = 0; i < allowed->count; i++)
        if (addr_eq(&allowed->items[i], &d->who))
            return 0;
    return refused(e, DECRYPT_UNAUTHORIZED);
}

static bool has_lists(const struct config_access_lists *lists, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < lists->count; i++)
        if (lists->items[i].chain_id == chain_id)
            return true;
    return false;
}

static int check_lists(const struct decryption *d, struct err *e)
{
    struct node *n = d->task->node;
    const struct config_access_lists *lists = &n->config->authorized_decrypters_list;
    uint64_t chain_id = d->chain->network->chain_id;

    if (!has_lists(lists, chain_id) || addr_eq(&d->who, &n->address) ||
        node_is_listed_on(n, lists, chain_id, &d->who))
        return 0;
    return refused(e, DECRYPT_LIST, d->args->decrypter_address);
}

static int rpc_trouble(struct err *e)
{
    struct err why = *e;

    return refused(e, DECRYPT_RPC, why.msg);
}

static int check_factory(const struct decryption *d, struct err *e)
{
    const struct abi_value args[] = {abi_addr(&d->nft)};
    const struct contract_call call = {.to = d->chain->network->contracts.erc721_factory,
                                       .signature = "erc721List(address)",
                                       .args = args,
                                       .n = 1,
                                       .returns = "(address)"};
    struct abi_value v;

    if (contract_read(d->chain->rpc, d->task->arena, &call, &v, e) < 0)
        return rpc_trouble(e);
    return addr_eq(&v.list.v[0].addr, &d->nft) ? 0 : refused(e, DECRYPT_NFT);
}

static int check_state(const struct decryption *d, struct err *e)
{
    const struct contract_call call = {
        .to = d->nft, .signature = "getMetaData()", .returns = "(string,string,uint8,bool)"};
    struct abi_value v;
    uint64_t state;

    if (contract_read(d->chain->rpc, d->task->arena, &call, &v, e) < 0)
        return rpc_trouble(e);
    if (!u256_to_u64(&v.list.v[2].num, &state) || state > ASSET_UNLISTED)
        return refused(e, DECRYPT_STATE_UNKNOWN);
    if (state == ASSET_DEPRECATED || state == ASSET_REVOKED)
        return refused(e, DECRYPT_STATE);
    return 0;
}

/* --- what was published --- */

/* MetadataCreated and MetadataUpdated have the same fields. */
static bool take_event(struct decryption *d, const struct rpc_log *log)
{
    static const char fields[] = "(uint8,string,bytes,bytes,bytes32,uint256,uint256)";
    static const char params[] = "(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)";
    struct arena *a = d->task->arena;
    struct hash32 created = abi_topic(arena_printf(a, "MetadataCreated%s", params));
    struct hash32 updated = abi_topic(arena_printf(a, "MetadataUpdated%s", params));
    struct abi_value v;
    struct bytes flags;
    struct err e;

    if (!addr_eq(&log->address, &d->nft) || log->topic_count != 2 ||
        (!hash32_eq(&log->topics[0], &created) && !hash32_eq(&log->topics[0], &updated)) ||
        abi_decode(a, fields, log->data.p, log->data.n, &v, &e) < 0)
        return false;
    flags = v.list.v[2].bytes;
    d->flags = flags.n ? flags.p[flags.n - 1] : 0;
    d->data = v.list.v[3].bytes;
    memcpy(d->hash.b, v.list.v[4].bytes.p, sizeof(d->hash.b));
    return true;
}

static int from_transaction(struct decryption *d, struct err *e)
{
    struct rpc_receipt receipt;
    struct hash32 tx;
    bool found = false;
    size_t i;

    if (!hash32_parse(d->args->transaction_id, &tx))
        return refused(e, DECRYPT_TX);
    if (rpc_receipt(d->chain->rpc, d->task->arena, &tx, &found, &receipt, e) < 0)
        return rpc_trouble(e);
    for (i = 0; found && i < receipt.log_count; i++)
        if (take_event(d, &receipt.logs[i]))
            return 0;
    return refused(e, DECRYPT_TX);
}

static int from_arguments(struct decryption *d, struct err *e)
{
    const struct args_decrypt_ddo *args = d->args;

    if (!args->encrypted_document || !args->has_flags || !args->document_hash ||
        !hex_parse(d->task->arena, args->encrypted_document, &d->data) ||
        !hash32_parse(args->document_hash, &d->hash))
        return refused(e, DECRYPT_INPUT);
    d->flags = (unsigned)args->flags;
    return 0;
}

static int open_document(const struct decryption *d, struct bytes *ret, struct err *e)
{
    const struct seckey *key = &d->task->node->config->private_key;
    struct arena *a = d->task->arena;
    _buf_ struct buf plain = BUF_INIT(DDO_MAX);
    struct bytes text = d->data;

    if (d->flags & FLAG_ENCRYPTED) {
        if (ecies_decrypt(key, d->data.p, d->data.n, &plain, e) < 0)
            return refused(e, DECRYPT_FAILED);
        text = (struct bytes){arena_memdup(a, buf_str(&plain), plain.len + 1), plain.len};
    }
    if ((d->flags & FLAG_COMPRESSED) && !(text.n && text.p[0] == '{') &&
        asset_unpack(a, text, DDO_MAX, &text, e) < 0)
        return refused(e, DECRYPT_LZMA);
    *ret = text;
    return 0;
}

static bool is_hash_of(const struct hash32 *hash, const void *p, size_t n)
{
    struct hash32 h = sha256(p, n);

    return hash32_eq(&h, hash);
}

/* The document must be of this NFT, and be what the chain has the hash of. */
static int check_document(const struct decryption *d, struct bytes text, struct err *e)
{
    struct arena *a = d->task->arena;
    uint64_t chain_id = d->chain->network->chain_id;
    struct json *ddo = NULL;
    const char *id;
    const char *hex;

    if (json_parse(a, (const char *)text.p, text.n, &ddo, e) < 0)
        return refused(e, DECRYPT_FAILED);
    id = json_get_str(ddo, "id", "");
    if (!str_eq(id, asset_did(a, &d->nft, chain_id)) &&
        !str_eq(id, asset_did_v5(a, &d->nft, chain_id)))
        return refused(e, DECRYPT_DID);
    hex = hex0x_dup(a, d->data.p, d->data.n);
    if (!is_hash_of(&d->hash, text.p, text.n) && !is_hash_of(&d->hash, hex, strlen(hex)))
        return refused(e, DECRYPT_CHECKSUM);
    return 0;
}

static int authenticate(struct decryption *d, struct err *e)
{
    const struct args_decrypt_ddo *args = d->args;
    const struct auth_request r = {.command = "decryptDDO",
                                   .address = args->decrypter_address,
                                   .nonce = args->nonce,
                                   .signature = args->signature,
                                   .token = d->task->authorization,
                                   .chain = args->chain_id};

    return auth_check(d->task->node->auth, &r, &d->who, e);
}

int cmd_decrypt_ddo(struct task *t, const struct args_decrypt_ddo *args, struct err *e)
{
    struct decryption d = {.task = t, .args = args};
    struct bytes text;

    d.chain = node_chain_find(t->node, (uint64_t)args->chain_id);
    if (!d.chain)
        return refused(e, DECRYPT_CHAIN);
    if (authenticate(&d, e) < 0 || check_decrypter(&d, e) < 0)
        return -1;
    if (!addr_parse_any(args->data_nft_address, &d.nft))
        return refused(e, DECRYPT_ERROR, "dataNftAddress is not an address");
    if (check_factory(&d, e) < 0 || check_lists(&d, e) < 0)
        return -1;
    if (args->transaction_id && *args->transaction_id ? from_transaction(&d, e) < 0
                                                      : from_arguments(&d, e) < 0)
        return -1;
    if (check_state(&d, e) < 0 || open_document(&d, &text, e) < 0 ||
        check_document(&d, text, e) < 0)
        return -1;
    return reply_bytes(t, "text/plain; charset=utf-8", text.p, text.n);
}
