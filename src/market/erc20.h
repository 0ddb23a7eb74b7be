/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_MARKET_ERC20_H
#define ATOLL_MARKET_ERC20_H

#include "chain/wallet.h"

/*
 * Tokens of the ERC-20 kind: currencies and datatokens alike. Amounts are in base units. A read
 * is one eth_call at the latest block; an address without the contract is NOT_FOUND.
 */

/* What an account holds, what a spender may take of it, and how much exists in all. */
int erc20_balance(struct rpc *r, const struct addr *token, const struct addr *who, struct u256 *ret,
                  struct err *e) must_check;
int erc20_allowance(struct rpc *r, const struct addr *token, const struct addr *owner,
                    const struct addr *spender, struct u256 *ret, struct err *e) must_check;
int erc20_supply(struct rpc *r, const struct addr *token, struct u256 *ret, struct err *e)
    must_check;
/* 0..77; tokens without the function count as 18, as ethers-based clients do. */
int erc20_decimals(struct rpc *r, const struct addr *token, unsigned *ret, struct err *e)
    must_check;
/* The symbol in the arena; "" when the token has none. */
int erc20_symbol(struct rpc *r, struct arena *a, const struct addr *token, const char **ret,
                 struct err *e) must_check;

/* Sets the allowance to exactly this amount. */
int erc20_approve(const struct wallet *w, const struct addr *token, const struct addr *spender,
                  const struct u256 *amount, struct err *e) must_check;
/* Raises the allowance to the amount when it is lower; sends nothing otherwise. */
int erc20_allow(const struct wallet *w, const struct addr *token, const struct addr *spender,
                const struct u256 *amount, struct err *e) must_check;
/* Fails with SHORTAGE, naming both figures, when the wallet holds less than the amount. */
int erc20_require(const struct wallet *w, const struct addr *token, const struct u256 *amount,
                  struct err *e) must_check;

#endif
