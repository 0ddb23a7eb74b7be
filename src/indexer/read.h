/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_READ_H
#define ATOLL_INDEXER_READ_H

#include "chain/abi.h"
#include "chain/events.h"
#include "chain/rpc.h"
#include "json/json.h"

/* Inside of indexer/: contract reads that are collected and asked together. */

/* What Dispenser.status and FixedRateExchange.getExchange return, and where in the latter. */
#define DISPENSER_STATUS "(bool,address,bool,uint256,uint256,uint256,address)"
#define EXCHANGE                                                                                   \
    "(address,address,uint256,address,uint256,uint256,bool,uint256,uint256,uint256,uint256,bool)"
enum { EXCHANGE_DATATOKEN = 1, EXCHANGE_CURRENCY = 3, EXCHANGE_RATE = 5, EXCHANGE_ACTIVE = 6 };

/* A call that is yet to be asked by rpc_read_many(). */
struct rpc_reading reading(struct arena *a, const struct addr *to, const char *signature,
                           const struct abi_value *args, size_t n);

/* Decodes an answer; false when the call reverted or answered something else. */
bool read_values(struct arena *a, const struct rpc_reading *r, const char *types,
                 struct abi_value *ret);

/* An answer of one string; "" when there is none. Names are cut to what a page can show. */
const char *read_text(struct arena *a, const struct rpc_reading *r);

/* Foreign bytes as a text for a document: "" unless they are UTF-8 without NUL. */
const char *text_of_bytes(struct arena *a, struct bytes b);

/* A time of a contract (seconds) as "2026-11-21T01:02:03.000Z". */
const char *time_text(struct arena *a, int64_t seconds);

/* --- fields of an event by name, as rows and documents have them --- */

const char *lower_text(struct arena *a, const struct addr *v);                     /* an address */
const char *field_addr(struct arena *a, const struct event *ev, const char *name); /* lower */
const char *field_amount(struct arena *a, const struct event *ev, const char *name); /* decimal */
/* A number that has to fit a signed 64-bit one; 0 when it does not. */
int64_t field_small(const struct event *ev, const char *name);

#endif
