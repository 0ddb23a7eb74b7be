/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ecies.h"

#include <string.h>

#include "base/must.h"
#include "crypto/cipher_int.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum {
    POINT = 65,
    NONCE = 16,
    TAG = 16,
    NONCE_AT = POINT,
    TAG_AT = NONCE_AT + NONCE,
    TEXT_AT = TAG_AT + TAG,
};

/* HKDF of ephemeral key || shared point. */
static bool derive(const struct seckey *k, const struct pubkey *other,
                   const struct pubkey *ephemeral, struct hash32 *ret)
{
    uint8_t material[2 * POINT];

    memcpy(material, ephemeral->b, POINT);
    if (!secp_shared_point(k, other, material + POINT))
        return false;
    *ret = hkdf_sha256(material, sizeof(material), "");
    wipe(material, sizeof(material));
    return true;
}

/* A GCM context for one direction; takes the key and wipes it. */
static EVP_CIPHER_CTX *gcm_start(struct hash32 *key, const uint8_t nonce[NONCE], int encrypt)
{
    EVP_CIPHER_CTX *ctx = cipher__ctx();

    must(EVP_CipherInit_ex2(ctx, cipher__aes_gcm(), NULL, NULL, encrypt, NULL) == 1);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) == 1);
    must(EVP_CipherInit_ex2(ctx, NULL, key->b, nonce, encrypt, NULL) == 1);
    wipe(key, sizeof(*key));
    return ctx;
}

int ecies_encrypt(const struct pubkey *to, const void *p, size_t n, struct buf *out, struct err *e)
{
    _cipher_ctx_ EVP_CIPHER_CTX *ctx = NULL;
    struct seckey once = seckey_new();
    struct pubkey ephemeral = pubkey_of(&once);
    uint8_t head[TEXT_AT] = {0};
    size_t start = out->len;
    struct hash32 key;
    bool derived = derive(&once, to, &ephemeral, &key);

    seckey_wipe(&once);
    if (!derived)
        return failed(e, INVALID, "the recipient's public key is not a point of the curve");
    memcpy(head, ephemeral.b, POINT);
    random_bytes(head + NONCE_AT, NONCE);
    ctx = gcm_start(&key, head + NONCE_AT, 1);
    buf_add(out, head, sizeof(head)); /* the tag is filled in when it is known */
    if (cipher__run(ctx, p, n, out, e) < 0) {
        if (out->len > start)
            out->len = start;
        return -1;
    }
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out->data + start + TAG_AT) == 1);
    return 0;
}

int ecies_decrypt(const struct seckey *key, const void *p, size_t n, struct buf *out, struct err *e)
{
    _cipher_ctx_ EVP_CIPHER_CTX *ctx = NULL;
    const uint8_t *b = p;
    struct pubkey ephemeral;
    uint8_t tag[TAG];
    struct hash32 derived;

    if (n < ECIES_OVERHEAD)
        return failed(e, INVALID, "%zu bytes are too few for an ECIES message", n);
    if (!pubkey_parse(b, POINT, &ephemeral) || !derive(key, &ephemeral, &ephemeral, &derived))
        return failed(e, INVALID, "the ECIES message does not start with a public key");
    ctx = gcm_start(&derived, b + NONCE_AT, 0);
    memcpy(tag, b + TAG_AT, TAG);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1);
    return cipher__run(ctx, b + TEXT_AT, n - TEXT_AT, out, e);
}
