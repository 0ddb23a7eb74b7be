/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_MARKET_EXCHANGE_H
#define ATOLL_MARKET_EXCHANGE_H

#include "chain/wallet.h"

/*
 * The market: Ocean's FixedRateExchange. It sells exactly what the owner approved and put in:
 * after exchange_stock(20) twenty datatokens are for sale, whoever asks.
 */
struct exchange {
    struct hash32 id;
    struct addr contract; /* the FixedRateExchange */
    struct addr owner;
    struct addr datatoken;
    struct addr currency;
    struct u256 rate;      /* base units of currency (18-decimal scaled) for one datatoken */
    struct u256 available; /* datatokens for sale, base units */
    struct u256 reserve;   /* currency that the exchange holds for its owner, base units */
    unsigned decimals;     /* of the currency */
    bool active;
};

/* The first exchange of this datatoken in the contract; *ret_found says whether there is one. */
int exchange_find(struct rpc *r, const struct addr *contract, const struct addr *datatoken,
                  bool *ret_found, struct exchange *ret, struct err *e) must_check;

/* What an amount of datatokens costs, all swap fees included, in base units of the currency. */
int exchange_price(struct rpc *r, const struct exchange *x, const struct u256 *amount,
                   struct u256 *ret, struct err *e) must_check;

/*
 * Offers a datatoken of the wallet's at a price (18 decimals: currency for one datatoken): makes
 * the exchange, or changes the rate of the one there is. Puts in what the wallet has approved to
 * the contract. Can be run again after an interruption: each step looks first.
 */
struct exchange_offer {
    struct addr contract;
    struct addr datatoken;
    struct addr currency;
    struct u256 rate;
};
int exchange_offer(const struct wallet *w, const struct exchange_offer *offer, struct exchange *ret,
                   struct err *e) must_check;

/*
 * Makes exactly this amount available: puts datatokens of the wallet in, or takes some back.
 * The wallet must own the exchange. *x is brought up to date.
 */
int exchange_stock(const struct wallet *w, struct exchange *x, const struct u256 *amount,
                   struct err *e) must_check;

/* Buys; pays at most max (base units), else the chain refuses. The currency must be approved. */
int exchange_buy(const struct wallet *w, const struct exchange *x, const struct u256 *amount,
                 const struct u256 *max, struct hash32 *ret_tx, struct err *e) must_check;

#endif
