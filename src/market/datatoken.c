/* SPDX-License-Identifier: Apache-2.0 */
#include "market/datatoken.h"

#include <string.h>

enum { WORD = 32 };    /* bytes of a value in the ABI */
enum { TEMPLATE = 1 }; /* index of the plain ERC721 and ERC20 templates in the factory */

#define NFT_DATA "(string,string,uint256,string,bool,address)"
#define TOKEN_DATA "(uint256,string[],address[],uint256[],bytes[])"

static const char nft_created[] =
    "NFTCreated(address,address,string,address,string,string,bool,address)";
static const char token_created[] = "TokenCreated(address,address,string,string,uint256,address)";

/* The two addresses that a createNftWithErc20 transaction tells in its events. */
static int read_created(const struct addr *factory, const struct rpc_receipt *receipt,
                        struct datatoken *ret, struct err *e)
{
    const struct hash32 nft = abi_topic(nft_created);
    const struct hash32 token = abi_topic(token_created);
    bool has_nft = false;
    bool has_token = false;
    char text[HASH32_TEXT];
    size_t i;

    for (i = 0; i < receipt->log_count; i++) {
        const struct rpc_log *log = &receipt->logs[i];

        if (!addr_eq(&log->address, factory) || log->topic_count < 2)
            continue;
        if (hash32_eq(&log->topics[0], &nft) && log->data.n >= WORD) {
            memcpy(ret->nft.b, log->data.p + WORD - sizeof(ret->nft.b), sizeof(ret->nft.b));
            has_nft = true;
        } else if (hash32_eq(&log->topics[0], &token)) {
            memcpy(ret->address.b, log->topics[1].b + WORD - sizeof(ret->address.b),
                   sizeof(ret->address.b));
            has_token = true;
        }
    }
    hash32_write(&receipt->tx, text);
    if (!has_nft || !has_token)
        return failed(e, FAILED, "the factory's transaction %s names no NFT and datatoken", text);
    ret->tx = receipt->tx;
    return 0;
}

int datatoken_create(const struct wallet *w, const struct addr *factory,
                     const struct datatoken_spec *spec, struct datatoken *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct addr nobody = {{0}};
    struct abi_value nft[] = {
        abi_string(spec->nft_name ? spec->nft_name : spec->name),
        abi_string(spec->nft_symbol ? spec->nft_symbol : spec->symbol),
        abi_u64(TEMPLATE),
        abi_string("data:"), /* the token's picture: none */
        abi_bool(true),      /* transferable */
        abi_addr(&w->addr),
    };
    struct abi_value strings[] = {abi_string(spec->name), abi_string(spec->symbol)};
    struct abi_value addresses[] = {
        abi_addr(&w->addr),         /* minter */
        abi_addr(&w->addr),         /* payment collector */
        abi_addr(&nobody),          /* publishing market */
        abi_addr(&spec->fee_token), /* token of that market's fee */
    };
    struct abi_value amounts[] = {abi_u256(spec->cap), abi_u64(0)};
    struct abi_value token[] = {
        abi_u64(TEMPLATE),    abi_list(strings, 2), abi_list(addresses, 4),
        abi_list(amounts, 2), abi_list(NULL, 0),
    };
    const struct abi_value args[] = {abi_list(nft, ARRAY_LEN(nft)),
                                     abi_list(token, ARRAY_LEN(token))};
    const struct contract_call call = {*factory, "createNftWithErc20(" NFT_DATA "," TOKEN_DATA ")",
                                       args, 2, NULL};
    struct rpc_receipt receipt;

    if (wallet_call(w, a, "create data NFT and datatoken", &call, &receipt, e) < 0)
        return -1;
    return read_created(factory, &receipt, ret, e);
}

/*
 * A view function answering one word. *ret_answered is false when the address is no contract that
 * has the function: an answer too, where the question is "what is this address".
 */
static int ask(struct rpc *r, const struct contract_call *call, struct abi_value *ret,
               bool *ret_answered, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value out;
    struct err why;

    if (contract_read(r, a, call, &out, &why) < 0) {
        if (why.code != ERR_REVERTED && why.code != ERR_NOT_FOUND && why.code != ERR_INVALID) {
            *e = why;
            return -1;
        }
        *ret_answered = false;
        return 0;
    }
    *ret = out.list.v[0];
    *ret_answered = true;
    return 0;
}

int datatoken_nft(struct rpc *r, const struct addr *factory, const struct addr *token,
                  struct addr *ret_nft, struct err *e)
{
    const struct contract_call which = {*token, "getERC721Address()", NULL, 0, "(address)"};
    struct contract_call listed = {*factory, "erc721List(address)", NULL, 1, "(address)"};
    struct contract_call deployed = {{{0}}, "isDeployed(address)", NULL, 1, "(bool)"};
    const struct abi_value token_arg = abi_addr(token);
    struct abi_value nft;
    struct abi_value answer;
    bool answered;
    char text[ADDR_TEXT];

    addr_checksum(token, text);
    if (ask(r, &which, &nft, &answered, e) < 0)
        return -1;
    if (!answered)
        return refused(e, NOT_A_DATATOKEN, text);
    listed.args = &nft;
    if (ask(r, &listed, &answer, &answered, e) < 0)
        return -1;
    if (!answered || !addr_eq(&answer.addr, &nft.addr))
        return refused(e, NOT_A_DATATOKEN, text);
    deployed.to = nft.addr;
    deployed.args = &token_arg;
    if (ask(r, &deployed, &answer, &answered, e) < 0)
        return -1;
    if (!answered || u256_is_zero(&answer.num))
        return refused(e, NOT_A_DATATOKEN, text);
    *ret_nft = nft.addr;
    return 0;
}

int datatoken_mint(const struct wallet *w, const struct addr *token, const struct addr *to,
                   const struct u256 *amount, struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(to), abi_u256(*amount)};
    const struct contract_call call = {*token, "mint(address,uint256)", args, 2, NULL};
    struct rpc_receipt receipt;

    if (wallet_call(w, a, "mint", &call, &receipt, e) < 0)
        return -1;
    *ret_tx = receipt.tx;
    return 0;
}

int nft_set_metadata(const struct wallet *w, const struct addr *nft, const struct nft_metadata *m,
                     struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {
        abi_u64(m->state),
        abi_string(m->decryptor_url),
        abi_string(m->decryptor_address),
        abi_bytes(&m->flags, 1),
        abi_bytes(m->document.p, m->document.n),
        abi_hash(&m->hash),
        abi_list(NULL, 0), /* proofs of validators: none */
    };
    const struct contract_call call = {
        *nft,
        "setMetaData(uint8,string,string,bytes,bytes,bytes32,(address,uint8,bytes32,bytes32)[])",
        args, ARRAY_LEN(args), NULL};
    struct rpc_receipt receipt;

    if (wallet_call(w, a, "publish metadata", &call, &receipt, e) < 0)
        return -1;
    *ret_tx = receipt.tx;
    return 0;
}
