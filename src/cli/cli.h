/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_CLI_H
#define ATOLL_CLI_CLI_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/client.h"
#include "json/json.h"

/*
 * The client verbs: `atoll FAMILY ACTION [arguments] [options]`. An action gets its arguments
 * and options parsed, does its work over libatoll, and gives back a JSON value that is printed
 * for people on a terminal and as JSON otherwise (or with --json).
 */
struct cli_call {
    struct arena *arena;
    struct client *client;
    const char *const *args;    /* the positional arguments, NULL at the end */
    const struct json *options; /* {"cap": "100", "free": true} */
    int status;                 /* of the process, when the action succeeds; 0 */
};

struct cli_action {
    const char *name;
    const char *arguments; /* for people: "DATATOKEN AMOUNT" */
    const char *options;   /* "to= free set=+": those with = take a value, with =+ several (a
                              list of texts); help.c */
    const char *summary;
    int min_args;
    int max_args;
    int (*run)(struct cli_call *call, struct json **ret, struct err *e);
};

struct cli_family {
    const char *name;
    const char *summary;
    const struct cli_action *actions;
    size_t count;
};

/* Parses and runs; the process's exit status: 0, 1 failed, 2 wrong usage. argv[0] is the family. */
int cli_family_run(const struct cli_family *family, int argc, char **argv);

/* The value of an option, or the alternative. */
const char *cli_option(const struct cli_call *call, const char *name, const char *otherwise);
/* A whole number within 0..max; INVALID names the option. */
int cli_number(const struct cli_call *call, const char *name, int64_t otherwise, int64_t max,
               int64_t *ret, struct err *e) must_check;

/* What a verb does; only: one of its actions, with all its options. */
void cli_usage(const struct cli_family *f, const struct cli_action *only, FILE *out);

/* Prints a value for people: objects as aligned lines, lists of objects as a table. */
void cli_print(const struct json *v);

/*
 * `atoll service deploy [PACKAGE]` (wizard.c); its options are
 * "interactive answers= set=+ version= resume= accept-terms yes no-wait".
 */
int cli_service_deploy(struct cli_call *call, struct json **ret, struct err *e) must_check;

/* The path of a route of the deployment that args[0] names or has as its id. */
int cli_service_path(struct cli_call *call, const char *tail, const char **ret, struct err *e)
    must_check;
/* `atoll service shell` (shell.c); its options are "container= no-tty". */
int cli_service_shell(struct cli_call *call, struct json **ret, struct err *e) must_check;

/* The verbs of this folder, for main.c's table. */
int cli_datatoken(int argc, char **argv);
int cli_asset(int argc, char **argv);
int cli_market(int argc, char **argv);
int cli_escrow(int argc, char **argv);
int cli_compute(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_pool(int argc, char **argv);
int cli_domain(int argc, char **argv);
int cli_config(int argc, char **argv);
int cli_service(int argc, char **argv);
int cli_package(int argc, char **argv);

#endif
