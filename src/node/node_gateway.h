/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_GATEWAY_H
#define ATOLL_NODE_NODE_GATEWAY_H

#include "node/node.h"

/* Makes n->gateway from the configuration; it names, and serves when node_gateway_start() is
 * called behind the listener's start. gateway_stop() and gateway_free() end it. */
int node_gateway_open(struct node *n, struct err *e) must_check;
void node_gateway_start(struct node *n);

/* The options that may change while the node runs; borrowed from the configuration. */
struct gateway_settings node_gateway_settings(const struct config *c);

/* The domains of packages' [[servers]], as they are now: to be called when they have changed. */
void node_gateway_hosts(struct node *n);

/* Where Caddy finds the node; and the address it comes from. "127.0.0.1" unless bound elsewhere. */
const char *node_gateway_address(const struct config *c);

#endif
