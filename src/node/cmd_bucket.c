/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "auth/auth.h"
#include "base/str.h"
#include "node/api.h"
#include "node/bucket_access.h"
#include "node/node.h"

/* Buckets themselves: persistentStorageCreateBucket, UpdateBucket, GetBuckets. */

/* Who asks, once the signature or token has been checked; then whether there are buckets here. */
static int authenticate(struct task *t, const struct auth_request *who, struct addr *ret,
                        struct err *e)
{
    struct auth_request r = *who;

    r.command = t->command->name;
    r.token = t->authorization;
    r.rule = AUTH_COMMAND;
    if (auth_check(t->node->auth, &r, ret, e) < 0)
        return -1;
    return t->node->buckets ? 0 : refused(e, BUCKETS_OFF);
}

/* Refused only because something else than an address came with a good token. */
static bool is_no_address(struct task *t, const struct auth_request *who, const struct err *e)
{
    struct addr ignored;
    struct err why;

    return e->code == ERR_AUTH_TOKEN && who->address && !addr_parse_any(who->address, &ignored) &&
           auth_token_find(t->node->auth, t->authorization, &ignored, &why) == 0;
}

/* A label that is something else than a text; its length is checked where it is stored. */
static int check_label(const struct json *label, struct err *e)
{
    return !label || json_is(label, JSON_NULL) || json_is(label, JSON_STRING)
               ? 0
               : refused(e, BUCKET_LABEL);
}

/* JSON's U+0000 would end the text early. */
static const char *text_of(const struct json *v)
{
    const char *s = json_str(v, NULL);

    return s && strlen(s) == json_str_len(v) ? s : NULL;
}

static void set_label(struct task *t, struct json *v, const char *label)
{
    json_set(t->arena, v, "label", json_new_str(t->arena, label));
}

static bool may_create(struct node *n, const struct addr *who)
{
    const struct config_access_lists *lists = &n->config->persistent_storage_lists;

    return lists->count == 0 || node_is_listed(n, lists, who);
}

int cmd_persistent_storage_create_bucket(struct task *t,
                                         const struct args_persistent_storage_create_bucket *args,
                                         struct err *e)
{
    const struct auth_request who = {
        .address = args->consumer_address, .nonce = args->nonce, .signature = args->signature};
    struct bucket bucket = {.lists = args->access_lists, .label = text_of(args->label)};
    struct json *v = json_new_object(t->arena);

    if (!json_is(args->access_lists, JSON_ARRAY))
        return refused(e, BUCKET_LISTS);
    if (check_label(args->label, e) < 0)
        return -1;
    if (authenticate(t, &who, &bucket.owner, e) < 0)
        return is_no_address(t, &who, e) ? refused(e, BUCKET_CONSUMER) : -1;
    if (!may_create(t->node, &bucket.owner))
        return refused(e, BUCKET_CREATE_DENIED);
    if (bucket_create(t->node->buckets, t->arena, &bucket, e) < 0)
        return -1;
    json_set_str(t->arena, v, "bucketId", bucket.id);
    json_set_str(t->arena, v, "owner", addr_text(t->arena, &bucket.owner));
    json_set(t->arena, v, "accessList", json_copy(t->arena, bucket.lists));
    set_label(t, v, bucket.label);
    return reply_json(t, v);
}

int cmd_persistent_storage_update_bucket(struct task *t,
                                         const struct args_persistent_storage_update_bucket *args,
                                         struct err *e)
{
    const struct auth_request who = {
        .address = args->consumer_address, .nonce = args->nonce, .signature = args->signature};
    const struct json *label = json_get(t->args, "label"); /* null differs from nothing */
    const char *id = text_of(args->bucket_id);
    struct json *v = json_new_object(t->arena);
    struct bucket bucket;
    struct addr owner;

    if (!id || !*id)
        return refused(e, BUCKET_ID_TYPE);
    if (check_label(label, e) < 0 || authenticate(t, &who, &owner, e) < 0)
        return -1;
    if (bucket_find(t->node->buckets, t->arena, id, &bucket, e) < 0)
        return e->code == ERR_BUCKET_UNKNOWN ? refused(e, BUCKET_GONE, id) : -1;
    if (!addr_eq(&owner, &bucket.owner))
        return refused(e, BUCKET_DENIED);
    if (label && bucket_set_label(t->node->buckets, t->arena, &bucket, text_of(label), e) < 0)
        return -1;
    json_set_str(t->arena, v, "bucketId", id);
    set_label(t, v, bucket.label);
    return reply_json(t, v);
}

static struct json *described(struct task *t, const struct bucket *b)
{
    struct json *v = json_new_object(t->arena);

    json_set_str(t->arena, v, "bucketId", b->id);
    json_set_str(t->arena, v, "owner", addr_text(t->arena, &b->owner));
    json_set_int(t->arena, v, "createdAt", b->created);
    json_set(t->arena, v, "accessLists", json_copy(t->arena, b->lists));
    set_label(t, v, b->label);
    return v;
}

int cmd_persistent_storage_get_buckets(struct task *t,
                                       const struct args_persistent_storage_get_buckets *args,
                                       struct err *e)
{
    const struct auth_request who = {
        .address = args->consumer_address, .nonce = args->nonce, .signature = args->signature};
    struct bucket_reader *reader = arena_calloc(t->arena, 1, sizeof(*reader));
    struct json *list = json_new_array(t->arena);
    const char *of = text_of(args->owner);
    struct bucket *bucket = NULL;
    struct addr owner;
    size_t n, i;

    if (!of || !*of)
        return refused(e, BUCKET_OWNER_TYPE);
    reader->node = t->node;
    if (authenticate(t, &who, &reader->who, e) < 0)
        return is_no_address(t, &who, e) ? refused(e, BUCKET_OWNER) : -1;
    if (!addr_parse_any(of, &owner))
        return refused(e, BUCKET_OWNER);
    if (bucket_list(t->node->buckets, t->arena, &owner, &bucket, &n, e) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (bucket_is_open_to(reader, &bucket[i]))
            json_push(t->arena, list, described(t, &bucket[i]));
    return reply_json(t, list);
}
