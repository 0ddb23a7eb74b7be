/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_INDEXER_H
#define ATOLL_INDEXER_INDEXER_H

#include "chain/rpc.h"
#include "json/json.h"
#include "net/net.h"
#include "store/db.h"

/*
 * Follows each chain and keeps what its Ocean events say in the database (index.h reads it).
 * A thread for each chain; the rows of a window of blocks and the cursor behind it are written
 * in one transaction, so that a crash neither loses nor repeats an event. A second thread waits for
 * what takes longer: documents that other nodes decrypt. A window that cannot be
 * read is read again later. A reorganisation takes back what the replaced blocks said.
 */
struct indexer;

struct indexer_chain {
    uint64_t chain_id;
    struct rpc *rpc;      /* borrowed */
    uint64_t start_block; /* the first block that may hold an event */
    struct addr factory;  /* ERC721Factory: deploys the only data NFTs that count */
    struct addr router;   /* FactoryRouter: approves exchanges and dispensers */
    struct addr escrow;   /* whose events are kept; zero when there is none */
};

/* The node's key, without the indexer seeing it. Called on the chains' threads. */
struct indexer_keys {
    /* ECIES: the plain bytes in the arena. INVALID when the blob is not for this node. */
    int (*decrypt)(void *ctx, struct arena *a, struct bytes blob, struct bytes *ret, struct err *e);
    /* The signature text over a request, form B of wire/auth.md: address + nonce + command. */
    int (*sign)(void *ctx, struct arena *a, const char *message, const char **ret, struct err *e);
    void *ctx;
};

/* An access-list contract: whoever holds one of its tokens is on the list. */
struct indexer_list {
    uint64_t chain_id;
    struct addr contract;
};

/*
 * Whom to believe; what is empty restricts nothing. All arrays are borrowed. Metadata counts when a
 * validator of the group or of a list signed it; a publisher must be in the group and on a list of
 * the chain, as far as there are any.
 */
struct indexer_policy {
    const struct addr *validators; /* allowedValidators */
    size_t validator_count;
    const struct indexer_list *validator_lists;
    size_t validator_list_count;
    const struct addr *publishers; /* authorizedPublishers */
    size_t publisher_count;
    const struct indexer_list *publisher_lists;
    size_t publisher_list_count;
    const char *asset_purgatory_url; /* NULL: none */
    const char *account_purgatory_url;
    int64_t purgatory_interval_ms; /* between two readings of these lists */
};

/* A document that is about to be indexed, as it would be answered, and its event. */
struct indexer_news {
    bool is_update;
    uint64_t chain_id;
    const struct json *document;
    const struct rpc_log *log;
};

enum indexer_answer {
    REVIEW_WELCOME,
    REVIEW_DENIED,
    REVIEW_LATER, /* denied, but another time it may be allowed */
    REVIEW_SILENT /* the same for whatever would be asked now */
};

struct indexer_verdict {
    enum indexer_answer answer;
    struct bytes why; /* kept as the asset's error, as far as it is text */
};

/*
 * The operator's last word on a document that is otherwise fine. Called on the chains' threads
 * without anything locked; may wait for the network. ask NULL: all are welcome. What is denied is
 * not stored; an asset that is there stays as it was.
 */
struct indexer_review {
    void (*ask)(void *ctx, struct arena *a, const struct indexer_news *news,
                struct indexer_verdict *ret);
    void *ctx;
};

/* How what was asked for by hand ended. Called on the chains' threads, which hold nothing. */
struct indexer_jobs {
    /* tx NULL: a chain that was indexed anew has caught up. Also for what nobody asked for. */
    void (*done)(void *ctx, uint64_t chain_id, const char *tx, bool good);
    void *ctx;
};

struct indexer_options {
    struct store *store;
    struct net *net;
    const struct indexer_chain *chains; /* borrowed like all pointers here, until indexer_stop */
    size_t chain_count;
    struct indexer_keys keys;
    struct addr node_address;
    /* decryptorUrl texts that mean this node: its public URL, its listening URLs, its peer id. */
    const char *const *own_names;
    size_t own_name_count;
    struct indexer_policy policy;
    struct indexer_review review;
    struct indexer_jobs jobs; /* done may be NULL */
    /* Milliseconds between looks at a chain without news (INDEXER_INTERVAL); 0: chosen from the
     * chain's own pace. */
    int64_t interval_ms;
};

/* Starts the threads; never NULL. The options are copied, what they point to is borrowed. */
struct indexer *indexer_start(const struct indexer_options *o);
/* Ends the threads after the window in hand (at most the time of one request). NULL is allowed. */
void indexer_stop(struct indexer *ix);

/* Look at the chain now (0: at all chains); returns at once. Any thread. */
void indexer_wake(struct indexer *ix, uint64_t chain_id);

/*
 * Looks at a transaction once more when the chain is up to date: an admin's reindexTx. Kept in the
 * database until it is done. INVALID when the chain is not indexed or the hash is none.
 */
int indexer_reindex_tx(struct indexer *ix, uint64_t chain_id, const char *tx, struct err *e)
    must_check;
/* Forgets the chain and indexes it from `block` (at least its start): an admin's reindexChain. */
int indexer_reindex_chain(struct indexer *ix, uint64_t chain_id, uint64_t block, struct err *e)
    must_check;

/*
 * Stops and starts following a chain, 0: all of them, until the process ends. What is under way is
 * finished first. False when there is no such chain; when it does not run, there is nothing to
 * stop.
 */
bool indexer_pause(struct indexer *ix, uint64_t chain_id);
bool indexer_resume(struct indexer *ix, uint64_t chain_id);
/* Whether the chain is indexed and not stopped. */
bool indexer_is_running(struct indexer *ix, uint64_t chain_id);

/* Whom to believe from the next window on. Copied, but for the URLs of purgatories, which stay. */
void indexer_set_policy(struct indexer *ix, const struct indexer_policy *policy);

/* The last indexed block; false when the chain is not indexed or nothing has been yet. */
bool indexer_block(struct indexer *ix, uint64_t chain_id, uint64_t *ret);

#endif
