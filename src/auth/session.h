/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_SESSION_H
#define ATOLL_AUTH_SESSION_H

#include "auth/person.h"

/*
 * Sessions: what a browser holds is 32 random bytes in base64url; the database has their SHA-256
 * only. A session ends at a fixed time, or when it was not used for a while (auth_options), or when
 * somebody ends it. Its scope is "" for the marketplace; a solution's host has sessions of its
 * own, that are worth nothing elsewhere, since the solution sees its visitors' cookies.
 *
 * Any thread; the caller holds no connection of the store.
 */
struct auth_visit {
    const char *agent;   /* of the browser; cut, made printable */
    const char *address; /* of the client */
    const char *old;     /* the token that the browser had before, or NULL */
};

/* What a browser shows, and where: a session's token and scope, or a handover's and its host. */
struct auth_pass {
    const char *token; /* as sent; NULL is nobody's */
    const char *scope;
};

/*
 * A new session of the marketplace for a person who has just logged in. The session that the
 * browser had before ends: a session that was planted becomes nobody's. The person's
 * oldest sessions end beyond SESSIONS_MAX.
 */
enum { SESSIONS_MAX = 20 };
int auth_session_open(struct auth *auth, struct arena *a, const struct auth_person *p,
                      const struct auth_visit *visit, const char **ret_token, struct err *e)
    must_check;

/*
 * Whose session it is; *ret_found false for what is no session of this scope (any more). Says that
 * the person was seen.
 */
int auth_session_find(struct auth *auth, struct arena *a, const struct auth_pass *pass,
                      bool *ret_found, struct auth_person *ret, struct err *e) must_check;

/*
 * Whether a session (its id) is still one, of the marketplace or of a host. `used`: the person was
 * at work, which counts as being seen.
 */
int auth_session_alive(struct auth *auth, const char *id, bool used, bool *ret, struct err *e)
    must_check;

/* Ends a session and those handed over from it. NULL and unknown ones are success. */
int auth_session_end(struct auth *auth, const char *token, struct err *e) must_check;
/* The same by id, if it is this person's. */
int auth_session_revoke(struct auth *auth, const char *person, const char *id, bool *ret_found,
                        struct err *e) must_check;
/* Ends all sessions of a person but `but` (an id, or NULL). */
int auth_session_end_all(struct auth *auth, const char *person, const char *but, struct err *e)
    must_check;

/* The person's own: [{id, current, created, seen, expires, agent, address}], newest first. */
int auth_session_list(struct auth *auth, struct arena *a, const struct auth_person *p,
                      struct json **ret, struct err *e) must_check;

/* Seconds until a session ends, for its cookie. */
int64_t auth_session_seconds(const struct auth *auth);

/*
 * To another host: whoever is logged in here takes a token there (in a URL; good once, for half a
 * minute, on that host only) and there gets a session of that host. It ends with the one here.
 * LOGIN_NEEDED when `p` came without a session; *ret_session is NULL when the token is not good.
 */
int auth_handover_make(struct auth *auth, struct arena *a, const struct auth_person *p,
                       const char *host, const char **ret_token, struct err *e) must_check;
int auth_handover_take(struct auth *auth, struct arena *a, const struct auth_pass *pass,
                       const char **ret_session, struct err *e) must_check;

#endif
