/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/statvfs.h>

#include "base/codec.h"
#include "base/fs.h"
#include "base/str.h"
#include "compute/compute_int.h"
#include "crypto/hash.h"

enum { MILLI = 1000, RESOURCE_UNITS_MAX = 1000000000 };
#define GIB (INT64_C(1) << 30)

/* "0x" + sha256 of two texts one after the other. */
static const char *hash_of(struct arena *a, const char *first, const char *second)
{
    const char *text = arena_printf(a, "%s%s", first, second);
    struct hash32 h = sha256(text, strlen(text));

    return hash32_text(a, &h);
}

static int64_t to_milli(double units)
{
    if (units > RESOURCE_UNITS_MAX)
        units = RESOURCE_UNITS_MAX;
    return (int64_t)(units * MILLI + 0.5);
}

static const struct config_resource *find_conf(const struct config_resource *list, size_t n,
                                               const char *id)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (str_eq(list[i].id, id))
            return &list[i];
    return NULL;
}

/* Limits of free jobs; what is not given falls back to the environment's. */
static void set_free(struct resource *r, const struct config_environment *conf)
{
    const struct config_resource *f =
        find_conf(conf->free.resources, conf->free.resource_count, r->id);

    if (!conf->free.offered || !f)
        return;
    r->in_free = true;
    r->free_total = f->total > 0 ? to_milli(f->total) : -1;
    r->free_max = f->max > 0 ? to_milli(f->max) : f->total > 0 ? r->free_total : r->max;
    r->free_min = f->min >= 0 ? to_milli(f->min) : r->min;
    if (r->free_min > r->free_max)
        r->free_min = r->free_max;
}

/* The configured amount in thousandths, or what stands for one that is not given. */
static int64_t given(double units, int64_t otherwise)
{
    return units > 0 ? to_milli(units) : otherwise;
}

/* there: what the machine has, in thousandths; 0 for kinds it cannot be asked about. */
static void add_resource(struct compute_env *env, const char *id, int64_t there, int64_t least)
{
    const struct config_resource *conf =
        find_conf(env->conf->resources, env->conf->resource_count, id);
    struct resource *r = &env->resource[env->resource_count];

    if (env->resource_count == COMPUTE_RESOURCES_MAX)
        return;
    *r = (struct resource){.id = id, .type = id, .conf = conf};
    if (conf && conf->type)
        r->type = conf->type;
    r->total = given(conf ? conf->total : 0, there);
    r->max = given(conf ? conf->max : 0, there ? there : r->total);
    r->min = given(conf ? conf->min : 0, least);
    if (r->max > r->total)
        r->max = r->total;
    if (r->min > r->max)
        r->min = r->max;
    set_free(r, env->conf);
    env->resource_count++;
}

static bool is_basic(const char *id)
{
    return str_eq(id, "cpu") || str_eq(id, "ram") || str_eq(id, "disk");
}

static void load_env(struct engine *g, struct compute_env *env,
                     const struct config_environment *conf)
{
    struct arena *a = g->compute->arena;
    const char *fees = conf->fees_json ? json_text(a, conf->fees_json) : "null";
    const char *name = conf->id ? conf->id : arena_printf(a, "%zu", conf->index);
    size_t i;

    env->conf = conf;
    env->engine = g;
    env->info = (struct compute_env_info){
        .id = arena_printf(a, "%s-%s", g->hash, hash_of(a, fees, name)),
        .cluster = g->hash,
        .consumer_address = g->compute->o.consumer_address,
        .conf = conf,
        .os = g->info.os,
        .architecture = g->info.architecture,
    };
    for (i = 0; i < conf->resource_count; i++)
        if (!is_basic(conf->resources[i].id))
            add_resource(env, conf->resources[i].id, 0, 0);
    add_resource(env, "cpu", g->info.cpus * MILLI, MILLI);
    add_resource(env, "ram", g->info.memory / GIB * MILLI, MILLI);
    add_resource(env, "disk", g->disk_bytes / GIB * MILLI, 0);
}

static int load_engine(struct compute *c, struct engine *g, const struct config_engine *conf,
                       struct err *e)
{
    struct statvfs fs;
    size_t i;

    g->compute = c;
    g->conf = conf;
    g->hash = hash_of(c->arena, arena_printf(c->arena, "%zu", conf->index), conf->connection);
    if (!conf->socket_path)
        return failed(e, INVALID, "a Docker engine is reached by its socketPath only");
    g->docker = docker_new(c->o.net, conf->socket_path);
    if (docker_info_get(g->docker, c->arena, &g->info, e) < 0)
        return -1;
    if (statvfs(c->o.data_dir, &fs) < 0)
        return failed(e, FAILED, "%s: its file system cannot be measured", c->o.data_dir);
    g->disk_bytes = (int64_t)fs.f_frsize * (int64_t)fs.f_blocks;
    g->env = arena_calloc(c->arena, conf->environment_count, sizeof(*g->env));
    g->env_count = conf->environment_count;
    for (i = 0; i < g->env_count; i++)
        load_env(g, &g->env[i], &conf->environments[i]);
    return 0;
}

/* "Intel(R) Xeon(R) ...": the description of the cpu resource. */
static const char *read_cpu_model(struct arena *a)
{
    struct bytes text;
    struct err ignored;
    const char *at;

    if (fs_read(a, "/proc/cpuinfo", 1 << 20, &text, &ignored) < 0)
        return NULL;
    at = strstr((const char *)text.p, "model name");
    at = at ? strchr(at, ':') : NULL;
    return at ? arena_strndup(a, at + 2, strcspn(at + 2, "\n")) : NULL;
}

int env__load(struct compute *c, struct err *e)
{
    size_t i;

    c->cpu_model = read_cpu_model(c->arena);
    c->engine = arena_calloc(c->arena, c->o.engine_count, sizeof(*c->engine));
    for (i = 0; i < c->o.engine_count; i++) {
        c->engine_count = i + 1;
        if (load_engine(c, &c->engine[i], &c->o.engines[i], e) < 0)
            return -1;
    }
    return 0;
}

const struct compute_env *compute_env_find(struct compute *c, const char *id)
{
    size_t i, k;

    for (i = 0; i < c->engine_count; i++)
        for (k = 0; k < c->engine[i].env_count; k++)
            if (str_eq(c->engine[i].env[k].info.id, id))
                return &c->engine[i].env[k];
    return NULL;
}

const struct compute_env_info *compute_env_info(const struct compute_env *env)
{
    return &env->info;
}

struct docker *compute_docker(struct compute *c, const char *cluster)
{
    size_t i;

    for (i = 0; i < c->engine_count; i++)
        if (str_eq(c->engine[i].hash, cluster))
            return c->engine[i].docker;
    return NULL;
}

const struct compute_env *compute_env_at(struct compute *c, size_t i)
{
    size_t k;

    for (k = 0; k < c->engine_count; k++) {
        if (i < c->engine[k].env_count)
            return &c->engine[k].env[i];
        i -= c->engine[k].env_count;
    }
    return NULL;
}

const char *compute_devices(struct arena *a, const struct compute_env *env,
                            const struct compute_resources *r)
{
    return container__host_extra(a, env, r);
}
