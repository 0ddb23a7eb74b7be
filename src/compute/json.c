/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "compute/compute_int.h"
#include "compute/results.h"
#include "crypto/hash.h"

/* What clients see: environments and jobs. */

static struct json *milli_json(struct arena *a, int64_t milli)
{
    return json_new_num(a, (double)milli / 1000.0);
}

/* --- jobs --- */

/* "1700000000.123"; "0" for a time that has not come. */
static const char *seconds_text(struct arena *a, int64_t ms)
{
    return ms ? arena_printf(a, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000)) : "0";
}

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err ignored;

    return text && json_parse(a, text, strlen(text), &v, &ignored) == 0 ? v : NULL;
}

static struct json *resources_json(struct arena *a, const struct compute_resources *r)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < r->count; i++) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "id", r->item[i].id);
        json_set(a, v, "amount", milli_json(a, r->item[i].milli));
        json_push(a, list, v);
    }
    return list;
}

static void set_payment(struct arena *a, struct json *job, const struct job_row *row,
                        const struct job_terms *terms)
{
    struct json *v;
    struct u256 cost;

    if (!row->chain) {
        json_set(a, job, "payment", NULL);
        return;
    }
    v = json_new_object(a);
    json_set_int(a, v, "chainId", (int64_t)row->chain);
    json_set_str(a, v, "token", row->token);
    json_set_str(a, v, "lockTx", row->lock_tx);
    json_set_str(a, v, "claimTx", row->claim_tx);
    json_set_str(a, v, "cancelTx", row->cancel_tx);
    /* a number, as the reference has it: for eyes only; costWei is exact */
    json_set(a, v, "cost",
             json_new_num(a, row->cost && u256_parse(row->cost, &cost)
                                 ? strtod(units_text(a, &cost, terms->decimals), NULL)
                                 : 0));
    json_set_str(a, v, "amount", row->amount);
    json_set_str(a, v, "costWei", row->cost);
    json_set(a, job, "payment", v);
}

static void set_end(struct arena *a, struct json *job, const struct job_row *row)
{
    struct json *v = json_new_object(a);

    if (row->exit_code >= 0) {
        json_set_int(a, v, "exitCode", row->exit_code);
        json_set_bool(a, v, "OOMKilled", row->oom_killed);
    } else {
        json_set(a, v, "exitCode", NULL);
        json_set(a, v, "OOMKilled", NULL);
    }
    json_set(a, job, "terminationDetails", v);
}

static void set_times(struct arena *a, struct json *job, const struct job_row *row)
{
    json_set_str(a, job, "algoStartTimestamp", seconds_text(a, row->started));
    json_set_str(a, job, "algoStopTimestamp", seconds_text(a, row->stopped));
    json_set_int(a, job, "algoDuration",
                 row->stopped > row->started ? (row->stopped - row->started + 999) / 1000 : 0);
    json_set_int(a, job, "queueMaxWaitTime", row->queue_wait_s);
    json_set_str(a, job, "buildStartTimestamp", "0");
    json_set_str(a, job, "buildStopTimestamp", "0");
}

struct json *json__job(struct arena *a, const struct compute *c, const struct job_row *row,
                       bool with_cluster, bool with_results)
{
    struct json *v = json_new_object(a);
    struct job_terms terms = {0};
    struct compute_resources resources = {0};
    struct hash32 hash = sha256(row->id, strlen(row->id));
    struct err ignored;

    (void)!job_terms_parse(a, row->terms, &terms, &resources, &ignored);
    json_set_str(a, v, "owner", row->owner);
    json_set_str(a, v, "did", NULL);
    json_set_str(a, v, "jobId",
                 with_cluster ? arena_printf(a, "%s-%s", row->cluster, row->id) : row->id);
    json_set_str(a, v, "jobIdHash", hash32_text(a, &hash));
    json_set_str(a, v, "dateCreated", seconds_text(a, row->created));
    json_set_str(a, v, "dateFinished", row->finished ? seconds_text(a, row->finished) : NULL);
    json_set_int(a, v, "status", row->status);
    json_set_str(a, v, "statusText", fsm__status_text(row->status));
    json_set_str(a, v, "statusName", row->status_name);
    json_set_str(a, v, "statusReason", row->reason);
    json_set(a, v, "results", with_results ? results__list(a, c, row) : json_new_array(a));
    json_set(a, v, "inputDID", parsed(a, row->input_dids));
    json_set_str(a, v, "algoDID", row->algorithm_did);
    json_set_str(a, v, "agreementId", row->lock_tx);
    json_set_int(a, v, "maxJobDuration", row->max_duration_s);
    json_set_str(a, v, "environment", row->environment);
    json_set_bool(a, v, "stopRequested", row->stop_requested);
    json_set(a, v, "resources", resources_json(a, &resources));
    json_set_bool(a, v, "isFree", row->is_free);
    set_times(a, v, row);
    json_set(a, v, "metadata", parsed(a, row->metadata));
    json_set(a, v, "additionalViewers", parsed(a, row->viewers));
    set_end(a, v, row);
    set_payment(a, v, row, &terms);
    json_set_str(a, v, "imageDigest", row->image_digest);
    json_set_str(a, v, "outputHash", row->output_hash);
    return v;
}

