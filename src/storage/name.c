/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "storage/storage.h"

enum { EXTENSION_MAX = 16, SUFFIX_MAX = 12 };

static bool is_kept(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           c >= 0x80 || (c && strchr("._-+@=% ", c));
}

/* Lengthens no character: cuts s to at most max bytes in front of a whole one. */
static void cut(char *s, size_t max)
{
    size_t n = strlen(s);

    if (n <= max)
        return;
    for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
        n--;
    s[n] = '\0';
}

static bool is_taken(const char *name, const char *const *taken, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (str_eq(taken[i], name))
            return true;
    }
    return false;
}

const char *storage_safe_name(struct arena *a, const char *name, const char *const *taken, size_t n)
{
    char *stem;
    const char *extension = "";
    const char *result;
    char *dot;
    size_t i;

    while (*name == '.' || *name == ' ')
        name++;
    stem = arena_strdup(a, *name ? name : "file");
    for (i = 0; stem[i]; i++) {
        if (!is_kept((unsigned char)stem[i]))
            stem[i] = '_';
    }
    dot = strrchr(stem, '.');
    if (dot && dot != stem && strlen(dot) <= EXTENSION_MAX) {
        extension = arena_strdup(a, dot);
        *dot = '\0';
    }
    cut(stem, STORAGE_NAME_MAX - 1 - SUFFIX_MAX - strlen(extension));
    result = arena_printf(a, "%s%s", stem, extension);
    for (i = 2; is_taken(result, taken, n); i++)
        result = arena_printf(a, "%s-%zu%s", stem, i, extension);
    return result;
}
