/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/asset.h"
#include "asset/trust.h"
#include "asset/unpack.h"
#include "asset/validate.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int in_no_list(void *ctx, uint64_t chain_id, const struct addr *list, const struct addr *who,
                      bool *ret, struct err *e)
{
    (void)ctx;
    (void)chain_id;
    (void)list;
    (void)who;
    (void)e;
    *ret = false;
    return 0;
}

/* What the node does with a foreign document before it believes it. */
static void read_asset(struct arena *a, const struct json *doc)
{
    const struct asset_lists lists = {.has = in_no_list};
    const struct seckey key = {{1}};
    const struct addr who = {{1}};
    const struct asset_algorithm raw = {.files_checksum = "", .container_checksum = ""};
    struct asset asset;
    struct json *files;
    struct err e;
    size_t i;

    if (asset_parse(a, doc, &asset, &e) < 0)
        return;
    (void)asset_credentials_grant(asset.credentials, asset.chain_id, &who, &lists);
    (void)asset_checksum_container(a, json_get(asset.algorithm, "container"));
    for (i = 0; i < asset.service_count; i++) {
        must(asset_service_find(&asset, asset.services[i].id, NULL) != NULL);
        (void)asset_trusts(&asset.services[i], &raw, i % 2 == 0);
        (void)!asset_files_open(a, &key, &asset, &asset.services[i], &files, &e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct bytes text;
    struct json *errors;
    struct json *doc;
    struct err e;

    (void)!asset_unpack(a, (struct bytes){data, size}, 1 << 20, &text, &e);
    if (json_parse(a, (const char *)data, size, &doc, &e) < 0)
        return 0;
    (void)!asset_validate(a, doc, &errors, &e);
    read_asset(a, doc);
    return 0;
}