/* --- environments --- */

static struct json *access_json(struct arena *a, const struct config_access *access)
{
    struct json *v = json_new_object(a);
    struct json *addresses = json_new_array(a);
    struct json *lists = json_new_array(a);
    size_t i;

    for (i = 0; i < access->addresses.count; i++)
        json_push(a, addresses, json_new_str(a, addr_text(a, &access->addresses.items[i])));
    for (i = 0; i < access->lists.count; i++) {
        const struct config_access_list *l = &access->lists.items[i];
        struct json *one = json_new_object(a);
        struct json *contracts = json_new_array(a);

        json_push(a, contracts, json_new_str(a, addr_text(a, &l->contract)));
        json_set(a, one, arena_printf(a, "%llu", (unsigned long long)l->chain_id), contracts);
        json_push(a, lists, one);
    }
    json_set(a, v, "addresses", addresses);
    json_set(a, v, "accessLists", access->lists_given ? lists : NULL);
    return v;
}

static void set_details(struct arena *a, struct json *v, const struct config_resource *conf)
{
    if (!conf)
        return;
    if (conf->kind)
        json_set_str(a, v, "kind", conf->kind);
    if (conf->platform)
        json_set_str(a, v, "platform", conf->platform);
    if (conf->memory_total)
        json_set_str(a, v, "memoryTotal", conf->memory_total);
    if (conf->driver_version)
        json_set_str(a, v, "driverVersion", conf->driver_version);
    if (conf->init)
        json_set(a, v, "init", json_copy(a, conf->init));
    if (json_get(conf->json, "constraints"))
        json_set(a, v, "constraints", json_copy(a, json_get(conf->json, "constraints")));
}

static struct json *resource_json(struct arena *a, const struct compute_env *env,
                                  const struct resource *r, bool free_part)
{
    struct compute *c = env->engine->compute;
    struct json *v = json_new_object(a);
    bool shared = str_eq(r->type, "gpu");
    const char *description = r->conf ? r->conf->description : NULL;
    int64_t total = free_part && r->free_total >= 0 ? r->free_total : fit__total(env, r);

    if (!description && str_eq(r->id, "cpu"))
        description = c->cpu_model;
    json_set_str(a, v, "id", r->id);
    json_set_str(a, v, "type", r->type);
    if (description)
        json_set_str(a, v, "description", description);
    json_set(a, v, "total", milli_json(a, total));
    json_set(a, v, "max", milli_json(a, free_part ? r->free_max : r->max));
    json_set(a, v, "min", milli_json(a, free_part ? r->free_min : r->min));
    json_set(a, v, "inUse", milli_json(a, fit__used(c, env, r->id, shared, free_part)));
    set_details(a, v, r->conf);
    return v;
}

static struct json *resource_list(struct arena *a, const struct compute_env *env, bool free_part)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < env->resource_count; i++)
        if (!free_part || env->resource[i].in_free)
            json_push(a, list, resource_json(a, env, &env->resource[i], free_part));
    return list;
}

static struct json *free_json(struct arena *a, const struct compute_env *env)
{
    const struct config_free *f = &env->conf->free;
    struct json *v = json_new_object(a);

    json_set(a, v, "access", access_json(a, &f->access));
    json_set_int(a, v, "storageExpiry", f->storage_expiry);
    json_set_int(a, v, "minJobDuration", f->min_job_duration);
    json_set_int(a, v, "maxJobDuration", f->max_job_duration);
    json_set_int(a, v, "maxJobs", f->max_jobs);
    json_set(a, v, "resources", resource_list(a, env, true));
    json_set_bool(a, v, "allowImageBuild", false); /* nothing is built here */
    return v;
}

/* Jobs of an environment, and how long they may still take. [0]: all, [1]: free ones. */
struct load {
    int64_t running[2], queued[2];
    double run_wait[2], queue_wait[2];
};

