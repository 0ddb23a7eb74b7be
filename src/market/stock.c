/* SPDX-License-Identifier: Apache-2.0 */
#include "market/erc20.h"
#include "market/exchange.h"

/*
 * How a FixedRateExchange comes to hold a stock that somebody chose.
 *
 * The contract knows two sources of datatokens: it mints (then everything up to the cap is for
 * sale), or it sells what others sold to it. So the owner sells their own tokens to the exchange
 * at the lowest rate it knows, while nobody else may trade, and then sets the real rate. That
 * first sale pays out a few base units, which the exchange must have: where it has not, the owner
 * buys a tiny amount that the exchange mints for the purpose, and burns it.
 *
 *   close -> [may mint -> prime] -> no more minting -> lowest rate -> sell -> real rate -> open
 *
 * An interruption leaves the exchange closed, never cheap: the next run goes on from what it finds.
 */
static const uint64_t MIN_RATE = 10000000000; /* the contract's own */
static const uint64_t ONE = 1000000000000000000;
enum { DATATOKEN_DECIMALS = 18 };

/* A transaction on the exchange whose receipt nobody needs. */
static int act(const struct wallet *w, const char *what, const struct contract_call *call,
               struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_receipt receipt;

    return wallet_call(w, a, what, call, &receipt, e);
}

static int set_rate(const struct wallet *w, const struct exchange *x, const struct u256 *rate,
                    struct err *e)
{
    const struct abi_value args[] = {abi_hash(&x->id), abi_u256(*rate)};
    const struct contract_call call = {x->contract, "setRate(bytes32,uint256)", args, 2, NULL};

    return act(w, "set the rate", &call, e);
}

static int swapper_of(const struct wallet *w, const struct exchange *x, struct addr *ret,
                      struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_hash(&x->id)};
    const struct contract_call get = {x->contract, "getAllowedSwapper(bytes32)", args, 1,
                                      "(address)"};
    struct abi_value now;

    if (contract_read(w->rpc, a, &get, &now, e) < 0)
        return -1;
    *ret = now.list.v[0].addr;
    return 0;
}

static int is_closed(const struct wallet *w, const struct exchange *x, bool *ret, struct err *e)
{
    struct addr only;

    if (swapper_of(w, x, &only, e) < 0)
        return -1;
    *ret = !addr_is_zero(&only);
    return 0;
}

/* who: the only address that may trade; the zero address opens the exchange to all. */
static int set_swapper(const struct wallet *w, const struct exchange *x, const struct addr *who,
                       struct err *e)
{
    const struct abi_value args[] = {abi_hash(&x->id), abi_addr(who)};
    const struct contract_call set = {x->contract, "setAllowedSwapper(bytes32,address)", args, 2,
                                      NULL};
    struct addr now;

    if (swapper_of(w, x, &now, e) < 0)
        return -1;
    if (addr_eq(&now, who))
        return 0;
    return act(w, addr_is_zero(who) ? "open the exchange" : "close the exchange", &set, e);
}

static int create(const struct wallet *w, const struct exchange_offer *offer, struct err *e)
{
    const struct addr nobody = {{0}};
    unsigned decimals;
    struct abi_value addresses[] = {
        abi_addr(&offer->currency), abi_addr(&w->addr), abi_addr(&nobody), /* market's fees */
        abi_addr(&w->addr),                                                /* only swapper */
    };
    struct abi_value numbers[5];
    struct abi_value args[3];
    const struct contract_call call = {
        offer->datatoken, "createFixedRate(address,address[],uint256[])", args, 3, NULL};

    if (erc20_decimals(w->rpc, &offer->currency, &decimals, e) < 0)
        return -1;
    numbers[0] = abi_u64(decimals);
    numbers[1] = abi_u64(18);
    numbers[2] = abi_u64(ONE);
    numbers[3] = abi_u64(0); /* fee of the publishing market */
    numbers[4] = abi_u64(1); /* may mint, until it is primed */
    args[0] = abi_addr(&offer->contract);
    args[1] = abi_list(addresses, ARRAY_LEN(addresses));
    args[2] = abi_list(numbers, ARRAY_LEN(numbers));
    return act(w, "make the exchange", &call, e);
}

