/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/date.h"
#include "cli/cli.h"

/* `atoll pool`: prepaid capacity, and `atoll config`: the options of a node that runs. */

static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    if (client_pool_list(c->client, json_get_bool(c->options, "all", false), ret, e) < 0)
        return -1;
    *ret = json_get(*ret, "pools");
    return 0;
}

static int info(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_pool_info(c->client, c->args[0], ret, e);
}

static int refresh(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_pool_refresh(c->client, c->args[0], ret, e);
}

static int create(struct cli_call *c, struct json **ret, struct err *e)
{
    const struct client_pool p = {.name = c->args[0],
                                  .token = cli_option(c, "token", NULL),
                                  .owner = cli_option(c, "owner", NULL),
                                  .amount = cli_option(c, "amount", NULL),
                                  .note = cli_option(c, "note", NULL)};

    return client_pool_create(c->client, &p, ret, e);
}

static int grant(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_pool_grant(c->client, c->args[0], c->args[1], cli_option(c, "note", NULL), ret,
                             e);
}

static int voucher(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_voucher_redeem(c->client, c->args[0], ret, e);
}

static int voucher_make(struct cli_call *c, struct json **ret, struct err *e)
{
    struct client_voucher v = {.amount = c->args[0],
                               .token = cli_option(c, "token", NULL),
                               .note = cli_option(c, "note", NULL)};
    const char *expires = cli_option(c, "expires", NULL);

    if (cli_number(c, "uses", 1, 1000000, &v.uses, e) < 0)
        return -1;
    if (expires && (!date_parse(expires, &v.expires) || v.expires <= clock_ms()))
        return failed(e, INVALID, "--expires: %s is no moment to come, such as 2030-12-31",
                      expires);
    return client_voucher_make(c->client, &v, ret, e);
}

static int voucher_list(struct cli_call *c, struct json **ret, struct err *e)
{
    if (client_voucher_list(c->client, ret, e) < 0)
        return -1;
    *ret = json_get(*ret, "vouchers");
    return 0;
}

static int voucher_end(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_voucher_end(c->client, c->args[0], ret, e);
}

static const struct cli_action actions[] = {
    {"list", "", "all accept-terms", "your pools, or everybody's", 0, 0, list},
    {"info", "POOL", "accept-terms", "a pool with its ledger", 1, 1, info},
    {"create", "NAME", "token= owner= amount= note= accept-terms",
     "makes a pool that pays from your wallet, or gives one to somebody", 1, 1, create},
    {"refresh", "POOL", "accept-terms", "looks at the wallet's funds and authorisation again", 1, 1,
     refresh},
    {"grant", "POOL AMOUNT", "note=", "adds to a granted pool; -AMOUNT takes away", 2, 2, grant},
    {"voucher", "CODE", "accept-terms", "redeems a voucher", 1, 1, voucher},
    {"voucher-make", "AMOUNT", "token= uses= expires= note=", "makes a voucher", 1, 1,
     voucher_make},
    {"voucher-list", "", "", "all vouchers", 0, 0, voucher_list},
    {"voucher-end", "CODE", "", "ends a voucher; what was redeemed stays", 1, 1, voucher_end},
};

int cli_pool(int argc, char **argv)
{
    static const struct cli_family family = {
        "pool", "prepaid capacity that deployments run on; amounts in whole tokens", actions,
        ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}

static int config_get(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_config_get(c->client, c->args[0], ret, e);
}

static int config_set(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_config_set(c->client, c->args[0], c->args[1], ret, e);
}

int cli_config(int argc, char **argv)
{
    static const struct cli_action verbs[] = {
        {"get", "[KEY]", "", "an option of a running node, or all", 0, 1, config_get},
        {"set", "KEY VALUE", "", "changes one, at once where that is possible; it is kept", 2, 2,
         config_set},
    };
    static const struct cli_family family = {
        "config", "the options of a running node, for its administrators", verbs, ARRAY_LEN(verbs)};

    return cli_family_run(&family, argc, argv);
}
