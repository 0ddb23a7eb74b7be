/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/auth.h"
#include "base/log.h"
#include "base/str.h"
#include "node/demand_ask.h"
#include "node/node_service.h"
#include "service/templates.h"

/* Ocean's commands about services on demand. docs/services.md says what they mean. */

static int reply_list(struct task *t, struct json *service)
{
    struct json *list = json_new_array(t->arena);

    json_push(t->arena, list, service);
    return reply_json(t, list);
}

int cmd_service_get_templates(struct task *t, const struct args_service_get_templates *args,
                              struct err *e)
{
    struct json *list;

    (void)args;
    if (demand_ask_templates(t, &list, e) < 0)
        return -1;
    return reply_json(t, templates_public(t->arena, list));
}

/* --- start --- */

/* Here, whatever does not fit is the request's fault, with one status. */
static int fill(struct task *t, struct demand_request *r, const struct json *asked, struct err *e)
{
    struct err why;

    if (compute_fill(r->env, false, asked, r->resources, &why) == 0 &&
        compute_available(r->env, false, r->resources, &why) == 0)
        return 0;
    (void)t;
    return refused(e, DEMAND_RESOURCES, why.msg);
}

static int check_duration(struct task *t, const struct demand_request *r, struct err *e)
{
    int64_t most = compute_env_info(r->env)->conf->on_demand->max_duration;

    if (r->duration_s <= most)
        return 0;
    return refused(e, DEMAND_LONG, arena_printf(t->arena, "%lld", (long long)r->duration_s),
                   arena_printf(t->arena, "%lld", (long long)most));
}

static int start(struct task *t, const struct args_service_start *args,
                 const struct demand_container *c, struct demand_request *r, struct err *e)
{
    struct compute_resources resources;
    const struct json *asked = args->resources;
    struct demand_spec spec;
    struct json *v;

    r->env = compute_env_find(t->node->compute, args->environment);
    if (!r->env)
        return refused(e, DEMAND_ENV, args->environment);
    r->resources = &resources;
    r->spec = &spec;
    if (demand_ask_env(t, r->env, &r->payer, e) < 0 ||
        demand_ask_payment(t, args->payment, &r->chain, &r->token, e) < 0 ||
        check_duration(t, r, e) < 0 || demand_ask_spec(t, c, r->env, &asked, &spec, e) < 0 ||
        fill(t, r, asked, e) < 0 || demand_start(t->node->services, t->arena, r, &v, e) < 0)
        return -1;
    log_info("service", "service %s of %s started", json_get_str(v, "serviceId", "?"), r->consumer);
    return reply_list(t, v);
}

/* What a start and a restart say of the container, each in its own generated struct. */
#define CONTAINER(args)                                                                            \
    .image = (args)->image, .tag = (args)->tag, .checksum = (args)->checksum,                      \
    .dockerfile = (args)->dockerfile, .files = (args)->additional_docker_files,                    \
    .command = (args)->docker_cmd, .entrypoint = (args)->docker_entrypoint,                        \
    .user_data = (args)->user_data

int cmd_service_start(struct task *t, const struct args_service_start *args, struct err *e)
{
    const struct signer q = SIGNER("serviceStart", args);
    const struct demand_container c = {CONTAINER(args), .template_id = args->template_id,
                                       .ports = args->exposed_ports};
    struct demand_request r = {.duration_s = args->duration};
    struct auth_person who;

    if (args->duration <= 0)
        return refused(e, DEMAND_DURATION);
    if (demand_ask_shape(&c, e) < 0 || demand_ask_who(t, &q, &r.payer, &who, e) < 0)
        return -1;
    r.owner = who.id;
    r.consumer = addr_text(t->arena, &r.payer);
    return start(t, args, &c, &r, e);
}

/* --- what is asked of one --- */

int cmd_service_stop(struct task *t, const struct args_service_stop *args, struct err *e)
{
    const struct signer q = SIGNER("serviceStop", args);
    struct service_key k = {NULL, args->service_id};
    struct auth_person who;
    struct addr address;
    struct json *v;

    if (demand_ask_who(t, &q, &address, &who, e) < 0)
        return -1;
    k.owner = who.id;
    if (demand_stop(t->node->services, t->arena, &k, args->release, &v, e) < 0)
        return -1;
    return reply_list(t, v);
}

/* What was allowed when it began may be forbidden now. */
static int check_env(struct task *t, const struct service_key *k, const struct addr *who,
                     const struct compute_env **ret, struct err *e)
{
    if (demand_env(t->node->services, k, ret, e) < 0)
        return -1;
    return demand_ask_env(t, *ret, who, e);
}

