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

/* The asset that one of whose services has the datatoken; *ret_nft is NULL when there is none. */
int asset_row_of_datatoken(struct db *db, struct arena *a, uint64_t chain, const char *datatoken,
                           const char **ret_nft, struct err *e) must_check;

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
    const char *error; /* NULL: indexed */
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
    const char *nft;
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

/*
 * Transactions that are looked at once more. A failed attempt puts the next one off, at most
 * AGAIN_MAX times; then, or when all went well, the transaction is forgotten.
 */
enum { AGAIN_MAX = 12 };
int again_ask(struct db *db, uint64_t chain, const char *tx, struct err *e) must_check;
int again_failed(struct db *db, uint64_t chain, const char *tx, struct err *e) must_check;
int again_waits(struct db *db, uint64_t chain, const char *tx, bool *ret, struct err *e) must_check;
int again_done(struct db *db, uint64_t chain, const char *tx, struct err *e) must_check;
/* One that is due now; *ret is NULL when there is none. */
int again_due(struct db *db, struct arena *a, uint64_t chain, const char **ret, struct err *e)
    must_check;

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
