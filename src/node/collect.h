/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_COLLECT_H
#define ATOLL_NODE_COLLECT_H

#include "node/node.h"

/*
 * Transfers of what the node's account has, for its administrators. The sender's journal decides:
 * the same transfer asked for again while it is under way is the same transaction, whatever
 * happens to the process meanwhile.
 */
struct node_collect;

struct collect_request {
    const struct node_chain *chain;
    struct addr token; /* zero: the native coin */
    struct addr to;
    bool everything;
    struct u256 amount; /* base units, when not everything */
};

enum collect_outcome {
    COLLECT_MINED,
    COLLECT_REVERTED,
    COLLECT_REFUSED, /* mined, but the token moved nothing */
    COLLECT_UNKNOWN
};

/*
 * Sends and waits until the chain has decided, two minutes at most (COLLECT_UNKNOWN: it may be
 * mined yet). ADMIN_FEES_HIGH and ADMIN_FEES_NATIVE_HIGH when there is not so much, and then
 * nothing was sent; else the chain's or the sender's own failures. Holds no connection of the store
 * meanwhile.
 */
int collect_transfer(struct node *n, const struct collect_request *r, struct hash32 *ret_tx,
                     enum collect_outcome *ret, struct err *e) must_check;

/* --- for node.c --- */
void collect_open(struct node *n); /* before the senders start */
void collect_stop(struct node *n); /* nobody waits any more; NULL members are allowed */
void collect_free(struct node *n); /* after the senders have ended */

#endif
