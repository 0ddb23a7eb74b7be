/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `atoll demo`: the quickstart, played on this machine on real parts: a chain with Ocean's
 * contracts, a node, and the Docker Engine. What it does by libatoll, docs/quickstart.md does by
 * hand.
 */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/demo_int.h"
#include "cli/devnet_int.h"
#include "cli/verb.h"

static const char help[] =
    "usage: atoll demo [options]\n\n"
    "Plays the quickstart from end to end: Alice publishes data and lets the market sell it, Bob\n"
    "buys, pays for machine time through the escrow, and runs an algorithm next to the data.\n"
    "Needs a Docker Engine; starts a development chain and a node of its own and ends them "
    "again.\n\n"
    "  --image NAME:TAG  image with the `node` that runs the algorithm (node:20)\n"
    "  --keep            leave the folder with logs and results where it is, and say where\n";

static int make_folder(struct demo *d, struct err *e)
{
    char template[] = "/tmp/atoll-demo-XXXXXX";

    if (!mkdtemp(template))
        return failed(e, FAILED, "no temporary folder can be made in /tmp");
    d->stage.dir = arena_strdup(d->arena, template);
    d->results = arena_printf(d->arena, "%s/results", template);
    return 0;
}

/* Two people with a key each, on the same node and chain. */
static int open_clients(struct demo *d, struct err *e)
{
    struct client_config *alice = arena_calloc(d->arena, 2, sizeof(*alice));
    struct client_config *bob = alice + 1;

    *alice = (struct client_config){.node_url = d->stage.node_url,
                                    .metadata_url = d->stage.node_url,
                                    .provider_url = d->stage.node_url,
                                    .market_url = d->stage.node_url,
                                    .rpc_url = d->stage.rpc_url,
                                    .private_key = devnet_key_text(STAGE_ALICE),
                                    .address_file = d->stage.addresses};
    *bob = *alice;
    bob->private_key = devnet_key_text(STAGE_BOB);
    d->bob_config = bob;
    if (client_open(alice, &d->watch, &d->alice, e) < 0)
        return -1;
    return client_open(bob, &d->watch, &d->bob, e);
}

static int play(struct demo *d, struct err *e)
{
    demo_title("A chain with Ocean's contracts, a node, a file server");
    if (make_folder(d, e) < 0 || stage_start(&d->stage, e) < 0)
        return -1;
    demo_watch_signals(d);
    if (demo_serve_data(d, e) < 0)
        return -1;
    (void)printf("  chain %s, node %s, data %s\n", d->stage.rpc_url, d->stage.node_url,
                 d->data_url);
    if (open_clients(d, e) < 0 || demo_books_open(d, e) < 0)
        return -1;
    return demo_story(d, e);
}

static bool clean_up(struct demo *d, bool keep)
{
    struct err e;
    bool clean;

    client_close(d->alice);
    client_close(d->bob);
    clean = stage_stop(&d->stage);
    if (!clean)
        (void)fprintf(stderr, "atoll demo: the node did not end cleanly\n");
    http_server_stop(d->files, 0);
    rpc_free(d->rpc);
    net_free(d->net);
    if (d->stage.dir && (keep || !clean))
        (void)fprintf(stderr, "kept: %s\n", d->stage.dir);
    else if (d->stage.dir && fs_remove_tree(d->stage.dir, &e) < 0)
        (void)fprintf(stderr, "atoll demo: %s\n", e.msg);
    return clean;
}

/* "HOST:PORT/NAME:TAG" -> name and tag; the last colon after the last slash parts them. */
static void split_image(struct demo *d, const char *text)
{
    const char *slash = strrchr(text, '/');
    const char *colon = strchr(slash ? slash : text, ':');

    d->image = colon ? arena_strndup(d->arena, text, (size_t)(colon - text)) : text;
    d->tag = colon ? colon + 1 : "latest";
}

int cli_demo(int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct args in = {argv + 1, argc - 1, NULL};
    struct demo d = {.arena = a, .watch = {demo_progress, NULL}, .stage = {.arena = a}};
    bool clean;
    struct err e;
    int rc;

    if (args_flag(&in, "--help")) {
        (void)printf("%s", help);
        return 0;
    }
    split_image(&d, args_value(&in, "--image", "node:20"));
    d.keep = args_flag(&in, "--keep");
    if (args_end(&in, 0, 0, &e) < 0) {
        (void)fprintf(stderr, "atoll demo: %s\n%s", e.msg, help);
        return EXIT_USAGE;
    }
    demo_hold_signals();
    rc = play(&d, &e);
    demo_end_watch();
    if (rc < 0)
        (void)fprintf(stderr, "atoll demo: %s\n", e.msg);
    clean = clean_up(&d, d.keep || rc < 0);
    return rc < 0 || !clean ? EXIT_FAILED : 0;
}
