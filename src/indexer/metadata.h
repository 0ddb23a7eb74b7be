/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_METADATA_H
#define ATOLL_INDEXER_METADATA_H

#include <string.h>

#include "indexer/window.h"

struct asset_row;

/* Inside of indexer/: the events of data NFTs. */

/*
 * What was read for such an event: always for MetadataCreated and MetadataUpdated, for the others
 * only when the transaction is looked at once more (the document and its errors never).
 */
struct nft_facts {
    bool deployed;         /* by the factory; otherwise the event does not count */
    const char *error;     /* why there is no document, for the asset's state row */
    const char *banned;    /* the DID or account, when that is purgatory's word */
    bool later;            /* the reason may pass: look again, */
    bool asked;            /* ... but not at once: somebody was asked already */
    struct json *document; /* as published, its hash checked */
    const char *name;      /* of the NFT */
    const char *symbol;
    const char *token_uri;
    const char *owner; /* of the NFT now; NULL when it does not say */
    int64_t state;     /* the event's; of the chain now when it is looked at once more */
};

bool metadata_is_document(const struct entry *it); /* MetadataCreated or MetadataUpdated */

/*
 * The document as it is answered: with chainId, nftAddress, datatokens and indexedMetadata. `old`
 * is the asset before the event or NULL; its orders and its first time are carried over. Services
 * that it did not have were ordered `ordered[i]` times (NULL: never).
 */
struct json *metadata_build(const struct window *w, const struct entry *it, const struct json *old,
                            const int64_t *ordered) must_check;

/* Whether the datatoken of a service is the NFT's own. */
bool metadata_owns_token(const struct window *w, const struct entry *it, const struct json *service,
                         const struct token **ret);

/* Whether a document was read and nothing is wrong with it. */
bool metadata_is_good(const struct entry *it);

/* Whether the event does not change the asset that is there (or NULL). */
bool metadata_is_stale(const struct window *w, const struct entry *it, const struct asset_row *old);

#endif
