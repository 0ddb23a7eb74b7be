/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_AUTH_H
#define ATOLL_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "store/db.h"

/*
 * Who is asking: request signatures with nonces, tokens, admins (wire/auth.md). Every function
 * may be called from any thread; all but auth_nonce_peek may wait for the database, and
 * auth_check also for a chain, so the caller holds no connection of the store.
 */
struct auth;
struct auth_connect;

struct smart_signature {
    int64_t chain; /* as the client sent it, 0 = any */
    struct addr account;
    /* Of the message, and of the message as wallets show it; either will do. */
    struct hash32 hashes[2];
    struct bytes signature; /* any bytes; the contract knows what they mean */
};

/* Questions that auth cannot answer by itself. A NULL function answers "no". */
struct auth_callbacks {
    void *ctx;
    /*
     * ERC-1271: does the smart account accept it for one of the hashes? Asked only after the
     * signature has turned out not to be an ordinary one, and by a few threads at once. It should
     * take a few seconds at most and remember accounts without code, as anybody can make it ask.
     */
    int (*is_valid_signature)(void *ctx, const struct smart_signature *s, bool *ret, struct err *e);
    /* Is this address in an access list that makes admins? */
    int (*is_listed_admin)(void *ctx, const struct addr *who, bool *ret, struct err *e);
};

struct auth_options {
    const char *token_secret;  /* copied; NULL: a random one, made once and kept in the store */
    const struct addr *admins; /* copied */
    size_t admins_count;
    const char *const *admin_names; /* of people (person.h); copied */
    size_t admin_names_count;
    const char *terms;                  /* what people accept; copied; NULL: a text of our own */
    int64_t session_s;                  /* until a session ends; 0: a week */
    int64_t idle_s;                     /* until one ends that is not used; 0: two days */
    const struct auth_connect *connect; /* login by phone (login.h); NULL: none */
};

/* Whether a text says something: NULL, "", "undefined" and "null" do not. */
bool auth_is_given(const char *text);

/* The store, and what `connect` names, must outlive it. */
int auth_new(struct store *store, const struct auth_options *options,
             const struct auth_callbacks *callbacks, struct auth **ret, struct err *e) must_check;
void auth_free(struct auth *auth); /* NULL is allowed */

/* Who is an administrator from now on; copied. */
void auth_set_admins(struct auth *auth, const struct addr *admins, size_t count);

enum auth_rule {
    AUTH_COMMAND,       /* a signature or a token */
    AUTH_COMPUTE_START, /* the same; a bad nonce or signature has the text and status of compute */
    AUTH_SIGNED,        /* a signature; tokens do not count */
    AUTH_ADMIN,         /* a signature of an admin; refusals are AUTH_ADMIN with the reason */
};

/*
 * The texts as they were sent; what auth_is_given() denies is absent. When address, nonce
 * and signature are there the token is not looked at, however bad the signature is.
 */
struct auth_request {
    const char *command; /* as in the signed message, e.g. "startCompute" */
    const char *address;
    const char *nonce;
    const char *signature;
    const char *token;
    int64_t chain; /* for smart accounts; 0 = any */
    enum auth_rule rule;
};

/*
 * Gives the address that the request speaks for. A signature uses up its nonce (on the disk
 * before this returns): of all requests with the same nonce and address, whatever the case of
 * the letters, exactly one is accepted. A request that is refused uses up nothing, but a signed
 * one of somebody who is not an admin.
 *
 * With a token the address must be absent or the token's.
 *
 * Refused: AUTH_MISSING, AUTH_NONCE, AUTH_SIGNATURE, AUTH_TOKEN (401), AUTH_COMPUTE (500),
 * AUTH_ADMIN (400); UNAVAILABLE when too many smart accounts are being asked.
 */
int auth_check(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
               struct err *e) must_check;

/* The last nonce used by the address, 0 when there is none. */
int auth_nonce_get(struct auth *auth, const struct addr *who, int64_t *ret, struct err *e)
    must_check;
/* The same without waiting: false when it is not in memory. For the loop thread. */
bool auth_nonce_peek(struct auth *auth, const struct addr *who, int64_t *ret);

/*
 * Checks the request's signature (its rule is AUTH_SIGNED, its command "createAuthToken") and
 * makes a token for its address. valid_until: ms since 1970, 0 = for ever.
 */
int auth_token_create(struct auth *auth, struct arena *a, const struct auth_request *request,
                      int64_t valid_until, const char **ret_token, struct err *e) must_check;

/* Ends a token for good. Holding it is the right to do so; an unknown one is success. */
int auth_token_invalidate(struct auth *auth, const char *token, struct err *e) must_check;

/*
 * Whose token it is. AUTH_TOKEN when its signature is not ours, it has expired, was ended or was
 * never made here.
 */
int auth_token_find(struct auth *auth, const char *token, struct addr *ret_who, struct err *e)
    must_check;

#endif