/* A function of the datatoken that takes the exchange's address. */
static int minter_role(const struct wallet *w, const struct exchange *x, bool may_mint,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(&x->contract)};
    const struct contract_call is = {x->datatoken, "isMinter(address)", args, 1, "(bool)"};
    const struct contract_call set = {
        x->datatoken, may_mint ? "addMinter(address)" : "removeMinter(address)", args, 1, NULL};
    struct abi_value out;

    if (contract_read(w->rpc, a, &is, &out, e) < 0)
        return -1;
    if (!u256_is_zero(&out.list.v[0].num) == may_mint)
        return 0;
    return act(w, may_mint ? "begin minting" : "end minting", &set, e);
}

/*
 * Datatokens to buy at one to one so that the exchange can pay for `amount` at the lowest rate:
 * amount * MIN_RATE / ONE, an eighth more for fees, and two base units of the currency for what
 * rounding takes.
 */
static bool priming_amount(const struct exchange *x, const struct u256 *amount, struct u256 *ret)
{
    const struct u256 rate = u256_from(MIN_RATE);
    const struct u256 one = u256_from(ONE);
    const struct u256 eight = u256_from(8);
    const struct u256 ten = u256_from(10);
    struct u256 unit = u256_from(2);
    struct u256 product;
    struct u256 rest;
    struct u256 need;
    struct u256 more;
    unsigned i;

    for (i = x->decimals; i < DATATOKEN_DECIMALS; i++)
        if (!u256_mul(&unit, &ten, &unit))
            return false;
    if (!u256_mul(amount, &rate, &product))
        return false;
    u256_divmod(&product, &one, &need, &rest);
    u256_divmod(&need, &eight, &more, &rest);
    return u256_add(&need, &more, &need) && u256_add(&need, &unit, ret);
}

/* Sees to it that the exchange can pay for `amount` at the lowest rate. The exchange is closed. */
static int prime(const struct wallet *w, const struct exchange *x, const struct u256 *amount,
                 struct err *e)
{
    const struct u256 one = u256_from(ONE);
    struct u256 tokens;
    struct u256 price;
    struct hash32 tx;
    struct abi_value burn_args[1];
    const struct contract_call burn = {x->datatoken, "burn(uint256)", burn_args, 1, NULL};

    if (!priming_amount(x, amount, &tokens))
        return failed(e, INVALID, "the amount is too large");
    if (set_rate(w, x, &one, e) < 0 || exchange_price(w->rpc, x, &tokens, &price, e) < 0)
        return -1;
    if (u256_cmp(&x->reserve, &price) >= 0)
        return 0;
    if (erc20_require(w, &x->currency, &price, e) < 0 ||
        erc20_allow(w, &x->currency, &x->contract, &price, e) < 0 ||
        minter_role(w, x, true, e) < 0 || exchange_buy(w, x, &tokens, &price, &tx, e) < 0)
        return -1;
    burn_args[0] = abi_u256(tokens);
    return act(w, "burn the priming amount", &burn, e);
}

/* Sells the wallet's own tokens to the exchange, at next to nothing. The exchange is closed. */
static int put_in(const struct wallet *w, const struct exchange *x, const struct u256 *amount,
                  struct err *e)
{
    const struct addr nobody = {{0}};
    const struct u256 lowest = u256_from(MIN_RATE);
    const struct abi_value args[] = {abi_hash(&x->id), abi_u256(*amount), abi_u64(0),
                                     abi_addr(&nobody), abi_u64(0)};
    const struct contract_call sell = {
        x->contract, "sellDT(bytes32,uint256,uint256,address,uint256)", args, 5, NULL};

    if (erc20_require(w, &x->datatoken, amount, e) < 0 || prime(w, x, amount, e) < 0 ||
        minter_role(w, x, false, e) < 0 ||
        erc20_allow(w, &x->datatoken, &x->contract, amount, e) < 0 ||
        set_rate(w, x, &lowest, e) < 0)
        return -1;
    return act(w, "put datatokens into the exchange", &sell, e);
}

