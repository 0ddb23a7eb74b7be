/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.gen.h"
#include "auth/auth.h"
#include "base/str.h"
#include "node/compute_parts.h"
#include "node/index_jobs.h"
#include "node/node.h"
#include "node/signer.h"

/* Commands about environments and jobs that are there already. */

int cmd_get_compute_environments(struct task *t, const struct args_get_compute_environments *args,
                                 struct err *e)
{
    (void)e;
    if (!t->node->compute)
        return reply_json(t, json_new_array(t->arena));
    return reply_json(
        t, compute_environments_json(t->node->compute, t->arena, (uint64_t)args->chain_id));
}

enum { RESULTS_MAX = 1000 };

static int need_compute(struct task *t, struct err *e)
{
    return t->node->compute ? 0 : refused(e, COMPUTE_NONE);
}

static bool same(const char *text, const struct addr *who)
{
    struct addr a;

    return addr_parse_any(text, &a) && addr_eq(&a, who);
}

static bool may_read(const struct compute_job *job, const struct addr *who)
{
    size_t i;

    if (same(job->owner, who))
        return true;
    for (i = 0; i < json_len(job->viewers); i++)
        if (same(json_str(json_at(job->viewers, i), ""), who))
            return true;
    return false;
}

/* The job of a request by somebody who may read it: 1 = found, 0 = there is none of that id. */
static int find_readable(struct task *t, const char *id, const struct signer *q,
                         struct compute_job *ret, struct err *e)
{
    struct addr who;
    int r;

    if (need_compute(t, e) < 0 || signer_check(t, q, &who, e) < 0)
        return -1;
    r = compute_job_find(t->node->compute, t->arena, id, ret, e);
    if (r > 0 && !may_read(ret, &who))
        return refused(e, COMPUTE_OWNER, addr_text(t->arena, &who), ret->id);
    return r;
}

/* A position in a list: as clients may send anything, only what can be one. */
static int read_index(const struct json *v, int64_t *ret, struct err *e)
{
    const char *text = json_str(v, NULL);
    uint64_t n;

    if (text ? str_u64(text, RESULTS_MAX, &n) : false) {
        *ret = (int64_t)n;
        return 0;
    }
    if (!json_int(v, ret) || *ret < 0 || *ret > RESULTS_MAX)
        return refused(e, COMPUTE_RESULT_BAD_INDEX);
    return 0;
}

static int reply_jobs(struct task *t, const struct compute_filter *f, struct err *e)
{
    struct json *list;

    if (compute_status(t->node->compute, t->arena, f, &list, e) < 0)
        return -1;
    return reply_json(t, list);
}

/* Somebody else's job is as if it were not there. */
int cmd_stop_compute(struct task *t, const struct args_stop_compute *args, struct err *e)
{
    const struct signer q = {"stopCompute", args->consumer_address, args->nonce, args->signature};
    struct compute_filter f = {.job_id = args->job_id};
    struct compute_job job;
    struct addr who;
    int r;

    if (need_compute(t, e) < 0 || signer_check(t, &q, &who, e) < 0)
        return -1;
    r = compute_job_find(t->node->compute, t->arena, args->job_id, &job, e);
    if (r < 0)
        return -1;
    if (r == 0 || !same(job.owner, &who))
        return reply_json(t, json_new_array(t->arena));
    if (compute_stop(t->node->compute, args->job_id, e) < 0)
        return -1;
    return reply_jobs(t, &f, e);
}

/* An empty filter is none: it must not match what has no such thing. */
static const char *given(const char *text)
{
    return auth_is_given(text) ? text : NULL;
}

int cmd_get_compute_status(struct task *t, const struct args_get_compute_status *args,
                           struct err *e)
{
    const struct compute_filter f = {.job_id = given(args->job_id),
                                     .owner = args->consumer_address,
                                     .agreement_id = given(args->agreement_id)};

    if (need_compute(t, e) < 0)
        return -1;
    return reply_jobs(t, &f, e);
}

int cmd_get_compute_result(struct task *t, const struct args_get_compute_result *args,
                           struct err *e)
{
    const struct signer q = {"getComputeResult", args->consumer_address, args->nonce,
                             args->signature};
    struct compute_job job;
    struct compute_result result;
    int64_t index;
    int r;

