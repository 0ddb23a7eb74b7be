/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_MARKET_FUNDS_H
#define ATOLL_MARKET_FUNDS_H

#include "chain/wallet.h"

/*
 * The payer's side of the escrow: money put in, and what a payee may lock of it. (The payee's
 * side, locks and claims, is the node's: escrow/.) Amounts in base units.
 */
struct funds {
    struct u256 available;
    struct u256 locked;
};
int funds_get(struct rpc *r, const struct addr *escrow, const struct addr *payer,
              const struct addr *token, struct funds *ret, struct err *e) must_check;

struct funds_limits {
    struct u256 amount;  /* at most locked at a time */
    struct u256 seconds; /* longest lock */
    struct u256 locks;   /* most locks at a time */
};
struct funds_authorization {
    struct funds_limits max;
    struct u256 locked; /* now */
    struct u256 locks;  /* now */
};
/* Who lets whom lock which token, in which escrow. */
struct funds_parties {
    struct addr escrow;
    struct addr token;
    struct addr payer;
    struct addr payee;
};
/* *ret_found is false when the payer has authorised nothing to this payee. */
int funds_authorization(struct rpc *r, const struct funds_parties *who, bool *ret_found,
                        struct funds_authorization *ret, struct err *e) must_check;

/* Approves and deposits; SHORTAGE when the wallet has less. */
int funds_deposit(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                  const struct u256 *amount, struct hash32 *ret_tx, struct err *e) must_check;
int funds_withdraw(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                   const struct u256 *amount, struct hash32 *ret_tx, struct err *e) must_check;
/* Sets what the payee may lock; replaces an earlier authorisation. */
int funds_authorize(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                    const struct addr *payee, const struct funds_limits *limits, struct err *e)
    must_check;

#endif
