/* SPDX-License-Identifier: Apache-2.0 */
/* What the chain says about datatokens: names, and the exchanges and dispensers that sell them. */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "indexer/read.h"
#include "indexer/window.h"

enum { OFFERS_MAX = 32 }; /* of a datatoken; a contract of a stranger may claim any number */

struct token *token_find(const struct window *w, const struct addr *addr)
{
    struct token *t;

    for (t = w->tokens; t; t = t->next)
        if (addr_eq(&t->addr, addr))
            return t;
    return NULL;
}

struct token *token_want(struct window *w, const struct addr *addr)
{
    struct token *t = token_find(w, addr);

    if (t)
        return t;
    t = arena_calloc(w->a, 1, sizeof(*t));
    t->addr = *addr;
    t->next = w->tokens;
    w->tokens = t;
    return t;
}

/* One place where a token is sold, as its lists name it. */
struct offer {
    struct token *token;
    struct addr contract;
    bool fixed_rate;
    struct hash32 id; /* of the exchange */
};

struct offers {
    struct offer *v;
    size_t n;
};

static void add_offers(struct arena *a, struct token *t, const struct rpc_reading *dispensers,
                       const struct rpc_reading *rates, struct offers *io)
{
    struct abi_value v;
    size_t i;

    if (read_values(a, dispensers, "(address[])", &v))
        for (i = 0; i < v.list.v[0].list.n && i < OFFERS_MAX; i++)
            io->v[io->n++] = (struct offer){.token = t, .contract = v.list.v[0].list.v[i].addr};
    if (read_values(a, rates, "((address,bytes32)[])", &v))
        for (i = 0; i < v.list.v[0].list.n && i < OFFERS_MAX; i++) {
            const struct abi_value *pair = v.list.v[0].list.v[i].list.v;
            struct offer o = {.token = t, .contract = pair[0].addr, .fixed_rate = true};

            memcpy(o.id.b, pair[1].bytes.p, sizeof(o.id.b));
            io->v[io->n++] = o;
        }
}

/* Readings for each token, in this order. */
enum { READ_NAME, READ_SYMBOL, READ_NFT, READ_DISPENSERS, READ_RATES, READ_COUNT };

static int read_lists(struct window *w, size_t count, struct offers *ret, struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, count * READ_COUNT, sizeof(*r));
    struct abi_value v;
    struct token *t;
    size_t n = 0;

    for (t = w->tokens; t; t = t->next) {
        r[n + READ_NAME] = reading(w->a, &t->addr, "name()", NULL, 0);
        r[n + READ_SYMBOL] = reading(w->a, &t->addr, "symbol()", NULL, 0);
        r[n + READ_NFT] = reading(w->a, &t->addr, "getERC721Address()", NULL, 0);
        r[n + READ_DISPENSERS] = reading(w->a, &t->addr, "getDispensers()", NULL, 0);
        r[n + READ_RATES] = reading(w->a, &t->addr, "getFixedRates()", NULL, 0);
        n += READ_COUNT;
    }
    if (rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    *ret = (struct offers){arena_calloc(w->a, count * 2 * OFFERS_MAX, sizeof(struct offer)), 0};
    for (t = w->tokens, n = 0; t; t = t->next, n += READ_COUNT) {
        t->name = read_text(w->a, &r[n + READ_NAME]);
        t->symbol = read_text(w->a, &r[n + READ_SYMBOL]);
        if (read_values(w->a, &r[n + READ_NFT], "(address)", &v))
            t->nft = v.list.v[0].addr;
        t->prices = json_new_array(w->a);
        add_offers(w->a, t, &r[n + READ_DISPENSERS], &r[n + READ_RATES], ret);
    }
    return 0;
}

static void add_price(struct arena *a, const struct offer *o, const char *type, const char *price,
                      const struct addr *currency)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "type", type);
    json_set_str(a, v, "price", price);
    json_set_str(a, v, "contract", addr_text(a, &o->contract));
    json_set_str(a, v, "token", addr_text(a, currency));
    if (o->fixed_rate)
        json_set_str(a, v, "exchangeId", hash32_text(a, &o->id));
    json_push(a, o->token->prices, v);
}

/* The answer of status() or getExchange(); an offer that is not active is no price. */
static void take_offer(struct arena *a, const struct offer *o, const struct rpc_reading *r)
{
    struct abi_value v;

    if (!o->fixed_rate) {
        if (read_values(a, r, DISPENSER_STATUS, &v) && !u256_is_zero(&v.list.v[0].num))
            add_price(a, o, "dispenser", "0", &o->token->addr);
        return;
    }
    if (read_values(a, r, EXCHANGE, &v) && !u256_is_zero(&v.list.v[EXCHANGE_ACTIVE].num))
        add_price(a, o, "fixedrate", units_text(a, &v.list.v[EXCHANGE_RATE].num, 18),
                  &v.list.v[EXCHANGE_CURRENCY].addr);
}

int tokens_read(struct window *w, struct err *e)
{
    struct rpc_reading *r;
    struct offers offers;
    struct token *t;
    size_t count = 0;
    size_t i;

    for (t = w->tokens; t; t = t->next)
        count++;
    if (count == 0)
        return 0;
    if (read_lists(w, count, &offers, e) < 0)
        return -1;
    r = arena_calloc(w->a, offers.n, sizeof(*r));
    for (i = 0; i < offers.n; i++) {
        const struct offer *o = &offers.v[i];
        struct abi_value arg = o->fixed_rate ? abi_hash(&o->id) : abi_addr(&o->token->addr);

        r[i] = reading(w->a, &o->contract,
                       o->fixed_rate ? "getExchange(bytes32)" : "status(address)", &arg, 1);
    }
    if (rpc_read_many(w->chain->rpc, w->a, r, offers.n, e) < 0)
        return -1;
    for (i = 0; i < offers.n; i++)
        take_offer(w->a, &offers.v[i], &r[i]);
    return 0;
}
