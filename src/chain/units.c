/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "chain/u256.h"

enum { DECIMALS_MAX = 77 }; /* 10^77 is the largest power of ten in 256 bits */

/* *v = *v * 10 + digit */
static bool push_digit(struct u256 *v, char c)
{
    const struct u256 ten = u256_from(10);
    const struct u256 digit = u256_from((uint64_t)(c - '0'));
    struct u256 t;

    return u256_mul(v, &ten, &t) && u256_add(&t, &digit, v);
}

bool units_parse(const char *s, unsigned decimals, struct u256 *ret)
{
    struct u256 v = u256_from(0);
    bool digits = false;
    bool point = false;
    unsigned placed = 0;

    if (!s || decimals > DECIMALS_MAX)
        return false;
    for (; *s; s++) {
        if (*s == '.' && !point) {
            point = true;
            continue;
        }
        if (*s < '0' || *s > '9')
            return false;
        digits = true;
        if (point && placed == decimals) {
            if (*s != '0')
                return false;
            continue;
        }
        if (!push_digit(&v, *s))
            return false;
        placed += point;
    }
    for (; placed < decimals; placed++) {
        if (!push_digit(&v, '0'))
            return false;
    }
    if (!digits)
        return false;
    *ret = v;
    return true;
}

const char *units_text(struct arena *a, const struct u256 *v, unsigned decimals)
{
    char text[U256_DECIMAL];
    size_t len;
    size_t whole;
    char *out;

    must(decimals <= DECIMALS_MAX);
    u256_decimal(v, text);
    if (decimals == 0)
        return arena_strdup(a, text);
    len = strlen(text);
    if (len <= decimals) { /* zeros in front, so that one digit is left of the point */
        size_t missing = decimals + 1 - len;

        memmove(text + missing, text, len + 1);
        memset(text, '0', missing);
        len += missing;
    }
    whole = len - decimals;
    while (len > whole + 1 && text[len - 1] == '0')
        len--;
    out = arena_alloc(a, len + 2);
    memcpy(out, text, whole);
    out[whole] = '.';
    memcpy(out + whole + 1, text + whole, len - whole);
    out[len + 1] = '\0';
    return out;
}

const char *units_plain(struct arena *a, const struct u256 *v, unsigned decimals)
{
    const char *text = units_text(a, v, decimals);
    size_t len = strlen(text);

    return len > 2 && str_eq(text + len - 2, ".0") ? arena_strndup(a, text, len - 2) : text;
}
