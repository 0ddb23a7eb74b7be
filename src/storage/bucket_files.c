/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "storage/buckets_int.h"

/*
 * The files of a bucket. Paths are never put together from names: each step is taken from an open
 * folder and follows no link, whatever somebody with access to the disk has put there.
 */

enum { FOLDER_MODE = 0700 };

static bool as_file(const char *name, const struct stat *st, struct bucket_file *ret)
{
    *ret = (struct bucket_file){.name = name,
                                .size = st->st_size,
                                .modified_ns =
                                    st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec};
    return S_ISREG(st->st_mode);
}

int bucket__folder(struct buckets *b, const char *id, bool make, int *ret_fd, struct err *e)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(b->root, id, flags);

    if (fd < 0 && errno == ENOENT && !make) {
        *ret_fd = -1;
        return 0;
    }
    if (fd < 0 && errno == ENOENT && mkdirat(b->root, id, FOLDER_MODE) == 0)
        fd = openat(b->root, id, flags);
    if (fd < 0)
        return failed(e, FAILED, "the folder of bucket %s: %m", id);
    *ret_fd = fd;
    return 0;
}

/* Calls each() for every file that can be named; takes the descriptor. */
struct walk {
    bool (*each)(void *ctx, const struct bucket_file *file); /* false: enough */
    void *ctx;
};
static int walk_folder(int fd, const struct walk *w, struct err *e)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    struct bucket_file file;
    struct stat st;

    if (!dir) {
        close(fd);
        return failed(e, FAILED, "a bucket's folder: %m");
    }
    while ((entry = readdir(dir))) {
        if (!bucket_is_name(entry->d_name) ||
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !as_file(entry->d_name, &st, &file))
            continue;
        if (!w->each(w->ctx, &file))
            break;
    }
    closedir(dir);
    return 0;
}

static int walk(struct buckets *b, const char *id, const struct walk *w, struct err *e)
{
    int fd;

    if (bucket__folder(b, id, false, &fd, e) < 0)
        return -1;
    return fd < 0 ? 0 : walk_folder(fd, w, e);
}

/* --- lists and sums --- */

struct listing {
    struct arena *arena;
    struct bucket_file *file;
    size_t count, cap;
};

static bool add_file(void *ctx, const struct bucket_file *file)
{
    struct listing *l = ctx;

    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->file = xrealloc(l->file, l->cap * sizeof(*l->file));
    }
    l->file[l->count] = *file;
    l->file[l->count++].name = arena_strdup(l->arena, file->name);
    return l->count < BUCKET_LISTED_MAX;
}

static int by_name(const void *a, const void *b)
{
    const struct bucket_file *x = a;
    const struct bucket_file *y = b;

    return strcmp(x->name, y->name);
}

int bucket_files(struct buckets *b, struct arena *a, const struct bucket *bucket,
                 struct bucket_file **ret, size_t *ret_count, struct err *e)
{
    struct listing l = {.arena = a};

    if (walk(b, bucket->id, &(struct walk){add_file, &l}, e) < 0) {
        free(l.file);
        return -1;
    }
    if (l.count > 0)
        qsort(l.file, l.count, sizeof(*l.file), by_name);
    *ret = l.count ? arena_memdup(a, l.file, l.count * sizeof(*l.file)) : NULL;
    *ret_count = l.count;
    free(l.file);
    return 0;
}

static bool add_usage(void *ctx, const struct bucket_file *file)
{
    struct bucket_usage *u = ctx;

    u->bytes += file->size;
    u->files++;
    return true;
}

int bucket__count(struct buckets *b, const char *id, struct bucket_usage *ret, struct err *e)
{
    *ret = (struct bucket_usage){0};
    return walk(b, id, &(struct walk){add_usage, ret}, e);
}

/* --- one file --- */

int bucket_file_open(struct buckets *b, const struct bucket *bucket, const char *name, int *ret_fd,
                     struct bucket_file *ret, struct err *e)
{
    _close_ int folder = -1;
    struct stat st;
    int fd = -1;

    if (!bucket_is_name(name))
        return refused(e, BUCKET_NAME);
    if (bucket__folder(b, bucket->id, false, &folder, e) < 0)
        return -1;
    if (folder >= 0)
        fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && as_file(name, &st, ret)) {
        *ret_fd = fd;
        return 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return refused(e, BUCKET_FILE, name);
}

int bucket_file_remove(struct buckets *b, const struct bucket *bucket, const char *name,
                       struct err *e)
{
    _close_ int folder = -1;
    struct bucket_file file;
    struct stat st;

    if (!bucket_is_name(name))
        return refused(e, BUCKET_NAME);
    if (bucket__folder(b, bucket->id, false, &folder, e) < 0)
        return -1;
    if (folder < 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !as_file(name, &st, &file))
        return refused(e, BUCKET_FILE, name);
    lock_scope(&b->lock);
    bucket__forget(b, bucket->id);
    if (unlinkat(folder, name, 0) < 0)
        return errno == ENOENT ? refused(e, BUCKET_FILE, name)
                               : failed(e, FAILED, "the file cannot be removed: %m");
    return fsync(folder) < 0 ? failed(e, FAILED, "the bucket's folder: %m") : 0;
}
