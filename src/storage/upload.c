/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/must.h"
#include "base/str.h"
#include "crypto/aes.h"
#include "storage/storage_int.h"

/* Writes a file where a file object says, encrypted on its way when that is wanted. */

/* A source behind the cipher. */
struct sealed {
    const struct net_source *plain;
    struct cipher *cipher;
};

static int64_t read_plain(void *ctx, void *out, size_t cap, struct err *e)
{
    const struct net_source *plain = ctx;
    int64_t n = plain->read(plain->ctx, out, cap);

    return n < 0 ? failed(e, FAILED, "the content could not be read") : n;
}

static int64_t read_sealed(void *ctx, void *out, size_t cap)
{
    struct sealed *s = ctx;
    struct err ignored;

    return cipher__read(s->cipher, read_plain, (void *)(uintptr_t)s->plain, out, cap, &ignored);
}

int storage_upload(struct storage *s, struct arena *a, const struct storage_upload *u,
                   struct err *e)
{
    const struct storage_place place = {.file = u->file, .append = u->name};
    struct sealed sealed = {.plain = u->source};
    struct net_source source = *u->source;
    const struct storage_ops *ops;
    struct storage_target t;
    int rc;

    must(source.size >= 0);
    if (storage__find(s, u->file, &ops, e) < 0)
        return -1;
    if (!ops->upload)
        return failed(e, STORAGE, "Storage class has no support for upload");
    if (storage__locate(s, a, &place, &t, e) < 0)
        return -1;
    if (u->key) {
        sealed.cipher = cipher__new(u->key, s->iv, true);
        source = (struct net_source){read_sealed, &sealed, aes_cbc_size(source.size)};
    }
    rc = ops->upload(s, a, &t, &source, e);
    cipher__free(sealed.cipher);
    return rc < 0 ? storage__unsafe(e) : 0;
}
