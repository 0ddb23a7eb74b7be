/* SPDX-License-Identifier: Apache-2.0 */
#include "docker/untar.h"

#include <string.h>

#include "base/must.h"
#include "base/str.h"

enum { BLOCK = 512, EXTENSION_MAX = 65536 };
#define SIZE_LIMIT (INT64_C(1) << 60)

struct head {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
    char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct head) == BLOCK, "a header is one block");

struct untar {
    untar_source *read;
    void *ctx;
    int64_t left;    /* bytes of the entry's content that have not been read */
    int64_t padding; /* behind them */
    char path[UNTAR_PATH_MAX];
    char long_path[UNTAR_PATH_MAX]; /* for the entry that follows; "": none */
    int64_t pax_size;               /* likewise; -1: none */
};

static int damaged(struct err *e, const char *why)
{
    return failed(e, INVALID, "the archive is damaged: %s", why);
}

/* Exactly n bytes; 1, 0 when the source was at its end already, or -1. */
static int fill(struct untar *u, void *out, size_t n, struct err *e)
{
    size_t have = 0;

    while (have < n) {
        int64_t got = u->read(u->ctx, (char *)out + have, n - have, e);

        if (got < 0)
            return -1;
        if (got == 0)
            return have ? damaged(e, "it ends early") : 0;
        have += (size_t)got;
    }
    return 1;
}

static int skip(struct untar *u, int64_t n, struct err *e)
{
    char some[4096];

    while (n > 0) {
        size_t part = n < (int64_t)sizeof(some) ? (size_t)n : sizeof(some);
        int r = fill(u, some, part, e);

        if (r <= 0)
            return r < 0 ? -1 : damaged(e, "it ends early");
        n -= (int64_t)part;
    }
    return 0;
}

/* --- a header --- */

/* Octal digits between blanks, or GNU's bytes; -1 when it is neither. */
static int64_t number(const char *p, size_t n)
{
    uint64_t v = 0;
    size_t i = 0;

    if ((unsigned char)p[0] == 0x80) {
        for (i = 1; i < n; i++) {
            if (v >> 52)
                return -1;
            v = v << 8 | (unsigned char)p[i];
        }
        return v < (uint64_t)SIZE_LIMIT ? (int64_t)v : -1;
    }
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        v = v << 3 | (uint64_t)(p[i] - '0');
    return i == n || p[i] == ' ' || p[i] == '\0' ? (int64_t)v : -1;
}

static bool is_empty(const struct head *h)
{
    static const struct head zeros;

    return memcmp(h, &zeros, sizeof(zeros)) == 0;
}

static bool is_sound(const struct head *h)
{
    const unsigned char *p = (const unsigned char *)h;
    int64_t sum = 0;
    size_t i;

    for (i = 0; i < sizeof(*h); i++)
        sum += i >= offsetof(struct head, sum) && i < offsetof(struct head, type) ? ' ' : p[i];
    return number(h->sum, sizeof(h->sum)) == sum;
}

static void take_name(struct untar *u, const struct head *h)
{
    size_t n = strnlen(h->name, sizeof(h->name));
    size_t prefix = memcmp(h->magic, "ustar", 6) == 0 ? strnlen(h->prefix, sizeof(h->prefix)) : 0;
    char *to = u->path;

    if (u->long_path[0]) {
        memcpy(u->path, u->long_path, sizeof(u->path));
        return;
    }
    if (prefix) {
        memcpy(to, h->prefix, prefix);
        to[prefix] = '/';
        to += prefix + 1;
    }
    memcpy(to, h->name, n);
    to[n] = '\0';
}

/* --- headers about the header that follows --- */

static int set_long(struct untar *u, const char *p, size_t n, struct err *e)
{
    if (n >= sizeof(u->long_path) || memchr(p, '\0', n))
        return damaged(e, "a name is too long, or holds a NUL");
    memcpy(u->long_path, p, n);
    u->long_path[n] = '\0';
    return 0;
}

