/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"
#include "config/env.h"
#include "crypto/eth.h"
#include "docker/docker.h"
#include "net/net.h"
#include "service/service.h"

/* `atoll service clean`: what a node that is no more has left behind in its engine. */

static const char usage[] =
    "usage: atoll service clean ADDRESS --confirm ADDRESS [--docker SOCKET] [--json]\n\n"
    "Removes everything that the node of that address has left in the Docker engine of this\n"
    "machine: containers, volumes WITH THEIR DATA, networks, and the firewall's rules for them.\n"
    "For a node that is gone for good; one that runs loses all of its deployments.\n";

static int clean(const char *address, const char *socket, struct arena *a, struct json **ret,
                 struct err *e)
{
    struct net *net = net_new();
    struct docker *d = docker_new(net, socket);
    int r = service_clean(d, a, address, ret, e);

    docker_free(d);
    net_stop(net);
    net_free(net);
    return r;
}

static int run(struct args *in, struct arena *a, struct json **ret, struct err *e)
{
    const char *confirm = args_value(in, "--confirm", "");
    const char *env = env_get("DOCKER_SOCKET_PATH");
    const char *socket = args_value(in, "--docker", env ? env : "/var/run/docker.sock");
    struct addr address;

    if (args_end(in, 1, 1, e) < 0)
        return -1;
    if (!addr_parse(in->v[0], &address))
        return failed(e, INVALID, "'%.80s' is no address of a node", in->v[0]);
    if (!str_ieq(confirm, in->v[0]))
        return failed(e, INVALID, "everything of that node is deleted: add --confirm %s", in->v[0]);
    return clean(in->v[0], socket, a, ret, e);
}

int cli_service_clean(int argc, char **argv)
{
    return args_run(argc, argv, usage, run);
}
