/* SPDX-License-Identifier: Apache-2.0 */
/* What MetadataCreated and MetadataUpdated need from the network: NFTs, documents, datatokens. */
#include "asset/validate.h"
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/metadata.h"
#include "indexer/purgatory.h"
#include "indexer/read.h"
#include "indexer/rows.h"

bool metadata_is_document(const struct entry *it)
{
    return it->ev.id == EVENT_METADATA_CREATED || it->ev.id == EVENT_METADATA_UPDATED;
}

bool metadata_is_missing(const struct entry *it)
{
    const struct nft_facts *facts = metadata_is_document(it) ? it->facts : NULL;

    return facts && facts->later;
}

bool metadata_is_good(const struct entry *it)
{
    const struct nft_facts *facts = metadata_is_document(it) ? it->facts : NULL;

    return facts && facts->deployed && facts->document && !facts->error;
}

static bool is_read(const struct window *w, const struct entry *it)
{
    return metadata_is_document(it) ||
           (w->again && (it->ev.id == EVENT_METADATA_STATE || it->ev.id == EVENT_TRANSFER ||
                         it->ev.id == EVENT_TOKEN_URI_UPDATE));
}

/* Readings for each event, in this order. */
enum { READ_DEPLOYED, READ_NAME, READ_SYMBOL, READ_URI, READ_OWNER, READ_METADATA, READ_COUNT };

static void ask_nft(const struct window *w, const struct addr *nft, struct rpc_reading *r)
{
    struct abi_value self = abi_addr(nft);
    struct abi_value first = abi_u64(1);

    r[READ_DEPLOYED] = reading(w->a, &w->chain->factory, "erc721List(address)", &self, 1);
    r[READ_NAME] = reading(w->a, nft, "name()", NULL, 0);
    r[READ_SYMBOL] = reading(w->a, nft, "symbol()", NULL, 0);
    r[READ_URI] = reading(w->a, nft, "tokenURI(uint256)", &first, 1);
    r[READ_OWNER] = reading(w->a, nft, "ownerOf(uint256)", &first, 1);
    r[READ_METADATA] = reading(w->a, nft, "getMetaData()", NULL, 0);
}

/* The state of the event, or of the chain when what came later is known already. */
static int64_t state_of(const struct window *w, const struct entry *it, const struct rpc_reading *r)
{
    struct abi_value v;
    uint64_t now;

    if (w->again && read_values(w->a, r, "(string,string,uint8,bool)", &v) &&
        u256_to_u64(&v.list.v[2].num, &now))
        return (int64_t)now;
    return metadata_is_document(it) || it->ev.id == EVENT_METADATA_STATE
               ? field_small(&it->ev, "state")
               : 0;
}

static struct nft_facts *take_nft(const struct window *w, const struct entry *it,
                                  const struct rpc_reading *r)
{
    struct nft_facts *facts = arena_calloc(w->a, 1, sizeof(*facts));
    struct abi_value v;

    facts->deployed = read_values(w->a, &r[READ_DEPLOYED], "(address)", &v) &&
                      addr_eq(&v.list.v[0].addr, &it->log->address);
    facts->name = read_text(w->a, &r[READ_NAME]);
    facts->symbol = read_text(w->a, &r[READ_SYMBOL]);
    facts->token_uri = read_text(w->a, &r[READ_URI]);
    if (read_values(w->a, &r[READ_OWNER], "(address)", &v))
        facts->owner = addr_text(w->a, &v.list.v[0].addr);
    facts->state = state_of(w, it, &r[READ_METADATA]);
    return facts;
}

static int read_nfts(struct window *w, struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, w->count * READ_COUNT, sizeof(*r));
    size_t n = 0;
    size_t i;

    for (i = 0; i < w->count; i++)
        if (is_read(w, &w->entries[i])) {
            ask_nft(w, &w->entries[i].log->address, r + n);
            n += READ_COUNT;
        }
    if (n > 0 && rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    for (i = 0, n = 0; i < w->count; i++)
        if (is_read(w, &w->entries[i])) {
            w->entries[i].facts = take_nft(w, &w->entries[i], r + n);
            n += READ_COUNT;
        }
    return 0;
}

/* Active assets keep the rules of their version; what the last indexer added is not theirs. */
static int check_rules(const struct window *w, const struct json *document, struct err *e)
{
    struct json *bare = json_copy(w->a, document);
    struct json *errors;

    json_remove(bare, "indexedMetadata");
    if (asset_validate(w->a, bare, &errors, e) < 0)
        return -1;
    if (errors)
        return failed(e, INVALID,
                      "Validation of DDO with schema version %.20s failed with errors: %s",
                      json_get_str(document, "version", ""), json_text(w->a, errors));
    return 0;
}

static int check(const struct window *w, const struct entry *it, struct nft_facts *facts,
                 struct err *e)
{
    struct addr creator = event_addr(&it->ev, "createdBy");
    const struct json *document = facts->document;
    const char *did =
        did_of(w->a, &it->log->address, w->chain->chain_id, json_get_str(document, "version", ""));

    if (!str_eq(json_get_str(document, "id", ""), did))
        return failed(e, INVALID, "Decrypted DDO ID does not match generated DID.");
    if (policy_check(w, &creator, e) < 0)
        return -1;
    facts->banned = purgatory_find(w->purgatory, w->a, did, addr_text(w->a, &creator));
    if (facts->banned)
        return failed(e, INVALID, "%s is in purgatory", facts->banned);
    return facts->state == 0 ? check_rules(w, document, e) : 0;
}

/* Prices and names of all its services are wanted. */
static void want_tokens(struct window *w, struct json *document)
{
    const struct json *services = json_get(document_body(document), "services");
    const char *text;
    struct addr token;
    size_t i;

    for (i = 0; i < json_len(services); i++) {
        text = json_get_str(json_at(services, i), "datatokenAddress", "");
        if (addr_parse_any(text, &token) && !addr_is_zero(&token))
            (void)token_want(w, &token);
    }
}

static void read_document(struct window *w, const struct entry *it, struct nft_facts *facts)
{
    struct err e = {0};

    if (document_get(w, it, &facts->document, &e) < 0 || check(w, it, facts, &e) < 0) {
        facts->error = arena_strdup(w->a, e.msg);
        facts->later = e.transient;
        return;
    }
    want_tokens(w, facts->document);
}

/* Documents of assets that are out of use are not shown, so they are not fetched either. */
static bool is_wanted(const struct nft_facts *facts)
{
    return facts->state != STATE_DEPRECATED && facts->state != STATE_REVOKED;
}

int metadata_read(struct window *w, struct err *e)
{
    struct nft_facts *facts;
    bool validated;
    size_t i;

    if (read_nfts(w, e) < 0)
        return -1;
    for (i = 0; i < w->count; i++) {
        facts = w->entries[i].facts;
        if (!metadata_is_document(&w->entries[i]) || !facts->deployed)
            continue;
        if (policy_validated(w, &w->entries[i], &validated, e) < 0)
            return -1;
        if (!validated)
            facts->error = "The metadata was not validated by any of the ALLOWED_VALIDATORS.";
        else if (is_wanted(facts))
            read_document(w, &w->entries[i], facts);
    }
    return 0;
}
