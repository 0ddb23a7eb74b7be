/* SPDX-License-Identifier: Apache-2.0 */
#include "node/chains.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/thread.h"
#include "chain/call.h"

/*
 * Small answers that do not change: a token's decimals, and accounts without code, about which
 * anybody can make us ask. The oldest slot of a row makes room.
 */
enum { MEMO_SLOTS = 256, NO_CODE_MS = 60000 };

struct slot {
    uint64_t chain;
    struct addr addr;
    unsigned value;
    int64_t until; /* monotonic ms; 0: empty */
};

struct node_memo {
    pthread_mutex_t lock;
    struct slot decimals[MEMO_SLOTS];
    struct slot no_code[MEMO_SLOTS];
};

struct node_memo *node_memo_new(void)
{
    struct node_memo *m = xcalloc(1, sizeof(*m));

    must(pthread_mutex_init(&m->lock, NULL) == 0);
    return m;
}

void node_memo_free(struct node_memo *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static struct slot *slot_of(struct slot *slots, uint64_t chain, const struct addr *addr)
{
    return &slots[(chain + addr->b[0] + 7u * addr->b[9] + 31u * addr->b[19]) % MEMO_SLOTS];
}

static bool recall(struct node_memo *m, struct slot *slots, const struct slot *key, unsigned *ret)
{
    lock_scope(&m->lock);
    const struct slot *s = slot_of(slots, key->chain, &key->addr);

    if (s->chain != key->chain || !addr_eq(&s->addr, &key->addr) || s->until < clock_mono_ms())
        return false;
    *ret = s->value;
    return true;
}

static void remember(struct node_memo *m, struct slot *slots, const struct slot *value)
{
    lock_scope(&m->lock);

    *slot_of(slots, value->chain, &value->addr) = *value;
}

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

/* --- access lists --- */

int node_has_list(void *node, uint64_t chain_id, const struct addr *list, const struct addr *who,
                  bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct rpc *rpc = node_rpc(node, chain_id);
    const struct abi_value args[] = {abi_addr(who)};
    const struct contract_call call = {.to = *list,
                                       .signature = "balanceOf(address)",
                                       .args = args,
                                       .n = 1,
                                       .returns = "(uint256)"};
    struct abi_value v;

    if (!rpc)
        return failed(e, NOT_FOUND, "chain %llu is not configured", (unsigned long long)chain_id);
    if (contract_read(rpc, a, &call, &v, e) < 0)
        return -1;
    *ret = !u256_is_zero(&v.list.v[0].num);
    return 0;
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

    (void)e;
    *ret = node_is_listed(n, &n->config->allowed_admins_list, who);
    return 0;
}

/* --- smart accounts --- */

static int ask_account(struct node *n, const struct node_chain *c, const struct smart_signature *s,
                       bool *ret, struct err *e)
{
    static const uint8_t yes[4] = {0x16, 0x26, 0xba, 0x7e};
    _arena_ struct arena *a = arena_new();
    const struct abi_value args[] = {abi_hash(&s->hash), abi_bytes(s->signature.p, s->signature.n)};
    const struct contract_call call = {.to = s->account,
                                       .signature = "isValidSignature(bytes32,bytes)",
                                       .args = args,
                                       .n = 2,
                                       .returns = "(bytes4)"};
    struct slot slot = {.chain = c->network->chain_id, .addr = s->account};
    struct abi_value v;
    struct err why;
    unsigned ignored;

    *ret = false;
    if (recall(n->memo, n->memo->no_code, &slot, &ignored))
        return 0;
    if (contract_read(c->rpc, a, &call, &v, &why) == 0) {
        *ret = memcmp(v.list.v[0].bytes.p, yes, sizeof(yes)) == 0;
        return 0;
    }
    if (why.transient) {
        *e = why;
        return -1;
    }
    if (why.code == ERR_NOT_FOUND) {
        slot.until = clock_mono_ms() + NO_CODE_MS;
        remember(n->memo, n->memo->no_code, &slot);
    }
    return 0;
}

int node_is_valid_signature(void *node, const struct smart_signature *s, bool *ret, struct err *e)
{
    struct node *n = node;
    size_t i;

    *ret = false;
    for (i = 0; i < n->chain_count && !*ret; i++) {
        const struct node_chain *c = &n->chains[i];

        if (s->chain != 0 && (uint64_t)s->chain != c->network->chain_id)
            continue;
        if (ask_account(n, c, s, ret, e) < 0)
            return -1;
    }
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
    struct slot slot = {.chain = chain, .addr = *token, .until = INT64_MAX};
    struct abi_value v;
    uint64_t value;

    if (recall(n->memo, n->memo->decimals, &slot, ret))
        return 0;
    if (!rpc)
        return failed(e, NOT_FOUND, "chain %llu is not configured", (unsigned long long)chain);
    if (contract_read(rpc, a, &call, &v, e) < 0)
        return -1;
    if (!u256_to_u64(&v.list.v[0].num, &value))
        return failed(e, FAILED, "the token answers no decimals");
    slot.value = (unsigned)value;
    remember(n->memo, n->memo->decimals, &slot);
    *ret = slot.value;
    return 0;
}
