/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_RPC_INT_H
#define ATOLL_CHAIN_RPC_INT_H

#include "chain/rpc.h"

/* What the files of the RPC client share: readers of JSON-RPC's hex values. */

/* rpc_batch() that takes at most limit_ms, fall-backs included; 0: as long as rpc_batch(). */
int rpc__batch_within(struct rpc *r, struct arena *a, int limit_ms, struct rpc_item *items,
                      size_t n, struct err *e) must_check;

/* A quantity "0x1f" that fits 64 / 256 bits; false when it is missing or malformed. */
bool rpc__u64(const struct json *v, uint64_t *ret);
bool rpc__u256(const struct json *v, struct u256 *ret);
/* A block's height or time: a quantity that leaves room for sums. */
bool rpc__height(const struct json *v, uint64_t *ret);
/* "0x" + hex of any even length into the arena. */
bool rpc__bytes(struct arena *a, const struct json *v, struct bytes *ret);

/* A receipt object as eth_getTransactionReceipt answers it; false when it is not about tx. */
bool rpc__receipt(struct arena *a, const struct json *j, const struct hash32 *tx,
                  struct rpc_receipt *ret);

/* A block object as eth_getBlockByNumber answers it. */
bool rpc__block(const struct json *j, struct rpc_block *ret);

/* The JSON text of a quantity and of bytes, both with "0x". */
struct json *rpc__hex_u64(struct arena *a, uint64_t v);
struct json *rpc__hex_bytes(struct arena *a, struct bytes b);

/* An answer that is not what the method promises: FAILED, worth another try. */
int rpc__malformed(struct err *e, const char *method);

#endif
