/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_CHILD_H
#define ATOLL_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Other verbs of this program as child processes, which never outlive us. Main thread only. */
struct child {
    const char *name; /* for people: "node" */
    const char *log;  /* file of what it prints */
    pid_t pid;        /* 0: not running */
};

/*
 * Starts this program again with the arguments (args[0] is the verb, NULL at the end) and the
 * environment given ("NAME=VALUE", NULL at the end) on top of our PATH and HOME alone, so that
 * an operator's variables do not reach a demonstration.
 */
int child_start(struct child *c, char *const args[], char *const env[], struct err *e) must_check;

/* Waits until the log holds the text; FAILED with the log's end when the child ends or time does.
 */
int child_await(struct child *c, const char *text, int64_t limit_ms, struct err *e) must_check;

/* SIGTERM, and SIGKILL after ten seconds. True when it ended with status 0. */
bool child_stop(struct child *c);

#endif
