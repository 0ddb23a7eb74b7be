/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

enum { READ_CHUNK = 65536, TREE_FDS = 16 };

static int fs_error(struct err *e, const char *verb, const char *path)
{
    return failed(e, FAILED, "%s %s: %s", verb, path, strerror(errno));
}

int fs_read(struct arena *a, const char *path, size_t max, struct bytes *ret, struct err *e)
{
    _close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    _buf_ struct buf b = BUF_INIT(max);
    char chunk[READ_CHUNK];
    ssize_t n;

    if (fd < 0)
        return fs_error(e, "open", path);
    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fs_error(e, "read", path);
        buf_add(&b, chunk, (size_t)n);
        if (b.full)
            return failed(e, FAILED, "read %s: larger than %zu bytes", path, max);
    }
    *ret = (struct bytes){(const uint8_t *)arena_strndup(a, buf_str(&b), b.len), b.len};
    return 0;
}

int fs_write_all(int fd, const void *p, size_t n, struct err *e)
{
    const char *at = p;

    while (n > 0) {
        ssize_t done = write(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return failed(e, FAILED, "write: %s", strerror(errno));
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

/* A rename is durable only once its folder is on disk. */
static int sync_folder_of(struct arena *a, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    const char *folder = !slash          ? "."
                         : slash == path ? "/"
                                         : arena_strndup(a, path, (size_t)(slash - path));
    _close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return fs_error(e, "sync", folder);
    return 0;
}

static int write_temporary(const char *path, const void *p, size_t n, mode_t mode, struct err *e)
{
    _close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0)
        return fs_error(e, "create", path);
    if (fs_write_all(fd, p, n, e) < 0)
        return err_wrap(e, "%s", path);
    if (fsync(fd) < 0)
        return fs_error(e, "sync", path);
    return 0;
}

int fs_write(const char *path, const void *p, size_t n, mode_t mode, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *temporary = arena_printf(a, "%s.tmp", path);

    if (write_temporary(temporary, p, n, mode, e) < 0) {
        (void)unlink(temporary);
        return -1;
    }
    if (rename(temporary, path) < 0) {
        (void)unlink(temporary);
        return fs_error(e, "rename", path);
    }
    return sync_folder_of(a, path, e);
}

int fs_overwrite(const char *path, const void *p, size_t n, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    int64_t old = fs_size(path);
    size_t all = old > (int64_t)n ? (size_t)old : n;
    char *text = arena_alloc(a, all);

    memset(text, ' ', all);
    memcpy(text, p, n);
    /* first the room for it: a full disk must not stop the write half-way */
    if (fd < 0 ||
        (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)(all ? all : 1)) < 0 && errno != EOPNOTSUPP))
        return fs_error(e, "overwrite", path);
    if (pwrite(fd, text, all, 0) != (ssize_t)all || fsync(fd) < 0 || ftruncate(fd, (off_t)n) < 0 ||
        fsync(fd) < 0)
        return fs_error(e, "overwrite", path);
    return 0;
}

int fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char *part = arena_strdup(a, path);
    char *p;

    for (p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return fs_error(e, "create folder", part);
        *p = '/';
    }
    if (mkdir(part, mode) < 0 && errno != EEXIST)
        return fs_error(e, "create folder", part);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

int fs_remove_tree(const char *path, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : fs_error(e, "remove", path);
    if (nftw(path, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
        return fs_error(e, "remove", path);
    return 0;
}

int64_t fs_size(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return -1;
    return st.st_size;
}
