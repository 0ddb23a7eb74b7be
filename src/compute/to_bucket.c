/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "compute/compute_int.h"
#include "docker/untar.h"
#include "storage/buckets.h"

/*
 * The outputs of a job as files of a bucket. Buckets have no folders: "plots/a.png" becomes
 * "plots_a.png". A file that was in the bucket already stays: one of the same name and other
 * content goes beside it, with the job's id in its name. Doing it again, after a crash, changes
 * nothing. Only regular files go; the engine's archive is of the algorithm's making, and not
 * believed.
 */

enum { PIECE = 65536, STEM_MAX = 200, EXTENSION_MAX = 16, JOB_DIGITS = 8, NUMBERS_SMALL = 9 };

struct delivery {
    struct job *job;
    struct arena *arena;
    const struct bucket *bucket;
    int fd; /* the archive */
    struct untar *archive;
    const char **made; /* names that this job has used */
    size_t made_count, made_cap;
    char piece[PIECE];
};

/* --- names --- */

static bool is_made(const struct delivery *d, const char *name)
{
    size_t i;

    for (i = 0; i < d->made_count; i++)
        if (str_eq(d->made[i], name))
            return true;
    return false;
}

static void remember(struct delivery *d, const char *name)
{
    if (d->made_count == d->made_cap) {
        size_t cap = d->made_cap ? 2 * d->made_cap : 64;
        const char **more = arena_calloc(d->arena, cap, sizeof(*more));

        if (d->made_count)
            memcpy(more, d->made, d->made_count * sizeof(*more));
        d->made = more;
        d->made_cap = cap;
    }
    d->made[d->made_count++] = name;
}

/* stem + insert + extension */
static const char *with(struct arena *a, const char *name, const char *insert)
{
    const char *dot = strrchr(name, '.');
    size_t stem =
        dot && dot != name && strlen(dot) <= EXTENSION_MAX ? (size_t)(dot - name) : strlen(name);

    return arena_printf(a, "%.*s%s%s", (int)stem, name, insert, name + stem);
}

/* The path below outputs/ as a name for a bucket, different from the job's other names. */
static const char *name_for(struct delivery *d, const char *path)
{
    char *name = arena_strdup(d->arena, path);
    const char *base, *one;
    size_t i;

    for (i = 0; name[i]; i++)
        if (name[i] == '/')
            name[i] = '_';
    if (!bucket_is_name(name) || i > STEM_MAX) {
        for (i = 0; name[i]; i++)
            if (name[i] < ' ' || name[i] == 0x7f || name[i] == '\\')
                name[i] = '_';
        if (i > STEM_MAX)
            name = arena_strdup(d->arena, name + i - STEM_MAX); /* the end says more */
    }
    one = base = bucket_is_name(name) ? name : "output";
    /* after a few tries a number that nobody has: thousands of names may have become the same */
    for (i = 2; is_made(d, one); i += i < NUMBERS_SMALL ? 1 : d->made_count)
        one = with(d->arena, base, arena_printf(d->arena, "-%zu", i));
    remember(d, one);
    return one;
}

/* "outputs/a" -> "a"; NULL for what is not below it. */
static const char *below_outputs(const char *path)
{
    const char *slash;

    while (str_starts(path, "./"))
        path += 2;
    slash = strchr(path, '/');
    return slash && slash[1] ? slash + 1 : NULL;
}

/* --- files --- */

/* Whether the bucket's file `fd` has the content that comes next in the archive. */
static bool is_same(struct delivery *d, int fd, int64_t size)
{
    off_t at = lseek(d->fd, 0, SEEK_CUR);
    char *half = d->piece + PIECE / 2;
    int64_t done = 0;

    while (done < size) {
        size_t want = size - done < PIECE / 2 ? (size_t)(size - done) : PIECE / 2;

        if (pread(d->fd, d->piece, want, at + done) != (ssize_t)want ||
            pread(fd, half, want, done) != (ssize_t)want || memcmp(d->piece, half, want) != 0)
            return false;
        done += (int64_t)want;
    }
    return true;
}

static int copy_in(struct delivery *d, struct bucket_upload *u, struct err *e)
{
    int64_t n;

    while ((n = untar_read(d->archive, d->piece, PIECE, e)) > 0) {
        if (atomic_load(&d->job->stop))
            return failed(e, CONFLICT, "the job was stopped by its owner");
        if (bucket_upload_write(u, d->piece, (size_t)n, e) < 0)
            return -1;
    }
    return (int)n;
}

static int put(struct delivery *d, const char *name, int64_t size, struct err *e)
{
    struct buckets *buckets = d->job->compute->o.buckets;
    struct bucket_upload *u;
    struct bucket_file file;

    if (bucket_upload_begin(buckets, d->bucket, name, size, &u, e) < 0)
        return -1;
    if (copy_in(d, u, e) < 0) {
        bucket_upload_drop(u);
        return -1;
    }
    if (bucket_upload_commit(u, d->arena, &file, e) < 0)
        return -1;
    job__note(d->job, "configuration.log", "outputs: %lld bytes to %s in bucket %s",
              (long long)size, name, d->bucket->id);
    return 0;
}

static int deliver(struct delivery *d, const char *path, int64_t size, struct err *e)
{
    const char *name = name_for(d, path);
    struct bucket_file there;
    _close_ int fd = -1;

    if (bucket_file_open(d->job->compute->o.buckets, d->bucket, name, &fd, &there, e) < 0) {
        if (e->code != ERR_BUCKET_FILE)
            return -1;
        return put(d, name, size, e);
    }
    if (there.size == size && is_same(d, fd, size))
        return 0;
    name = with(d->arena, name, arena_printf(d->arena, "-%.*s", JOB_DIGITS, d->job->id));
    remember(d, name);
    return put(d, name, size, e);
}

static int deliver_all(struct delivery *d, struct err *e)
{
    struct untar_entry entry;
    int r;

    while ((r = untar_next(d->archive, &entry, e)) > 0) {
        const char *path = below_outputs(entry.path);

        if (entry.kind == UNTAR_DIR || !path)
            continue;
        if (entry.kind == UNTAR_OTHER)
            job__note(d->job, "configuration.log", "outputs: %s is no regular file, left out",
                      path);
        else if (deliver(d, path, entry.size, e) < 0)
            return -1;
    }
    return r;
}

static int64_t read_archive(void *ctx, void *out, size_t cap, struct err *e)
{
    const struct delivery *d = ctx;
    ssize_t n;

    do
        n = read(d->fd, out, cap);
    while (n < 0 && errno == EINTR);
    return n < 0 ? failed(e, FAILED, "outputs.tar: %m") : n;
}

int to_bucket__deliver(struct job *j, const char *path, const char *id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct delivery *d = arena_calloc(a, 1, sizeof(*d));
    struct compute *c = j->compute;
    struct bucket bucket;
    int r;

    if (fd < 0)
        return failed(e, FAILED, "outputs.tar: %m");
    if (!c->cb.bucket || c->cb.bucket(c->cb.ctx, a, id, j->row.owner, &bucket, e) < 0)
        return c->cb.bucket ? -1 : failed(e, FAILED, "this node keeps no buckets");
    *d = (struct delivery){.job = j, .arena = a, .bucket = &bucket, .fd = fd};
    d->archive = untar_new(read_archive, d);
    r = deliver_all(d, e);
    untar_free(d->archive);
    return r;
}
