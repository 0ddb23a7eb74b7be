/* SPDX-License-Identifier: Apache-2.0 */
#include "market/erc20.h"

#include "base/must.h"

enum { DEFAULT_DECIMALS = 18, DECIMALS_MAX = 77 };

/* A view function that answers one number. */
static int read_number(struct rpc *r, const struct contract_call *call, struct u256 *ret,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value out;

    if (contract_read(r, a, call, &out, e) < 0)
        return -1;
    *ret = out.list.v[0].num;
    return 0;
}

int erc20_balance(struct rpc *r, const struct addr *token, const struct addr *who, struct u256 *ret,
                  struct err *e)
{
    const struct abi_value args[] = {abi_addr(who)};
    const struct contract_call call = {*token, "balanceOf(address)", args, 1, "(uint256)"};

    return read_number(r, &call, ret, e);
}

int erc20_allowance(struct rpc *r, const struct addr *token, const struct addr *owner,
                    const struct addr *spender, struct u256 *ret, struct err *e)
{
    const struct abi_value args[] = {abi_addr(owner), abi_addr(spender)};
    const struct contract_call call = {*token, "allowance(address,address)", args, 2, "(uint256)"};

    return read_number(r, &call, ret, e);
}

int erc20_supply(struct rpc *r, const struct addr *token, struct u256 *ret, struct err *e)
{
    const struct contract_call call = {*token, "totalSupply()", NULL, 0, "(uint256)"};

    return read_number(r, &call, ret, e);
}

int erc20_decimals(struct rpc *r, const struct addr *token, unsigned *ret, struct err *e)
{
    const struct contract_call call = {*token, "decimals()", NULL, 0, "(uint256)"};
    struct err why;
    struct u256 v;
    uint64_t n;

    if (read_number(r, &call, &v, &why) < 0) {
        if (why.code != ERR_REVERTED) {
            *e = why;
            return -1;
        }
        *ret = DEFAULT_DECIMALS;
        return 0;
    }
    if (!u256_to_u64(&v, &n) || n > DECIMALS_MAX)
        return failed(e, INVALID, "the token claims to have more than %d decimals", DECIMALS_MAX);
    *ret = (unsigned)n;
    return 0;
}

int erc20_symbol(struct rpc *r, struct arena *a, const struct addr *token, const char **ret,
                 struct err *e)
{
    const struct contract_call call = {*token, "symbol()", NULL, 0, "(string)"};
    struct abi_value out;
    struct err why;

    if (contract_read(r, a, &call, &out, &why) < 0) {
        if (why.code != ERR_REVERTED && why.code != ERR_INVALID) {
            *e = why;
            return -1;
        }
        *ret = "";
        return 0;
    }
    *ret = arena_strndup(a, (const char *)out.list.v[0].bytes.p, out.list.v[0].bytes.n);
    return 0;
}

int erc20_approve(const struct wallet *w, const struct addr *token, const struct addr *spender,
                  const struct u256 *amount, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_addr(spender), abi_u256(*amount)};
    const struct contract_call call = {*token, "approve(address,uint256)", args, 2, NULL};
    struct rpc_receipt receipt;

    return wallet_call(w, a, "approve", &call, &receipt, e);
}

int erc20_allow(const struct wallet *w, const struct addr *token, const struct addr *spender,
                const struct u256 *amount, struct err *e)
{
    struct u256 now;

    if (erc20_allowance(w->rpc, token, &w->addr, spender, &now, e) < 0)
        return -1;
    if (u256_cmp(&now, amount) >= 0)
        return 0;
    return erc20_approve(w, token, spender, amount, e);
}

int erc20_require(const struct wallet *w, const struct addr *token, const struct u256 *amount,
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct u256 have;
    unsigned decimals;
    const char *symbol;

    if (erc20_balance(w->rpc, token, &w->addr, &have, e) < 0)
        return -1;
    if (u256_cmp(&have, amount) >= 0)
        return 0;
    if (erc20_decimals(w->rpc, token, &decimals, e) < 0 ||
        erc20_symbol(w->rpc, a, token, &symbol, e) < 0)
        return -1;
    return refused(e, SHORTAGE, addr_text(a, &w->addr), units_text(a, &have, decimals), symbol,
                   units_text(a, amount, decimals), symbol);
}
