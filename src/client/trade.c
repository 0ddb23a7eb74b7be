/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"
#include "market/datatoken.h"
#include "market/erc20.h"
#include "market/exchange.h"

/* Datatokens and the market: `atoll datatoken ...`, `atoll market ...`. */

static const char default_cap[] = "100000";

static void put_addr(struct arena *a, struct json *object, const char *key, const struct addr *v)
{
    json_set_str(a, object, key, addr_text(a, v));
}

int client_datatoken_create(struct client *c, const char *name, const char *symbol, const char *cap,
                            struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct datatoken_spec spec = {.name = name, .symbol = symbol};
    struct datatoken made;
    struct json *v;

    if (client__signer(c, e) < 0)
        return -1;
    if (!units_parse(cap ? cap : default_cap, 18, &spec.cap) || u256_is_zero(&spec.cap))
        return refused(e, BAD_AMOUNT, cap ? cap : default_cap, 18U);
    spec.fee_token = c->contracts.ocean;
    if (datatoken_create(&c->wallet, &c->contracts.erc721_factory, &spec, &made, e) < 0)
        return -1;
    v = json_new_object(a);
    put_addr(a, v, "datatoken", &made.address);
    put_addr(a, v, "nft", &made.nft);
    json_set_str(a, v, "name", name);
    json_set_str(a, v, "symbol", symbol);
    json_set_str(a, v, "tx", hash32_text(a, &made.tx));
    *ret = v;
    return 0;
}

/* The datatoken that a text names; refused when it is none. */
static int find_datatoken(struct client *c, const char *text, struct addr *ret, struct err *e)
{
    struct addr nft;

    if (client__chain(c, e) < 0 || client__address(c, "datatoken", text, ret, e) < 0)
        return -1;
    return datatoken_nft(c->rpc, &c->contracts.erc721_factory, ret, &nft, e);
}

int client_datatoken_mint(struct client *c, const char *datatoken, const char *amount,
                          const char *to, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct addr token;
    struct addr receiver;
    struct u256 wei;
    struct hash32 tx;
    struct json *v;

    if (client__signer(c, e) < 0 || find_datatoken(c, datatoken, &token, e) < 0 ||
        client__address(c, "to", to ? to : "me", &receiver, e) < 0 ||
        client__amount(c, &token, amount, &wei, e) < 0 ||
        datatoken_mint(&c->wallet, &token, &receiver, &wei, &tx, e) < 0)
        return -1;
    v = json_new_object(a);
    put_addr(a, v, "datatoken", &token);
    put_addr(a, v, "to", &receiver);
    json_set_str(a, v, "tx", hash32_text(a, &tx));
    *ret = v;
    return client__put_amount(c, v, "amount", &token, &wei, e);
}

int client_datatoken_approve(struct client *c, const char *datatoken, const char *spender,
                             const char *amount, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct addr token;
    struct addr who;
    struct u256 wei;
    struct exchange x;
    bool offered = false;
    struct json *v;

    if (client__signer(c, e) < 0 || find_datatoken(c, datatoken, &token, e) < 0 ||
        client__address(c, "spender", spender, &who, e) < 0 ||
        client__amount(c, &token, amount, &wei, e) < 0)
        return -1;
    if (addr_eq(&who, &c->contracts.fixed_price) &&
        exchange_find(c->rpc, &who, &token, &offered, &x, e) < 0)
        return -1;
    if (offered ? exchange_stock(&c->wallet, &x, &wei, e) < 0
                : erc20_approve(&c->wallet, &token, &who, &wei, e) < 0)
        return -1;
    v = json_new_object(a);
    put_addr(a, v, "datatoken", &token);
    put_addr(a, v, "spender", &who);
    json_set_bool(a, v, "forSale", offered);
    *ret = v;
    return client__put_amount(c, v, "amount", &token, &wei, e);
}

/* The native coin has no contract; its symbol is the chain's business. */
static int native_balance(struct client *c, struct arena *a, const struct addr *who, struct json *v,
                          struct err *e)
{
    struct u256 wei;

    if (rpc_balance(c->rpc, who, &wei, e) < 0)
        return -1;
    json_set_str(a, v, "token", "native");
    json_set_str(a, v, "balance", units_text(a, &wei, 18));
    json_set_str(a, v, "balanceWei", u256_text(a, &wei));
    return 0;
}

int client_token_balance(struct client *c, const char *token, const char *who, struct json **ret,
                         struct err *e)
{
    struct arena *a = c->arena;
    struct addr account;
    struct addr address;
    struct u256 wei;
    const char *symbol;
    struct json *v = json_new_object(a);

