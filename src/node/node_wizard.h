/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_WIZARD_H
#define ATOLL_NODE_NODE_WIZARD_H

#include "node/node.h"

/*
 * Wizards as part of the node: their packages, pools, prices, names and deployments are those of
 * the node's other parts. Nothing when the node runs no deployments.
 */

/* After packages, pools and the service are made. */
void node_wizard_open(struct node *n);
/* Begins their thread; when deployments can be begun. */
void node_wizard_start(struct node *n);

#endif
