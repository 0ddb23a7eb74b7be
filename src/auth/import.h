/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_IMPORT_H
#define ATOLL_AUTH_IMPORT_H

#include "crypto/eth.h"
#include "store/db.h"

/*
 * What another node knew of those who ask, for a node that takes its place: without the nonces,
 * every request that was ever signed could be sent once more. In the caller's transaction, while
 * no struct auth uses the store.
 */

/* The last nonce of an address; a larger one that is here already stays. */
int auth_import_nonce(struct db *db, const struct addr *who, int64_t nonce, struct err *e)
    must_check;

/* A token that was good there. It is good here while both sign with the same secret. */
struct auth_import_token {
    const char *token;
    struct addr who;
    int64_t created;     /* ms since 1970 */
    int64_t valid_until; /* likewise; 0 = for ever */
};
int auth_import_token(struct db *db, const struct auth_import_token *t, struct err *e) must_check;

#endif
