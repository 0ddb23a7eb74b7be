/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "docker/tar.h"
#include "service/service_int.h"

/* Containers: hardened, with hard limits, with their owner's labels, on their owner's network. */

enum {
    CPU_PERIOD_US = 100000,
    PIDS_MAX = 1024,
    LOG_BYTES_MAX = 8 << 20,
    STOP_GRACE_S = 10,
    HOST_PORT_TRIES = 20
};
#define SHM_BYTES (INT64_C(64) << 20)

void containers__labels(const struct live *l, struct docker_label ret[4])
{
    ret[0] = (struct docker_label){"atoll.deployment", l->id};
    ret[1] = (struct docker_label){"atoll.owner", l->row.owner};
    ret[2] = (struct docker_label){"atoll.node", l->service->o.node};
    ret[3] = (struct docker_label){0};
}

static const char *const *env_list(struct arena *a, const struct package_container *c)
{
    const char **list = arena_calloc(a, c->env_count + 1, sizeof(*list));
    size_t i;

    for (i = 0; i < c->env_count; i++)
        list[i] = arena_printf(a, "%s=%s", c->env[i].name, c->env[i].value);
    return list;
}

/* http on a loopback port for the gateway alone; public tcp and udp where it was given away. */
static int add_ports(struct live *l, struct arena *a, const struct package_container *c,
                     struct docker_spec *spec, struct err *e)
{
    struct docker_port *list = arena_calloc(a, c->port_count + 1, sizeof(*list));
    struct service_policy policy;
    size_t i;

    plan__ports(l->service, &l->row, &policy);
    for (i = 0; i < c->port_count; i++) {
        const struct package_port *p = &c->ports[i];
        const char *protocol = p->protocol == PORT_UDP ? "udp" : "tcp";
        const struct rows_port row = {l->id, c->name, p->name, policy.bind, protocol};
        int64_t host = 0;

        if (!p->public)
            continue;
        if (p->protocol != PORT_HTTP &&
            rows_port(l->service->o.store, &row, policy.port_first, policy.port_last, &host, e) < 0)
            return -1;
        list[spec->port_count++] = (struct docker_port){
            (int)p->port, protocol, host ? policy.bind : "127.0.0.1", (int)host};
    }
    spec->ports = list;
    return 0;
}

static void add_mounts(struct live *l, struct arena *a, const struct package_container *c,
                       struct docker_spec *spec)
{
    struct docker_mount *list = arena_calloc(a, c->volume_count + 1, sizeof(*list));
    size_t i;

    for (i = 0; i < c->volume_count; i++)
        list[i] =
            (struct docker_mount){plan__volume(a, l->id, c->volumes[i].name, l->row.generation),
                                  c->volumes[i].path, c->volumes[i].read_only};
    spec->mounts = list;
    spec->mount_count = c->volume_count;
}

/* What has no name of its own in a spec: a read-only root, devices. */
static int extras(struct live *l, struct arena *a, const struct package_container *c,
                  const char **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    const struct compute_env *env;
    struct compute_resources r;
    const char *devices = NULL;
    int known = plan__resources(l->service, a, &l->row, &env, &r, e);

    if (known < 0)
        return -1;
    if (known > 0)
        devices = compute_devices(a, env, &r);
    if (devices && json_parse(a, devices, strlen(devices), &v, e) < 0)
        return -1;
    if (c->read_only) {
        struct json *tmpfs = json_new_object(a);

        json_set_bool(a, v, "ReadonlyRootfs", true);
        json_set_str(a, tmpfs, "/tmp", "size=64m");
        json_set_str(a, tmpfs, "/run", "size=16m");
        json_set(a, v, "Tmpfs", tmpfs);
    }
    *ret = json_text(a, v);
    return 0;
}

/* "1000:1000" as the package has it; an image's own user stays root as far as files go. */
static void owner_of(const struct package_container *c, struct tar_entry *ret)
{
    const char *gid = c->user ? strchr(c->user, ':') : NULL;

    ret->uid = c->user ? (unsigned)strtoul(c->user, NULL, 10) : 0;
    ret->gid = gid ? (unsigned)strtoul(gid + 1, NULL, 10) : 0;
}

/*
 * The files of the package, and the volumes' own folders: all belong to the user that the process
 * runs as, who without capabilities could not write to a new volume otherwise.
 */
static size_t list_files(const struct package_container *c, struct tar_entry *entries)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < c->volume_count; i++) {
        if (!c->user || c->volumes[i].read_only)
            continue;
        entries[n] =
            (struct tar_entry){.path = c->volumes[i].path + 1, .kind = TAR_DIR, .mode = 0755};
        owner_of(c, &entries[n++]);
    }
    for (i = 0; i < c->file_count; i++) {
        entries[n] = (struct tar_entry){.path = c->files[i].path + 1,
                                        .kind = TAR_MEMORY,
                                        .mode = (unsigned)c->files[i].mode,
                                        .data = c->files[i].text,
                                        .size = (int64_t)c->files[i].len};
        owner_of(c, &entries[n++]);
    }
    return n;
}

