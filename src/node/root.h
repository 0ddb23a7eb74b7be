/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_ROOT_H
#define ATOLL_NODE_ROOT_H

#include "node/node.h"

/* The text of GET /: who the node is and where its services are. In the node's arena. */
const char *root_text(const struct node *n);

#endif
