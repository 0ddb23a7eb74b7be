/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "client/client_int.h"

/* Pools and vouchers: `atoll pool ...`. People write whole units, the node has base units. */

/* What the node takes: the token that is named, or the first. */
static int find_offer(struct client *c, const char *token, const struct json **ret, struct err *e)
{
    const struct client_question q = {.path = "/marketplace/api/offers"};
    struct json *offers;
    size_t i;

    if (client_ask(c, &q, &offers, e) < 0)
        return -1;
    offers = json_get(offers, "tokens");
    for (i = 0; i < json_len(offers); i++) {
        const struct json *o = json_at(offers, i);

        if (!token || str_ieq(json_get_str(o, "token", ""), token) ||
            str_ieq(json_get_str(o, "symbol", ""), token)) {
            *ret = o;
            return 0;
        }
    }
    return token ? failed(e, NOT_FOUND, "the node takes no token %s", token)
                 : failed(e, NOT_FOUND, "the node sells nothing");
}

/* "1.5", or "-1.5" where that has a meaning, as base units. */
static int to_base(struct client *c, const char *text, const struct json *money, const char **ret,
                   struct err *e)
{
    bool minus = *text == '-';
    int64_t decimals = json_get_int(money, "decimals", -1);
    struct u256 v;

    if (decimals < 0)
        return failed(e, UNAVAILABLE, "the node does not know the token's decimals now");
    if (decimals > 77 || !units_parse(text + minus, (unsigned)decimals, &v))
        return failed(e, INVALID, "%s is no amount with at most %lld decimals", text,
                      (long long)decimals);
    *ret = arena_printf(c->arena, "%s%s", minus ? "-" : "", u256_text(c->arena, &v));
    return 0;
}

static int ask(struct client *c, const char *method, const char *path, const struct json *body,
               struct json **ret, struct err *e)
{
    const struct client_question q = {method, path, body};

    return client_ask(c, &q, ret, e);
}

static const char *pool_path(struct client *c, const char *base, const char *id, const char *verb)
{
    return arena_printf(c->arena, "/marketplace/api/%s/%s%s", base, client__escape(c->arena, id),
                        verb);
}

int client_pool_list(struct client *c, bool all, struct json **ret, struct err *e)
{
    return ask(c, "GET", all ? "/marketplace/api/admin/pools" : "/marketplace/api/pools", NULL, ret,
               e);
}

int client_pool_info(struct client *c, const char *id, struct json **ret, struct err *e)
{
    return ask(c, "GET", pool_path(c, "pools", id, ""), NULL, ret, e);
}

int client_pool_refresh(struct client *c, const char *id, struct json **ret, struct err *e)
{
    return ask(c, "POST", pool_path(c, "pools", id, "/refresh"), NULL, ret, e);
}

int client_pool_create(struct client *c, const struct client_pool *p, struct json **ret,
                       struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const struct json *offer;
    const char *amount;

    if (find_offer(c, p->token, &offer, e) < 0)
        return -1;
    json_set_str(c->arena, body, "name", p->name);
    json_set_int(c->arena, body, "chain", json_get_int(offer, "chain", 0));
    json_set_str(c->arena, body, "token", json_get_str(offer, "token", ""));
    if (!p->owner) {
        json_set_str(c->arena, body, "kind", "wallet");
        return ask(c, "POST", "/marketplace/api/pools", body, ret, e);
    }
    if (to_base(c, p->amount ? p->amount : "0", offer, &amount, e) < 0)
        return -1;
    json_set_str(c->arena, body, "owner", p->owner);
    json_set_str(c->arena, body, "amount", amount);
    if (p->note)
        json_set_str(c->arena, body, "note", p->note);
    return ask(c, "POST", "/marketplace/api/admin/pools", body, ret, e);
}

/* An administrator's view of one pool, for its decimals. */
static int find_any(struct client *c, const char *id, const struct json **ret, struct err *e)
{
    struct json *list;
    size_t i;

    if (client_pool_list(c, true, &list, e) < 0)
        return -1;
    list = json_get(list, "pools");
    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "id", ""), id)) {
            *ret = json_at(list, i);
            return 0;
        }
    return failed(e, NOT_FOUND, "there is no pool %s", id);
}

int client_pool_grant(struct client *c, const char *id, const char *amount, const char *note,
                      struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const struct json *pool;
    const char *base;

    if (find_any(c, id, &pool, e) < 0 ||
        to_base(c, amount, json_get(pool, "balance"), &base, e) < 0)
        return -1;
    json_set_str(c->arena, body, "amount", base);
    if (note)
        json_set_str(c->arena, body, "note", note);
    return ask(c, "POST", pool_path(c, "admin/pools", id, "/grant"), body, ret, e);
}

int client_voucher_redeem(struct client *c, const char *code, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);

    json_set_str(c->arena, body, "code", code);
    return ask(c, "POST", "/marketplace/api/pools/voucher", body, ret, e);
}

int client_voucher_make(struct client *c, const struct client_voucher *v, struct json **ret,
                        struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const struct json *offer;
    const char *amount;

    if (find_offer(c, v->token, &offer, e) < 0 || to_base(c, v->amount, offer, &amount, e) < 0)
        return -1;
    json_set_str(c->arena, body, "amount", amount);
    json_set_int(c->arena, body, "chain", json_get_int(offer, "chain", 0));
    json_set_str(c->arena, body, "token", json_get_str(offer, "token", ""));
    json_set_int(c->arena, body, "uses", v->uses);
    json_set_int(c->arena, body, "expires", v->expires);
    if (v->note)
        json_set_str(c->arena, body, "note", v->note);
    return ask(c, "POST", "/marketplace/api/admin/vouchers", body, ret, e);
}

int client_voucher_list(struct client *c, struct json **ret, struct err *e)
{
    return ask(c, "GET", "/marketplace/api/admin/vouchers", NULL, ret, e);
}

int client_voucher_end(struct client *c, const char *code, struct json **ret, struct err *e)
{
    return ask(c, "DELETE", pool_path(c, "admin/vouchers", code, ""), NULL, ret, e);
}