static int put_files(struct live *l, struct arena *a, const struct package_container *c,
                     const char *id, struct err *e)
{
    struct tar_entry *entries =
        arena_calloc(a, c->file_count + c->volume_count + 1, sizeof(*entries));
    size_t count = list_files(c, entries);
    struct tar_writer *w;
    struct net_source tar;
    int r;

    if (count == 0)
        return 0;
    w = tar_writer_new(entries, count);
    tar = tar_writer_source(w);
    r = docker_archive_put(l->engine->docker, id, "/", &tar, e);
    tar_writer_free(w);
    return r;
}

static int create(struct live *l, struct arena *a, const struct plan *p, size_t i, struct err *e)
{
    const struct package_container *c = &p->containers[i];
    struct package_share share = package_share_of(p->package, p->size, i);
    struct docker_label labels[4];
    struct docker_spec spec = {
        .name = plan__container(a, l->id, c->name),
        .image = c->image,
        .hostname = c->name,
        .entrypoint = c->has_entrypoint ? c->entrypoint.items : NULL,
        .command = c->has_command ? c->command.items : NULL,
        .env = env_list(a, c),
        .user = c->user,
        .labels = labels,
        .network = plan__network(a, l, plan__is_open(p->package)),
        .capabilities = c->capabilities.count ? c->capabilities.items : NULL,
        .memory = share.memory,
        .cpu_quota_us = share.cpu_milli * CPU_PERIOD_US / 1000,
        .pids_max = PIDS_MAX,
        .log_bytes_max = LOG_BYTES_MAX,
        .shm_bytes = SHM_BYTES < share.memory ? SHM_BYTES : share.memory,
        .init = true,
    };
    char id[DOCKER_ID_SIZE];

    containers__labels(l, labels);
    add_mounts(l, a, c, &spec);
    if (add_ports(l, a, c, &spec, e) < 0 || extras(l, a, c, &spec.host_extra_json, e) < 0 ||
        docker_spec_create(l->engine->docker, &spec, id, e) < 0 ||
        owner__give_volumes(l, c, id, e) < 0 || put_files(l, a, c, id, e) < 0)
        return err_wrap(e, "container %s", c->name);
    return 0;
}

int life_step_containers(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;
    size_t i;

    if (plan__load(l->service, a, &l->row, &p, e) < 0)
        return STEP_BROKEN;
    for (i = 0; i < p.count; i++)
        if (create(l, a, &p, i, e) < 0)
            return STEP_BROKEN;
    return STEP_HEALTH;
}

int containers__start(struct live *l, size_t i, struct err *e)
{
    if (firewall_ensure(l->engine->firewall, e) < 0)
        return -1;
    if (docker_start(l->engine->docker, l->watch[i].container, e) < 0)
        return err_wrap(e, "container %s", l->watch[i].name);
    return 0;
}

static int names_of(struct live *l, struct arena *a, struct json **ret, struct err *e)
{
    return docker_container_names(l->engine->docker, a,
                                  arena_printf(a, "atoll.deployment=%s", l->id), ret, e);
}

int containers__stop_all(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *names;
    size_t i;

    if (names_of(l, a, &names, e) < 0)
        return -1;
    for (i = 0; i < json_len(names); i++)
        if (docker_stop(l->engine->docker, json_str(json_at(names, i), ""), STOP_GRACE_S, e) < 0)
            return -1;
    return 0;
}

int containers__remove_all(struct live *l, struct arena *a, struct json *gone, struct err *e)
{
    struct json *names;
    size_t i;

    if (names_of(l, a, &names, e) < 0)
        return -1;
    for (i = 0; i < json_len(names); i++) {
        const char *name = json_str(json_at(names, i), "");

        if (docker_stop(l->engine->docker, name, STOP_GRACE_S, e) < 0 ||
            docker_remove(l->engine->docker, name, e) < 0)
            return -1;
        if (gone)
            json_push(a, gone, json_new_str(a, name));
    }
    return 0;
}

/* The generation in a volume's name: 0 without one. */
static bool is_of(struct live *l, struct arena *a, const struct plan *p, const char *name,
                  int64_t generation)
{
    size_t i, k;

    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].volume_count; k++)
            if (str_eq(plan__volume(a, l->id, p->containers[i].volumes[k].name, generation), name))
                return true;
    return false;
}

int containers__remove_volumes(struct live *l, struct arena *a, int64_t but, struct json *gone,
                               struct err *e)
{
    struct json *names;
    struct plan p = {0};
    size_t i;

    if ((but >= 0 && plan__load(l->service, a, &l->row, &p, e) < 0) ||
        docker_volume_list(l->engine->docker, a, arena_printf(a, "atoll.deployment=%s", l->id),
                           &names, e) < 0)
        return -1;
    for (i = 0; i < json_len(names); i++) {
        const char *name = json_str(json_at(names, i), "");

        if (but >= 0 && is_of(l, a, &p, name, but))
            continue;
        if (docker_volume_remove(l->engine->docker, name, e) < 0)
            return -1;
        if (gone)
            json_push(a, gone, json_new_str(a, name));
    }
    return 0;
}
