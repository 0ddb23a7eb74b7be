/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/auth.h"
#include "base/str.h"
#include "node/consume.h"
#include "node/node.h"

/* What is to be sold; every refusal of getFees but the fee's own. */
static int find_service(struct task *t, const struct args_get_fees *args, struct asset *asset,
                        const struct asset_service **ret, struct err *e)
{
    const struct asset_service *service;
    bool found;

    if (node_asset_find(t->node, t->arena, args->ddo_id, &found, asset, e) < 0)
        return -1;
    if (!found)
        return refused(e, FEES_DID);
    if (!asset_is_orderable(asset))
        return refused(e, ASSET_NOT_ORDERABLE);
    service = asset_service_find(asset, args->service_id, NULL);
    if (!service)
        return refused(e, ASSET_SERVICE);
    if (str_eq(service->type, "compute"))
        return refused(e, FEES_COMPUTE);
    if (args->has_valid_until && service->timeout_s > 0 &&
        args->valid_until > consume_valid_until(service))
        return refused(e, FEES_VALID_UNTIL);
    *ret = service;
    return 0;
}

/* getFees: what ordering a download costs on top of the price.  See api/getFees.json. */
int cmd_get_fees(struct task *t, const struct args_get_fees *args, struct err *e)
{
    const struct asset_service *service = NULL;
    struct order_offer_request q = {0};
    struct order_offer offer;
    struct json *reply = json_new_object(t->arena);
    struct asset asset;
    struct addr consumer; /* absent is as wrong as malformed */
    struct rpc *rpc;
    int64_t nonce;
    struct err why;

    if (!addr_parse_any(args->consumer_address, &consumer))
        return refused(e, NOT_AN_ADDRESS, "consumerAddress");
    if (find_service(t, args, &asset, &service, e) < 0)
        return -1;
    q.order.cost = service->cost;
    q.terms = (struct order_fee_terms){
        .datatoken = service->datatoken,
        .service_id = service->id,
        .valid_until_s = args->has_valid_until ? args->valid_until : consume_valid_until(service)};
    rpc = node_rpc(t->node, asset.chain_id);
    if (!rpc || order_offer_make(t->node->fees, rpc, t->arena, &q, &offer, &why) < 0)
        return refused(e, FEES_FAILED, asset.did, service->id);
    if (auth_nonce_get(t->node->auth, &consumer, &nonce, e) < 0)
        return -1;
    json_set(t->arena, reply, "providerFee", offer.fee);
    if (offer.rest)
        json_set(t->arena, reply, "providerFeeRest", offer.rest);
    json_set_str(t->arena, reply, "datatoken", service->datatoken);
    json_set_str(t->arena, reply, "nonce", arena_printf(t->arena, "%lld", (long long)nonce));
    json_set_str(t->arena, reply, "computeAddress", args->consumer_address);
    return reply_json(t, reply);
}
