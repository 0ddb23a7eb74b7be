/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_LOGIN_H
#define ATOLL_AUTH_LOGIN_H

#include "auth/person.h"
#include "crypto/nacl.h"
#include "net/net.h"

/*
 * Ways to log in (docs/login.md). A login begins with an attempt: a secret that has to come back
 * within five minutes, once, to the same host, from the browser that got its cookie. What comes
 * back proves who somebody is: auth_person_login() and auth_session_open() are next. On workers;
 * any thread.
 */

enum { ATTEMPT_S = 290 }; /* how long an attempt is good, for its cookie */

/* --- 3Bot Connect: a phone --- */

/* The texts live as long as auth. */
struct auth_connect {
    const char *url; /* login server and directory of keys, no slash at the end; NULL: off */
    const char *verification; /* who attests e-mail addresses; NULL: they are not asked for */
    const uint8_t *seed;      /* 32 bytes that the node's box keys are made of; copied */
    struct net *net;
};

/* Whether people can log in by phone. */
bool auth_connect_is_on(const struct auth *auth);

/* Where a browser is and wants to be, of a login that begins. */
struct auth_begin {
    const char *host; /* with a port, as the browser knows it: the app id */
    const char *next; /* path to go to afterwards; auth_next_is_ours() */
};

/* A path of this host and nothing else: what may follow a login. */
bool auth_next_is_ours(const char *next);

/*
 * The login server's URL to send the browser to, and the cookie that it must bring back.
 * UNAVAILABLE when too many logins have begun lately.
 */
int auth_connect_begin(struct auth *auth, struct arena *a, const struct auth_begin *begin,
                       const char **ret_url, const char **ret_cookie, struct err *e) must_check;

/* What a browser brings back. */
struct auth_return {
    const char *host;
    const char *cookie; /* NULL: none */
    const char *answer; /* "signedAttempt", as sent */
};

/*
 * Whose answer it is, with the e-mail if one was attested. Asks the directory, and whoever attests
 * addresses, once each. The attempt is used up, whatever comes of it.
 *
 * Refused: CONNECT_ANSWER (malformed, too large), CONNECT_NAME (no name, or unknown),
 * CONNECT_STATE (of no attempt of this browser and host), CONNECT_SIGNATURE (not by that key, or
 * for another name or app), CONNECT_BOX, CONNECT_EMAIL. Failed: CONNECT_AWAY.
 */
int auth_connect_finish(struct auth *auth, struct arena *a, const struct auth_return *back,
                        struct auth_identity *ret, const char **ret_next, struct err *e) must_check;

/* --- a wallet: Sign-In with Ethereum (EIP-4361) --- */

/* A nonce for the message to sign, and the cookie that must come with it. */
int auth_siwe_begin(struct auth *auth, struct arena *a, const char *host, const char **ret_nonce,
                    const char **ret_cookie, struct err *e) must_check;

/* A signed message. */
struct auth_siwe {
    const char *message;
    const char *signature;
    const char *host;      /* that the message must name: its domain */
    const char *origin;    /* "https://HOST": of its URI */
    const char *cookie;    /* NULL: none */
    const int64_t *chains; /* that it may be of; none: any */
    size_t chain_count;
};

/*
 * Whose signature it is, an ordinary account's or a smart account's (ERC-1271). Refused: SIWE with
 * what is wrong with the message, SIWE_NONCE, SIWE_SIGNATURE.
 */
int auth_siwe_finish(struct auth *auth, struct arena *a, const struct auth_siwe *s,
                     struct auth_identity *ret, struct err *e) must_check;

#endif
