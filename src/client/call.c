/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "client/client_int.h"
#include "crypto/hash.h"

enum {
    ERROR_TEXT_MAX = 600,
    NODE_REPLY_MAX = 64 * 1048576 /* lists of assets; results go another way */
};

const char *client__escape(struct arena *a, const char *s)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, 3 * strlen(s) + 1);
    char *p = out;

    for (; *s; s++) {
        if (strchr(plain, *s)) {
            *p++ = *s;
            continue;
        }
        *p++ = '%';
        *p++ = hex[(unsigned char)*s >> 4];
        *p++ = hex[(unsigned char)*s & 15];
    }
    *p = '\0';
    return out;
}

/* The node answers errors as text, as a JSON string, or as {"error": text}. */
int client__refusal(int status, const char *body, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err ignored;
    const char *text = body;

    if (json_parse(a, body, strlen(body), &v, &ignored) == 0)
        text = json_str(v, json_get_str(v, "error", body));
    return refused(e, NODE_REFUSED, status, (int)ERROR_TEXT_MAX, *text ? text : "no reason given");
}

int client__call(struct client *c, struct net_request *r, struct net_response *ret, struct err *e)
{
    struct arena *a = c->arena;
    r->max_body = r->max_body ? r->max_body : NODE_REPLY_MAX;
    if (net_call(c->net, a, r, ret, e) < 0)
        return err_wrap(e, "no answer from the node");
    if (ret->status >= 400)
        return client__refusal(ret->status, ret->body.p, e);
    return 0;
}

int client__call_json(struct client *c, struct net_request *r, struct json **ret, struct err *e)
{
    struct net_response response;

    if (client__call(c, r, &response, e) < 0)
        return -1;
    if (json_parse(c->arena, response.body.p, response.body.n, ret, e) < 0)
        return err_wrap(e, "the node's answer");
    return 0;
}

int client__get(struct client *c, const char *base, const char *path, struct json **ret,
                struct err *e)
{
    struct net_request r = {.url = arena_printf(c->arena, "%s%s", base, path)};

    return client__call_json(c, &r, ret, e);
}

int client__post(struct client *c, const char *base, const char *path, const struct json *body,
                 struct json **ret, struct err *e)
{
    static const struct net_header type[] = {{"Content-Type", "application/json"}};
    struct net_request r = {.method = "POST",
                            .url = arena_printf(c->arena, "%s%s", base, path),
                            .headers = type,
                            .header_count = 1};

    r.body = json_text(c->arena, body);
    r.body_len = strlen(r.body);
    return client__call_json(c, &r, ret, e);
}

int client__sign(struct client *c, const char *command, struct client_signature *ret, struct err *e)
{
    struct arena *a = c->arena;
    const char *address = addr_text(a, &c->wallet.addr);
    const char *path = arena_printf(a, "/api/services/nonce?userAddress=%s", address);
    struct json *answer;
    const char *message;
    struct hash32 hash;
    struct sig sig;
    uint64_t nonce;

    if (!c->has_key)
        return refused(e, NO_KEY);
    if (client__get(c, c->config->provider_url, path, &answer, e) < 0)
        return -1;
    if (!str_u64(json_get_str(answer, "nonce", "0"), INT64_MAX - 1, &nonce))
        return failed(e, FAILED, "the node's nonce is no number");
    ret->address = address;
    ret->nonce = arena_printf(a, "%llu", (unsigned long long)nonce + 1);
    message = arena_printf(a, "%s%s%s", address, ret->nonce, command);
    hash = keccak256(message, strlen(message));
    sig = eip191_sign(&c->wallet.key, hash.b, sizeof(hash.b));
    ret->signature = sig_text(a, &sig);
    return 0;
}

int client__signed_query(struct client *c, const char *command, const char **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct client_signature s;

    if (client__sign(c, command, &s, e) < 0)
        return -1;
    *ret = arena_printf(a, "consumerAddress=%s&nonce=%s&signature=%s", s.address, s.nonce,
                        s.signature);
    return 0;
}
