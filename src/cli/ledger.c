/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger.h"

#include "base/must.h"
#include "market/erc20.h"

void ledger_add(struct ledger *l, const char *name, const struct addr *who)
{
    must(l->count < LEDGER_ROWS);
    l->rows[l->count++] = (struct ledger_row){.name = name, .addr = *who};
}

static int balance(const struct ledger *l, struct rpc *r, const struct addr *who, struct u256 *ret,
                   struct err *e)
{
    if (l->native)
        return rpc_balance(r, who, ret, e);
    return erc20_balance(r, &l->token, who, ret, e);
}

int ledger_open(struct ledger *l, struct rpc *r, bool exists, struct err *e)
{
    size_t i;

    for (i = 0; exists && i < l->count; i++)
        if (balance(l, r, &l->rows[i].addr, &l->rows[i].before, e) < 0)
            return -1;
    if (exists && !l->native && erc20_supply(r, &l->token, &l->made, e) < 0)
        return -1; /* the supply before, until ledger_close() */
    return rpc_block_number(r, &l->block, e);
}

/* A hex quantity of a block. */
static int quantity(const struct json *block, const char *key, struct u256 *ret, struct err *e)
{
    if (!u256_parse(json_get_str(block, key, "?"), ret))
        return failed(e, FAILED, "a block without %s", key);
    return 0;
}

/* The base fee of all gas since the first reading: nobody gets it (EIP-1559). */
static int add_burnt(struct ledger *l, struct rpc *r, struct err *e)
{
    uint64_t last;
    uint64_t n;

    if (rpc_block_number(r, &last, e) < 0)
        return -1;
    for (n = l->block + 1; n <= last; n++) {
        _arena_ struct arena *a = arena_new();
        struct json *params = json_new_array(a);
        struct json *block;
        struct u256 gas;
        struct u256 fee;
        struct u256 product;

        json_push(a, params, json_new_str(a, arena_printf(a, "0x%llx", (unsigned long long)n)));
        json_push(a, params, json_new_bool(a, false));
        if (rpc_call(r, a, "eth_getBlockByNumber", params, &block, e) < 0 ||
            quantity(block, "gasUsed", &gas, e) < 0 ||
            quantity(block, "baseFeePerGas", &fee, e) < 0)
            return -1;
        must(u256_mul(&gas, &fee, &product) && u256_add(&l->burnt, &product, &l->burnt));
    }
    return 0;
}

int ledger_close(struct ledger *l, struct rpc *r, struct err *e)
{
    const struct u256 supply_before = l->made;
    struct u256 supply;
    size_t i;

    for (i = 0; i < l->count; i++)
        if (balance(l, r, &l->rows[i].addr, &l->rows[i].after, e) < 0)
            return -1;
    if (l->native)
        return add_burnt(l, r, e);
    if (erc20_supply(r, &l->token, &supply, e) < 0)
        return -1;
    if (!u256_sub(&supply, &supply_before, &l->made)) {
        must(u256_sub(&supply_before, &supply, &l->burnt));
        l->made = u256_from(0);
    }
    return 0;
}

/* "+1.5" or "-0.25", or "0" */
static const char *change(struct arena *a, const struct u256 *before, const struct u256 *after,
                          unsigned decimals)
{
    struct u256 d;

    if (u256_cmp(before, after) == 0)
        return "0";
    if (u256_sub(after, before, &d))
        return arena_printf(a, "+%s", units_text(a, &d, decimals));
    must(u256_sub(before, after, &d));
    return arena_printf(a, "-%s", units_text(a, &d, decimals));
}

static void print_line(const struct ledger *l, FILE *out, const char *name,
                       const struct u256 *before, const struct u256 *after)
{
    _arena_ struct arena *a = arena_new();

    (void)fprintf(out, "  %-22s %28s %28s %26s\n", name, units_text(a, before, l->decimals),
                  units_text(a, after, l->decimals), change(a, before, after, l->decimals));
}

bool ledger_print(const struct ledger *l, FILE *out)
{
    const struct u256 zero = u256_from(0);
    struct u256 before = l->made;
    struct u256 after = l->burnt;
    size_t i;

    (void)fprintf(out, "\n  %-22s %28s %28s %26s\n", l->currency, "before", "after", "change");
    for (i = 0; i < l->count; i++) {
        print_line(l, out, l->rows[i].name, &l->rows[i].before, &l->rows[i].after);
        must(u256_add(&before, &l->rows[i].before, &before));
        must(u256_add(&after, &l->rows[i].after, &after));
    }
    if (!u256_is_zero(&l->made))
        print_line(l, out, "minted", &l->made, &zero);
    if (!u256_is_zero(&l->burnt))
        print_line(l, out, "burnt", &zero, &l->burnt);
    print_line(l, out, "sum", &before, &after);
    if (u256_cmp(&before, &after) == 0)
        return true;
    (void)fprintf(out, "  %s does not add up\n", l->currency);
    return false;
}
