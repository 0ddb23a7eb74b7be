/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/identity.h"

#include <string.h>

#include "base/codec.h"

static const char *const words[256] = {
#include "crypto/words.def"
};

enum { COMPRESSED = 33, PARTS = 4 };

const char *identity_peer_id(struct arena *a, const struct pubkey *k)
{
    /* The "identity" multihash of 37 bytes: protobuf {1: secp256k1 (2), 2: 33 bytes}. */
    static const uint8_t head[] = {0x00, 0x25, 0x08, 0x02, 0x12, 0x21};
    uint8_t id[sizeof(head) + COMPRESSED];

    memcpy(id, head, sizeof(head));
    pubkey_compress(k, id + sizeof(head));
    return base58_dup(a, id, sizeof(id));
}

const char *identity_friendly_name(struct arena *a, const struct pubkey *k)
{
    uint8_t compressed[COMPRESSED];
    uint8_t folded[PARTS] = {0};
    size_t i;

    pubkey_compress(k, compressed);
    for (i = 0; i < COMPRESSED; i++) { /* quarters of 8 bytes; the last takes the odd byte */
        size_t part = i / (COMPRESSED / PARTS);

        folded[part < PARTS ? part : PARTS - 1] ^= compressed[i];
    }
    return arena_printf(a, "%s-%s-%s-%s", words[folded[0]], words[folded[1]], words[folded[2]],
                        words[folded[3]]);
}
