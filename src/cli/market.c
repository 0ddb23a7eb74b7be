/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static int offer(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_market_offer(c->client, c->args[0], c->args[1], cli_option(c, "currency", NULL),
                               ret, e);
}

static int price(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_market_price(c->client, c->args[0], c->args[1] ? c->args[1] : "1", ret, e);
}

static int buy(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_market_buy(c->client, c->args[0], c->args[1], ret, e);
}

static const struct cli_action actions[] = {
    {"offer", "DATATOKEN PRICE",
     "currency=", "offers what you approved to the market at PRICE for one datatoken", 2, 2, offer},
    {"price", "DATATOKEN [AMOUNT]", "", "what AMOUNT datatokens cost, fees included", 1, 2, price},
    {"buy", "DATATOKEN AMOUNT", "", "approves the currency and buys", 2, 2, buy},
};

int cli_market(int argc, char **argv)
{
    static const struct cli_family family = {"market", "buying and selling datatokens", actions,
                                             ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
