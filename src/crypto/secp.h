/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_SECP_H
#define ATOLL_CRYPTO_SECP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/eth.h"

/* secp256k1: keys, recoverable signatures, ECDH. Thread-safe. */

struct seckey {
    uint8_t b[32];
};

struct pubkey {
    uint8_t b[65]; /* 0x04 || x || y */
};

/* A signature as Ethereum has it: v is 27 or 28. */
struct sig {
    uint8_t r[32];
    uint8_t s[32];
    uint8_t v;
};

/* A random key; "0x" optional + 64 hex digits, false when out of range or malformed. */
struct seckey seckey_new(void);
bool seckey_parse(const char *s, struct seckey *ret);
void seckey_wipe(struct seckey *k);

struct pubkey pubkey_of(const struct seckey *k);
void pubkey_compress(const struct pubkey *k, uint8_t out[33]);
/* 33- or 65-byte encodings; false when not a point of the curve. */
bool pubkey_parse(const uint8_t *p, size_t n, struct pubkey *ret);
struct addr pubkey_addr(const struct pubkey *k);
struct addr seckey_addr(const struct seckey *k);

/* RFC 6979, low s. */
struct sig secp_sign(const struct seckey *k, const struct hash32 *digest);
/* personal_sign of n bytes. */
struct sig eip191_sign(const struct seckey *k, const void *p, size_t n);

/*
 * The signer's address. False when no key can have made it. s above half the order is refused
 * (EIP-2), as ethers does.
 */
bool secp_recover(const struct hash32 *digest, const struct sig *sig, struct addr *ret);

/*
 * Text forms, hex with "0x": 65 bytes r||s||v with v in {0, 1, 27, 28, >= 35 (EIP-155)}, or 64
 * bytes EIP-2098. False when malformed.
 */
bool sig_parse(const char *s, struct sig *ret);
const char *sig_text(struct arena *a, const struct sig *sig); /* r||s||v, v 27/28 */

/* The uncompressed shared point k*P. False when P is not a point. */
bool secp_shared_point(const struct seckey *k, const struct pubkey *p, uint8_t out[65]);

#endif
