/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of smart accounts (ERC-1271). Anybody can make the node ask, about any address, so
 * what is asked is bounded: one request for each chain, a few seconds in all, and nothing twice
 * where the answer is known to be no.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "chain/abi.h"
#include "node/chains.h"
#include "node/memo.h"

enum {
    CHAIN_MS = 3000, /* as long as an endpoint may stall elsewhere */
    ALL_MS = 6000,
    PROBE_MS = 1000,
    NO_CODE_MS = 60000, /* an account may be deployed any moment */
    SLOW_MS = 15000,    /* the endpoint may have been slow, and not the contract */
    SILENT_MS = 5000
};

/* isValidSignature() of both hashes. */
static void questions(struct arena *a, const struct smart_signature *s,
                      struct rpc_reading r[ARRAY_LEN(s->hashes)])
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(s->hashes); i++) {
        const struct abi_value args[] = {abi_hash(&s->hashes[i]),
                                         abi_bytes(s->signature.p, s->signature.n)};

        r[i] = (struct rpc_reading){
            .to = s->account, .data = abi_call(a, "isValidSignature(bytes32,bytes)", args, 2)};
    }
}

static bool says_yes(struct arena *a, const struct rpc_reading *r)
{
    static const uint8_t yes[4] = {0x16, 0x26, 0xba, 0x7e};
    struct abi_value v;
    struct err ignored;

    return r->answered && abi_decode(a, "(bytes4)", r->answer.p, r->answer.n, &v, &ignored) == 0 &&
           memcmp(v.list.v[0].bytes.p, yes, sizeof(yes)) == 0;
}

/*
 * Whose fault it is that there was no answer in time: a contract that computes for ever must not
 * keep other accounts of its chain from being asked.
 */
static void blame(struct node *n, const struct node_chain *c, const struct memo_key *account)
{
    _arena_ struct arena *a = arena_new();
    const struct memo_key silent = {.kind = MEMO_SILENT, .chain = account->chain};
    struct rpc_reading nothing = {.answered = false};
    struct err ignored;

    if (rpc_read_within(c->rpc, a, PROBE_MS, &nothing, 1, &ignored) < 0)
        node_memo_put(n->memo, &silent, 0, SILENT_MS);
    else
        node_memo_put(n->memo, account, 0, SLOW_MS);
}

/* A revert is a no; so is silence, of an account without code as of a chain. */
static bool ask_chain(struct node *n, const struct node_chain *c, const struct smart_signature *s,
                      int limit_ms, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const uint64_t chain = c->network->chain_id;
    const struct memo_key account = {MEMO_NO_CODE, chain, s->account};
    const struct memo_key silent = {.kind = MEMO_SILENT, .chain = chain};
    struct rpc_reading r[ARRAY_LEN(s->hashes)];

    if (node_memo_get(n->memo, &account, NULL) || node_memo_get(n->memo, &silent, NULL))
        return false;
    questions(a, s, r);
    if (rpc_read_within(c->rpc, a, limit_ms, r, ARRAY_LEN(r), e) < 0) {
        blame(n, c, &account);
        return false;
    }
    if (r[0].answered && r[0].answer.n == 0)
        node_memo_put(n->memo, &account, 0, NO_CODE_MS);
    return says_yes(a, &r[0]) || says_yes(a, &r[1]);
}

int node_is_valid_signature(void *node, const struct smart_signature *s, bool *ret, struct err *e)
{
    struct node *n = node;
    int64_t end = clock_mono_ms() + ALL_MS;
    struct err why = {0};
    bool valid = false;
    size_t i;

    for (i = 0; i < n->chain_count && !valid; i++) {
        const struct node_chain *c = &n->chains[i];
        int64_t left = end - clock_mono_ms();

        if (s->chain != 0 && (uint64_t)s->chain != c->network->chain_id)
            continue;
        if (left <= 0)
            break;
        valid = ask_chain(n, c, s, left < CHAIN_MS ? (int)left : CHAIN_MS, &why);
    }
    if (!valid && why.code != ERR_NONE) {
        *e = why;
        return -1;
    }
    *ret = valid;
    return 0;
}
