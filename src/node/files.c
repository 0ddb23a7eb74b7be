/* SPDX-License-Identifier: Apache-2.0 */
#include "node/files.h"

#include <string.h>

#include "base/str.h"
#include "chain/call.h"
#include "crypto/hash.h"
#include "node/node.h"

enum { TEMPLATE = 4, TEMPLATES_MAX = 50, SIGNATURE_SIZE = 65, WORD = 32 };

bool files_are_elsewhere(const struct asset_service *service)
{
    return *service->files == '\0' || str_eq(service->files, "0x");
}

/* EIP-191 over 32 bytes, as r, s and v one after the other. */
static struct bytes sign(struct task *t, const struct hash32 *digest)
{
    struct sig sig = eip191_sign(&t->node->config->private_key, digest->b, sizeof(digest->b));
    uint8_t *p = arena_alloc(t->arena, SIGNATURE_SIZE);

    memcpy(p, sig.r, sizeof(sig.r));
    memcpy(p + sizeof(sig.r), sig.s, sizeof(sig.s));
    p[SIGNATURE_SIZE - 1] = sig.v;
    return (struct bytes){p, SIGNATURE_SIZE};
}

struct files_proof files_own_proof(struct task *t, const char *text)
{
    struct hash32 digest = keccak256(text, strlen(text));

    return (struct files_proof){t->node->address, text, sign(t, &digest)};
}

/* A view function of a contract that answers one value or two. */
static int read_call(struct rpc *r, struct arena *a, const struct contract_call *call,
                     const struct abi_value **ret, struct err *e)
{
    struct abi_value v;

    if (contract_read(r, a, call, &v, e) < 0)
        return -1;
    *ret = arena_memdup(a, v.list.v, v.list.n * sizeof(*v.list.v));
    return 0;
}

/* getId() of a template or a token; 0 for a contract that has none. */
static int read_template(struct rpc *r, struct arena *a, const struct addr *at, uint64_t *ret,
                         struct err *e)
{
    const struct contract_call call = {.to = *at, .signature = "getId()", .returns = "(uint256)"};
    const struct abi_value *v;

    *ret = 0;
    if (read_call(r, a, &call, &v, e) < 0)
        return e->code == ERR_REVERTED || e->code == ERR_NOT_FOUND ? 0 : -1;
    (void)!u256_to_u64(&v[0].num, ret);
    return 0;
}

/* Whether the chain's factory still makes tokens of this kind. */
static int check_active(struct rpc *r, struct arena *a, const struct addr *factory, struct err *e)
{
    const struct contract_call count = {
        .to = *factory, .signature = "getCurrentTemplateCount()", .returns = "(uint256)"};
    const struct abi_value *v;
    uint64_t n = 0, i, id;

    if (read_call(r, a, &count, &v, e) < 0)
        return -1;
    if (!u256_to_u64(&v[0].num, &n) || n > TEMPLATES_MAX)
        n = TEMPLATES_MAX;
    for (i = n; i > 0; i--) {
        struct abi_value at = abi_u64(i);
        const struct contract_call one = {.to = *factory,
                                          .signature = "getTokenTemplate(uint256)",
                                          .args = &at,
                                          .n = 1,
                                          .returns = "((address,bool))"};

        if (read_call(r, a, &one, &v, e) < 0)
            return -1;
        if (u256_is_zero(&v[0].list.v[1].num))
            continue;
        if (read_template(r, a, &v[0].list.v[0].addr, &id, e) < 0)
            return -1;
        if (id == TEMPLATE)
            return 0;
    }
    return refused(e, FILES_INACTIVE);
}

/* The node signs which service it asks for, and for whom. */
static struct bytes provider_signature(struct task *t, size_t index, struct bytes consumers)
{
    uint8_t *packed = arena_alloc(t->arena, WORD + consumers.n);
    struct u256 number = u256_from(index);
    struct hash32 digest;

    u256_to_be(&number, packed);
    memcpy(packed + WORD, consumers.p, consumers.n);
    digest = keccak256(packed, WORD + consumers.n);
    return sign(t, &digest);
}

static int ask_token(struct task *t, const struct files_place *p, const struct files_proof *proof,
                     struct bytes *ret, struct err *e)
{
    struct bytes own = provider_signature(t, p->index, proof->signature);
    struct abi_value args[] = {abi_u64(p->index),
                               abi_addr(&t->node->address),
                               abi_bytes(own.p, own.n),
                               abi_bytes(proof->text, strlen(proof->text)),
                               abi_bytes(proof->signature.p, proof->signature.n),
                               abi_addr(&proof->who)};
    const struct contract_call call = {
        .to = p->service->datatoken_addr,
        .signature = "getFilesObject(uint256,address,bytes,bytes,bytes,address)",
        .args = args,
        .n = sizeof(args) / sizeof(args[0]),
        .returns = "(bytes)"};
    const struct abi_value *v;
    struct err why;

    if (read_call(node_rpc(t->node, p->asset->chain_id), t->arena, &call, &v, &why) == 0) {
        *ret = v[0].bytes;
        return 0;
    }
    if (why.code == ERR_REVERTED)
        return refused(e, FILES_KEPT, why.msg);
    *e = why;
    return -1;
}

int files_fetch(struct task *t, const struct files_place *p, const struct files_proof *proof,
                struct json **ret, struct err *e)
{
    const struct config_network *network = config_network(t->node->config, p->asset->chain_id);
    struct rpc *r = node_rpc(t->node, p->asset->chain_id);
    struct json *payload;
    struct bytes text;
    struct err ignored;
    uint64_t id;

    if (read_template(r, t->arena, &p->service->datatoken_addr, &id, e) < 0)
        return -1;
    if (id != TEMPLATE)
        return refused(e, ASSET_FILES_KEY);
    if (proof->signature.n != SIGNATURE_SIZE)
        return refused(e, FILES_SIGNATURE);
    if (check_active(r, t->arena, &network->contracts.erc721_factory, e) < 0 ||
        ask_token(t, p, proof, &text, e) < 0)
        return -1;
    if (json_parse(t->arena, (const char *)text.p, text.n, &payload, &ignored) < 0)
        return refused(e, ASSET_FILES_KEY);
    return asset_files_take(payload, p->asset, p->service, ret, e);
}
