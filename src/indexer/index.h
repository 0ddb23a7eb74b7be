/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_INDEX_H
#define ATOLL_INDEXER_INDEX_H

#include "base/buf.h"
#include "json/json.h"
#include "store/db.h"

/* What commands ask of the index. Read-only, on any thread with a borrowed connection. */

/*
 * The document of a DID as it is answered, JSON text in the arena with indexedMetadata;
 * *ret is NULL when there is none.
 */
int index_ddo_get(struct db *db, struct arena *a, const char *did, const char **ret, struct err *e)
    must_check;

/* Which attempt: tx, else nft, else did is looked at; the others may be NULL. */
struct index_state_key {
    const char *did;
    const char *nft;
    const char *tx;
};

/*
 * The last attempt to index an asset: {chainId, did, nft, txId, valid, error}; *ret is NULL when
 * nothing is known.
 */
int index_state_get(struct db *db, struct arena *a, const struct index_state_key *key,
                    struct json **ret, struct err *e) must_check;

/* Which escrow events: whatever is not NULL (0 for the chain) must fit. Any letter case. */
struct index_escrow_filter {
    uint64_t chain_id;
    const char *type; /* Auth, Lock, Claimed, Canceled, Deposit, Withdraw */
    const char *payer;
    const char *payee;
    const char *token;
    const char *job_id; /* decimal */
    const char *tx;
    int64_t offset;
    int64_t size; /* at most INDEX_ESCROW_MAX are given */
};
enum { INDEX_ESCROW_MAX = 250 };
/* The names of event types, for the one that is no type; NULL ends them. */
extern const char *const index_escrow_types[];
/* JSON text: an array, newest first (wire/http-api.md 9). */
int index_escrow_events(struct db *db, const struct index_escrow_filter *filter, struct buf *out,
                        struct err *e) must_check;

/*
 * The access list of a contract as {chainId, contractAddress, ..., users}; *ret is NULL for none.
 * TOO_LARGE when it has too many users to tell of at once.
 */
int index_access_list(struct db *db, struct arena *a, uint64_t chain_id, const char *contract,
                      struct json **ret, struct err *e) must_check;
/* The lists that a wallet is in (chain_id 0: on any chain): an array of such objects. */
int index_access_lists_of(struct db *db, struct arena *a, uint64_t chain_id, const char *wallet,
                          struct json **ret, struct err *e) must_check;

/* Transactions waiting for another look: [{txId, chainId}], at most 1000. */
int index_queue(struct db *db, struct arena *a, struct json **ret, struct err *e) must_check;

enum {
    INDEX_QUERY_DEFAULT = 100, /* documents on a page */
    INDEX_QUERY_MAX = 1000,    /* what `size` is cut to */
    INDEX_OFFSET_MAX = 1000000,
    INDEX_CLAUSES_MAX = 1024, /* values and conditions of one query */
    INDEX_BUCKETS_MAX = 1000  /* of one facet */
};

/*
 * Answers a search (README.md has the language) with JSON text. The dialect of the body decides
 * the shape: Elasticsearch's, an array of arrays of documents, as Ocean Node answers; Typesense's,
 * what Typesense answers. On Aquarius's own route a body that asks for counts is answered as
 * Elasticsearch answers. INVALID names what is not understood; TOO_LARGE when the answer does not
 * fit into out.
 */
enum index_route { ROUTE_NODE, ROUTE_AQUARIUS };
int index_query(struct db *db, const struct json *body, enum index_route route, struct buf *out,
                struct err *e) must_check;

#endif
