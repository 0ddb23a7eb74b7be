/* SPDX-License-Identifier: Apache-2.0 */
#include "node/serve_file.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "crypto/aes.h"
#include "crypto/ethcrypto.h"
#include "node/node.h"
#include "storage/storage.h"

enum { MESSAGE_MAX = 16 * 1024 };

/* --- the body --- */

static int64_t pull(void *ctx, void *out, size_t cap)
{
    struct err e;
    int64_t n = storage_pull(ctx, out, cap, &e);

    if (n == STREAM_WAIT)
        return HTTP_PULL_WAIT;
    return n < 0 ? HTTP_PULL_FAILED : n;
}

static void notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    storage_notify(ctx, ready, arg);
}

static void done(void *ctx)
{
    storage_close(ctx);
}

/* --- the head --- */

/*
 * The content is a stranger's and comes from the node's own origin: a browser must save it, and
 * must not run what is in it.
 */
static void protect(struct task *t, const struct storage_opened *o)
{
    const char *name = o->name[0] ? storage_safe_name(t->arena, o->name, NULL, 0) : "file";

    if (o->disposition && strncasecmp(o->disposition, "attachment", 10) == 0)
        reply_header(t, "content-disposition", o->disposition);
    else
        reply_header(t, "content-disposition",
                     arena_printf(t->arena, "attachment;filename=%s", name));
    reply_header(t, "x-content-type-options", "nosniff");
    reply_header(t, "content-security-policy", "sandbox; default-src 'none'");
}

/* What the client may want to know of the origin's bytes, when it gets these. */
static void describe(struct task *t, const struct storage_opened *o, const struct serve_file *f)
{
    const char *by = json_get_str(f->file, "encryptedBy", NULL);

    if (o->content_encoding)
        reply_header(t, "content-encoding", o->content_encoding);
    if (o->etag)
        reply_header(t, "etag", o->etag);
    if (o->modified)
        reply_header(t, "last-modified", o->modified);
    if (o->content_range)
        reply_header(t, "content-range", o->content_range);
    reply_header(t, "accept-ranges", o->ranges ? "bytes" : "none");
    if (by && !str_eq(by, t->node->peer_id)) { /* another node's secret passes as it is */
        reply_header(t, "x-encrypted-by", by);
        reply_header(t, "x-encrypted-method", json_get_str(f->file, "encryptMethod", "AES"));
    }
}

static void seal(struct task *t, const struct serve_seal *s, struct storage_opened *o)
{
    o->body = storage_encrypt(o->body, s->key, s->iv);
    o->size = o->size < 0 ? -1 : aes_cbc_size(o->size);
    o->content_encoding = NULL;
    o->etag = NULL;
    o->ranges = false;
    reply_header(t, "content-encoding", "aesgcm"); /* that is what the reference calls it */
}

static int refuse(const struct err *why, struct err *e)
{
    if (why->code == ERR_STORAGE)
        return refused(e, DOWNLOAD_STORAGE, why->msg);
    return refused(e, DOWNLOAD_FAILED, why->msg);
}

int serve_file(struct task *t, const struct serve_file *f, struct err *e)
{
    const bool plain = !t->direct && !f->seal;
    const struct storage_request request = {
        .file = f->file,
        .userdata = f->userdata,
        .range = plain ? http_header_get(t->request, "range") : NULL,
        .if_range = plain ? http_header_get(t->request, "if-range") : NULL,
        .head = t->request->head};
    struct http_stream stream = {0};
    struct storage_opened o;
    struct err why;

    if (storage_open(t->node->storage, t->arena, &request, &o, &why) < 0)
        return refuse(&why, e);
    if (f->seal && o.body)
        seal(t, f->seal, &o);
    if (o.body)
        stream = (struct http_stream){.pull = pull, .notify = notify, .close = done, .ctx = o.body};
    stream.size = o.size;
    reply_stream(t, &stream, o.content_type ? o.content_type : "application/octet-stream");
    reply_status(t, o.status);
    protect(t, &o);
    describe(t, &o, f);
    return 0;
}

/* --- the client's key --- */

/* {"message": "{\"key\": hex, \"iv\": hex}", ...}; its outer signature says nothing here. */
static int parse_seal(struct task *t, const struct buf *plain, struct serve_seal *ret,
                      struct err *e)
{
    struct json *outer;
    struct json *inner;
    const struct json *message;
    const char *key;
    const char *iv;

    if (json_parse(t->arena, buf_str(plain), plain->len, &outer, e) < 0)
        return -1;
    message = json_get(outer, "message");
    if (json_parse(t->arena, json_str(message, ""), json_str_len(message), &inner, e) < 0)
        return -1;
    key = json_get_str(inner, "key", "");
    iv = json_get_str(inner, "iv", "");
    if (strlen(key) != 2 * sizeof(ret->key) || !hex_decode(key, sizeof(ret->key), ret->key) ||
        strlen(iv) != 2 * sizeof(ret->iv) || !hex_decode(iv, sizeof(ret->iv), ret->iv))
        return failed(e, INVALID, "key must be 32 bytes and iv 16 bytes, as hex");
    return 0;
}

int serve_seal_open(struct task *t, const char *encrypted, struct serve_seal *ret, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(MESSAGE_MAX);
    struct bytes blob;
    struct err why;

    if (!hex_parse(t->arena, encrypted, &blob))
        return refused(e, AES_KEY, "it is not hex");
    if (blob.n > MESSAGE_MAX)
        return refused(e, AES_KEY, "it is too long");
    if (ethcrypto_decrypt(&t->node->config->private_key, blob.p, blob.n, &plain, &why) < 0 ||
        parse_seal(t, &plain, ret, &why) < 0)
        return refused(e, AES_KEY, why.msg);
    return 0;
}
