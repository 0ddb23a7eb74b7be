/* SPDX-License-Identifier: Apache-2.0 */
/* `atoll devnet`: a chain of one's own, with Ocean's contracts and test money on it. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/devnet_int.h"
#include "cli/verb.h"

static const char help[] =
    "usage: atoll devnet [options]\n\n"
    "Runs a development chain (anvil, chain id 8996) on 127.0.0.1 with the Ocean contracts\n"
    "deployed and test tokens minted to ten accounts, until it is interrupted.\n\n"
    "  --port N            listen there (8545)\n"
    "  --data DIR          keep the chain and address.json in DIR; without it both are temporary\n"
    "  --fresh             forget what DIR holds and start over\n"
    "  --address-file FILE write the contracts' addresses there as well\n"
    "  --block-time N      mine every N seconds instead of at once\n";

struct options {
    uint16_t port;
    const char *data;
    const char *address_file;
    uint64_t block_time; /* seconds; 0: at once */
    bool fresh;
};

struct devnet {
    struct arena *arena;
    struct options options;
    bool temporary;
    const char *dir;
    const char *addresses; /* DIR/address.json */
    struct devnet_packages packages;
    struct devnet_chain chain;
    struct net *net;
    struct rpc *rpc;
    int64_t started;
};

static int parse(int argc, char **argv, struct options *ret, struct err *e)
{
    struct args in = {argv + 1, argc - 1, NULL};
    const char *port = args_value(&in, "--port", "8545");
    const char *block_time = args_value(&in, "--block-time", "0");
    uint64_t number;

    ret->data = args_value(&in, "--data", NULL);
    ret->address_file = args_value(&in, "--address-file", NULL);
    ret->fresh = args_flag(&in, "--fresh");
    if (args_end(&in, 0, 0, e) < 0)
        return -1;
    if (!str_u64(port, UINT16_MAX, &number) || number == 0)
        return failed(e, INVALID, "--port %s is not a port", port);
    ret->port = (uint16_t)number;
    if (!str_u64(block_time, 86400, &ret->block_time))
        return failed(e, INVALID, "--block-time %s is not a number of seconds", block_time);
    return 0;
}

static int check_port(uint16_t port, struct err *e)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    _close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return failed(e, FAILED, "socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
        return failed(e, FAILED, "port %u is taken (%s): another chain runs there; choose --port",
                      (unsigned)port, strerror(errno));
    return 0;
}

/* DIR, or a new temporary folder; afterwards it is there. */
static int prepare_folder(struct devnet *d, struct err *e)
{
    char template[] = "/tmp/atoll-devnet-XXXXXX";

    if (!d->options.data) {
        if (!mkdtemp(template))
            return failed(e, FAILED, "mkdtemp: %s", strerror(errno));
        d->temporary = true;
    } else if (fs_mkdirs(d->options.data, 0700, e) < 0) {
        return -1;
    }
    d->dir = arena_strdup(d->arena, d->temporary ? template : d->options.data);
    d->addresses = arena_printf(d->arena, "%s/address.json", d->dir);
    if (!d->temporary)
        d->chain.state = arena_printf(d->arena, "%s/chain.json", d->dir);
    d->chain.child.log = arena_printf(d->arena, "%s/anvil.log", d->dir);
    if (d->options.fresh && !d->temporary &&
        (fs_remove_tree(d->addresses, e) < 0 || fs_remove_tree(d->chain.state, e) < 0))
        return -1;
    return 0;
}

/* The contracts are there when the address file is and its router has code. */
static bool is_deployed(struct devnet *d)
{
    _arena_ struct arena *a = arena_new();
    struct json *book;
    struct json *params = json_new_array(a);
    struct json *code;
    struct bytes text;
    struct err ignored;
    const char *router;

    if (fs_read(a, d->addresses, 1 << 20, &text, &ignored) < 0 ||
        json_parse(a, (const char *)text.p, text.n, &book, &ignored) < 0)
        return false;
    router = json_str(json_path(book, "development.Router"), "");
    json_push(a, params, json_new_str(a, router));
    json_push(a, params, json_new_str(a, "latest"));
    return rpc_call(d->rpc, a, "eth_getCode", params, &code, &ignored) == 0 &&
           strlen(json_str(code, "")) > 2;
}

