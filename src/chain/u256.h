/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_U256_H
#define ATOLL_CHAIN_U256_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* 256-bit unsigned integers: amounts in base units (wei). Never floating point. */
struct u256 {
    uint64_t w[4]; /* least significant first */
};

enum { U256_DECIMAL = 79 }; /* characters with the NUL */

struct u256 u256_from(uint64_t v);
bool u256_parse(const char *s, struct u256 *ret);      /* decimal, or hex with 0x; whole string */
bool u256_to_u64(const struct u256 *v, uint64_t *ret); /* false when it does not fit */
void u256_decimal(const struct u256 *v, char out[U256_DECIMAL]);
const char *u256_text(struct arena *a, const struct u256 *v); /* decimal */
const char *u256_hex(struct arena *a, const struct u256 *v);  /* "0x" minimal, "0x0" */
struct u256 u256_from_be(const uint8_t *p, size_t n);         /* n <= 32 */
void u256_to_be(const struct u256 *v, uint8_t out[32]);

int u256_cmp(const struct u256 *a, const struct u256 *b);
bool u256_is_zero(const struct u256 *v);
/* False on overflow or underflow; *ret is then undefined. */
bool u256_add(const struct u256 *a, const struct u256 *b, struct u256 *ret) must_check;
bool u256_sub(const struct u256 *a, const struct u256 *b, struct u256 *ret) must_check;
bool u256_mul(const struct u256 *a, const struct u256 *b, struct u256 *ret) must_check;
/* b must not be zero. */
void u256_divmod(const struct u256 *a, const struct u256 *b, struct u256 *ret_quotient,
                 struct u256 *ret_remainder);

/*
 * Decimal text in whole units, "1.5" with 18 decimals -> 1500000000000000000. False when it is
 * malformed, negative, too large or has more non-zero decimals than fit.
 */
bool units_parse(const char *s, unsigned decimals, struct u256 *ret);
/* The shortest such text with at least one decimal as ethers prints it: "1.0", "0.25". */
const char *units_text(struct arena *a, const struct u256 *v, unsigned decimals);
/* The same for people to read: "1", "0.25". */
const char *units_plain(struct arena *a, const struct u256 *v, unsigned decimals);

#endif
