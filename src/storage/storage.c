/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "base/str.h"
#include "storage/storage_int.h"

static const struct storage_ops *const types[] = {&storage_url, &storage_ipfs, &storage_arweave};

static char *without_slash(const char *url)
{
    char *copy;
    size_t n;

    if (!url || !url[0])
        return NULL;
    copy = xstrdup(url);
    for (n = strlen(copy); n > 0 && copy[n - 1] == '/';)
        copy[--n] = '\0';
    return copy;
}

struct storage *storage_new(const struct storage_options *o)
{
    struct storage *s = xcalloc(1, sizeof(*s));

    s->net = o->net;
    s->ipfs_gateway = without_slash(o->ipfs_gateway);
    s->arweave_gateway = without_slash(o->arweave_gateway);
    s->checksum_max = o->checksum_max;
    return s;
}

void storage_free(struct storage *s)
{
    if (!s)
        return;
    free(s->ipfs_gateway);
    free(s->arweave_gateway);
    free(s);
}

bool storage__is_http(const char *s)
{
    return strncasecmp(s, "http://", 7) == 0 || strncasecmp(s, "https://", 8) == 0;
}

bool storage__is_path(const char *s)
{
    return !storage__is_http(s) && s[0] && strchr(s + 1, '/');
}

void storage__encode(struct buf *out, const char *s, const char *space)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            strchr("-._*", c)) {
            buf_putc(out, *s);
        } else if (c == ' ') {
            buf_puts(out, space);
        } else {
            buf_putc(out, '%');
            buf_putc(out, hex[c >> 4]);
            buf_putc(out, hex[c & 15]);
        }
    }
}

/* The type's operations once the file object has been checked. */
static int find_ops(const struct storage *s, const struct json *file,
                    const struct storage_ops **ret, struct err *e)
{
    const char *type = json_get_str(file, "type", "undefined");
    size_t i;

    if (!json_is(file, JSON_OBJECT))
        return refused(e, STORAGE, "Empty file object");
    for (i = 0; i < ARRAY_LEN(types); i++) {
        const char *why;

        if (!str_ieq(types[i]->type, type))
            continue;
        why = types[i]->why(s, file);
        if (why)
            return failed(e, STORAGE, "Error validating %s: %s", types[i]->prefix, why);
        *ret = types[i];
        return 0;
    }
    return failed(e, STORAGE, "Invalid storage type: %.64s", type);
}

int storage_check(const struct storage *s, const struct json *file, struct err *e)
{
    const struct storage_ops *ops;

    return find_ops(s, file, &ops, e);
}

int storage__locate(const struct storage *s, struct arena *a, const struct storage_request *r,
                    struct storage_target *ret, struct err *e)
{
    const struct storage_ops *ops;

    if (find_ops(s, r->file, &ops, e) < 0)
        return -1;
    if (!ops->locate(s, a, r->file, r->userdata, ret))
        return failed(e, STORAGE, "Error validating %s: userdata is too long", ops->prefix);
    return 0;
}
