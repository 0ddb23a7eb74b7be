/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "storage/storage_int.h"

enum {
    TIMEOUT_MS = 30000,         /* for a head; silence of a body */
    CHECKSUM_LIMIT_MS = 120000, /* an origin that trickles must not hold a worker for ever */
    PIECE = 64 * 1024,
    STRAY_BODY_MAX = 65536 /* of an answer to HEAD that has one all the same */
};

struct storage_body {
    struct stream *stream;
};

static int64_t number(const char *s)
{
    uint64_t v;

    return s && str_u64(s, INT64_MAX, &v) ? (int64_t)v : -1;
}

/* The total of "bytes 0-0/1234"; -1 when it is not there. */
static int64_t range_total(const char *content_range)
{
    const char *slash = content_range ? strrchr(content_range, '/') : NULL;

    return slash ? number(slash + 1) : -1;
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

/* The target's request; with a Range header unless range is NULL. */
static struct net_request request_of(struct arena *a, const struct storage_target *t,
                                     const char *range)
{
    struct net_header *headers = arena_calloc(a, t->header_count + 1, sizeof(*headers));
    size_t n = t->header_count;

    if (n > 0)
        memcpy(headers, t->headers, n * sizeof(*headers));
    if (range)
        headers[n++] = (struct net_header){"Range", range};
    return (struct net_request){.method = t->method,
                                .url = t->url,
                                .headers = headers,
                                .header_count = n,
                                .timeout_ms = TIMEOUT_MS,
                                .flags = NET_GUARD | NET_REDIRECTS};
}

/* --- facts --- */

static void facts_of(const struct net_response *r, struct storage_info *info)
{
    info->valid = is_success(r->status);
    info->content_type = net_header_get(r, "content-type");
    if (r->status == 206)
        info->size = range_total(net_header_get(r, "content-range"));
    else
        info->size = number(net_header_get(r, "content-length"));
}

/* The end of the node is no fact about the file. */
static int verdict(struct storage_info *info, const struct err *from, struct err *e)
{
    if (from->code == ERR_UNAVAILABLE) {
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
    struct net_request r = request_of(a, t, is_get ? "bytes=0-0" : NULL);
    _stream_ struct stream *stream = NULL;
    struct net_response got;
    struct err why;

    if (net_open(s->net, a, &r, &got, &stream, &why) < 0)
        return verdict(info, &why, e);
    if (got.status == 416) { /* an empty file has no first byte */
        info->valid = true;
        info->size = 0;
        return 0;
    }
    facts_of(&got, info);
    return 0;
}

static int ask(struct storage *s, struct arena *a, const struct storage_target *t,
               struct storage_info *info, struct err *e)
{
    struct net_request r = request_of(a, t, NULL);
    struct net_response got;
    struct err why;

    if (!str_eq(t->method, "GET"))
        return ask_by_get(s, a, t, info, e);
    r.method = "HEAD";
    r.max_body = STRAY_BODY_MAX;
    if (net_call(s->net, a, &r, &got, &why) < 0) {
        if (why.code == ERR_TIMEOUT || why.code == ERR_INVALID || why.code == ERR_UNAVAILABLE)
            return verdict(info, &why, e);
        return ask_by_get(s, a, t, info, e);
    }
    facts_of(&got, info);
    if ((info->valid && info->size >= 0) || got.status == 404 || got.status == 410)
        return 0;
    return ask_by_get(s, a, t, info, e); /* some origins know no HEAD, or sign URLs for GET only */
}

/* Hashes up to the limit; *ret_whole is the size when the end was reached, else -1. */
static int hash_stream(struct storage *s, struct stream *stream, struct hash32 *ret,
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
        n = stream_read(stream, piece, left < PIECE ? (size_t)left : PIECE, e);
        if (n < 0)
            return -1;
        sha256_add(&hash, piece, (size_t)n);
        total += n;
    }
    *ret = sha256_end(&hash);
    *ret_whole = n == 0 ? total : -1;
    return 0;
}

static int read_checksum(struct storage *s, struct arena *a, const struct storage_target *t,
                         struct storage_info *info, struct err *e)
{
    struct net_request r = request_of(a, t, NULL);
    _stream_ struct stream *stream = NULL;
    struct net_response got;
    struct hash32 hash;
    int64_t whole = -1;
    struct err why;

    if (net_open(s->net, a, &r, &got, &stream, &why) < 0)
        return verdict(info, &why, e);
    facts_of(&got, info);
    if (!info->valid)
        return 0;
    if (hash_stream(s, stream, &hash, &whole, &why) < 0)
        return verdict(info, &why, e);
    if (whole >= 0)
        info->size = whole;
    info->checksum = hex_dup(a, hash.b, sizeof(hash.b));
    return 0;
}

int storage_info_get(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                     struct storage_info *ret, struct err *e)
{
    struct storage_request request = {.file = file};
    struct storage_info info = {.size = -1};
    struct storage_target t;

    if (storage__locate(s, a, &request, &t, e) < 0)
        return -1;
    info.name = t.name;
    info.type = json_get_str(file, "type", "");
    info.encrypted_by = json_get_str(file, "encryptedBy", NULL);
    info.encrypt_method = json_get_str(file, "encryptMethod", NULL);
    if ((checksum ? read_checksum(s, a, &t, &info, e) : ask(s, a, &t, &info, e)) < 0)
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

/* --- content --- */

int storage_open(struct storage *s, struct arena *a, const struct storage_request *r,
                 struct storage_opened *ret, struct err *e)
{
    struct storage_target t;
    struct net_request request;
    struct net_response got;
    struct stream *stream;
    struct storage_body *body;

    if (storage__locate(s, a, r, &t, e) < 0)
        return -1;
    request = request_of(a, &t, str_eq(t.method, "GET") ? r->range : NULL);
    if (net_open(s->net, a, &request, &got, &stream, e) < 0)
        return -1;
    if (!is_success(got.status) && !(got.status == 416 && r->range)) {
        stream_close(stream);
        return failed(e, FAILED, "Request failed with status code %d", got.status);
    }
    body = xcalloc(1, sizeof(*body));
    body->stream = stream;
    *ret = (struct storage_opened){.status = got.status,
                                   .size = number(net_header_get(&got, "content-length")),
                                   .content_type = net_header_get(&got, "content-type"),
                                   .content_range = net_header_get(&got, "content-range"),
                                   .disposition = net_header_get(&got, "content-disposition"),
                                   .name = t.name,
                                   .body = body};
    return 0;
}

int64_t storage_read(struct storage_body *b, void *out, size_t cap, struct err *e)
{
    return stream_read(b->stream, out, cap, e);
}

int64_t storage_pull(struct storage_body *b, void *out, size_t cap, struct err *e)
{
    return stream_pull(b->stream, out, cap, e);
}

void storage_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    stream_notify(b->stream, ready, arg);
}

void storage_close(struct storage_body *b)
{
    if (!b)
        return;
    stream_close(b->stream);
    free(b);
}
