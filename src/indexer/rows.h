/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_ROWS_H
#define ATOLL_INDEXER_ROWS_H

#include "crypto/eth.h"
#include "json/json.h"
#include "store/db.h"

/*
 * Inside of indexer/: the rows of the index. Everything here runs within the caller's transaction.
 * Addresses and hashes are lower-case text. An asset that is deprecated or revoked is answered in a
 * short form, but its document is kept whole: it comes back when the state does.
 */
enum { STATE_DEPRECATED = 2, STATE_REVOKED = 3 };

struct asset_row {
    uint64_t chain;
    const char *nft;
    const char *did;
    struct json *document; /* whole, with indexedMetadata */
    int64_t state;         /* of the NFT: 0 active, 1 end of life, 2 deprecated, 3 revoked ... */
    /* The metadata event that wrote it last: */
    const char *tx;
    uint64_t block;
    uint64_t log_index;
};

/*
 * The asset of an NFT with its document parsed, all in the arena; *ret is NULL when there is none.
 */

int asset_row_get(struct db *db, struct arena *a, uint64_t chain, const char *nft,
                  struct asset_row **ret, struct err *e) must_check;

/*
 * The NFT that a datatoken belongs to, as far as its document names it; *ret_nft is NULL when none
 * is known. It may have no asset (any more).
 */
int asset_row_of_datatoken(struct db *db, struct arena *a, uint64_t chain, const char *datatoken,
                           const char **ret_nft, struct err *e) must_check;
int asset_row_own_datatoken(struct db *db, uint64_t chain, const char *datatoken, const char *nft,
                            struct err *e) must_check;

/* NFTs with an asset, at most `max`, into the array. */
int asset_rows_nfts(struct db *db, uint64_t chain, struct addr *ret, size_t max, size_t *ret_count,
                    struct err *e) must_check;

/*
 * Writes the row, its texts and terms. ROW_NUMBERS: only the counts in indexedMetadata.stats have
 * changed, so texts and terms stay.
 */
enum asset_row_scope { ROW_WHOLE, ROW_NUMBERS };
int asset_row_put(struct db *db, struct arena *a, const struct asset_row *row,
                  enum asset_row_scope scope, struct err *e) must_check;

/* Removes the asset when it is there. */
int asset_row_delete(struct db *db, struct arena *a, uint64_t chain, const char *nft, struct err *e)
    must_check;

/* Remembers what the asset is now, before events of `block` change it; once for each block. */
int asset_row_remember(struct db *db, uint64_t chain, const char *nft, uint64_t block,
                       struct err *e) must_check;
/* Puts the assets back to what they were after block `keep`. */
int asset_rows_restore(struct db *db, uint64_t chain, uint64_t keep, struct err *e) must_check;

/* Takes back everything the blocks after `keep` said; the cursor is put on `keep`. */
int rows_roll_back(struct db *db, uint64_t chain, uint64_t keep, struct err *e) must_check;

/* Forgets all that is known of the chain, the cursor included. */
int rows_reset(struct db *db, uint64_t chain, struct err *e) must_check;

/* Forgets how to take back blocks up to `block`. */
int rows_settle(struct db *db, uint64_t chain, uint64_t block, struct err *e) must_check;

/* How the last attempt to index an asset ended; one for each (chain, did). */
struct state_row {
    uint64_t chain;
    const char *did;
    const char *nft; /* in checksum form, as it is answered */
    const char *tx;
    uint64_t block;
    const char *error;  /* NULL: indexed */
    const char *banned; /* the DID or account that purgatory holds, NULL when that is not why */
};
int state_row_put(struct db *db, const struct state_row *row, struct err *e) must_check;
/*
 * One OrderStarted or OrderReused log. Keyed by transaction and log index: a transaction may hold
 * several orders. timestamp is the contract's, in seconds; amount is in wei.
 */
struct order_row {
    uint64_t chain;
    const char *tx;
    uint64_t log_index;
    uint64_t block;
    const char *type; /* "startOrder", "reuseOrder" */
    int64_t timestamp;
    const char *consumer;
    const char *payer;
    const char *datatoken;
    const char *nft; /* "" and did too, while no asset is known */
    const char *did;
    int64_t service_index;
    const char *amount;
    const char *start_tx; /* "" for a start */
};
/* *ret_new is false when the log was there already. */
int order_row_put(struct db *db, const struct order_row *row, bool *ret_new, struct err *e)
    must_check;
/* Fills consumer, service_index and amount of the first order that `tx` started. */
int order_row_started(struct db *db, struct arena *a, const char *tx, bool *ret_found,
                      struct order_row *ret, struct err *e) must_check;

/* Orders of a datatoken (of one service; of any when it is negative). */
int order_rows_count(struct db *db, uint64_t chain, const char *datatoken, int64_t service_index,
                     int64_t *ret, struct err *e) must_check;
/* Gives the orders of a datatoken that had no asset to this one. */
int order_rows_adopt(struct db *db, const struct asset_row *asset, const char *datatoken,
                     struct err *e) must_check;

/*
 * Transactions that are looked at once more: at once, then after AGAIN_FIRST_MS, each time twice
 * that, AGAIN_LAST_MS at the most, and after AGAIN_MAX attempts never.
 */
enum { AGAIN_MAX = 12, AGAIN_FIRST_MS = 30000, AGAIN_LAST_MS = 3600000 };
struct again {
    const char *tx;
    int64_t attempts; /* that were made */
    uint64_t block;   /* the transaction's, 0 when not known: earlier ones come first */
};
int again_put(struct db *db, uint64_t chain, const struct again *again, struct err *e) must_check;
/* The transaction of an attempt on the NFT that failed, but not for purgatory; ret->tx NULL: none.
 */
int again_of_failed(struct db *db, struct arena *a, uint64_t chain, const char *nft,
                    struct again *ret, struct err *e) must_check;
/* Later by AGAIN_FIRST_MS, without an attempt. */
int again_put_off(struct db *db, uint64_t chain, const struct again *again, struct err *e)
    must_check;
int again_done(struct db *db, uint64_t chain, const char *tx, struct err *e) must_check;
int again_waits(struct db *db, uint64_t chain, const char *tx, bool *ret, struct err *e) must_check;
/* One that is due now; ret->tx is NULL when there is none. */
int again_due(struct db *db, struct arena *a, uint64_t chain, struct again *ret, struct err *e)
    must_check;
/* When (clock_ms) the next one is due; INT64_MAX when none waits. */
int again_next(struct db *db, uint64_t chain, int64_t *ret, struct err *e) must_check;

/* The last block whose events are in the tables; *ret_found is false before the first window. */
int cursor_get(struct db *db, uint64_t chain, bool *ret_found, uint64_t *ret, struct err *e)
    must_check;
int cursor_put(struct db *db, uint64_t chain, uint64_t block, struct err *e) must_check;

/*
 * The hash of a block as it was when it was indexed. Kept for the newest blocks only: below them
 * nothing is taken back.
 */
struct block_mark {
    uint64_t block;
    struct hash32 hash;
};
int block_put(struct db *db, uint64_t chain, const struct block_mark *mark, struct err *e)
    must_check;
/* The newest one kept of the blocks up to `until`. */
int block_newest(struct db *db, uint64_t chain, uint64_t until, bool *ret_found,
                 struct block_mark *ret, struct err *e) must_check;

#endif
