/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_packages.h"

#include "docker/docker.h"
#include "node/node_gateway.h"
#include "package/store.h"
#include "service/service.h"

/* Packages among the other parts: who uses them, and who wants to know of their hosts. */

static int used(void *ctx, const char *name, int64_t *ret, struct err *e)
{
    struct node *n = ctx;

    return n->services ? service_count(n->services, NULL, name, ret, e) : 0;
}

static void changed(void *ctx)
{
    node_gateway_hosts(ctx);
}

/* The engine of hooks; NULL when there is none on this machine. */
static struct docker *engine_of(struct node *n)
{
    const char *socket = n->config->engine_count > 0 ? n->config->engines[0].socket_path : NULL;

    return socket ? docker_new(n->net, socket) : NULL;
}

int node_packages_open(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    struct packages_options o = {.store = n->store,
                                 .data_dir = c->data,
                                 .allow_tags = c->develop_packages,
                                 .allow_file_urls = c->develop_packages,
                                 .image_map = c->image_map,
                                 .ctx = n,
                                 .used = used,
                                 .changed = changed};

    n->packages_docker = engine_of(n);
    o.docker = n->packages_docker;
    return packages_new(&o, &n->packages, e);
}

void node_packages_close(struct node *n)
{
    packages_free(n->packages);
    docker_free(n->packages_docker);
}
