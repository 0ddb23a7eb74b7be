/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/u256.h"

#include <string.h>

#include "base/must.h"

__extension__ typedef unsigned __int128 u128;

enum { LIMBS = 4, BITS = 256, CHUNK_DIGITS = 19 };

/* The largest power of ten in 64 bits: decimal text is made 19 digits at a time. */
static const uint64_t chunk = 10000000000000000000u;

struct u256 u256_from(uint64_t v)
{
    return (struct u256){{v, 0, 0, 0}};
}

/* *v = *v * factor + add, for parsing. */
static bool grow(struct u256 *v, uint64_t factor, uint64_t add)
{
    u128 carry = add;
    size_t i;

    for (i = 0; i < LIMBS; i++) {
        carry += (u128)v->w[i] * factor;
        v->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return carry == 0;
}

static int digit_of(char c, unsigned base)
{
    int d = -1;

    if (c >= '0' && c <= '9')
        d = c - '0';
    else if (c >= 'a' && c <= 'f')
        d = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        d = c - 'A' + 10;
    return d < (int)base ? d : -1;
}

bool u256_parse(const char *s, struct u256 *ret)
{
    struct u256 v = u256_from(0);
    unsigned base = 10;

    if (!s)
        return false;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if (!*s)
        return false;
    for (; *s; s++) {
        int d = digit_of(*s, base);

        if (d < 0 || !grow(&v, base, (uint64_t)d))
            return false;
    }
    *ret = v;
    return true;
}

bool u256_to_u64(const struct u256 *v, uint64_t *ret)
{
    if (v->w[1] || v->w[2] || v->w[3])
        return false;
    *ret = v->w[0];
    return true;
}

/* Divides in place by a 64-bit number and answers the remainder. */
static uint64_t shrink(struct u256 *v, uint64_t divisor)
{
    u128 rest = 0;
    size_t i;

    for (i = LIMBS; i-- > 0;) {
        rest = rest << 64 | v->w[i];
        v->w[i] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint64_t)rest;
}

void u256_decimal(const struct u256 *v, char out[U256_DECIMAL])
{
    struct u256 left = *v;
    char text[U256_DECIMAL + CHUNK_DIGITS];
    char *end = text + sizeof(text) - 1;
    char *at = end;

    *end = '\0';
    do {
        uint64_t part = shrink(&left, chunk);
        int i;

        for (i = 0; i < CHUNK_DIGITS && (part || !u256_is_zero(&left)); i++) {
            *--at = (char)('0' + part % 10);
            part /= 10;
        }
    } while (!u256_is_zero(&left));
    if (at == end)
        *--at = '0';
    memcpy(out, at, (size_t)(end - at) + 1);
}

const char *u256_text(struct arena *a, const struct u256 *v)
{
    char text[U256_DECIMAL];

    u256_decimal(v, text);
    return arena_strdup(a, text);
}

const char *u256_hex(struct arena *a, const struct u256 *v)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(a, 2 + BITS / 4 + 1);
    size_t n = 2;
    int i;

    out[0] = '0';
    out[1] = 'x';
    for (i = BITS / 4 - 1; i >= 0; i--) {
        unsigned d = v->w[i / 16] >> (4 * (i % 16)) & 15;

        if (d || n > 2 || i == 0)
            out[n++] = digits[d];
    }
    out[n] = '\0';
    return out;
}

struct u256 u256_from_be(const uint8_t *p, size_t n)
{
    struct u256 v = u256_from(0);
    size_t i;

    must(n <= 32);
    for (i = 0; i < n; i++)
        v.w[i / 8] |= (uint64_t)p[n - 1 - i] << (8 * (i % 8));
    return v;
}

void u256_to_be(const struct u256 *v, uint8_t out[32])
{
    size_t i;

    for (i = 0; i < 32; i++)
        out[31 - i] = (uint8_t)(v->w[i / 8] >> (8 * (i % 8)));
}

int u256_cmp(const struct u256 *a, const struct u256 *b)
{
    size_t i;

    for (i = LIMBS; i-- > 0;) {
        if (a->w[i] != b->w[i])
            return a->w[i] < b->w[i] ? -1 : 1;
    }
    return 0;
}

bool u256_is_zero(const struct u256 *v)
{
    return !(v->w[0] | v->w[1] | v->w[2] | v->w[3]);
}

bool u256_add(const struct u256 *a, const struct u256 *b, struct u256 *ret)
{
    u128 carry = 0;
    size_t i;

    for (i = 0; i < LIMBS; i++) {
        carry += (u128)a->w[i] + b->w[i];
        ret->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return carry == 0;
}

bool u256_sub(const struct u256 *a, const struct u256 *b, struct u256 *ret)
{
    bool borrow = false;
    size_t i;

    for (i = 0; i < LIMBS; i++) {
        uint64_t d;
        bool b1 = __builtin_sub_overflow(a->w[i], b->w[i], &d);
        bool b2 = __builtin_sub_overflow(d, (uint64_t)borrow, &d);

        ret->w[i] = d;
        borrow = b1 || b2;
    }
    return !borrow;
}

bool u256_mul(const struct u256 *a, const struct u256 *b, struct u256 *ret)
{
    uint64_t out[2 * LIMBS] = {0};
    size_t i;
    size_t j;

    for (i = 0; i < LIMBS; i++) {
        u128 carry = 0;

        for (j = 0; j < LIMBS; j++) {
            carry += (u128)a->w[i] * b->w[j] + out[i + j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + LIMBS] = (uint64_t)carry;
    }
    memcpy(ret->w, out, sizeof(ret->w));
    return !(out[4] | out[5] | out[6] | out[7]);
}

/* Shift and subtract: 256 rounds, plenty for amounts. */
static void long_division(const struct u256 *a, const struct u256 *b, struct u256 *quotient,
                          struct u256 *rest)
{
    int i;

    for (i = BITS - 1; i >= 0; i--) {
        bool high = rest->w[3] >> 63; /* a 257th bit: then rest is larger than b for certain */
        struct u256 less;
        bool fits;

        (void)grow(rest, 2, a->w[i / 64] >> (i % 64) & 1);
        fits = u256_sub(rest, b, &less);
        if (high || fits) {
            *rest = less;
            quotient->w[i / 64] |= (uint64_t)1 << (i % 64);
        }
    }
}

void u256_divmod(const struct u256 *a, const struct u256 *b, struct u256 *ret_quotient,
                 struct u256 *ret_remainder)
{
    struct u256 quotient = u256_from(0);
    struct u256 rest = u256_from(0);
    uint64_t small;

    must(!u256_is_zero(b));
    if (u256_to_u64(b, &small)) {
        quotient = *a;
        rest = u256_from(shrink(&quotient, small));
    } else {
        long_division(a, b, &quotient, &rest);
    }
    *ret_quotient = quotient;
    *ret_remainder = rest;
}
