/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/buckets.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "storage/buckets.sql.h"
#include "storage/buckets_int.h"

/* Buckets as rows, and the folders that all files live in. */

enum { FOLDER_MODE = 0700, LABEL_BYTES_MAX = 4 * BUCKET_LABEL_MAX };

/* --- life --- */

static int open_folder(const char *folder, const char *name, int *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *path = arena_printf(a, "%s/%s", folder, name);

    if (fs_mkdirs(path, FOLDER_MODE, e) < 0)
        return err_wrap(e, "buckets");
    *ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret < 0)
        return failed(e, FAILED, "buckets: open %s: %m", path);
    if (faccessat(*ret, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return failed(e, FAILED, "buckets: %s: %m", path);
    return 0;
}

/* Files of uploads that nobody writes any more: a living one is locked by its process. */
static int sweep(struct buckets *b, struct err *e)
{
    int fd = openat(b->temp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return failed(e, FAILED, "buckets: %s/uploads: %m", b->o.folder);
    }
    while ((entry = readdir(dir))) {
        _close_ int file = -1;

        if (!str_starts(entry->d_name, "upload-"))
            continue;
        file = openat(b->temp, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0)
            (void)unlinkat(b->temp, entry->d_name, 0);
    }
    closedir(dir);
    return 0;
}

int buckets_open(const struct buckets_options *o, struct buckets **ret, struct err *e)
{
    struct buckets *b = xcalloc(1, sizeof(*b));

    b->o = *o;
    b->o.folder = xstrdup(o->folder);
    b->root = b->temp = -1;
    list_init(&b->uploads);
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    must(pthread_mutex_init(&b->memo_lock, NULL) == 0);
    if (open_folder(o->folder, "buckets", &b->root, e) < 0 ||
        open_folder(o->folder, "uploads", &b->temp, e) < 0 || sweep(b, e) < 0) {
        buckets_close(b);
        return -1;
    }
    *ret = b;
    return 0;
}

void buckets_close(struct buckets *b)
{
    if (!b)
        return;
    must(list_empty(&b->uploads));
    if (b->root >= 0)
        close(b->root);
    if (b->temp >= 0)
        close(b->temp);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->memo_lock);
    free((char *)(uintptr_t)b->o.folder);
    free(b);
}

/* --- what clients say about a bucket --- */

/* {"<chainId>": ["0x...", ...]}; adds chains and contracts to *count. */
static bool is_list(const struct json *v, size_t *count)
{
    size_t i, k;

    if (!json_is(v, JSON_OBJECT))
        return false;
    for (i = 0; i < json_len(v); i++, ++*count) {
        const struct json *contracts = json_value(v, i);
        uint64_t chain;

        if (!str_u64(json_key(v, i), UINT64_MAX, &chain) || !json_is(contracts, JSON_ARRAY))
            return false;
        for (k = 0; k < json_len(contracts); k++, ++*count) {
            struct addr ignored;

            if (!addr_parse_any(json_str(json_at(contracts, k), ""), &ignored))
                return false;
        }
    }
    return true;
}

static int check_lists(const struct json *lists, struct err *e)
{
    size_t count = 0;
    size_t i;

    if (!json_is(lists, JSON_ARRAY))
        return refused(e, BUCKET_LISTS);
    if (json_len(lists) > BUCKET_LISTS_MAX)
        return refused(e, BUCKET_LISTS_MANY, BUCKET_LISTS_MAX);
    for (i = 0; i < json_len(lists); i++)
        if (!is_list(json_at(lists, i), &count))
            return refused(e, BUCKET_LISTS);
    return count <= BUCKET_LISTS_MAX ? 0 : refused(e, BUCKET_LISTS_MANY, BUCKET_LISTS_MAX);
}

/* Length as JavaScript counts it. */
static size_t utf16_len(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80 ? 1u + ((unsigned char)*s >= 0xf0) : 0u;
    return n;
}

/* Without the blanks around it; NULL when nothing is left. */
static int trimmed(struct arena *a, const char *label, const char **ret, struct err *e)
{
    size_t n;

    *ret = NULL;
    if (!label)
        return 0;
    if (strlen(label) > LABEL_BYTES_MAX || utf16_len(label) > BUCKET_LABEL_MAX)
        return refused(e, BUCKET_LABEL_LONG, BUCKET_LABEL_MAX);
    while (isspace((unsigned char)*label))
        label++;
    for (n = strlen(label); n > 0 && isspace((unsigned char)label[n - 1]);)
        n--;
    if (n > 0)
        *ret = arena_strndup(a, label, n);
    return 0;
}

/* --- rows --- */

static void make_id(char out[BUCKET_ID])
{
    uint8_t r[16];

    random_bytes(r, sizeof(r));
    r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
    r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
    snprintf(out, BUCKET_ID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13],
             r[14], r[15]);
}

