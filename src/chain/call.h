/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_CALL_H
#define ATOLL_CHAIN_CALL_H

#include "chain/abi.h"
#include "chain/rpc.h"

/* What every typed contract function is made of: one eth_call, encoded and decoded. */

struct contract_call {
    struct addr to;
    const char *signature; /* "balanceOf(address)" */
    const struct abi_value *args;
    size_t n;
    const char *returns; /* "(uint256)" */
};

/*
 * Calls a view function at the latest block; *ret is the list of returned values. A contract that
 * is not there (it answers nothing although something is expected) is NOT_FOUND; a revert is
 * REVERTED with its reason.
 */
int contract_read(struct rpc *r, struct arena *a, const struct contract_call *call,
                  struct abi_value *ret, struct err *e) must_check;

#endif
