/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "compute/compute_int.h"
#include "docker/tar.h"
#include "storage/storage.h"

/*
 * Fills a container's /data with one archive that is streamed from the origins: a file is opened
 * when its turn comes, and no more of it is in memory than is under way. The archive format wants
 * sizes first, so a file of unknown size goes through a file in the job's folder.
 */

enum { OWNER = 1000, DIR_MODE = 0755, FILE_MODE = 0644, RUN_MODE = 0755, PIECE = 65536 };
enum { FIXED_ENTRIES = 6, ORIGIN_PATIENCE_MS = 5000 };
#define ALGORITHM "data/transformations/algorithm"

/* What all files of a job share. */
struct supply {
    struct job *job;
    struct arena *arena;
    int64_t room;       /* bytes that may still come */
    int64_t deadline;   /* monotonic ms: an origin that trickles must not hold the job for ever */
    const char **taken; /* names in /data/inputs */
    size_t taken_count;
};

/* One file to come: an entry of the archive. */
struct supplied {
    struct supply *supply;
    const struct json *stored;
    const char *what; /* for messages: "dataset 1" */
    char path[STORAGE_NAME_MAX +
              32]; /* in the archive; an input's name is known when it is opened */
    char bucket_path[STORAGE_NAME_MAX + 320]; /* where a bucket's file is found as well, or "" */
    bool is_algorithm;
    struct storage_body *body;
    int spool; /* descriptor, -1 */
};

static int take_room(struct supplied *f, int64_t n, struct err *e)
{
    f->supply->room -= n;
    if (f->supply->room >= 0)
        return 0;
    f->supply->job->fail_status = f->is_algorithm ? 32 : 31;
    return failed(e, TOO_LARGE, "%s: larger than the job's disk resource of %lld MB", f->what,
                  (long long)(job__disk_limit(f->supply->job) >> 20));
}

/* What ends a transfer besides its own end. */
static int check_going_on(const struct supplied *f, struct err *e)
{
    if (atomic_load(&f->supply->job->stop))
        return failed(e, CONFLICT, "the job was stopped by its owner");
    if (clock_mono_ms() > f->supply->deadline)
        return failed(e, TIMEOUT, "%s: took longer than the time for downloads", f->what);
    return 0;
}

/* Copies a file of unknown size to the job's folder; gives its size. */
static int spool(struct supplied *f, int64_t *ret_size, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *path = job__path(a, f->supply->job->compute, &f->supply->job->row, "spool");
    char *some = arena_alloc(a, PIECE);
    int64_t n, size = 0;

    f->spool = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (f->spool < 0)
        return failed(e, FAILED, "%s cannot be made: %m", path);
    (void)unlink(path);
    while ((n = storage_read(f->body, some, PIECE, e)) > 0) {
        size += n;
        if (check_going_on(f, e) < 0 || take_room(f, n, e) < 0 ||
            fs_write_all(f->spool, some, (size_t)n, e) < 0)
            return -1;
    }
    if (n < 0)
        return -1;
    if (lseek(f->spool, 0, SEEK_SET) < 0)
        return failed(e, FAILED, "%s: %m", path);
    *ret_size = size;
    return 0;
}

/* The origin's name for the file, made safe and different from the others. */
static void name_input(struct supplied *f, const char *name)
{
    struct supply *s = f->supply;
    const char *safe = storage_safe_name(s->arena, name, s->taken, s->taken_count);

    s->taken[s->taken_count++] = safe;
    snprintf(f->path, sizeof(f->path), "data/inputs/%s", safe);
}

/* ocean-node mounts files of buckets there; here it is a second name of the same file. */
static void name_in_bucket(struct supplied *f, const struct json *file)
{
    if (!f->is_algorithm && str_ieq(json_get_str(file, "type", ""), "nodePersistentStorage"))
        snprintf(f->bucket_path, sizeof(f->bucket_path), "data/persistentStorage/%s/%s",
                 str_lower(f->supply->arena, json_get_str(file, "bucketId", "")),
                 json_get_str(file, "fileName", ""));
}

