/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/range.h"
#include "base/str.h"
#include "crypto/aes.h"
#include "crypto/ecies.h"
#include "storage/storage_int.h"

/* Opens a file's content, or a part of it, and decrypts what this node has encrypted. */

enum {
    ECIES_MAX = 25 * 1048576 + ECIES_OVERHEAD, /* what encryptFile makes at the most */
    HELD_MAX = 512 * 1048576,
    ECIES_LIMIT_MS = 120000,
    PIECE = 64 * 1024
};

static int64_t number(const char *s)
{
    uint64_t v;

    return s && str_u64(s, INT64_MAX, &v) ? (int64_t)v : -1;
}

/* --- parts --- */

/* Of `total` bytes the part [at, at + n) comes. */
static void set_part(struct arena *a, struct storage_opened *o, int64_t at, int64_t n,
                     int64_t total)
{
    o->status = 206;
    o->size = n;
    o->content_range =
        total < 0 ? arena_printf(a, "bytes %lld-%lld/*", (long long)at, (long long)(at + n - 1))
                  : arena_printf(a, "bytes %lld-%lld/%lld", (long long)at, (long long)(at + n - 1),
                                 (long long)total);
}

static void set_beyond(struct arena *a, struct storage_opened *o, int64_t total)
{
    o->status = 416;
    o->size = 0;
    o->content_range = total < 0 ? NULL : arena_printf(a, "bytes */%lld", (long long)total);
}

/*
 * A part of what comes whole: an origin that knows no ranges. Its beginning is dropped by the net
 * thread; true when the stream is still wanted.
 */
static bool cut(struct arena *a, const char *range, struct stream *stream, struct storage_opened *o)
{
    int64_t total = o->size;
    int64_t at;
    int64_t n;
    int found = total < 0 ? 0 : range_parse(range, total, &at, &n);

    if (found > 0) {
        stream_skip(stream, at);
        set_part(a, o, at, n, total);
    } else if (found < 0) {
        set_beyond(a, o, total);
    }
    return found >= 0;
}

/* Takes the part that came, if it is the one that was asked for. */
static bool take_part(struct arena *a, const struct net_response *got, const char *range,
                      struct storage_opened *o)
{
    int64_t at, n, total;
    int64_t want_at = 0;
    int64_t want_n = 0;

    if (!range_content_parse(net_header_get(got, "content-range"), &at, &n, &total) ||
        range_parse(range, total < 0 ? INT64_MAX : total, &want_at, &want_n) <= 0 ||
        (total >= 0 && (at != want_at || n != want_n)) || (total < 0 && at != want_at) ||
        (o->size >= 0 && o->size != n))
        return false;
    set_part(a, o, at, n, total);
    return true;
}

/* If-Range: only the same content may be continued. What has no validators never is the same. */
static bool may_continue(const struct storage_request *r, const struct storage_opened *o)
{
    return !r->if_range || str_eq(r->if_range, o->etag) || str_eq(r->if_range, o->modified);
}

/* --- over HTTP --- */

static void describe(const struct net_response *got, struct storage_opened *o)
{
    o->status = 200;
    o->size = number(net_header_get(got, "content-length"));
    o->content_type = net_header_get(got, "content-type");
    o->content_encoding = net_header_get(got, "content-encoding");
    o->disposition = net_header_get(got, "content-disposition");
    o->etag = net_header_get(got, "etag");
    o->modified = net_header_get(got, "last-modified");
}

/* A request and the Range header that it has, or NULL. */
struct asking {
    struct net_request request;
    const char *range;
};

/* What an answer is good for. */
enum answer { ANSWER_TAKEN, ANSWER_NO, ANSWER_WRONG_PART };

/* asked: the Range header that the request had, or NULL. Takes the stream with ANSWER_TAKEN. */
static enum answer take_answer(struct arena *a, const struct storage_request *r, const char *asked,
                               const struct net_response *got, struct stream *stream,
                               struct storage_opened *o)
{
    bool wanted = true;

    describe(got, o);
    if (got->status == 206) {
        if (!asked || !take_part(a, got, asked, o))
            return ANSWER_WRONG_PART;
    } else if (got->status == 416 && asked) {
        const char *total = net_header_get(got, "content-range");

        set_beyond(a, o, total && str_starts(total, "bytes */") ? number(total + 8) : -1);
        wanted = false;
    } else if (!storage__is_success(got->status)) {
        return ANSWER_NO;
    } else if (r->range && may_continue(r, o)) {
        wanted = cut(a, r->range, stream, o);
    }
    o->ranges = o->status != 200 || o->size >= 0;
    o->body = wanted ? storage__stream_body(stream, o->size) : storage__no_body();
    if (!wanted)
        stream_close(stream);
    return ANSWER_TAKEN;
}

