/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `atoll demo`: the quickstart, played on this machine on real parts: a chain with Ocean's
 * contracts, a node, and the Docker Engine. What it does by libatoll, docs/quickstart.md does by
 * hand.
 */
#include <stdio.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/child.h"
#include "cli/demo_int.h"
#include "cli/devnet_int.h"
#include "cli/verb.h"

static const char help[] =
    "usage: atoll demo [options]\n\n"
    "Plays the quickstart from end to end: Alice publishes data and lets the market sell it, Bob\n"
    "buys, pays for machine time through the escrow, and runs an algorithm next to the data.\n"
    "Needs a Docker Engine; starts a development chain and a node of its own and ends them "
    "again.\n\n"
    "  --image NAME   image with a `node` that runs the algorithm (node)\n"
    "  --tag TAG      its tag (20)\n"
    "  --keep         leave the folder with logs and results where it is, and say where\n";

/* Well-known keys of the development chain (atoll devnet prints them). */
enum { ALICE = 1, BOB = 2, NODE = 9 };

enum { CHAIN_MS = 20000, NODE_MS = 20000 };

static const char environments[] =
    "[{\"socketPath\":\"/var/run/docker.sock\",\"environments\":[{\"id\":\"demo\","
    "\"description\":\"this machine\",\"storageExpiry\":86400,\"minJobDuration\":60,"
    "\"maxJobDuration\":3600,\"maxJobs\":4,"
    "\"fees\":{\"8996\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1}]}]},"
    "\"resources\":[{\"id\":\"disk\",\"total\":4}]}]}]";

static int make_folder(struct demo *d, struct err *e)
{
    char template[] = "/tmp/atoll-demo-XXXXXX";

    if (!mkdtemp(template))
        return failed(e, FAILED, "mkdtemp: no temporary folder");
    d->dir = arena_strdup(d->arena, template);
    d->addresses = arena_printf(d->arena, "%s/chain/address.json", d->dir);
    d->results = arena_printf(d->arena, "%s/results", d->dir);
    return 0;
}

static int start_chain(struct demo *d, struct err *e)
{
    char *port = arena_printf(d->arena, "%d", d->chain_port);
    char *data = arena_printf(d->arena, "%s/chain", d->dir);
    char *const args[] = {"devnet", "--port", port, "--data", data, NULL};

    d->chain.name = "chain";
    d->chain.log = arena_printf(d->arena, "%s/chain.log", d->dir);
    if (child_start(&d->chain, args, NULL, e) < 0)
        return -1;
    return child_await(&d->chain, " is ready on ", CHAIN_MS, e);
}

static int start_node(struct demo *d, struct err *e)
{
    struct arena *a = d->arena;
    char *data = arena_printf(a, "%s/node", d->dir);
    char *const args[] = {"node", "--data", data, NULL};
    char *const env[] = {
        arena_printf(a, "PRIVATE_KEY=%s", devnet_key_text(NODE)),
        arena_printf(
            a, "RPCS={\"8996\":{\"chainId\":8996,\"network\":\"development\",\"rpc\":\"%s\"}}",
            d->rpc_url),
        arena_printf(a, "ADDRESS_FILE=%s", d->addresses),
        arena_printf(a, "HTTP_API_PORT=%d", d->node_port),
        arena_printf(a, "DOCKER_COMPUTE_ENVIRONMENTS=%s", environments),
        "ALLOW_PRIVATE_URLS=true", /* the data lies on this machine */
        "UNSAFE_URLS=[]",
        "INDEXER_INTERVAL=100",
        "MAX_REQ_PER_MINUTE=100000",
        "INTERFACES=[\"HTTP\"]",
        NULL};

    d->node.name = "node";
    d->node.log = arena_printf(a, "%s/node.log", d->dir);
    if (child_start(&d->node, args, env, e) < 0)
        return -1;
    return child_await(&d->node, "listen", NODE_MS, e);
}

/* Two people with a key each, on the same node and chain. */
static int open_clients(struct demo *d, struct err *e)
{
    struct client_config *alice = arena_calloc(d->arena, 2, sizeof(*alice));
    struct client_config *bob = alice + 1;

    *alice = (struct client_config){.node_url = d->node_url,
                                    .metadata_url = d->node_url,
                                    .provider_url = d->node_url,
                                    .market_url = d->node_url,
                                    .rpc_url = d->rpc_url,
                                    .private_key = devnet_key_text(ALICE),
                                    .address_file = d->addresses};
    *bob = *alice;
    bob->private_key = devnet_key_text(BOB);
    d->alice_addr = devnet_addr(ALICE);
    d->bob_addr = devnet_addr(BOB);
    d->node_addr = devnet_addr(NODE);
    if (client_open(alice, &d->watch, &d->alice, e) < 0)
        return -1;
    return client_open(bob, &d->watch, &d->bob, e);
}

static int play(struct demo *d, struct err *e)
{
    demo_title("A chain with Ocean's contracts, a node, a file server");
    if (make_folder(d, e) < 0 || demo_ports(d, e) < 0 || start_chain(d, e) < 0 ||
        start_node(d, e) < 0 || demo_serve_data(d, e) < 0)
        return -1;
    (void)printf("  chain %s, node %s, data %s\n", d->rpc_url, d->node_url, d->data_url);
    if (open_clients(d, e) < 0 || demo_books_open(d, e) < 0)
        return -1;
    return demo_story(d, e);
}

static void clean_up(struct demo *d, bool keep)
{
    struct err e;

    client_close(d->alice);
    client_close(d->bob);
    if (d->node.pid && !child_stop(&d->node))
        (void)fprintf(stderr, "atoll: the node did not end cleanly\n");
    if (d->chain.pid)
        (void)child_stop(&d->chain);
    http_server_stop(d->files, 0);
    rpc_free(d->rpc);
    net_free(d->net);
    if (d->dir && keep)
        (void)printf("kept: %s\n", d->dir);
    else if (d->dir && fs_remove_tree(d->dir, &e) < 0)
        (void)fprintf(stderr, "atoll: %s\n", e.msg);
}

int cli_demo(int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct args in = {argv + 1, argc - 1, NULL};
    struct demo d = {.arena = a, .watch = {demo_progress, NULL}};
    bool keep;
    struct err e;
    int rc;

    if (args_flag(&in, "--help")) {
        (void)printf("%s", help);
        return 0;
    }
    d.image = args_value(&in, "--image", "node");
    d.tag = args_value(&in, "--tag", "20");
    keep = args_flag(&in, "--keep");
    if (args_end(&in, 0, 0, &e) < 0) {
        (void)fprintf(stderr, "atoll demo: %s\n%s", e.msg, help);
        return EXIT_USAGE;
    }
    rc = play(&d, &e);
    if (rc < 0)
        (void)fprintf(stderr, "atoll demo: %s\n", e.msg);
    clean_up(&d, keep || rc < 0);
    return rc < 0 ? EXIT_FAILED : 0;
}
