/* SPDX-License-Identifier: Apache-2.0 */
#include "node/consume.h"

#include "base/clock.h"
#include "node/node.h"

int consume_allowed(struct task *t, const struct asset *asset, const struct asset_service *service,
                    const struct addr *consumer, struct err *e)
{
    const struct asset_lists *lists = &t->node->lists;
    bool by_asset;
    bool by_service;

    if (asset_credentials_check(asset->credentials, consumer, lists, &by_asset, e) < 0 ||
        asset_credentials_check(service->credentials, consumer, lists, &by_service, e) < 0)
        return -1;
    if (!by_asset || !by_service)
        return refused(e, ASSET_DENIED, asset->did);
    return 0;
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
