/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/demo_int.h"
#include "cli/devnet_int.h"
#include "config/config.h"

/* What the story stands on: ports, the file that is sold, the books. */

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

int demo_ports(struct demo *d, struct err *e)
{
    if (free_port(&d->chain_port, e) < 0 || free_port(&d->node_port, e) < 0)
        return -1;
    d->rpc_url = arena_printf(d->arena, "http://127.0.0.1:%d", d->chain_port);
    d->node_url = arena_printf(d->arena, "http://127.0.0.1:%d", d->node_port);
    return 0;
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
static void add_people(struct demo *d, struct ledger *l)
{
    ledger_add(l, "Alice", &d->alice_addr);
    ledger_add(l, "Bob", &d->bob_addr);
    ledger_add(l, "node", &d->node_addr);
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

    if (config_contracts_find(d->arena, d->addresses, DEVNET_CHAIN_ID, &contracts, e) < 0)
        return -1;
    d->net = net_new();
    d->rpc = rpc_new(d->net, DEVNET_CHAIN_ID, &d->rpc_url, 1);
    d->ocean = (struct ledger){.currency = "OCEAN", .token = contracts.ocean, .decimals = 18};
    add_people(d, &d->ocean);
    add_contracts(&d->ocean, &contracts);
    d->tokens = (struct ledger){.currency = "datatoken", .decimals = 18};
    add_people(d, &d->tokens);
    add_contracts(&d->tokens, &contracts);
    d->coin = (struct ledger){.currency = "native coin", .native = true, .decimals = 18};
    add_people(d, &d->coin);
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
