/* SPDX-License-Identifier: Apache-2.0 */
/* The events of data NFTs become rows: documents, states, owners. */
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/metadata.h"
#include "indexer/read.h"
#include "indexer/rows.h"

enum { URI_MAX = 1024 };

static int put_state(const struct window *w, struct db *db, const struct entry *it,
                     const char *error, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    const char *version = json_get_str(facts->document, "version", "");
    const struct state_row row = {.chain = w->chain->chain_id,
                                  .did =
                                      did_of(w->a, &it->log->address, w->chain->chain_id, version),
                                  .nft = addr_text(w->a, &it->log->address),
                                  .tx = it->tx,
                                  .block = it->log->block,
                                  .error = error,
                                  .banned = error ? facts->banned : NULL};

    return state_row_put(db, &row, e);
}

/* What an event means for the asset that is there. */
enum meaning {
    NEWS,
    SAME,    /* this very event was taken before */
    OUTDATED /* it has been changed since */
};

static enum meaning meaning_of(const struct entry *it, const struct asset_row *old)
{
    if (!old || old->block < it->log->block)
        return NEWS;
    if (old->block > it->log->block || old->log_index > it->log->index)
        return OUTDATED;
    return old->log_index < it->log->index ? NEWS : SAME;
}

/* Why the event does not change the asset that is there; NULL when it does. */
static const char *why_not(const struct window *w, const struct entry *it,
                           const struct asset_row *old)
{
    if (meaning_of(it, old) == OUTDATED)
        return str_eq(old->tx, it->tx)
                   ? arena_printf(w->a,
                                  "Previous DDO has the same tx id, no need to update: "
                                  "event-txid=%s <> asset-event-txid=%s",
                                  it->tx, old->tx)
                   : arena_printf(
                         w->a, "Asset was updated later (block: %llu) vs transaction block: %llu",
                         (unsigned long long)old->block, (unsigned long long)it->log->block);
    if (old && it->ev.id == EVENT_METADATA_CREATED && old->state == 0)
        return arena_printf(w->a, "DDO %s is already registered as active from transaction %s",
                            old->did, old->tx);
    return NULL;
}

bool metadata_is_stale(const struct window *w, const struct entry *it, const struct asset_row *old)
{
    return meaning_of(it, old) != NEWS || why_not(w, it, old) != NULL;
}

/* An asset that is deprecated or revoked keeps its document out of sight (rows.h). */
static int set_state(const struct window *w, struct db *db, const struct entry *it,
                     struct asset_row *asset, int64_t state, struct err *e)
{
    struct json *nft = json_path(asset->document, "indexedMetadata.nft");

    if (asset_row_remember(db, asset->chain, asset->nft, it->log->block, e) < 0)
        return -1;
    asset->state = state;
    json_set_int(w->a, nft, "state", state);
    return asset_row_put(db, w->a, asset, ROW_WHOLE, e);
}

/* How often each service was ordered, as far as its datatoken is the NFT's own. */
static int count_orders(const struct window *w, struct db *db, const struct entry *it,
                        int64_t **ret, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    const struct json *services = json_get(document_body(facts->document), "services");
    int64_t *n = arena_calloc(w->a, json_len(services), sizeof(*n));
    const struct token *t;
    const struct token *other;
    size_t i;
    size_t k;

    for (i = 0; i < json_len(services); i++) {
        bool shared = false;

        if (!metadata_owns_token(w, it, json_at(services, i), &t))
            continue;
        for (k = 0; k < json_len(services) && !shared; k++)
            shared =
                k != i && metadata_owns_token(w, it, json_at(services, k), &other) && other == t;
        if (order_rows_count(db, w->chain->chain_id, lower_text(w->a, &t->addr),
                             shared ? (int64_t)i : -1, &n[i], e) < 0)
            return -1;
    }
    *ret = n;
    return 0;
}

/* Datatokens now known to be the asset's, with the orders that came before it was known. */
static int own_tokens(const struct window *w, struct db *db, const struct entry *it,
                      const struct asset_row *row, struct err *e)
{
    const struct json *services = json_get(document_body(row->document), "services");
    const struct token *t;
    const char *address;
    size_t i;

    for (i = 0; i < json_len(services); i++) {
        if (!metadata_owns_token(w, it, json_at(services, i), &t))
            continue;
        address = lower_text(w->a, &t->addr);
        if (asset_row_own_datatoken(db, row->chain, address, row->nft, e) < 0 ||
            order_rows_adopt(db, row, address, e) < 0)
            return -1;
    }
    return 0;
}

