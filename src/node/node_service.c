/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_service.h"

#include "base/str.h"
#include "node/settings.h"
#include "service/service.h"
#include "service/templates.h"

/* What may change while the node runs is asked anew each time; texts are those of the start. */
static void policy(void *ctx, struct service_policy *ret)
{
    struct node *n = ctx;
    _settings_ struct settings *s = settings_take(n);
    const struct config *now = s->config, *c = n->config;

    *ret = (struct service_policy){
        .grace_s = now->service_grace,
        .retention_s = now->service_retention,
        .forget_s = now->service_forget,
        .shell = now->service_shell,
        .subnets = c->service_subnets,
        .bind = c->service_bind,
        .host = c->service_host ? c->service_host : c->service_bind,
        .port_first = c->service_port_first,
        .port_last = c->service_port_last,
    };
}

int node_service_open(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct service_options o = {
        .net = n->net,
        .store = n->store,
        .compute = n->compute,
        .packages = n->packages,
        .pools = n->pools,
        .gateway = n->gateway,
        .backup = n->backup,
        .registry_auths = c->registry_auths,
        .registry_auth_count = c->registry_auth_count,
        .image_registries = &c->image_registries,
        .pull_timeout_s = (int)c->c2d_download_timeout,
        .key = &c->private_key,
        .node = str_lower(n->arena, n->address_text),
        .policy = policy,
        .ctx = n,
    };

    if (!n->compute || !n->packages)
        return 0;
    n->templates = templates_new(c->service_templates
                                     ? c->service_templates
                                     : arena_printf(n->arena, "%s/serviceTemplates", c->data));
    return service_new(&o, &n->services, e);
}

int node_service_look_back(struct node *n, struct err *e)
{
    return n->services ? service_look_back(n->services, e) : 0;
}

int node_service_start(struct node *n, struct err *e)
{
    return n->services ? service_run(n->services, e) : 0;
}
