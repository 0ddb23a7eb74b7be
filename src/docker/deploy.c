/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "docker/deploy_int.h"

/* Containers of services. */

enum { CPU_PERIOD_US = 100000 };

static struct json *texts(struct arena *a, const char *const *items)
{
    struct json *list = json_new_array(a);

    for (; items && *items; items++)
        json_push(a, list, json_new_str(a, *items));
    return list;
}

static struct json *one_text(struct arena *a, const char *text)
{
    const char *const items[] = {text, NULL};

    return texts(a, items);
}

static const char *port_key(struct arena *a, const struct docker_port *p)
{
    return arena_printf(a, "%d/%s", p->port, p->protocol);
}

static struct json *exposed_ports(struct arena *a, const struct docker_spec *c)
{
    struct json *v = json_new_object(a);
    size_t i;

    for (i = 0; i < c->port_count; i++)
        json_set(a, v, port_key(a, &c->ports[i]), json_new_object(a));
    return v;
}

static struct json *port_bindings(struct arena *a, const struct docker_spec *c)
{
    struct json *v = json_new_object(a);
    size_t i;

    for (i = 0; i < c->port_count; i++) {
        const struct docker_port *p = &c->ports[i];
        struct json *list = json_new_array(a);
        struct json *one = json_new_object(a);

        json_set_str(a, one, "HostIp", p->address);
        json_set_str(a, one, "HostPort", p->host_port ? arena_printf(a, "%d", p->host_port) : "");
        json_push(a, list, one);
        json_set(a, v, port_key(a, p), list);
    }
    return v;
}

static struct json *mounts(struct arena *a, const struct docker_spec *c)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < c->mount_count; i++) {
        const struct docker_mount *m = &c->mounts[i];
        struct json *one = json_new_object(a);

        json_set_str(a, one, "Type", m->volume[0] == '/' ? "bind" : "volume");
        json_set_str(a, one, "Source", m->volume);
        json_set_str(a, one, "Target", m->path);
        json_set_bool(a, one, "ReadOnly", m->read_only);
        json_push(a, list, one);
    }
    return list;
}

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

static void set_limits(struct arena *a, struct json *h, const struct docker_spec *c)
{
    if (c->memory) {
        json_set_int(a, h, "Memory", c->memory);
        json_set_int(a, h, "MemorySwap", c->memory);
    }
    if (c->cpu_quota_us) {
        json_set_int(a, h, "CpuPeriod", CPU_PERIOD_US);
        json_set_int(a, h, "CpuQuota", c->cpu_quota_us);
    }
    if (c->pids_max)
        json_set_int(a, h, "PidsLimit", c->pids_max);
    if (c->shm_bytes)
        json_set_int(a, h, "ShmSize", c->shm_bytes);
    if (c->log_bytes_max)
        json_set(a, h, "LogConfig", log_config(a, c->log_bytes_max));
}

static int host_json(struct arena *a, const struct docker_spec *c, struct json **ret, struct err *e)
{
    struct json *h = json_new_object(a);

    json_set_str(a, h, "NetworkMode", c->network ? c->network : "none");
    json_set(a, h, "CapDrop", one_text(a, "ALL"));
    json_set(a, h, "CapAdd", texts(a, c->capabilities));
    json_set(a, h, "SecurityOpt", one_text(a, "no-new-privileges"));
    json_set(a, h, "PortBindings", port_bindings(a, c));
    json_set(a, h, "Mounts", mounts(a, c));
    json_set_bool(a, h, "Init", c->init);
    set_limits(a, h, c);
    *ret = h;
    return c->host_extra_json ? docker__merge(a, h, c->host_extra_json, e) : 0;
}

static int spec_json(struct arena *a, const struct docker_spec *c, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *host;

    if (host_json(a, c, &host, e) < 0)
        return -1;
    json_set_str(a, v, "Image", c->image);
    if (c->hostname)
        json_set_str(a, v, "Hostname", c->hostname);
    if (c->user)
        json_set_str(a, v, "User", c->user);
    if (c->entrypoint)
        json_set(a, v, "Entrypoint", texts(a, c->entrypoint));
    if (c->command)
        json_set(a, v, "Cmd", texts(a, c->command));
    json_set(a, v, "Env", texts(a, c->env));
    json_set(a, v, "Labels", docker__labels(a, c->labels));
    json_set(a, v, "ExposedPorts", exposed_ports(a, c));
    /* health is asked from outside: an image's own check would run beside it */
    json_set(a, v, "Healthcheck", json_new_object(a));
    json_set(a, json_get(v, "Healthcheck"), "Test", one_text(a, "NONE"));
    json_set(a, v, "HostConfig", host);
    if (c->network && c->hostname && !str_eq(c->network, "host")) {
        struct json *networks = json_new_object(a);
        struct json *endpoint = json_new_object(a);
        struct json *config = json_new_object(a);

        json_set(a, endpoint, "Aliases", one_text(a, c->hostname));
        json_set(a, networks, c->network, endpoint);
        json_set(a, config, "EndpointsConfig", networks);
        json_set(a, v, "NetworkingConfig", config);
    }
    *ret = v;
    return 0;
}