static int open_body(struct supplied *f, int64_t *ret_size, struct err *e)
{
    struct compute *c = f->supply->job->compute;
    struct arena *a = f->supply->arena;
    struct storage_request r = {.userdata = json_get(f->stored, "userdata"),
                                .bucket_allowed = true}; /* cb.input has looked */
    struct storage_opened opened;
    const struct json *file;

    if (c->cb.input(c->cb.ctx, a, f->stored, &file, e) < 0)
        return -1;
    r.file = file;
    if (storage_open(c->o.storage, a, &r, &opened, e) < 0)
        return -1;
    f->body = opened.body;
    if (!f->is_algorithm)
        name_input(f, opened.name ? opened.name : "");
    name_in_bucket(f, file);
    if (opened.size < 0)
        return spool(f, ret_size, e);
    *ret_size = opened.size;
    return take_room(f, opened.size, e);
}

static int supplied_open(void *ctx, int64_t *ret_size, struct err *e)
{
    struct supplied *f = ctx;

    if (check_going_on(f, e) < 0)
        return -1;
    if (open_body(f, ret_size, e) < 0) {
        if (f->is_algorithm)
            f->supply->job->fail_status = 32;
        return err_wrap(e, "%s", f->what);
    }
    job__note(f->supply->job, "configuration.log", "%s: %lld bytes to /%s", f->what,
              (long long)*ret_size, f->path);
    return 0;
}

static int64_t supplied_read(void *ctx, void *out, size_t cap, struct err *e)
{
    struct supplied *f = ctx;
    int64_t n;

    if (check_going_on(f, e) < 0)
        return -1;
    if (f->spool < 0)
        return storage_read(f->body, out, cap, e);
    n = read(f->spool, out, cap);
    return n < 0 ? failed(e, FAILED, "%s: %m", f->what) : n;
}

static void supplied_done(struct supplied *f)
{
    storage_close(f->body);
    if (f->spool >= 0)
        close(f->spool);
}

/* --- what goes where --- */

struct plan {
    struct tar_entry *entry;
    size_t count;
    struct supplied *file;
    size_t file_count;
    struct supply supply;
};

static void add_folder(struct plan *p, const char *path)
{
    p->entry[p->count++] = (struct tar_entry){
        .path = path, .kind = TAR_DIR, .mode = DIR_MODE, .uid = OWNER, .gid = OWNER};
}

static void add_text(struct plan *p, const char *path, unsigned mode, const char *text, size_t n)
{
    p->entry[p->count++] = (struct tar_entry){.path = path,
                                              .kind = TAR_MEMORY,
                                              .mode = mode,
                                              .uid = OWNER,
                                              .gid = OWNER,
                                              .data = text,
                                              .size = (int64_t)n};
}

static void add_file(struct plan *p, const struct json *stored, const char *what, bool algorithm)
{
    struct supplied *f = &p->file[p->file_count++];

    *f = (struct supplied){.supply = &p->supply,
                           .stored = stored,
                           .what = what,
                           .path = ALGORITHM,
                           .is_algorithm = algorithm,
                           .spool = -1};
    p->entry[p->count++] = (struct tar_entry){.path = f->path,
                                              .kind = TAR_READER,
                                              .mode = algorithm ? RUN_MODE : FILE_MODE,
                                              .uid = OWNER,
                                              .gid = OWNER,
                                              .open = supplied_open,
                                              .read = supplied_read,
                                              .ctx = f};
    if (!algorithm)
        p->entry[p->count++] = (struct tar_entry){.path = f->bucket_path,
                                                  .kind = TAR_LINK,
                                                  .mode = FILE_MODE,
                                                  .uid = OWNER,
                                                  .gid = OWNER,
                                                  .link = f->path};
}

