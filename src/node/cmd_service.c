/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "base/str.h"
#include "node/demand_ask.h"
#include "node/node.h"
#include "node/node_service.h"
#include "service/service.h"

/* Deployments of the person who asks. Whose they are is what the session says, nothing else. */

static int services_of(struct task *t, struct service **ret, struct err *e)
{
    *ret = t->node->services;
    return *ret ? 0 : refused(e, SOLUTIONS_OFF);
}

static struct service_key own(struct task *t, const char *id)
{
    return (struct service_key){t->person->id, id};
}

/* Administrators may look at and end what is not theirs. */
static struct service_key anybodys(const char *id)
{
    return (struct service_key){NULL, id};
}

static int reply_fresh(struct task *t, const struct json *v)
{
    reply_header(t, "Cache-Control", "no-store");
    return reply_json(t, v);
}

static int reply_success(struct task *t)
{
    struct json *v = json_new_object(t->arena);

    json_set_bool(t->arena, v, "success", true);
    return reply_fresh(t, v);
}

static int reply_under(struct task *t, const char *key, struct json *value)
{
    struct json *v = json_new_object(t->arena);

    json_set(t->arena, v, key, value);
    return reply_fresh(t, v);
}

static int list(struct task *t, const char *owner, struct err *e)
{
    struct service *s;
    struct json *v;

    if (services_of(t, &s, e) < 0 || service_list(s, t->arena, owner, &v, e) < 0)
        return -1;
    return reply_under(t, "deployments", v);
}

int cmd_marketplace_deployments(struct task *t, const struct args_marketplace_deployments *args,
                                struct err *e)
{
    (void)args;
    return list(t, t->person->id, e);
}

int cmd_marketplace_admin_deployments(struct task *t,
                                      const struct args_marketplace_admin_deployments *args,
                                      struct err *e)
{
    (void)args;
    return list(t, NULL, e);
}

int cmd_marketplace_deployment(struct task *t, const struct args_marketplace_deployment *args,
                               struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;
    struct json *v;

    if (services_of(t, &s, e) < 0 || service_find(s, t->arena, &k, &v, e) < 0)
        return -1;
    return reply_fresh(t, v);
}

int cmd_marketplace_deploy(struct task *t, const struct args_marketplace_deploy *args,
                           struct err *e)
{
    const struct service_request r = {.owner = t->person->id,
                                      .package = args->package,
                                      .version = args->version,
                                      .name = args->name,
                                      .size = args->size,
                                      .pool = args->pool,
                                      .env = args->env,
                                      .answers = args->answers,
                                      .ends = args->ends};
    char id[SERVICE_ID_SIZE];
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_deploy(s, &r, id, e) < 0)
        return -1;
    return reply_under(t, "deployment", json_new_str(t->arena, id));
}

/* --- what is asked of one --- */

static int ask(struct task *t, const struct service_key *k, enum service_wish wish, struct err *e)
{
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_ask(s, k, wish, e) < 0)
        return -1;
    return reply_success(t);
}

/* What goes on, and is paid for, must still be allowed. */
static int ask_on(struct task *t, const char *id, enum service_wish wish, struct err *e)
{
    const struct service_key k = own(t, id);
    struct service *s;

    if (services_of(t, &s, e) < 0 || demand_ask_still(t, id, e) < 0)
        return -1;
    return ask(t, &k, wish, e);
}

int cmd_marketplace_deployment_start(struct task *t,
                                     const struct args_marketplace_deployment_start *args,
                                     struct err *e)
{
    return ask_on(t, args->id, SERVICE_START, e);
}

int cmd_marketplace_deployment_stop(struct task *t,
                                    const struct args_marketplace_deployment_stop *args,
                                    struct err *e)
{
    const struct service_key k = own(t, args->id);

    return ask(t, &k, SERVICE_STOP, e);
}

int cmd_marketplace_admin_deployment_stop(struct task *t,
                                          const struct args_marketplace_admin_deployment_stop *args,
                                          struct err *e)
{
    const struct service_key k = anybodys(args->id);

    return ask(t, &k, SERVICE_STOP, e);
}

int cmd_marketplace_deployment_restart(struct task *t,
                                       const struct args_marketplace_deployment_restart *args,
                                       struct err *e)
{
    return ask_on(t, args->id, SERVICE_RESTART, e);
}