int docker_spec_create(struct docker *d, const struct docker_spec *c, char ret_id[DOCKER_ID_SIZE],
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__new n = {.name = c->name, .labels = c->labels};

    return spec_json(a, c, &n.spec, e) < 0 ? -1 : docker__create(d, a, &n, ret_id, e);
}

/* The address in the first network; one container of ours is in one. */
static const char *first_ip(const struct json *v)
{
    const struct json *networks = json_path(v, "NetworkSettings.Networks");

    return json_len(networks) ? json_get_str(json_value(networks, 0), "IPAddress", "") : "";
}

int docker_look(struct docker *d, struct arena *a, const char *id, struct docker_look *ret,
                struct err *e)
{
    struct docker__req r = {.path = arena_printf(a, "/containers/%s/json", docker__escape(a, id))};
    struct json *v, *s;
    struct err why;

    if (docker__call(d, a, &r, &v, &why) < 0) {
        if (why.code == ERR_NOT_FOUND)
            return 0;
        *e = why;
        return -1;
    }
    s = json_get(v, "State");
    *ret = (struct docker_look){
        .image = json_get_str(v, "Image", ""),
        .ip = first_ip(v),
        .running = json_get_bool(s, "Running", false),
        .oom_killed = json_get_bool(s, "OOMKilled", false),
        .exit_code = (int)json_get_int(s, "ExitCode", 0),
        .started_ms = docker__time_ms(json_get_str(s, "StartedAt", "")),
        .finished_ms = docker__time_ms(json_get_str(s, "FinishedAt", "")),
        .labels = json_path(v, "Config.Labels"),
        .ports = json_path(v, "NetworkSettings.Ports"),
        .error = json_get_str(s, "Error", ""),
    };
    ret->started = ret->running || ret->started_ms > 0;
    str_copy(ret->id, sizeof(ret->id), json_get_str(v, "Id", ""));
    return 1;
}

int docker_look_port(const struct docker_look *l, int port, const char *protocol)
{
    _arena_ struct arena *a = arena_new();
    const struct json *list = json_get(l->ports, arena_printf(a, "%d/%s", port, protocol));
    uint64_t n = 0;

    return str_u64(json_get_str(json_at(list, 0), "HostPort", "0"), 65535, &n) ? (int)n : 0;
}

int docker_container_names(struct docker *d, struct arena *a, const char *label, struct json **ret,
                           struct err *e)
{
    struct docker__req r = {.path = arena_printf(a, "/containers/json?all=1&filters=%s",
                                                 docker__label_filter(a, label))};
    struct json *v, *names = json_new_array(a);
    size_t i;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    for (i = 0; i < json_len(v); i++) {
        const char *name = json_str(json_at(json_get(json_at(v, i), "Names"), 0), "/");

        json_push(a, names, json_new_str(a, name + (*name == '/')));
    }
    *ret = names;
    return 0;
}

int docker_wait(struct docker *d, const char *id, int timeout_ms, int *ret_exit_code, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST",
                            .path = arena_printf(a, "/containers/%s/wait", id),
                            .timeout_ms = timeout_ms};
    struct json *v;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    *ret_exit_code = (int)json_get_int(v, "StatusCode", -1);
    return 0;
}

int docker_tail_open(struct docker *d, const char *id, const struct docker_tail *t,
                     struct stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *tail = t->tail < 0 ? "all" : arena_printf(a, "%d", t->tail);
    const char *from = t->since_ms > 0
                           ? arena_printf(a, "&since=%lld.%03lld", (long long)(t->since_ms / 1000),
                                          (long long)(t->since_ms % 1000))
                           : "";
    struct docker__req r = {
        .path = arena_printf(a,
                             "/containers/%s/logs?follow=%d&stdout=1&stderr=1&timestamps=1"
                             "&tail=%s%s",
                             docker__escape(a, id), t->follow, tail, from),
        .timeout_ms = -1,
    };

    return docker__open(d, a, &r, ret, e);
}
