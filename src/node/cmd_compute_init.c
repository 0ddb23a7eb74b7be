/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "api.gen.h"
#include "base/clock.h"
#include "node/compute_parts.h"
#include "node/node.h"
#include "order/order.h"

/* initializeCompute: what has to be ordered and paid before a job can be started. */

struct init {
    struct compute_ask ask;
    struct compute_resources resources;
    struct compute_price price;
    struct u256 cost;
    int64_t queue_s;
};

static int read_duration(struct init *s, bool given, double seconds, struct err *e)
{
    int64_t most = compute_env_info(s->ask.env)->conf->max_job_duration;

    if (given && !(seconds > 0))
        return refused(e, COMPUTE_DURATION);
    s->price.seconds = given && seconds < (double)most ? (int64_t)ceil(seconds) : most;
    return 0;
}

static struct json *entry_json(const struct init *s, const struct compute_part *p,
                               const struct order_offer *offer)
{
    struct arena *a = s->ask.task->arena;
    struct json *v = json_new_object(a);

    if (!p->did) {
        json_set_bool(a, v, "validOrder", false);
        return v;
    }
    if (offer->valid)
        json_set_str(a, v, "validOrder", p->tx);
    else
        json_set_bool(a, v, "validOrder", false);
    json_set_str(a, v, "did", p->did);
    json_set_str(a, v, "serviceId", p->service->id);
    json_set_str(a, v, "datatoken", p->service->datatoken);
    json_set_int(a, v, "chainId", (int64_t)p->asset.chain_id);
    json_set_str(a, v, "consumerAddress", compute_env_info(s->ask.env)->consumer_address);
    if (offer->fee)
        json_set(a, v, "providerFee", offer->fee);
    if (offer->rest)
        json_set(a, v, "providerFeeRest", offer->rest);
    return v;
}

static int make_entry(const struct init *s, const struct compute_part *p, struct json **ret,
                      struct err *e)
{
    struct task *t = s->ask.task;
    struct order_offer offer = {0};
    struct order_offer_request r = {0};

    if (p->did) {
        r.has_tx = compute_part_order(&s->ask, p, &r.order);
        r.terms = (struct order_fee_terms){
            .datatoken = p->service->datatoken,
            .service_id = p->service->id,
            .valid_until_s = p->service->timeout_s ? clock_s() + (int64_t)p->service->timeout_s : 0,
        };
        if (order_offer_make(t->node->fees, node_rpc(t->node, p->asset.chain_id), t->arena, &r,
                             &offer, e) < 0)
            return err_wrap(e, "%s", s->ask.verb);
    }
    *ret = entry_json(s, p, &offer);
    return 0;
}

static struct json *payment_json(const struct init *s)
{
    struct task *t = s->ask.task;
    struct arena *a = t->arena;
    const struct config_network *network = config_network(t->node->config, s->price.chain);
    struct json *v = json_new_object(a);

    json_set_str(a, v, "escrowAddress", addr_text(a, &network->contracts.escrow));
    json_set_str(a, v, "payee", compute_env_info(s->ask.env)->consumer_address);
    json_set_int(a, v, "chainId", (int64_t)s->price.chain);
    json_set_int(a, v, "minLockSeconds",
                 compute_lock_seconds(t->node->compute, s->price.seconds, s->queue_s));
    json_set_str(a, v, "token", addr_text(a, &s->price.token));
    json_set_str(a, v, "amount", u256_text(a, &s->cost));
    return v;
}

static int answer(const struct init *s, const struct compute_parts *parts, struct err *e)
{
    struct arena *a = s->ask.task->arena;
    struct json *v = json_new_object(a);
    struct json *list = json_new_array(a);
    struct json *entry;
    size_t i;

    if (make_entry(s, &parts->algorithm, &entry, e) < 0)
        return -1;
    json_set(a, v, "algorithm", entry);
    for (i = 0; i < parts->dataset_count; i++) {
        if (make_entry(s, &parts->dataset[i], &entry, e) < 0)
            return -1;
        json_push(a, list, entry);
    }
    json_set(a, v, "datasets", list);
    json_set(a, v, "payment", payment_json(s));
    return reply_json(s->ask.task, v);
}

int cmd_initialize_compute(struct task *t, const struct args_initialize_compute *args,
                           struct err *e)
{
    struct init s = {.ask = {.task = t,
                             .verb = "Initialize Compute",
                             .consumer_text = args->consumer_address,
                             .policy = args->policy_server,
                             .quote = true},
                     .queue_s = args->queue_max_wait_time};
    struct compute_parts parts;
    const char *registry_auth;

    if (!addr_parse_any(args->consumer_address, &s.ask.consumer))
        return refused(e, NOT_AN_ADDRESS, "consumerAddress");
    if (compute_ask_payment(t, args->payment, &s.price.chain, &s.price.token, e) < 0 ||
        compute_ask_env(t, args->environment, &s.ask.env, e) < 0 ||
        read_duration(&s, args->has_max_job_duration, args->max_job_duration, e) < 0)
        return -1;
    s.price.env = s.ask.env;
    s.price.resources = &s.resources;
    if (compute_fill(s.ask.env, false, json_get(args->payment, "resources"), &s.resources, e) < 0 ||
        compute_quote(&s.price, &s.cost, e) < 0 ||
        compute_ask_output(&s.ask, args->output, args->output_bucket_id, e) < 0 ||
        compute_parts_load(&s.ask, args->datasets, args->algorithm, &parts, e) < 0 ||
        compute_ask_registry(t, args->encrypted_docker_registry_auth, &registry_auth, e) < 0 ||
        compute_check_image(s.ask.env, compute_parts_container(&parts), registry_auth, e) < 0)
        return -1;
    return answer(&s, &parts, e);
}
