/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"

enum { SPEC_MAX = 10 * 1048576, PAGE_MAX = 1000000, INDEX_MAX = 1000000 };

static int create(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path = str_eq(c->args[0], "-") ? "/dev/stdin" : c->args[0];
    const char *datatoken = cli_option(c, "datatoken", NULL);
    struct bytes text;
    struct json *spec;

    if (fs_read(c->arena, path, SPEC_MAX, &text, e) < 0 ||
        json_parse(c->arena, (const char *)text.p, text.n, &spec, e) < 0)
        return err_wrap(e, "%s", path);
    if (!json_is(spec, JSON_OBJECT))
        return failed(e, INVALID, "%s: not a JSON object", path);
    if (datatoken)
        json_set_str(c->arena, spec, "dtAddress", datatoken);
    return client_asset_create(c->client, spec, ret, e);
}

static int resolve(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_asset_resolve(c->client, c->args[0], ret, e);
}

static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    int64_t page;

    if (cli_number(c, "page", 1, PAGE_MAX, &page, e) < 0)
        return -1;
    return client_asset_list(c->client, c->args[0], page, ret, e);
}

static int order(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_asset_order(c->client, c->args[0], c->args[1] ? c->args[1] : "0",
                              cli_option(c, "consumer", NULL), ret, e);
}

static int download(struct cli_call *c, struct json **ret, struct err *e)
{
    struct client_download d = {.did = c->args[0],
                                .order_tx = c->args[1],
                                .folder = c->args[2] ? c->args[2] : ".",
                                .service = cli_option(c, "service", "0")};

    if (cli_number(c, "file", 0, INDEX_MAX, &d.index, e) < 0)
        return -1;
    return client_asset_download(c->client, &d, ret, e);
}

static const struct cli_action actions[] = {
    {"create", "FILE.json", "datatoken=",
     "publishes an asset; FILE '-' is standard input (docs/quickstart.md has the form)", 1, 1,
     create},
    {"resolve", "DID", "", "shows the asset's document", 1, 1, resolve},
    {"list", "[WORDS]", "page=", "lists assets, all or those with these words", 0, 1, list},
    {"order", "DID [SERVICE]", "consumer=", "pays datatokens for a service (its id, index or type)",
     1, 2, order},
    {"download", "DID ORDER_TX [FOLDER]", "service= file=", "downloads a file that was ordered", 2,
     3, download},
};

int cli_asset(int argc, char **argv)
{
    static const struct cli_family family = {"asset", "data and algorithms: publish, find, order",
                                             actions, ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
