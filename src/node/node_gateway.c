/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_gateway.h"

#include "base/log.h"
#include "base/str.h"
#include "gateway/gateway.h"
#include "package/store.h"
#include "service/service.h"

struct gateway_settings node_gateway_settings(const struct config *c)
{
    return (struct gateway_settings){.test_cert = c->test_cert,
                                     .acme = c->acme,
                                     .acme_staging = c->acme_staging,
                                     .acme_ca = c->acme_ca,
                                     .acme_email = c->acme_email,
                                     .resolver = c->dns_resolver,
                                     .leads = c->gateway_addresses.items,
                                     .lead_count = c->gateway_addresses.count};
}

const char *node_gateway_address(const struct config *c)
{
    bool every = !c->http_bind || str_eq(c->http_bind, "0.0.0.0") || str_eq(c->http_bind, "::");

    return every ? "127.0.0.1" : c->http_bind;
}

/* A certificate came or was refused: who looks at the deployment is told. */
static void changed(void *ctx, const char *deployment)
{
    struct node *n = ctx;

    if (n->services)
        service_changed(n->services, deployment);
}

int node_gateway_open(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct gateway_options o = {.store = n->store,
                                      .net = n->net,
                                      .folder = arena_printf(n->arena, "%s/gateway", c->data),
                                      .enabled = c->gateway,
                                      .keep = c->gateway_keep,
                                      .caddy = c->caddy,
                                      .bind = c->gateway_bind,
                                      .http_port = (int)c->gateway_http_port,
                                      .https_port = (int)c->gateway_https_port,
                                      .base_domain = c->base_domain,
                                      .public_url = c->public_url,
                                      .renew_interval_ms = c->gateway_renew_interval,
                                      .settings = node_gateway_settings(c),
                                      .changed = changed,
                                      .ctx = n};

    return gateway_new(&o, &n->gateway, e);
}

/* Whether the marketplace's page is among what it exposes. */
static bool has_page(const struct package_server *s)
{
    size_t i;

    for (i = 0; i < s->includes.count; i++)
        if (str_starts(s->includes.items[i], "default_443.marketplace"))
            return true;
    return false;
}

void node_gateway_hosts(struct node *n)
{
    _arena_ struct arena *a = arena_new();
    struct packages_host *hosts = NULL;
    struct gateway_server *servers;
    size_t count = 0;
    size_t i;
    struct err e;

    if (!n->packages)
        return;
    if (packages_hosts(n->packages, a, &hosts, &count, &e) < 0) {
        log_error("gateway", "the hosts of packages cannot be read: %s", e.msg);
        return;
    }
    servers = arena_calloc(a, count + 1, sizeof(*servers));
    for (i = 0; i < count; i++)
        servers[i] =
            (struct gateway_server){.domain = hosts[i].server.domain,
                                    .email = *hosts[i].server.email ? hosts[i].server.email : NULL,
                                    .page = has_page(&hosts[i].server)};
    gateway_servers(n->gateway, servers, count);
}

void node_gateway_start(struct node *n)
{
    const struct gateway_node at = {node_gateway_address(n->config), http_server_port(n->http),
                                    n->config->http_cert_path != NULL};

    node_gateway_hosts(n);
    gateway_start(n->gateway, &at);
}