int cmd_service_restart(struct task *t, const struct args_service_restart *args, struct err *e)
{
    const struct signer q = SIGNER("serviceRestart", args);
    const struct demand_container c = {CONTAINER(args)};
    bool other = demand_ask_is_given(&c);
    struct service_key k = {NULL, args->service_id};
    const struct json *no_resources = NULL;
    const struct compute_env *env;
    struct auth_person who;
    struct demand_spec spec;
    struct addr address;
    struct json *v;

    if (other && !auth_is_given(c.image))
        return refused(e, DEMAND_RESPEC);
    if ((other && demand_ask_shape(&c, e) < 0) || demand_ask_who(t, &q, &address, &who, e) < 0)
        return -1;
    k.owner = who.id;
    if (check_env(t, &k, &address, &env, e) < 0 ||
        (other && demand_ask_spec(t, &c, env, &no_resources, &spec, e) < 0) ||
        demand_restart(t->node->services, t->arena, &k, other ? &spec : NULL, &v, e) < 0)
        return -1;
    return reply_list(t, v);
}

int cmd_service_extend(struct task *t, const struct args_service_extend *args, struct err *e)
{
    const struct signer q = SIGNER("serviceExtend", args);
    struct demand_more more = {.seconds = args->additional_duration};
    struct service_key k = {NULL, args->service_id};
    const struct compute_env *env;
    struct auth_person who;
    struct json *v;

    if (more.seconds <= 0)
        return refused(e, DEMAND_MORE);
    if (demand_ask_who(t, &q, &more.payer, &who, e) < 0)
        return -1;
    k.owner = who.id;
    if (check_env(t, &k, &more.payer, &env, e) < 0 ||
        demand_ask_payment(t, args->payment, &more.chain, &more.token, e) < 0 ||
        demand_extend(t->node->services, t->arena, &k, &more, &v, e) < 0)
        return -1;
    return reply_list(t, v);
}

/* --- what is shown --- */

int cmd_service_get_status(struct task *t, const struct args_service_get_status *args,
                           struct err *e)
{
    const struct signer q = SIGNER("serviceGetStatus", args);
    struct demand_filter f = {.all = true,
                              .id = auth_is_given(args->service_id) ? args->service_id : NULL,
                              .metrics = !args->has_include_metrics || args->include_metrics};
    struct auth_person who;
    struct addr address;
    struct json *list;

    if (demand_ask_who(t, &q, &address, &who, e) < 0)
        return -1;
    f.owner = who.id;
    if (demand_list(t->node->services, t->arena, &f, &list, e) < 0)
        return -1;
    return reply_json(t, list);
}

/* The services of whoever asks; administrators see everybody's. */
int cmd_service_list(struct task *t, const struct args_service_list *args, struct err *e)
{
    const struct signer q = SIGNER("serviceList", args);
    struct demand_filter f = {.all = args->include_all_statuses,
                              .status = args->has_status ? args->status : 0,
                              .brief = true};
    struct auth_person who;
    struct addr address;
    struct json *list;

    if (args->has_status && !demand_is_status(args->status))
        return refused(e, DEMAND_STATUS, arena_printf(t->arena, "%lld", (long long)args->status));
    if (demand_ask_time("fromTimestamp", args->from_timestamp, &f.from_ms, e) < 0 ||
        demand_ask_time("updatedSince", args->updated_since, &f.since_ms, e) < 0 ||
        demand_ask_who(t, &q, &address, &who, e) < 0)
        return -1;
    f.all = f.all || f.since_ms > 0;
    auth_person_judge(t->node->auth, &who);
    f.owner = who.admin ? NULL : who.id;
    if (demand_list(t->node->services, t->arena, &f, &list, e) < 0)
        return -1;
    return reply_json(t, list);
}

int cmd_service_get_streamable_logs(struct task *t,
                                    const struct args_service_get_streamable_logs *args,
                                    struct err *e)
{
    const struct signer q = SIGNER("serviceGetStreamableLogs", args);
    struct service_key k = {NULL, args->service_id};
    struct service_stream *f;
    struct auth_person who;
    struct addr address;
    int64_t since;

    if (demand_ask_since(t, args->since, &since, e) < 0 ||
        demand_ask_who(t, &q, &address, &who, e) < 0)
        return -1;
    k.owner = who.id;
    if (demand_logs(t->node->services, &k, since, &f, e) < 0)
        return -1;
    return reply_service_stream(t, f, "text/plain; charset=utf-8");
}