/* The target with If-Range for the origin. */
static struct storage_target with_if_range(struct arena *a, const struct storage_target *t,
                                           const char *if_range)
{
    struct net_header *headers = arena_calloc(a, t->header_count + 1, sizeof(*headers));
    struct storage_target with = *t;

    if (t->header_count > 0)
        memcpy(headers, t->headers, t->header_count * sizeof(*headers));
    headers[with.header_count++] = (struct net_header){"If-Range", if_range};
    with.headers = headers;
    return with;
}

/* 1 when another part came than the request asked for. */
static int fetch(struct storage *s, struct arena *a, const struct storage_request *r,
                 const struct asking *q, struct storage_opened *o, struct err *e)
{
    struct net_response got;
    struct stream *stream;
    enum answer answer;

    if (net_open(s->net, a, &q->request, &got, &stream, e) < 0)
        return -1;
    answer = take_answer(a, r, q->range, &got, stream, o);
    if (answer == ANSWER_TAKEN)
        return 0;
    stream_close(stream);
    if (answer == ANSWER_NO)
        return storage__status_failed(got.status, e);
    return q->range ? 1 : failed(e, FAILED, "the origin sends a part of what it was asked for");
}

/* S3 says that a range is beyond the end, and not where that is. */
static void tell_size(struct storage *s, struct arena *a, const struct storage_target *t,
                      struct storage_opened *o)
{
    struct storage_info info = {.size = -1};
    struct err ignored;

    if (storage__ask(s, a, t, &info, &ignored) == 0 && info.valid)
        set_beyond(a, o, info.size);
}

/* An origin whose parts are not the ones that were asked for is asked for the whole. */
static int open_http(struct storage *s, struct arena *a, const struct storage_request *r,
                     const struct storage_target *t, struct storage_opened *o, struct err *e)
{
    struct storage_target with = r->range && r->if_range ? with_if_range(a, t, r->if_range) : *t;
    struct asking q = {.range = str_eq(t->method, "GET") ? r->range : NULL};
    int rc;

    q.request = storage__request(a, &with, t->method, q.range);
    rc = fetch(s, a, r, &q, o, e);
    if (rc == 0 && o->status == 416 && !o->content_range)
        tell_size(s, a, t, o);
    if (rc != 1)
        return rc;
    q.range = NULL;
    q.request = storage__request(a, t, t->method, NULL);
    return fetch(s, a, r, &q, o, e);
}

/* --- over FTP --- */

/* The size comes first when a part is wanted: FTP knows offsets and no ends. */
static int open_ftp(struct storage *s, struct arena *a, const struct storage_request *r,
                    const struct storage_target *t, struct storage_opened *o, struct err *e)
{
    struct net_ftp ftp = *t->ftp;
    struct storage_target with = *t;
    struct storage_info info = {.size = -1};
    struct net_request request;
    struct net_response got;
    struct stream *stream;
    int64_t at, n;
    int found = 0;

    if (r->range && !r->if_range) {
        if (storage__ask(s, a, t, &info, e) < 0)
            return -1;
        found = info.valid && info.size >= 0 ? range_parse(r->range, info.size, &at, &n) : 0;
    }
    o->ranges = true;
    if (found < 0) {
        set_beyond(a, o, info.size);
        o->body = storage__no_body();
        return 0;
    }
    ftp.offset = found ? at : 0;
    with.ftp = &ftp;
    request = storage__request(a, &with, "GET", NULL);
    if (net_open(s->net, a, &request, &got, &stream, e) < 0)
        return -1;
    describe(&got, o);
    if (found)
        set_part(a, o, at, n, info.size);
    o->body = storage__stream_body(stream, o->size);
    return 0;
}

/* --- encrypted content --- */

/* Reads it whole: ECIES says at its start whether the rest is genuine, so all is needed first. */
static int read_sealed(struct storage_body *b, struct buf *out, struct err *e)
{
    int64_t deadline = clock_mono_ms() + ECIES_LIMIT_MS;
    _free_ char *piece = xmalloc(PIECE);
    int64_t n;

    while ((n = storage_read(b, piece, PIECE, e)) > 0) {
        buf_add(out, piece, (size_t)n);
        if (out->full)
            return failed(e, TOO_LARGE, "the encrypted file is larger than %zu bytes", out->max);
        if (clock_mono_ms() > deadline)
            return failed(e, TIMEOUT, "the origin is too slow");
    }
    return (int)n;
}

/* Room for a file in memory: its blob and its plain bytes. False when others have taken it all. */
static bool hold(struct storage *s, int64_t n)
{
    if (atomic_fetch_add(&s->held, n) + n <= HELD_MAX)
        return true;
    atomic_fetch_sub(&s->held, n);
    return false;
}

