/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static int create(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_datatoken_create(c->client, c->args[0], c->args[1] ? c->args[1] : "DT",
                                   cli_option(c, "cap", NULL), ret, e);
}

static int mint(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_datatoken_mint(c->client, c->args[0], c->args[1], cli_option(c, "to", NULL), ret,
                                 e);
}

static int approve(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_datatoken_approve(c->client, c->args[0], c->args[1], c->args[2], ret, e);
}

static int balance(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_token_balance(c->client, c->args[0], c->args[1], ret, e);
}

static const struct cli_action actions[] = {
    {"create", "NAME [SYMBOL]", "cap=", "makes a data NFT with a datatoken", 1, 2, create},
    {"mint", "DATATOKEN AMOUNT", "to=", "makes new tokens (for --to, else for yourself)", 2, 2,
     mint},
    {"approve", "DATATOKEN SPENDER AMOUNT", "",
     "lets SPENDER take exactly AMOUNT; with SPENDER 'market' that much is for sale", 3, 3,
     approve},
    {"balance", "TOKEN [ACCOUNT]", "", "tokens of an account; TOKEN may be 'ocean' or 'native'", 1,
     2, balance},
};

int cli_datatoken(int argc, char **argv)
{
    static const struct cli_family family = {"datatoken", "datatokens: licences to use an asset",
                                             actions, ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
