/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "config/config_int.h"
#include "contracts.gen.h" /* contracts_json[], made from contracts.json */

enum { ADDRESS_FILE_MAX = 1 << 20 };

/* --- address book --- */

/* An address of the book; what is missing, empty or malformed counts as absent. */
static struct addr book_addr(const struct json *entry, const char *key)
{
    struct addr a = {{0}};

    if (!addr_parse_any(json_get_str(entry, key, NULL), &a))
        a = (struct addr){{0}};
    return a;
}

static bool book_find(struct arena *a, const struct json *book, uint64_t chain_id,
                      struct config_contracts *ret)
{
    size_t i;

    for (i = 0; i < json_len(book); i++) {
        const struct json *entry = json_value(book, i);
        int64_t start = json_get_int(entry, "startBlock", 0);

        if (json_get_int(entry, "chainId", -1) != (int64_t)chain_id)
            continue;
        *ret = (struct config_contracts){
            .known = true,
            .network = arena_strdup(a, json_key(book, i)),
            .start_block = start > 0 ? (uint64_t)start : 0,
            .erc721_factory = book_addr(entry, "ERC721Factory"),
            .router = book_addr(entry, "Router"),
            .fixed_price = book_addr(entry, "FixedPrice"),
            .dispenser = book_addr(entry, "Dispenser"),
            .escrow = book_addr(entry, "Escrow"),
            .access_list_factory = book_addr(entry, "AccessListFactory"),
            .batch_payments = book_addr(entry, "BatchPayments"),
            .opf_collector = book_addr(entry, "OPFCommunityFeeCollector"),
            .ocean = book_addr(entry, "Ocean"),
        };
        return true;
    }
    return false;
}

void config__contracts(struct arena *a, const struct json *book, uint64_t chain_id,
                       struct config_contracts *ret)
{
    struct json *built_in;
    struct err e;

    *ret = (struct config_contracts){.known = false};
    if (book_find(a, book, chain_id, ret))
        return;
    must(json_parse(a, (const char *)contracts_json, contracts_json_LEN, &built_in, &e) == 0);
    (void)book_find(a, built_in, chain_id, ret);
}

static int book_read(struct arena *a, const char *path, struct json **ret, struct err *e)
{
    struct bytes text;

    if (fs_read(a, path, ADDRESS_FILE_MAX, &text, e) < 0)
        return -1;
    if (json_parse(a, (const char *)text.p, text.n, ret, e) < 0)
        return err_wrap(e, "%s: ", path);
    if (!json_is(*ret, JSON_OBJECT))
        return failed(e, INVALID, "%s: must hold an object with an entry for each network", path);
    return 0;
}

int config_contracts_find(struct arena *a, const char *path, uint64_t chain_id,
                          struct config_contracts *ret, struct err *e)
{
    struct json *book = NULL;

    if (path && book_read(a, path, &book, e) < 0)
        return -1;
    config__contracts(a, book, chain_id, ret);
    return 0;
}

int config__parse_address_file(struct load *l, const struct json *v)
{
    const char *path;
    struct err why;

    if (config__path(l, "", v, &path) < 0)
        return -1;
    if (book_read(l->a, path, &l->address_book, &why) < 0)
        return config__bad(l, "", "%s", why.msg);
    return 0;
}

/* --- RPCS --- */

static int parse_fallbacks(struct load *l, const char *path, const struct json *v,
                           struct config_texts *ret)
{
    size_t n = json_len(v);
    const char **items = arena_calloc(l->a, n + 1, sizeof(*items));
    size_t i;

    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (config__url(l, config__item(l, path, i), json_at(v, i), &items[i]) < 0)
            return -1;
    *ret = (struct config_texts){.items = items, .count = n};
    return 0;
}

static int parse_network(struct load *l, const char *key, const struct json *v,
                         struct config_network *ret)
{
    struct config_network n = {.indexed = true};
    int64_t stated = 0;
    int64_t start = 0;
    int64_t chunk = 100;

    if (config__chain(l, "", key, &n.chain_id) < 0 || config__expect(l, key, v, JSON_OBJECT) < 0 ||
        config__get_int(l, key, v, "chainId", 1, &stated) < 0 ||
        config__get_text(l, key, v, "network", &n.name) < 0 ||
        config__get_int(l, key, v, "startBlock", 0, &start) < 0 ||
        config__get_int(l, key, v, "chunkSize", 1, &chunk) < 0 ||
        parse_fallbacks(l, config__sub(l, key, "fallbackRPCs"), json_get(v, "fallbackRPCs"),
                        &n.fallback_rpcs) < 0)
        return -1;
    if (stated && (uint64_t)stated != n.chain_id)
        return config__bad(l, config__sub(l, key, "chainId"), "must be %s like its key, not %lld",
                           key, (long long)stated);
    if (!json_get(v, "rpc"))
        return config__bad(l, config__sub(l, key, "rpc"), "is missing");
    if (config__url(l, config__sub(l, key, "rpc"), json_get(v, "rpc"), &n.rpc) < 0)
        return -1;
    config__contracts(l->a, l->address_book, n.chain_id, &n.contracts);
    if (!n.contracts.known)
        config__notice(l, "the contracts of chain %s are not known; ADDRESS_FILE can name them",
                       key);
    n.start_block = start ? (uint64_t)start : n.contracts.start_block;
    n.chunk_size = (uint64_t)chunk;
    if (!n.name)
        n.name = n.contracts.network;
    *ret = n;
    return 0;
}