static int decrypt_whole(const struct storage *s, struct storage_body *from, struct buf *plain,
                         struct err *e)
{
    _buf_ struct buf sealed = BUF_INIT(ECIES_MAX);

    if (read_sealed(from, &sealed, e) < 0)
        return -1;
    return ecies_decrypt(&s->key, buf_str(&sealed), sealed.len, plain, e);
}

static int open_ecies(struct storage *s, struct arena *a, const struct storage_request *r,
                      struct storage_opened *o, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(ECIES_MAX);
    int64_t total;
    int64_t at = 0;
    int64_t n;
    int found;

    if (!hold(s, 2 * ECIES_MAX)) {
        (void)failed(e, FAILED, "too many encrypted files are being read");
        return err_transient(e);
    }
    if (decrypt_whole(s, o->body, &plain, e) < 0) {
        atomic_fetch_sub(&s->held, 2 * ECIES_MAX);
        return -1;
    }
    storage_close(o->body);
    n = total = o->size = (int64_t)plain.len;
    atomic_fetch_sub(&s->held, 2 * ECIES_MAX - total);
    found = r->range && !r->if_range ? range_parse(r->range, total, &at, &n) : 0;
    if (found > 0)
        set_part(a, o, at, n, total);
    else if (found < 0)
        set_beyond(a, o, total);
    o->body = storage__bytes_body(buf_take(&plain), (size_t)at, found < 0 ? 0 : (size_t)n, &s->held,
                                  total);
    return 0;
}

/* Whether the stored content is encrypted by this node, so that it is decrypted on its way. */
static bool is_sealed(const struct storage *s, const struct json *file)
{
    return s->peer_id && str_eq(s->peer_id, json_get_str(file, "encryptedBy", NULL));
}

static bool is_ecies(const struct json *file)
{
    return str_ieq(json_get_str(file, "encryptMethod", "AES"), "ECIES");
}

/* How AES content ends is known at its end only, so it has no size and no parts. */
static int unseal(struct storage *s, struct arena *a, const struct storage_request *r,
                  struct storage_opened *o, struct err *e)
{
    o->content_encoding = NULL;
    o->etag = NULL; /* of the stored bytes */
    if (is_ecies(r->file))
        return open_ecies(s, a, r, o, e);
    o->size = -1;
    o->ranges = false;
    o->body = storage__cipher_body(o->body, s->key.b, s->iv, false);
    return 0;
}

/* --- all together --- */

/* The head alone: nothing is opened. */
static int open_nothing(struct storage *s, struct arena *a, const struct storage_target *t,
                        bool sealed, struct storage_opened *o, struct err *e)
{
    struct storage_info info = {.size = -1};

    if (storage__ask(s, a, t, &info, e) < 0)
        return -1;
    if (!info.valid && info.status)
        return storage__status_failed(info.status, e);
    if (!info.valid)
        return failed(e, FAILED, "the origin does not answer, or does not have the file");
    *o = (struct storage_opened){.status = 200,
                                 .size = info.size,
                                 .content_type = info.content_type,
                                 .etag = sealed ? NULL : info.etag,
                                 .modified = info.modified,
                                 .name = t->name,
                                 .ranges = info.size >= 0};
    if (!sealed)
        return 0;
    o->ranges = is_ecies(t->file);
    o->size = o->ranges && info.size >= ECIES_OVERHEAD ? info.size - ECIES_OVERHEAD : -1;
    return 0;
}

static int open_by_url(struct storage *s, struct arena *a, const struct storage_request *r,
                       struct storage_opened *ret, struct err *e)
{
    const struct storage_place place = {.file = r->file, .userdata = r->userdata};
    const bool sealed = is_sealed(s, r->file);
    struct storage_request whole = *r;
    struct storage_opened o = {.status = 200};
    struct storage_target t;

    if (storage__locate(s, a, &place, &t, e) < 0)
        return -1;
    if (r->head)
        return open_nothing(s, a, &t, sealed, ret, e);
    if (sealed)
        whole.range = whole.if_range = NULL;
    o.name = t.name;
    if ((t.own ? storage__own_open : t.ftp ? open_ftp : open_http)(s, a, &whole, &t, &o, e) < 0)
        return -1;
    if (sealed && unseal(s, a, r, &o, e) < 0) {
        storage_close(o.body);
        return -1;
    }
    *ret = o;
    return 0;
}

int storage_open(struct storage *s, struct arena *a, const struct storage_request *r,
                 struct storage_opened *ret, struct err *e)
{
    struct storage_request one = *r;
    const struct storage_ops *ops;

    if (storage__find(s, r->file, &ops, e) < 0)
        return -1;
    if (!range_is_single(r->range))
        one.range = NULL;
    if ((ops->open ? ops->open : open_by_url)(s, a, &one, ret, e) == 0)
        return 0;
    return storage__unsafe(e);
}
