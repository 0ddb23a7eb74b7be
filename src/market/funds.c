/* SPDX-License-Identifier: Apache-2.0 */
#include "market/funds.h"

#include "market/erc20.h"

int funds_get(struct rpc *r, const struct addr *escrow, const struct addr *payer,
              const struct addr *token, struct funds *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(payer), abi_addr(token)};
    const struct contract_call call = {*escrow, "getUserFunds(address,address)", args, 2,
                                       "((uint256,uint256))"};
    struct abi_value out;

    if (contract_read(r, a, &call, &out, e) < 0)
        return -1;
    ret->available = out.list.v[0].list.v[0].num;
    ret->locked = out.list.v[0].list.v[1].num;
    return 0;
}

int funds_authorization(struct rpc *r, const struct funds_parties *who, bool *ret_found,
                        struct funds_authorization *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(&who->token), abi_addr(&who->payer),
                                     abi_addr(&who->payee)};
    const struct contract_call call = {who->escrow, "getAuthorizations(address,address,address)",
                                       args, 3,
                                       "((address,uint256,uint256,uint256,uint256,uint256)[])"};
    struct abi_value out;
    const struct abi_value *v;

    if (contract_read(r, a, &call, &out, e) < 0)
        return -1;
    *ret_found = out.list.v[0].list.n > 0;
    if (!*ret_found)
        return 0;
    v = out.list.v[0].list.v[0].list.v;
    ret->max.amount = v[1].num;
    ret->locked = v[2].num;
    ret->max.seconds = v[3].num;
    ret->max.locks = v[4].num;
    ret->locks = v[5].num;
    return 0;
}

static int send(const struct wallet *w, const char *what, const struct contract_call *call,
                struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_receipt receipt;

    if (wallet_call(w, a, what, call, &receipt, e) < 0)
        return -1;
    *ret_tx = receipt.tx;
    return 0;
}

int funds_deposit(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                  const struct u256 *amount, struct hash32 *ret_tx, struct err *e)
{
    const struct abi_value args[] = {abi_addr(token), abi_u256(*amount)};
    const struct contract_call call = {*escrow, "deposit(address,uint256)", args, 2, NULL};

    if (erc20_require(w, token, amount, e) < 0 || erc20_allow(w, token, escrow, amount, e) < 0)
        return -1;
    return send(w, "deposit into the escrow", &call, ret_tx, e);
}

int funds_withdraw(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                   const struct u256 *amount, struct hash32 *ret_tx, struct err *e)
{
    struct abi_value tokens[] = {abi_addr(token)};
    struct abi_value amounts[] = {abi_u256(*amount)};
    const struct abi_value args[] = {abi_list(tokens, 1), abi_list(amounts, 1)};
    const struct contract_call call = {*escrow, "withdraw(address[],uint256[])", args, 2, NULL};

    return send(w, "withdraw from the escrow", &call, ret_tx, e);
}

int funds_authorize(const struct wallet *w, const struct addr *escrow, const struct addr *token,
                    const struct addr *payee, const struct funds_limits *limits, struct err *e)
{
    const struct abi_value args[] = {abi_addr(token), abi_addr(payee), abi_u256(limits->amount),
                                     abi_u256(limits->seconds), abi_u256(limits->locks)};
    const struct contract_call call = {
        *escrow, "authorize(address,address,uint256,uint256,uint256)", args, 5, NULL};
    struct hash32 tx;

    return send(w, "authorize the payee", &call, &tx, e);
}
