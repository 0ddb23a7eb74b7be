/* SPDX-License-Identifier: Apache-2.0 */
/* MetadataCreated, MetadataUpdated and MetadataState become rows. */
#include "base/str.h"
#include "indexer/metadata.h"
#include "indexer/read.h"
#include "indexer/rows.h"

static int put_state(const struct window *w, struct db *db, const struct entry *it,
                     const char *error, struct err *e)
{
    const struct metadata_facts *facts = it->facts;
    const char *version = json_get_str(facts->document, "version", "");
    const struct state_row row = {.chain = w->chain->chain_id,
                                  .did =
                                      did_of(w->a, &it->log->address, w->chain->chain_id, version),
                                  .nft = addr_text(w->a, &it->log->address),
                                  .tx = it->tx,
                                  .block = it->log->block,
                                  .error = error};

    return state_row_put(db, &row, e);
}

/* Why the event does not change the asset that is there; NULL when it does. "" is no error. */
static const char *why_not(const struct window *w, const struct entry *it,
                           const struct asset_row *old)
{
    if (!old)
        return NULL;
    if (old->block == it->log->block && old->log_index == it->log->index && str_eq(old->tx, it->tx))
        return ""; /* this very event, looked at again */
    if (it->ev.id == EVENT_METADATA_CREATED && old->state == 0)
        return str_eq(old->tx, it->tx)
                   ? ""
                   : arena_printf(w->a,
                                  "DDO %s is already registered as active from transaction %s",
                                  old->did, old->tx);
    if (old->block == it->log->block && old->log_index >= it->log->index && str_eq(old->tx, it->tx))
        return arena_printf(w->a,
                            "Previous DDO has the same tx id, no need to update: event-txid=%s <> "
                            "asset-event-txid=%s",
                            it->tx, old->tx);
    if (old->block > it->log->block ||
        (old->block == it->log->block && old->log_index >= it->log->index))
        return arena_printf(w->a,
                            "Asset was updated later (block: %llu) vs transaction block: %llu",
                            (unsigned long long)old->block, (unsigned long long)it->log->block);
    return NULL;
}

bool metadata_is_stale(const struct window *w, const struct entry *it, const struct asset_row *old)
{
    return why_not(w, it, old) != NULL;
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

static int store(const struct window *w, struct db *db, const struct entry *it,
                 const struct asset_row *old, struct err *e)
{
    const struct metadata_facts *facts = it->facts;
    struct asset_row row = {
        .chain = w->chain->chain_id,
        .nft = it->emitter,
        .did = json_get_str(facts->document, "id", ""),
        .document = metadata_build(w, it, old ? old->document : NULL),
        .state = field_small(&it->ev, "state"),
        .tx = it->tx,
        .block = it->log->block,
        .log_index = it->log->index,
    };

    if (asset_row_remember(db, row.chain, row.nft, row.block, e) < 0 ||
        asset_row_put(db, w->a, &row, ROW_WHOLE, e) < 0)
        return -1;
    return put_state(w, db, it, NULL, e);
}

int metadata_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct metadata_facts *facts = it->facts;
    int64_t state = field_small(&it->ev, "state");
    struct asset_row *old;
    const char *why;

    if (!facts->deployed)
        return 0;
    if (asset_row_get(db, w->a, w->chain->chain_id, it->emitter, &old, e) < 0)
        return -1;
    why = why_not(w, it, old);
    if (why)
        return put_state(w, db, it, *why ? why : NULL, e);
    if (state == STATE_DEPRECATED || state == STATE_REVOKED)
        return old ? set_state(w, db, it, old, state, e) : 0;
    if (facts->again && again_failed(db, w->chain->chain_id, it->tx, e) < 0)
        return -1;
    if (facts->error)
        return put_state(w, db, it, facts->error, e);
    return store(w, db, it, old, e);
}

/* MetadataState(updatedBy*, state, timestamp, block) */
int metadata_state_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    int64_t state = field_small(&it->ev, "state");
    struct asset_row *asset;

    if (asset_row_get(db, w->a, w->chain->chain_id, it->emitter, &asset, e) < 0)
        return -1;
    if (!asset || asset->state == state)
        return 0;
    return set_state(w, db, it, asset, state, e);
}
