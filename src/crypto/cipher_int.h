/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_CIPHER_INT_H
#define ATOLL_CRYPTO_CIPHER_INT_H

#include <openssl/evp.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

/* What aes.c and ecies.c share: OpenSSL's ciphers, fetched once, and the pump around them. */

const EVP_CIPHER *cipher__aes_cbc(void); /* AES-256-CBC */
const EVP_CIPHER *cipher__aes_gcm(void); /* AES-256-GCM */

/* A fresh context; never NULL. */
EVP_CIPHER_CTX *cipher__ctx(void);

/*
 * Runs n bytes through a context that has its key, and then its final step; what comes out is
 * appended. INVALID when the final step refuses (padding, tag), TOO_LARGE when out is full; out
 * is then as long as before and what had come is wiped.
 */
int cipher__run(EVP_CIPHER_CTX *ctx, const void *p, size_t n, struct buf *out, struct err *e)
    must_check;

static inline void cleanup_cipher_ctx(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}
#define _cipher_ctx_ cleanup_(cleanup_cipher_ctx)

#endif
