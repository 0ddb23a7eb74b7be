/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/demo_int.h"
#include "cli/devnet_int.h"
#include "config/config.h"

/* What the story stands on: the file that is sold, and the books. */

static const char data_file[] = "day,temperature\n1,26.1\n2,27.4\n3,25.9\n";

void demo_title(const char *text)
{
    static int number;

    (void)printf("\n%d. %s\n", ++number, text);
    (void)fflush(stdout);
}

void demo_progress(void *ctx, const char *text)
{
    (void)ctx;
    (void)printf("  %s\n", text);
    (void)fflush(stdout);
}

static size_t admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    (void)r;
    return 0; /* no bodies */
}

static enum http_verdict serve(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx;
    (void)r;
    http_reply_text(reply, 200, "text/csv", data_file);
    return HTTP_ANSWERED;
}

int demo_serve_data(struct demo *d, struct err *e)
{
    const struct http_options options = {.bind = "127.0.0.1", .workers = 1};
    const struct http_app app = {.admit = admit, .handle = serve};

    if (http_server_start(&options, &app, &d->files, e) < 0)
        return -1;
    d->data_url =
        arena_printf(d->arena, "http://127.0.0.1:%d/temperatures.csv", http_server_port(d->files));
    return 0;
}

/* Everybody who can come to hold money in this story. */
static void add_people(struct ledger *l)
{
    const struct addr alice = devnet_addr(STAGE_ALICE);
    const struct addr bob = devnet_addr(STAGE_BOB);
    const struct addr node = devnet_addr(STAGE_NODE);

    ledger_add(l, "Alice", &alice);
    ledger_add(l, "Bob", &bob);
    ledger_add(l, "node", &node);
}

static void add_contracts(struct ledger *l, const struct config_contracts *c)
{
    ledger_add(l, "exchange (for Alice)", &c->fixed_price);
    ledger_add(l, "escrow", &c->escrow);
    ledger_add(l, "community fees (OPC)", &c->opf_collector);
}

int demo_books_open(struct demo *d, struct err *e)
{
    const struct addr producer = {{0}}; /* anvil gives the tips to nobody's address */
    struct config_contracts contracts;

    if (config_contracts_find(d->arena, d->stage.addresses, DEVNET_CHAIN_ID, &contracts, e) < 0)
        return -1;
    d->net = net_new();
    d->rpc = rpc_new(d->net, DEVNET_CHAIN_ID, &d->stage.rpc_url, 1);
    d->ocean = (struct ledger){.currency = "OCEAN", .token = contracts.ocean, .decimals = 18};
    add_people(&d->ocean);
    add_contracts(&d->ocean, &contracts);
    d->tokens = (struct ledger){.currency = "datatoken", .decimals = 18};
    add_people(&d->tokens);
    add_contracts(&d->tokens, &contracts);
    d->coin = (struct ledger){.currency = "native coin", .native = true, .decimals = 18};
    add_people(&d->coin);
    ledger_add(&d->coin, "block producer", &producer);
    if (ledger_open(&d->ocean, d->rpc, true, e) < 0 ||
        ledger_open(&d->tokens, d->rpc, false, e) < 0)
        return -1;
    return ledger_open(&d->coin, d->rpc, true, e);
}

int demo_books_close(struct demo *d, struct err *e)
{
    if (!addr_parse(d->datatoken, &d->tokens.token))
        return failed(e, FAILED, "no datatoken");
    if (ledger_close(&d->ocean, d->rpc, e) < 0 || ledger_close(&d->tokens, d->rpc, e) < 0)
        return -1;
    return ledger_close(&d->coin, d->rpc, e);
}

int demo_books_print(const struct demo *d, struct err *e)
{
    bool good = ledger_print(&d->ocean, stdout);

    good = ledger_print(&d->tokens, stdout) && good;
    good = ledger_print(&d->coin, stdout) && good;
    return good ? 0 : failed(e, FAILED, "the books do not add up");
}
