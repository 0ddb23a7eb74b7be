/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_AUTH_INT_H
#define ATOLL_AUTH_AUTH_INT_H

#include "auth/auth.h"

enum { NONCE_TEXT = 24 };

/* --- nonces.c: one counter for each address, committed in groups --- */
struct nonces;

struct nonces *nonces__new(struct store *store);
void nonces__free(struct nonces *n);
bool nonces__peek(struct nonces *n, const struct addr *who, int64_t *ret);
int nonces__get(struct nonces *n, const struct addr *who, int64_t *ret, struct err *e) must_check;

/*
 * Stores the value when it is larger than the stored one, and says whether it was. On the disk
 * before it returns; calls of several threads share a transaction.
 */
int nonces__advance(struct nonces *n, const struct addr *who, int64_t value, bool *ret,
                    struct err *e) must_check;

/* --- signature.c: the signed message and its forms --- */

/*
 * What JavaScript's parseInt makes of the text, when that is within 0..2^53-1; false else. So
 * "12abc" is 12 and "0x1f" is 31, as in the reference.
 */
bool nonce__parse(const char *text, int64_t *ret);

/*
 * Did the account sign `address text + nonce + command`? As an ordinary account in any of the
 * forms of wire/auth.md 2, else as a smart account by the callback.
 */
int signature__check(const struct auth_callbacks *ask, const struct auth_request *request,
                     const struct addr *who, int64_t nonce, bool *ret, struct err *e) must_check;

/* --- tokens.c --- */
struct tokens;

/* What a token says. */
struct token_claim {
    struct addr who;
    const char *address; /* the same as its owner wrote it */
    int64_t nonce;
    int64_t valid_until; /* ms, 0 = for ever */
};

int tokens__new(struct store *store, const char *secret, struct tokens **ret, struct err *e)
    must_check;
void tokens__free(struct tokens *t);
int tokens__create(struct tokens *t, struct arena *a, const struct token_claim *claim,
                   const char **ret, struct err *e) must_check;
int tokens__find(struct tokens *t, const char *token, struct addr *ret, struct err *e) must_check;
int tokens__invalidate(struct tokens *t, const char *token, struct err *e) must_check;

#endif
