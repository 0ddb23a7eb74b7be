/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/asset.h"

#include "asset/ddo.h"
#include "base/str.h"

enum { SERVICES_MAX = 64, TIMEOUT_MAX = INT32_MAX };

static unsigned cost_of(const struct json *service)
{
    unsigned cost = 1;
    struct err e;

    return asset_dt_cost(service, &cost, &e) < 0 ? 1 : cost;
}

static bool read_service(const struct json *v, struct asset_service *s)
{
    int64_t timeout = json_get_int(v, "timeout", 0);

    *s = (struct asset_service){.id = json_get_str(v, "id", NULL),
                                .type = json_get_str(v, "type", ""),
                                .datatoken = json_get_str(v, "datatokenAddress", ""),
                                .files = json_get_str(v, "files", ""),
                                .timeout_s = timeout > 0 ? (uint64_t)timeout : 0,
                                .cost = cost_of(v),
                                .compute = json_get(v, "compute"),
                                .credentials = json_get(v, "credentials"),
                                .json = v};
    if (s->timeout_s > TIMEOUT_MAX)
        s->timeout_s = TIMEOUT_MAX;
    return s->id && addr_parse_any(s->datatoken, &s->datatoken_addr);
}

static int read_services(struct arena *a, const struct json *list, struct asset *asset,
                         struct err *e)
{
    struct asset_service *services;
    size_t n = json_len(list);
    size_t i;

    if (!json_is(list, JSON_ARRAY) || n > SERVICES_MAX)
        return failed(e, INVALID, "the document has no list of services");
    services = arena_calloc(a, n + 1, sizeof(*services));
    for (i = 0; i < n; i++) {
        if (!read_service(json_at(list, i), &services[i]))
            return failed(e, INVALID, "service %zu has no id or no datatoken", i);
    }
    asset->services = services;
    asset->service_count = n;
    return 0;
}

int asset_parse(struct arena *a, const struct json *ddo, struct asset *ret, struct err *e)
{
    const struct json *subject = json_get(ddo, "credentialSubject"); /* 5.0 */
    const struct json *body = json_is(subject, JSON_OBJECT) ? subject : ddo;
    int64_t chain = json_get_int(body, "chainId", -1);
    struct asset asset = {.did = json_get_str(ddo, "id", NULL),
                          .version = json_get_str(ddo, "version", ""),
                          .nft = json_get_str(body, "nftAddress", ""),
                          .metadata = json_get(body, "metadata"),
                          .credentials = json_get(body, "credentials"),
                          .json = ddo};
    const struct json *state = json_path(ddo, "indexedMetadata.nft.state");

    if (!asset.did || chain < 0 || !addr_parse_any(asset.nft, &asset.nft_addr))
        return failed(e, INVALID, "not a DDO");
    if (str_eq(asset.version, "deprecated"))
        return failed(e, INVALID, "the asset is deprecated");
    asset.chain_id = (uint64_t)chain;
    asset.state = (enum asset_state)(json_is(state, JSON_NUMBER) ? (int)json_num(state, -1) : -1);
    asset.is_algorithm = str_eq(json_get_str(asset.metadata, "type", ""), "algorithm");
    asset.algorithm = json_get(asset.metadata, "algorithm");
    if (read_services(a, json_get(body, "services"), &asset, e) < 0)
        return -1;
    *ret = asset;
    return 0;
}

const struct asset_service *asset_service_find(const struct asset *asset, const char *id,
                                               size_t *ret_index)
{
    uint64_t index;
    size_t i;

    for (i = 0; i < asset->service_count && !str_eq(asset->services[i].id, id);)
        i++;
    if (i == asset->service_count && str_u64(id, SERVICES_MAX, &index))
        i = (size_t)index;
    if (i >= asset->service_count)
        return NULL;
    if (ret_index)
        *ret_index = i;
    return &asset->services[i];
}

bool asset_is_orderable(const struct asset *asset)
{
    return asset->state == ASSET_ACTIVE || asset->state == ASSET_UNLISTED ||
           asset->state == ASSET_STATE_UNKNOWN;
}