/* One record, "LENGTH KEY=VALUE\n". */
static int pax_record(struct untar *u, const char *p, size_t n, struct err *e)
{
    const char *equals = memchr(p, '=', n);
    size_t key = equals ? (size_t)(equals - p) : 0;
    const char *value = equals + 1;
    size_t len = n - key - 1;
    char text[24];
    uint64_t size;

    if (!equals)
        return damaged(e, "an extended header");
    if (key == 4 && memcmp(p, "path", 4) == 0)
        return set_long(u, value, len, e);
    if (key != 4 || memcmp(p, "size", 4) != 0)
        return 0;
    if (len >= sizeof(text))
        return damaged(e, "a size");
    memcpy(text, value, len);
    text[len] = '\0';
    if (!str_u64(text, (uint64_t)SIZE_LIMIT, &size))
        return damaged(e, "a size");
    u->pax_size = (int64_t)size;
    return 0;
}

static int pax(struct untar *u, const char *p, size_t n, struct err *e)
{
    while (n > 0) {
        size_t digits = 0;
        size_t len = 0;

        while (digits < n && digits < 6 && p[digits] >= '0' && p[digits] <= '9')
            len = len * 10 + (size_t)(p[digits++] - '0');
        if (digits == 0 || digits >= n || p[digits] != ' ' || len < digits + 2 || len > n ||
            p[len - 1] != '\n')
            return damaged(e, "an extended header");
        if (pax_record(u, p + digits + 1, len - digits - 2, e) < 0)
            return -1;
        p += len;
        n -= len;
    }
    return 0;
}

static int extension(struct untar *u, char type, int64_t size, struct err *e)
{
    _free_ char *text = NULL;
    int64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;

    if (type != 'L' && type != 'x')
        return skip(u, padded, e);
    if (size > EXTENSION_MAX)
        return damaged(e, "an extended header is too long");
    text = xmalloc((size_t)padded + 1);
    if (padded && fill(u, text, (size_t)padded, e) <= 0)
        return damaged(e, "it ends early");
    if (type == 'x')
        return pax(u, text, (size_t)size, e);
    while (size > 0 && text[size - 1] == '\0')
        size--;
    return set_long(u, text, (size_t)size, e);
}

/* --- entries --- */

static enum untar_kind kind_of(char type)
{
    if (type == '0' || type == '\0' || type == '7')
        return UNTAR_FILE;
    return type == '5' ? UNTAR_DIR : UNTAR_OTHER;
}

/* Whether entries of the type have content: links announce the size of what they point to. */
static bool has_content(char type)
{
    return !(type >= '1' && type <= '6');
}

static int take_entry(struct untar *u, const struct head *h, int64_t size, struct untar_entry *ret,
                      struct err *e)
{
    take_name(u, h);
    if (u->pax_size >= 0)
        size = u->pax_size;
    if (!has_content(h->type))
        size = 0;
    u->long_path[0] = '\0';
    u->pax_size = -1;
    u->left = size;
    u->padding = (BLOCK - size % BLOCK) % BLOCK;
    if (!u->path[0])
        return damaged(e, "an entry has no name");
    *ret = (struct untar_entry){u->path, kind_of(h->type), 0};
    if (ret->kind == UNTAR_FILE)
        ret->size = size;
    return 1;
}

int untar_next(struct untar *u, struct untar_entry *ret, struct err *e)
{
    struct head h;
    int64_t size;
    int r;

    if (skip(u, u->left, e) < 0 || skip(u, u->padding, e) < 0)
        return -1;
    u->left = u->padding = 0;
    for (;;) {
        r = fill(u, &h, sizeof(h), e);
        if (r <= 0 || is_empty(&h))
            return r < 0 ? -1 : 0;
        size = number(h.size, sizeof(h.size));
        if (!is_sound(&h) || size < 0)
            return damaged(e, "a header");
        if (!h.type || !strchr("LKxgXNVM", h.type))
            return take_entry(u, &h, size, ret, e);
        if (extension(u, h.type, size, e) < 0)
            return -1;
    }
}

int64_t untar_read(struct untar *u, void *out, size_t cap, struct err *e)
{
    int64_t n;

    if ((int64_t)cap > u->left)
        cap = (size_t)u->left;
    if (cap == 0)
        return 0;
    n = u->read(u->ctx, out, cap, e);
    if (n == 0)
        return damaged(e, "it ends early");
    if (n > 0)
        u->left -= n;
    return n;
}

struct untar *untar_new(untar_source *read, void *ctx)
{
    struct untar *u = xcalloc(1, sizeof(*u));

    u->read = read;
    u->ctx = ctx;
    u->pax_size = -1;
    return u;
}

void untar_free(struct untar *u)
{
    free(u);
}
