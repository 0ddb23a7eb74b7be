/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "cli/demo_int.h"

/* Alice and Bob, step by step as in docs/quickstart.md. */

enum { LOG_MAX = 1048576, ENDED_WELL = 70, LONGEST_RUN_S = 300 };

static const char code[] = "console.log(\"Hello world\")";

static struct json *service(struct arena *a, int id, const char *type, int cost, int timeout)
{
    struct json *v = json_new_object(a);

    json_set_int(a, v, "id", id);
    json_set_str(a, v, "type", type);
    json_set_str(a, v, "serviceEndpoint", "providerUri");
    json_set_int(a, v, "dtCost", cost);
    json_set_int(a, v, "timeout", timeout);
    return v;
}

/* The quickstart's asset: one datatoken, three services at different costs. */
static struct json *asset_spec(struct demo *d)
{
    struct arena *a = d->arena;
    struct json *v = json_new_object(a);
    struct json *services = json_new_array(a);
    struct json *files = json_new_array(a);
    struct json *file = json_new_object(a);
    struct json *download = service(a, 0, "download", 10, 0);

    json_set_str(a, file, "url", d->data_url);
    json_push(a, files, file);
    json_set(a, download, "files", files);
    json_push(a, services, download);
    json_push(a, services, service(a, 1, "compute", 1, 3600));
    json_push(a, services, service(a, 2, "compute", 2, 7200));
    json_set_str(a, v, "name", "Asset1");
    json_set_str(a, v, "description", "Temperatures of a lagoon, day by day");
    json_set_str(a, v, "dtAddress", d->datatoken);
    json_set(a, v, "services", services);
    return v;
}

static const char *keep(struct demo *d, const struct json *v, const char *key)
{
    return arena_strdup(d->arena, json_get_str(v, key, ""));
}

static int alice_publishes(struct demo *d, struct err *e)
{
    struct json *v;

    demo_title("Alice publishes an asset: one datatoken, a download and two compute services");
    if (client_datatoken_create(d->alice, "Asset1 token", "ASSET1", NULL, &v, e) < 0)
        return -1;
    d->datatoken = keep(d, v, "datatoken");
    if (client_asset_create(d->alice, asset_spec(d), &v, e) < 0)
        return -1;
    d->did = keep(d, v, "did");
    (void)printf("  datatoken %s\n  %s\n", d->datatoken, d->did);
    return 0;
}

static int alice_offers(struct demo *d, struct err *e)
{
    struct json *v;

    demo_title("Alice mints 100 tokens and lets the market sell 20 of them");
    if (client_datatoken_mint(d->alice, d->datatoken, "100", NULL, &v, e) < 0 ||
        client_datatoken_approve(d->alice, d->datatoken, "market", "20", &v, e) < 0 ||
        client_market_offer(d->alice, d->datatoken, "2.5", NULL, &v, e) < 0)
        return -1;
    (void)printf("  %s for sale at %s OCEAN each\n", json_get_str(v, "available", ""),
                 json_get_str(v, "price", ""));
    return 0;
}

static int bob_buys(struct demo *d, struct err *e)
{
    struct json *v;

    demo_title("Bob finds the asset and buys what its compute service costs");
    if (client_asset_resolve(d->bob, d->did, &v, e) < 0)
        return -1;
    (void)printf("  %s: %s\n", json_str(json_path(v, "metadata.name"), ""),
                 json_str(json_path(v, "metadata.description"), ""));
    if (client_market_price(d->bob, d->datatoken, "1", &v, e) < 0)
        return -1;
    (void)printf("  1 datatoken costs %s %s, fees included\n", json_get_str(v, "price", ""),
                 json_get_str(v, "symbol", ""));
    return client_market_buy(d->bob, d->datatoken, "1", &v, e);
}

static int read_output(struct demo *d, struct err *e)
{
    struct bytes text;

    if (fs_read(d->arena, arena_printf(d->arena, "%s/algorithm.log", d->results), LOG_MAX, &text,
                e) < 0)
        return -1;
    d->output = (const char *)text.p;
    return 0;
}

static int bob_computes(struct demo *d, struct err *e)
{
    struct arena *a = d->arena;
    struct json *container = json_new_object(a);
    const struct client_job job = {.did = d->did,
                                   .service = "compute",
                                   .raw_code = code,
                                   .container = container,
                                   .seconds = LONGEST_RUN_S}; /* five are locked, one is used */
    const char *id;
    struct json *v;

    json_set_str(a, container, "entrypoint", "node $ALGO");
    json_set_str(a, container, "image", d->image);
    json_set_str(a, container, "tag", d->tag);
    json_set_str(a, container, "checksum", "");
    demo_title("Bob runs his algorithm next to the data, paid through the escrow");
    if (client_compute_start(d->bob, &job, &v, e) < 0)
        return -1;
    id = keep(d, v, "jobId");
    atomic_store(&d->job, id);
    (void)printf("  job %.10s...%s\n", id, strlen(id) > 18 ? id + strlen(id) - 8 : "");
    if (client_compute_wait(d->bob, id, &v, e) < 0)
        return -1;
    d->lock_tx = keep(d, json_get(v, "payment"), "lockTx");
    d->claim_tx = keep(d, json_get(v, "payment"), "claimTx");
    if (json_get_int(v, "status", 0) != ENDED_WELL)
        return failed(e, FAILED, "the job ended as %s", json_get_str(v, "statusText", "?"));
    if (client_compute_results(d->bob, id, d->results, &v, e) < 0)
        return -1;
    return read_output(d, e);
}

/* What the job did not use came back with the claim; Bob takes it home. */
static int bob_withdraws(struct demo *d, struct err *e)
{
    const char *change;
    struct json *v;

    if (client_escrow_funds(d->bob, "ocean", NULL, &v, e) < 0)
        return -1;
    change = keep(d, v, "available");
    (void)printf("  %s OCEAN of what was locked came back\n", change);
    return client_escrow_withdraw(d->bob, "ocean", change, &v, e);
}

static int last_screen(struct demo *d, struct err *e)
{
    if (demo_books_close(d, e) < 0)
        return -1;
    demo_title("The result, and where every token is now");
    (void)printf("  the algorithm said: %s", d->output);
    (void)printf("  escrow lock         %s\n  escrow claim        %s\n", d->lock_tx, d->claim_tx);
    if (demo_books_print(d, e) < 0)
        return -1;
    if (!strstr(d->output, "Hello world"))
        return failed(e, FAILED, "the algorithm did not say Hello world");
    (void)printf("\nEverything adds up to the wei.\n");
    return 0;
}

int demo_story(struct demo *d, struct err *e)
{
    if (alice_publishes(d, e) < 0 || alice_offers(d, e) < 0 || bob_buys(d, e) < 0 ||
        bob_computes(d, e) < 0 || bob_withdraws(d, e) < 0)
        return -1;
    return last_screen(d, e);
}
