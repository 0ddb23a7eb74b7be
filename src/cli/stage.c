/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/devnet_int.h"
#include "config/env.h"

enum { CHAIN_MS = 20000, NODE_MS = 20000 };

static const char environments[] =
    "[{\"socketPath\":\"/var/run/docker.sock\",\"environments\":[{\"id\":\"demo\","
    "\"description\":\"this machine\",\"storageExpiry\":86400,\"minJobDuration\":60,"
    "\"maxJobDuration\":3600,\"maxJobs\":4,"
    "\"fees\":{\"8996\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1}]}]},"
    "\"resources\":[{\"id\":\"disk\",\"total\":40}],"
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

/* --- the gateway --- */

enum { HTTPS_PORT = 443, PLAIN_PORT = 80, HTTPS_OTHER = 8443, PLAIN_OTHER = 8080 };

static bool is_installed(struct arena *a, const char *program)
{
    const char *path = env_get("PATH");
    char *dir;

    while (path && (dir = str_next(a, &path, ':')))
        if (access(arena_printf(a, "%s/%s", dir, program), X_OK) == 0)
            return true;
    return false;
}

/* The ports that browsers expect, if we may have them; else their usual stand-ins; else any. */
static int choose_ports(struct stage *s, struct err *e)
{
    struct err ignored;

    s->https_port = HTTPS_PORT;
    s->plain_port = PLAIN_PORT;
    if (check_port(HTTPS_PORT, &ignored) == 0 && check_port(PLAIN_PORT, &ignored) == 0)
        return 0;
    s->https_port = HTTPS_OTHER;
    s->plain_port = PLAIN_OTHER;
    if (check_port(HTTPS_OTHER, &ignored) == 0 && check_port(PLAIN_OTHER, &ignored) == 0)
        return 0;
    return free_port(&s->https_port, e) < 0 ? -1 : free_port(&s->plain_port, e);
}

static int prepare_gateway(struct stage *s, struct err *e)
{
    s->market_url = arena_printf(s->arena, "%s/marketplace/", s->node_url);
    s->gateway = s->gateway && is_installed(s->arena, "caddy");
    return s->gateway ? choose_ports(s, e) : 0;
}

/* Without it the page is still there, by http. */
static void await_gateway(struct stage *s)
{
    struct err ignored;

    if (!s->gateway || child_await(&s->node, " gateway: serving on ", NODE_MS, &ignored) < 0)
        return;
    s->market_url =
        s->https_port == HTTPS_PORT
            ? "https://localhost/marketplace/#/"
            : arena_printf(s->arena, "https://localhost:%d/marketplace/#/", s->https_port);
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
    return prepare_gateway(s, e);
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
    const char *images = env_get("IMAGE_MAP"); /* solutions where no registry is in reach */
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
        "DEV_LOGIN=true", /* from this machine alone */
        "MARKETPLACE_ADMINS=[\"admin\"]",
        "POOL_QUOTA={\"8996\":{\"amount\":\"100000000000000000000000\"}}",
        arena_printf(a, "GATEWAY=%s", s->gateway ? "true" : "false"),
        arena_printf(a, "IMAGE_MAP=%s", images ? images : "{}"),
        "GATEWAY_BIND=127.0.0.1",
        arena_printf(a, "GATEWAY_HTTPS_PORT=%d", s->gateway ? s->https_port : HTTPS_PORT),
        arena_printf(a, "GATEWAY_HTTP_PORT=%d", s->gateway ? s->plain_port : PLAIN_PORT),
        NULL};

    if (child_start(&s->node, args, env, e) < 0)
        return -1;
    return child_await(&s->node, "listen", NODE_MS, e);
}

int stage_start(struct stage *s, struct err *e)
{
    if (prepare(s, e) < 0 || start_chain(s, e) < 0)
        return -1;
    if (start_node(s, e) < 0)
        return -1;
    await_gateway(s);
    return 0;
}

bool stage_stop(struct stage *s)
{
    bool clean = child_stop(&s->node);

    (void)child_stop(&s->chain);
    return clean;
}
