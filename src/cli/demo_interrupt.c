/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/thread.h"
#include "cli/demo_int.h"

/*
 * Ctrl-C in the demo. The story sits in calls that take their time, so a thread of its own ends
 * what runs and then the process; the mutex keeps the story's own clean-up from doing the same.
 */

enum { STATUS_INTERRUPTED = 130 };

static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER;

static sigset_t ending_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/* A node that ends leaves its containers for its next start; this one will have none. */
static void stop_job(struct demo *d)
{
    const char *job = atomic_load(&d->job);
    struct client *c;
    struct json *v;
    struct err e;

    if (!job || client_open(d->bob_config, NULL, &c, &e) < 0)
        return;
    if (client_compute_stop(c, job, &v, &e) < 0 || client_compute_wait(c, job, &v, &e) < 0)
        (void)fprintf(stderr, "atoll demo: the job: %s\n", e.msg);
    client_close(c);
}

static void *await_signal(void *arg)
{
    struct demo *d = arg;
    const sigset_t set = ending_signals();
    struct err e;
    int got;

    while (sigwait(&set, &got) != 0)
        ;
    pthread_mutex_lock(&ending); /* for good: the process ends here */
    (void)fprintf(stderr, "\natoll demo: interrupted; ending the job, the node and the chain\n");
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* a second one ends us at once */
    stop_job(d);
    (void)stage_stop(&d->stage);
    if (d->keep)
        (void)fprintf(stderr, "kept: %s\n", d->stage.dir);
    else if (fs_remove_tree(d->stage.dir, &e) < 0)
        (void)fprintf(stderr, "atoll demo: %s\n", e.msg);
    _exit(STATUS_INTERRUPTED);
}

void demo_hold_signals(void)
{
    const sigset_t set = ending_signals();

    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void demo_watch_signals(struct demo *d)
{
    pthread_t thread;

    thread_start(&thread, "interrupt", await_signal, d);
    pthread_detach(thread);
}

void demo_end_watch(void)
{
    pthread_mutex_lock(&ending);
}
