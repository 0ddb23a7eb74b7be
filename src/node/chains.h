/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_CHAINS_H
#define ATOLL_NODE_CHAINS_H

#include "node/node.h"

/*
 * What the node asks chains on behalf of its parts. Any thread; the calls wait for an endpoint.
 */
/*
 * At start: every endpoint that answers must answer for its chain (INVALID names one that does
 * not). Asks all chains at a time, two seconds an endpoint at the most.
 */
int node_chains_check(const struct node *n, struct err *e) must_check;

/*
 * asset_lists.has: an access list's balanceOf(who) > 0. A contract that is none holds nobody; -1
 * (and a line in the log) when the chain is not configured or does not answer.
 */
int node_has_list(void *node, uint64_t chain_id, const struct addr *list, const struct addr *who,
                  bool *ret, struct err *e) must_check;

/*
 * auth_callbacks: ERC-1271 on the named chain, or on every chain that is configured until one says
 * yes (smart.c). A chain that fails does not keep the others from being asked; -1 when one failed
 * and none said yes.
 */
int node_is_valid_signature(void *node, const struct smart_signature *s, bool *ret, struct err *e)
    must_check;
int node_is_listed_admin(void *node, const struct addr *who, bool *ret, struct err *e) must_check;

/* compute_callbacks.decimals; remembered. */
int node_decimals(void *node, uint64_t chain, const struct addr *token, unsigned *ret,
                  struct err *e) must_check;

#endif
