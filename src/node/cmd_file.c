/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "base/clock.h"
#include "base/str.h"
#include "node/bucket_access.h"
#include "node/consume.h"
#include "node/node.h"
#include "storage/storage.h"

enum { FILES_LIMIT_MS = 120000 };

/* A file of a bucket, of which nothing is told to who does not say who he is. */
static struct json *closed(struct arena *a, const struct json *file)
{
    struct json *v = json_new_object(a);

    json_set_bool(a, v, "valid", false);
    json_set_str(a, v, "contentLength", "");
    json_set_str(a, v, "contentType", "application/octet-stream");
    json_set_str(a, v, "name", "");
    json_set_str(a, v, "type", json_get_str(file, "type", ""));
    return v;
}

/* What the reference says of buckets and their files it says as it is. */
static bool is_of_bucket(const struct err *e)
{
    return e->code == ERR_BUCKETS_OFF || e->code == ERR_BUCKET_ID ||
           e->code == ERR_BUCKET_UNKNOWN || e->code == ERR_BUCKET_DENIED ||
           e->code == ERR_BUCKET_NAME || e->code == ERR_BUCKET_FILE;
}

/* Facts about one file, added to the answer. */
static int add_info(struct task *t, const struct args_file_info *args, const struct json *file,
                    struct json *list, struct err *e)
{
    const char *who = args->consumer_address;
    struct bucket_info_request r = {file, NULL, args->has_checksum && args->checksum};
    struct storage_info info;
    struct addr consumer;

    if (bucket_is_file(file) && !who) {
        json_push(t->arena, list, closed(t->arena, file));
        return 0;
    }
    if (who && addr_parse_any(who, &consumer))
        r.who = &consumer;
    else if (bucket_is_file(file))
        return refused(e, BUCKET_DENIED);
    if (bucket_info_get(t->node, t->arena, &r, &info, e) < 0) {
        struct err why = *e;

        return is_of_bucket(e) ? -1 : refused(e, FILE_INFO_FAILED, why.msg);
    }
    json_push(t->arena, list, storage_info_json(t->arena, &info));
    return 0;
}

static bool is_known_type(const char *type)
{
    static const char *const known[] = {"url", "ipfs", "arweave",
                                        "s3",  "ftp",  "nodePersistentStorage"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(known); i++) {
        if (str_ieq(known[i], type))
            return true;
    }
    return false;
}

/* What says where a file is, by the kinds of storage. */
static bool has_place(const struct json *file)
{
    static const char *const places[] = {"url", "hash", "transactionId", "s3Access", "bucketId"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(places); i++) {
        if (json_get(file, places[i]))
            return true;
    }
    return false;
}

/* A file object in the clear: the member `file`, or the arguments themselves. */
static int info_of_file(struct task *t, const struct args_file_info *args, struct json *list,
                        struct err *e)
{
    const struct json *file = args->file ? args->file : t->args;

    if (!is_known_type(args->type))
        return refused(e, FILE_INFO_TYPE);
    if ((str_ieq(args->type, "nodePersistentStorage") || bucket_is_file(file)) &&
        !args->consumer_address)
        return refused(e, FILE_INFO_CONSUMER);
    if (t->direct && !args->file && !has_place(t->args))
        return refused(e, FILE_INFO_ARGUMENTS);
    if (!json_get(file, "type")) {
        struct json *copy = json_copy(t->arena, file);

        json_set_str(t->arena, copy, "type", args->type);
        file = copy;
    }
    return add_info(t, args, file, list, e);
}

/* All of them or one: a publisher may have put any number there, of origins that do not answer. */
static int add_files(struct task *t, const struct args_file_info *args, const struct json *files,
                     struct json *list, struct err *e)
{
    int64_t end = clock_mono_ms() + FILES_LIMIT_MS;
    size_t i;

    if (args->has_file_index && args->file_index >= (int64_t)json_len(files))
        return refused(e, FILE_INDEX, (long long)args->file_index, json_len(files));
    for (i = 0; i < json_len(files); i++) {
        if (args->has_file_index && (int64_t)i != args->file_index)
            continue;
        if (clock_mono_ms() > end)
            return refused(e, FILE_INFO_FAILED, "the origins of these files are too slow");
        if (add_info(t, args, json_at(files, i), list, e) < 0)
            return -1;
    }
    return 0;
}

/* The files of a service, or one of them. */
static int info_of_service(struct task *t, const struct args_file_info *args, struct json *list,
                           struct err *e)
{
    const struct asset_service *service;
    struct asset asset;
    struct json *files;
    bool found;

    if (!args->service_id)
        return refused(e, FILE_INFO_SERVICE);
    if (!str_starts(args->did, "did:op"))
        return refused(e, FILE_INFO_DID);
    if (node_asset_find(t->node, t->arena, args->did, &found, &asset, e) < 0)
        return -1;
    if (!found)
        return refused(e, ASSET_UNKNOWN);
    service = asset_service_find(&asset, args->service_id, NULL);
    if (!service)
        return refused(e, ASSET_SERVICE);
    if (asset_files_open(t->arena, &t->node->config->private_key, &asset, service, &files, e) < 0)
        return e->code == ERR_ASSET_FILES_KEY ? refused(e, FILE_INFO_KEY) : -1;
    return add_files(t, args, files, list, e);
}

/* fileInfo: does the origin have it, how large, what is its checksum.  See api/fileInfo.json. */
int cmd_file_info(struct task *t, const struct args_file_info *args, struct err *e)
{
    struct json *list = json_new_array(t->arena);
    int rc;

    if (json_len(t->args) == 0)
        return refused(e, FILE_INFO_FIELDS);
    if (args->did)
        rc = info_of_service(t, args, list, e);
    else if (args->type)
        rc = info_of_file(t, args, list, e);
    else
        return refused(e, FILE_INFO_PARAMETERS);
    return rc < 0 ? -1 : reply_json(t, list);
}
