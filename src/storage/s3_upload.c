/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "storage/s3_int.h"

/* Writing an object: in one request when it is small, else in parts. */

enum {
    PART = 5 * 1048576, /* S3's least */
    PARTS_MAX = 10000,
    PART_LIMIT_MS = 300000, /* 17 kB/s */
    ANSWER_MAX = 64 * 1024,
    ETAG_MAX = 256,
    TRIES = 3
};

/* --- the little XML that there is --- */

/* The text between <name> and </name>; NULL when there is none without markup in it. */
static const char *element(struct arena *a, const char *xml, size_t n, const char *name)
{
    const char *open = arena_printf(a, "<%s>", name);
    const char *at = memmem(xml, n, open, strlen(open));
    const char *end;

    if (!at)
        return NULL;
    at += strlen(open);
    end = memchr(at, '<', n - (size_t)(at - xml));
    return end ? arena_strndup(a, at, (size_t)(end - at)) : NULL;
}

const char *s3__upload_id(struct arena *a, const char *xml, size_t n)
{
    const char *id = element(a, xml, n, "UploadId");
    const char *c;

    if (!id || !id[0] || strlen(id) > S3_UPLOAD_ID_MAX)
        return NULL;
    for (c = id; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || strchr("<>&\"'", *c))
            return NULL;
    }
    return id;
}

const char *s3__error_code(struct arena *a, const char *xml, size_t n)
{
    const char *code = element(a, xml, n, "Code");
    const char *c;

    for (c = code ? code : ""; *c; c++) {
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z')) || c - code > 64)
            return "";
    }
    return code ? code : "";
}

/* --- requests --- */

struct upload {
    struct storage *storage;
    struct arena *arena; /* of the whole upload: little is kept of each part */
    const struct storage_target *target;
    const struct net_source *source;
    const char *id;
    struct buf parts; /* <Part>...</Part> of what has arrived */
    char *piece;
    size_t piece_size;
};

static int fail_with(struct arena *a, const struct net_response *got, struct err *e)
{
    const char *code = s3__error_code(a, got->body.p, got->body.n);

    (void)storage__status_failed(got->status, e);
    if (code[0])
        (void)str_copy(e->msg, sizeof(e->msg), arena_printf(a, "%s (%s)", e->msg, code));
    return -1;
}

/* A request about the object; no body for one without bytes. */
struct question {
    const char *method;
    const char *query;
    struct bytes_view body;
};

/* Its answer is small. Asked again a few times when the service is in a bad mood. */
static int ask(const struct upload *u, struct arena *a, const struct question *q,
               struct net_response *ret, struct err *e)
{
    int i;

    for (i = 1;; i++) {
        struct net_request r = s3__request(a, u->target, q->method, q->query, q->body);
        int rc;

        r.max_body = ANSWER_MAX;
        r.timeout_ms = PART_LIMIT_MS;
        rc = net_call(u->storage->net, a, &r, ret, e);
        if (rc == 0 && storage__is_success(ret->status))
            return 0;
        if (rc == 0)
            (void)fail_with(a, ret, e);
        if (i == TRIES || !e->transient)
            return -1;
    }
}

/* Fills the piece; fewer bytes than that only at the end. */
static int fill(struct upload *u, size_t *ret_n, struct err *e)
{
    size_t n = 0;
    int64_t got = 1;

    while (n < u->piece_size && got > 0) {
        got = u->source->read(u->source->ctx, u->piece + n, u->piece_size - n);
        if (got < 0)
            return failed(e, FAILED, "the content could not be read");
        n += (size_t)got;
    }
    *ret_n = n;
    return 0;
}

static const char *part_query(struct arena *a, const struct upload *u, unsigned part)
{
    _buf_ struct buf id = BUF_INIT(3 * S3_UPLOAD_ID_MAX);

    storage__encode(&id, u->id, "-._~", "%20");
    return part ? arena_printf(a, "partNumber=%u&uploadId=%s", part, buf_str(&id))
                : arena_printf(a, "uploadId=%s", buf_str(&id));
}

static int begin(struct upload *u, struct err *e)
{
    const struct question q = {.method = "POST", .query = "uploads="};
    struct net_response got;

    if (ask(u, u->arena, &q, &got, e) < 0)
        return -1;
    u->id = s3__upload_id(u->arena, got.body.p, got.body.n);
    return u->id ? 0 : failed(e, FAILED, "the answer names no upload");
}

static int send_part(struct upload *u, unsigned number, size_t n, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct question q = {"PUT", part_query(a, u, number), {u->piece, n}};
    struct net_response got;
    const char *etag;

    if (ask(u, a, &q, &got, e) < 0)
        return -1;
    etag = net_header_get(&got, "etag");
    if (!etag || strlen(etag) > ETAG_MAX || strpbrk(etag, "<>&"))
        return failed(e, FAILED, "the answer to part %u has no ETag", number);
    buf_printf(&u->parts, "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>", number, etag);
    return 0;
}

/* This answer may say 200 and hold an error all the same. */
static int complete(struct upload *u, struct err *e)
{
    struct net_response got;
    const char *xml = arena_printf(u->arena,
                                   "<CompleteMultipartUpload xmlns="
                                   "\"http://s3.amazonaws.com/doc/2006-03-01/\">%s"
                                   "</CompleteMultipartUpload>",
                                   buf_str(&u->parts));
    const struct question q = {"POST", part_query(u->arena, u, 0), {xml, strlen(xml)}};

    if (ask(u, u->arena, &q, &got, e) < 0)
        return -1;
    if (memmem(got.body.p, got.body.n, "<Error", 6))
        return fail_with(u->arena, &got, e);
    return 0;
}

static int send_parts(struct upload *u, struct err *e)
{
    unsigned number = 0;
    size_t n = u->piece_size;

    while (n == u->piece_size) {
        if (fill(u, &n, e) < 0)
            return -1;
        if (n > 0 && send_part(u, ++number, n, e) < 0)
            return -1;
    }
    return complete(u, e);
}

static int in_parts(struct upload *u, struct err *e)
{
    struct question abort = {.method = "DELETE"};
    struct net_response got;
    struct err ignored;

    if (begin(u, e) < 0)
        return -1;
    if (send_parts(u, e) == 0)
        return 0;
    abort.query = part_query(u->arena, u, 0);
    (void)!ask(u, u->arena, &abort, &got, &ignored);
    return -1;
}

static int in_one(struct upload *u, struct err *e)
{
    struct question q = {.method = "PUT", .query = ""};
    struct net_response got;

    if (fill(u, &q.body.n, e) < 0)
        return -1;
    q.body.p = u->piece;
    return ask(u, u->arena, &q, &got, e);
}

int s3__upload(struct storage *s, struct arena *a, const struct storage_target *t,
               const struct net_source *source, struct err *e)
{
    const int64_t size = source->size;
    const bool small = size < PART;
    struct upload u = {.storage = s,
                       .arena = a,
                       .target = t,
                       .source = source,
                       .parts = BUF_INIT(PARTS_MAX * (ETAG_MAX + 64))};
    int rc;

    must(size >= 0);
    u.piece_size = small ? (size_t)size : PART;
    if (size / PARTS_MAX >= PART)
        u.piece_size = (size_t)(size / PARTS_MAX + 1);
    u.piece = xmalloc(u.piece_size + 1);
    rc = (small ? in_one : in_parts)(&u, e);
    free(u.piece);
    buf_done(&u.parts);
    return rc;
}
