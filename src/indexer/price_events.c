/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchanges and dispensers. Their events only say that something changed: what a datatoken costs is
 * read anew from the datatoken's own lists, which hold nothing but offers that the router approved.
 */
#include "base/str.h"
#include "indexer/read.h"
#include "indexer/rows.h"
#include "indexer/window.h"

static bool is_price(const struct event *ev)
{
    return ev->kind >= EXCHANGE_CREATED && ev->kind <= DISPENSER_DEACTIVATED;
}

/* Where the event itself names the datatoken: the topic's number; 0: only the exchange is named. */
static size_t datatoken_topic(const struct event *ev)
{
    if (ev->kind == EXCHANGE_CREATED)
        return 3;
    return ev->kind >= DISPENSER_CREATED ? 1 : 0;
}

/* Asks the exchanges for their datatokens. */
static int read_exchanges(struct window *w, struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, w->event_count, sizeof(*r));
    struct abi_value v;
    size_t n = 0;
    size_t i;

    for (i = 0; i < w->event_count; i++)
        if (is_price(&w->events[i]) && datatoken_topic(&w->events[i]) == 0) {
            v = abi_hash(&w->events[i].log->topics[1]);
            r[n++] = reading(w->a, &w->events[i].log->address, "getExchange(bytes32)", &v, 1);
        }
    if (n > 0 && rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    for (i = 0, n = 0; i < w->event_count; i++)
        if (is_price(&w->events[i]) && datatoken_topic(&w->events[i]) == 0 &&
            read_values(w->a, &r[n++], EXCHANGE, &v))
            w->events[i].facts =
                arena_memdup(w->a, &v.list.v[EXCHANGE_DATATOKEN].addr, sizeof(struct addr));
    return 0;
}

int prices_read(struct window *w, struct err *e)
{
    const char *nft;
    size_t i;

    if (read_exchanges(w, e) < 0)
        return -1;
    for (i = 0; i < w->event_count; i++) {
        struct event *ev = &w->events[i];
        _db_ struct db *db = NULL;

        if (!is_price(ev))
            continue;
        if (datatoken_topic(ev)) {
            struct addr token = event_topic_addr(ev, datatoken_topic(ev));

            ev->facts = arena_memdup(w->a, &token, sizeof(token));
        }
        if (!ev->facts || token_find(w, ev->facts))
            continue;
        db = store_lend(w->o->store);
        if (asset_row_of_datatoken(db, w->a, w->chain->chain_id, addr_text_lower(w->a, ev->facts),
                                   &nft, e) < 0)
            return -1;
        if (nft)
            (void)token_want(w, ev->facts);
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

int prices_apply(struct window *w, struct db *db, const struct event *ev, struct err *e)
{
    const struct token *t = ev->facts ? token_find(w, ev->facts) : NULL;
    uint64_t chain = w->chain->chain_id;
    struct asset_row *asset;
    const char *datatoken;
    const char *nft;

    if (!t)
        return 0;
    datatoken = addr_text_lower(w->a, &t->addr);
    if (asset_row_of_datatoken(db, w->a, chain, datatoken, &nft, e) < 0)
        return -1;
    if (!nft)
        return 0;
    if (asset_row_get(db, w->a, chain, nft, &asset, e) < 0)
        return -1;
    if (!set_prices(w->a, asset->document, datatoken, t->prices))
        return 0;
    if (asset_row_remember(db, chain, nft, ev->log->block, e) < 0)
        return -1;
    return asset_row_put(db, w->a, asset, ROW_WHOLE, e);
}