int config__parse_networks(struct load *l, const struct json *v)
{
    size_t n = json_len(v);
    struct config_network *networks = arena_calloc(l->a, n + 1, sizeof(*networks));
    size_t i;

    if (config__expect(l, "", v, JSON_OBJECT) < 0)
        return -1;
    /* chain ids are integer-like keys, so they come in ascending order */
    for (i = 0; i < n; i++)
        if (parse_network(l, json_key(v, i), json_value(v, i), &networks[i]) < 0)
            return -1;
    l->c->networks = networks;
    l->c->network_count = n;
    return 0;
}

struct config_network *config__network(struct config *c, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < c->network_count; i++)
        if (c->networks[i].chain_id == chain_id)
            return (struct config_network *)&c->networks[i];
    return NULL;
}

const struct config_network *config_network(const struct config *c, uint64_t chain_id)
{
    return config__network((struct config *)c, chain_id);
}

static int index_chain(struct load *l, const char *path, uint64_t chain_id)
{
    struct config_network *n = config__network(l->c, chain_id);

    if (!n)
        return config__bad(l, path, "chain %llu is not among the supported networks",
                           (unsigned long long)chain_id);
    n->indexed = true;
    return 0;
}

int config__parse_indexing_networks(struct load *l, const struct json *v)
{
    uint64_t chain_id;
    int64_t id;
    size_t i;

    if (!json_is(v, JSON_ARRAY) && !json_is(v, JSON_OBJECT))
        return config__bad(l, "", "must be a list of chain ids or an object by chain id");
    for (i = 0; i < l->c->network_count; i++)
        ((struct config_network *)&l->c->networks[i])->indexed = false;
    for (i = 0; i < json_len(v); i++) {
        const char *path = config__item(l, "", i);

        if (json_is(v, JSON_OBJECT)) {
            if (config__chain(l, "", json_key(v, i), &chain_id) < 0)
                return -1;
        } else {
            if (config__int(l, path, json_at(v, i), 1, INT64_C(9007199254740991), &id) < 0)
                return -1;
            chain_id = (uint64_t)id;
        }
        if (index_chain(l, json_is(v, JSON_OBJECT) ? "" : path, chain_id) < 0)
            return -1;
    }
    return 0;
}

/* --- provider fees --- */

/* {"<chainId>": "0x..."} (the variable's form) or [{"chain", "token"}] (the file's). */
static int fee_token(struct load *l, const struct json *v, size_t i, struct config_fee_token *ret)
{
    const struct json *entry = json_at(v, i);
    const struct json *chain = json_get(entry, "chain");
    const char *key = json_is(v, JSON_OBJECT) ? json_key(v, i) : json_str(chain, NULL);
    const char *path = json_is(v, JSON_OBJECT) ? config__sub(l, "", key) : config__item(l, "", i);

    if (!key)
        key = json_text(l->a, chain);
    if (config__chain(l, path, key, &ret->chain_id) < 0)
        return -1;
    return config__addr(l, path,
                        json_is(v, JSON_OBJECT) ? json_value(v, i) : json_get(entry, "token"),
                        &ret->token);
}

int config__parse_fee_tokens(struct load *l, const struct json *v)
{
    size_t n = json_len(v);
    struct config_fee_token *tokens = arena_calloc(l->a, n + 1, sizeof(*tokens));
    size_t i;

    if (!json_is(v, JSON_ARRAY) && !json_is(v, JSON_OBJECT))
        return config__bad(l, "", "must be an object of tokens by chain id, or a list");
    for (i = 0; i < n; i++)
        if (fee_token(l, v, i, &tokens[i]) < 0)
            return -1;
    l->c->fee_tokens = tokens;
    l->c->fee_token_count = n;
    return 0;
}

/* --- the operator's quota --- */

static int quota_token(struct load *l, const char *path, const struct json *v,
                       struct config_quota *ret)
{
    const struct json *token = json_get(v, "token");
    size_t i;

    if (token)
        return config__addr(l, config__sub(l, path, "token"), token, &ret->token);
    for (i = 0; i < l->c->network_count; i++)
        if (l->c->networks[i].chain_id == ret->chain_id)
            ret->token = l->c->networks[i].contracts.ocean;
    return addr_is_zero(&ret->token)
               ? config__bad(l, path, "must name its token: the chain's Ocean token is not known")
               : 0;
}

static int quota(struct load *l, const struct json *v, size_t i, struct config_quota *ret)
{
    enum { DIGITS_MAX = 77 };
    const char *path = config__sub(l, "", json_key(v, i));
    const struct json *entry = json_value(v, i);

    ret->amount = json_get_str(entry, "amount", "");
    if (config__chain(l, path, json_key(v, i), &ret->chain_id) < 0)
        return -1;
    if (strspn(ret->amount, "0123456789") != strlen(ret->amount) ||
        strspn(ret->amount, "0") == strlen(ret->amount) || strlen(ret->amount) > DIGITS_MAX)
        return config__bad(l, config__sub(l, path, "amount"),
                           "must be base units of the token as digits in a text");
    return quota_token(l, path, entry, ret);
}

int config__parse_pool_quota(struct load *l, const struct json *v)
{
    struct config_quota *quotas = arena_calloc(l->a, json_len(v) + 1, sizeof(*quotas));
    size_t i;

    if (config__expect(l, "", v, JSON_OBJECT) < 0)
        return -1;
    for (i = 0; i < json_len(v); i++)
        if (quota(l, v, i, &quotas[i]) < 0)
            return -1;
    l->c->pool_quotas = quotas;
    l->c->pool_quota_count = json_len(v);
    return 0;
}

int config__parse_fee_amount(struct load *l, const struct json *v)
{
    const struct json *amount = json_get(v, "amount");

    if (config__expect(l, "", v, JSON_OBJECT) < 0 ||
        config__get_text(l, "", v, "unit", &l->c->fee_unit) < 0)
        return -1;
    return amount ? config__decimal(l, "amount", amount, &l->c->fee_amount) : 0;
}
