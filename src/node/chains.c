/* SPDX-License-Identifier: Apache-2.0 */
#include "node/chains.h"

#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "chain/call.h"
#include "node/memo.h"
#include "node/settings.h"

/* --- chains --- */

const struct node_chain *node_chain_find(const struct node *n, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < n->chain_count; i++)
        if (n->chains[i].network->chain_id == chain_id)
            return &n->chains[i];
    return NULL;
}

struct rpc *node_rpc(const struct node *n, uint64_t chain_id)
{
    const struct node_chain *c = node_chain_find(n, chain_id);

    return c ? c->rpc : NULL;
}

/* One chain's endpoints, asked beside the others'. */
struct probe {
    pthread_t thread;
    struct rpc *rpc;
    struct err e;
    bool wrong;
};

static void *run_probe(void *arg)
{
    struct probe *p = arg;

    p->wrong = rpc_check(p->rpc, &p->e) < 0;
    return NULL;
}

int node_chains_check(const struct node *n, struct err *e)
{
    _free_ struct probe *probes = xcalloc(n->chain_count, sizeof(*probes));
    int r = 0;
    size_t i;

    for (i = 0; i < n->chain_count; i++) {
        probes[i].rpc = n->chains[i].rpc;
        thread_start(&probes[i].thread, "chain-check", run_probe, &probes[i]);
    }
    for (i = 0; i < n->chain_count; i++) {
        pthread_join(probes[i].thread, NULL);
        if (probes[i].wrong) {
            *e = probes[i].e;
            r = -1;
        }
    }
    return r;
}

/* --- access lists --- */

static int count_tokens(struct node *n, uint64_t chain_id, const struct addr *list,
                        const struct addr *who, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc *rpc = node_rpc(n, chain_id);
    const struct abi_value args[] = {abi_addr(who)};
    const struct contract_call call = {.to = *list,
                                       .signature = "balanceOf(address)",
                                       .args = args,
                                       .n = 1,
                                       .returns = "(uint256)"};
    struct abi_value v;
    struct err why;

    if (!rpc)
        return failed(e, NOT_FOUND, "the chain is not configured");
    if (contract_read(rpc, a, &call, &v, &why) == 0) {
        *ret = !u256_is_zero(&v.list.v[0].num);
        return 0;
    }
    *e = why;
    if (why.code != ERR_NOT_FOUND && why.code != ERR_REVERTED)
        return -1;
    *ret = false; /* the chain's word: there is no such list */
    return 0;
}

int node_has_list(void *node, uint64_t chain_id, const struct addr *list, const struct addr *who,
                  bool *ret, struct err *e)
{
    char text[ADDR_TEXT];

    if (count_tokens(node, chain_id, list, who, ret, e) == 0)
        return 0;
    addr_checksum(list, text);
    log_info("access", "list %s on chain %llu cannot be asked: %s", text,
             (unsigned long long)chain_id, e->msg);
    return -1;
}

static bool has_any(struct node *n, const struct config_access_lists *lists,
                    const uint64_t *chain_id, const struct addr *who)
{
    struct err e;
    size_t i;

    for (i = 0; i < lists->count; i++) {
        const struct config_access_list *l = &lists->items[i];
        bool has = false;

        if (chain_id && l->chain_id != *chain_id)
            continue;
        if (node_has_list(n, l->chain_id, &l->contract, who, &has, &e) == 0 && has)
            return true;
    }
    return false;
}

bool node_is_listed(struct node *n, const struct config_access_lists *lists, const struct addr *who)
{
    return has_any(n, lists, NULL, who);
}

bool node_is_listed_on(struct node *n, const struct config_access_lists *lists, uint64_t chain_id,
                       const struct addr *who)
{
    return has_any(n, lists, &chain_id, who);
}

int node_is_listed_admin(void *node, const struct addr *who, bool *ret, struct err *e)
{
    struct node *n = node;

    _settings_ struct settings *s = settings_take(n);

    (void)e;
    *ret = node_is_listed(n, &s->config->allowed_admins_list, who);
    return 0;
}

/* --- tokens --- */

int node_decimals(void *node, uint64_t chain, const struct addr *token, unsigned *ret,
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct node *n = node;
    struct rpc *rpc = node_rpc(n, chain);
    const struct contract_call call = {
        .to = *token, .signature = "decimals()", .returns = "(uint8)"};
    const struct memo_key key = {MEMO_DECIMALS, chain, *token};
    struct abi_value v;
    uint64_t value;

    if (node_memo_get(n->memo, &key, ret))
        return 0;
    if (!rpc)
        return failed(e, NOT_FOUND, "chain %llu is not configured", (unsigned long long)chain);
    if (contract_read(rpc, a, &call, &v, e) < 0)
        return -1;
    if (!u256_to_u64(&v.list.v[0].num, &value))
        return failed(e, FAILED, "the token answers no decimals");
    node_memo_put(n->memo, &key, (unsigned)value, MEMO_FOR_EVER);
    *ret = (unsigned)value;
    return 0;
}
