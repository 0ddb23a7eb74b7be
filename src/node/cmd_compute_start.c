/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "api.gen.h"
#include "auth/auth.h"
#include "base/log.h"
#include "base/str.h"
#include "node/compute_parts.h"
#include "node/node.h"
#include "node/node_pools.h"

/*
 * startCompute and freeStartCompute. Everything is checked before anything is promised: the
 * escrow's lock is the last thing that compute_start() does.
 */

enum { SECONDS_MAX = 1000000000 };

/* What both commands have in common. */
struct start {
    struct compute_ask ask;
    const char *environment;
    const struct json *algorithm, *datasets, *resources, *metadata, *viewers, *payment;
    const char *registry_auth, *output, *bucket;
    int64_t seconds, queue_s;
};

static int authenticate(struct start *s, const char *command, const char *address,
                        const char *nonce, const char *signature, struct err *e)
{
    struct task *t = s->ask.task;
    const struct auth_request r = {.command = command,
                                   .address = address,
                                   .nonce = nonce,
                                   .signature = signature,
                                   .token = t->authorization,
                                   .rule = AUTH_COMPUTE_START};

    if (auth_check(t->node->auth, &r, &s->ask.consumer, e) < 0)
        return -1;
    s->ask.consumer_text = address ? address : addr_text(t->arena, &s->ask.consumer);
    return 0;
}

/* Price and token are looked at before orders are, so that a wrong token costs no chain calls. */
static int check_price(const struct compute_request *r, struct err *e)
{
    const struct compute_price p = {.env = r->env,
                                    .chain = r->chain,
                                    .token = r->token,
                                    .resources = r->resources,
                                    .seconds = r->max_duration_s};
    struct u256 cost;

    return r->free_job ? 0 : compute_quote(&p, &cost, e);
}

/* Of a free job all is judged before there is room for it, of a paid one its room comes first. */
static int check_room(const struct start *s, bool last, const struct compute_resources *resources,
                      struct err *e)
{
    return s->queue_s > 0 || s->ask.free_job != last
               ? 0
               : compute_available(s->ask.env, s->ask.free_job, resources, e);
}

static int read_payment(const struct start *s, struct compute_request *r, struct err *e)
{
    struct task *t = s->ask.task;

    if (s->ask.free_job)
        return 0;
    if (compute_ask_payment(t, s->payment, &r->chain, &r->token, e) < 0)
        return -1;
    return node_identity_check(t->node, r->chain, e);
}

/* Rounded up; what no environment allows comes out as something that none allows. */
static int64_t whole_seconds(double seconds)
{
    return seconds < SECONDS_MAX ? (int64_t)ceil(seconds) : SECONDS_MAX;
}

static void limit_duration(const struct start *s, struct compute_request *r)
{
    const struct config_environment *conf = compute_env_info(s->ask.env)->conf;
    int64_t most = r->free_job ? conf->free.max_job_duration : conf->max_job_duration;

    r->max_duration_s = s->seconds > 0 && s->seconds < most ? s->seconds : most;
}

static int check_offer(const struct start *s, struct err *e)
{
    const struct config_environment *conf = compute_env_info(s->ask.env)->conf;

    if (!conf->jobs)
        return refused(e, COMPUTE_OFF);
    return s->ask.free_job && !conf->free.offered ? refused(e, COMPUTE_NO_FREE_JOBS) : 0;
}

static int run(struct start *s, struct err *e)
{
    struct task *t = s->ask.task;
    struct compute_resources resources;
    struct compute_parts parts;
    struct compute_request r = {.free_job = s->ask.free_job,
                                .owner = s->ask.consumer_text,
                                .resources = &resources,
                                .queue_wait_s = s->queue_s,
                                .metadata = s->metadata,
                                .viewers = s->viewers};
    struct json *job, *list = json_new_array(t->arena);

    if (compute_ask_env(t, s->environment, &s->ask.env, e) < 0)
        return -1;
    r.env = s->ask.env;
    limit_duration(s, &r);
    if (check_offer(s, e) < 0 || compute_fill(r.env, r.free_job, s->resources, &resources, e) < 0 ||
        check_room(s, false, &resources, e) < 0 ||
        compute_ask_registry(t, s->registry_auth, &r.registry_auth, e) < 0 ||
        compute_ask_access(&s->ask, e) < 0 ||
        compute_ask_output(&s->ask, s->output, s->bucket, e) < 0 ||
        compute_parts_load(&s->ask, s->datasets, s->algorithm, &parts, e) < 0 ||
        check_room(s, true, &resources, e) < 0 || read_payment(s, &r, e) < 0 ||
        check_price(&r, e) < 0 || compute_parts_paid(&s->ask, &parts, e) < 0)
        return -1;
    r.inputs = compute_parts_inputs(t->arena, &parts);
    r.algorithm = compute_parts_algorithm(t->arena, &parts);
    r.output = s->output;
    r.bucket = s->bucket;
    if (compute_start(t->node->compute, t->arena, &r, &job, e) < 0)
        return -1;
    log_info("compute", "job %s of %s started", json_get_str(job, "jobId", "?"), r.owner);
    json_push(t->arena, list, job);
    return reply_json(t, list);
}

int cmd_start_compute(struct task *t, const struct args_start_compute *args, struct err *e)
{
    struct start s = {
        .ask = {.task = t, .verb = "Start Compute", .policy = args->policy_server},
        .environment = args->environment,
        .algorithm = args->algorithm,
        .datasets = args->datasets,
        .resources = args->resources ? args->resources : json_get(args->payment, "resources"),
        .metadata = args->metadata,
        .viewers = args->additional_viewers,
        .payment = args->payment,
        .registry_auth = args->encrypted_docker_registry_auth,
        .output = args->output,
        .bucket = args->output_bucket_id,
        .seconds = whole_seconds(args->max_job_duration),
        .queue_s = args->queue_max_wait_time,
    };

    if (!(args->max_job_duration > 0))
        return refused(e, COMPUTE_DURATION);
    if (authenticate(&s, "startCompute", args->consumer_address, args->nonce, args->signature, e) <
        0)
        return -1;
    return run(&s, e);
}

int cmd_free_start_compute(struct task *t, const struct args_free_start_compute *args,
                           struct err *e)
{
    struct start s = {
        .ask = {.task = t,
                .verb = "Start Compute",
                .policy = args->policy_server,
                .free_job = true},
        .environment = args->environment,
        .algorithm = args->algorithm,
        .datasets = args->datasets,
        .resources = args->resources,
        .metadata = args->metadata,
        .viewers = args->additional_viewers,
        .registry_auth = args->encrypted_docker_registry_auth,
        .output = args->output,
        .bucket = args->output_bucket_id,
        .seconds = whole_seconds(args->max_job_duration),
        .queue_s = args->queue_max_wait_time,
    };

    if (authenticate(&s, "freeStartCompute", args->consumer_address, args->nonce, args->signature,
                     e) < 0)
        return -1;
    return run(&s, e);
}
