/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "cli/devnet_int.h"

enum { CHAIN_MS = 20000, NODE_MS = 20000 };

static const char environments[] =
    "[{\"socketPath\":\"/var/run/docker.sock\",\"environments\":[{\"id\":\"demo\","
    "\"description\":\"this machine\",\"storageExpiry\":86400,\"minJobDuration\":60,"
    "\"maxJobDuration\":3600,\"maxJobs\":4,"
    "\"fees\":{\"8996\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1}]}]},"
    "\"resources\":[{\"id\":\"disk\",\"total\":4}],"
    "\"free\":{\"maxJobDuration\":600,\"maxJobs\":2,\"resources\":[{\"id\":\"cpu\",\"max\":1},"
    "{\"id\":\"ram\",\"max\":1},{\"id\":\"disk\",\"max\":1}]}}]}]";

/* A port that nobody has at the moment. */
static int free_port(int *ret, struct err *e)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    _close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return failed(e, FAILED, "no free port: %s", strerror(errno));
    *ret = ntohs(at.sin_port);
    return 0;
}

/* Said before anything starts: the child's own words would stand at the end of a log. */
static int check_port(int port, struct err *e)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    _close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return failed(e, FAILED, "socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
        return failed(e, FAILED, "port %d is taken (%s): does `atoll run` run already?", port,
                      strerror(errno));
    return 0;
}

static int prepare(struct stage *s, struct err *e)
{
    if ((s->chain_port && check_port(s->chain_port, e) < 0) ||
        (s->node_port && check_port(s->node_port, e) < 0))
        return -1;
    if ((!s->chain_port && free_port(&s->chain_port, e) < 0) ||
        (!s->node_port && free_port(&s->node_port, e) < 0) || fs_mkdirs(s->dir, 0700, e) < 0)
        return -1;
    s->addresses = arena_printf(s->arena, "%s/chain/address.json", s->dir);
    s->rpc_url = arena_printf(s->arena, "http://127.0.0.1:%d", s->chain_port);
    s->node_url = arena_printf(s->arena, "http://127.0.0.1:%d", s->node_port);
    s->chain.name = "chain";
    s->chain.log = arena_printf(s->arena, "%s/chain.log", s->dir);
    s->node.name = "node";
    s->node.log = arena_printf(s->arena, "%s/node.log", s->dir);
    return 0;
}

static int start_chain(struct stage *s, struct err *e)
{
    char *port = arena_printf(s->arena, "%d", s->chain_port);
    char *data = arena_printf(s->arena, "%s/chain", s->dir);
    char *const args[] = {"devnet", "--port", port, "--data", data, NULL};

    if (child_start(&s->chain, args, NULL, e) < 0)
        return -1;
    return child_await(&s->chain, " is ready on ", CHAIN_MS, e);
}

/* The environment variables are those of the reference node. */
static int start_node(struct stage *s, struct err *e)
{
    struct arena *a = s->arena;
    char *data = arena_printf(a, "%s/node", s->dir);
    char *const args[] = {"node", "--data", data, NULL};
    char *const env[] = {
        arena_printf(a, "PRIVATE_KEY=%s", devnet_key_text(STAGE_NODE)),
        arena_printf(
            a, "RPCS={\"8996\":{\"chainId\":8996,\"network\":\"development\",\"rpc\":\"%s\"}}",
            s->rpc_url),
        arena_printf(a, "ADDRESS_FILE=%s", s->addresses),
        arena_printf(a, "HTTP_API_PORT=%d", s->node_port),
        arena_printf(a, "DOCKER_COMPUTE_ENVIRONMENTS=%s", environments),
        "ALLOW_PRIVATE_URLS=true", /* the data lies on this machine */
        "UNSAFE_URLS=[]",
        "INDEXER_INTERVAL=100",
        "MAX_REQ_PER_MINUTE=100000",
        "INTERFACES=[\"HTTP\"]",
        NULL};

    if (child_start(&s->node, args, env, e) < 0)
        return -1;
    return child_await(&s->node, "listen", NODE_MS, e);
}

int stage_start(struct stage *s, struct err *e)
{
    if (prepare(s, e) < 0 || start_chain(s, e) < 0)
        return -1;
    return start_node(s, e);
}

bool stage_stop(struct stage *s)
{
    bool clean = child_stop(&s->node);

    (void)child_stop(&s->chain);
    return clean;
}
