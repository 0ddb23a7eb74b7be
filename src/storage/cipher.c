/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/must.h"
#include "crypto/aes.h"
#include "crypto/random.h"
#include "storage/storage_int.h"

/*
 * AES-256-CBC while the bytes flow. Nobody has to hold a file whole; what that costs is that a
 * wrong key or a damaged file shows only at its end, where the reader gets a failure instead of
 * the last block.
 */

enum { PIECE = 64 * 1024, BLOCK = 16 };

struct cipher {
    struct aes_stream *aes;
    size_t at;  /* of what is ready in `out` */
    size_t len; /* bytes ready */
    bool ended;
    unsigned char in[PIECE];
    unsigned char out[PIECE + BLOCK];
};

struct cipher *cipher__new(const uint8_t key[32], const uint8_t iv[16], bool encrypt)
{
    struct cipher *c = xmalloc(sizeof(*c));

    c->aes = aes_stream_new(key, iv, encrypt);
    c->at = 0;
    c->len = 0;
    c->ended = false;
    return c;
}

void cipher__free(struct cipher *c)
{
    if (!c)
        return;
    aes_stream_free(c->aes);
    wipe(c, sizeof(*c));
    free(c);
}

int64_t cipher__read(struct cipher *c, cipher_reader *reader, void *ctx, void *out, size_t cap,
                     struct err *e)
{
    int64_t n;

    while (c->len == 0 && !c->ended) {
        n = reader(ctx, c->in, sizeof(c->in), e);
        if (n < 0)
            return n;
        c->at = 0;
        if (n > 0)
            c->len = aes_stream_add(c->aes, c->in, (size_t)n, c->out);
        else if (aes_stream_end(c->aes, c->out, &c->len, e) < 0)
            return -1;
        c->ended = n == 0;
    }
    if (cap > c->len)
        cap = c->len;
    memcpy(out, c->out + c->at, cap);
    c->at += cap;
    c->len -= cap;
    return (int64_t)cap;
}

/* --- as a body --- */

struct cipher_body {
    struct storage_body body;
    struct storage_body *inner;
    struct cipher *cipher;
};

static int64_t read_waiting(void *ctx, void *out, size_t cap, struct err *e)
{
    return storage_read(ctx, out, cap, e);
}

static int64_t read_ready(void *ctx, void *out, size_t cap, struct err *e)
{
    return storage_pull(ctx, out, cap, e);
}

static int64_t cipher_body_read(struct storage_body *b, void *out, size_t cap, bool wait,
                                struct err *e)
{
    struct cipher_body *c = container_of(b, struct cipher_body, body);

    return cipher__read(c->cipher, wait ? read_waiting : read_ready, c->inner, out, cap, e);
}

static void cipher_body_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    storage_notify(container_of(b, struct cipher_body, body)->inner, ready, arg);
}

static void cipher_body_close(struct storage_body *b)
{
    struct cipher_body *c = container_of(b, struct cipher_body, body);

    storage_close(c->inner);
    cipher__free(c->cipher);
    free(c);
}

struct storage_body *storage__cipher_body(struct storage_body *inner, const uint8_t key[32],
                                          const uint8_t iv[16], bool encrypt)
{
    static const struct body_ops ops = {cipher_body_read, cipher_body_notify, cipher_body_close};
    struct cipher_body *c = xcalloc(1, sizeof(*c));

    *c = (struct cipher_body){
        .body.ops = &ops, .inner = inner, .cipher = cipher__new(key, iv, encrypt)};
    return &c->body;
}
