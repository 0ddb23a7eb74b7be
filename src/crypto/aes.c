/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aes.h"

#include <openssl/err.h>

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

/* The context itself: an EVP_CIPHER_CTX that other parts need not know. */
static EVP_CIPHER_CTX *ctx_of(struct aes_stream *s)
{
    return (EVP_CIPHER_CTX *)(void *)s;
}

struct aes_stream *aes_stream_new(const uint8_t key[32], const uint8_t iv[16], bool encrypt)
{
    EVP_CIPHER_CTX *ctx = cipher__ctx();

    must(EVP_CipherInit_ex2(ctx, cipher__aes_cbc(), key, iv, encrypt ? 1 : 0, NULL) == 1);
    return (struct aes_stream *)(void *)ctx;
}

size_t aes_stream_add(struct aes_stream *s, const void *p, size_t n, void *out)
{
    int got = 0;

    must(n <= INT32_MAX);
    must(EVP_CipherUpdate(ctx_of(s), out, &got, p, (int)n) == 1);
    return (size_t)got;
}

int aes_stream_end(struct aes_stream *s, void *out, size_t *ret_n, struct err *e)
{
    int got = 0;

    if (EVP_CipherFinal_ex(ctx_of(s), out, &got) != 1) {
        ERR_clear_error();
        return failed(e, INVALID, "the encrypted bytes are damaged or were made for another key");
    }
    *ret_n = (size_t)got;
    return 0;
}

void aes_stream_free(struct aes_stream *s)
{
    EVP_CIPHER_CTX_free(ctx_of(s));
}
