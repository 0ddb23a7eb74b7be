/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_NACL_H
#define ATOLL_CRYPTO_NACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"

/* What other programs do with NaCl: Ed25519 signatures around a message, boxes. Thread-safe. */

enum { NACL_KEY = 32, NACL_NONCE = 24, NACL_SIGNATURE = 64, NACL_BOX_EXTRA = 16 };

/* A pair of X25519 keys, for boxes. */
struct box_keys {
    uint8_t public_key[NACL_KEY];
    uint8_t secret[NACL_KEY];
};

/* The pair that NaCl makes of a seed (crypto_box_seed_keypair). */
struct box_keys box_keys_of(const uint8_t seed[NACL_KEY]);
void box_keys_wipe(struct box_keys *k);

/*
 * The message inside a signed one (crypto_sign: 64 bytes of signature, then the message), in
 * `signed_message` itself. False when this Ed25519 key has not signed it.
 */
bool nacl_sign_open(struct bytes signed_message, const uint8_t key[NACL_KEY], struct bytes *ret);

/*
 * Opens a box (crypto_box_easy) from the owner of an Ed25519 key, who used its X25519 form. In the
 * arena; false when the box is another's, for another, or damaged, and for keys that are no keys.
 */
struct nacl_box {
    const uint8_t *from;  /* Ed25519, 32 bytes */
    const uint8_t *nonce; /* 24 bytes */
    struct bytes sealed;
};
bool nacl_box_open(struct arena *a, const struct nacl_box *box, const struct box_keys *to,
                   struct bytes *ret);

#endif
