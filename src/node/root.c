/* SPDX-License-Identifier: Apache-2.0 */
#include "node/root.h"

#include <stdio.h>
#include <string.h>

#include "api.gen.h"
#include "base/str.h"
#include "node/api.h"
#include "openapi.gen.h"

static struct json *pair(struct arena *a, const char *method, const char *path)
{
    struct json *v = json_new_array(a);

    json_push(a, v, json_new_str(a, method));
    json_push(a, v, json_new_str(a, path));
    return v;
}

/* Clients look services up by name; routes without one are listed by their path. */
static struct json *service_endpoints(struct arena *a)
{
    struct json *v = json_new_object(a);
    size_t i;

    json_set(a, v, "directCommand", pair(a, "POST", "/directCommand"));
    for (i = 0; i < api_route_count; i++) {
        const struct api_route *r = &api_routes[i];
        const char *key = *r->name ? r->name : r->path;

        if (*r->group) /* of the page, not of Ocean's protocol */
            continue;
        if (json_get(v, key))
            key = arena_printf(a, "%s_%s", r->path, r->method);
        json_set(a, v, key, pair(a, r->method, r->path));
    }
    return v;
}

static struct json *public_key(const struct node *n, struct arena *a)
{
    struct json *v = json_new_object(a);
    uint8_t key[33];
    char index[8];
    size_t i;

    pubkey_compress(&n->pubkey, key);
    for (i = 0; i < sizeof(key); i++) {
        (void)snprintf(index, sizeof(index), "%zu", i);
        json_set_int(a, v, index, key[i]);
    }
    return v;
}

const char *root_text(const struct node *n)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = json_new_object(a);
    struct json *chains = json_new_array(a);
    size_t i;

    for (i = 0; i < n->chain_count; i++)
        json_push(
            a, chains,
            json_new_str(
                a, arena_printf(a, "%llu", (unsigned long long)n->chains[i].network->chain_id)));
    json_set_str(a, v, "nodeId", n->peer_id);
    json_set(a, v, "chainIds", chains);
    json_set_str(a, v, "providerAddress", n->address_text);
    json_set(a, v, "nodePublicKey", public_key(n, a));
    json_set(a, v, "serviceEndpoints", service_endpoints(a));
    json_set_str(a, v, "software", "Ocean-Node");
    json_set_str(a, v, "version", "0.0.1"); /* of the protocol; `status` has the program's */
    return arena_strdup(n->arena, json_text(a, v));
}

int cmd_root(struct task *t, const struct args_root *args, struct err *e)
{
    (void)args;
    (void)e;
    t->reply->bytes = (struct bytes){(const uint8_t *)t->node->root, strlen(t->node->root)};
    http_reply_header(t->reply, "Content-Type", "application/json; charset=utf-8");
    return 0;
}

int cmd_openapi(struct task *t, const struct args_openapi *args, struct err *e)
{
    (void)args;
    (void)e;
    t->reply->bytes = (struct bytes){openapi, openapi_LEN};
    http_reply_header(t->reply, "Content-Type", "application/json; charset=utf-8");
    return 0;
}
