/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_PROGRAM_H
#define ATOLL_BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Programs that we feed, read and wait for, started as base/process.h says; they are killed with
 * the thread that started them, and with everything that they started. One thread at a time.
 */
struct program;

enum { PROGRAM_HOPELESS_TIMES = 5 };

struct program_spec {
    const char *const *argv; /* argv[0] is found in PATH; NULL at the end */
    const char *const *env;  /* "NAME=VALUE", NULL at the end: all there is */
    const char *cwd;         /* NULL: as ours */
    uint64_t file_max;       /* bytes of any file that it writes; 0: no ceiling */
    const char *secret;      /* what the program reads from /dev/fd/3; NULL: nothing is there */
    bool feed;               /* its standard input is written by program_feed(), else empty */
    bool drain;              /* its standard output is read by program_read(), else kept */
    size_t output_max;       /* bytes of kept output; of more only the end is kept */
    /*
     * Words of its errors after which, said PROGRAM_HOPELESS_TIMES, it is killed: it tries again
     * and again what will not work. NULL: none.
     */
    const char *hopeless;
    int stop_fd; /* readable: give up (UNAVAILABLE); -1: none */
};
int program_start(const struct program_spec *s, struct program **ret, struct err *e) must_check;

/*
 * Gives the same bytes to several programs, each at its own pace; those that end, or take nothing
 * for stall_ms, are out: program_alive() is false then, and program_end() says why. -1 when none is
 * left or stop_fd says so. NULL entries are skipped.
 */
int program_feed(struct program *const *procs, size_t count, const void *p, size_t n,
                 int64_t stall_ms, struct err *e) must_check;
bool program_alive(const struct program *p); /* it still takes what it is given */

/* Its output: > 0, 0 at the end, -1 when nothing came for stall_ms, or to stop. */
int64_t program_read(struct program *p, void *out, size_t cap, int64_t stall_ms, struct err *e)
    must_check;

/*
 * Closes its input and waits at most limit_ms for its end, then kills it. *ret_status is its exit
 * status, 128 + the signal that killed it. -1: TIMEOUT, or to stop; it is gone then, too.
 */
int program_end(struct program *p, int64_t limit_ms, int *ret_status, struct err *e) must_check;

/* What it printed (kept output, errors); valid until program_free(). */
const char *program_output(const struct program *p, size_t *ret_n);
bool program_output_cut(const struct program *p); /* there was more than output_max */
const char *program_errors(const struct program *p);

/* Kills it if it still runs. NULL is allowed. */
void program_free(struct program *p);

static inline void cleanup_program(struct program **p)
{
    program_free(*p);
}
#define _program_ cleanup_(cleanup_program)

#endif
