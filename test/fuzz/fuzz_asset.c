/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/asset.h"
#include "asset/trust.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A list on an odd chain cannot be asked. */
static int never_listed(void *ctx, uint64_t chain_id, const struct addr *list,
                        const struct addr *who, bool *ret, struct err *e)
{
    (void)ctx;
    (void)list;
    (void)who;
    if (chain_id % 2)
        return failed(e, FAILED, "no answer");
    *ret = false;
    return 0;
}

/* A document as an index may hold it: read, searched, judged. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct seckey key = {.b = {[31] = 1}};
    static const struct asset_lists lists = {.has = never_listed};
    static const struct asset_algorithm raw = {.files_checksum = "", .container_checksum = ""};
    _arena_ struct arena *a = arena_new();
    struct addr who = {{0}};
    struct asset asset;
    struct json *ddo;
    struct json *files;
    struct err e;
    size_t i;

    if (json_parse(a, (const char *)data, size, &ddo, &e) < 0 ||
        asset_parse(a, ddo, &asset, &e) < 0)
        return 0;
    must(asset.did && asset.nft && asset.service_count <= 64);
    (void)asset_credentials_grant(asset.credentials, asset.chain_id, &who, &lists);
    for (i = 0; i < asset.service_count; i++) {
        const struct asset_service *s = &asset.services[i];

        must(s->cost >= 1 && s->cost <= 50);
        must(asset_service_find(&asset, s->id, NULL) != NULL);
        must(asset_files_open(a, &key, &asset, s, &files, &e) < 0 || json_is(files, JSON_ARRAY));
        (void)asset_credentials_grant(s->credentials, asset.chain_id, &who, &lists);
        (void)asset_trusts(s, &raw, true);
    }
    return 0;
}
