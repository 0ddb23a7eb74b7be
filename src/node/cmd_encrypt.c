/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "base/str.h"
#include "crypto/aes.h"
#include "crypto/ecies.h"
#include "node/node.h"
#include "node/policy.h"
#include "node/seal.h"

/* encrypt: bytes for this node's key, so that only it can read them. */

/* What is to be encrypted: the body of the route, or the field of the command. */
static int take_input(const struct task *t, const struct args_encrypt *args, struct bytes *ret,
                      struct err *e)
{
    if (!t->direct) {
        *ret = t->request->body;
        return 0;
    }
    if (!args->blob)
        return refused(e, MISSING_FIELD, "blob", "encrypt", "blob");
    *ret = (struct bytes){(const uint8_t *)args->blob, strlen(args->blob)};
    if (!args->encoding || str_eq(args->encoding, "string"))
        return 0;
    if (!str_eq(args->encoding, "base58"))
        return refused(e, ENCRYPT_ENCODING);
    if (!base58_parse(t->arena, args->blob, ret))
        return failed(e, INVALID, "blob is not base58, or longer than it may be");
    return 0;
}

int node_seal(const struct node *n, bool ecies, struct bytes plain, struct buf *out, struct err *e)
{
    uint8_t compressed[33];

    if (ecies)
        return ecies_encrypt(&n->pubkey, plain.p, plain.n, out, e);
    pubkey_compress(&n->pubkey, compressed);
    return aes_cbc_encrypt(n->config->private_key.b, compressed, plain.p, plain.n, out, e);
}

static int check_policy(struct task *t, const struct args_encrypt *args, const struct addr *who,
                        struct err *e)
{
    struct json *q = policy_question(t->arena, "encrypt");
    const char *name =
        auth_is_given(args->consumer_address) ? args->consumer_address : addr_text(t->arena, who);
    struct err denial;

    json_set_str(t->arena, q, "consumerAddress", name);
    policy_add(t->arena, q, "policyServer", args->policy_server);
    (void)refused(&denial, ENCRYPT_DENIED, name);
    return policy_demand(t, q, &denial, e);
}

int cmd_encrypt(struct task *t, const struct args_encrypt *args, struct err *e)
{
    const struct auth_request r = {.command = "encrypt",
                                   .address = args->consumer_address,
                                   .nonce = args->nonce,
                                   .signature = args->signature,
                                   .token = t->authorization};
    const char *method = args->encryption_type ? args->encryption_type : "ECIES";
    _buf_ struct buf out = BUF_INIT(SEAL_MAX);
    struct bytes in;
    struct addr who;
    const char *text;

    if (!str_eq(method, "ECIES") && !str_eq(method, "AES"))
        return refused(e, ENCRYPT_TYPE);
    if (take_input(t, args, &in, e) < 0 || auth_check(t->node->auth, &r, &who, e) < 0 ||
        (policy_is_configured(t->node) && check_policy(t, args, &who, e) < 0) ||
        node_seal(t->node, str_eq(method, "ECIES"), in, &out, e) < 0)
        return -1;
    text = hex0x_dup(t->arena, buf_str(&out), out.len);
    t->reply->bytes = (struct bytes){(const uint8_t *)text, strlen(text)};
    http_reply_header(t->reply, "Content-Type", "application/octet-stream");
    return 0;
}