/* Returns datatokens to the payment collector, who is the owner. */
static int take_back(const struct wallet *w, const struct exchange *x, const struct u256 *amount,
                     struct err *e)
{
    const struct abi_value args[] = {abi_hash(&x->id), abi_u256(*amount)};
    const struct contract_call call = {x->contract, "collectDT(bytes32,uint256)", args, 2, NULL};

    return act(w, "take datatokens back", &call, e);
}

static int reread(const struct wallet *w, struct exchange *x, struct err *e)
{
    bool found;

    return exchange_find(w->rpc, &x->contract, &x->datatoken, &found, x, e);
}

/* What is for sale without minting. */
static int stock_of(const struct wallet *w, const struct exchange *x, struct u256 *ret,
                    struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_hash(&x->id)};
    const struct contract_call get = {
        x->contract, "getExchange(bytes32)", args, 1,
        "(address,address,uint256,address,uint256,uint256,bool,uint256,uint256,uint256)"};
    struct abi_value out;

    if (contract_read(w->rpc, a, &get, &out, e) < 0)
        return -1;
    *ret = out.list.v[9].num; /* dtBalance */
    return 0;
}

static int stock_to(const struct wallet *w, struct exchange *x, const struct u256 *amount,
                    const struct u256 *rate, struct err *e)
{
    const struct addr everybody = {{0}};
    struct u256 stock;
    struct u256 difference;

    if (stock_of(w, x, &stock, e) < 0)
        return -1;
    if (u256_cmp(amount, &stock) != 0 && set_swapper(w, x, &w->addr, e) < 0)
        return -1;
    if (u256_sub(amount, &stock, &difference)) {
        if (!u256_is_zero(&difference) && put_in(w, x, &difference, e) < 0)
            return -1;
    } else if (u256_sub(&stock, amount, &difference)) {
        if (take_back(w, x, &difference, e) < 0)
            return -1;
    }
    if (minter_role(w, x, false, e) < 0 || reread(w, x, e) < 0)
        return -1;
    if (u256_cmp(&x->rate, rate) != 0 && set_rate(w, x, rate, e) < 0)
        return -1;
    if (set_swapper(w, x, &everybody, e) < 0)
        return -1;
    return reread(w, x, e);
}

int exchange_stock(const struct wallet *w, struct exchange *x, const struct u256 *amount,
                   struct err *e)
{
    const struct u256 rate = x->rate;
    bool closed;

    if (!addr_eq(&x->owner, &w->addr))
        return refused(e, NOT_THE_SELLER);
    if (is_closed(w, x, &closed, e) < 0)
        return -1;
    if (closed) /* an interrupted offer: the rate may be the lowest one */
        return refused(e, OFFER_UNFINISHED);
    return stock_to(w, x, amount, &rate, e);
}

int exchange_offer(const struct wallet *w, const struct exchange_offer *offer, struct exchange *ret,
                   struct err *e)
{
    struct u256 target;
    bool found;

    if (exchange_find(w->rpc, &offer->contract, &offer->datatoken, &found, ret, e) < 0)
        return -1;
    if (!found && (create(w, offer, e) < 0 ||
                   exchange_find(w->rpc, &offer->contract, &offer->datatoken, &found, ret, e) < 0))
        return -1;
    if (!addr_eq(&ret->owner, &w->addr))
        return refused(e, NOT_THE_SELLER);
    if (!addr_eq(&ret->currency, &offer->currency))
        return refused(e, OTHER_CURRENCY);
    if (erc20_allowance(w->rpc, &offer->datatoken, &w->addr, &offer->contract, &target, e) < 0)
        return -1;
    if (u256_is_zero(&target) && stock_of(w, ret, &target, e) < 0)
        return -1; /* nothing new was approved: the stock stays */
    return stock_to(w, ret, &target, &offer->rate, e);
}
