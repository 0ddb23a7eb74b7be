/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_COMMAND_H
#define ATOLL_PACKAGE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * A program that is run for what it prints, with a list of arguments and no shell, an environment
 * of its own, a time limit and a limit on the files it writes. One thread; whoever started it
 * ends it, and then it and what it started are gone.
 */
enum { COMMAND_TAIL = 400 };
struct command {
    pid_t pid;
    int out; /* what it prints, and what it complains about */
    int err;
    int64_t deadline;        /* monotonic ms */
    char tail[COMMAND_TAIL]; /* the end of the complaints, NUL-terminated */
    size_t tail_len;
};

struct command_options {
    char *const *argv; /* argv[0] is looked for in PATH; NULL at the end */
    char *const *env;  /* NAME=VALUE, NULL at the end: all there is */
    int64_t limit_ms;
    uint64_t file_max; /* bytes of a file it writes */
};

/* FAILED when it cannot be started. */
int command_start(struct command *c, const struct command_options *o, struct err *e) must_check;
/* Bytes of what it prints: > 0, 0 at the end, -1: TIMEOUT. */
int64_t command_read(struct command *c, void *out, size_t cap, struct err *e) must_check;
/* Ends it if it runs. 0 when it had ended by itself with status 0; else FAILED with the tail. */
int command_end(struct command *c, struct err *e) must_check;

#endif
