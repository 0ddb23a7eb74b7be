/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "base/mask.h"
#include "base/str.h"
#include "client/client_int.h"

/* The configuration of a node that runs, by its administrator: `atoll config ...`. */

enum { KEY_MAX = 128 };

/* "OVER_PROVISIONING" means overProvisioning: what a variable is called in a file. */
static int key_of(const char *name, char out[KEY_MAX], struct err *e)
{
    bool variable = *name && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
    bool upper = false;
    size_t n = 0;

    for (; *name && n + 1 < KEY_MAX; name++) {
        if (variable && *name == '_') {
            upper = true;
            continue;
        }
        out[n++] = (char)(variable && !upper ? tolower((unsigned char)*name) : *name);
        upper = false;
    }
    out[n] = '\0';
    return n > 0 && !*name ? 0 : failed(e, INVALID, "this is no key of a configuration");
}

static int fetch(struct client *c, struct json **ret, struct err *e)
{
    struct client_signature s;

    if (client__sign(c, "fetchConfig", &s, e) < 0)
        return -1;
    return client__get(c, c->config->node_url,
                       arena_printf(c->arena, "/api/admin/config?address=%s&nonce=%s&signature=%s",
                                    s.address, s.nonce, s.signature),
                       ret, e);
}

int client_config_get(struct client *c, const char *name, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(c->arena);
    struct json *all;
    char key[KEY_MAX];

    if (name && key_of(name, key, e) < 0)
        return -1;
    if (fetch(c, &all, e) < 0)
        return -1;
    if (!name) {
        *ret = all;
        return 0;
    }
    if (!json_path(all, key))
        return failed(e, NOT_FOUND, "the node has no option %s", key);
    json_set(c->arena, v, key, json_copy(c->arena, json_path(all, key)));
    *ret = v;
    return 0;
}

/* A patch for "a.b": the whole of a as it is, with another b. */
static struct json *patch_of(struct client *c, const struct json *all, const char *key,
                             struct json *value)
{
    struct json *patch = json_new_object(c->arena);
    struct json *at = patch;
    const char *rest = key;
    const char *part;

    while ((part = str_next(c->arena, &rest, '.'))) {
        struct json *inner = NULL;

        if (!rest) {
            json_set(c->arena, at, part, value);
            break;
        }
        if (json_is(json_get(at == patch ? all : at, part), JSON_OBJECT))
            inner = json_copy(c->arena, json_get(at == patch ? all : at, part));
        inner = inner ? inner : json_new_object(c->arena);
        json_set(c->arena, at, part, inner);
        at = inner;
    }
    return patch;
}

int client_config_set(struct client *c, const char *name, const char *text, struct json **ret,
                      struct err *e)
{
    struct json *body = json_new_object(c->arena);
    struct json *v = json_new_object(c->arena);
    struct json *value, *all, *after;
    struct client_signature s;
    struct err ignored;
    char key[KEY_MAX];

    if (key_of(name, key, e) < 0 || fetch(c, &all, e) < 0)
        return -1;
    if (json_parse(c->arena, text, strlen(text), &value, &ignored) < 0)
        value = json_new_str(c->arena, text);
    if (client__sign(c, "pushConfig", &s, e) < 0)
        return -1;
    json_set_str(c->arena, body, "address", s.address);
    json_set_str(c->arena, body, "nonce", s.nonce);
    json_set_str(c->arena, body, "signature", s.signature);
    json_set(c->arena, body, "config", patch_of(c, all, key, value));
    if (client__post(c, c->config->node_url, "/api/admin/config/update", body, &after, e) < 0)
        return -1;
    json_set(c->arena, v, key,
             json_path(after, key) ? json_copy(c->arena, json_path(after, key)) : NULL);
    if (!strstr(json_str(json_path(after, key), ""), MASK) &&
        !json_equal(json_path(after, key), value)) /* it is kept, and a variable or flag decides */
        json_set_bool(c->arena, v, "overridden", true);
    *ret = v;
    return 0;
}
