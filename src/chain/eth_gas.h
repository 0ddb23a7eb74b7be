/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_ETH_GAS_H
#define ATOLL_CHAIN_ETH_GAS_H

#include "chain/eth_tx.h"
#include "chain/rpc.h"

/* What a transaction costs, asked of the chain (wire/chain.md 5). */

/*
 * Completes a transaction of which to, value and data are set: chain id, gas (the estimate plus
 * 20,000), fees (with base fee: twice that plus the priority fee, all times 1.2; else the gas
 * price), and the sender's next nonce, pending ones counted. REVERTED with the contract's
 * reason when it would fail; NATIVE_FUNDS when the sender cannot pay gas and value.
 */
int eth_gas_fill(struct rpc *r, const struct addr *from, struct eth_tx *tx, struct err *e)
    must_check;

/*
 * The same transaction paying at least 12.5 % more than `tx` does, and at least what the chain
 * asks now, so that it can replace one that is stuck.
 */
int eth_gas_bump(struct rpc *r, struct eth_tx *tx, struct err *e) must_check;

#endif
