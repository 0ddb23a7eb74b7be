/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "gateway/gateway.h"

/* The rest of the interface, for the hour in which others build against it. */

struct gateway {
    bool enabled;
};

int gateway_new(const struct gateway_options *o, struct gateway **ret, struct err *e)
{
    (void)e;
    *ret = xcalloc(1, sizeof(**ret));
    (*ret)->enabled = o->enabled;
    return 0;
}

void gateway_start(struct gateway *g, const struct gateway_node *node)
{
    (void)g;
    (void)node;
}

void gateway_stop(struct gateway *g)
{
    (void)g;
}

void gateway_free(struct gateway *g)
{
    free(g);
}

void gateway_servers(struct gateway *g, const struct gateway_server *servers, size_t count)
{
    (void)g;
    (void)servers;
    (void)count;
}

int gateway_name_check(struct gateway *g, const char *name, struct err *e)
{
    (void)g;
    (void)name;
    (void)e;
    return 0;
}

int gateway_name_taken(struct gateway *g, const char *name, bool *ret, struct err *e)
{
    (void)g;
    (void)name;
    (void)e;
    *ret = false;
    return 0;
}

int gateway_set(struct gateway *g, struct arena *a, const struct gateway_route *r,
                const char **ret_host, struct err *e)
{
    (void)g;
    (void)e;
    *ret_host = arena_printf(a, "%s.localhost", r->name);
    return 0;
}

int gateway_pause(struct gateway *g, const char *deployment, struct err *e)
{
    (void)g;
    (void)deployment;
    (void)e;
    return 0;
}

int gateway_remove(struct gateway *g, const char *deployment, struct err *e)
{
    (void)g;
    (void)deployment;
    (void)e;
    return 0;
}

const char *gateway_url(const struct gateway *g, struct arena *a, const char *host)
{
    (void)g;
    return arena_printf(a, "https://%s", host);
}

const char *gateway_market_url(struct gateway *g, struct arena *a)
{
    return gateway_url(g, a, "localhost");
}

int gateway_domains(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_domain **ret, size_t *ret_count, struct err *e)
{
    (void)g;
    (void)a;
    (void)deployment;
    (void)e;
    *ret = NULL;
    *ret_count = 0;
    return 0;
}

struct json *gateway_domain_json(struct arena *a, const struct gateway_domain *d)
{
    (void)d;
    return json_new_object(a);
}
