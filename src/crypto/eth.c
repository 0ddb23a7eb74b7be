/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/eth.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/hash.h"

/* "0x" and exactly 2*n hex digits, nothing behind. */
static bool parse_0x(const char *s, size_t n, uint8_t *out)
{
    if (!s || s[0] != '0' || s[1] != 'x' || strnlen(s + 2, 2 * n + 1) != 2 * n)
        return false;
    return hex_decode(s + 2, n, out);
}

static void write_0x(const uint8_t *p, size_t n, char *out)
{
    out[0] = '0';
    out[1] = 'x';
    hex_encode(p, n, out + 2);
}

bool addr_parse_any(const char *s, struct addr *ret)
{
    struct addr a;

    if (!parse_0x(s, sizeof(a.b), a.b))
        return false;
    *ret = a;
    return true;
}

static bool has_mixed_case(const char *s)
{
    bool lower = false;
    bool upper = false;

    for (; *s; s++) {
        lower = lower || (*s >= 'a' && *s <= 'f');
        upper = upper || (*s >= 'A' && *s <= 'F');
    }
    return lower && upper;
}

bool addr_parse(const char *s, struct addr *ret)
{
    struct addr a;
    char right[ADDR_TEXT];

    if (!addr_parse_any(s, &a))
        return false;
    if (has_mixed_case(s + 2)) {
        addr_checksum(&a, right);
        if (!str_eq(s, right))
            return false;
    }
    *ret = a;
    return true;
}

void addr_lower(const struct addr *a, char out[ADDR_TEXT])
{
    write_0x(a->b, sizeof(a->b), out);
}

void addr_checksum(const struct addr *a, char out[ADDR_TEXT])
{
    struct hash32 h;
    size_t i;

    addr_lower(a, out);
    h = keccak256(out + 2, 40);
    for (i = 0; i < 40; i++) {
        unsigned digit = (unsigned)h.b[i / 2] >> (i % 2 ? 0 : 4) & 15;

        if (digit >= 8 && out[2 + i] >= 'a')
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
}

const char *addr_text(struct arena *arena, const struct addr *a)
{
    char *s = arena_alloc(arena, ADDR_TEXT);

    addr_checksum(a, s);
    return s;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool addr_is_zero(const struct addr *a)
{
    static const struct addr zero;

    return addr_eq(a, &zero);
}

bool hash32_parse(const char *s, struct hash32 *ret)
{
    struct hash32 h;

    if (!parse_0x(s, sizeof(h.b), h.b))
        return false;
    *ret = h;
    return true;
}

void hash32_write(const struct hash32 *h, char out[HASH32_TEXT])
{
    write_0x(h->b, sizeof(h->b), out);
}

const char *hash32_text(struct arena *arena, const struct hash32 *h)
{
    char *s = arena_alloc(arena, HASH32_TEXT);

    hash32_write(h, s);
    return s;
}

bool hash32_eq(const struct hash32 *a, const struct hash32 *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
