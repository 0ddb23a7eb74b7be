/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_WHO_H
#define ATOLL_NODE_WHO_H

#include "auth/person.h"
#include "node/api.h"
#include "node/node.h"

/*
 * Who asks, of commands that a session decides: a browser by its cookie, a program by an auth
 * token in the header Authorization. Nothing else of the request says who anybody is.
 */

/* Whether a request brings neither: known on the loop, before its body is read. */
bool who_is_nobody(const struct http_request *r);

/*
 * The person, in the request's arena: LOGIN_NEEDED, LOGIN_BLOCKED, TERMS_NEEDED or ADMIN_NEEDED as
 * the command wants it, and ORIGIN for what changes something and does not come from a page of this
 * host (who_same_origin), when it is a cookie that speaks. On a worker; no connection may be held.
 */
int who_check(struct node *n, const struct http_request *r, enum api_who wanted,
              const struct auth_person **ret, struct err *e) must_check;

/* The auth token that a request brings, NULL when none. */
const char *who_token(const struct http_request *r);
/* Whether a token is still somebody's. */
int who_token_alive(struct node *n, struct arena *a, const char *token, bool *ret, struct err *e)
    must_check;

/*
 * ORIGIN unless the browser says that the request comes from a page of the same host: by Origin,
 * or by Sec-Fetch-Site; and a body must be JSON, which no form can send. `strict`: a client that
 * says nothing at all is refused too.
 */
int who_same_origin(const struct http_request *r, bool strict, struct err *e) must_check;

#endif
