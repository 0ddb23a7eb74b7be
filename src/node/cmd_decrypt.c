/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "api.gen.h"
#include "asset/ddo.h"
#include "asset/published.h"
#include "base/str.h"
#include "chain/call.h"
#include "chain/events.h"
#include "crypto/ecies.h"
#include "crypto/hash.h"
#include "node/node.h"
#include "node/settings.h"

/* decryptDDO: the document of an NFT, for those who may read it (wire/http-api.md 5.4). */

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

static int check_decrypter(const struct decryption *d, struct err *e)
{
    _settings_ struct settings *settings = settings_take(d->task->node);
    const struct config_addrs *allowed = &settings->config->authorized_decrypters;
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
    _settings_ struct settings *settings = settings_take(n);
    const struct config_access_lists *lists = &settings->config->authorized_decrypters_list;
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

/* A metadata event of the NFT; false when the log is none. */
static bool take_event(struct decryption *d, const struct rpc_log *log)
{
    struct event ev;
    struct err ignored;

    if (!addr_eq(&log->address, &d->nft) || event_decode(d->task->arena, log, &ev, &ignored) < 0 ||
        (ev.id != EVENT_METADATA_CREATED && ev.id != EVENT_METADATA_UPDATED))
        return false;
    d->flags = published_flags(event_bytes(&ev, "flags"));
    d->data = event_bytes(&ev, "data");
    d->hash = event_hash(&ev, "hash");
    return true;
}

/* The document of the transaction with the hash that was asked for, else the first. */
static bool take_receipt(struct decryption *d, const struct rpc_receipt *receipt)
{
    struct hash32 wanted;
    const bool choosy = d->args->document_hash && hash32_parse(d->args->document_hash, &wanted);
    bool found = false;
    size_t i;

    for (i = receipt->log_count; i-- > 0;) /* so that the first has the last word */
        if (take_event(d, &receipt->logs[i])) {
            found = true;
            if (choosy && hash32_eq(&d->hash, &wanted))
                return true;
        }
    return found;
}

static int from_transaction(struct decryption *d, struct err *e)
{
    struct rpc_receipt receipt;
    struct hash32 tx;
    bool found = false;

    if (!hash32_parse(d->args->transaction_id, &tx))
        return refused(e, DECRYPT_TX);
    if (rpc_receipt(d->chain->rpc, d->task->arena, &tx, &found, &receipt, e) < 0)
        return rpc_trouble(e);
    return found && receipt.success && take_receipt(d, &receipt) ? 0 : refused(e, DECRYPT_TX);
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

/* ret->document is left to be parsed. */
static int open_document(const struct decryption *d, struct published *ret, struct err *e)
{
    const struct seckey *key = &d->task->node->config->private_key;
    struct arena *a = d->task->arena;
    _buf_ struct buf plain = BUF_INIT(PUBLISHED_MAX);

    *ret = (struct published){.clear = d->data};
    if (d->flags & PUBLISHED_ENCRYPTED) {
        if (ecies_decrypt(key, d->data.p, d->data.n, &plain, e) < 0)
            return refused(e, DECRYPT_FAILED);
        ret->clear = (struct bytes){arena_memdup(a, buf_str(&plain), plain.len + 1), plain.len};
    }
    return published_unpack(a, d->flags, ret->clear, &ret->text, e) < 0 ? refused(e, DECRYPT_LZMA)
                                                                        : 0;
}

/* The document must be of this NFT, and be what the chain has the hash of. */
static int check_document(const struct decryption *d, struct published *p, struct err *e)
{
    struct arena *a = d->task->arena;
    uint64_t chain_id = d->chain->network->chain_id;
    struct json *ddo = NULL;
    const char *id;

    if (published_parse(a, p->text, &ddo, e) < 0)
        return refused(e, DECRYPT_FAILED);
    p->document = ddo;
    id = json_get_str(ddo, "id", "");
    if (!str_eq(id, asset_did(a, &d->nft, chain_id)) &&
        !str_eq(id, asset_did_v5(a, &d->nft, chain_id)))
        return refused(e, DECRYPT_DID);
    return published_has_hash(a, p, &d->hash) ? 0 : refused(e, DECRYPT_CHECKSUM);
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
    struct published p;

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
    if (check_state(&d, e) < 0 || open_document(&d, &p, e) < 0 || check_document(&d, &p, e) < 0)
        return -1;
    return reply_bytes(t, "text/plain; charset=utf-8", p.text.p, p.text.n);
}
