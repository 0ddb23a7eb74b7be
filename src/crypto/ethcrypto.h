/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_ETHCRYPTO_H
#define ATOLL_CRYPTO_ETHCRYPTO_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secp.h"

/*
 * Messages of the library eth-crypto (wire/ddo.md 8): IV 16 || compressed ephemeral key 33 ||
 * MAC 32 || ciphertext; keys from SHA-512 of the shared x; AES-256-CBC, HMAC-SHA256.
 * Appends the plain bytes; INVALID when the message is malformed, forged or for another key.
 */
int ethcrypto_decrypt(const struct seckey *key, const void *p, size_t n, struct buf *out,
                      struct err *e) must_check;

#endif
