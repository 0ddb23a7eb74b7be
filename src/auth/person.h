/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_PERSON_H
#define ATOLL_AUTH_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "json/json.h"

/*
 * People: whoever has logged in once. A person is an id for ever ("u" and 32 hex digits); a
 * wallet's address or a phone's name only lead to it. Any thread; every function may wait for the
 * database, so the caller holds no connection of the store.
 */
struct auth;

enum { PERSON_ID_TEXT = 34 }; /* with the NUL */

/* As a command sees who asks (task.h), in the request's arena. */
struct auth_person {
    const char *id;
    const char *kind;    /* "wallet", "connect", "dev" */
    const char *name;    /* "0x..." (EIP-55), "alice.3bot", the name of a dev login */
    const char *email;   /* proven to whom Connect trusts; or "" */
    const char *session; /* the session they came with; NULL: a token, or looked up by id */
    bool admin;   /* by name, address, or what an access list said lately: auth_person_judge() */
    bool terms;   /* they have accepted the terms as they are now */
    bool blocked; /* only of those looked up by id: the blocked have no sessions */
    int64_t created;
    int64_t seen;
};

/* How somebody has just proven who they are. */
struct auth_identity {
    const char *kind;
    const char *name;       /* a wallet's in lower case */
    const char *email;      /* or "" */
    const char *public_key; /* of Connect: pinned at the first login; NULL elsewhere */
};

/*
 * The person of an identity, made when it is new. LOGIN_BLOCKED; CONNECT_KEY when the key is not
 * the one of the first login. The e-mail is the last one that was proven.
 */
int auth_person_login(struct auth *auth, struct arena *a, const struct auth_identity *who,
                      struct auth_person *ret, struct err *e) must_check;
/* The same for the owner of an auth token. */
int auth_person_of_wallet(struct auth *auth, struct arena *a, const struct addr *who,
                          struct auth_person *ret, struct err *e) must_check;

/*
 * Whether they are an administrator, sets p->admin: asks the chains of access lists too, where
 * nothing else makes them one, which may take seconds.
 */
void auth_person_judge(struct auth *auth, struct auth_person *p);

/* *ret_found false when there is no such person. */
int auth_person_find(struct auth *auth, struct arena *a, const char *id, bool *ret_found,
                     struct auth_person *ret, struct err *e) must_check;

/* {id, kind, name, email, admin, terms}: what a person is told of themselves. */
struct json *auth_person_json(struct arena *a, const struct auth_person *p);

/*
 * For administrators: up to `limit` people, newest first, whose name or e-mail has `text` in it
 * ("" = all), from the `offset`th on: [{id, kind, name, email, admin, terms, created, seen,
 * blocked}].
 */
struct auth_people {
    const char *text;
    int64_t offset;
    int64_t limit;
};
int auth_persons_json(struct auth *auth, struct arena *a, const struct auth_people *which,
                      struct json **ret, struct err *e) must_check;

/* A blocked person has no sessions and gets none; their tokens are refused as well. */
int auth_person_block(struct auth *auth, const char *id, bool blocked, bool *ret_found,
                      struct err *e) must_check;
/* Forgets the pinned key: the next login with Connect pins the directory's. */
int auth_person_unpin(struct auth *auth, const char *id, bool *ret_found, struct err *e) must_check;

/*
 * Administrators by name beside those by address (auth_set_admins): "alice.3bot", a dev login's
 * name, or an address. Copied.
 */
void auth_set_admin_names(struct auth *auth, const char *const *names, size_t count);

/* --- terms --- */

/* The terms as they are now, and "0x" and the SHA-256 of their text. Live as long as auth. */
const char *auth_terms_text(const struct auth *auth);
const char *auth_terms_hash(const struct auth *auth);
/* Writes down that the person accepts them. CONFLICT: TERMS_CHANGED when `hash` is not theirs. */
int auth_terms_accept(struct auth *auth, const char *person, const char *hash, struct err *e)
    must_check;

/* --- what was done --- */

/* A line of the audit: who (a person's id, an address, "node") did what, in a few words. */
int auth_audit(struct auth *auth, const char *who, const char *what, struct err *e) must_check;
/* The newest `limit` lines older than the id `before` (0: all): [{id, at, who, what}]. */
int auth_audit_json(struct auth *auth, struct arena *a, int64_t before, int64_t limit,
                    struct json **ret, struct err *e) must_check;

#endif
