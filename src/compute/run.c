/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "compute/fsm.h"
#include "crypto/hash.h"

/* The algorithm runs. */

enum {
    GRACE_MS = 10000,
    DISK_FIRST_MS = 500,
    DISK_EVERY_MS = 1000,
    DISK_COST = 10 /* looking may take a tenth of the time */
};
#define DISK_QUOTA 42
#define GIB (INT64_C(1) << 30)

/* An amount of 0 is no promise of room, yet scripts and small inputs must fit. */
static int64_t disk_milli(const struct job *j)
{
    int64_t milli = fit__amount(&j->resources, "disk");

    return milli ? milli : 1000;
}

int64_t job__disk_limit(const struct job *j)
{
    return disk_milli(j) * GIB / 1000;
}

int job__open_log(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct job_log *log;

    if (j->log)
        return 0;
    if (logs__open(j->compute->logs, job__path(a, j->compute, &j->row, "algorithm.log"), &log, e) <
        0)
        return -1;
    lock_scope(&j->compute->lock);
    j->log = log;
    return 0;
}

void job__close_log(struct job *j, bool complete)
{
    struct job_log *log;

    pthread_mutex_lock(&j->compute->lock);
    log = j->log;
    j->log = NULL;
    pthread_mutex_unlock(&j->compute->lock);
    logs__close(log, complete ? j->engine->docker : NULL, j->row.container);
}

static void follow_log(struct job *j)
{
    struct err ignored;

    if (logs__follow(j->log, j->engine->docker, j->row.container, &ignored) < 0)
        log_debug("compute", "job %s: its log comes at its end: %s", j->id, ignored.msg);
}

/* A container may have been started by an earlier process, and must not be started twice. */
static int start(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker_state st = {0};
    int there = 1;

    if (j->resumed || j->tries)
        there = docker_inspect(j->engine->docker, a, j->row.container, false, &st, e);
    if (there < 0)
        return -1;
    if (there == 0)
        return failed(e, FAILED, "the container has disappeared");
    if (!st.started && docker_start(j->engine->docker, j->row.container, e) < 0)
        return -1;
    j->row.started = st.started_ms ? st.started_ms : clock_ms();
    if (st.started && !st.running)
        atomic_store(&j->ended, true);
    return fsm__save(j, e);
}

static int watch(struct job *j, struct err *e)
{
    if (job__open_log(j, e) < 0)
        return -1;
    if (start(j, e) < 0) {
        if (!e->transient)
            job__close_log(j, false);
        return -1;
    }
    follow_log(j);
    j->watching = true;
    j->disk_check_at = clock_mono_ms() + DISK_FIRST_MS;
    {
        lock_scope(&j->compute->lock);
        j->expected_end = j->row.started + j->row.max_duration_s * 1000;
    }
    return 0;
}

/* Writes down how the container ended. */
static int finish(struct job *j, const struct docker_state *st, struct err *e)
{
    char amount[32];

    j->row.started = st->started_ms ? st->started_ms : j->row.started;
    j->row.stopped = st->finished_ms > j->row.started ? st->finished_ms : clock_ms();
    j->row.exit_code = st->exit_code;
    j->row.oom_killed = st->oom_killed;
    job__close_log(j, true);
    if (j->disk_over) {
        j->fail_status = DISK_QUOTA;
        return failed(e, TOO_LARGE, "the job wrote more than %s GB",
                      fit__milli_text(amount, disk_milli(j)));
    }
    return STEP_PUBLISH;
}

/* Asks, and after the grace forces, the container to end. */
static int press(struct job *j, int64_t now, struct err *e)
{
    const char *signal = j->kill_at || j->disk_over ? "SIGKILL" : "SIGTERM";

    if (j->kill_at > now)
        return 0;
    j->kill_at = now + GRACE_MS;
    return docker_kill(j->engine->docker, j->row.container, signal, e);
}

static int check_disk(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    int64_t before = clock_mono_ms();
    int64_t took;
    struct docker_state st;
    int r = docker_inspect(j->engine->docker, a, j->row.container, true, &st, e);

    if (r < 0)
        return -1;
    if (r > 0 && st.size_rw > job__disk_limit(j) && !j->disk_over) {
        j->disk_over = true;
        j->kill_at = 0;
    }
    took = clock_mono_ms() - before;
    j->disk_check_at =
        before + (took * DISK_COST > DISK_EVERY_MS ? took * DISK_COST : DISK_EVERY_MS);
    return 0;
}

/* 1 when the container has ended and *ret says how, 0 while it runs. */
static int look(struct job *j, struct arena *a, struct docker_state *ret, struct err *e)
{
    bool ended = atomic_exchange(&j->ended, false);
    bool unsure = atomic_exchange(&j->unsure, false);
    int r;

    if (!ended && !unsure)
        return 0;
    r = docker_inspect(j->engine->docker, a, j->row.container, false, ret, e);
    if (r < 0) {
        atomic_store(&j->unsure, true);
        return -1;
    }
    if (r == 0)
        return failed(e, FAILED, "the container has disappeared");
    if (ret->running && unsure)
        follow_log(j);
    return !ret->running;
}

int step_run(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker_state st;
    int64_t now, left, due;
    int r;

    if (!j->watching && watch(j, e) < 0)
        return -1;
    r = look(j, a, &st, e);
    if (r < 0)
        return -1;
    if (r > 0)
        return finish(j, &st, e);
    now = clock_mono_ms();
    if (now >= j->disk_check_at && check_disk(j, e) < 0)
        return -1;
    left = j->row.started + j->row.max_duration_s * 1000 - clock_ms();
    if ((left <= 0 || j->disk_over || atomic_load(&j->stop)) && press(j, now, e) < 0)
        return -1;
    due = j->disk_check_at - now;
    if (left > 0 && left < due)
        due = left;
    if (j->kill_at && j->kill_at - now < due)
        due = j->kill_at - now;
    fsm__wake_in(j, due);
    return STEP_WAIT;
}
