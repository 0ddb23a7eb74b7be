/* SPDX-License-Identifier: Apache-2.0 */
#include "market/purchase.h"

#include "base/must.h"
#include "market/erc20.h"

#define PROVIDER_FEE "(address,address,uint256,uint8,bytes32,bytes32,uint256,bytes)"
#define MARKET_FEE "(address,address,uint256)"
#define TOKEN_ORDER "(address,address,uint256," PROVIDER_FEE "," MARKET_FEE ")"

enum { FEE_FIELDS = 8, MARKET_FIELDS = 3, ORDER_FIELDS = 5 };

static struct abi_value fee_value(struct arena *a, const struct provider_fee *f)
{
    struct abi_value *v = arena_calloc(a, FEE_FIELDS, sizeof(*v));

    v[0] = abi_addr(&f->address);
    v[1] = abi_addr(&f->token);
    v[2] = abi_u256(f->amount);
    v[3] = abi_u64(f->v);
    v[4] = abi_hash(&f->r);
    v[5] = abi_hash(&f->s);
    v[6] = abi_u256(f->valid_until);
    v[7] = abi_bytes(f->data.p, f->data.n);
    return abi_list(v, FEE_FIELDS);
}

/* The fee of a market that stands between buyer and seller: none. */
static struct abi_value no_market_fee(struct arena *a)
{
    const struct addr nobody = {{0}};
    struct abi_value *v = arena_calloc(a, MARKET_FIELDS, sizeof(*v));

    v[0] = abi_addr(&nobody);
    v[1] = abi_addr(&nobody);
    v[2] = abi_u64(0);
    return abi_list(v, MARKET_FIELDS);
}

/* The wallet must have the fee, and the contract that pulls it must be allowed to. */
static int allow_fee(const struct wallet *w, const struct provider_fee *f,
                     const struct addr *puller, struct err *e)
{
    if (u256_is_zero(&f->amount) || addr_is_zero(&f->token))
        return 0;
    if (erc20_require(w, &f->token, &f->amount, e) < 0)
        return -1;
    return erc20_allow(w, &f->token, puller, &f->amount, e);
}

static int send(const struct wallet *w, struct arena *a, const char *what,
                const struct contract_call *call, struct hash32 *ret_tx, struct err *e)
{
    struct rpc_receipt receipt;

    if (wallet_call(w, a, what, call, &receipt, e) < 0)
        return -1;
    *ret_tx = receipt.tx;
    return 0;
}

static int order_one(const struct wallet *w, const struct purchase *p, struct hash32 *ret_tx,
                     struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(&p->consumer), abi_u64(p->service_index),
                                     fee_value(a, p->fee), no_market_fee(a)};
    const struct contract_call call = {
        p->datatoken, "startOrder(address,uint256," PROVIDER_FEE "," MARKET_FEE ")", args, 4, NULL};

    if (allow_fee(w, p->fee, &p->datatoken, e) < 0)
        return -1;
    return send(w, a, "order", &call, ret_tx, e);
}

static int order_many(const struct wallet *w, const struct purchase *p, const struct u256 *tokens,
                      struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value *orders = arena_calloc(a, p->count, sizeof(*orders));
    struct abi_value args[1];
    const struct contract_call call = {p->factory, "startMultipleTokenOrder(" TOKEN_ORDER "[])",
                                       args, 1, NULL};
    unsigned i;

    for (i = 0; i < p->count; i++) {
        struct abi_value *v = arena_calloc(a, ORDER_FIELDS, sizeof(*v));

        v[0] = abi_addr(&p->datatoken);
        v[1] = abi_addr(&p->consumer);
        v[2] = abi_u64(p->service_index);
        v[3] = fee_value(a, i == 0 ? p->fee : p->rest);
        v[4] = no_market_fee(a);
        orders[i] = abi_list(v, ORDER_FIELDS);
    }
    args[0] = abi_list(orders, p->count);
    if (allow_fee(w, p->fee, &p->factory, e) < 0 ||
        erc20_allow(w, &p->datatoken, &p->factory, tokens, e) < 0)
        return -1;
    return send(w, a, "order", &call, ret_tx, e);
}

int purchase_order(const struct wallet *w, const struct purchase *p, struct hash32 *ret_tx,
                   struct err *e)
{
    const struct u256 one = u256_from(1000000000000000000);
    const struct u256 count = u256_from(p->count);
    struct u256 tokens;

    must(p->count >= 1 && p->count <= ORDERS_MAX && (p->count == 1 || p->rest));
    must(u256_mul(&one, &count, &tokens));
    if (erc20_require(w, &p->datatoken, &tokens, e) < 0)
        return -1;
    if (p->count == 1)
        return order_one(w, p, ret_tx, e);
    return order_many(w, p, &tokens, ret_tx, e);
}

int purchase_reuse(const struct wallet *w, const struct addr *datatoken, const struct hash32 *order,
                   const struct provider_fee *fee, struct hash32 *ret_tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_hash(order), fee_value(a, fee)};
    const struct contract_call call = {*datatoken, "reuseOrder(bytes32," PROVIDER_FEE ")", args, 2,
                                       NULL};

    if (allow_fee(w, fee, datatoken, e) < 0)
        return -1;
    return send(w, a, "renew the provider fee", &call, ret_tx, e);
}