int cmd_marketplace_deployment_rollback(struct task *t,
                                        const struct args_marketplace_deployment_rollback *args,
                                        struct err *e)
{
    return ask_on(t, args->id, SERVICE_ROLLBACK, e);
}

int cmd_marketplace_deployment_extend(struct task *t,
                                      const struct args_marketplace_deployment_extend *args,
                                      struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;

    if (services_of(t, &s, e) < 0 || demand_ask_still(t, args->id, e) < 0 ||
        service_extend(s, &k, args->ends, e) < 0)
        return -1;
    return reply_success(t);
}

int cmd_marketplace_deployment_resize(struct task *t,
                                      const struct args_marketplace_deployment_resize *args,
                                      struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_resize(s, &k, args->size, e) < 0)
        return -1;
    return reply_success(t);
}

int cmd_marketplace_deployment_update(struct task *t,
                                      const struct args_marketplace_deployment_update *args,
                                      struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_update(s, &k, args->version, e) < 0)
        return -1;
    return reply_success(t);
}

static int remove_one(struct task *t, const struct service_key *k, const char *confirm,
                      struct err *e)
{
    struct service *s;
    struct json *v;

    if (services_of(t, &s, e) < 0 || service_delete(s, t->arena, k, confirm, &v, e) < 0)
        return -1;
    if (!json_is(json_get(v, "removed"), JSON_OBJECT))
        reply_status(t, 202);
    return reply_fresh(t, v);
}

int cmd_marketplace_deployment_delete(struct task *t,
                                      const struct args_marketplace_deployment_delete *args,
                                      struct err *e)
{
    const struct service_key k = own(t, args->id);

    return remove_one(t, &k, args->confirm, e);
}

int cmd_marketplace_admin_deployment_delete(
    struct task *t, const struct args_marketplace_admin_deployment_delete *args, struct err *e)
{
    const struct service_key k = anybodys(args->id);

    return remove_one(t, &k, args->confirm, e);
}

int cmd_marketplace_deployment_credentials(
    struct task *t, const struct args_marketplace_deployment_credentials *args, struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;
    struct json *v;

    if (services_of(t, &s, e) < 0 || service_credentials(s, t->arena, &k, &v, e) < 0)
        return -1;
    return reply_under(t, "credentials", v);
}

/* --- what is watched --- */

int cmd_marketplace_deployment_metrics(struct task *t,
                                       const struct args_marketplace_deployment_metrics *args,
                                       struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service *s;
    struct json *v;

    if (services_of(t, &s, e) < 0 ||
        service_metrics(s, t->arena, &k, args->range ? args->range : "hour", &v, e) < 0)
        return -1;
    return reply_fresh(t, v);
}

static int64_t stream_read_some(void *ctx, void *out, size_t cap)
{
    return service_stream_pull(ctx, out, cap);
}

static void stream_tell(void *ctx, void (*ready)(void *arg), void *arg)
{
    service_stream_notify(ctx, ready, arg);
}

static void stream_end(void *ctx)
{
    service_stream_close(ctx);
}

int reply_service_stream(struct task *t, struct service_stream *f, const char *type)
{
    const struct http_stream stream = {
        .pull = stream_read_some, .notify = stream_tell, .close = stream_end, .ctx = f, .size = -1};

    reply_header(t, "Cache-Control", "no-store");
    reply_header(t, "X-Accel-Buffering", "no");
    return reply_stream(t, &stream, type);
}

int cmd_marketplace_deployment_events(struct task *t,
                                      const struct args_marketplace_deployment_events *args,
                                      struct err *e)
{
    const struct service_key k = own(t, args->id);
    struct service_stream *f;
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_follow(s, &k, &f, e) < 0)
        return -1;
    return reply_service_stream(t, f, "text/event-stream");
}

int cmd_marketplace_deployment_logs(struct task *t,
                                    const struct args_marketplace_deployment_logs *args,
                                    struct err *e)
{
    const struct service_key k = own(t, args->id);
    const struct service_logs q = {
        .container = args->container, .since = args->since, .follow = args->follow};
    struct service_stream *f;
    struct service *s;

    if (services_of(t, &s, e) < 0 || service_logs(s, &k, &q, &f, e) < 0)
        return -1;
    return reply_service_stream(t, f, "text/plain; charset=utf-8");
}
