/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "docker/deploy_int.h"

enum { CPU_PERIOD_US = 100000, STOP_SLACK_MS = 20000 };

static struct json *text_array(struct arena *a, const char *const *items)
{
    struct json *list = json_new_array(a);

    for (; items && *items; items++)
        json_push(a, list, json_new_str(a, *items));
    return list;
}

static struct json *one_text(struct arena *a, const char *text)
{
    const char *const items[] = {text, NULL};

    return text_array(a, items);
}

/* The engine's own copy of the log must not fill its disk either. */
static struct json *log_config(struct arena *a, int64_t bytes_max)
{
    struct json *log = json_new_object(a);
    struct json *options = json_new_object(a);

    json_set_str(a, log, "Type", "json-file");
    json_set_str(a, options, "max-size", arena_printf(a, "%lld", (long long)(bytes_max / 2)));
    json_set_str(a, options, "max-file", "2");
    json_set(a, log, "Config", options);
    return log;
}

/* Lists grow, so that what hardens the container stays; the rest is set. */
int docker__merge(struct arena *a, struct json *host, const char *extra_json, struct err *e)
{
    struct json *extra;
    size_t i, k;

    if (json_parse(a, extra_json, strlen(extra_json), &extra, e) < 0)
        return err_wrap(e, "options of the container");
    for (i = 0; i < json_len(extra); i++) {
        struct json *value = json_value(extra, i);
        struct json *there = json_get(host, json_key(extra, i));

        if (!json_is(there, JSON_ARRAY) || !json_is(value, JSON_ARRAY))
            json_set(a, host, json_key(extra, i), value);
        else
            for (k = 0; k < json_len(value); k++)
                json_push(a, there, json_at(value, k));
    }
    return 0;
}

static int host_config(struct arena *a, const struct docker_create *c, struct json **ret,
                       struct err *e)
{
    struct json *h = json_new_object(a);

    json_set_str(a, h, "NetworkMode", c->network ? "default" : "none");
    json_set(a, h, "CapDrop", one_text(a, "ALL"));
    json_set(a, h, "SecurityOpt", one_text(a, "no-new-privileges"));
    if (c->pids_max)
        json_set_int(a, h, "PidsLimit", c->pids_max);
    if (c->memory) {
        json_set_int(a, h, "Memory", c->memory);
        json_set_int(a, h, "MemorySwap", c->memory);
    }
    if (c->cpu_quota_us) {
        json_set_int(a, h, "CpuPeriod", CPU_PERIOD_US);
        json_set_int(a, h, "CpuQuota", c->cpu_quota_us);
    }
    if (c->cpuset)
        json_set_str(a, h, "CpusetCpus", c->cpuset);
    if (c->log_bytes_max)
        json_set(a, h, "LogConfig", log_config(a, c->log_bytes_max));
    *ret = h;
    return c->host_extra_json ? docker__merge(a, h, c->host_extra_json, e) : 0;
}

static int spec_json(struct arena *a, const struct docker_create *c, struct json **ret,
                     struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *labels = json_new_object(a);
    struct json *host;
    size_t i;

    if (host_config(a, c, &host, e) < 0)
        return -1;
    json_set_str(a, v, "Image", c->image);
    json_set_str(a, v, "User", c->user);
    if (c->working_dir)
        json_set_str(a, v, "WorkingDir", c->working_dir);
    if (c->entrypoint)
        json_set(a, v, "Entrypoint", text_array(a, c->entrypoint));
    json_set(a, v, "Env", text_array(a, c->env));
    for (i = 0; i < c->label_count; i++)
        json_set_str(a, labels, c->labels[i].name, c->labels[i].value);
    json_set(a, v, "Labels", labels);
    json_set_bool(a, v, "AttachStdout", true);
    json_set_bool(a, v, "AttachStderr", true);
    json_set(a, v, "HostConfig", host);
    *ret = v;
    return 0;
}

int docker__create(struct docker *d, struct arena *a, const struct docker__new *n,
                   char ret_id[DOCKER_ID_SIZE], struct err *e)
{
    struct docker__req r = {
        .method = "POST",
        .json = n->spec,
        .path = arena_printf(a, "/containers/create?name=%s%s%s", docker__escape(a, n->name),
                             n->platform ? "&platform=" : "",
                             n->platform ? docker__escape(a, n->platform) : "")};
    struct docker_look there;
    struct json *answer;
    struct err why;

    if (docker__call(d, a, &r, &answer, &why) >= 0) {
        if (!str_copy(ret_id, DOCKER_ID_SIZE, json_get_str(answer, "Id", "")))
            return failed(e, FAILED, "Docker answered an id that is too long");
        return 0;
    }
    if (why.code == ERR_CONFLICT && docker_look(d, a, n->name, &there, e) > 0) {
        if (n->labels && docker__same_labels(there.labels, n->labels, n->name, e) < 0)
            return -1;
        str_copy(ret_id, DOCKER_ID_SIZE, there.id);
        return 0;
    }
    *e = why;
    return -1;
}

int docker_create(struct docker *d, const struct docker_create *c, char ret_id[DOCKER_ID_SIZE],
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__new n = {.name = c->name, .platform = c->platform};

    return spec_json(a, c, &n.spec, e) < 0 ? -1 : docker__create(d, a, &n, ret_id, e);
}

