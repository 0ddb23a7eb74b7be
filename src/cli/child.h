/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_CHILD_H
#define ATOLL_CLI_CHILD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/process.h"

/*
 * Programs that run beside us and never outlive us. They end with the thread that started them,
 * however that ends: start them from the main thread.
 */
struct child {
    const char *name;   /* for people: "node" */
    const char *binary; /* NULL: this program itself */
    const char *log;    /* file of what it prints */
    struct process process;
};

/*
 * Starts the program with the arguments (without its own name, NULL at the end) and the
 * environment given ("NAME=VALUE", NULL at the end; NULL is allowed) on top of our PATH and HOME
 * alone, so that an operator's variables do not reach a demonstration.
 */
int child_start(struct child *c, char *const args[], char *const env[], struct err *e) must_check;

/* Waits until the log holds the text; FAILED with the log's end when the child ends or time does.
 */
int child_await(struct child *c, const char *text, int64_t limit_ms, struct err *e) must_check;

/* True when it does not run (any more); it is reaped then. */
bool child_ended(struct child *c);

/* The end of what it printed, in the arena; "" when that cannot be read. */
const char *child_log_tail(struct arena *a, const struct child *c);

/* SIGTERM, and SIGKILL after ten seconds. True when it ended with status 0. */
bool child_stop(struct child *c);

#endif
