/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_METADATA_H
#define ATOLL_INDEXER_METADATA_H

#include <string.h>

#include "indexer/window.h"

struct asset_row;

/* Inside of indexer/: MetadataCreated and MetadataUpdated. */
enum { FLAG_COMPRESSED = 1, FLAG_ENCRYPTED = 2 }; /* of the lowest byte of flags */

/* What was read for such an event. */
struct metadata_facts {
    bool deployed;         /* by the factory; otherwise the event does not count */
    const char *error;     /* why there is no document, for the asset's state row */
    bool again;            /* the reason may pass: try later */
    struct json *document; /* as published, its hash checked */
    const char *name;      /* of the NFT */
    const char *symbol;
    const char *token_uri;
};

/*
 * The document as it is answered: with chainId, nftAddress, datatokens and indexedMetadata. `old`
 * is the asset before the event or NULL; its orders and its first time are carried over.
 */
struct json *metadata_build(const struct window *w, const struct entry *it, const struct json *old)
    must_check;

/* Whether a document was read and nothing is wrong with it. */
bool metadata_is_good(const struct entry *it);

/* Whether the event does not change the asset that is there (or NULL). */
bool metadata_is_stale(const struct window *w, const struct entry *it, const struct asset_row *old);

#endif
