/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "client/client_int.h"

/* Jobs that run or have run: `atoll compute status|stop|logs|results`. */

enum { POLL_MS = 200, POLL_LIMIT_MS = 2000, TOLD_MAX = 128, STATUS_SETTLING = 71 };

int client_compute_status(struct client *c, const char *job_id, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *jobs;

    if (client__get(c, c->config->provider_url,
                    arena_printf(a, "/api/services/compute?jobId=%s", client__escape(a, job_id)),
                    &jobs, e) < 0)
        return -1;
    *ret = json_at(jobs, 0);
    return *ret ? 0 : refused(e, UNKNOWN_JOB, job_id);
}

/* One look; *ret_ended when nothing will change any more. Told texts are remembered in `told`. */
static int look(struct client *c, const char *job_id, char told[TOLD_MAX], bool *ret_ended,
                struct err *e)
{
    struct json *job;
    const char *text;

    if (client_compute_status(c, job_id, &job, e) < 0)
        return -1;
    text = json_get_str(job, "statusText", "");
    if (!str_eq(text, told)) {
        client__say(c, "job: %s", text);
        (void)str_copy(told, TOLD_MAX, text);
    }
    /* while it settles, what was used is being claimed; the rest comes back with the claim */
    *ret_ended = json_get_str(job, "dateFinished", NULL) &&
                 json_get_int(job, "status", 0) != STATUS_SETTLING;
    return 0;
}

int client_compute_wait(struct client *c, const char *job_id, struct json **ret, struct err *e)
{
    struct arena *answers = c->arena;
    int64_t pause = POLL_MS;
    char told[TOLD_MAX] = "";
    bool ended = false;

    while (!ended) {
        int rc;

        c->arena = arena_new(); /* a job of days is looked at often */
        rc = look(c, job_id, told, &ended, e);
        arena_free(c->arena);
        c->arena = answers;
        if (rc < 0)
            return -1;
        if (!ended)
            clock_sleep_ms(pause);
        pause = pause * 5 / 4 < POLL_LIMIT_MS ? pause * 5 / 4 : POLL_LIMIT_MS;
    }
    return client_compute_status(c, job_id, ret, e);
}

int client_compute_stop(struct client *c, const char *job_id, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct net_request r = {.method = "PUT"};
    const char *query;
    struct json *jobs;

    if (client__signed_query(c, "stopCompute", &query, e) < 0)
        return -1;
    r.url = arena_printf(a, "%s/api/services/compute?%s&jobId=%s", c->config->provider_url, query,
                         client__escape(a, job_id));
    if (client__call_json(c, &r, &jobs, e) < 0)
        return -1;
    *ret = json_at(jobs, 0);
    return *ret ? 0 : refused(e, UNKNOWN_JOB, job_id);
}

static int result_url(struct client *c, struct arena *a, const char *job_id, int64_t index,
                      const char **ret, struct err *e)
{
    const char *query;

    if (client__signed_query(c, "getComputeResult", &query, e) < 0)
        return -1;
    *ret =
        arena_printf(a, "%s/api/services/computeResult?%s&jobId=%s&index=%lld",
                     c->config->provider_url, query, client__escape(a, job_id), (long long)index);
    return 0;
}

/* The stored log of an ended job. */
static int stored_log(struct client *c, struct arena *a, const char *job_id, int fd, struct err *e)
{
    struct net_response response;
    const struct json *results;
    struct json *job;
    const char *url;
    int64_t bytes;
    size_t i;

    if (client_compute_status(c, job_id, &job, e) < 0)
        return -1;
    results = json_get(job, "results");
    for (i = 0; i < json_len(results); i++) {
        const struct json *r = json_at(results, i);

        if (!str_eq(json_get_str(r, "type", ""), "algorithmLog"))
            continue;
        if (result_url(c, a, job_id, json_get_int(r, "index", 0), &url, e) < 0)
            return -1;
        return client__copy(c, url, fd, &bytes, &response, e);
    }
    return refused(e, NO_LOG, job_id, json_get_str(job, "statusText", ""));
}

int client_compute_logs(struct client *c, const char *job_id, int fd, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct net_response response;
    const char *query;
    const char *url;
    int64_t bytes;

    if (client__signed_query(c, "getComputeStreamableLogs", &query, e) < 0)
        return -1;
    url = arena_printf(a, "%s/api/services/computeStreamableLogs?%s&jobId=%s",
                       c->config->provider_url, query, client__escape(a, job_id));
    if (client__copy(c, url, fd, &bytes, &response, e) == 0)
        return 0;
    if (e->code != ERR_NODE_REFUSED)
        return -1;
    return stored_log(c, a, job_id, fd, e);
}

int client_compute_results(struct client *c, const char *job_id, const char *folder,
                           struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *files = json_new_array(a);
    const struct json *results;
    struct json *job;
    size_t i;

    if (client_compute_status(c, job_id, &job, e) < 0)
        return -1;
    results = json_get(job, "results");
    for (i = 0; i < json_len(results); i++) {
        const struct json *r = json_at(results, i);
        const char *name = json_get_str(r, "filename", "result");
        struct json *file;
        const char *url;

        if (strchr(name, '/') || str_starts(name, "."))
            return failed(e, FAILED, "the node names a result '%s'", name);
        if (result_url(c, a, job_id, json_get_int(r, "index", 0), &url, e) < 0 ||
            client__fetch(c, url, folder, name, &file, e) < 0)
            return err_wrap(e, "%s", name);
        client__say(c, "results: %s", name);
        json_set_str(a, file, "name", name);
        json_set_str(a, file, "type", json_get_str(r, "type", ""));
        json_push(a, files, file);
    }
    *ret = json_new_object(a);
    json_set_str(a, *ret, "jobId", job_id);
    json_set(a, *ret, "files", files);
    return 0;
}
