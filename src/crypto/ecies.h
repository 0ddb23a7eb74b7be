/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_ECIES_H
#define ATOLL_CRYPTO_ECIES_H

#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "crypto/secp.h"

/*
 * ECIES as eciesjs 0.4 has it (wire/ddo.md 6): ephemeral key 65 || nonce 16 || tag 16 ||
 * ciphertext; HKDF-SHA256 over the uncompressed keys; AES-256-GCM. Overhead 97 bytes.
 */
enum { ECIES_OVERHEAD = 97 };

/* Appends the blob for n bytes to out (whose ceiling must allow n + 97). */
int ecies_encrypt(const struct pubkey *to, const void *p, size_t n, struct buf *out, struct err *e)
    must_check;

/* Appends the plain bytes. INVALID when the blob is malformed, forged or for another key. */
int ecies_decrypt(const struct seckey *key, const void *p, size_t n, struct buf *out, struct err *e)
    must_check;

#endif
