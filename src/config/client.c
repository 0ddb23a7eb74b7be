/* SPDX-License-Identifier: Apache-2.0 */
#include "config/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "json/json.h"

enum { FILE_MAX = 1 << 20, KEY_FILE_MAX = 65536 };

static const char default_node[] = "http://localhost:8030";
static const char default_rpc[] = "http://127.0.0.1:8545";

/* An environment variable that is set, not empty and not the literal "undefined". */
static const char *env(struct arena *a, const char *name)
{
    const char *v = getenv(name);

    return v && *v && !str_eq(v, "undefined") ? arena_strdup(a, v) : NULL;
}

static const char *first(const char *x, const char *y)
{
    return x ? x : y;
}

/* "localhost:8030" and "http://localhost:8030/" both name http://localhost:8030. */
static int url(struct arena *a, const char *key, const char **v, struct err *e)
{
    char *text;
    size_t n;

    if (!strstr(*v, "://"))
        *v = arena_printf(a, "http://%s", *v);
    if (!str_starts(*v, "http://") && !str_starts(*v, "https://"))
        return failed(e, INVALID, "%s: %s is no http address", key, *v);
    text = arena_strdup(a, *v);
    for (n = strlen(text); n > 0 && text[n - 1] == '/'; n--)
        text[n - 1] = '\0';
    *v = text;
    return 0;
}

static int read_file(struct arena *a, const char *path, struct json **ret, struct err *e)
{
    struct bytes text;

    if (fs_read(a, path, FILE_MAX, &text, e) < 0 ||
        json_parse(a, (const char *)text.p, text.n, ret, e) < 0)
        return err_wrap(e, "configuration %s", path);
    if (!json_is(*ret, JSON_OBJECT))
        return failed(e, INVALID, "configuration %s: not a JSON object", path);
    return 0;
}

/* From a file, so that a key never stands on a command line. */
static int read_key(struct arena *a, const char *path, const char **ret, struct err *e)
{
    struct bytes text;

    if (fs_read(a, path, KEY_FILE_MAX, &text, e) < 0)
        return err_wrap(e, "key file");
    *ret = (const char *)text.p;
    return 0;
}

/* file key, or its other spelling */
static const char *of_file(const struct json *file, const char *key, const char *other)
{
    return json_get_str(file, key, other ? json_get_str(file, other, NULL) : NULL);
}

static int uris(struct arena *a, const struct json *file, struct client_config *c, struct err *e)
{
    c->metadata_url = first(of_file(file, "metadataStoreURI", NULL), c->node_url);
    c->provider_url = first(of_file(file, "providerUri", NULL), c->node_url);
    c->market_url = first(of_file(file, "marketPlaceUri", NULL), c->node_url);
    if (url(a, "nodeUri", &c->node_url, e) < 0 ||
        url(a, "metadataStoreURI", &c->metadata_url, e) < 0 ||
        url(a, "providerUri", &c->provider_url, e) < 0 ||
        url(a, "marketPlaceUri", &c->market_url, e) < 0)
        return -1;
    return url(a, "rpc", &c->rpc_url, e);
}

int client_config_load(struct arena *a, const struct client_flags *flags, struct client_config *ret,
                       struct err *e)
{
    const char *path = first(flags->config_file, env(a, "ATOLL_CONFIG"));
    struct client_config c = {0};
    struct json *file = NULL;

    if (path && read_file(a, path, &file, e) < 0)
        return -1;
    c.node_url = first(flags->node_url, first(env(a, "NODE_URL"), of_file(file, "nodeUri", NULL)));
    /* a node named by flag or environment is meant for everything */
    if (first(flags->node_url, env(a, "NODE_URL")) && file) {
        json_remove(file, "metadataStoreURI");
        json_remove(file, "providerUri");
        json_remove(file, "marketPlaceUri");
    }
    c.node_url = first(c.node_url, default_node);
    c.rpc_url = first(first(flags->rpc_url, env(a, "RPC")),
                      first(env(a, "RPC_URL"), first(of_file(file, "rpc", NULL), default_rpc)));
    c.address_file = first(first(flags->address_file, env(a, "ADDRESS_FILE")),
                           of_file(file, "addressFile", NULL));
    c.private_key = first(env(a, "PRIVATE_KEY"), of_file(file, "privateKey", "private_key"));
    c.key_password = env(a, "KEY_PASSWORD");
    if (flags->private_key_file && read_key(a, flags->private_key_file, &c.private_key, e) < 0)
        return -1;
    if (uris(a, file, &c, e) < 0)
        return -1;
    *ret = c;
    return 0;
}
