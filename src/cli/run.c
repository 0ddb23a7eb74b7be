/* SPDX-License-Identifier: Apache-2.0 */
/* `atoll run`: a whole marketplace on this machine, kept running until it is interrupted. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/devnet_int.h"
#include "cli/stage.h"
#include "cli/verb.h"

static const char help[] =
    "usage: atoll run [options]\n\n"
    "Runs a development chain and a node with a compute environment until it is interrupted.\n"
    "DIR/env holds what a shell needs to use them as Alice or Bob: `. run/env`.\n\n"
    "  --data DIR          state and logs (run)\n"
    "  --port N            of the node (8030)\n"
    "  --chain-port N      of the chain (8545)\n"
    "  --image NAME:TAG    image with a `node`, for the quickstart (node:20)\n";

enum { ENV_MAX = 8192 };

/* An absolute path, so that the file serves from every folder. */
static const char *absolute(struct arena *a, const char *path)
{
    char *cwd;
    const char *out;

    if (path[0] == '/')
        return path;
    cwd = getcwd(NULL, 0);
    out = arena_printf(a, "%s/%s", cwd ? cwd : ".", path);
    free(cwd);
    return out;
}

static int write_env(const struct stage *s, const char *image, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(ENV_MAX);

    buf_printf(&b, "export NODE_URL=%s\nexport RPC=%s\nexport ADDRESS_FILE=%s\n", s->node_url,
               s->rpc_url, absolute(a, s->addresses));
    buf_printf(&b, "ALICE=%s\nBOB=%s\nIMAGE=%s\n", devnet_key_text(STAGE_ALICE),
               devnet_key_text(STAGE_BOB), image);
    return fs_write(arena_printf(a, "%s/env", s->dir), b.data, b.len, 0600, e);
}

static int parse_port(const char *option, const char *text, int *ret, struct err *e)
{
    uint64_t v;

    if (!str_u64(text, UINT16_MAX, &v) || v == 0)
        return failed(e, INVALID, "%s %s is not a port", option, text);
    *ret = (int)v;
    return 0;
}

/* Until a signal comes, or a child ends by itself. */
static int wait_for_end(const sigset_t *signals, struct err *e)
{
    int got = 0;

    while (sigwait(signals, &got) != 0)
        ;
    if (got == SIGCHLD)
        return failed(e, FAILED, "the chain or the node ended by itself; see the logs");
    return 0;
}

static int run(struct stage *s, const char *image, struct err *e)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (stage_start(s, e) < 0 || write_env(s, image, e) < 0)
        return -1;
    (void)printf("page   %s\n", s->market_url);
    if (!s->gateway)
        (void)printf("       (by https when there is Caddy: apt-get install caddy)\n");
    else if (s->https_port != 443)
        (void)printf("       (ports 443 and 80 are not to be had here)\n");
    (void)printf("node   %s\nchain  %s\nlogs   %s/node.log, %s/chain.log\n"
                 "shell  . %s/env\nready; Ctrl-C ends it, the state stays in %s\n",
                 s->node_url, s->rpc_url, s->dir, s->dir, s->dir, s->dir);
    (void)fflush(stdout);
    return wait_for_end(&signals, e);
}

int cli_run(int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct args in = {argv + 1, argc - 1, NULL};
    struct stage s = {.arena = a, .gateway = true};
    const char *port;
    const char *chain_port;
    const char *image;
    bool clean;
    struct err e;
    int rc;

    if (args_flag(&in, "--help")) {
        (void)printf("%s", help);
        return 0;
    }
    s.dir = args_value(&in, "--data", "run");
    port = args_value(&in, "--port", "8030");
    chain_port = args_value(&in, "--chain-port", "8545");
    image = args_value(&in, "--image", "node:20");
    if (args_end(&in, 0, 0, &e) < 0 || parse_port("--port", port, &s.node_port, &e) < 0 ||
        parse_port("--chain-port", chain_port, &s.chain_port, &e) < 0) {
        (void)fprintf(stderr, "atoll run: %s\n%s", e.msg, help);
        return EXIT_USAGE;
    }
    rc = run(&s, image, &e);
    if (rc < 0)
        (void)fprintf(stderr, "atoll run: %s\n", e.msg);
    clean = stage_stop(&s);
    return rc < 0 || !clean ? EXIT_FAILED : 0;
}
