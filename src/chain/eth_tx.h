/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_ETH_TX_H
#define ATOLL_CHAIN_ETH_TX_H

#include "base/arena.h"
#include "base/codec.h"
#include "chain/u256.h"
#include "crypto/eth.h"
#include "crypto/secp.h"

/* Transactions as they are signed and sent: EIP-1559 (type 2), or legacy with EIP-155. */
enum eth_tx_type { ETH_TX_LEGACY = 0, ETH_TX_FEES = 2 };

struct eth_tx {
    enum eth_tx_type type;
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t gas;
    struct u256 priority;  /* maxPriorityFeePerGas; unused by legacy */
    struct u256 price;     /* maxFeePerGas, or gasPrice of legacy */
    const struct addr *to; /* NULL deploys a contract */
    struct u256 value;
    struct bytes data;
};

struct eth_signed {
    struct bytes raw; /* what eth_sendRawTransaction takes; in the arena */
    struct hash32 hash;
};

/* Signs with RFC 6979, so the same fields always give the same bytes and hash. Any thread. */
struct eth_signed eth_tx_sign(struct arena *a, const struct eth_tx *tx, const struct seckey *key);

/* The address of the contract that the sender's transaction with this nonce deploys. */
struct addr eth_tx_contract(const struct addr *sender, uint64_t nonce);

#endif
