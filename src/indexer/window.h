/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_WINDOW_H
#define ATOLL_INDEXER_WINDOW_H

#include "chain/events.h"
#include "indexer/indexer.h"
#include "json/json.h"

/*
 * Inside of indexer/: some blocks of one chain, from their logs to their rows. First everything is
 * read that the network has to be asked for (window_read: no transaction is open), then the events
 * are applied in the chain's order within the caller's transaction (window_apply: no network).
 * All memory is the window's arena.
 */
/*
 * A log of one of the events that are followed. Several of a kind may stand in one transaction;
 * each is what its own log says. Lives in the window's arena, as its texts do.
 */
struct entry {
    struct event ev;
    const struct rpc_log *log;
    const char *emitter; /* lower case, like tx */
    const char *tx;
    /*
     * What was read for it before the transaction. Its type belongs to the kind's own file; NULL
     * where the kind reads nothing.
     */
    void *facts;
};

/* Decryptors that did not answer lately: they are not waited for again and again. */
struct again;
struct shunned {
    struct {
        uint64_t name; /* hash of the URL */
        int64_t until; /* monotonic milliseconds */
    } v[16];
};

struct purgatory; /* purgatory.h */

struct window {
    const struct indexer_options *o;
    const struct indexer_policy *policy; /* as it is now */
    const struct indexer_chain *chain;
    struct arena *a;
    struct entry *entries;
    size_t count;
    struct token *tokens; /* datatokens that were read, newest first */
    struct purgatory *purgatory;
    /*
     * A transaction that is looked at once more (again.h), NULL in the chain's order. What its
     * events say may be outdated by others that were applied long ago, so the chain is asked how
     * things are now. Only here are other nodes asked to decrypt.
     */
    const struct again *again;
    struct shunned *shunned; /* with `again` only */
};

/* Takes the logs that are ours. The logs must outlive the window. */
void window_take(struct window *w, const struct rpc_log *logs, size_t n);
/*
 * -1 when the chain or the database fails: the window must be read again. What is wrong with a
 * single event (a document that cannot be had, say) is part of what is applied.
 */
int window_read(struct window *w, struct err *e) must_check;
int window_apply(struct window *w, struct db *db, struct err *e) must_check;

/* Whether a document has to be looked for again: it could not be had, for a reason that may pass.
 */
bool window_is_missing_documents(const struct window *w);

/* --- what the chain says about datatokens (tokens.c) --- */

/* A datatoken: its names and the offers that sell it. */
struct token {
    struct token *next;
    struct addr addr;
    const char *name;
    const char *symbol;
    struct addr nft;     /* that it says it belongs to; zero when it does not say */
    struct json *prices; /* as in indexedMetadata.stats[].prices, active offers only */
};
/* Asks for it to be read by tokens_read(); once for each address. */
struct token *token_want(struct window *w, const struct addr *addr);
/* NULL when it was not asked for. */
struct token *token_find(const struct window *w, const struct addr *addr);
int tokens_read(struct window *w, struct err *e) must_check;

/* --- kinds of events --- */

/* Reads NFTs and documents of MetadataCreated and MetadataUpdated; wants their datatokens. */
int metadata_read(struct window *w, struct err *e) must_check;
int metadata_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;
bool metadata_is_missing(const struct entry *it);
/* Shows what was read to the reviewer; the datatokens must have been read as well. */
int metadata_review(const struct window *w, struct err *e) must_check;
int metadata_state_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;
int token_uri_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;

/* Transfer of a data NFT (its owner) or of a token of an access list (its member). */
int transfer_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;

int order_apply(struct window *w, struct db *db, const struct entry *it, struct err *e) must_check;

/* Wants the datatokens of exchanges and dispensers that changed, as far as assets have them. */
int prices_read(struct window *w, struct err *e) must_check;
int prices_apply(struct window *w, struct db *db, const struct entry *it, struct err *e) must_check;

/* Reads the names of new access lists. */
int access_lists_read(struct window *w, struct err *e) must_check;
int access_list_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;
/* A token of a list goes to another wallet; nothing when the emitter is no list that is known. */
int access_list_transfer(struct window *w, struct db *db, const struct entry *it, struct err *e)
    must_check;

int escrow_apply(struct window *w, struct db *db, const struct entry *it, struct err *e) must_check;

/* --- whom to believe (policy.c) --- */

/* Whether a validator that the operator named vouches for it in the same transaction. */
int policy_validated(const struct window *w, const struct entry *it, bool *ret, struct err *e)
    must_check;
/* INVALID with the text for the state row when the publisher is not wanted here. */
int policy_check(const struct window *w, const struct addr *publisher, struct err *e) must_check;

/* --- documents (document.c) --- */

/*
 * The document of a metadata event: taken from the event, or decrypted by whom its decryptorUrl
 * names, and checked against the event's hash. -1 with a text for the asset's state row.
 */
int document_get(const struct window *w, const struct entry *it, struct json **ret, struct err *e)
    must_check;

/*
 * Asks the node at `url` to decrypt (wire/ddo.md 4.2); the bytes it answered. Only for a second
 * look (window.again): strangers choose the URL, and blocks must not wait for them.
 */
int decrypt_remote(const struct window *w, const struct entry *it, const char *url,
                   struct bytes *ret, struct err *e) must_check;

/* "did:op:" or "did:ope:" + sha256 of NFT and chain, for a document of that version. */
const char *did_of(struct arena *a, const struct addr *nft, uint64_t chain, const char *version);

#endif
