/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_AES_H
#define ATOLL_CRYPTO_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* AES-256-CBC with PKCS#7 padding, as the reference's "AES" encryption of files (wire/ddo.md 7). */
int aes_cbc_encrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e) must_check;
/* INVALID when the length or the padding is wrong. */
int aes_cbc_decrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e) must_check;

/*
 * The same in pieces, for what is never whole in memory. `out` of _add has room for n + 16 bytes,
 * of _end for 16; both say how many they wrote. A stream that decrypts says only at its end
 * whether the padding was right (INVALID).
 */
struct aes_stream;
struct aes_stream *aes_stream_new(const uint8_t key[32], const uint8_t iv[16], bool encrypt);
size_t aes_stream_add(struct aes_stream *s, const void *p, size_t n, void *out);
int aes_stream_end(struct aes_stream *s, void *out, size_t *ret_n, struct err *e) must_check;
void aes_stream_free(struct aes_stream *s); /* NULL is allowed */

/* Bytes that n bytes become. */
static inline int64_t aes_cbc_size(int64_t n)
{
    return (n / 16 + 1) * 16;
}

#endif
