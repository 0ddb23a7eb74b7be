/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_ASSET_H
#define ATOLL_ASSET_ASSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "crypto/secp.h"
#include "json/json.h"

/*
 * A DDO as those who serve it see it: version 4.x and 5.0 look the same here. Plain data in the
 * arena, borrowed from the document. No threads, no network.
 */

/* One way to consume an asset. */
struct asset_service {
    const char *id;
    const char *type;      /* "access" or "compute" */
    const char *datatoken; /* as spelled */
    struct addr datatoken_addr;
    const char *files; /* hex of the encrypted payload, perhaps without 0x; "" when there is none */
    uint64_t timeout_s;
    unsigned cost;              /* dtCost: 1..50; 1 when absent or out of range */
    const struct json *compute; /* or NULL, like all JSON here */
    const struct json *credentials;
    const struct json *json;
};

enum asset_state {
    ASSET_ACTIVE = 0,
    ASSET_END_OF_LIFE = 1,
    ASSET_DEPRECATED = 2,
    ASSET_REVOKED = 3,
    ASSET_ORDERING_DISABLED = 4,
    ASSET_UNLISTED = 5,
    ASSET_STATE_UNKNOWN = -1 /* not indexed */
};

struct asset {
    const char *did;
    const char *version;
    uint64_t chain_id;
    const char *nft; /* as spelled */
    struct addr nft_addr;
    enum asset_state state;
    bool is_algorithm; /* metadata.type */
    const struct json *metadata;
    const struct json *algorithm; /* metadata.algorithm */
    const struct json *credentials;
    const struct asset_service *services;
    size_t service_count;
    const struct json *json; /* the whole document */
};

/* INVALID when it is no DDO, or one in the "deprecated" form, which has nothing to serve. */
int asset_parse(struct arena *a, const struct json *ddo, struct asset *ret, struct err *e)
    must_check;

/* By id, else by its index as decimal text; NULL when there is none. ret_index may be NULL. */
const struct asset_service *asset_service_find(const struct asset *asset, const char *id,
                                               size_t *ret_index);

/* Whether it may be ordered and consumed: active, unlisted, or of unknown state. */
bool asset_is_orderable(const struct asset *asset);

/*
 * Decrypts the service's files with the node's key: the array of file objects. Refused:
 * ASSET_FILES_KEY when it was not encrypted for this key or is no payload, ASSET_FILES_OTHER when
 * the payload names another NFT or datatoken.
 */
int asset_files_open(struct arena *a, const struct seckey *key, const struct asset *asset,
                     const struct asset_service *service, struct json **ret, struct err *e)
    must_check;

/* The same of a payload in the clear. */
int asset_files_take(struct json *payload, const struct asset *asset,
                     const struct asset_service *service, struct json **ret, struct err *e)
    must_check;

/* Who is in an access list; the caller asks the chain. -1 when it cannot be asked. */
struct asset_lists {
    void *ctx;
    int (*has)(void *ctx, uint64_t chain_id, const struct addr *list, const struct addr *who,
               bool *ret, struct err *e);
};

/*
 * Evaluates one credentials object (of a DDO or a service; NULL grants): whether the consumer may
 * pass. An access list is asked on the rule's own chain, on `chain` (the asset's) when the rule
 * names none. Nothing fails open: what cannot be asked or read counts against the consumer.
 */
bool asset_credentials_grant(const struct json *credentials, uint64_t chain,
                             const struct addr *consumer, const struct asset_lists *lists);

#endif
