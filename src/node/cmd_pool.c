/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "base/log.h"
#include "base/str.h"
#include "node/login.h"
#include "pool/pool.h"

/* Pools and vouchers: of the person who asks, and of everybody for administrators. */

/* Of the person, or anybody's for owner NULL. */
static int reply_pool(struct task *t, const char *owner, const char *id, struct err *e)
{
    struct pool_info pool;
    int found = pool_find(t->node->pools, t->arena, owner, id, &pool, e);
    struct json *v;

    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    v = pool_json(t->node->pools, t->arena, &pool);
    if (!owner)
        json_set_str(t->arena, v, "owner", pool.owner);
    return reply_json(t, v);
}

static int reply_pools(struct task *t, const char *owner, struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list;

    if (pool_list_json(t->node->pools, t->arena, owner, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "pools", list);
    return reply_json(t, v);
}

/* --- one's own --- */

int cmd_marketplace_pools(struct task *t, const struct args_marketplace_pools *args, struct err *e)
{
    (void)args;
    return reply_pools(t, t->person->id, e);
}

int cmd_marketplace_pool(struct task *t, const struct args_marketplace_pool *args, struct err *e)
{
    struct pools *p = t->node->pools;
    struct pool_info pool;
    struct json *v, *entries;
    int found = pool_find(p, t->arena, t->person->id, args->id, &pool, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    if (pool_entries_json(p, t->arena, &pool, args->before, &entries, e) < 0)
        return -1;
    v = pool_json(p, t->arena, &pool);
    json_set(t->arena, v, "entries", entries);
    return reply_json(t, v);
}

/* The payer is who has proven to have its key, and nobody that a request names. */
int cmd_marketplace_pool_new(struct task *t, const struct args_marketplace_pool_new *args,
                             struct err *e)
{
    struct pool_new n = {
        .owner = t->person->id, .name = args->name, .chain = (uint64_t)args->chain};
    struct addr payer;
    char id[POOL_ID];

    if (!str_eq(t->person->kind, "wallet") || !addr_parse_any(t->person->name, &payer) ||
        (args->kind && !str_eq(args->kind, "wallet")))
        return refused(e, POOL_WALLET);
    if (!addr_parse_any(args->token, &n.token))
        return refused(e, NOT_AN_ADDRESS, "token");
    n.payer = &payer;
    if (pool_create(t->node->pools, &n, id, e) < 0)
        return -1;
    return reply_pool(t, t->person->id, id, e);
}

int cmd_marketplace_pool_voucher(struct task *t, const struct args_marketplace_pool_voucher *args,
                                 struct err *e)
{
    char id[POOL_ID];

    if (pool_voucher_redeem(t->node->pools, t->person->id, args->code, id, e) < 0)
        return -1;
    log_info("pool", "%s has redeemed a voucher into %s", t->person->id, id);
    return reply_pool(t, t->person->id, id, e);
}

int cmd_marketplace_pool_refresh(struct task *t, const struct args_marketplace_pool_refresh *args,
                                 struct err *e)
{
    struct pool_info pool;
    int found = pool_find(t->node->pools, t->arena, t->person->id, args->id, &pool, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    if (pool_refresh(t->node->pools, pool.id, e) < 0)
        return -1;
    return reply_pool(t, t->person->id, pool.id, e);
}

int cmd_marketplace_offers(struct task *t, const struct args_marketplace_offers *args,
                           struct err *e)
{
    struct json *v;

    (void)args;
    return pool_offers_json(t->node->pools, t->arena, &v, e) < 0 ? -1 : reply_json(t, v);
}

/* --- the operator's --- */

int cmd_marketplace_admin_pools(struct task *t, const struct args_marketplace_admin_pools *args,
                                struct err *e)
{
    (void)args;
    return reply_pools(t, NULL, e);
}

/* Somebody who has logged in once, or the owner of a wallet, who may come later. */
static int find_owner(struct task *t, const char *who, const char **ret, struct err *e)
{
    struct auth_person person;
    struct addr wallet;
    bool found = true;

    if (addr_parse_any(who, &wallet)) {
        if (auth_person_of_wallet(t->node->auth, t->arena, &wallet, &person, e) < 0)
            return -1;
    } else if (auth_person_find(t->node->auth, t->arena, who, &found, &person, e) < 0) {
        return -1;
    }
    if (!found)
        return refused(e, POOL_OWNER);
    *ret = person.id;
    return 0;
}

int cmd_marketplace_admin_pool_new(struct task *t,
                                   const struct args_marketplace_admin_pool_new *args,
                                   struct err *e)
{
    struct pool_new n = {.name = args->name,
                         .chain = (uint64_t)args->chain,
                         .amount = args->amount,
                         .note = args->note};
    char id[POOL_ID];

    if (!addr_parse_any(args->token, &n.token))
        return refused(e, NOT_AN_ADDRESS, "token");
    if (find_owner(t, args->owner, &n.owner, e) < 0 || pool_create(t->node->pools, &n, id, e) < 0 ||
        auth_audit(t->node->auth, t->person->id,
                   arena_printf(t->arena, "gave %s the pool %s with %s of %s on chain %lld",
                                n.owner, id, args->amount, args->token, (long long)args->chain),
                   e) < 0)
        return -1;
    return reply_pool(t, NULL, id, e);
}

int cmd_marketplace_grant(struct task *t, const struct args_marketplace_grant *args, struct err *e)
{
    if (pool_grant(t->node->pools, args->id, args->amount, args->note, e) < 0 ||
        auth_audit(t->node->auth, t->person->id,
                   arena_printf(t->arena, "granted %s to the pool %s", args->amount, args->id),
                   e) < 0)
        return -1;
    return reply_pool(t, NULL, args->id, e);
}

int cmd_marketplace_voucher_new(struct task *t, const struct args_marketplace_voucher_new *args,
                                struct err *e)
{
    struct pool_voucher voucher = {.amount = args->amount,
                                   .chain = (uint64_t)args->chain,
                                   .uses = args->has_uses ? args->uses : 1,
                                   .expires = args->expires,
                                   .note = args->note,
                                   .by = t->person->id};
    struct json *v = json_new_object(t->arena);
    char code[POOL_CODE];

    if (!addr_parse_any(args->token, &voucher.token))
        return refused(e, NOT_AN_ADDRESS, "token");
    if (pool_voucher_make(t->node->pools, &voucher, code, e) < 0 ||
        auth_audit(t->node->auth, t->person->id,
                   arena_printf(t->arena, "made a voucher of %s, %lld times", args->amount,
                                (long long)voucher.uses),
                   e) < 0)
        return -1;
    json_set_str(t->arena, v, "code", code);
    reply_header(t, "Cache-Control", "no-store");
    return reply_json(t, v);
}

int cmd_marketplace_vouchers(struct task *t, const struct args_marketplace_vouchers *args,
                             struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list;

    (void)args;
    if (pool_voucher_list_json(t->node->pools, t->arena, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "vouchers", list);
    return reply_json(t, v);
}

int cmd_marketplace_voucher_end(struct task *t, const struct args_marketplace_voucher_end *args,
                                struct err *e)
{
    if (pool_voucher_revoke(t->node->pools, args->code, e) < 0 ||
        auth_audit(t->node->auth, t->person->id, "ended a voucher", e) < 0)
        return -1;
    return reply_success(t);
}
