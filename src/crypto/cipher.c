/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <pthread.h>

#include "base/must.h"
#include "crypto/cipher_int.h"
#include "crypto/random.h"

enum { CHUNK = 16 * 1024, BLOCK = 16 };

static EVP_CIPHER *aes_cbc;
static EVP_CIPHER *aes_gcm;

/* A fetch by name costs more than the encryption of a kilobyte. */
static void fetch(void)
{
    aes_cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(aes_cbc && aes_gcm);
}

static void fetch_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, fetch) == 0);
}

const EVP_CIPHER *cipher__aes_cbc(void)
{
    fetch_once();
    return aes_cbc;
}

const EVP_CIPHER *cipher__aes_gcm(void)
{
    fetch_once();
    return aes_gcm;
}

EVP_CIPHER_CTX *cipher__ctx(void)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    must(ctx != NULL);
    return ctx;
}

static bool pump(EVP_CIPHER_CTX *ctx, const uint8_t *b, size_t n, struct buf *out)
{
    uint8_t piece[CHUNK + BLOCK];
    bool good;
    int got;

    while (n > 0 && !out->full) {
        size_t step = n < CHUNK ? n : CHUNK;

        must(EVP_CipherUpdate(ctx, piece, &got, b, (int)step) == 1);
        buf_add(out, piece, (size_t)got);
        b += step;
        n -= step;
    }
    good = EVP_CipherFinal_ex(ctx, piece, &got) == 1;
    if (good)
        buf_add(out, piece, (size_t)got);
    wipe(piece, sizeof(piece));
    return good;
}

int cipher__run(EVP_CIPHER_CTX *ctx, const void *p, size_t n, struct buf *out, struct err *e)
{
    size_t before = out->len;
    bool good = pump(ctx, p, n, out);

    if (good && !out->full)
        return 0;
    ERR_clear_error();
    if (out->len > before) {
        wipe(out->data + before, out->len - before);
        out->len = before;
    }
    if (out->full)
        return failed(e, TOO_LARGE, "more than %zu bytes", out->max);
    return failed(e, INVALID, "the encrypted bytes are damaged or were made for another key");
}
