/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static int deposit(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_escrow_deposit(c->client, c->args[0], c->args[1], ret, e);
}

static int withdraw(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_escrow_withdraw(c->client, c->args[0], c->args[1], ret, e);
}

static int funds(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_escrow_funds(c->client, c->args[0] ? c->args[0] : "ocean",
                               c->args[0] ? c->args[1] : NULL, ret, e);
}

static int authorize(struct cli_call *c, struct json **ret, struct err *e)
{
    struct client_limits limits = {.amount = c->args[2]};

    if (cli_number(c, "seconds", 86400, INT64_MAX, &limits.seconds, e) < 0 ||
        cli_number(c, "locks", 10, INT64_MAX, &limits.locks, e) < 0)
        return -1;
    return client_escrow_authorize(c->client, c->args[0], c->args[1], &limits, ret, e);
}

static const struct cli_action actions[] = {
    {"deposit", "TOKEN AMOUNT", "", "puts money into the escrow", 2, 2, deposit},
    {"withdraw", "TOKEN AMOUNT", "", "takes money that is not locked out again", 2, 2, withdraw},
    {"funds", "[TOKEN [ACCOUNT]]", "", "what is available and what is locked", 0, 2, funds},
    {"authorize", "TOKEN PAYEE AMOUNT",
     "seconds= locks=", "lets a compute environment lock up to AMOUNT at a time", 3, 3, authorize},
};

int cli_escrow(int argc, char **argv)
{
    static const struct cli_family family = {
        "escrow", "the money that pays for machine time; TOKEN may be 'ocean'", actions,
        ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
