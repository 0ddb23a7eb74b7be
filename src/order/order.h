/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ORDER_ORDER_H
#define ATOLL_ORDER_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "chain/rpc.h"
#include "crypto/eth.h"
#include "crypto/secp.h"
#include "json/json.h"

/*
 * The node's side of an order: is this transaction an order for this service, is it still good,
 * and was the node's fee paid with it (wire/chain.md 6 and 7). Everything is read from the chain;
 * nothing is kept. Any thread may call, and waits for the RPC endpoint.
 */

/* What a transaction has to be an order for. */
struct order_request {
    struct hash32 tx; /* of startOrder, startMultipleTokenOrder or reuseOrder */
    struct addr nft;
    struct addr datatoken;
    struct addr consumer;   /* for downloads who asks; for compute the environment's address */
    uint64_t service_index; /* in the DDO */
    uint64_t timeout_s;     /* of the service; 0: never expires */
    unsigned cost;          /* dtCost: orders that one use takes, 1..50 */
};

struct order {
    struct rpc_receipt receipt; /* of the request's transaction */
    struct hash32 start_tx;     /* the same, or the one that was reused */
    bool reused;
    unsigned count;   /* orders in start_tx for this token, service and consumer */
    int64_t start_s;  /* time of its block */
    int64_t expiry_s; /* start_s + timeout, or 0: never */
};

/*
 * Finds and judges the order, from the logs of the transaction whoever sent it (a wallet, a smart
 * account, the factory). An order may serve its payer as well as its consumer; with cost > 1 only
 * the consumer counts. Refused:
 *   ORDER_NOT_MINED      also when it failed
 *   ORDER_MISMATCH       no order of that token by that consumer
 *   ORDER_SERVICE        the order is for another service
 *   ORDER_NOT_DEPLOYED   the datatoken is not the NFT's
 *   ORDER_SHORT          fewer orders than the cost; the text names both numbers
 *   ORDER_EXPIRED
 * Anything else is a failure of the endpoint and says nothing about the order.
 */
int order_check(struct rpc *r, struct arena *a, const struct order_request *q, struct order *ret,
                struct err *e) must_check;

/* Whether the error of order_check() is a verdict on the order. */
bool order_is_refusal(const struct err *e);

/* --- the node's fees --- */

/* Signs fees with the node's key. Thread-safe. */
struct order_fees;

struct order_fee_token {
    uint64_t chain_id;
    struct addr token; /* zero: no fee on this chain */
};

struct order_fees_options {
    const struct seckey *key; /* the node's; copied, wiped in the end */
    const struct order_fee_token *tokens;
    size_t token_count;
    const char *amount; /* in whole tokens, decimal text, copied; NULL: 0 */
};

struct order_fees *order_fees_new(const struct order_fees_options *o);
void order_fees_free(struct order_fees *f); /* NULL is allowed */

/* What a fee is asked for. */
struct order_fee_terms {
    const char *datatoken; /* as the service spells it */
    const char *service_id;
    int64_t valid_until_s; /* 0: for ever */
    /*
     * For orders 2..N of a service that costs N: the amount is 0. It is marked in its data, and
     * order_fee_paid() does not take it for the fee itself.
     */
    bool rest;
};

/*
 * A signed fee as clients expect it: {providerFeeAddress, providerFeeToken, providerFeeAmount,
 * providerData, v, r, s, validUntil}. Asks the token for its decimals the first time.
 */
int order_fee_issue(struct order_fees *f, struct rpc *r, struct arena *a,
                    const struct order_fee_terms *terms, struct json **ret, struct err *e)
    must_check;

/* Whether orders on this chain cost a fee at all. */
bool order_fee_is_due(const struct order_fees *f, uint64_t chain_id);

/*
 * Whether the transaction paid a fee of ours for this datatoken and service that is good at now_s:
 * a ProviderFee event of the datatoken with our address and our signature.
 */
bool order_fee_paid(const struct order_fees *f, const struct rpc_receipt *receipt,
                    const struct addr *datatoken, const char *service_id, int64_t now_s);

/* What initialize and initializeCompute ask and tell about one service. */
struct order_offer_request {
    struct order_request order;
    bool has_tx;                  /* false: there is no order yet, order.tx is not looked at */
    struct order_fee_terms terms; /* its `rest` is not looked at */
};
struct order_offer {
    bool valid;        /* the transaction is a good order; false: startOrder is due */
    struct json *fee;  /* NULL: nothing is to be paid; with `valid`: reuseOrder is due */
    struct json *rest; /* for orders 2..N, when startOrder is due and the cost is above 1 */
};

/*
 * The scenarios of provider fees: no order -> fee; order and fee good -> neither; order good, fee
 * expired -> valid with a fee; order expired or wrong -> fee.
 */
int order_offer_make(struct order_fees *f, struct rpc *r, struct arena *a,
                     const struct order_offer_request *q, struct order_offer *ret, struct err *e)
    must_check;

#endif
