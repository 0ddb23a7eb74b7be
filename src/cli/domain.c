/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

/* `atoll domain`: domains of one's own for deployments, guests of their login, certificates. */

static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    if (client_domain_list(c->client, c->args[0], ret, e) < 0)
        return -1;
    *ret = json_get(*ret, "domains");
    return 0;
}

static int add(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_domain_add(c->client, c->args[0], c->args[1], ret, e);
}

static int verify(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_domain_verify(c->client, c->args[0], c->args[1], ret, e);
}

static int drop(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_domain_remove(c->client, c->args[0], c->args[1], ret, e);
}

static int guests(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_guest_list(c->client, c->args[0], ret, e);
}

static int allow(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_guest_add(c->client, c->args[0], c->args[1], ret, e);
}

static int disallow(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_guest_remove(c->client, c->args[0], c->args[1], ret, e);
}

static int certificates(struct cli_call *c, struct json **ret, struct err *e)
{
    if (client_certificates(c->client, ret, e) < 0)
        return -1;
    *ret = json_get(*ret, "certificates");
    return 0;
}

static const struct cli_action actions[] = {
    {"list", "DEPLOYMENT", "accept-terms", "its hosts and how they are", 1, 1, list},
    {"add", "DEPLOYMENT HOST", "accept-terms",
     "a domain of your own; tells the DNS records that prove it", 2, 2, add},
    {"verify", "DEPLOYMENT HOST", "", "looks for those records; serves the domain then", 2, 2,
     verify},
    {"remove", "DEPLOYMENT HOST", "", "takes a domain away", 2, 2, drop},
    {"guests", "DEPLOYMENT", "", "who may pass its login, beside you", 1, 1, guests},
    {"allow", "DEPLOYMENT NAME", "", "lets somebody pass: alice.3bot, or an address", 2, 2, allow},
    {"disallow", "DEPLOYMENT NAME", "", "no longer", 2, 2, disallow},
    {"certificates", "", "", "all of the node, for administrators", 0, 0, certificates},
};

int cli_domain(int argc, char **argv)
{
    static const struct cli_family family = {"domain", "names that deployments are reached by",
                                             actions, ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
