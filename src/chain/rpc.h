/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_RPC_H
#define ATOLL_CHAIN_RPC_H

#include "base/codec.h"
#include "base/err.h"
#include "chain/u256.h"
#include "crypto/eth.h"
#include "json/json.h"
#include "net/net.h"

/*
 * Ethereum JSON-RPC over one endpoint and its fall-backs. A call goes to the endpoint that
 * worked last; on a transport failure, time-out, 429 or 5xx it goes to the next. An error object
 * of the chain ("execution reverted") is an answer, not a failure of the endpoint. When all failed
 * within a second they are asked once more. An endpoint of another chain is not used. Thread-safe.
 */
struct rpc;

/* endpoints: at least one URL, borrowed for the life of the rpc. */
struct rpc *rpc_new(struct net *net, uint64_t chain_id, const char *const *endpoints, size_t n);
void rpc_free(struct rpc *r);
uint64_t rpc_chain_id(const struct rpc *r);

/*
 * Asks every endpoint, at most two seconds each, for its chain. INVALID names one that answers for
 * another chain by scheme and host: the rest of a URL may hold a key. Those that do not answer may
 * come up later.
 */
int rpc_check(struct rpc *r, struct err *e) must_check;

/* One call. params is a JSON array or NULL. *ret is "result", in the arena. */
int rpc_call(struct rpc *r, struct arena *a, const char *method, struct json *params,
             struct json **ret, struct err *e) must_check;

/* Several calls in one request, results in order; an error in one fails all. */
struct rpc_item {
    const char *method;
    struct json *params;
    struct json *result;
    int64_t code;  /* of an error of the chain, else 0 */
    bool may_fail; /* an error of the chain for this one leaves result NULL and fails nothing */
};
int rpc_batch(struct rpc *r, struct arena *a, struct rpc_item *items, size_t n, struct err *e)
    must_check;

/* eth_call at the latest block; the returned bytes. A revert is REVERTED with its reason. */
int rpc_read(struct rpc *r, struct arena *a, const struct addr *to, struct bytes data,
             struct bytes *ret, struct err *e) must_check;

/* Several eth_calls at the latest block, with as few requests as endpoints allow. */
struct rpc_reading {
    struct addr to;
    struct bytes data;
    bool answered; /* false when the call reverted */
    struct bytes answer;
};
int rpc_read_many(struct rpc *r, struct arena *a, struct rpc_reading *items, size_t n,
                  struct err *e) must_check;

/* The same for up to 100 of them, in limit_ms at most with all fall-backs; 0: no such limit. */
int rpc_read_within(struct rpc *r, struct arena *a, int limit_ms, struct rpc_reading *items,
                    size_t n, struct err *e) must_check;

int rpc_block_number(struct rpc *r, uint64_t *ret, struct err *e) must_check;
int rpc_balance(struct rpc *r, const struct addr *who, struct u256 *ret, struct err *e) must_check;

struct rpc_log {
    struct addr address;
    struct hash32 topics[4];
    size_t topic_count;
    struct bytes data;
    struct hash32 tx;
    struct hash32 block_hash;
    uint64_t block;
    uint64_t index;    /* in the block */
    uint64_t tx_index; /* of its transaction in the block; 0 when the endpoint does not say */
};

struct rpc_receipt {
    struct hash32 tx;
    struct hash32 block_hash;
    uint64_t block;
    bool success;
    struct addr from;
    struct addr to;       /* zero for a deployment */
    struct addr contract; /* deployed, else zero */
    struct u256 gas_used;
    struct u256 gas_price; /* effective */
    struct rpc_log *logs;
    size_t log_count;
};

/* *ret_found false when the transaction is not mined (or unknown). */
int rpc_receipt(struct rpc *r, struct arena *a, const struct hash32 *tx, bool *ret_found,
                struct rpc_receipt *ret, struct err *e) must_check;

struct rpc_block {
    uint64_t number;
    uint64_t timestamp; /* seconds */
    struct hash32 hash;
    struct hash32 parent;
    struct u256 base_fee; /* zero before EIP-1559 */
};
/* *ret_found false when there is no such block yet; RPC_LATEST is the newest. */
#define RPC_LATEST UINT64_MAX
int rpc_block(struct rpc *r, struct arena *a, uint64_t number, bool *ret_found,
              struct rpc_block *ret, struct err *e) must_check;

struct rpc_log_filter {
    uint64_t from; /* blocks, both included */
    uint64_t to;
    const struct addr *addresses; /* of one of these contracts; none: of any */
    size_t address_count;
    const struct hash32 *topics; /* the first topic is one of these; none: any */
    size_t topic_count;
    const struct hash32 *fourth; /* the last indexed field of three is this; NULL: any */
};
/* In the chain's order. An endpoint may refuse a wide range: ask for less then. */
int rpc_logs(struct rpc *r, struct arena *a, const struct rpc_log_filter *filter,
             struct rpc_log **ret, size_t *ret_count, struct err *e) must_check;

/* What fits any of the filters, each log once and in the chain's order; asked in one request. */
enum { RPC_FILTERS_MAX = 16 };
struct rpc_logs {
    struct rpc_log *v;
    size_t n;
};
int rpc_logs_of(struct rpc *r, struct arena *a, const struct rpc_log_filter *filters, size_t n,
                struct rpc_logs *ret, struct err *e) must_check;

/*
 * Hands signed bytes to the endpoints until one takes them ("already known" counts). On failure
 * e->transient says that one may have taken them all the same; without it all refused them.
 */
int rpc_send_raw(struct rpc *r, struct bytes raw, struct err *e) must_check;

#endif
