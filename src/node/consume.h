/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_CONSUME_H
#define ATOLL_NODE_CONSUME_H

#include "asset/asset.h"
#include "node/task.h"
#include "order/order.h"

/*
 * What commands that sell or serve an asset have in common. Everything lives in the task's arena;
 * calls wait for the database or a chain.
 */

/* Somebody who wants to use an asset. */
struct consume_wish {
    const char *action; /* for a policy server: "download", "startCompute" */
    const struct asset *asset;
    const struct asset_service *service; /* NULL: not found, which the caller refuses afterwards */
    struct addr consumer;
    const char *consumer_text; /* as sent */
    const struct json *policy; /* the request's policyServer, NULL when absent */
};

/*
 * ASSET_DENIED unless the credentials of the asset and of the service let the consumer pass, or,
 * where there are any and a policy server is configured, its answer does. Access lists are asked
 * on their own chains; one that cannot be asked counts against the consumer.
 */
int consume_allowed(struct task *t, const struct consume_wish *wish, struct err *e) must_check;

/* The order that an asset's service takes; tx zero. index: of the service in the asset. */
struct order_request consume_order(const struct asset *asset, const struct asset_service *service,
                                   size_t index, const struct addr *consumer);

/* When a fee that is issued now ends: 0 for a service without timeout. */
int64_t consume_valid_until(const struct asset_service *service);

#endif
