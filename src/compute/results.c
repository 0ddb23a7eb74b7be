/* SPDX-License-Identifier: Apache-2.0 */
#include "compute/results.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "compute/fsm.h"

enum { STATUS_LIMIT = 1000 };

static const struct {
    const char *name;
    const char *kind;
    const char *media;
} files[] = {
    {"image.log", "imageLog", "text/plain"},
    {"configuration.log", "configurationLog", "text/plain"},
    {"algorithm.log", "algorithmLog", "text/plain"},
    {"outputs.tar", "output", "application/octet-stream"},
};

struct json *results__list(struct arena *a, const struct compute *c, const struct job_row *row)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(files); i++) {
        int64_t size = fs_size(job__path(a, c, row, files[i].name));
        struct json *v;

        if (size < 0)
            continue;
        v = json_new_object(a);
        json_set_str(a, v, "filename", files[i].name);
        json_set_int(a, v, "filesize", size);
        json_set_str(a, v, "type", files[i].kind);
        json_set_int(a, v, "index", (int64_t)json_len(list));
        json_push(a, list, v);
    }
    return list;
}

static int get_row(struct compute *c, struct arena *a, const char *id, struct job_row *ret,
                   struct err *e)
{
    int r = jobs_get(c->o.store, a, job__bare_id(id), ret, e);

    return r == 0 ? refused(e, COMPUTE_JOB, id) : r;
}

int compute_result_open(struct compute *c, struct arena *a, const char *id, int64_t index,
                        struct compute_result *ret, struct err *e)
{
    struct job_row row;
    struct stat st;
    int64_t at = -1;
    size_t i;

    if (get_row(c, a, id, &row, e) < 0)
        return -1;
    if (!row.finished)
        return refused(e, COMPUTE_NOT_READY, row.id, fsm__status_text(row.status));
    for (i = 0; i < ARRAY_LEN(files) && at < index; i++)
        at += fs_size(job__path(a, c, &row, files[i].name)) >= 0;
    if (index < 0 || at < index)
        return refused(e, COMPUTE_RESULT_INDEX, row.id, arena_printf(a, "%lld", (long long)index));
    *ret = (struct compute_result){.name = files[i - 1].name, .type = files[i - 1].media};
    ret->fd = open(job__path(a, c, &row, ret->name), O_RDONLY | O_CLOEXEC);
    if (ret->fd < 0 || fstat(ret->fd, &st) < 0)
        return failed(e, FAILED, "%s of job %s cannot be read: %m", ret->name, row.id);
    ret->size = st.st_size;
    return 0;
}

int compute_job_find(struct compute *c, struct arena *a, const char *id, struct compute_job *ret,
                     struct err *e)
{
    struct job_row row;
    struct json *viewers = NULL;
    struct err ignored;
    int r = jobs_get(c->o.store, a, job__bare_id(id), &row, e);

    if (r <= 0)
        return r;
    if (row.viewers)
        (void)!json_parse(a, row.viewers, strlen(row.viewers), &viewers, &ignored);
    *ret = (struct compute_job){.owner = row.owner,
                                .viewers = viewers,
                                .status = row.status,
                                .finished = row.finished != 0};
    str_copy(ret->id, sizeof(ret->id), row.id);
    return 1;
}

/* --- status --- */

struct listing {
    struct compute *compute;
    struct arena *arena;
    struct json *list;
    const struct compute_filter *filter;
};

static int list_job(void *ctx, const struct job_row *row, struct err *e)
{
    struct listing *l = ctx;
    const struct compute_filter *f = l->filter;

    (void)e;
    if ((f->owner && !str_ieq(f->owner, row->owner)) ||
        (f->agreement_id && !str_ieq(f->agreement_id, row->lock_tx ? row->lock_tx : "")))
        return 0;
    json_push(l->arena, l->list, json__job(l->arena, l->compute, row, false, true));
    return 0;
}

int compute_status(struct compute *c, struct arena *a, const struct compute_filter *f,
                   struct json **ret_jobs, struct err *e)
{
    struct listing l = {c, a, json_new_array(a), f};
    const struct jobs_query q = {list_job, &l};
    struct job_row row;
    int r;

    if (f->job_id) {
        r = jobs_get(c->o.store, a, job__bare_id(f->job_id), &row, e);
        if (r > 0)
            r = list_job(&l, &row, e);
    } else if (f->owner || f->agreement_id || f->any) {
        r = jobs_find(c->o.store, a, f, STATUS_LIMIT, &q, e);
    } else {
        return failed(e, INVALID, "Missing one of [\"jobId\",\"consumerAddress\",\"agreementId\"]");
    }
    if (r < 0)
        return -1;
    *ret_jobs = l.list;
    return 0;
}

int compute_timeline(struct compute *c, struct arena *a, const char *id, struct json **ret,
                     struct err *e)
{
    struct json *list = json_new_array(a);
    struct job_row row;
    size_t i;

    if (get_row(c, a, id, &row, e) < 0 || jobs_events(c->o.store, a, row.id, list, e) < 0)
        return -1;
    for (i = 0; i < json_len(list); i++) {
        struct json *v = json_at(list, i);

        json_set_str(a, v, "statusText", fsm__status_text((int)json_get_int(v, "status", 0)));
    }
    *ret = list;
    return 0;
}

int compute_log_follow(struct compute *c, const char *id, struct compute_follow **ret,
                       struct err *e)
{
    struct job *j;

    lock_scope(&c->lock);
    j = job__find_locked(c, job__bare_id(id));
    if (!j || !j->log)
        return refused(e, COMPUTE_NOT_RUNNING);
    return logs__attach(j->log, ret, e);
}