static void add_load(struct load *l, const struct job *j, int64_t now)
{
    double left = (double)(j->expected_end - now) / 1000.0;
    int kind;

    if (!j->expected_end)
        left = (double)j->row.max_duration_s;
    for (kind = 0; kind <= j->is_free; kind++) {
        if (j->reserved) {
            l->running[kind]++;
            l->run_wait[kind] += left > 0 ? left : 0;
        } else if (j->queued) {
            l->queued[kind]++;
            l->queue_wait[kind] += (double)j->row.max_duration_s;
        }
    }
}

static void set_load(struct arena *a, struct json *v, const struct compute_env *env)
{
    struct compute *c = env->engine->compute;
    struct load l = {0};
    struct list *item, *next;
    int64_t now = clock_ms();

    list_for_each(item, next, &c->jobs)
    {
        const struct job *j = container_of(item, struct job, link);

        if (j->env == env)
            add_load(&l, j, now);
    }
    json_set_int(a, v, "runningJobs", l.running[0]);
    json_set_int(a, v, "runningfreeJobs", l.running[1]);
    json_set_int(a, v, "queuedJobs", l.queued[0]);
    json_set_int(a, v, "queuedFreeJobs", l.queued[1]);
    json_set(a, v, "queMaxWaitTime", json_new_num(a, l.queue_wait[0]));
    json_set(a, v, "queMaxWaitTimeFree", json_new_num(a, l.queue_wait[1]));
    json_set(a, v, "runMaxWaitTime", json_new_num(a, l.run_wait[0]));
    json_set(a, v, "runMaxWaitTimeFree", json_new_num(a, l.run_wait[1]));
}

static struct json *env_json(struct arena *a, const struct compute_env *env)
{
    const struct config_environment *conf = env->conf;
    struct json *v = json_new_object(a);
    struct json *platform = json_new_object(a), *features = json_new_object(a);

    json_set_str(a, v, "id", env->info.id);
    set_load(a, v, env);
    json_set_str(a, v, "consumerAddress", env->info.consumer_address);
    json_set_str(a, platform, "architecture", env->info.architecture);
    json_set_str(a, platform, "os", env->info.os);
    json_set(a, v, "platform", platform);
    json_set(a, v, "access", access_json(a, &conf->access));
    json_set(a, v, "fees", conf->fees_json ? json_copy(a, conf->fees_json) : NULL);
    json_set(a, v, "resources", resource_list(a, env, false));
    json_set_int(a, v, "storageExpiry", conf->storage_expiry);
    json_set_int(a, v, "minJobDuration", conf->min_job_duration);
    json_set_int(a, v, "maxJobDuration", conf->max_job_duration);
    if (conf->max_jobs)
        json_set_int(a, v, "maxJobs", conf->max_jobs);
    if (conf->description)
        json_set_str(a, v, "description", conf->description);
    json_set_bool(a, v, "enableNetwork", conf->enable_network);
    if (conf->billing_by_second)
        json_set_str(a, v, "billing", "second");
    json_set_bool(a, features, "computeJobs", conf->jobs);
    json_set_bool(a, features, "services",
                  conf->services && conf->on_demand && conf->on_demand->enabled);
    json_set(a, v, "features", features);
    if (conf->free.offered)
        json_set(a, v, "free", free_json(a, env));
    return v;
}

static bool takes_chain(const struct compute_env *env, uint64_t chain)
{
    size_t i;

    for (i = 0; i < env->conf->fee_count; i++)
        if (env->conf->fees[i].chain_id == chain)
            return true;
    return chain == 0;
}

static void push_envs(struct arena *a, struct json *list, const struct engine *g, uint64_t chain)
{
    size_t i;

    for (i = 0; i < g->env_count; i++)
        if (takes_chain(&g->env[i], chain))
            json_push(a, list, env_json(a, &g->env[i]));
}

struct json *compute_environments_json(struct compute *c, struct arena *a, uint64_t chain)
{
    struct json *list = json_new_array(a);
    size_t i;

    lock_scope(&c->lock);
    for (i = 0; i < c->engine_count; i++)
        push_envs(a, list, &c->engine[i], chain);
    return list;
}

struct json *compute_clusters_json(struct compute *c, struct arena *a)
{
    enum { TYPE_DOCKER = 2 };
    struct json *list = json_new_array(a);
    size_t i;

    lock_scope(&c->lock);
    for (i = 0; i < c->engine_count; i++) {
        struct json *v = json_new_object(a);
        struct json *envs = json_new_array(a);

        push_envs(a, envs, &c->engine[i], 0);
        json_set_int(a, v, "type", TYPE_DOCKER);
        json_set_str(a, v, "hash", c->engine[i].hash);
        json_set(a, v, "environments", envs);
        json_push(a, list, v);
    }
    return list;
}