static int store(const struct window *w, struct db *db, const struct entry *it,
                 const struct asset_row *old, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    struct asset_row row = {
        .chain = w->chain->chain_id,
        .nft = it->emitter,
        .did = json_get_str(facts->document, "id", ""),
        .state = facts->state,
        .tx = it->tx,
        .block = it->log->block,
        .log_index = it->log->index,
    };
    int64_t *ordered;

    if (count_orders(w, db, it, &ordered, e) < 0)
        return -1;
    row.document = metadata_build(w, it, old ? old->document : NULL, ordered);
    if (asset_row_remember(db, row.chain, row.nft, row.block, e) < 0 ||
        asset_row_put(db, w->a, &row, ROW_WHOLE, e) < 0 || own_tokens(w, db, it, &row, e) < 0)
        return -1;
    return put_state(w, db, it, NULL, e);
}

/* The document did not come: it is looked for once more, later each time. */
static int look_later(const struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    const struct again again = {it->tx, w->again ? w->again->attempts + 1 : facts->asked,
                                it->log->block};

    return again_put(db, w->chain->chain_id, &again, e);
}

/* Out of use: what there is is hidden, and the attempt is remembered for when that changes. */
static int retire(const struct window *w, struct db *db, const struct entry *it,
                  struct asset_row *old, struct err *e)
{
    const struct nft_facts *facts = it->facts;

    if (old && old->state != facts->state && set_state(w, db, it, old, facts->state, e) < 0)
        return -1;
    return put_state(w, db, it,
                     arena_printf(w->a, "The asset is out of use (state %lld): nothing is shown.",
                                  (long long)facts->state),
                     e);
}

int metadata_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    struct asset_row *old;
    const char *why;

    if (!facts->deployed)
        return 0;
    if (asset_row_get(db, w->a, w->chain->chain_id, it->emitter, &old, e) < 0)
        return -1;
    if (meaning_of(it, old) == SAME)
        return put_state(w, db, it, NULL, e);
    if (w->again && meaning_of(it, old) == OUTDATED)
        return 0;
    why = why_not(w, it, old);
    if (why || (facts->error && !facts->later))
        return put_state(w, db, it, why ? why : facts->error, e);
    if (facts->state == STATE_DEPRECATED || facts->state == STATE_REVOKED)
        return retire(w, db, it, old, e);
    if (!facts->error)
        return store(w, db, it, old, e);
    return look_later(w, db, it, e) < 0 ? -1 : put_state(w, db, it, facts->error, e);
}

/* A document that could not be had while the asset was out of use may be there now. */
static int look_for_document(const struct window *w, struct db *db, const struct entry *it,
                             struct err *e)
{
    struct again again;

    if (again_of_failed(db, w->a, w->chain->chain_id, it->emitter, &again, e) < 0)
        return -1;
    return again.tx ? again_put(db, w->chain->chain_id, &again, e) : 0;
}

/* MetadataState(updatedBy*, state, timestamp, block) */
int metadata_state_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    int64_t state = facts ? facts->state : field_small(&it->ev, "state");
    struct asset_row *asset;

    if (asset_row_get(db, w->a, w->chain->chain_id, it->emitter, &asset, e) < 0)
        return -1;
    if (asset && asset->state != state && set_state(w, db, it, asset, state, e) < 0)
        return -1;
    return w->again || state == STATE_DEPRECATED || state == STATE_REVOKED
               ? 0
               : look_for_document(w, db, it, e);
}

/* Sets a text of indexedMetadata.nft. */
static int set_nft(const struct window *w, struct db *db, const struct entry *it, const char *key,
                   const char *value, struct err *e)
{
    struct asset_row *asset;
    struct json *nft;

    if (asset_row_get(db, w->a, w->chain->chain_id, it->emitter, &asset, e) < 0)
        return -1;
    nft = asset ? json_path(asset->document, "indexedMetadata.nft") : NULL;
    if (!nft || str_eq(json_get_str(nft, key, NULL), value))
        return 0;
    if (asset_row_remember(db, asset->chain, asset->nft, it->log->block, e) < 0)
        return -1;
    json_set_str(w->a, nft, key, value);
    return asset_row_put(db, w->a, asset, ROW_WHOLE, e);
}

/* TokenURIUpdate(updatedBy*, uri, id, timestamp, block) */
int token_uri_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    struct bytes uri = event_bytes(&it->ev, "uri");

    if (event_u64(&it->ev, "id") != 1 || uri.n > URI_MAX)
        return 0;
    return set_nft(w, db, it, "tokenURI", facts ? facts->token_uri : text_of_bytes(w->a, uri), e);
}

/* Transfer(from*, to*, tokenId*). Makers and burners say in events of their own what they do. */
int transfer_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct nft_facts *facts = it->facts;
    struct addr from = event_addr(&it->ev, "from");
    struct addr to = event_addr(&it->ev, "to");

    if (addr_is_zero(&from) || addr_is_zero(&to))
        return 0;
    if (access_list_transfer(w, db, it, e) < 0)
        return -1;
    if (event_u64(&it->ev, "tokenId") != 1)
        return 0;
    return set_nft(w, db, it, "owner", facts && facts->owner ? facts->owner : addr_text(w->a, &to),
                   e);
}
