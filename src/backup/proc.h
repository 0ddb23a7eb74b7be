/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BACKUP_PROC_H
#define ATOLL_BACKUP_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Programs that we feed, read and wait for. They are started from a list of arguments, never by a
 * shell, with an environment of our own and no descriptor of ours; they are killed with the thread
 * that started them, and with the process group that they made. One thread at a time.
 */
struct proc;

enum { PROC_SECRET_FD = 3, PROC_HOPELESS_TIMES = 5 };

struct proc_spec {
    const char *const *argv; /* argv[0] is found in PATH; NULL at the end */
    const char *cwd;
    const char *secret; /* what the program reads from /dev/fd/3; NULL: nothing is there */
    bool feed;          /* its standard input is written by proc_feed(), else empty */
    bool drain;         /* its standard output is read by proc_read(), else kept */
    size_t output_max;  /* bytes of kept output; of more only the end is kept */
    /*
     * Words of its errors after which, said PROC_HOPELESS_TIMES, it is killed: it tries again and
     * again what will not work. NULL: none.
     */
    const char *hopeless;
    int stop_fd; /* readable: give up (UNAVAILABLE); -1: none */
};
int proc_start(const struct proc_spec *s, struct proc **ret, struct err *e) must_check;

/*
 * Gives the same bytes to several programs, each at its own pace; those that end, or take nothing
 * for stall_ms, are out: proc_alive() is false then, and proc_end() says why. -1 when none is left
 * or stop_fd says so. NULL entries are skipped.
 */
int proc_feed(struct proc *const *procs, size_t count, const void *p, size_t n, int64_t stall_ms,
              struct err *e) must_check;
bool proc_alive(const struct proc *p); /* it still takes what it is given */

/* Its output: > 0, 0 at the end, -1 when nothing came for stall_ms, or to stop. */
int64_t proc_read(struct proc *p, void *out, size_t cap, int64_t stall_ms, struct err *e)
    must_check;

/*
 * Closes its input and waits at most limit_ms for its end, then kills it. *ret_status is its exit
 * status, 128 + the signal that killed it. -1: TIMEOUT, or to stop; it is gone then, too.
 */
int proc_end(struct proc *p, int64_t limit_ms, int *ret_status, struct err *e) must_check;

/* What it printed (kept output, errors); valid until proc_free(). */
const char *proc_output(const struct proc *p, size_t *ret_n);
bool proc_output_cut(const struct proc *p); /* there was more than output_max */
const char *proc_errors(const struct proc *p);

/* Kills it if it still runs. NULL is allowed. */
void proc_free(struct proc *p);

static inline void cleanup_proc(struct proc **p)
{
    proc_free(*p);
}
#define _proc_ cleanup_(cleanup_proc)

#endif
