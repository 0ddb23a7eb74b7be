/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "order/order.h"

int order_offer_make(struct order_fees *f, struct rpc *r, struct arena *a,
                     const struct order_offer_request *q, struct order_offer *ret, struct err *e)
{
    struct order_fee_terms terms = q->terms;
    struct order_offer offer = {0};
    struct order order;
    struct err why;

    if (q->has_tx && order_check(r, a, &q->order, &order, &why) < 0) {
        if (!order_is_refusal(&why)) {
            *e = why;
            return -1;
        }
    } else if (q->has_tx) {
        offer.valid = true;
        if (order_fee_paid(f, &order.receipt, &q->order.datatoken, terms.service_id, clock_s())) {
            *ret = offer;
            return 0;
        }
    }
    terms.rest = false;
    if (order_fee_issue(f, r, a, &terms, &offer.fee, e) < 0)
        return -1;
    terms.rest = true;
    if (!offer.valid && q->order.cost > 1 && order_fee_issue(f, r, a, &terms, &offer.rest, e) < 0)
        return -1;
    *ret = offer;
    return 0;
}
