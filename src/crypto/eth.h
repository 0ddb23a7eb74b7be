/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_ETH_H
#define ATOLL_CRYPTO_ETH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Ethereum's fixed-size values. One-member structs, so that they cannot be mixed up. */

struct addr {
    uint8_t b[20];
};

struct hash32 {
    uint8_t b[32];
};

enum { ADDR_TEXT = 43, HASH32_TEXT = 67 }; /* "0x" + hex + NUL */

/*
 * "0x" + 40 hex digits. Mixed-case text must carry a correct EIP-55 checksum, all-lower and
 * all-upper text none. False otherwise, and for NULL.
 */
bool addr_parse(const char *s, struct addr *ret);
/* The same without looking at the checksum. */
bool addr_parse_any(const char *s, struct addr *ret);
void addr_checksum(const struct addr *a, char out[ADDR_TEXT]); /* EIP-55 */
void addr_lower(const struct addr *a, char out[ADDR_TEXT]);
const char *addr_text(struct arena *arena, const struct addr *a); /* EIP-55, in the arena */
bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_is_zero(const struct addr *a);

/* "0x" + 64 hex digits, either case. */
bool hash32_parse(const char *s, struct hash32 *ret);
void hash32_write(const struct hash32 *h, char out[HASH32_TEXT]);
const char *hash32_text(struct arena *arena, const struct hash32 *h);
bool hash32_eq(const struct hash32 *a, const struct hash32 *b);

#endif
