/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ORDER_ORDER_INT_H
#define ATOLL_ORDER_ORDER_INT_H

#include "chain/abi.h"
#include "order/order.h"

/* Inside order/: logs of one event of one contract. */

/* An event as Solidity declares it. */
struct order_event {
    const char *signature; /* "OrderReused(bytes32,address,uint256,uint256)" */
    size_t topics;         /* with the first, which is the signature's hash */
    const char *data;      /* types of what is not indexed: "(bytes32,address,...)" */
};

/*
 * Whether the contract `by` emitted this log as this event; then its data is decoded. Events of
 * the same signature with other indexed parameters, and malformed data, are none.
 */
bool order__event(struct arena *a, const struct rpc_log *log, const struct order_event *event,
                  const struct addr *by, struct abi_value *ret_data);

/* The address in a topic. */
struct addr order__topic_addr(const struct hash32 *topic);

#endif
