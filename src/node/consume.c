/* SPDX-License-Identifier: Apache-2.0 */
#include "node/consume.h"

#include "base/clock.h"
#include "node/node.h"
#include "node/policy.h"

/* The same question for every way to use an asset. */
static struct json *question(struct task *t, const struct consume_wish *w)
{
    struct arena *a = t->arena;
    struct json *q = policy_question(a, w->action);

    json_set_str(a, q, "documentId", w->asset->did);
    policy_add(a, q, "ddo", w->asset->json);
    json_set_str(a, q, "serviceId", w->service->id);
    json_set_str(a, q, "consumerAddress", w->consumer_text);
    json_set(a, q, "policyServer", w->policy ? json_copy(a, w->policy) : json_new_null(a));
    return q;
}

int consume_allowed(struct task *t, const struct consume_wish *w, struct err *e)
{
    const struct json *of_asset = w->asset->credentials;
    const struct json *of_service = w->service ? w->service->credentials : NULL;
    const struct asset_lists *lists = &t->node->lists;
    uint64_t chain = w->asset->chain_id;
    struct err denial;

    if (!policy_is_configured(t->node))
        return asset_credentials_grant(of_asset, chain, &w->consumer, lists) &&
                       asset_credentials_grant(of_service, chain, &w->consumer, lists)
                   ? 0
                   : refused(e, ASSET_DENIED, w->asset->did);
    if (!w->service || (json_type(of_asset) == JSON_NULL && json_type(of_service) == JSON_NULL))
        return 0;
    (void)refused(&denial, ASSET_DENIED, w->asset->did);
    return policy_demand(t, question(t, w), &denial, e);
}

struct order_request consume_order(const struct asset *asset, const struct asset_service *service,
                                   size_t index, const struct addr *consumer)
{
    return (struct order_request){.nft = asset->nft_addr,
                                  .datatoken = service->datatoken_addr,
                                  .consumer = *consumer,
                                  .service_index = index,
                                  .timeout_s = service->timeout_s,
                                  .cost = service->cost};
}

int64_t consume_valid_until(const struct asset_service *service)
{
    return service->timeout_s ? clock_s() + (int64_t)service->timeout_s : 0;
}
