/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_RLP_H
#define ATOLL_CHAIN_RLP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "chain/u256.h"

/* Ethereum's recursive length prefix: byte strings and lists of them. */

/* --- writing: appends one item to out, whose ceiling the caller chose --- */
void rlp_put_bytes(struct buf *out, const void *p, size_t n);
void rlp_put_u64(struct buf *out, uint64_t v); /* big-endian without leading zeros; 0 is "" */
void rlp_put_u256(struct buf *out, const struct u256 *v);
/* A list whose items were written to `items`. */
void rlp_put_list(struct buf *out, const struct buf *items);

/* --- reading --- */
struct rlp {
    bool is_list;
    struct bytes bytes; /* a string's content, in the text that was decoded */
    struct rlp *items;  /* a list's items, in the arena */
    size_t count;
};

enum { RLP_DEPTH_MAX = 32 };

/*
 * One item that fills all n bytes. INVALID for truncated, trailing, non-minimal or too deeply
 * nested data. Strings borrow from p.
 */
int rlp_decode(struct arena *a, const void *p, size_t n, struct rlp *ret, struct err *e) must_check;

#endif
