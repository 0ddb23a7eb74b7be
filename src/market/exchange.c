/* SPDX-License-Identifier: Apache-2.0 */
#include "market/exchange.h"

#include <string.h>

enum { CURRENCY_DECIMALS_MAX = 36 };

int exchange_find(struct rpc *r, const struct addr *contract, const struct addr *datatoken,
                  bool *ret_found, struct exchange *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct contract_call list = {*datatoken, "getFixedRates()", NULL, 0,
                                       "((address,bytes32)[])"};
    struct contract_call get = {*contract, "getExchange(bytes32)", NULL, 1,
                                "(address,address,uint256,address,uint256,uint256,bool,uint256,"
                                "uint256,uint256,uint256,bool)"};
    struct abi_value out;
    const struct abi_value *all;
    const struct abi_value *v;
    uint64_t decimals;
    size_t i;

    if (contract_read(r, a, &list, &out, e) < 0)
        return -1;
    all = &out.list.v[0];
    for (i = 0; i < all->list.n; i++)
        if (addr_eq(&all->list.v[i].list.v[0].addr, contract))
            break;
    *ret_found = i < all->list.n;
    if (!*ret_found)
        return 0;
    memcpy(ret->id.b, all->list.v[i].list.v[1].bytes.p, sizeof(ret->id.b));
    get.args = &all->list.v[i].list.v[1];
    if (contract_read(r, a, &get, &out, e) < 0)
        return -1;
    v = out.list.v;
    ret->contract = *contract;
    ret->owner = v[0].addr;
    ret->datatoken = v[1].addr;
    ret->currency = v[3].addr;
    ret->rate = v[5].num;
    ret->active = !u256_is_zero(&v[6].num);
    ret->available = v[7].num; /* dtSupply: the stock, or what may still be minted */
    ret->reserve = v[10].num;
    if (!u256_to_u64(&v[4].num, &decimals) || decimals > CURRENCY_DECIMALS_MAX)
        return failed(e, INVALID, "the exchange's currency has impossible decimals");
    ret->decimals = (unsigned)decimals;
    return 0;
}

int exchange_price(struct rpc *r, const struct exchange *x, const struct u256 *amount,
                   struct u256 *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_hash(&x->id), abi_u256(*amount), abi_u64(0)};
    const struct contract_call call = {x->contract, "calcBaseInGivenOutDT(bytes32,uint256,uint256)",
                                       args, 3, "(uint256,uint256,uint256,uint256)"};
    struct abi_value out;

    if (contract_read(r, a, &call, &out, e) < 0)
        return -1;
    *ret = out.list.v[0].num;
    return 0;
}

int exchange_buy(const struct wallet *w, const struct exchange *x, const struct u256 *amount,
                 const struct u256 *max, struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct addr nobody = {{0}};
    const struct abi_value args[] = {abi_hash(&x->id), abi_u256(*amount), abi_u256(*max),
                                     abi_addr(&nobody), abi_u64(0)};
    const struct contract_call call = {
        x->contract, "buyDT(bytes32,uint256,uint256,address,uint256)", args, 5, NULL};
    struct rpc_receipt receipt;

    if (wallet_call(w, a, "buy", &call, &receipt, e) < 0)
        return -1;
    *ret_tx = receipt.tx;
    return 0;
}
