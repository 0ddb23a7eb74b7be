/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/ddo.h"
#include "base/str.h"
#include "client/client_int.h"
#include "market/purchase.h"

/* Orders, and downloads of what was ordered: `atoll asset order`, `atoll asset download`. */

int client__service(const struct json *ddo, const char *which, struct json **ret, size_t *ret_index,
                    struct err *e)
{
    const struct json *services = json_get(ddo, "services");
    uint64_t index;
    size_t i;

    for (i = 0; i < json_len(services); i++)
        if (str_eq(json_get_str(json_at(services, i), "id", NULL), which))
            goto found;
    for (i = 0; i < json_len(services); i++)
        if (str_eq(json_get_str(json_at(services, i), "type", NULL), which))
            goto found;
    if (!str_u64(which, SIZE_MAX, &index) || index >= json_len(services))
        return refused(e, UNKNOWN_SERVICE, which, json_get_str(ddo, "id", ""));
    i = (size_t)index;
found:
    *ret = json_at(services, i);
    *ret_index = i;
    return 0;
}

/* providerFee as the node sends it. */
static int parse_fee(struct arena *a, const struct json *v, struct provider_fee *ret, struct err *e)
{
    const char *until = json_text(a, json_get(v, "validUntil"));
    int64_t sig_v = json_get_int(v, "v", 0);

    if (!addr_parse_any(json_get_str(v, "providerFeeAddress", ""), &ret->address) ||
        !addr_parse_any(json_get_str(v, "providerFeeToken", ""), &ret->token) ||
        !u256_parse(json_get_str(v, "providerFeeAmount", ""), &ret->amount) ||
        !hex_parse(a, json_get_str(v, "providerData", "?"), &ret->data) ||
        !hash32_parse(json_get_str(v, "r", ""), &ret->r) ||
        !hash32_parse(json_get_str(v, "s", ""), &ret->s) || !u256_parse(until, &ret->valid_until) ||
        sig_v < 0 || sig_v > UINT8_MAX)
        return failed(e, FAILED, "the node's provider fee is malformed");
    ret->v = (uint8_t)sig_v;
    return 0;
}

int client__order(struct client *c, const struct client_order *o, const char **ret_tx,
                  struct err *e)
{
    struct arena *a = c->arena;
    struct provider_fee fee;
    struct provider_fee rest;
    struct purchase p = {.factory = c->contracts.erc721_factory,
                         .consumer = o->consumer,
                         .service_index = o->service_index,
                         .fee = &fee};
    struct hash32 order;
    struct hash32 tx;

    if (!addr_parse_any(json_get_str(o->service, "datatokenAddress", ""), &p.datatoken))
        return refused(e, NOT_AN_ADDRESS, "datatokenAddress");
    if (parse_fee(a, o->fee, &fee, e) < 0 || asset_dt_cost(o->service, &p.count, e) < 0)
        return -1;
    if (o->reuse) {
        if (!hash32_parse(o->reuse, &order) ||
            purchase_reuse(&c->wallet, &p.datatoken, &order, &fee, &tx, e) < 0)
            return -1;
    } else {
        if (p.count > 1 && parse_fee(a, o->rest, &rest, e) < 0)
            return -1;
        p.rest = p.count > 1 ? &rest : NULL;
        if (purchase_order(&c->wallet, &p, &tx, e) < 0)
            return -1;
    }
    *ret_tx = hash32_text(a, &tx);
    return 0;
}

int client_asset_order(struct client *c, const char *did, const char *service, const char *consumer,
                       struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct client_order o = {0};
    struct json *ddo;
    struct json *chosen;
    struct json *fees;
    struct json *v;
    const char *tx;
    unsigned cost;

    if (client__signer(c, e) < 0 ||
        client__address(c, "consumer", consumer ? consumer : "me", &o.consumer, e) < 0 ||
        client_asset_resolve(c, did, &ddo, e) < 0 ||
        client__service(ddo, service, &chosen, &o.service_index, e) < 0 ||
        asset_dt_cost(chosen, &cost, e) < 0)
        return -1;
    if (str_eq(json_get_str(chosen, "type", ""), "compute"))
        return refused(e, ORDERED_BY_COMPUTE);
    if (client__get(c, c->config->provider_url,
                    arena_printf(
                        a, "/api/services/initialize?documentId=%s&serviceId=%s&consumerAddress=%s",
                        client__escape(a, did), client__escape(a, json_get_str(chosen, "id", "")),
                        addr_text(a, &o.consumer)),
                    &fees, e) < 0)
        return -1;
    o.ddo = ddo;
    o.service = chosen;
    o.fee = json_get(fees, "providerFee");
    o.rest = json_get(fees, "providerFeeRest");
    if (client__order(c, &o, &tx, e) < 0)
        return -1;
    v = json_new_object(a);
    json_set_str(a, v, "tx", tx);
    json_set_str(a, v, "did", did);
    json_set_str(a, v, "service", json_get_str(chosen, "id", ""));
    json_set_str(a, v, "datatoken", json_get_str(chosen, "datatokenAddress", ""));
    json_set_int(a, v, "cost", cost);
    *ret = v;
    return 0;
}

int client_asset_download(struct client *c, const struct client_download *d, struct json **ret,
                          struct err *e)
{
    struct arena *a = c->arena;
    struct json *ddo;
    struct json *chosen;
    const char *query;
    const char *url;
    size_t place;

    if (client_asset_resolve(c, d->did, &ddo, e) < 0 ||
        client__service(ddo, d->service, &chosen, &place, e) < 0 ||
        client__signed_query(c, "download", &query, e) < 0)
        return -1;
    url = arena_printf(
        a, "%s/api/services/download?fileIndex=%lld&documentId=%s&serviceId=%s&transferTxId=%s&%s",
        c->config->provider_url, (long long)d->index, client__escape(a, d->did),
        client__escape(a, json_get_str(chosen, "id", "")), client__escape(a, d->order_tx), query);
    return client__fetch(c, url, d->folder, NULL, ret, e);
}
