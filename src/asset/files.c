/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/asset.h"
#include "base/str.h"
#include "crypto/ecies.h"

enum { FILES_MAX = 1000, PAYLOAD_MAX = 4 << 20 };

static bool names(const struct json *payload, const char *key, const struct addr *want)
{
    struct addr got;

    return addr_parse_any(json_get_str(payload, key, ""), &got) && addr_eq(&got, want);
}

int asset_files_take(struct json *payload, const struct asset *asset,
                     const struct asset_service *service, struct json **ret, struct err *e)
{
    struct json *files = json_get(payload, "files");

    if (!json_is(files, JSON_ARRAY) || json_len(files) > FILES_MAX)
        return refused(e, ASSET_FILES_KEY);
    if (!names(payload, "nftAddress", &asset->nft_addr) ||
        !names(payload, "datatokenAddress", &service->datatoken_addr))
        return refused(e, ASSET_FILES_OTHER);
    *ret = files;
    return 0;
}

int asset_files_open(struct arena *a, const struct seckey *key, const struct asset *asset,
                     const struct asset_service *service, struct json **ret, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(PAYLOAD_MAX);
    struct bytes blob;
    struct json *payload;
    struct err why;

    if (!hex_parse(a, service->files, &blob) ||
        ecies_decrypt(key, blob.p, blob.n, &plain, &why) < 0 ||
        json_parse(a, plain.data, plain.len, &payload, &why) < 0)
        return refused(e, ASSET_FILES_KEY);
    return asset_files_take(payload, asset, service, ret, e);
}
