/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_DDO_CACHE_H
#define ATOLL_NODE_DDO_CACHE_H

#include "base/arena.h"
#include "store/db.h"

/*
 * Documents that were asked for lately, so that the loop answers them without the database. What it
 * knows is good until something is committed, whatever that is: nobody has to tell it. Bounded;
 * a document that is not in it, or too large for it, is read as ever. Any thread.
 */
struct ddo_cache;

struct ddo_cache *ddo_cache_new(struct store *store);
void ddo_cache_free(struct ddo_cache *c); /* NULL is allowed */

/* The document's text in the arena; NULL when it has to be read. The DID is in lower case. */
const char *ddo_cache_find(struct ddo_cache *c, struct arena *a, const char *did);
/* Keeps a text that was read after store_commits() answered `commits`. */
void ddo_cache_put(struct ddo_cache *c, const char *did, const char *text, uint64_t commits);

#endif
