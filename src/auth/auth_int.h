/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_AUTH_INT_H
#define ATOLL_AUTH_AUTH_INT_H

#include <pthread.h>

#include "auth/auth.h"
#include "auth/login.h"
#include "auth/session.h"

enum { NONCE_TEXT = 24, TOKEN_BYTES = 32 };

/* --- auth.c --- */
struct nonces;
struct tokens;

enum { LISTED_MAX = 64 };

struct auth {
    struct store *store;
    struct auth_callbacks ask;
    struct nonces *nonces;
    struct tokens *tokens;
    char *terms;
    char terms_hash[HASH32_TEXT];
    int64_t session_ms; /* until it ends */
    int64_t idle_ms;    /* until it ends when it is not used */
    struct auth_connect connect;
    struct box_keys box;         /* what phones seal their answers for */
    pthread_mutex_t admins_lock; /* guards what follows */
    struct addr *admins;
    size_t admins_count;
    char **admin_names; /* NULL at the end; or NULL */
    struct {            /* what the access lists said lately */
        struct addr who;
        bool listed;
        int64_t until; /* monotonic ms */
    } listed[LISTED_MAX];
    size_t listed_next;
};

/* Whether an address is an administrator's by the configuration. */
bool auth__is_named_admin(struct auth *auth, const struct addr *who);

/* --- nonces.c: one counter for each address, committed in groups --- */

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

/* A text and what is said to be an account's signature of it, as wallets sign texts (EIP-191). */
struct auth_signed_text {
    struct addr who;
    const char *text;
    const char *signature;
    int64_t chain; /* of a smart account */
};

/* Is it? As an ordinary account's, else as a smart account's by the callback. */
int signature__check_text(const struct auth_callbacks *ask, const struct auth_signed_text *t,
                          bool *ret, struct err *e) must_check;

/* --- tokens.c --- */

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

/* --- person.c --- */

/* A row of person_get and its like; all but session and admin. */
void person__read(struct arena *a, struct stmt *q, struct auth_person *ret);
/* Whether they are an administrator, as far as it is known without asking a chain. */
void person__judge(struct auth *auth, struct auth_person *p);

/* --- attempt.c --- */

/* A login that has begun: begin() makes secret and cookie. */
struct attempt {
    const char *kind;
    const char *secret; /* letters and digits: comes back in the answer */
    const char *cookie; /* comes back from the browser */
    const char *host;
    const char *next;
};
int attempt__begin(struct auth *auth, struct arena *a, struct attempt *t, struct err *e) must_check;
/* Uses up the attempt of this kind, secret, cookie and host; *ret_found false when there is none.
 */
int attempt__take(struct auth *auth, struct arena *a, const struct attempt *t, bool *ret_found,
                  const char **ret_next, struct err *e) must_check;

/* --- session.c --- */

/* Random bytes as a text for somebody to hold, and what is kept of such a text. */
const char *secret__new(struct arena *a);
void secret__id(const char *secret, char id[HASH32_TEXT]);

#endif
