/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/range.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "storage/storage_int.h"

/* What an origin says about a file. */

enum {
    TIMEOUT_MS = 30000,         /* for a head; silence of a body */
    CHECKSUM_LIMIT_MS = 120000, /* an origin that trickles must not hold a worker for ever */
    PIECE = 64 * 1024,
    STRAY_BODY_MAX = 65536 /* of an answer to HEAD that has one all the same */
};

struct net_request storage__request(struct arena *a, const struct storage_target *t,
                                    const char *method, const char *range)
{
    struct net_header *headers = arena_calloc(a, t->header_count + 2, sizeof(*headers));
    struct net_request r = {.method = method,
                            .url = t->url,
                            .headers = headers,
                            .header_count = t->header_count,
                            .ftp = t->ftp,
                            .timeout_ms = TIMEOUT_MS,
                            .flags = NET_GUARD | NET_REDIRECTS};

    if (t->header_count > 0)
        memcpy(headers, t->headers, t->header_count * sizeof(*headers));
    if (range)
        headers[r.header_count++] = (struct net_header){"Range", range};
    if (t->mark)
        headers[r.header_count++] = (struct net_header){STORAGE_MARK, t->mark};
    if (t->ops->sign)
        t->ops->sign(a, t, &r);
    return r;
}

int storage__status_failed(int status, struct err *e)
{
    (void)failed(e, FAILED, "Request failed with status code %d", status);
    return status >= 500 || status == 429 || status == 408 ? err_transient(e) : -1;
}

static int64_t number(const char *s)
{
    uint64_t v;

    return s && str_u64(s, INT64_MAX, &v) ? (int64_t)v : -1;
}

static void facts_of(const struct net_response *r, struct storage_info *info)
{
    int64_t at;
    int64_t n;

    info->status = r->status;
    info->valid = storage__is_success(r->status);
    info->content_type = net_header_get(r, "content-type");
    info->etag = net_header_get(r, "etag");
    info->modified = net_header_get(r, "last-modified");
    info->size = -1;
    if (r->status != 206)
        info->size = number(net_header_get(r, "content-length"));
    else if (!range_content_parse(net_header_get(r, "content-range"), &at, &n, &info->size))
        info->size = -1;
}

/* The end of the node is no fact about the file, and neither is what the guard refuses. */
static int verdict(struct storage_info *info, const struct err *from, struct err *e)
{
    if (from->code == ERR_UNAVAILABLE || from->code == ERR_UNSAFE_URL) {
        *e = *from;
        return -1;
    }
    info->valid = false;
    info->size = -1;
    return 0;
}

/* A GET (or POST) of which only the head is wanted. */
static int ask_by_get(struct storage *s, struct arena *a, const struct storage_target *t,
                      struct storage_info *info, struct err *e)
{
    bool is_get = str_eq(t->method, "GET");
    struct net_request r = storage__request(a, t, t->method, is_get ? "bytes=0-0" : NULL);
    _stream_ struct stream *stream = NULL;
    struct net_response got;
    struct err why;

    if (net_open(s->net, a, &r, &got, &stream, &why) < 0)
        return verdict(info, &why, e);
    facts_of(&got, info);
    if (got.status == 416) { /* an empty file has no first byte */
        info->valid = true;
        info->size = 0;
    }
    return 0;
}

int storage__ask(struct storage *s, struct arena *a, const struct storage_target *t,
                 struct storage_info *info, struct err *e)
{
    struct net_request r;
    struct net_response got;
    struct err why;

    if (t->own)
        return storage__own_ask(s, a, t, info, &why) < 0 ? verdict(info, &why, e) : 0;
    if (!str_eq(t->method, "GET"))
        return ask_by_get(s, a, t, info, e);
    r = storage__request(a, t, "HEAD", NULL);
    r.max_body = STRAY_BODY_MAX;
    if (net_call(s->net, a, &r, &got, &why) < 0) {
        if (t->ftp || why.code == ERR_TIMEOUT || why.code == ERR_INVALID ||
            why.code == ERR_UNAVAILABLE || why.code == ERR_UNSAFE_URL)
            return verdict(info, &why, e);
        return ask_by_get(s, a, t, info, e);
    }
    facts_of(&got, info);
    if (t->ftp || (info->valid && info->size >= 0) || got.status == 404 || got.status == 410)
        return 0;
    return ask_by_get(s, a, t, info, e); /* some origins know no HEAD, or sign URLs for GET only */
}

