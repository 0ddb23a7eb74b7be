/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api.gen.h"
#include "auth/auth.h"
#include "base/str.h"
#include "node/api.h"
#include "node/bucket_access.h"
#include "node/node.h"
#include "storage/storage.h"

/* Files of buckets: list, upload, file object, download, delete. */

/* What all these commands are asked with. */
struct asked {
    const char *address, *nonce, *signature;
    const char *bucket;
};
#define ASKED(args)                                                                                \
    &(const struct asked)                                                                          \
    {                                                                                              \
        (args)->consumer_address, (args)->nonce, (args)->signature, (args)->bucket_id              \
    }

/* Signature or token first, then the bucket, then whether it is open to who asks. */
static int enter(struct task *t, const struct asked *q, struct bucket *ret, struct err *e)
{
    const struct auth_request r = {.command = t->command->name,
                                   .address = q->address,
                                   .nonce = q->nonce,
                                   .signature = q->signature,
                                   .token = t->authorization,
                                   .rule = AUTH_COMMAND};
    struct addr who;

    if (auth_check(t->node->auth, &r, &who, e) < 0)
        return -1;
    return bucket_use(t->node, t->arena, q->bucket, &who, ret, e);
}

static struct json *described(struct task *t, const struct bucket *b, const struct bucket_file *f)
{
    struct json *v = json_new_object(t->arena);

    json_set_str(t->arena, v, "bucketId", b->id);
    json_set_str(t->arena, v, "name", f->name);
    json_set_int(t->arena, v, "size", f->size);
    json_set_int(t->arena, v, "lastModified", f->modified_ns / 1000000);
    return v;
}

int cmd_persistent_storage_list_files(struct task *t,
                                      const struct args_persistent_storage_list_files *args,
                                      struct err *e)
{
    const char *id = json_str(args->bucket_id, "");
    const struct asked q = {args->consumer_address, args->nonce, args->signature, id};
    struct json *list = json_new_array(t->arena);
    struct bucket_file *file = NULL;
    struct bucket bucket;
    size_t n, i;

    if (!*id)
        return refused(e, BUCKET_ID_TYPE);
    if (enter(t, &q, &bucket, e) < 0 ||
        bucket_files(t->node->buckets, t->arena, &bucket, &file, &n, e) < 0)
        return -1;
    for (i = 0; i < n; i++)
        json_push(t->arena, list, described(t, &bucket, &file[i]));
    return reply_json(t, list);
}

/* Of what is there; 404 where the protocol says so. */
static int open_file(struct task *t, const struct bucket *b, const char *name, int *ret_fd,
                     struct bucket_file *ret, struct err *e)
{
    if (bucket_file_open(t->node->buckets, b, name, ret_fd, ret, e) == 0)
        return 0;
    return e->code == ERR_BUCKET_FILE ? refused(e, BUCKET_FILE_GONE, name) : -1;
}

int cmd_persistent_storage_get_file_object(
    struct task *t, const struct args_persistent_storage_get_file_object *args, struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct bucket_file file;
    struct bucket bucket;
    int fd;

    if (enter(t, ASKED(args), &bucket, e) < 0 ||
        open_file(t, &bucket, args->file_name, &fd, &file, e) < 0)
        return -1;
    close(fd);
    json_set_str(t->arena, v, "type", "nodePersistentStorage");
    json_set_str(t->arena, v, "bucketId", bucket.id);
    json_set_str(t->arena, v, "fileName", args->file_name);
    return reply_json(t, v);
}

int cmd_persistent_storage_delete_file(struct task *t,
                                       const struct args_persistent_storage_delete_file *args,
                                       struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct bucket bucket;

    if (enter(t, ASKED(args), &bucket, e) < 0 ||
        bucket_file_remove(t->node->buckets, &bucket, args->file_name, e) < 0)
        return -1;
    json_set_bool(t->arena, v, "success", true);
    return reply_json(t, v);
}

/* --- download --- */

/* Whether the client has this state of the file already. */
static bool is_known(const struct task *t, const char *tag)
{
    const char *known = http_header_get(t->request, "if-none-match");

    return known && (str_eq(known, "*") || strstr(known, tag));
}

/* The content is a user's: a browser must save it, and must not run what is in it. */
static void describe(struct task *t, const struct bucket_file *f, const char *tag)
{
    time_t when = (time_t)(f->modified_ns / 1000000000);
    char date[40];
    struct tm tm;

    (void)gmtime_r(&when, &tm);
    (void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    reply_header(t, "ETag", tag);
    reply_header(t, "Last-Modified", date);
    reply_header(t, "Cache-Control", "private, no-cache");
    reply_header(t, "X-Content-Type-Options", "nosniff");
    reply_header(t, "Content-Security-Policy", "sandbox; default-src 'none'");
}

int cmd_persistent_storage_download_file(struct task *t,
                                         const struct args_persistent_storage_download_file *args,
                                         struct err *e)
{
    struct bucket_file file;
    struct bucket bucket;
    const char *tag;
    int fd;

    if (enter(t, ASKED(args), &bucket, e) < 0 ||
        open_file(t, &bucket, args->file_name, &fd, &file, e) < 0)
        return -1;
    tag = arena_printf(t->arena, "\"%llx-%llx\"", (unsigned long long)file.modified_ns,
                       (unsigned long long)file.size);
    describe(t, &file, tag);
    if (is_known(t, tag)) {
        close(fd);
        reply_status(t, 304);
        return 0;
    }
    return reply_file(t, fd, file.size, "application/octet-stream",
                      storage_safe_name(t->arena, file.name, NULL, 0));
}

/* --- upload --- */

struct receiving {
    struct bucket bucket;
    struct bucket_upload *upload;
};

static int take(void *ctx, const void *p, size_t n, struct err *e)
{
    struct receiving *r = ctx;

    if (bucket_upload_write(r->upload, p, n, e) == 0)
        return 0;
    bucket_upload_drop(r->upload);
    return -1;
}

static int taken(void *ctx, struct task *t, struct err *e)
{
    struct receiving *r = ctx;
    struct bucket_file file;

    if (bucket_upload_commit(r->upload, t->arena, &file, e) < 0)
        return -1;
    return reply_json(t, described(t, &r->bucket, &file));
}

static void broken_off(void *ctx)
{
    struct receiving *r = ctx;

    bucket_upload_drop(r->upload);
}

static int64_t announced_size(const struct task *t)
{
    const char *length = http_header_get(t->request, "content-length");

    return length ? (int64_t)strtoll(length, NULL, 10) : -1;
}

int cmd_persistent_storage_upload_file(struct task *t,
                                       const struct args_persistent_storage_upload_file *args,
                                       struct err *e)
{
    struct receiving *r = arena_calloc(t->arena, 1, sizeof(*r));
    const struct task_sink sink = {take, taken, broken_off, r};

    if (enter(t, ASKED(args), &r->bucket, e) < 0)
        return -1;
    if (t->direct)
        return refused(e, BUCKET_STREAM);
    if (bucket_upload_begin(t->node->buckets, &r->bucket, args->file_name, announced_size(t),
                            &r->upload, e) < 0)
        return -1;
    return reply_sink(t, &sink);
}
