/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_VERB_H
#define ATOLL_CLI_VERB_H

#include <stdbool.h>

#include "base/err.h"
#include "json/json.h"

/* What main.c's table is made of, and options for verbs that are not families of actions. */

/*
 * One verb. argv[0] is its name; run answers the exit status (0, 1 failed, 2 wrong usage) and
 * has printed what went wrong. "--help" as argv[1] prints usage and options.
 */
struct verb {
    const char *name;
    const char *summary; /* one line of `atoll help` */
    int (*run)(int argc, char **argv);
};

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/*
 * Options are taken out of the list one by one; what is left at the end are the operands.
 *
 *     struct args in = {argv + 1, argc - 1};
 *     port = args_value(&in, "--port", "8545");
 *     fresh = args_flag(&in, "--fresh");
 *     if (args_end(&in, 0, 0, &e) < 0) ...
 */
struct args {
    char **v;
    int n;
    const char *missing; /* an option that came without its value */
};

/* True when the option is there. */
bool args_flag(struct args *in, const char *option);
/* The value of "--option VALUE" or "--option=VALUE"; the last one wins. */
const char *args_value(struct args *in, const char *option, const char *otherwise);
/* INVALID unless min..max operands are left, none of which looks like an option. */
int args_end(const struct args *in, int min, int max, struct err *e) must_check;

/*
 * A verb that asks no node: run makes the answer, which is printed for people, or with --json as
 * JSON. The exit status, as of struct verb.
 */
int args_run(int argc, char **argv, const char *usage,
             int (*run)(struct args *in, struct arena *a, struct json **ret, struct err *e));

/* The verbs that are a file of their own; families of actions are in cli.h. */
int cli_devnet(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_node(int argc, char **argv);
int cli_import(int argc, char **argv);
/* `atoll service clean` and what follows. */
int cli_service_clean(int argc, char **argv);

#endif
