/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_AES_H
#define ATOLL_CRYPTO_AES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* AES-256-CBC with PKCS#7 padding, as the reference's "AES" encryption of files (wire/ddo.md 7). */
int aes_cbc_encrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e) must_check;
/* INVALID when the length or the padding is wrong. */
int aes_cbc_decrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e) must_check;

#endif