static int copy_addresses(struct devnet *d, struct err *e)
{
    struct bytes text;

    if (!d->options.address_file)
        return 0;
    if (fs_read(d->arena, d->addresses, 1 << 20, &text, e) < 0)
        return -1;
    return fs_write(d->options.address_file, text.p, text.n, 0644, e);
}

/* Everything is mined at once while deploying; a slower pace starts afterwards. */
static int set_pace(struct devnet *d, struct err *e)
{
    struct json *params = json_new_array(d->arena);
    struct json *off = json_new_array(d->arena);
    struct json *result;

    if (d->options.block_time == 0)
        return 0;
    json_push(d->arena, off, json_new_bool(d->arena, false));
    json_push(d->arena, params, json_new_int(d->arena, (int64_t)d->options.block_time));
    if (rpc_call(d->rpc, d->arena, "evm_setAutomine", off, &result, e) < 0)
        return -1;
    return rpc_call(d->rpc, d->arena, "evm_setIntervalMining", params, &result, e);
}

static int bring_up(struct devnet *d, struct err *e)
{
    const char *url = arena_printf(d->arena, "http://127.0.0.1:%u", (unsigned)d->options.port);

    if (check_port(d->options.port, e) < 0 || devnet_find(d->arena, &d->packages, e) < 0 ||
        prepare_folder(d, e) < 0)
        return -1;
    d->chain.child.binary = d->packages.anvil;
    d->chain.port = d->options.port;
    if (devnet_chain_start(&d->chain, e) < 0)
        return -1;
    d->net = net_new();
    d->rpc = rpc_new(d->net, DEVNET_CHAIN_ID, &url, 1);
    if (devnet_chain_wait(&d->chain, d->rpc, e) < 0)
        return -1;
    if (!is_deployed(d) && devnet_deploy(d->rpc, d->packages.artifacts, d->addresses, e) < 0)
        return -1;
    if (copy_addresses(d, e) < 0)
        return -1;
    return set_pace(d, e);
}

static void print_ready(const struct devnet *d)
{
    size_t i;

    (void)printf(
        "accounts (10,000 of the native coin, 100,000 Ocean, 10,000 DAI and USDC each):\n");
    for (i = 0; i < DEVNET_ACCOUNTS; i++) {
        struct addr at = devnet_addr(i);

        (void)printf("  %zu  %s  %s\n", i, addr_text(d->arena, &at), devnet_key_text(i));
    }
    (void)printf("addresses: %s\n", d->addresses);
    (void)printf("chain %d is ready on http://127.0.0.1:%u after %lld ms\n", DEVNET_CHAIN_ID,
                 (unsigned)d->options.port, (long long)(clock_mono_ms() - d->started));
    (void)fflush(stdout);
}

/* Until somebody ends us, or the chain ends by itself. */
static int serve(struct devnet *d, const sigset_t *signals, struct err *e)
{
    for (;;) {
        int got;

        if (sigwait(signals, &got) == 0 && got != SIGCHLD)
            return 0;
        if (child_ended(&d->chain.child))
            return failed(e, FAILED, "anvil ended by itself; its log is %s", d->chain.child.log);
    }
}

static void take_down(struct devnet *d)
{
    struct err e;

    (void)child_stop(&d->chain.child);
    rpc_free(d->rpc);
    net_free(d->net);
    if (d->temporary && fs_remove_tree(d->dir, &e) < 0)
        (void)fprintf(stderr, "atoll devnet: %s\n", e.msg);
}

int cli_devnet(int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct devnet d = {.arena = a, .started = clock_mono_ms()};
    sigset_t signals;
    struct err e;
    int rc;

    if (argc > 1 && str_eq(argv[1], "--help")) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (parse(argc, argv, &d.options, &e) < 0) {
        (void)fprintf(stderr, "atoll devnet: %s\n%s", e.msg, help);
        return EXIT_USAGE;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    rc = bring_up(&d, &e);
    if (rc == 0) {
        print_ready(&d);
        rc = serve(&d, &signals, &e);
    }
    take_down(&d);
    if (rc < 0)
        (void)fprintf(stderr, "atoll devnet: %s\n", e.msg);
    return rc < 0 ? EXIT_FAILED : 0;
}
