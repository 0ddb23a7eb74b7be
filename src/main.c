/* SPDX-License-Identifier: Apache-2.0 */
/* The program's table of contents: every verb, and the file of src/cli/ that is behind it. */
#include <stdio.h>

#include "base/attr.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"

static const struct verb verbs[] = {
    {"demo", "the quickstart, played on this machine", cli_demo},
    {"run", "a chain and a node on this machine, kept running", cli_run},
    {"node", "the node: serves data and compute, and is paid for it", cli_node},
    {"import", "takes over what an ocean-node knew", cli_import},
    {"devnet", "a chain of your own with Ocean's contracts on it", cli_devnet},
    {"asset", "publish, find and order data and algorithms", cli_asset},
    {"datatoken", "make, mint and approve datatokens", cli_datatoken},
    {"market", "offer, price and buy datatokens", cli_market},
    {"package", "what a marketplace offers: add, list, info, remove, start, stop", cli_package},
    {"escrow", "the money that pays for machine time", cli_escrow},
    {"pool", "prepaid capacity for solutions", cli_pool},
    {"domain", "names and domains of deployments", cli_domain},
    {"config", "the options of a running node", cli_config},
    {"compute", "run algorithms next to the data", cli_compute},
    {"service", "solutions that run for you", cli_service},
    {"backup", "backups of solutions and of the node", cli_backup},
};

static const struct verb *verb_find(const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(verbs); i++) {
        if (str_eq(verbs[i].name, name))
            return &verbs[i];
    }
    return NULL;
}

static void print_help(FILE *out)
{
    size_t i;

    (void)fprintf(out, "Atoll: a data and compute marketplace in one program.\n\n"
                       "usage: atoll VERB [arguments]\n\n");
    for (i = 0; i < ARRAY_LEN(verbs); i++)
        (void)fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    (void)fprintf(out, "\n  help VERB  what a verb does and takes\n"
                       "  --version  the version of this program\n");
}

/* `atoll help VERB` is `atoll VERB --help`. */
static int help(int argc, char **argv)
{
    char option[] = "--help";
    char *args[] = {argc > 0 ? argv[0] : NULL, option, NULL};
    const struct verb *v = argc > 0 ? verb_find(argv[0]) : NULL;

    if (v)
        return v->run(2, args);
    print_help(argc > 0 ? stderr : stdout);
    return argc > 0 ? EXIT_USAGE : 0;
}

int main(int argc, char **argv)
{
    const struct verb *v;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (str_eq(argv[1], "--version")) {
        (void)printf("atoll %s\n", ATOLL_VERSION);
        return 0;
    }
    if (str_eq(argv[1], "help") || str_eq(argv[1], "--help"))
        return help(argc - 2, argv + 2);
    v = verb_find(argv[1]);
    if (!v) {
        (void)fprintf(stderr, "atoll: there is no verb '%s'; `atoll help` lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    return v->run(argc - 1, argv + 1);
}
