/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_PACKAGES_H
#define ATOLL_NODE_NODE_PACKAGES_H

#include "node/node.h"

/*
 * Makes n->packages from the configuration: before the gateway starts, which serves the hosts of
 * packages, and before whatever deploys. Hooks run on the first engine of the configuration.
 */
int node_packages_open(struct node *n, struct err *e) must_check;
void node_packages_close(struct node *n);

#endif
