/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"
#include "market/erc20.h"
#include "market/funds.h"

/* The payer's side of the escrow: `atoll escrow ...`. */

/* {token, symbol, account, available, locked}. */
static int put_funds(struct client *c, struct arena *a, const struct addr *token,
                     const struct addr *who, struct json *v, struct err *e)
{
    struct funds funds;
    const char *symbol;

    if (funds_get(c->rpc, &c->contracts.escrow, who, token, &funds, e) < 0 ||
        erc20_symbol(c->rpc, a, token, &symbol, e) < 0)
        return -1;
    json_set_str(a, v, "token", addr_text(a, token));
    json_set_str(a, v, "symbol", symbol);
    json_set_str(a, v, "account", addr_text(a, who));
    if (client__put_amount(c, v, "available", token, &funds.available, e) < 0)
        return -1;
    return client__put_amount(c, v, "locked", token, &funds.locked, e);
}

int client_escrow_deposit(struct client *c, const char *token, const char *amount,
                          struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *v = json_new_object(a);
    struct addr address;
    struct u256 wei;
    struct hash32 tx;

    if (client__signer(c, e) < 0 || client__address(c, "token", token, &address, e) < 0 ||
        client__amount(c, &address, amount, &wei, e) < 0 ||
        funds_deposit(&c->wallet, &c->contracts.escrow, &address, &wei, &tx, e) < 0)
        return -1;
    json_set_str(a, v, "tx", hash32_text(a, &tx));
    *ret = v;
    return put_funds(c, a, &address, &c->wallet.addr, v, e);
}

int client_escrow_withdraw(struct client *c, const char *token, const char *amount,
                           struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *v = json_new_object(a);
    struct addr address;
    struct funds funds;
    struct u256 wei;
    struct hash32 tx;
    unsigned decimals;

    if (client__signer(c, e) < 0 || client__address(c, "token", token, &address, e) < 0 ||
        client__amount(c, &address, amount, &wei, e) < 0 ||
        funds_get(c->rpc, &c->contracts.escrow, &c->wallet.addr, &address, &funds, e) < 0)
        return -1;
    if (erc20_decimals(c->rpc, &address, &decimals, e) < 0)
        return -1;
    /* The contract does nothing, without a word, when the amount is more than there is. */
    if (u256_cmp(&funds.available, &wei) < 0)
        return refused(e, ESCROW_SHORTAGE, units_text(a, &funds.available, decimals), amount);
    if (funds_withdraw(&c->wallet, &c->contracts.escrow, &address, &wei, &tx, e) < 0)
        return -1;
    json_set_str(a, v, "tx", hash32_text(a, &tx));
    *ret = v;
    return put_funds(c, a, &address, &c->wallet.addr, v, e);
}

int client_escrow_funds(struct client *c, const char *token, const char *who, struct json **ret,
                        struct err *e)
{
    struct arena *a = c->arena;
    struct json *v = json_new_object(a);
    struct addr address;
    struct addr account;

    if (!who && !c->has_key)
        return refused(e, NO_KEY);
    if (client__chain(c, e) < 0 || client__address(c, "token", token, &address, e) < 0 ||
        client__address(c, "account", who ? who : "me", &account, e) < 0)
        return -1;
    *ret = v;
    return put_funds(c, a, &address, &account, v, e);
}

int client_escrow_authorize(struct client *c, const char *token, const char *payee,
                            const struct client_limits *limits, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *v = json_new_object(a);
    struct funds_limits max;
    struct addr address;
    struct addr who;

    if (client__signer(c, e) < 0 || client__address(c, "token", token, &address, e) < 0 ||
        client__address(c, "payee", payee, &who, e) < 0 ||
        client__amount(c, &address, limits->amount, &max.amount, e) < 0)
        return -1;
    max.seconds = u256_from((uint64_t)limits->seconds);
    max.locks = u256_from((uint64_t)limits->locks);
    if (funds_authorize(&c->wallet, &c->contracts.escrow, &address, &who, &max, e) < 0)
        return -1;
    json_set_str(a, v, "token", addr_text(a, &address));
    json_set_str(a, v, "payee", addr_text(a, &who));
    json_set_int(a, v, "maxLockSeconds", limits->seconds);
    json_set_int(a, v, "maxLockCounts", limits->locks);
    *ret = v;
    return client__put_amount(c, v, "maxLockedAmount", &address, &max.amount, e);
}