static void add_ddo(struct plan *p, const char *did)
{
    struct compute *c = p->supply.job->compute;
    struct arena *a = p->supply.arena;
    const char *text = c->cb.ddo ? c->cb.ddo(c->cb.ctx, a, did) : NULL;

    if (text)
        add_text(p, arena_printf(a, "data/ddos/%s", storage_safe_name(a, did, NULL, 0)), FILE_MODE,
                 text, strlen(text));
}

static void add_inputs(struct plan *p, const struct json *inputs)
{
    struct arena *a = p->supply.arena;
    size_t i;

    for (i = 0; i < json_len(inputs); i++) {
        const struct json *input = json_at(inputs, i);
        const char *did = json_get_str(input, "did", "");

        add_file(p, input, arena_printf(a, "dataset %zu", i + 1), false);
        if (*did)
            add_ddo(p, did);
    }
}

static void add_algorithm(struct plan *p, const struct json *algorithm)
{
    const struct json *raw = json_get(algorithm, "rawcode");
    const char *did = json_get_str(algorithm, "did", "");

    if (json_is(raw, JSON_STRING))
        add_text(p, ALGORITHM, RUN_MODE, json_str(raw, ""), json_str_len(raw));
    else if (json_get(algorithm, "file"))
        add_file(p, algorithm, "algorithm", true);
    if (*did)
        add_ddo(p, did);
}

static void make_plan(struct plan *p, const struct json *request)
{
    static const char *const folders[] = {"data",      "data/inputs",  "data/transformations",
                                          "data/ddos", "data/outputs", "data/logs"};
    const struct json *inputs = json_get(request, "inputs");
    const struct json *algorithm = json_get(request, "algorithm");
    const struct json *custom = json_get(algorithm, "algocustomdata");
    struct arena *a = p->supply.arena;
    size_t n = json_len(inputs) + 1;
    const char *text;
    size_t i;

    p->entry = arena_calloc(a, ARRAY_LEN(folders) + n * 3 + FIXED_ENTRIES, sizeof(*p->entry));
    p->file = arena_calloc(a, n, sizeof(*p->file));
    p->supply.taken = arena_calloc(a, n + 1, sizeof(*p->supply.taken));
    p->supply.taken[p->supply.taken_count++] = "algoCustomData.json";
    for (i = 0; i < ARRAY_LEN(folders); i++)
        add_folder(p, folders[i]);
    text = json_is(custom, JSON_OBJECT) ? json_text(a, custom) : "{}";
    add_text(p, "data/inputs/algoCustomData.json", FILE_MODE, text, strlen(text));
    add_algorithm(p, algorithm);
    add_inputs(p, inputs);
}

static int send(struct plan *p, struct err *e)
{
    struct job *j = p->supply.job;
    struct tar_writer *tar = tar_writer_new(p->entry, p->count);
    struct net_source source = tar_writer_source(tar);
    struct err why;
    size_t i;
    int r = docker_archive_put(j->engine->docker, j->row.container, "/", &source, &why);

    /* an origin that failed is the reason, not the request that was cut for it */
    if (tar_writer_failed(tar, e) < 0) {
        j->patience_ms = ORIGIN_PATIENCE_MS; /* its resources are held meanwhile */
        r = -1;
    } else if (r < 0) {
        j->fail_status = 33;
        *e = why;
    }
    for (i = 0; i < p->file_count; i++)
        supplied_done(&p->file[i]);
    tar_writer_free(tar);
    return r;
}

/* The operator's time for downloads, or the job's own when that is longer. */
static int64_t time_limit(const struct job *j)
{
    int64_t seconds = j->compute->o.pull_timeout_s;

    return (seconds > j->row.max_duration_s ? seconds : j->row.max_duration_s) * 1000;
}

int provision__container(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p = {.supply = {.job = j,
                                .arena = a,
                                .room = job__disk_limit(j),
                                .deadline = clock_mono_ms() + time_limit(j)}};
    struct json *request;

    if (json_parse(a, j->row.request, strlen(j->row.request), &request, e) < 0)
        return -1;
    make_plan(&p, request);
    return send(&p, e);
}
