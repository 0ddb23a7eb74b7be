/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/ddo.h"

#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"

static const char *identity(struct arena *a, const struct addr *nft, uint64_t chain_id)
{
    const char *text = arena_printf(a, "%s%llu", addr_text(a, nft), (unsigned long long)chain_id);
    struct hash32 h = sha256(text, strlen(text));

    return hex_dup(a, h.b, sizeof(h.b));
}

const char *asset_did(struct arena *a, const struct addr *nft, uint64_t chain_id)
{
    return arena_printf(a, "did:op:%s", identity(a, nft, chain_id));
}

const char *asset_did_v5(struct arena *a, const struct addr *nft, uint64_t chain_id)
{
    return arena_printf(a, "did:ope:%s", identity(a, nft, chain_id));
}

int asset_dt_cost(const struct json *service, unsigned *ret, struct err *e)
{
    const struct json *v = json_get(json_get(service, "additionalInformation"), "dtCost");
    int64_t cost = 1;

    if (json_type(v) != JSON_NULL && (!json_int(v, &cost) || cost < 1 || cost > ASSET_COST_MAX))
        return refused(e, DT_COST);
    *ret = (unsigned)cost;
    return 0;
}