    if (read_index(args->index, &index, e) < 0)
        return -1;
    r = find_readable(t, args->job_id, &q, &job, e);
    if (r == 0)
        return refused(e, COMPUTE_JOB, args->job_id);
    if (r < 0 || compute_result_open(t->node->compute, t->arena, job.id, index, &result, e) < 0)
        return -1;
    if (args->offset > result.size) {
        close(result.fd);
        return failed(e, INVALID, "the result has only %lld bytes", (long long)result.size);
    }
    if (reply_file(t, result.fd, result.size, result.type, result.name) < 0)
        return -1;
    if (args->offset > 0 && t->reply->status == 200) {
        t->reply->file.offset = args->offset;
        t->reply->file.size = result.size - args->offset;
    }
    return 0;
}

static int64_t follow_pull(void *ctx, void *out, size_t cap)
{
    return compute_follow_pull(ctx, out, cap);
}

static void follow_notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    compute_follow_notify(ctx, ready, arg);
}

static void follow_close(void *ctx)
{
    compute_follow_close(ctx);
}

int cmd_get_compute_streamable_logs(struct task *t,
                                    const struct args_get_compute_streamable_logs *args,
                                    struct err *e)
{
    const struct signer q = {"getComputeStreamableLogs", args->consumer_address, args->nonce,
                             args->signature};
    struct compute_job job;
    struct compute_follow *follow;
    struct http_stream stream = {
        .pull = follow_pull, .notify = follow_notify, .close = follow_close, .size = -1};
    int r;

    r = find_readable(t, args->job_id, &q, &job, e);
    if (r == 0)
        return refused(e, COMPUTE_NOT_RUNNING);
    if (r < 0 || compute_log_follow(t->node->compute, job.id, &follow, e) < 0)
        return -1;
    stream.ctx = follow;
    return reply_stream(t, &stream, "text/plain");
}

/* --- jobs --- */

static bool among(const struct json *list, const char *text)
{
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_ieq(json_str(json_at(list, i), ""), text))
            return true;
    return json_len(list) == 0;
}

/* The time counts from a job's end; of one that runs from its beginning, which was asked for. */
static bool is_recent(const struct args_jobs *args, const struct json *job, int64_t from_s)
{
    const char *finished = json_get_str(job, "dateFinished", NULL);
    char *end;

    return from_s == 0 || args->running_jobs || (finished && strtoll(finished, &end, 10) >= from_s);
}

static bool is_wanted(const struct args_jobs *args, const struct json *job, int64_t from_s)
{
    return among(args->environments, json_get_str(job, "environment", "")) &&
           among(args->consumer_addrs, json_get_str(job, "owner", "")) &&
           (!args->running_jobs || json_get_int(job, "status", -1) == 40) &&
           is_recent(args, job, from_s);
}

/* Seconds, or milliseconds when the number is too large for seconds. */
static int read_from(const struct json *from, int64_t *ret, struct err *e)
{
    enum { MS_FROM = 100000000 }; /* in thousands: the year 5138 in seconds, 1973 in ms */
    _arena_ struct arena *a = arena_new();
    const char *rest = from ? json_str(from, "") : "0"; /* a number is none of the protocol's */
    uint64_t v;

    if (!str_u64(str_next(a, &rest, '.'), INT64_MAX, &v))
        return failed(e, INVALID, "Parameter : \"fromTimestamp\" is not a valid string");
    *ret = (int64_t)(v / 1000 >= MS_FROM ? v / 1000 : v);
    return 0;
}

int cmd_jobs(struct task *t, const struct args_jobs *args, struct err *e)
{
    /* ocean.js asks for the route's pattern itself */
    bool one = args->job_id && *args->job_id && !str_eq(args->job_id, ":job");
    struct compute_filter f = {.job_id = one ? args->job_id : NULL, .any = true};
    struct json *all, *list = json_new_array(t->arena), *wrapped = json_new_object(t->arena);
    int64_t from_s;
    size_t i;

    if (read_from(args->from_timestamp, &from_s, e) < 0)
        return -1;
    f.from_s = args->running_jobs ? from_s : 0;
    if (t->node->compute && compute_status(t->node->compute, t->arena, &f, &all, e) < 0)
        return -1;
    for (i = 0; t->node->compute && i < json_len(all); i++)
        if (is_wanted(args, json_at(all, i), from_s))
            json_push(t->arena, list, json_at(all, i));
    if (t->direct)
        return reply_json(t, list);
    /* by the route, what administrators asked the indexer for as well */
    if (index_jobs_list(t->node, t->arena, f.job_id, from_s * 1000, list, e) < 0)
        return -1;
    json_set(t->arena, wrapped, "jobs", list);
    return reply_json(t, wrapped);
}
