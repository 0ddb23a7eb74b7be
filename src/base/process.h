/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_PROCESS_H
#define ATOLL_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * How other programs are started: the only place that does. From a list of arguments, never by a
 * shell; with the environment that is given and nothing of ours; with four descriptors at most; in
 * a process group of its own, with every signal as if it had never been touched. Whoever starts one
 * ends it. One thread at a time for each struct process.
 */
enum { PROCESS_FDS = 4, PROCESS_EXTRA = 3 };

struct process {
    pid_t pid;  /* 0: none, or it has ended and was reaped */
    int status; /* then: its exit status, or 128 + the signal that killed it */
};

struct process_spec {
    const char *file;        /* the program, found in PATH unless it has a slash; NULL: argv[0] */
    const char *const *argv; /* NULL at the end */
    const char *const *env;  /* "NAME=VALUE", NULL at the end: all there is */
    const char *cwd;         /* NULL: as ours */
    /* What it has as 0, 1, 2 and PROCESS_EXTRA; -1: /dev/null, for PROCESS_EXTRA nothing. */
    int fd[PROCESS_FDS];
    /*
     * What kills it when the thread that starts it ends, however that ends. 0: it outlives us, in
     * a session of its own.
     */
    int with_us;
    uint64_t file_max; /* bytes of any file that it writes; 0: as many as there is room */
};

/* Success: the program runs. NOT_FOUND when there is none of that name, else FAILED. */
int process_start(const struct process_spec *s, struct process *ret, struct err *e) must_check;
/*
 * Whether it has ended (or never ran), at once or within limit_ms; it is reaped then, and whatever
 * it left in its group is killed.
 */
bool process_ended(struct process *p);
bool process_wait(struct process *p, int64_t limit_ms);
/* A signal for the whole group; what was reaped gets none. */
void process_kill(struct process *p, int signal);
/*
 * SIGTERM for the program itself, which may have others to end; after limit_ms, or at once with 0,
 * SIGKILL for all of its group. Reaps.
 */
void process_stop(struct process *p, int64_t limit_ms);

#endif
