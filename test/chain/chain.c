/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fs.h"
#include "base/must.h"

enum { SKIPPED = 77 };

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    _close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(bind(fd, (struct sockaddr *)&at, len) == 0);
    must(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    return ntohs(at.sin_port);
}

static int start(struct chain *c, const struct devnet_packages *packages, struct err *e)
{
    struct bytes text;
    struct json *book;
    const char *file = arena_printf(c->arena, "%s/address.json", c->dir);

    c->anvil.child.binary = packages->anvil;
    c->anvil.port = free_port();
    c->anvil.child.log = arena_printf(c->arena, "%s/anvil.log", c->dir);
    c->url = arena_printf(c->arena, "http://127.0.0.1:%u", (unsigned)c->anvil.port);
    if (devnet_chain_start(&c->anvil, e) < 0)
        return -1;
    c->net = net_new();
    c->rpc = rpc_new(c->net, DEVNET_CHAIN_ID, &c->url, 1);
    if (devnet_chain_wait(&c->anvil, c->rpc, e) < 0 ||
        devnet_deploy(c->rpc, packages->artifacts, file, e) < 0 ||
        fs_read(c->arena, file, 65536, &text, e) < 0 ||
        json_parse(c->arena, (const char *)text.p, text.n, &book, e) < 0)
        return -1;
    c->addresses = json_get(book, "development");
    return store_open(c->dir, &c->store, e);
}

int chain_up(void **state)
{
    struct chain *c = calloc(1, sizeof(*c));
    struct devnet_packages packages;
    struct err e;

    c->arena = arena_new();
    if (devnet_find(c->arena, &packages, &e) < 0) {
        fprintf(stderr, "skipped: %s\n", e.msg);
        exit(SKIPPED);
    }
    strcpy(c->dir, "/tmp/atoll-chain-XXXXXX");
    must(mkdtemp(c->dir));
    if (start(c, &packages, &e) < 0) {
        fprintf(stderr, "%s\n", e.msg);
        (void)child_stop(&c->anvil.child);
        return -1;
    }
    *state = c;
    return 0;
}

int chain_down(void **state)
{
    struct chain *c = *state;
    struct err e;

    store_close(c->store);
    rpc_free(c->rpc);
    net_free(c->net);
    (void)child_stop(&c->anvil.child);
    ok(fs_remove_tree(c->dir, &e), e);
    arena_free(c->arena);
    free(c);
    return 0;
}

struct addr chain_contract(struct chain *c, const char *name)
{
    struct addr a;

    assert_true(addr_parse(json_get_str(c->addresses, name, NULL), &a));
    return a;
}

struct json *chain_call(struct chain *c, const char *method, const char *params)
{
    struct json *p;
    struct json *result;
    struct err e;

    ok(json_parse(c->arena, params, strlen(params), &p, &e), e);
    ok(rpc_call(c->rpc, c->arena, method, p, &result, &e), e);
    return result;
}

void chain_send(struct chain *c, size_t account, const struct contract_call *call)
{
    struct wallet w = {.rpc = c->rpc, .key = devnet_key(account), .addr = devnet_addr(account)};
    struct rpc_receipt receipt;
    struct err e;

    ok(wallet_call(&w, c->arena, call->signature, call, &receipt, &e), e);
}

struct u256 chain_read(struct chain *c, const struct contract_call *call)
{
    struct abi_value v;
    struct err e;

    ok(contract_read(c->rpc, c->arena, call, &v, &e), e);
    return v.list.v[0].num;
}

struct u256 chain_token_balance(struct chain *c, const struct addr *token, const struct addr *who)
{
    struct abi_value args[] = {abi_addr(who)};

    return chain_read(c, &(struct contract_call){.to = *token,
                                                 .signature = "balanceOf(address)",
                                                 .args = args,
                                                 .n = 1,
                                                 .returns = "(uint256)"});
}
