/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_HASH_H
#define ATOLL_CRYPTO_HASH_H

#include <stddef.h>

#include "crypto/eth.h"

/* Hashes of n bytes. keccak256 is Ethereum's (0x01 padding), not SHA3-256. */
struct hash32 keccak256(const void *p, size_t n);
struct hash32 sha256(const void *p, size_t n);
struct hash32 hmac_sha256(const void *key, size_t key_len, const void *p, size_t n);

/*
 * A key of its own for each purpose, from one secret (HKDF-SHA256, RFC 5869; no salt): `purpose` is
 * a text that nobody else uses.
 */
struct hash32 hkdf_sha256(const void *secret, size_t n, const char *purpose);

/* SHA-256 in pieces; no heap. */
struct sha256_ctx {
    uint64_t opaque[16]; /* holds OpenSSL's SHA256_CTX */
};
void sha256_start(struct sha256_ctx *c);
void sha256_add(struct sha256_ctx *c, const void *p, size_t n);
struct hash32 sha256_end(struct sha256_ctx *c);

/*
 * EIP-191 "personal_sign" digest: keccak256("\x19Ethereum Signed Message:\n" + n + bytes).
 */
struct hash32 eip191_digest(const void *p, size_t n);

#endif
