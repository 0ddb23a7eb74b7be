/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_JWT_H
#define ATOLL_CRYPTO_JWT_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * JSON Web Tokens, HS256 and nothing else. The payload is JSON text that the caller wrote; the
 * header is always {"alg":"HS256","typ":"JWT"}.
 */
const char *jwt_sign(struct arena *a, const char *secret, const char *payload);

/* The payload's text when the signature is right (compared in constant time); else NULL. */
const char *jwt_verify(struct arena *a, const char *secret, const char *token);

#endif
