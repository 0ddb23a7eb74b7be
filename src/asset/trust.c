/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/trust.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/hash.h"

/* A member of a rule: equal, or "*" for any. */
static bool fits(const struct json *rule, const char *key, const char *value)
{
    const char *want = json_get_str(rule, key, "");

    return str_eq(want, "*") || (value && value[0] && str_eq(want, value));
}

static bool is_listed(const struct json *rules, const struct asset_algorithm *algorithm)
{
    size_t i;

    for (i = 0; i < json_len(rules); i++) {
        const struct json *rule = json_at(rules, i);

        if (str_eq(json_str(rule, ""), "*"))
            return true;
        if (fits(rule, "did", algorithm->did) &&
            fits(rule, "filesChecksum", algorithm->files_checksum) &&
            fits(rule, "containerSectionChecksum", algorithm->container_checksum) &&
            (!json_get_str(rule, "serviceId", NULL) ||
             fits(rule, "serviceId", algorithm->service_id)))
            return true;
    }
    return false;
}

static bool is_published_by(const struct json *publishers, const struct addr *nft)
{
    size_t i;

    for (i = 0; i < json_len(publishers); i++) {
        const char *text = json_str(json_at(publishers, i), "");
        struct addr listed;

        if (str_eq(text, "*") || (addr_parse_any(text, &listed) && addr_eq(&listed, nft)))
            return true;
    }
    return false;
}

bool asset_trusts(const struct asset_service *dataset, const struct asset_algorithm *algorithm,
                  bool strict)
{
    const struct json *rules = json_get(dataset->compute, "publisherTrustedAlgorithms");
    const struct json *publishers =
        json_get(dataset->compute, "publisherTrustedAlgorithmPublishers");
    bool is_open = json_len(rules) == 0 && json_len(publishers) == 0;

    if (str_eq(dataset->type, "access"))
        return true;
    if (is_open && strict)
        return false;
    if (!algorithm->did)
        return json_get_bool(dataset->compute, "allowRawAlgorithm", is_open);
    return is_open || is_listed(rules, algorithm) || is_published_by(publishers, &algorithm->nft);
}

const char *asset_checksum_container(struct arena *a, const struct json *container)
{
    const char *text = arena_printf(a, "%s%s", json_get_str(container, "entrypoint", ""),
                                    json_get_str(container, "checksum", ""));
    struct hash32 h = sha256(text, strlen(text));

    return hex_dup(a, h.b, sizeof(h.b));
}
