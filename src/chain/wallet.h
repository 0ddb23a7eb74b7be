/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_WALLET_H
#define ATOLL_CHAIN_WALLET_H

#include "chain/call.h"
#include "chain/rpc.h"
#include "crypto/secp.h"

/*
 * A person's key: sends one transaction, waits until it is mined, and says what happened. The
 * node's own key never goes this way: its transactions are journalled (sender.h).
 */
struct wallet {
    struct rpc *rpc;
    struct seckey key;
    struct addr addr;
    /* Told each hash as soon as an endpoint took it (for progress, and for who presses Ctrl-C). */
    void (*sent)(void *ctx, const char *what, const struct hash32 *tx);
    void *ctx;
};

/*
 * Sends call->signature(args) and waits for its receipt (at most 5 minutes, then TIMEOUT with the
 * hash; the transaction may still be mined). What would revert is refused before anything is
 * sent, as REVERTED with the contract's reason; a shortage of the native coin is named.
 * what: a few words for people, e.g. "approve". call->returns is not looked at.
 */
int wallet_call(const struct wallet *w, struct arena *a, const char *what,
                const struct contract_call *call, struct rpc_receipt *ret, struct err *e)
    must_check;

#endif
