/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_DDO_H
#define ATOLL_ASSET_DDO_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "json/json.h"

/* What those who publish need to know of a DDO. Pure functions. */

/* "did:op:" + sha256 over the NFT's checksummed address and the chain's id; versions 4.x. */
const char *asset_did(struct arena *a, const struct addr *nft, uint64_t chain_id);
/* The same of version 5.0: "did:ope:". */
const char *asset_did_v5(struct arena *a, const struct addr *nft, uint64_t chain_id);

enum { ASSET_COST_MAX = 50 }; /* orders that one transaction of the factory can hold */

/*
 * How many orders one use of a service takes: its additionalInformation.dtCost, 1 when absent.
 * DT_COST when it is there but no integer from 1 to ASSET_COST_MAX.
 */
int asset_dt_cost(const struct json *service, unsigned *ret, struct err *e) must_check;

#endif
