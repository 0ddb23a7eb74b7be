/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "client/client_int.h"

/* Reading the index: `atoll asset resolve`, `atoll asset list`. */

enum { PAGE_SIZE = 50 };

int client_asset_resolve(struct client *c, const char *did, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    return client__get(c, c->config->metadata_url,
                       arena_printf(a, "/api/aquarius/assets/ddo/%s", client__escape(a, did)), ret,
                       e);
}

/* Of all services together. */
static int64_t orders(const struct json *ddo)
{
    const struct json *stats = json_path(ddo, "indexedMetadata.stats");
    int64_t sum = 0;
    size_t i;

    for (i = 0; i < json_len(stats); i++)
        sum += json_get_int(json_at(stats, i), "orders", 0);
    return sum;
}

/* What a list shows of an asset. */
static struct json *summary(struct arena *a, const struct json *ddo)
{
    const struct json *prices = json_path(ddo, "indexedMetadata.stats.0.prices");
    struct json *v = json_new_object(a);

    json_set_str(a, v, "did", json_get_str(ddo, "id", ""));
    json_set_str(a, v, "name", json_str(json_path(ddo, "metadata.name"), ""));
    json_set_str(a, v, "type", json_str(json_path(ddo, "metadata.type"), ""));
    json_set_int(a, v, "services", (int64_t)json_len(json_get(ddo, "services")));
    json_set_int(a, v, "orders", orders(ddo));
    json_set_str(a, v, "price", json_get_str(json_at(prices, 0), "price", NULL));
    json_set_str(a, v, "datatoken", json_str(json_path(ddo, "datatokens.0.address"), NULL));
    return v;
}

/* {"query": {"bool": {"must": [...]}}, "from": page, "size": n}, newest first. */
static struct json *query(struct arena *a, const char *text, int64_t page)
{
    struct json *body = json_new_object(a);
    struct json *query = json_new_object(a);
    struct json *conditions = json_new_object(a);
    struct json *must = json_new_array(a);
    struct json *match = json_new_object(a);
    struct json *words = json_new_object(a);

    if (text) {
        json_set_str(a, words, "query", text);
        json_set(a, match, "query_string", words);
        json_push(a, must, match);
    }
    json_set(a, conditions, "must", must);
    json_set(a, query, "bool", conditions);
    json_set(a, body, "query", query);
    json_set_int(a, body, "from", page);
    json_set_int(a, body, "size", PAGE_SIZE);
    return body;
}

int client_asset_list(struct client *c, const char *text, int64_t page, struct json **ret,
                      struct err *e)
{
    struct arena *a = c->arena;
    struct json *assets = json_new_array(a);
    struct json *found;
    size_t i;
    size_t k;

    if (client__post(c, c->config->metadata_url, "/api/aquarius/assets/metadata/query",
                     query(a, text, page), &found, e) < 0)
        return -1;
    for (i = 0; i < json_len(found); i++) /* a list for each kind of document */
        for (k = 0; k < json_len(json_at(found, i)); k++)
            json_push(a, assets, summary(a, json_at(json_at(found, i), k)));
    *ret = json_new_object(a);
    json_set(a, *ret, "assets", assets);
    return 0;
}
