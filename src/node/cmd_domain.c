/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "gateway/gateway.h"
#include "node/login.h"
#include "node/node.h"
#include "node/task.h"

/* Hosts of deployments, who may pass their login, and the operator's list of certificates. */

static struct gateway_domain_key key_of(const struct task *t, const char *deployment,
                                        const char *host)
{
    return (struct gateway_domain_key){deployment, t->person->id, host};
}

int cmd_marketplace_domains(struct task *t, const struct args_marketplace_domains *args,
                            struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list = json_new_array(t->arena);
    struct gateway_domain *domains;
    struct json *ignored;
    size_t count, i;

    /* asks for the owner as well */
    if (gateway_guests(t->node->gateway, t->arena, args->id, t->person->id, &ignored, e) < 0 ||
        gateway_domains(t->node->gateway, t->arena, args->id, &domains, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++)
        json_push(t->arena, list, gateway_domain_json(t->arena, &domains[i]));
    json_set(t->arena, v, "domains", list);
    return reply_json(t, v);
}

int cmd_marketplace_domain_add(struct task *t, const struct args_marketplace_domain_add *args,
                               struct err *e)
{
    const struct gateway_domain_key k = key_of(t, args->id, args->host);
    struct gateway_domain d;

    if (gateway_domain_add(t->node->gateway, t->arena, &k, &d, e) < 0)
        return -1;
    return reply_json(t, gateway_domain_json(t->arena, &d));
}

int cmd_marketplace_domain_verify(struct task *t, const struct args_marketplace_domain_verify *args,
                                  struct err *e)
{
    const struct gateway_domain_key k = key_of(t, args->id, args->host);
    struct gateway_domain d;

    if (gateway_domain_verify(t->node->gateway, t->arena, &k, &d, e) < 0)
        return -1;
    return reply_json(t, gateway_domain_json(t->arena, &d));
}

int cmd_marketplace_domain_remove(struct task *t, const struct args_marketplace_domain_remove *args,
                                  struct err *e)
{
    const struct gateway_domain_key k = key_of(t, args->id, args->host);

    if (gateway_domain_remove(t->node->gateway, t->arena, &k, e) < 0)
        return -1;
    return reply_success(t);
}

/* --- guests --- */

static int reply_guests(struct task *t, const char *deployment, struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list;

    if (gateway_guests(t->node->gateway, t->arena, deployment, t->person->id, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "guests", list);
    return reply_json(t, v);
}

int cmd_marketplace_guests(struct task *t, const struct args_marketplace_guests *args,
                           struct err *e)
{
    return reply_guests(t, args->id, e);
}

int cmd_marketplace_guest_add(struct task *t, const struct args_marketplace_guest_add *args,
                              struct err *e)
{
    if (gateway_guest_add(t->node->gateway, args->id, t->person->id, args->name, e) < 0)
        return -1;
    return reply_guests(t, args->id, e);
}

int cmd_marketplace_guest_remove(struct task *t, const struct args_marketplace_guest_remove *args,
                                 struct err *e)
{
    if (gateway_guest_remove(t->node->gateway, args->id, t->person->id, args->name, e) < 0)
        return -1;
    return reply_guests(t, args->id, e);
}

/* --- certificates --- */

int cmd_marketplace_certificates(struct task *t, const struct args_marketplace_certificates *args,
                                 struct err *e)
{
    struct json *v;

    (void)args;
    if (gateway_certificates(t->node->gateway, t->arena, &v, e) < 0)
        return -1;
    return reply_json(t, v);
}
