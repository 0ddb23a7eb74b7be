/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_SEAL_H
#define ATOLL_NODE_SEAL_H

#include "node/node.h"

/* Bytes encrypted so that only this node can read them. */
enum {
    SEAL_PLAIN_MAX = 25 * 1048576,
    SEAL_MAX = SEAL_PLAIN_MAX + 128 /* ECIES adds 97 bytes, AES a padding of at most 16 */
};

/* Appends them, by ECIES or else by the protocol's AES (wire/ddo.md 6 and 7). Any thread. */
int node_seal(const struct node *n, bool ecies, struct bytes plain, struct buf *out, struct err *e)
    must_check;

#endif
