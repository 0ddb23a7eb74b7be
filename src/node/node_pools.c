/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_pools.h"

#include "auth/person.h"
#include "base/log.h"
#include "base/str.h"
#include "market/erc20.h"
#include "node/chains.h"
#include "node/settings.h"

enum { CLAIM_LEAST_S = 60 };

/* A token may call itself anything: only what can be shown in a line is taken over. */
static void copy_symbol(char *out, size_t cap, const char *symbol)
{
    size_t n = 0;

    for (; *symbol && n + 1 < cap; symbol++)
        if (*symbol > ' ' && *symbol < 0x7f)
            out[n++] = *symbol;
    out[n] = '\0';
}

static int ask_token(void *ctx, uint64_t chain, const struct addr *token, struct pool_token *ret,
                     struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct node *n = ctx;
    struct rpc *rpc = node_rpc(n, chain);
    const char *symbol;

    if (node_decimals(n, chain, token, &ret->decimals, e) < 0 ||
        erc20_symbol(rpc, a, token, &symbol, e) < 0)
        return -1;
    copy_symbol(ret->symbol, sizeof(ret->symbol), symbol);
    return 0;
}

/* --- the node's key --- */

static void on_strangers(void *ctx, uint64_t chain, const struct sender_strangers *x)
{
    struct node *n = ctx;
    _settings_ struct settings *s = settings_take(n);

    if (s->config->identity_guard == CONFIG_GUARD_OFF)
        return;
    log_warn("node",
             "somebody else sends transactions with this node's key on chain %llu (%llu so far): "
             "give every node a key of its own, or payments will be lost%s",
             (unsigned long long)chain, (unsigned long long)x->count,
             s->config->identity_guard == CONFIG_GUARD_REFUSE
                 ? "; nothing that is paid there is accepted until this node is started again"
                 : "");
}

int node_identity_check(struct node *n, uint64_t chain, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _settings_ struct settings *s = settings_take(n);
    const struct node_chain *on = node_chain_find(n, chain);
    struct sender_strangers x;

    if (s->config->identity_guard != CONFIG_GUARD_REFUSE || !on)
        return 0;
    if (sender_strangers(on->sender, &x, e) < 0)
        return -1;
    return x.now ? refused(e, NODE_IDENTITY, arena_printf(a, "%llu", (unsigned long long)chain))
                 : 0;
}

static int may_lock(void *ctx, uint64_t chain, struct err *e)
{
    return node_identity_check(ctx, chain, e);
}

struct json *node_identity_json(struct node *n, struct arena *a)
{
    struct json *v = json_new_object(a);
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < n->chain_count; i++) {
        struct sender_strangers x;
        struct json *one;
        struct err ignored;

        if (sender_strangers(n->chains[i].sender, &x, &ignored) < 0 || x.count == 0)
            continue;
        one = json_new_object(a);
        json_set_int(a, one, "chain", (int64_t)n->chains[i].network->chain_id);
        json_set_int(a, one, "strange", (int64_t)x.count);
        json_set_int(a, one, "noticed", x.noticed);
        json_push(a, list, one);
    }
    json_set_str(a, v, "state", json_len(list) ? "shared" : "ok");
    json_set(a, v, "chains", list);
    return v;
}

/* --- the pools --- */

void node_pools_open(struct node *n)
{
    const struct config *c = n->config;
    const struct pools_callbacks callbacks = {n, ask_token, may_lock};
    const struct pools_options o = {.store = n->store,
                                    .escrow = n->escrow,
                                    .compute = n->compute,
                                    .period_s = c->service_period,
                                    .low_s = c->pool_low,
                                    .claim_s = c->escrow_claim_timeout ? c->escrow_claim_timeout
                                                                       : CLAIM_LEAST_S};

    size_t i;

    for (i = 0; i < n->chain_count; i++)
        sender_on_strangers(n->chains[i].sender, on_strangers, n);
    n->pools = pools_new(&o, &callbacks);
    node_pools_settings(n, c);
}

void node_pools_settings(struct node *n, const struct config *c)
{
    const struct compute_overcommit o = {c->over_cpu_milli, c->over_ram_milli};

    if (n->compute)
        compute_set_overcommit(n->compute, &o);
}

void node_pools_quota(struct node *n, const struct auth_person *person)
{
    _settings_ struct settings *s = settings_take(n);
    size_t i;

    if (str_eq(person->kind, "wallet")) /* of wallets everybody has as many as they like */
        return;
    for (i = 0; i < s->config->pool_quota_count; i++) {
        const struct config_quota *q = &s->config->pool_quotas[i];
        const struct pool_voucher v = {
            .amount = q->amount, .chain = q->chain_id, .token = q->token, .note = "quota"};
        struct err e;
        bool given;

        if (pool_quota_give(n->pools, person->id, &v, &given, &e) < 0)
            log_warn("node", "%s has no quota: %s", person->name, e.msg);
        else if (given)
            log_info("node", "%s has the quota of chain %llu", person->name,
                     (unsigned long long)q->chain_id);
    }
}
