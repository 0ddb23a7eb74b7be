/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "storage/buckets_int.h"

/*
 * Files on their way in. The bytes go to a file of our own, locked so that no sweep takes it; the
 * commit syncs it and renames it over the name. What the bucket may hold is checked while the
 * bytes come, with those of other uploads under way, and once more, exactly, in the commit.
 */

enum { FILE_MODE = 0600, TEMP_NAME = 40 };
#define LOOK_EVERY (INT64_C(8) << 20) /* bytes between two looks at the disk */

struct bucket_upload {
    struct list link; /* in buckets->uploads */
    struct buckets *buckets;
    char id[BUCKET_ID];
    char *name;
    char temp[TEMP_NAME];
    int fd;
    int64_t written;   /* under buckets->lock for who adds them up */
    int64_t elsewhere; /* bytes of the bucket's other files when the upload began */
    int64_t looked_at; /* where the disk was last looked at */
};

/* --- what may come --- */

static int check_disk(const struct buckets *b, int64_t more, struct err *e)
{
    struct statvfs fs;

    if (fstatvfs(b->temp, &fs) < 0)
        return failed(e, FAILED, "the folder of the buckets: %m");
    if ((double)fs.f_bavail * (double)fs.f_frsize < (double)b->o.reserve + (double)more)
        return refused(e, BUCKET_DISK);
    return 0;
}

/* bytes, files: of the bucket, with this file. */
static int check_room(const struct buckets *b, int64_t size, int64_t bytes, int64_t files,
                      struct err *e)
{
    if (size > b->o.file_max)
        return refused(e, BUCKET_FILE_LARGE, (long long)b->o.file_max);
    if (bytes > b->o.bucket_max)
        return refused(e, BUCKET_FULL, (long long)b->o.bucket_max);
    if (files > b->o.files_max)
        return refused(e, BUCKET_FILES, (long long)b->o.files_max);
    return 0;
}

/* Bytes of all uploads into the bucket; buckets->lock is held. */
static int64_t under_way(const struct bucket_upload *u)
{
    struct list *item, *following;
    int64_t sum = 0;

    list_for_each(item, following, &u->buckets->uploads)
    {
        const struct bucket_upload *other = container_of(item, struct bucket_upload, link);

        if (str_eq(other->id, u->id))
            sum += other->written;
    }
    return sum;
}

/* --- begin --- */

static int open_temp(struct bucket_upload *u, struct err *e)
{
    uint64_t r;

    random_bytes(&r, sizeof(r));
    snprintf(u->temp, sizeof(u->temp), "upload-%016llx", (unsigned long long)r);
    u->fd = openat(u->buckets->temp, u->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (u->fd < 0 && (errno == ENOSPC || errno == EDQUOT))
        return refused(e, BUCKET_DISK);
    if (u->fd < 0)
        return failed(e, FAILED, "the upload cannot be kept: %m");
    (void)flock(u->fd, LOCK_EX | LOCK_NB);
    return 0;
}

int bucket_upload_begin(struct buckets *b, const struct bucket *bucket, const char *name,
                        int64_t size, struct bucket_upload **ret, struct err *e)
{
    struct bucket_usage usage;
    struct bucket_upload *u;
    int64_t known = size > 0 ? size : 0;

    if (!bucket_is_name(name))
        return refused(e, BUCKET_NAME);
    if (known > b->o.file_max)
        return refused(e, BUCKET_FILE_LARGE, (long long)b->o.file_max);
    if (bucket__usage(b, bucket->id, name, &usage, e) < 0 ||
        check_room(b, known, usage.bytes + known, usage.files + 1, e) < 0 ||
        check_disk(b, known, e) < 0)
        return -1;
    u = xcalloc(1, sizeof(*u));
    u->buckets = b;
    u->name = xstrdup(name);
    u->elsewhere = usage.bytes;
    memcpy(u->id, bucket->id, sizeof(u->id));
    list_init(&u->link);
    if (open_temp(u, e) < 0) {
        bucket_upload_drop(u);
        return -1;
    }
    lock_scope(&b->lock);
    list_push(&b->uploads, &u->link);
    *ret = u;
    return 0;
}

/* --- write --- */

static int put(struct bucket_upload *u, const char *p, size_t n, struct err *e)
{
    while (n > 0) {
        ssize_t r = write(u->fd, p, n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return errno == ENOSPC || errno == EDQUOT
                       ? refused(e, BUCKET_DISK)
                       : failed(e, FAILED, "the upload cannot be kept: %m");
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

int bucket_upload_write(struct bucket_upload *u, const void *p, size_t n, struct err *e)
{
    struct buckets *b = u->buckets;
    int64_t bytes;

    {
        lock_scope(&b->lock);
        u->written += (int64_t)n;
        bytes = u->elsewhere + under_way(u);
    }
    if (check_room(b, u->written, bytes, 0, e) < 0)
        return -1;
    if (u->written - u->looked_at >= LOOK_EVERY) {
        if (check_disk(b, (int64_t)n, e) < 0)
            return -1;
        /* the disk starts now, so that the commit has little left to wait for */
        (void)sync_file_range(u->fd, u->looked_at, LOOK_EVERY, SYNC_FILE_RANGE_WRITE);
        u->looked_at += LOOK_EVERY;
    }
    return put(u, p, n, e);
}

/* --- the end --- */

static int publish(struct bucket_upload *u, struct err *e)
{
    struct buckets *b = u->buckets;
    struct bucket_usage usage;
    _close_ int folder = -1;

    if (bucket__folder(b, u->id, true, &folder, e) < 0)
        return -1;
    lock_scope(&b->lock);
    if (bucket__usage(b, u->id, u->name, &usage, e) < 0 ||
        check_room(b, u->written, usage.bytes + u->written, usage.files + 1, e) < 0)
        return -1;
    if (renameat(b->temp, u->temp, folder, u->name) < 0)
        return failed(e, FAILED, "the upload cannot be kept: %m");
    u->temp[0] = '\0';
    usage.bytes += u->written;
    usage.files++;
    bucket__remember(b, u->id, folder, &usage);
    return fsync(folder) < 0 ? failed(e, FAILED, "the bucket's folder: %m") : 0;
}

int bucket_upload_commit(struct bucket_upload *u, struct arena *a, struct bucket_file *ret,
                         struct err *e)
{
    struct stat st;
    int r = -1;

    if (fdatasync(u->fd) < 0 || fstat(u->fd, &st) < 0)
        (void)(errno == ENOSPC || errno == EDQUOT
                   ? refused(e, BUCKET_DISK)
                   : failed(e, FAILED, "the upload cannot be kept: %m"));
    else
        r = publish(u, e);
    if (r == 0)
        *ret = (struct bucket_file){.name = arena_strdup(a, u->name),
                                    .size = st.st_size,
                                    .modified_ns = st.st_mtim.tv_sec * INT64_C(1000000000) +
                                                   st.st_mtim.tv_nsec};
    bucket_upload_drop(u);
    return r;
}

void bucket_upload_drop(struct bucket_upload *u)
{
    if (!u)
        return;
    {
        lock_scope(&u->buckets->lock);
        list_remove(&u->link);
    }
    if (u->fd >= 0)
        close(u->fd);
    if (u->fd >= 0 && u->temp[0])
        (void)unlinkat(u->buckets->temp, u->temp, 0);
    free(u->name);
    free(u);
}
