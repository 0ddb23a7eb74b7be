/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "package/package_int.h"

/* The files of a package: a folder becomes a list, and a list has a digest. */

enum { DEPTH_MAX = 8 };

struct walk {
    struct arena *a;
    struct package_files *out;
    size_t bytes;
    struct err *e;
};

static int bad(struct walk *w, const char *path, const char *why)
{
    return refused(w->e, PACKAGE_INVALID, arena_printf(w->a, "%s: %s", path, why));
}

/* Reads an open file whole; symbolic links, devices and the like never come here. */
static int add_file(struct walk *w, int fd, const char *path, size_t size)
{
    struct package_file *f = &w->out->items[w->out->count];
    char *data = arena_alloc(w->a, size + 1);
    size_t got = 0;
    ssize_t n;

    if (size > PACKAGE_FILE_MAX || (w->bytes += size) > PACKAGE_SIZE_MAX)
        return bad(w, path, "the package is larger than it may be (1 MiB a file, 4 MiB in all)");
    while (got < size && (n = read(fd, data + got, size - got)) != 0) {
        if (n < 0 && errno != EINTR)
            return failed(w->e, FAILED, "read %s: %s", path, strerror(errno));
        got += n > 0 ? (size_t)n : 0;
    }
    data[got] = '\0';
    *f = (struct package_file){.path = path, .data = data, .len = got};
    w->out->count++;
    return 0;
}

static int walk_folder(struct walk *w, int fd, const char *prefix, int depth);

static int walk_entry(struct walk *w, int folder, const char *path, const char *name, int depth)
{
    _close_ int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int inner;

    if (fd < 0)
        return errno == ELOOP || errno == ENXIO
                   ? bad(w, path, "a package holds files and folders, no links or devices")
                   : failed(w->e, FAILED, "open %s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0)
        return failed(w->e, FAILED, "stat %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        inner = dup(fd);
        return walk_folder(w, inner, path, depth + 1);
    }
    if (!S_ISREG(st.st_mode))
        return bad(w, path, "a package holds files and folders, no links or devices");
    if (w->out->count == PACKAGE_FILES_MAX)
        return bad(w, path, "the package has more than 256 files");
    return add_file(w, fd, path, (size_t)st.st_size);
}

static void close_folder(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* Takes fd over. Hidden files (.git) are no part of a package. */
static int walk_folder(struct walk *w, int fd, const char *prefix, int depth)
{
    __attribute__((cleanup(close_folder))) DIR *d = fdopendir(fd);
    struct dirent *entry;

    if (!d) {
        close(fd);
        return failed(w->e, FAILED, "open %s: %s", prefix, strerror(errno));
    }
    if (depth > DEPTH_MAX)
        return bad(w, prefix, "the package has folders deeper than 8 levels");
    while ((entry = readdir(d))) {
        const char *path = *prefix ? arena_printf(w->a, "%s/%s", prefix, entry->d_name)
                                   : arena_strdup(w->a, entry->d_name);

        if (entry->d_name[0] == '.')
            continue;
        if (!package__is_inside(path))
            return bad(w, prefix, "a file has a name that cannot be");
        if (walk_entry(w, dirfd(d), path, entry->d_name, depth) < 0)
            return -1;
    }
    return 0;
}

int package_read_folder(struct arena *a, const char *folder, struct package_files *ret,
                        struct err *e)
{
    struct package_files files = {arena_calloc(a, PACKAGE_FILES_MAX, sizeof(*files.items)), 0};
    struct walk w = {.a = a, .out = &files, .e = e};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return failed(e, NOT_FOUND, "%s is no folder: %s", folder, strerror(errno));
    if (walk_folder(&w, fd, "", 0) < 0)
        return -1;
    *ret = files;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct package_file *x = a;
    const struct package_file *y = b;

    return strcmp(x->path, y->path);
}

/* Path, length and content of each, so that no two lists give the same bytes. */
const char *package_digest(struct arena *a, struct package_files *files)
{
    struct sha256_ctx hash;
    struct hash32 sum;
    size_t i;

    if (files->count > 0)
        qsort(files->items, files->count, sizeof(*files->items), by_path);
    sha256_start(&hash);
    for (i = 0; i < files->count; i++) {
        const struct package_file *f = &files->items[i];
        const char *head = arena_printf(a, "%s\n%zu\n", f->path, f->len);

        sha256_add(&hash, head, strlen(head));
        sha256_add(&hash, f->data, f->len);
    }
    sum = sha256_end(&hash);
    return arena_printf(a, "sha256:%s", hex_dup(a, sum.b, sizeof(sum.b)));
}
