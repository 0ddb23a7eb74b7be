/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ethcrypto.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/must.h"
#include "crypto/aes.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { IV = 16, KEY_AT = IV, KEY = 33, MAC_AT = KEY_AT + KEY, MAC = 32, TEXT_AT = MAC_AT + MAC };

/* What the MAC is over: IV, the ephemeral key in its long form, the ciphertext. */
static struct hash32 mac_of(const uint8_t key[32], const uint8_t *b, size_t n,
                            const struct pubkey *ephemeral)
{
    const size_t total = IV + sizeof(ephemeral->b) + n - TEXT_AT;
    _free_ uint8_t *message = xmalloc(total);

    memcpy(message, b, IV);
    memcpy(message + IV, ephemeral->b, sizeof(ephemeral->b));
    memcpy(message + IV + sizeof(ephemeral->b), b + TEXT_AT, n - TEXT_AT);
    return hmac_sha256(key, 32, message, total);
}

int ethcrypto_decrypt(const struct seckey *key, const void *p, size_t n, struct buf *out,
                      struct err *e)
{
    const uint8_t *b = p;
    struct pubkey ephemeral;
    uint8_t point[65];
    uint8_t keys[SHA512_DIGEST_LENGTH];
    struct hash32 mac;
    int rc = -1;

    if (n < TEXT_AT + 16)
        return failed(e, INVALID, "%zu bytes are too few for a message", n);
    if (!pubkey_parse(b + KEY_AT, KEY, &ephemeral) || !secp_shared_point(key, &ephemeral, point))
        return failed(e, INVALID, "the message does not hold a public key");
    (void)SHA512(point + 1, 32, keys);
    mac = mac_of(keys + 32, b, n, &ephemeral);
    if (CRYPTO_memcmp(mac.b, b + MAC_AT, MAC) != 0)
        (void)failed(e, INVALID, "the message is damaged or was made for another key");
    else
        rc = aes_cbc_decrypt(keys, b, b + TEXT_AT, n - TEXT_AT, out, e);
    wipe(point, sizeof(point));
    wipe(keys, sizeof(keys));
    return rc;
}
