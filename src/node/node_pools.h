/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_POOLS_H
#define ATOLL_NODE_NODE_POOLS_H

#include "node/node.h"

struct auth_person; /* auth/person.h */

/*
 * Makes n->pools. After node_compute_open(), before escrow_start(); pools_run() comes last of the
 * parts that spend money. In the end: escrow_stop(), pools_free(), compute_free(), escrow_free().
 */
void node_pools_open(struct node *n);

/* Gives what poolQuota says to a person who has no wallet; a failure is only logged. */
void node_pools_quota(struct node *n, const struct auth_person *person);

/* Puts overProvisioning and identityGuard into effect: at start and at each change. */
void node_pools_settings(struct node *n, const struct config *c);

/*
 * NODE_IDENTITY when the operator wants nothing paid on a chain where somebody else uses the
 * node's key (identityGuard: refuse).
 */
int node_identity_check(struct node *n, uint64_t chain, struct err *e) must_check;
/* {state: "ok" | "shared", chains: [{chain, strange, noticed}]} of the chains where it is so. */
struct json *node_identity_json(struct node *n, struct arena *a);

#endif
