/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/eth_gas.h"

#include "base/must.h"
#include "chain/rpc_int.h"

enum {
    GAS_SPARE = 20000,
    GAS_MAX = 1000000000, /* no block is so large: an endpoint that says so is broken */
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

/* What is asked for in one request; a bump needs the first two only. */
enum { BLOCK, PRIORITY, FEES, ESTIMATE = FEES, NONCE, BALANCE, EVERYTHING };

static struct json *list2(struct arena *a, struct json *first, struct json *second)
{
    struct json *list = json_new_array(a);

    json_push(a, list, first);
    if (second)
        json_push(a, list, second);
    return list;
}

/* Not every endpoint has a method for the priority fee. */
static void ask_fees(struct arena *a, struct rpc_item *items)
{
    items[BLOCK] =
        (struct rpc_item){.method = "eth_getBlockByNumber",
                          .params = list2(a, json_new_str(a, "latest"), json_new_bool(a, false))};
    items[PRIORITY] = (struct rpc_item){.method = "eth_maxPriorityFeePerGas", .may_fail = true};
}

static void ask_account(struct arena *a, const struct addr *from, struct rpc_item *items)
{
    const char *address = hex0x_dup(a, from->b, sizeof(from->b));

    items[NONCE] =
        (struct rpc_item){.method = "eth_getTransactionCount",
                          .params = list2(a, json_new_str(a, address), json_new_str(a, "pending"))};
    items[BALANCE] =
        (struct rpc_item){.method = "eth_getBalance",
                          .params = list2(a, json_new_str(a, address), json_new_str(a, "pending"))};
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

/* Fees by the answers of ask_fees(). */
static int take_fees(struct rpc *r, struct arena *a, const struct rpc_item *items,
                     struct eth_tx *tx, struct err *e)
{
    const struct u256 two = u256_from(2);
    struct rpc_block head;
    struct u256 priority;
    struct u256 price;

    if (!rpc__block(items[BLOCK].result, &head))
        return rpc__malformed(e, "eth_getBlockByNumber");
    if (u256_is_zero(&head.base_fee))
        return legacy_price(r, a, tx, e);
    if (!rpc__u256(items[PRIORITY].result, &priority))
        priority = u256_from(DEFAULT_PRIORITY);
    if (!u256_mul(&head.base_fee, &two, &price) || !u256_add(&price, &priority, &price))
        return rpc__malformed(e, "eth_getBlockByNumber");
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

int eth_gas_fill(struct rpc *r, const struct addr *from, struct eth_tx *tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_item items[EVERYTHING];
    struct eth_tx out = *tx;
    struct u256 balance;

    ask_fees(a, items);
    ask_account(a, from, items);
    items[ESTIMATE] = (struct rpc_item){.method = "eth_estimateGas",
                                        .params = list2(a, tx_json(a, from, tx), NULL)};
    if (rpc_batch(r, a, items, EVERYTHING, e) < 0)
        return -1;
    if (!rpc__u64(items[ESTIMATE].result, &out.gas) || out.gas > GAS_MAX ||
        !rpc__height(items[NONCE].result, &out.nonce) ||
        !rpc__u256(items[BALANCE].result, &balance))
        return rpc__malformed(e, "eth_estimateGas");
    if (take_fees(r, a, items, &out, e) < 0)
        return -1;
    out.chain_id = rpc_chain_id(r);
    out.gas += GAS_SPARE;
    if (check_funds(r, a, from, &out, &balance, e) < 0)
        return -1;
    *tx = out;
    return 0;
}

int eth_gas_bump(struct rpc *r, struct eth_tx *tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_item items[FEES];
    struct eth_tx now = *tx;
    struct u256 price = scaled(&tx->price, 9, 8);
    struct u256 priority = scaled(&tx->priority, 9, 8);

    ask_fees(a, items);
    if (rpc_batch(r, a, items, FEES, e) < 0 || take_fees(r, a, items, &now, e) < 0)
        return -1;
    tx->price = larger(&price, &now.price);
    if (tx->type == ETH_TX_FEES)
        tx->priority = larger(&priority, &now.priority);
    return 0;
}
