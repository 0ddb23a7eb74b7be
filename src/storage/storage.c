/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "base/str.h"
#include "storage/storage_int.h"

static const struct storage_ops *const types[] = {&storage_url, &storage_ipfs, &storage_arweave,
                                                  &storage_s3,  &storage_ftp,  &storage_bucket};

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
    struct pubkey public_key;
    uint8_t compressed[33];

    s->net = o->net;
    s->buckets = o->buckets;
    s->ipfs_gateway = without_slash(o->ipfs_gateway);
    s->arweave_gateway = without_slash(o->arweave_gateway);
    s->checksum_max = o->checksum_max;
    s->own = o->own;
    if (o->key) {
        s->peer_id = xstrdup(o->peer_id);
        s->key = *o->key;
        public_key = pubkey_of(o->key);
        pubkey_compress(&public_key, compressed);
        memcpy(s->iv, compressed, sizeof(s->iv));
    }
    return s;
}

void storage_free(struct storage *s)
{
    if (!s)
        return;
    free(s->ipfs_gateway);
    free(s->arweave_gateway);
    free(s->peer_id);
    seckey_wipe(&s->key);
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

void storage__encode(struct buf *out, const char *s, const char *keep, const char *space)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            strchr(keep, c)) {
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

int storage__unsafe(struct err *e)
{
    if (e->code == ERR_UNSAFE_URL) {
        e->code = ERR_STORAGE;
        (void)err_wrap(e, "URL is marked as unsafe");
    }
    return -1;
}

const char *storage__last_segment(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const struct storage_ops *ops_of(const struct json *file)
{
    const char *type = json_get_str(file, "type", "");
    size_t i;

    for (i = 0; i < ARRAY_LEN(types); i++) {
        if (str_ieq(types[i]->type, type))
            return types[i];
    }
    return NULL;
}

bool storage_is_known(const struct json *file)
{
    return ops_of(file) != NULL;
}

bool storage_can_upload(const struct json *file)
{
    const struct storage_ops *ops = ops_of(file);

    return ops && ops->upload;
}

int storage__find(const struct storage *s, const struct json *file, const struct storage_ops **ret,
                  struct err *e)
{
    const struct storage_ops *ops = ops_of(file);

    if (!json_is(file, JSON_OBJECT))
        return failed(e, STORAGE, "Empty file object");
    if (!ops)
        return failed(e, STORAGE, "Invalid storage type: %.64s",
                      json_get_str(file, "type", "undefined"));
    if (ops->check(s, file, e) < 0)
        return err_wrap(e, "Error validating %s", ops->prefix);
    *ret = ops;
    return 0;
}

int storage_check(const struct storage *s, const struct json *file, struct err *e)
{
    const struct storage_ops *ops;

    return storage__find(s, file, &ops, e);
}

int storage__locate(const struct storage *s, struct arena *a, const struct storage_place *p,
                    struct storage_target *ret, struct err *e)
{
    struct storage_target t = {.file = p->file, .mark = s->own ? s->peer_id : NULL};

    if (storage__find(s, p->file, &t.ops, e) < 0)
        return -1;
    must(t.ops && t.ops->locate);
    if (t.ops->locate(a, s, p, &t, e) < 0)
        return err_wrap(e, "Error validating %s", t.ops->prefix);
    *ret = t;
    return 0;
}
