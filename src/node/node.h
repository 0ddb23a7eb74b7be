/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_H
#define ATOLL_NODE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "asset/asset.h"
#include "auth/auth.h"
#include "backup/backup.h"
#include "chain/rpc.h"
#include "chain/sender.h"
#include "compute/compute.h"
#include "config/config.h"
#include "crypto/secp.h"
#include "escrow/escrow.h"
#include "http/http.h"
#include "indexer/indexer.h"
#include "logbook/logbook.h"
#include "net/net.h"
#include "order/order.h"
#include "pool/pool.h"
#include "storage/buckets.h"
#include "storage/storage.h"
#include "store/db.h"
#include "wizard/wizard.h"

/*
 * The node: its parts, started in this order and ended in reverse. After node_start() the
 * members are constant and may be read from every thread; what they point to says itself who may
 * call it. Commands find it as t->node.
 */
struct packages; /* package/store.h */
struct service;  /* service/service.h */
struct gateway;  /* gateway/gateway.h */
struct docker;   /* docker/docker.h */

struct node_chain {
    const struct config_network *network;
    struct rpc *rpc;
    struct sender *sender; /* of the node's key */
};

struct node {
    /* Borrowed; as at the start. What may change while the node runs is in settings.h. */
    const struct config *config;
    struct arena *arena; /* texts that live as long as the node */

    struct pubkey pubkey;
    struct addr address;
    const char *address_text; /* EIP-55 */
    const char *peer_id;      /* "16Uiu2..." */
    const char *public_key;   /* 33 bytes as hex, no 0x */
    const char *friendly_name;
    int64_t started_ms; /* monotonic */

    struct store *store;
    struct node_live *live;       /* the configuration as it is now (settings.h) */
    struct node_collect *collect; /* transfers of what was earned (collect.h) */
    struct logbook *logbook;
    struct net *net;
    struct buckets *buckets; /* NULL: none are kept */
    struct storage *storage;
    struct storage_own own;    /* the URLs that lead to this node */
    struct node_chain *chains; /* ascending by chain id */
    size_t chain_count;
    struct auth *auth;
    struct order_fees *fees;
    struct escrow *escrow;
    struct pools *pools;            /* without environments nothing can be quoted, the rest works */
    struct compute *compute;        /* NULL: no environments are offered */
    struct indexer *indexer;        /* NULL: no chain is indexed */
    struct packages *packages;      /* what can be deployed */
    struct docker *packages_docker; /* where hooks of packages run; NULL: no engine */
    struct wizards *wizards;        /* NULL: no solutions are offered */
    struct service *services;       /* deployments; NULL: there are none */
    struct templates *templates;    /* of services on demand; NULL where there are no services */
    struct gateway *gateway;
    struct backup *backup; /* never NULL while the node runs */
    struct visits *visits; /* answers that last as long as a session (visits.h) */
    struct http_server *http;

    struct asset_lists lists; /* asks the chains who is in an access list */
    const char *root;         /* the text of GET / */
    struct node_memo *memo;   /* what was learned of accounts and tokens */
    struct ddo_cache *ddos;   /* documents that were asked for lately */
};

/* Starts everything; on failure nothing is left running. The config must outlive the node. */
int node_start(const struct config *c, struct node **ret, struct err *e) must_check;
/* Ends everything, running requests within limit_ms. NULL is allowed. */
void node_stop(struct node *n, int limit_ms);

/* Reads the certificate's files again, for a node that speaks TLS; on an error it keeps the old
 * ones. */
int node_renew_tls(struct node *n, struct err *e) must_check;

/* The endpoint of a chain, NULL when it is not configured. */
struct rpc *node_rpc(const struct node *n, uint64_t chain_id);
const struct node_chain *node_chain_find(const struct node *n, uint64_t chain_id);

/* Whether `who` is in one of the access lists; those of unknown chains and failures do not count.
 */
bool node_is_listed(struct node *n, const struct config_access_lists *lists,
                    const struct addr *who);
/* The same for the lists of one chain. */
bool node_is_listed_on(struct node *n, const struct config_access_lists *lists, uint64_t chain_id,
                       const struct addr *who);

/*
 * The asset of a DID as it was indexed. *ret_found false when there is none or it is malformed.
 * In the arena.
 */
int node_asset_find(struct node *n, struct arena *a, const char *did, bool *ret_found,
                    struct asset *ret, struct err *e) must_check;

#endif
