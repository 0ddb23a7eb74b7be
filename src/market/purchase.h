/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_MARKET_PURCHASE_H
#define ATOLL_MARKET_PURCHASE_H

#include "chain/wallet.h"

/*
 * Orders: one datatoken for one use of a service, its proof the transaction's hash. A service
 * that costs N datatokens (dtCost) is N orders in one transaction of the ERC721Factory.
 */
enum { ORDERS_MAX = 50 }; /* the contract's limit */

/* As the node signed it (GET initialize, initializeCompute). */
struct provider_fee {
    struct addr address;
    struct addr token;
    struct u256 amount;
    struct bytes data;
    uint8_t v;
    struct hash32 r;
    struct hash32 s;
    struct u256 valid_until;
};

struct purchase {
    struct addr factory; /* ERC721Factory */
    struct addr datatoken;
    struct addr consumer; /* who may use the service: the buyer, or a compute environment */
    uint64_t service_index;
    unsigned count;                  /* dtCost: 1..ORDERS_MAX */
    const struct provider_fee *fee;  /* of the first order */
    const struct provider_fee *rest; /* of the others: amount 0; NULL when count is 1 */
};

/*
 * Pays `count` datatokens and the provider fee, approving what is needed. SHORTAGE when the
 * wallet lacks datatokens or the fee's currency. *ret_tx proves the order.
 */
int purchase_order(const struct wallet *w, const struct purchase *p, struct hash32 *ret_tx,
                   struct err *e) must_check;

/* Pays a new provider fee for an order that is still valid (reuseOrder). */
int purchase_reuse(const struct wallet *w, const struct addr *datatoken, const struct hash32 *order,
                   const struct provider_fee *fee, struct hash32 *ret_tx, struct err *e) must_check;

#endif