static int insert(struct buckets *b, const struct bucket *bucket, const char *lists, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _tx_ struct tx tx = {0};
    char owner[ADDR_TEXT];
    bool found;

    addr_lower(&bucket->owner, owner);
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_bucket_count);

        bind_text(q, owner);
        if (stmt_find(q, &found, e) < 0)
            return -1;
        if (col_i64(q, "n") >= b->o.per_owner_max)
            return refused(e, BUCKET_COUNT, (long long)b->o.per_owner_max);
    }
    {
        _stmt_ struct stmt *q = db_query(db, &sql_bucket_insert);

        bind_text(q, bucket->id);
        bind_text(q, owner);
        bind_text(q, lists);
        bind_text(q, bucket->label);
        bind_i64(q, bucket->created);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

int bucket_create(struct buckets *b, struct arena *a, struct bucket *bucket, struct err *e)
{
    if (check_lists(bucket->lists, e) < 0 || trimmed(a, bucket->label, &bucket->label, e) < 0)
        return -1;
    if (!bucket->label)
        bucket->label = bucket__label(a);
    bucket->created = clock_s();
    make_id(bucket->id);
    if (mkdirat(b->root, bucket->id, FOLDER_MODE) < 0)
        return failed(e, FAILED, "the bucket's folder cannot be made: %m");
    if (fsync(b->root) < 0) {
        (void)failed(e, FAILED, "the folder of the buckets: %m");
    } else if (insert(b, bucket, json_text(a, bucket->lists), e) == 0) {
        return 0;
    }
    (void)unlinkat(b->root, bucket->id, AT_REMOVEDIR);
    return -1;
}

int bucket_import(struct db *db, struct arena *a, const struct bucket *bucket, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_bucket_import);
    const char *lists = json_text(a, bucket->lists);
    char owner[ADDR_TEXT];

    if (!bucket_is_id(bucket->id))
        return refused(e, BUCKET_ID);
    if (check_lists(bucket->lists, e) < 0)
        return -1;
    addr_lower(&bucket->owner, owner);
    bind_text(q, bucket->id);
    bind_text(q, owner);
    bind_text(q, lists);
    bind_text(q, bucket->label);
    bind_i64(q, bucket->created);
    return stmt_run(q, e);
}

static int read_row(struct arena *a, struct stmt *q, struct bucket *ret, struct err *e)
{
    const char *lists = col_dup(a, q, "lists");
    struct json *parsed;

    *ret = (struct bucket){.label = col_dup(a, q, "label"), .created = col_i64(q, "created")};
    if (!str_copy(ret->id, sizeof(ret->id), col_text(q, "id")) ||
        !addr_parse_any(col_text(q, "owner"), &ret->owner))
        return failed(e, FAILED, "a bucket's row is damaged");
    if (json_parse(a, lists, strlen(lists), &parsed, e) < 0)
        return -1;
    ret->lists = parsed;
    return 0;
}

int bucket_find(struct buckets *b, struct arena *a, const char *id, struct bucket *ret,
                struct err *e)
{
    _db_ struct db *db = NULL;
    _stmt_ struct stmt *q = NULL;
    bool found;

    if (!bucket_is_id(id))
        return refused(e, BUCKET_ID);
    db = store_lend(b->o.store);
    q = db_query(db, &sql_bucket_get);
    bind_text(q, str_lower(a, id));
    if (stmt_find(q, &found, e) < 0)
        return -1;
    return found ? read_row(a, q, ret, e) : refused(e, BUCKET_UNKNOWN, id);
}

int bucket_list(struct buckets *b, struct arena *a, const struct addr *owner, struct bucket **ret,
                size_t *ret_count, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_bucket_by_owner);
    struct bucket *list = NULL;
    size_t n = 0, cap = 0;
    char text[ADDR_TEXT];
    int r;

    addr_lower(owner, text);
    bind_text(q, text);
    while ((r = stmt_step(q, e)) > 0) {
        if (n == cap) {
            struct bucket *more = arena_calloc(a, cap ? 2 * cap : 16, sizeof(*more));

            if (n)
                memcpy(more, list, n * sizeof(*list));
            list = more;
            cap = cap ? 2 * cap : 16;
        }
        if (read_row(a, q, &list[n++], e) < 0)
            return -1;
    }
    if (r < 0)
        return -1;
    *ret = list;
    *ret_count = n;
    return 0;
}

int bucket_set_label(struct buckets *b, struct arena *a, struct bucket *bucket, const char *label,
                     struct err *e)
{
    _db_ struct db *db = NULL;
    _stmt_ struct stmt *q = NULL;
    const char *value;

    if (trimmed(a, label, &value, e) < 0)
        return -1;
    db = store_lend(b->o.store);
    q = db_query(db, &sql_bucket_set_label);
    bind_text(q, value);
    bind_text(q, bucket->id);
    if (stmt_run(q, e) < 0)
        return -1;
    bucket->label = value;
    return 0;
}
