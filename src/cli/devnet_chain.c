/* SPDX-License-Identifier: Apache-2.0 */
/* anvil, Foundry's chain, as a child. */
#include "base/clock.h"
#include "cli/devnet_int.h"
#include "json/json.h"

#define STATE_INTERVAL_S "2"

enum { UP_MS = 60000, UP_POLL_MS = 5 };

int devnet_chain_start(struct devnet_chain *c, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char *chain = arena_printf(a, "%d", DEVNET_CHAIN_ID);
    char *port = arena_printf(a, "%u", (unsigned)c->port);
    char *const args[] = {"--host",
                          "127.0.0.1",
                          "--port",
                          port,
                          "--chain-id",
                          chain,
                          c->state ? "--state" : NULL, /* without a state the list ends here */
                          arena_strdup(a, c->state ? c->state : ""),
                          "--state-interval",
                          STATE_INTERVAL_S,
                          NULL};

    c->child.name = "anvil";
    return child_start(&c->child, args, NULL, e);
}

int devnet_chain_wait(struct devnet_chain *c, struct rpc *r, struct err *e)
{
    int64_t deadline = clock_mono_ms() + UP_MS;

    for (;;) {
        _arena_ struct arena *a = arena_new();
        struct json *result;
        struct err why;

        if (rpc_call(r, a, "eth_chainId", NULL, &result, &why) == 0)
            return 0;
        if (child_ended(&c->child) || clock_mono_ms() > deadline)
            return failed(e, FAILED, "anvil did not come up; its log (%s) ends with:\n%s",
                          c->child.log, child_log_tail(a, &c->child));
        clock_sleep_ms(UP_POLL_MS);
    }
}
