/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_COOKIE_H
#define ATOLL_NODE_COOKIE_H

#include <stdint.h>

#include "node/task.h"

/*
 * Cookies of this node: HttpOnly, SameSite=Lax, of the one host, and where the request came by TLS
 * also Secure, with the prefix __Host-, so that no neighbour of our domain can plant one.
 */
#define COOKIE_SESSION "atoll_session"
#define COOKIE_LOGIN "atoll_login" /* of a login that has begun */

/* What the browser sent, in the request's arena; NULL when it did not, or more than one. */
const char *cookie_get(const struct http_request *r, const char *name);

/* For so many seconds; 0 takes it away. */
void cookie_set(struct task *t, const char *name, const char *value, int64_t seconds);

#endif
