/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aes.h"

#include "base/must.h"
#include "crypto/cipher_int.h"

int aes_cbc_encrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e)
{
    _cipher_ctx_ EVP_CIPHER_CTX *ctx = cipher__ctx();

    must(EVP_EncryptInit_ex2(ctx, cipher__aes_cbc(), key, iv, NULL) == 1);
    return cipher__run(ctx, p, n, out, e);
}

int aes_cbc_decrypt(const uint8_t key[32], const uint8_t iv[16], const void *p, size_t n,
                    struct buf *out, struct err *e)
{
    _cipher_ctx_ EVP_CIPHER_CTX *ctx = cipher__ctx();

    must(EVP_DecryptInit_ex2(ctx, cipher__aes_cbc(), key, iv, NULL) == 1);
    return cipher__run(ctx, p, n, out, e);
}