/* Hashes up to the limit; *ret_whole is the size when the end was reached, else -1. */
static int hash_body(struct storage *s, struct storage_body *body, struct hash32 *ret,
                     int64_t *ret_whole, struct err *e)
{
    _free_ unsigned char *piece = xmalloc(PIECE);
    int64_t deadline = clock_mono_ms() + CHECKSUM_LIMIT_MS;
    struct sha256_ctx hash;
    int64_t total = 0;
    int64_t n = 1;

    sha256_start(&hash);
    while (total < s->checksum_max && n > 0) {
        int64_t left = s->checksum_max - total;

        if (clock_mono_ms() > deadline)
            return failed(e, TIMEOUT, "the origin is too slow");
        n = storage_read(body, piece, left < PIECE ? (size_t)left : PIECE, e);
        if (n < 0)
            return -1;
        sha256_add(&hash, piece, (size_t)n);
        total += n;
    }
    *ret = sha256_end(&hash);
    *ret_whole = n == 0 ? total : -1;
    return 0;
}

static int add_checksum(struct storage *s, struct arena *a, struct storage_body *body,
                        struct storage_info *info, struct err *e)
{
    struct hash32 hash;
    int64_t whole = -1;
    struct err why;

    if (hash_body(s, body, &hash, &whole, &why) < 0)
        return verdict(info, &why, e);
    if (whole >= 0)
        info->size = whole;
    info->checksum = hex_dup(a, hash.b, sizeof(hash.b));
    return 0;
}

static int read_own_checksum(struct storage *s, struct arena *a, const struct storage_target *t,
                             struct storage_info *info, struct err *e)
{
    const struct storage_request r = {.file = t->file};
    struct storage_opened o;
    struct err why;
    int rc;

    if (storage__own_open(s, a, &r, t, &o, &why) < 0)
        return verdict(info, &why, e);
    info->valid = true;
    info->size = o.size;
    info->content_type = o.content_type;
    rc = add_checksum(s, a, o.body, info, e);
    storage_close(o.body);
    return rc;
}

static int read_checksum(struct storage *s, struct arena *a, const struct storage_target *t,
                         struct storage_info *info, struct err *e)
{
    struct net_request r;
    struct storage_body *body;
    struct stream *stream;
    struct net_response got;
    struct err why;
    int rc = 0;

    if (t->own)
        return read_own_checksum(s, a, t, info, e);
    r = storage__request(a, t, t->method, NULL);
    if (net_open(s->net, a, &r, &got, &stream, &why) < 0)
        return verdict(info, &why, e);
    facts_of(&got, info);
    body = storage__stream_body(stream, -1);
    if (info->valid)
        rc = add_checksum(s, a, body, info, e);
    storage_close(body);
    return rc;
}

/* The ETag without its quotes: what the reference calls the checksum of an object in S3. */
static const char *etag_checksum(struct arena *a, const char *etag)
{
    size_t n;

    if (!etag)
        return NULL;
    etag += etag[0] == '"';
    n = strcspn(etag, "\"");
    return arena_strndup(a, etag, n);
}

static int info_by_url(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                       struct storage_info *info, struct err *e)
{
    const struct storage_place place = {.file = file};
    struct storage_target t;

    if (storage__locate(s, a, &place, &t, e) < 0)
        return -1;
    info->name = t.name;
    if ((checksum ? read_checksum : storage__ask)(s, a, &t, info, e) < 0)
        return storage__unsafe(e);
    if (t.ops == &storage_s3 && info->valid && !info->checksum)
        info->checksum = etag_checksum(a, info->etag);
    if (t.ftp && info->valid)
        info->content_type = "application/octet-stream";
    return 0;
}

int storage_info_get(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                     struct storage_info *ret, struct err *e)
{
    struct storage_info info = {.size = -1};
    const struct storage_ops *ops;

    if (storage__find(s, file, &ops, e) < 0)
        return -1;
    info.type = json_get_str(file, "type", "");
    info.encrypted_by = json_get_str(file, "encryptedBy", NULL);
    info.encrypt_method = json_get_str(file, "encryptMethod", NULL);
    if ((ops->info ? ops->info : info_by_url)(s, a, file, checksum, &info, e) < 0)
        return -1;
    *ret = info;
    return 0;
}

struct json *storage_info_json(struct arena *a, const struct storage_info *info)
{
    struct json *o = json_new_object(a);

    json_set_bool(a, o, "valid", info->valid);
    json_set_str(a, o, "contentLength",
                 arena_printf(a, "%lld", info->size < 0 ? 0LL : (long long)info->size));
    if (info->content_type)
        json_set_str(a, o, "contentType", info->content_type);
    if (info->checksum)
        json_set_str(a, o, "checksum", info->checksum);
    json_set_str(a, o, "name", info->name);
    json_set_str(a, o, "type", info->type);
    if (info->encrypted_by)
        json_set_str(a, o, "encryptedBy", info->encrypted_by);
    if (info->encrypt_method)
        json_set_str(a, o, "encryptMethod", info->encrypt_method);
    return o;
}
