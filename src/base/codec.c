/* SPDX-License-Identifier: Apache-2.0 */
#include "base/codec.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";
static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char b58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

enum { BASE58_MAX = 1024 };

void hex_encode(const void *p, size_t n, char *out)
{
    const uint8_t *b = p;
    size_t i;

    for (i = 0; i < n; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
    out[2 * n] = '\0';
}

char *hex_dup(struct arena *a, const void *p, size_t n)
{
    char *s = arena_alloc(a, 2 * n + 1);

    hex_encode(p, n, s);
    return s;
}

char *hex0x_dup(struct arena *a, const void *p, size_t n)
{
    char *s = arena_alloc(a, 2 * n + 3);

    s[0] = '0';
    s[1] = 'x';
    hex_encode(p, n, s + 2);
    return s;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *s, size_t n, uint8_t *out)
{
    size_t i;

    for (i = 0; i < n; i++) {
        int high = nibble(s[2 * i]);
        int low = high < 0 ? -1 : nibble(s[2 * i + 1]);

        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_parse(struct arena *a, const char *s, struct bytes *ret)
{
    size_t len;
    uint8_t *out;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        s += 2;
    len = strlen(s);
    if (len % 2)
        return false;
    out = arena_alloc(a, len / 2);
    if (!hex_decode(s, len / 2, out))
        return false;
    *ret = (struct bytes){out, len / 2};
    return true;
}

static char *base64_with(struct arena *a, const char *alphabet, bool pad, const uint8_t *p,
                         size_t n)
{
    char *s = arena_alloc(a, (n + 2) / 3 * 4 + 1);
    size_t i;
    size_t o = 0;

    for (i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t v = (uint32_t)p[i] << 16;

        if (left > 1)
            v |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            v |= p[i + 2];
        s[o++] = alphabet[v >> 18];
        s[o++] = alphabet[v >> 12 & 63];
        if (left > 1)
            s[o++] = alphabet[v >> 6 & 63];
        else if (pad)
            s[o++] = '=';
        if (left > 2)
            s[o++] = alphabet[v & 63];
        else if (pad)
            s[o++] = '=';
    }
    s[o] = '\0';
    return s;
}

char *base64_dup(struct arena *a, const void *p, size_t n)
{
    return base64_with(a, b64, true, p, n);
}

char *base64url_dup(struct arena *a, const void *p, size_t n)
{
    return base64_with(a, b64url, false, p, n);
}

static int sextet(char c)
{
    const char *at;

    if (c == '-')
        return 62;
    if (c == '_')
        return 63;
    at = c ? strchr(b64, c) : NULL;
    return at ? (int)(at - b64) : -1;
}

bool base64_parse(struct arena *a, const char *s, size_t n, struct bytes *ret)
{
    uint8_t *out;
    size_t i;
    size_t o = 0;
    uint32_t v = 0;

    while (n > 0 && s[n - 1] == '=')
        n--;
    if (n % 4 == 1)
        return false;
    out = arena_alloc(a, n / 4 * 3 + 3);
    for (i = 0; i < n; i++) {
        int x = sextet(s[i]);

        if (x < 0)
            return false;
        v = v << 6 | (uint32_t)x;
        if (i % 4 == 1)
            out[o++] = (uint8_t)(v >> 4);
        else if (i % 4 == 2)
            out[o++] = (uint8_t)(v >> 2);
        else if (i % 4 == 3)
            out[o++] = (uint8_t)v;
    }
    *ret = (struct bytes){out, o};
    return true;
}

char *base58_dup(struct arena *a, const void *p, size_t n)
{
    const uint8_t *b = p;
    size_t cap = n * 138 / 100 + 2;
    uint8_t *d = arena_calloc(a, cap, 1); /* base-58 digits, least significant first */
    char *s = arena_alloc(a, n + cap + 1);
    size_t len = 0;
    size_t zeros = 0;
    size_t i;
    size_t o;

    while (zeros < n && b[zeros] == 0)
        zeros++;
    for (i = zeros; i < n; i++) {
        uint32_t carry = b[i];
        size_t j;

        for (j = 0; j < len || carry; j++) {
            carry += (uint32_t)(j < len ? d[j] : 0) << 8;
            d[j] = (uint8_t)(carry % 58);
            carry /= 58;
        }
        len = j;
    }
    memset(s, '1', zeros);
    for (o = zeros, i = len; i > 0; i--)
        s[o++] = b58[d[i - 1]];
    s[o] = '\0';
    return s;
}

bool base58_parse(struct arena *a, const char *s, struct bytes *ret)
{
    size_t n = strnlen(s, BASE58_MAX + 1);
    size_t zeros = 0;
    size_t len = 0;
    size_t i;
    uint8_t *d;
    uint8_t *out;

    if (n > BASE58_MAX)
        return false;
    d = arena_calloc(a, n + 1, 1); /* bytes, least significant first */
    while (s[zeros] == '1')
        zeros++;
    for (i = zeros; i < n; i++) {
        const char *at = strchr(b58, s[i]);
        uint32_t carry;
        size_t j;

        if (!at)
            return false;
        carry = (uint32_t)(at - b58);
        for (j = 0; j < len || carry; j++) {
            carry += (uint32_t)(j < len ? d[j] : 0) * 58;
            d[j] = (uint8_t)carry;
            carry >>= 8;
        }
        len = j;
    }
    out = arena_calloc(a, zeros + len + 1, 1);
    for (i = 0; i < len; i++)
        out[zeros + i] = d[len - 1 - i];
    *ret = (struct bytes){out, zeros + len};
    return true;
}