    if (!who && !c->has_key)
        return refused(e, NO_KEY);
    if (client__chain(c, e) < 0 || client__address(c, "account", who ? who : "me", &account, e) < 0)
        return -1;
    put_addr(a, v, "account", &account);
    *ret = v;
    if (json_equal(json_new_str(a, token), json_new_str(a, "native")))
        return native_balance(c, a, &account, v, e);
    if (client__address(c, "token", token, &address, e) < 0 ||
        erc20_balance(c->rpc, &address, &account, &wei, e) < 0 ||
        erc20_symbol(c->rpc, a, &address, &symbol, e) < 0)
        return -1;
    put_addr(a, v, "token", &address);
    json_set_str(a, v, "symbol", symbol);
    return client__put_amount(c, v, "balance", &address, &wei, e);
}

/* The offer for a datatoken, and the amount of it that a text names. */
static int find_offer(struct client *c, const char *datatoken, const char *amount,
                      struct exchange *ret, struct u256 *ret_wei, struct err *e)
{
    struct addr token;
    bool found;

    if (find_datatoken(c, datatoken, &token, e) < 0 ||
        client__amount(c, &token, amount, ret_wei, e) < 0 ||
        exchange_find(c->rpc, &c->contracts.fixed_price, &token, &found, ret, e) < 0)
        return -1;
    if (!found || !ret->active)
        return refused(e, NOT_FOR_SALE, datatoken);
    return 0;
}

/* What both price and purchase tell of the money. */
static int put_price(struct client *c, struct arena *a, struct json *v, const struct exchange *x,
                     const struct u256 *price, struct err *e)
{
    const char *symbol;

    if (erc20_symbol(c->rpc, a, &x->currency, &symbol, e) < 0)
        return -1;
    put_addr(a, v, "datatoken", &x->datatoken);
    put_addr(a, v, "currency", &x->currency);
    json_set_str(a, v, "symbol", symbol);
    put_addr(a, v, "market", &x->contract);
    return client__put_amount(c, v, "price", &x->currency, price, e);
}

int client_market_price(struct client *c, const char *datatoken, const char *amount,
                        struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct exchange x;
    struct u256 wei;
    struct u256 price;
    struct json *v = json_new_object(a);

    if (find_offer(c, datatoken, amount, &x, &wei, e) < 0 ||
        exchange_price(c->rpc, &x, &wei, &price, e) < 0 || put_price(c, a, v, &x, &price, e) < 0)
        return -1;
    *ret = v;
    if (client__put_amount(c, v, "amount", &x.datatoken, &wei, e) < 0)
        return -1;
    return client__put_amount(c, v, "available", &x.datatoken, &x.available, e);
}

int client_market_buy(struct client *c, const char *datatoken, const char *amount,
                      struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct exchange x;
    struct u256 wei;
    struct u256 price;
    struct hash32 tx;
    struct json *v = json_new_object(a);

    if (client__signer(c, e) < 0 || find_offer(c, datatoken, amount, &x, &wei, e) < 0)
        return -1;
    if (u256_cmp(&x.available, &wei) < 0)
        return refused(e, SOLD_OUT, units_text(a, &x.available, 18), amount);
    if (exchange_price(c->rpc, &x, &wei, &price, e) < 0 ||
        erc20_require(&c->wallet, &x.currency, &price, e) < 0 ||
        erc20_allow(&c->wallet, &x.currency, &x.contract, &price, e) < 0 ||
        exchange_buy(&c->wallet, &x, &wei, &price, &tx, e) < 0 ||
        put_price(c, a, v, &x, &price, e) < 0)
        return -1;
    json_set_str(a, v, "tx", hash32_text(a, &tx));
    *ret = v;
    return client__put_amount(c, v, "amount", &x.datatoken, &wei, e);
}

int client_market_offer(struct client *c, const char *datatoken, const char *price,
                        const char *currency, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct exchange_offer offer;
    struct exchange x;
    struct json *v = json_new_object(a);

    if (client__signer(c, e) < 0 || find_datatoken(c, datatoken, &offer.datatoken, e) < 0 ||
        client__address(c, "currency", currency ? currency : "ocean", &offer.currency, e) < 0)
        return -1;
    if (!units_parse(price, 18, &offer.rate) || u256_is_zero(&offer.rate))
        return refused(e, BAD_AMOUNT, price, 18U);
    offer.contract = c->contracts.fixed_price;
    if (exchange_offer(&c->wallet, &offer, &x, e) < 0)
        return -1;
    put_addr(a, v, "datatoken", &x.datatoken);
    put_addr(a, v, "currency", &x.currency);
    put_addr(a, v, "market", &x.contract);
    json_set_str(a, v, "exchangeId", hash32_text(a, &x.id));
    json_set_str(a, v, "price", units_text(a, &x.rate, 18));
    *ret = v;
    return client__put_amount(c, v, "available", &x.datatoken, &x.available, e);
}
