/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SHA256_* calls are deprecated in favour of EVP, whose contexts live on the heap; they are
 * the same code, the fastest SHA-256 of the machine included.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/must.h"
#include "crypto/random.h"

static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256_ctx), "sha256_ctx is too small");

enum { SHA256_BLOCK = 64, PURPOSE_MAX = 100 };

static SHA256_CTX *inner(struct sha256_ctx *c)
{
    return (SHA256_CTX *)(void *)c->opaque;
}

void sha256_start(struct sha256_ctx *c)
{
    must(SHA256_Init(inner(c)) == 1);
}

void sha256_add(struct sha256_ctx *c, const void *p, size_t n)
{
    must(SHA256_Update(inner(c), p, n) == 1);
}

struct hash32 sha256_end(struct sha256_ctx *c)
{
    struct hash32 h;

    must(SHA256_Final(h.b, inner(c)) == 1);
    return h;
}

struct hash32 sha256(const void *p, size_t n)
{
    struct sha256_ctx c;

    sha256_start(&c);
    sha256_add(&c, p, n);
    return sha256_end(&c);
}

/* One layer of HMAC: H((key ^ pad) || p). */
static struct hash32 hmac_layer(const uint8_t key[SHA256_BLOCK], uint8_t pad, const void *p,
                                size_t n)
{
    struct sha256_ctx c;
    struct hash32 h;
    uint8_t block[SHA256_BLOCK];
    size_t i;

    for (i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    sha256_start(&c);
    sha256_add(&c, block, sizeof(block));
    sha256_add(&c, p, n);
    h = sha256_end(&c);
    wipe(block, sizeof(block));
    return h;
}

struct hash32 hmac_sha256(const void *key, size_t key_len, const void *p, size_t n)
{
    uint8_t padded[SHA256_BLOCK] = {0};
    struct hash32 h;

    if (key_len > sizeof(padded)) {
        h = sha256(key, key_len);
        memcpy(padded, h.b, sizeof(h.b));
    } else if (key_len > 0) {
        memcpy(padded, key, key_len);
    }
    h = hmac_layer(padded, 0x36, p, n);
    h = hmac_layer(padded, 0x5c, h.b, sizeof(h.b));
    wipe(padded, sizeof(padded));
    return h;
}

struct hash32 hkdf_sha256(const void *secret, size_t n, const char *purpose)
{
    static const uint8_t salt[sizeof(struct hash32)];
    char info[PURPOSE_MAX + 1];
    size_t len = strlen(purpose);
    struct hash32 extracted = hmac_sha256(salt, sizeof(salt), secret, n);
    struct hash32 key;

    must(len < sizeof(info));
    memcpy(info, purpose, len);
    info[len] = 1; /* the first and only block */
    key = hmac_sha256(extracted.b, sizeof(extracted.b), info, len + 1);
    wipe(&extracted, sizeof(extracted));
    return key;
}
