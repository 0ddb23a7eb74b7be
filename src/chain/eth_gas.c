/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/eth_gas.h"

#include "base/must.h"
#include "chain/rpc_int.h"

enum {
    GAS_SPARE = 20000,
    MARGIN_PERCENT = 120,
    DEFAULT_PRIORITY = 1000000000 /* wei: 1 gwei where the chain has no opinion */
};

/* v * percent / 100, rounded up and at least 1: a fee, so far from overflow. */
static struct u256 scaled(const struct u256 *v, uint64_t numerator, uint64_t denominator)
{
    struct u256 n = u256_from(numerator);
    struct u256 d = u256_from(denominator);
    struct u256 up = u256_from(denominator - 1);
    struct u256 product;
    struct u256 rest;
    struct u256 out;

    if (!u256_mul(v, &n, &product) || !u256_add(&product, &up, &product))
        return *v;
    u256_divmod(&product, &d, &out, &rest);
    return u256_is_zero(&out) ? u256_from(1) : out;
}

static struct u256 larger(const struct u256 *a, const struct u256 *b)
{
    return u256_cmp(a, b) >= 0 ? *a : *b;
}

static struct json *tx_json(struct arena *a, const struct addr *from, const struct eth_tx *tx)
{
    struct json *j = json_new_object(a);

    json_set_str(a, j, "from", hex0x_dup(a, from->b, sizeof(from->b)));
    if (tx->to)
        json_set_str(a, j, "to", hex0x_dup(a, tx->to->b, sizeof(tx->to->b)));
    json_set_str(a, j, "value", u256_hex(a, &tx->value));
    json_set(a, j, "data", rpc__hex_bytes(a, tx->data));
    return j;
}

static int estimate(struct rpc *r, struct arena *a, const struct addr *from,
                    const struct eth_tx *tx, uint64_t *ret, struct err *e)
{
    struct json *params = json_new_array(a);
    struct json *result;

    json_push(a, params, tx_json(a, from, tx));
    if (rpc_call(r, a, "eth_estimateGas", params, &result, e) < 0)
        return -1;
    if (!rpc__u64(result, ret))
        return rpc__malformed(e, "eth_estimateGas");
    return 0;
}

/* The priority fee that the chain suggests. Not every endpoint has the method. */
static int suggested_priority(struct rpc *r, struct arena *a, struct u256 *ret, struct err *e)
{
    struct json *result;
    struct err why = {0};

    *ret = u256_from(DEFAULT_PRIORITY);
    if (rpc_call(r, a, "eth_maxPriorityFeePerGas", NULL, &result, &why) == 0) {
        if (!rpc__u256(result, ret))
            return rpc__malformed(e, "eth_maxPriorityFeePerGas");
    } else if (why.transient) {
        *e = why;
        return -1;
    }
    return 0;
}

static int legacy_price(struct rpc *r, struct arena *a, struct eth_tx *tx, struct err *e)
{
    struct json *result;

    tx->type = ETH_TX_LEGACY;
    tx->priority = u256_from(0);
    if (rpc_call(r, a, "eth_gasPrice", NULL, &result, e) < 0)
        return -1;
    if (!rpc__u256(result, &tx->price))
        return rpc__malformed(e, "eth_gasPrice");
    return 0;
}

static int fees(struct rpc *r, struct arena *a, struct eth_tx *tx, struct err *e)
{
    const struct u256 two = u256_from(2);
    struct rpc_block head;
    struct u256 priority;
    struct u256 price;
    bool found;

    if (rpc_block(r, a, RPC_LATEST, &found, &head, e) < 0)
        return -1;
    if (!found)
        return rpc__malformed(e, "eth_getBlockByNumber");
    if (u256_is_zero(&head.base_fee))
        return legacy_price(r, a, tx, e);
    if (suggested_priority(r, a, &priority, e) < 0)
        return -1;
    if (!u256_mul(&head.base_fee, &two, &price) || !u256_add(&price, &priority, &price))
        return rpc__malformed(e, "fees");
    tx->type = ETH_TX_FEES;
    tx->priority = scaled(&priority, MARGIN_PERCENT, 100);
    tx->price = scaled(&price, MARGIN_PERCENT, 100);
    return 0;
}

/* gas * price + value against the balance. */
static int check_funds(struct rpc *r, struct arena *a, const struct addr *from,
                       const struct eth_tx *tx, const struct u256 *balance, struct err *e)
{
    struct u256 gas = u256_from(tx->gas);
    struct u256 needed;

    if (u256_mul(&gas, &tx->price, &needed) && u256_add(&needed, &tx->value, &needed) &&
        u256_cmp(balance, &needed) >= 0)
        return 0;
    return refused(e, NATIVE_FUNDS, addr_text(a, from), units_text(a, balance, 18),
                   arena_printf(a, "%llu", (unsigned long long)rpc_chain_id(r)),
                   units_text(a, &needed, 18));
}

/* Nonce and balance in one request. */
static int account(struct rpc *r, struct arena *a, const struct addr *from, uint64_t *ret_nonce,
                   struct u256 *ret_balance, struct err *e)
{
    struct rpc_item items[] = {{.method = "eth_getTransactionCount", .params = json_new_array(a)},
                               {.method = "eth_getBalance", .params = json_new_array(a)}};
    const char *address = hex0x_dup(a, from->b, sizeof(from->b));
    size_t i;

    for (i = 0; i < ARRAY_LEN(items); i++) {
        json_push(a, items[i].params, json_new_str(a, address));
        json_push(a, items[i].params, json_new_str(a, "pending"));
    }
    if (rpc_batch(r, a, items, ARRAY_LEN(items), e) < 0)
        return -1;
    if (!rpc__u64(items[0].result, ret_nonce) || !rpc__u256(items[1].result, ret_balance))
        return rpc__malformed(e, "eth_getTransactionCount");
    return 0;
}

int eth_gas_fill(struct rpc *r, const struct addr *from, struct eth_tx *tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct eth_tx out = *tx;
    struct u256 balance;

    out.chain_id = rpc_chain_id(r);
    if (estimate(r, a, from, tx, &out.gas, e) < 0 || fees(r, a, &out, e) < 0 ||
        account(r, a, from, &out.nonce, &balance, e) < 0)
        return -1;
    out.gas += GAS_SPARE;
    if (check_funds(r, a, from, &out, &balance, e) < 0)
        return -1;
    *tx = out;
    return 0;
}

int eth_gas_bump(struct rpc *r, struct eth_tx *tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct eth_tx now = *tx;
    struct u256 price = scaled(&tx->price, 9, 8);
    struct u256 priority = scaled(&tx->priority, 9, 8);

    if (fees(r, a, &now, e) < 0)
        return -1;
    tx->price = larger(&price, &now.price);
    if (tx->type == ETH_TX_FEES)
        tx->priority = larger(&priority, &now.priority);
    return 0;
}
