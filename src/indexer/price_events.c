/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchanges and dispensers. Their events only say that something changed: what a datatoken costs is
 * read anew from the datatoken's own lists, which hold nothing but offers that the router approved.
 */
#include "base/str.h"
#include "indexer/read.h"
#include "indexer/rows.h"
#include "indexer/window.h"

static bool is_price(const struct entry *it)
{
    return it->ev.id >= EVENT_EXCHANGE_CREATED && it->ev.id <= EVENT_DISPENSER_DEACTIVATED;
}

/* The other events of an exchange name nothing but the exchange. */
static bool names_datatoken(const struct entry *it)
{
    return it->ev.id == EVENT_EXCHANGE_CREATED || it->ev.id >= EVENT_DISPENSER_CREATED;
}

/* Asks the exchanges for their datatokens. */
static int read_exchanges(struct window *w, struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, w->count, sizeof(*r));
    struct abi_value v;
    struct hash32 id;
    size_t n = 0;
    size_t i;

    for (i = 0; i < w->count; i++)
        if (is_price(&w->entries[i]) && !names_datatoken(&w->entries[i])) {
            id = event_hash(&w->entries[i].ev, "id");
            v = abi_hash(&id);
            r[n++] = reading(w->a, &w->entries[i].log->address, "getExchange(bytes32)", &v, 1);
        }
    if (n > 0 && rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    for (i = 0, n = 0; i < w->count; i++)
        if (is_price(&w->entries[i]) && !names_datatoken(&w->entries[i]) &&
            read_values(w->a, &r[n++], EXCHANGE, &v))
            w->entries[i].facts =
                arena_memdup(w->a, &v.list.v[EXCHANGE_DATATOKEN].addr, sizeof(struct addr));
    return 0;
}

int prices_read(struct window *w, struct err *e)
{
    const char *nft;
    size_t i;

    if (read_exchanges(w, e) < 0)
        return -1;
    for (i = 0; i < w->count; i++) {
        struct entry *it = &w->entries[i];
        _db_ struct db *db = NULL;

        if (!is_price(it))
            continue;
        if (names_datatoken(it)) {
            struct addr token = event_addr(&it->ev, "datatoken");

            it->facts = arena_memdup(w->a, &token, sizeof(token));
        }
        if (!it->facts || token_find(w, it->facts))
            continue;
        db = store_lend(w->o->store);
        if (asset_row_of_datatoken(db, w->a, w->chain->chain_id, lower_text(w->a, it->facts), &nft,
                                   e) < 0)
            return -1;
        if (nft)
            (void)token_want(w, it->facts);
    }
    return 0;
}

/* True when a price of the document changed. */
static bool set_prices(struct arena *a, struct json *document, const char *datatoken,
                       struct json *prices)
{
    struct json *stats = json_path(document, "indexedMetadata.stats");
    struct json *it;
    bool changed = false;
    size_t i;

    for (i = 0; i < json_len(stats); i++) {
        it = json_at(stats, i);
        if (!str_ieq(json_get_str(it, "datatokenAddress", ""), datatoken) ||
            json_equal(json_get(it, "prices"), prices))
            continue;
        json_set(a, it, "prices", json_copy(a, prices));
        changed = true;
    }
    return changed;
}

int prices_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    const struct token *t = it->facts ? token_find(w, it->facts) : NULL;
    uint64_t chain = w->chain->chain_id;
    struct asset_row *asset;
    const char *datatoken;
    const char *nft;

    if (!t)
        return 0;
    datatoken = lower_text(w->a, &t->addr);
    if (asset_row_of_datatoken(db, w->a, chain, datatoken, &nft, e) < 0)
        return -1;
    if (!nft)
        return 0;
    if (asset_row_get(db, w->a, chain, nft, &asset, e) < 0)
        return -1;
    if (!asset || !set_prices(w->a, asset->document, datatoken, t->prices))
        return 0;
    if (asset_row_remember(db, chain, nft, it->log->block, e) < 0)
        return -1;
    return asset_row_put(db, w->a, asset, ROW_WHOLE, e);
}
