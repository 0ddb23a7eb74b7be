/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <string.h>

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool str_eq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0;
}

bool str_ieq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    for (; *a && *b; a++, b++)
        if (lower((unsigned char)*a) != lower((unsigned char)*b))
            return false;
    return *a == *b;
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s);
    size_t m = strlen(suffix);

    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_copy(char *out, size_t cap, const char *s)
{
    size_t n = strlen(s);
    bool fits = n < cap;

    if (!fits)
        n = cap - 1;
    memcpy(out, s, n);
    out[n] = '\0';
    return fits;
}

char *str_lower(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);
    char *p;

    for (p = copy; *p; p++)
        *p = (char)lower((unsigned char)*p);
    return copy;
}

bool str_u64(const char *s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;

    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v) || v > max)
            return false;
    }
    *ret = v;
    return true;
}

char *str_next(struct arena *a, const char **rest, char separator)
{
    const char *start = *rest;
    const char *end;

    if (!start)
        return NULL;
    end = strchr(start, separator);
    *rest = end ? end + 1 : NULL;
    return end ? arena_strndup(a, start, (size_t)(end - start)) : arena_strdup(a, start);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein's distance, one row of the table at a time. */
size_t str_distance(const char *a, const char *b)
{
    size_t row[STR_DISTANCE_MAX + 1];
    size_t n = strnlen(b, STR_DISTANCE_MAX);
    size_t i;
    size_t k;

    for (k = 0; k <= n; k++)
        row[k] = k;
    for (i = 0; a[i] && i < STR_DISTANCE_MAX; i++) {
        size_t corner = row[0];

        row[0] = i + 1;
        for (k = 0; k < n; k++) {
            size_t same = (a[i] | 0x20) == (b[k] | 0x20);
            size_t old = row[k + 1];

            row[k + 1] = min3(old + 1, row[k] + 1, corner + !same);
            corner = old;
        }
    }
    return row[n];
}
