/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"

/* Keccak-256 as Ethereum froze it before SHA-3 changed the padding byte. FIPS 202 names. */

enum { ROUNDS = 24, RATE = 136 };

struct sponge {
    union {
        uint64_t lane[25];
        uint8_t byte[200];
    };
    size_t at; /* bytes taken in of the current block */
};

static const uint64_t round_constant[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static inline uint64_t rotate(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

/* The path of rho and pi: lane `pi_lane[i]` takes the previous one, rotated by `rho_offset[i]`. */
static const uint8_t pi_lane[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const uint8_t rho_offset[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static void permute(uint64_t a[25])
{
    uint64_t c[5];
    unsigned round;
    unsigned x;
    unsigned y;

    for (round = 0; round < ROUNDS; round++) {
        uint64_t carried;

#pragma GCC unroll 5
        for (x = 0; x < 5; x++)
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
        for (x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);

#pragma GCC unroll 5
            for (y = 0; y < 25; y += 5)
                a[x + y] ^= d;
        }
        carried = a[1];
#pragma GCC unroll 24
        for (x = 0; x < 24; x++) {
            uint64_t kept = a[pi_lane[x]];

            a[pi_lane[x]] = rotate(carried, rho_offset[x]);
            carried = kept;
        }
#pragma GCC unroll 5
        for (y = 0; y < 25; y += 5) {
#pragma GCC unroll 5
            for (x = 0; x < 5; x++)
                c[x] = a[y + x];
#pragma GCC unroll 5
            for (x = 0; x < 5; x++)
                a[y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
        }
        a[0] ^= round_constant[round];
    }
}

/* Lanes are little-endian bytes. */
static void sponge_permute(struct sponge *s)
{
    size_t i;

    for (i = 0; i < 25; i++)
        s->lane[i] = le64toh(s->lane[i]);
    permute(s->lane);
    for (i = 0; i < 25; i++)
        s->lane[i] = htole64(s->lane[i]);
    s->at = 0;
}

static void sponge_add(struct sponge *s, const void *p, size_t n)
{
    const uint8_t *b = p;
    size_t i;

    while (n > 0) {
        size_t step = RATE - s->at < n ? RATE - s->at : n;

        for (i = 0; i < step; i++)
            s->byte[s->at + i] ^= b[i];
        s->at += step;
        b += step;
        n -= step;
        if (s->at == RATE)
            sponge_permute(s);
    }
}

static struct hash32 sponge_end(struct sponge *s)
{
    struct hash32 h;

    s->byte[s->at] ^= 0x01;
    s->byte[RATE - 1] ^= 0x80;
    sponge_permute(s);
    memcpy(h.b, s->byte, sizeof(h.b));
    return h;
}

struct hash32 keccak256(const void *p, size_t n)
{
    struct sponge s = {0};

    sponge_add(&s, p, n);
    return sponge_end(&s);
}

struct hash32 eip191_digest(const void *p, size_t n)
{
    struct sponge s = {0};
    char prefix[64];
    int len = snprintf(prefix, sizeof(prefix),
                       "\x19"
                       "Ethereum Signed Message:\n%zu",
                       n);

    sponge_add(&s, prefix, (size_t)len);
    sponge_add(&s, p, n);
    return sponge_end(&s);
}
