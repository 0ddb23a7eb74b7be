/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "api.gen.h"
#include "node/node.h"

/* Nonces and tokens. */

/* The nonce is answered as text, by the route within an object. */
static int reply_nonce(struct task *t, int64_t nonce)
{
    const char *text = arena_printf(t->arena, "%" PRId64, nonce);
    struct json *v;

    if (t->direct)
        return reply_text(t, text);
    v = json_new_object(t->arena);
    json_set_str(t->arena, v, "nonce", text);
    return reply_json(t, v);
}

int cmd_nonce(struct task *t, const struct args_nonce *args, struct err *e)
{
    struct addr who;
    int64_t nonce;

    if (!addr_parse_any(args->address, &who))
        return refused(e, NOT_AN_ADDRESS, "address");
    if (auth_nonce_peek(t->node->auth, &who, &nonce))
        return reply_nonce(t, nonce);
    if (t->on_loop)
        return TASK_OFFLOAD;
    return auth_nonce_get(t->node->auth, &who, &nonce, e) < 0 ? -1 : reply_nonce(t, nonce);
}

int cmd_create_auth_token(struct task *t, const struct args_create_auth_token *args, struct err *e)
{
    const struct auth_request r = {.command = "createAuthToken",
                                   .address = args->address,
                                   .nonce = args->nonce,
                                   .signature = args->signature,
                                   .chain = args->chain_id,
                                   .rule = AUTH_SIGNED};
    struct json *v = json_new_object(t->arena);
    const char *token;

    if (auth_token_create(t->node->auth, t->arena, &r, args->valid_until, &token, e) < 0)
        return -1;
    json_set_str(t->arena, v, "token", token);
    return reply_json(t, v);
}

/* Whoever holds a token may end it: clients sign this request in a form of their own. */
int cmd_invalidate_auth_token(struct task *t, const struct args_invalidate_auth_token *args,
                              struct err *e)
{
    struct json *v = json_new_object(t->arena);

    if (auth_token_invalidate(t->node->auth, args->token, e) < 0)
        return -1;
    json_set_bool(t->arena, v, "success", true);
    return reply_json(t, v);
}
