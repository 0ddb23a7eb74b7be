/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "compute/fsm.h"
#include "crypto/hash.h"
#include "crypto/random.h"

/*
 * What the algorithm has made leaves the container: into the job's folder, and from there to the
 * storage or the bucket that the buyer has named, if any. A buyer's storage that does not take it
 * is the buyer's failure: what ran is paid, and the results stay here like those of any other job.
 */

enum {
    TAR_SLACK = 1 << 20,
    PIECE = 65536,
    UPLOAD_PATIENCE_MS = 20000, /* a storage that is away for a moment; resources are held */
    CLAIM_DEFAULT_S = 3600
};
#define DISK_QUOTA 42
#define NO_OUTPUTS 61
#define OUTPUTS "outputs.tar"

/* --- from the container --- */

static int copy_outputs(struct job *j, struct stream *s, int fd, struct sha256_ctx *hash,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char *some = arena_alloc(a, PIECE);
    int64_t room = job__disk_limit(j) + TAR_SLACK;
    int64_t n;

    while ((n = stream_read(s, some, PIECE, e)) > 0) {
        room -= n;
        if (room < 0) {
            j->fail_status = DISK_QUOTA;
            return failed(e, TOO_LARGE, "the outputs are larger than the job's disk resource");
        }
        sha256_add(hash, some, (size_t)n);
        if (fs_write_all(fd, some, (size_t)n, e) < 0)
            return -1;
    }
    return (int)n;
}

static int save_outputs(struct job *j, struct stream *s, const char *path, struct err *e)
{
    _close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct sha256_ctx hash;
    struct hash32 sum;

    if (fd < 0)
        return failed(e, FAILED, "%s cannot be made: %m", path);
    sha256_start(&hash);
    if (copy_outputs(j, s, fd, &hash, e) < 0)
        return -1;
    if (fdatasync(fd) < 0)
        return failed(e, FAILED, "%s: %m", path);
    sum = sha256_end(&hash);
    j->row.output_hash = hash32_text(j->arena, &sum);
    return 0;
}

static int fetch_outputs(struct job *j, const char *path, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *part = arena_printf(a, "%s.part", path);
    struct stream *s;
    int r;

    if (docker_archive_get(j->engine->docker, j->row.container, "/data/outputs", &s, e) < 0) {
        if (e->code == ERR_NOT_FOUND)
            j->fail_status = NO_OUTPUTS;
        return -1;
    }
    r = save_outputs(j, s, part, e);
    stream_close(s);
    if (r < 0) {
        (void)unlink(part);
        return -1;
    }
    if (rename(part, path) < 0)
        return failed(e, FAILED, "%s cannot be renamed: %m", part);
    return 0;
}

/* --- to the buyer's storage --- */

/* The archive on its way out. */
struct outgoing {
    struct job *job;
    int fd;
    int64_t deadline; /* wall clock ms: what was earned must still be claimed in time */
    struct err why;   /* why reading ended early */
    bool ended;
};

static int64_t read_outgoing(void *ctx, void *out, size_t cap)
{
    struct outgoing *o = ctx;
    ssize_t n;

    if (atomic_load(&o->job->stop))
        (void)failed(&o->why, CONFLICT, "the job was stopped by its owner");
    else if (clock_ms() > o->deadline)
        (void)failed(&o->why, TIMEOUT, "it took too long");
    else {
        do
            n = read(o->fd, out, cap);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
            return n;
        (void)failed(&o->why, FAILED, "%s: %m", OUTPUTS);
    }
    o->ended = true;
    return -1;
}

static int64_t claim_time_ms(const struct job *j)
{
    int seconds = j->compute->o.claim_timeout_s;

    return (int64_t)(seconds > 0 ? seconds : CLAIM_DEFAULT_S) * 1000;
}

static int send_outputs(struct job *j, const char *path, const struct compute_output *to,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct outgoing o = {.job = j, .fd = fd, .deadline = j->row.stopped + claim_time_ms(j) / 2};
    struct net_source source = {.read = read_outgoing, .ctx = &o};
    const struct storage_upload u = {
        .file = to->file,
        .name = arena_printf(a, "outputs-%s-%s.tar", j->row.cluster, j->id),
        .source = &source,
        .key = to->encrypted ? to->key : NULL};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return failed(e, FAILED, "%s: %m", OUTPUTS);
    source.size = st.st_size;
    if (storage_upload(j->compute->o.storage, a, &u, e) == 0)
        return 0;
    if (o.ended)
        *e = o.why;
    return -1;
}

/*
 * A member of the request: "output" is the sealed definition of where to, "bucket" an id. NULL
 * when the results stay here.
 */
static const char *wanted(struct arena *a, const struct job *j, const char *member)
{
    struct json *request;
    struct err ignored;

    if (json_parse(a, j->row.request, strlen(j->row.request), &request, &ignored) < 0)
        return NULL;
    return json_get_str(request, member, NULL);
}

static int upload(struct job *j, const char *path, const char *sealed, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct compute *c = j->compute;
    int64_t began = clock_mono_ms();
    struct compute_output to;
    int r;

    if (fsm__save(j, e) < 0) /* with the archive's hash: it is not fetched again */
        return -1;
    if (!c->cb.output || c->cb.output(c->cb.ctx, a, sealed, &to, e) < 0)
        return c->cb.output ? -1 : failed(e, FAILED, "there is nobody to open the output");
    r = send_outputs(j, path, &to, e);
    wipe(to.key, sizeof(to.key));
    if (r < 0) {
        j->patience_ms = UPLOAD_PATIENCE_MS + 2 * (clock_mono_ms() - began);
        job__note(j, "configuration.log", "outputs: not uploaded: %s", e->msg);
        return err_wrap(e, "the outputs could not be uploaded");
    }
    job__note(j, "configuration.log", "outputs: %lld bytes uploaded to the %s storage",
              (long long)fs_size(path), json_get_str(to.file, "type", ""));
    (void)unlink(path); /* it is the buyer's now, and no result of this node */
    return 0;
}

/* --- to a bucket of this node --- */

static int deliver(struct job *j, const char *path, const char *bucket, struct err *e)
{
    if (fsm__save(j, e) < 0)
        return -1;
    if (to_bucket__deliver(j, path, bucket, e) < 0) {
        job__note(j, "configuration.log", "outputs: not kept in the bucket: %s", e->msg);
        return err_wrap(e, "the outputs could not be kept in the bucket");
    }
    (void)unlink(path); /* as above */
    return 0;
}

int step_publish(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *path = job__path(a, j->compute, &j->row, OUTPUTS);
    const char *sealed = wanted(a, j, "output");
    const char *bucket = wanted(a, j, "bucket");

    if ((!j->row.output_hash || fs_size(path) < 0) && fetch_outputs(j, path, e) < 0)
        return -1;
    if (sealed && upload(j, path, sealed, e) < 0)
        return -1;
    if (bucket && deliver(j, path, bucket, e) < 0)
        return -1;
    return STEP_CLEAN;
}
