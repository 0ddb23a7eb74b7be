/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_PURGATORY_H
#define ATOLL_INDEXER_PURGATORY_H

#include "net/net.h"
#include "store/db.h"

/*
 * Inside of indexer/: lists of banned assets and accounts that others publish. They are fetched
 * again and again; the last good one counts, and is kept in the database, so that a list that
 * cannot be had (or is none) frees nobody. Thread-safe.
 */
struct purgatory;

struct purgatory_options {
    struct store *store;
    struct net *net;
    const char *asset_url;   /* [{did, reason}], NULL for none; borrowed, like the next */
    const char *account_url; /* [{address, reason}] */
};

/* Starts with what the database holds. */
struct purgatory *purgatory_new(const struct purgatory_options *o);
void purgatory_free(struct purgatory *p); /* NULL is allowed */

/* Fetches both lists. *ret_changed tells whether one is another now, also when the other failed. */
int purgatory_refresh(struct purgatory *p, bool *ret_changed, struct err *e) must_check;

/* The one of the two that is banned, as given, in the arena; NULL when neither is. NULL passes. */
const char *purgatory_find(struct purgatory *p, struct arena *a, const char *did,
                           const char *account);

/* What is banned: DIDs and addresses, in lower case. */
struct purgatory_entry {
    const char *value;
    bool account;
};
size_t purgatory_entries(struct purgatory *p, struct arena *a, struct purgatory_entry **ret);

#endif
