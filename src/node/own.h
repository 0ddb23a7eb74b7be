/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_OWN_H
#define ATOLL_NODE_OWN_H

#include "node/node.h"

/*
 * Answers a request that this node makes to itself (a file whose URL leads here), in the calling
 * thread: struct storage_own's `answer`, with the node as ctx. What the listener does before and
 * after a command (rate limits, ETags) is left out.
 */
void own_answer(void *ctx, struct arena *a, const struct storage_own_request *q,
                struct storage_own_answer *ret);

#endif