int docker_archive_put(struct docker *d, const char *id, const char *folder,
                       const struct net_source *tar, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct net_header type = {"Content-Type", "application/x-tar"};
    struct docker__req r = {
        .method = "PUT",
        .path = arena_printf(a, "/containers/%s/archive?path=%s", id, docker__escape(a, folder)),
        .source = tar,
        .headers = &type,
        .header_count = 1,
        .timeout_ms = -1,
    };

    return docker__call(d, a, &r, NULL, e) < 0 ? -1 : 0;
}

int docker_archive_get(struct docker *d, const char *id, const char *path, struct stream **ret,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {
        .path = arena_printf(a, "/containers/%s/archive?path=%s", id, docker__escape(a, path))};

    return docker__open(d, a, &r, ret, e);
}

int docker_start(struct docker *d, const char *id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST", .path = arena_printf(a, "/containers/%s/start", id)};

    return docker__call(d, a, &r, NULL, e) < 0 ? -1 : 0;
}

/* A call whose aim is reached when the container has ended or is gone. */
static int end_call(struct docker *d, struct arena *a, const struct docker__req *r, struct err *e)
{
    struct err why;

    if (docker__call(d, a, r, NULL, &why) >= 0 || why.code == ERR_NOT_FOUND ||
        why.code == ERR_CONFLICT)
        return 0;
    *e = why;
    return -1;
}

int docker_stop(struct docker *d, const char *id, int grace_s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST",
                            .path = arena_printf(a, "/containers/%s/stop?t=%d", id, grace_s),
                            .timeout_ms = grace_s * 1000 + STOP_SLACK_MS};

    return end_call(d, a, &r, e);
}

int docker_kill(struct docker *d, const char *id, const char *signal, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST",
                            .path = arena_printf(a, "/containers/%s/kill?signal=%s", id, signal)};

    return end_call(d, a, &r, e);
}

int docker_remove(struct docker *d, const char *id, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "DELETE",
                            .path = arena_printf(a, "/containers/%s?force=1&v=1", id)};

    return end_call(d, a, &r, e);
}

int docker_inspect(struct docker *d, struct arena *a, const char *id, bool sized,
                   struct docker_state *ret, struct err *e)
{
    struct docker__req r = {
        .path = arena_printf(a, "/containers/%s/json%s", id, sized ? "?size=1" : "")};
    struct json *v, *s;
    struct err why;

    if (docker__call(d, a, &r, &v, &why) < 0) {
        if (why.code == ERR_NOT_FOUND)
            return 0;
        *e = why;
        return -1;
    }
    s = json_get(v, "State");
    *ret = (struct docker_state){
        .running = json_get_bool(s, "Running", false),
        .oom_killed = json_get_bool(s, "OOMKilled", false),
        .exit_code = (int)json_get_int(s, "ExitCode", 0),
        .started_ms = docker__time_ms(json_get_str(s, "StartedAt", "")),
        .finished_ms = docker__time_ms(json_get_str(s, "FinishedAt", "")),
        .size_rw = sized ? json_get_int(v, "SizeRw", 0) : -1,
        .error = json_get_str(s, "Error", ""),
    };
    ret->started = ret->running || ret->started_ms > 0;
    str_copy(ret->id, sizeof(ret->id), json_get_str(v, "Id", ""));
    return 1;
}

int docker_list(struct docker *d, struct arena *a, const char *label, struct docker_found **ret,
                size_t *ret_count, struct err *e)
{
    const char *filter = arena_printf(a, "{\"label\":[\"%s\"]}", label);
    struct docker__req r = {
        .path = arena_printf(a, "/containers/json?all=1&filters=%s", docker__escape(a, filter))};
    struct json *v;
    struct docker_found *list;
    size_t i;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    list = arena_calloc(a, json_len(v) + 1, sizeof(*list));
    for (i = 0; i < json_len(v); i++) {
        struct json *c = json_at(v, i);

        list[i] = (struct docker_found){
            .id = json_get_str(c, "Id", ""),
            .label = json_get_str(json_get(c, "Labels"), label, ""),
            .running = str_eq(json_get_str(c, "State", ""), "running"),
        };
    }
    *ret = list;
    *ret_count = json_len(v);
    return 0;
}

/* The engine wants seconds and nanoseconds; one nanosecond later, so that nothing comes twice. */
static const char *after(struct arena *a, const char *stamp)
{
    const char *dot = strchr(stamp, '.');
    char nanos[10] = "000000000";
    uint64_t ns = 0;
    size_t i;

    for (i = 0; dot && i < 9 && dot[1 + i] >= '0' && dot[1 + i] <= '9'; i++)
        nanos[i] = dot[1 + i];
    (void)str_u64(nanos, UINT32_MAX, &ns);
    return arena_printf(a, "%lld.%09lld", (long long)(docker__time_ms(stamp) / 1000),
                        (long long)(ns < 999999999 ? ns + 1 : ns));
}

int docker_logs_open(struct docker *d, const char *id, const char *since, bool follow,
                     struct stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *from = since && *since ? arena_printf(a, "&since=%s", after(a, since)) : "";
    struct docker__req r = {
        .path = arena_printf(a, "/containers/%s/logs?follow=%d&stdout=1&stderr=1&timestamps=1%s",
                             id, follow, from),
        .timeout_ms = -1, /* an algorithm may be silent for hours */
    };

    return docker__open(d, a, &r, ret, e);
}
