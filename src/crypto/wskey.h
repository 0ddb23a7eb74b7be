/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_WSKEY_H
#define ATOLL_CRYPTO_WSKEY_H

#include <stdbool.h>

/*
 * What both ends of a WebSocket prove to each other in their handshake (RFC 6455, 1.3 and 4): that
 * they mean this protocol. No secret is in it.
 */
enum { WSKEY_SIZE = 25, WSACCEPT_SIZE = 29 };

/* A client's key: 16 random bytes in base64. */
void wskey_new(char ret[WSKEY_SIZE]);
/* Whether a text is such a key. */
bool wskey_is(const char *text);
/* The answer to a key: base64 of the SHA-1 of it and a fixed text. */
void wskey_accept(const char *key, char ret[WSACCEPT_SIZE]);

#endif
