/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OrderStarted and OrderReused: a row for each log, and one more order in the service's count.
 * The rows are kept for datatokens without an asset too: it may be found later, and then it has
 * been ordered so often.
 */
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/read.h"
#include "indexer/rows.h"
#include "indexer/window.h"

/* OrderStarted(consumer*, payer, amount, serviceIndex, timestamp, publishMarket*, block) */
static void take_started(const struct window *w, const struct entry *it, struct order_row *row)
{
    row->type = "startOrder";
    row->consumer = field_addr(w->a, &it->ev, "consumer");
    row->payer = field_addr(w->a, &it->ev, "payer");
    row->amount = field_amount(w->a, &it->ev, "amount");
    row->service_index = field_small(&it->ev, "serviceIndex");
    row->timestamp = field_small(&it->ev, "ts");
    row->start_tx = "";
}

/* OrderReused(orderTxId, caller, timestamp, number); the rest is in the order's start. */
static int take_reused(const struct window *w, struct db *db, const struct entry *it,
                       struct order_row *row, bool *ret_known, struct err *e)
{
    struct hash32 start = event_hash(&it->ev, "orderTxId");

    row->type = "reuseOrder";
    row->start_tx = hash32_text(w->a, &start);
    row->payer = field_addr(w->a, &it->ev, "caller");
    row->timestamp = field_small(&it->ev, "ts");
    return order_row_started(db, w->a, row->start_tx, ret_known, row, e);
}

/* The element of stats for a service: by its id, else the first with the datatoken, else new. */
static struct json *element_for(struct arena *a, struct json *stats, const struct order_row *row,
                                const char *service_id)
{
    struct json *first = NULL;
    struct json *it;
    size_t i;

    for (i = 0; i < json_len(stats); i++) {
        it = json_at(stats, i);
        if (!str_ieq(json_get_str(it, "datatokenAddress", ""), row->datatoken))
            continue;
        if (str_eq(json_get_str(it, "serviceId", ""), service_id))
            return it;
        if (!first)
            first = it;
    }
    if (first)
        return first;
    it = json_new_object(a);
    json_set_str(a, it, "datatokenAddress", row->datatoken);
    json_set_str(a, it, "serviceId", service_id);
    json_set_int(a, it, "orders", 0);
    json_set(a, it, "prices", json_new_array(a));
    json_push(a, stats, it);
    return it;
}

static void count_order(struct arena *a, struct json *document, const struct order_row *row)
{
    struct json *service =
        json_at(json_get(document_body(document), "services"), (size_t)row->service_index);
    struct json *stats = json_path(document, "indexedMetadata.stats");
    struct json *it;

    if (!json_is(stats, JSON_ARRAY))
        return;
    it = element_for(a, stats, row, json_get_str(service, "id", ""));
    json_set_int(a, it, "orders", json_get_int(it, "orders", 0) + 1);
}

/* The asset of the datatoken, NULL when none is known (yet). */
static int find_asset(const struct window *w, struct db *db, const char *datatoken,
                      struct asset_row **ret, struct err *e)
{
    const char *nft;

    *ret = NULL;
    if (asset_row_of_datatoken(db, w->a, w->chain->chain_id, datatoken, &nft, e) < 0)
        return -1;
    return nft ? asset_row_get(db, w->a, w->chain->chain_id, nft, ret, e) : 0;
}

int order_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    struct order_row row = {.chain = w->chain->chain_id,
                            .tx = it->tx,
                            .log_index = it->log->index,
                            .block = it->log->block,
                            .datatoken = it->emitter};
    struct asset_row *asset;
    bool go = true;

    if (find_asset(w, db, row.datatoken, &asset, e) < 0)
        return -1;
    row.nft = asset ? asset->nft : "";
    row.did = asset ? asset->did : "";
    if (it->ev.id == EVENT_ORDER_STARTED)
        take_started(w, it, &row);
    else if (take_reused(w, db, it, &row, &go, e) < 0)
        return -1;
    if (!go || order_row_put(db, &row, &go, e) < 0)
        return go ? -1 : 0;
    if (!go || !asset)
        return 0;
    if (asset_row_remember(db, row.chain, row.nft, row.block, e) < 0)
        return -1;
    count_order(w->a, asset->document, &row);
    return asset_row_put(db, w->a, asset, ROW_NUMBERS, e);
}
