/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/list.h"
#include "base/must.h"
#include "crypto/hash.h"
#include "storage/buckets.h"
#include "storage/storage_int.h"

/*
 * Files of this node's own buckets, as a type of storage. Who may read one is not known here, so
 * nobody may who does not say that it has been decided.
 */

enum { PIECE = 64 * 1024 };
static const char undecided[] = "persistent storage files are not read here";
static const char media_type[] = "application/octet-stream";

static int check(const struct storage *s, const struct json *file, struct err *e)
{
    if (!json_get_str(file, "bucketId", "")[0])
        return failed(e, STORAGE, "Missing bucketId");
    if (!json_get_str(file, "fileName", "")[0])
        return failed(e, STORAGE, "Missing fileName");
    if (!s->buckets)
        return failed(e, STORAGE, "Persistent storage is not enabled on this node");
    return 0;
}

static int open_file(const struct storage *s, struct arena *a, const struct json *file, int *ret_fd,
                     struct bucket_file *ret, struct err *e)
{
    struct bucket bucket;

    if (bucket_find(s->buckets, a, json_get_str(file, "bucketId", ""), &bucket, e) < 0)
        return -1;
    return bucket_file_open(s->buckets, &bucket, json_get_str(file, "fileName", ""), ret_fd, ret,
                            e);
}

/* --- what it is --- */

static int hash_file(int fd, int64_t most, struct hash32 *ret, struct err *e)
{
    _free_ unsigned char *piece = xmalloc(PIECE);
    struct sha256_ctx hash;
    ssize_t n = 1;

    sha256_start(&hash);
    while (most > 0 && n > 0) {
        n = read(fd, piece, most < PIECE ? (size_t)most : PIECE);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            return failed(e, FAILED, "a bucket's file: %m");
        else
            sha256_add(&hash, piece, (size_t)n);
        most -= n;
    }
    *ret = sha256_end(&hash);
    return 0;
}

static int info(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                struct storage_info *ret, struct err *e)
{
    (void)s;
    (void)a;
    (void)file;
    (void)checksum;
    (void)ret;
    return failed(e, STORAGE, "%s", undecided);
}

int storage_bucket_info(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                        struct storage_info *ret, struct err *e)
{
    _close_ int fd = -1;
    struct bucket_file f;
    struct hash32 hash;

    if (storage_check(s, file, e) < 0 || open_file(s, a, file, &fd, &f, e) < 0)
        return -1;
    if (checksum && hash_file(fd, s->checksum_max, &hash, e) < 0)
        return -1;
    *ret = (struct storage_info){.valid = true,
                                 .size = f.size,
                                 .content_type = media_type,
                                 .name = f.name,
                                 .type = storage_bucket.type,
                                 .checksum = checksum ? hex_dup(a, hash.b, sizeof(hash.b)) : NULL};
    return 0;
}

/* --- its content --- */

struct file_body {
    struct storage_body body;
    int fd;
};

static int64_t body_read(struct storage_body *b, void *out, size_t cap, bool wait, struct err *e)
{
    struct file_body *f = container_of(b, struct file_body, body);
    ssize_t n;

    (void)wait;
    do
        n = read(f->fd, out, cap);
    while (n < 0 && errno == EINTR);
    return n < 0 ? failed(e, FAILED, "a bucket's file: %m") : n;
}

/* There is never anything to wait for. */
static void body_notify(struct storage_body *b, void (*ready)(void *arg), void *arg)
{
    (void)b;
    ready(arg);
}

static void body_close(struct storage_body *b)
{
    struct file_body *f = container_of(b, struct file_body, body);

    close(f->fd);
    free(f);
}

static int open_body(struct storage *s, struct arena *a, const struct storage_request *r,
                     struct storage_opened *ret, struct err *e)
{
    static const struct body_ops ops = {body_read, body_notify, body_close};
    struct bucket_file file;
    struct file_body *b;
    int fd;

    if (!r->bucket_allowed)
        return failed(e, STORAGE, "%s", undecided);
    if (open_file(s, a, r->file, &fd, &file, e) < 0)
        return -1;
    *ret = (struct storage_opened){
        .status = 200, .size = file.size, .content_type = media_type, .name = file.name};
    if (r->head) {
        close(fd);
        return 0;
    }
    b = xcalloc(1, sizeof(*b));
    *b = (struct file_body){.body.ops = &ops, .fd = fd};
    ret->body = &b->body;
    return 0;
}

const struct storage_ops storage_bucket = {.type = "nodePersistentStorage",
                                           .prefix = "the persistent storage file",
                                           .check = check,
                                           .info = info,
                                           .open = open_body};
