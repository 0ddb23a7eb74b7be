/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* What single words and texts must look like. */

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool package__is_name(const char *s)
{
    size_t n = strlen(s);
    size_t i;

    if (n == 0 || n > PACKAGE_NAME_MAX || !is_lower(s[0]))
        return false;
    for (i = 0; i < n; i++)
        if (!is_lower(s[i]) && !is_digit(s[i]) && s[i] != '-' && s[i] != '_')
            return false;
    return true;
}

bool package__is_variable(const char *s)
{
    size_t n = strnlen(s, PACKAGE_TEXT_MAX);
    size_t i;

    for (i = 0; i < n; i++)
        if (!is_letter(s[i]) && s[i] != '_' && (i == 0 || !is_digit(s[i])))
            return false;
    return n > 0 && n < PACKAGE_TEXT_MAX;
}

bool package__is_image(const char *s)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";

    return *s && s[0] != '-' && strlen(s) <= PACKAGE_TEXT_MAX && strspn(s, letters) == strlen(s);
}

static bool has_good_parts(const char *path)
{
    size_t n;

    for (;; path += n + 1) {
        n = strcspn(path, "/");
        if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        if (!path[n])
            return true;
    }
}

bool package__is_inside(const char *path)
{
    return strlen(path) < PACKAGE_TEXT_MAX && package__is_clean(path, strlen(path), false) &&
           !strchr(path, '\\') && has_good_parts(path);
}

bool package__is_absolute(const char *path)
{
    return path[0] == '/' && strlen(path) < PACKAGE_TEXT_MAX &&
           package__is_clean(path, strlen(path), false) && !strchr(path, ':') &&
           has_good_parts(path + 1);
}

/* One label of a host name: letters, digits, '-' inside. */
static bool is_label(const char *s, size_t n)
{
    enum { LABEL_MAX = 63 };
    size_t i;

    if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
        return false;
    for (i = 0; i < n; i++)
        if (!is_letter(s[i]) && !is_digit(s[i]) && s[i] != '-')
            return false;
    return true;
}

bool package__is_domain(const char *s)
{
    enum { HOST_MAX = 253 };
    size_t labels = 0;
    const char *last = s;

    if (strlen(s) > HOST_MAX)
        return false;
    for (;; s++) {
        size_t n = strcspn(s, ".");

        if (!is_label(s, n))
            return false;
        last = s;
        labels++;
        s += n;
        if (!*s)
            break;
    }
    return labels >= 2 && strspn(last, "0123456789") != strlen(last); /* no IPv4 address */
}

/* Characters that draw what comes after them in another direction or place. */
static bool is_deceitful(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* How many bytes a character has by its first one, 0 when none begins so. */
static size_t utf8_bytes(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The next character; its bytes, 0 when they are no UTF-8. */
static size_t utf8(const char *s, size_t len, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *p = (const uint8_t *)s;
    size_t n = utf8_bytes(p[0]);
    size_t i;

    if (n == 0 || n > len)
        return 0;
    *ret = n == 1 ? p[0] : p[0] & (0x7fU >> n);
    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *ret = *ret << 6 | (p[i] & 0x3f);
    }
    if (*ret < least[n] || (*ret >= 0xd800 && *ret < 0xe000) || *ret > 0x10ffff)
        return 0;
    return n;
}

bool package__is_clean(const char *s, size_t len, bool lines)
{
    uint32_t c;
    size_t n;

    for (; len > 0; s += n, len -= n) {
        n = utf8(s, len, &c);
        if (n == 0 || c == 0x7f || is_deceitful(c))
            return false;
        if (c < ' ' && !(lines && (c == '\n' || c == '\t')))
            return false;
    }
    return true;
}

const struct package_file *package__file(const struct package_files *files, const char *path)
{
    size_t i;

    for (i = 0; i < files->count; i++)
        if (str_eq(files->items[i].path, path))
            return &files->items[i];
    return NULL;
}
