/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_VALIDATE_H
#define ATOLL_ASSET_VALIDATE_H

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/*
 * Whether a DDO keeps the rules of its version (wire/ddo.md 2): 4.1.0, 4.3.0, 4.5.0, 4.7.0, 5.0.0
 * and "deprecated"; also that its id follows from its NFT and chain, and that each dtCost is an
 * integer from 1 to 50. null and [] count as absent, a list of one as the one, properties without
 * a rule are fine; indexedMetadata, which indexers add, is one of those.
 *
 * *ret_errors is NULL when it does, else {"metadata.name": ["message", ...], ...} in the arena, in
 * the order of the rules, at most 100 messages. ASSET_VERSION for a version that is none of these.
 */
int asset_validate(struct arena *a, const struct json *ddo, struct json **ret_errors, struct err *e)
    must_check;

#endif
