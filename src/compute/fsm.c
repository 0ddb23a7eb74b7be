/* SPDX-License-Identifier: Apache-2.0 */
#include "compute/fsm.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"

/*~ A job is a row whose column `step` says how far it is. This file is the driver: it runs one
 * step after the other on a worker, writes each before it begins, and leaves the worker when a
 * step waits. What a step does stands in prepare.c, run.c and settle.c.
 */

enum { TRIES_MAX = 20, RETRY_FIRST_MS = 200, RETRY_MOST_MS = 5000, STORE_RETRY_MS = 1000 };

static const struct {
    int (*run)(struct job *j, struct err *e);
    int status;
    int failed_status;
} steps[] = {
#define STEP(name, function, status, failed_status) {step_##function, status, failed_status},
#include "compute/steps.def"
};

static const struct {
    int status;
    const char *text;
    const char *name;
} statuses[] = {
#define STATUS(number, text, name) {number, text, name},
#include "compute/status.def"
};

const char *fsm__status_text(int status)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].text;
    return "Unknown";
}

const char *fsm__status_name(int status)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "Unknown";
}

bool fsm_is_failure(int status)
{
    size_t i;

    for (i = 0; i < STEP_CLEAN; i++)
        if (steps[i].failed_status == status)
            return true;
    return status == 32 || status == 33 || status == 42 || status == 61;
}

int fsm__done_step(void)
{
    return STEP_DONE;
}

void fsm__first(struct job_row *row, bool queued)
{
    row->step = queued ? STEP_QUEUE : row->amount ? STEP_LOCK : STEP_PULL;
    row->status = steps[row->step].status;
    row->status_name = fsm__status_name(row->status);
}

void fsm__kick_locked(struct job *j)
{
    if (j->busy || j->held) {
        j->again = true;
        return;
    }
    j->busy = pool_run(j->compute->pool, &j->item);
}

void fsm__kick(struct job *j)
{
    lock_scope(&j->compute->lock);
    fsm__kick_locked(j);
}

void fsm__wake_in(struct job *j, int64_t ms)
{
    lock_scope(&j->compute->lock);
    j->due = clock_mono_ms() + (ms > 0 ? ms : 0);
    pthread_cond_signal(&j->compute->wake);
}

int fsm__save(struct job *j, struct err *e)
{
    return jobs_update(j->compute->o.store, &j->row, false, e);
}

void fsm__adopt_locked(struct job *j)
{
    j->queued = j->row.step == STEP_QUEUE;
    j->reserved = !j->queued && !j->row.finished;
}

static bool earlier_waits(const struct compute *c, const struct job *j)
{
    struct list *item, *next;

    list_for_each(item, next, &c->jobs)
    {
        const struct job *other = container_of(item, struct job, link);

        if (other == j)
            return false;
        if (other->queued && other->env == j->env)
            return true;
    }
    return false;
}

void fsm__serve_queue_locked(struct compute *c)
{
    struct list *item, *next;
    struct err ignored;

    list_for_each(item, next, &c->jobs)
    {
        struct job *j = container_of(item, struct job, link);

        if (!j->queued || earlier_waits(c, j))
            continue;
        if (j->env && fit__check(j->env, j->is_free, &j->resources, &ignored) < 0)
            continue;
        j->queued = false;
        j->reserved = true;
        fsm__kick_locked(j);
    }
}

static bool ending(struct compute *c)
{
    lock_scope(&c->lock);
    return c->ending;
}

/* The status of a row that enters a step. A failure stays what it is to the end. */
static void set_status(struct job_row *row, int step)
{
    row->step = step;
    if (!fsm_is_failure(row->status)) {
        row->status =
            step == STEP_CLEAN && !row->amount ? steps[STEP_DONE].status : steps[step].status;
        row->status_name = fsm__status_name(row->status);
    }
    /* the algorithm failed, its results are published, and the wire says "finished" */
    if (step >= STEP_CLEAN && row->exit_code > 0 && !fsm_is_failure(row->status))
        row->status_name = fsm__status_name(steps[STEP_RUN].failed_status);
}

/* Frees what the job had reserved; others may be waiting for it. */
static void release(struct job *j)
{
    lock_scope(&j->compute->lock);
    j->reserved = false;
    j->queued = false;
    fsm__serve_queue_locked(j->compute);
}

/* Writes the next step; false when the process ends before the store took it. */
static bool enter(struct job *j, int step)
{
    struct err e;

    set_status(&j->row, step);
    if (step > STEP_PULL)
        j->row.registry_auth = NULL; /* the secret has served */
    if (step >= STEP_CLEAN && !j->row.finished) {
        j->row.finished = clock_ms();
        j->row.expires = j->row.finished + j->terms.storage_expiry_s * 1000;
    }
    while (jobs_update(j->compute->o.store, &j->row, true, &e) < 0) {
        log_warn("compute", "job %s: %s", j->id, e.msg);
        if (ending(j->compute))
            return false;
        clock_sleep_ms(STORE_RETRY_MS);
    }
    log_verbose("compute", "job %s: %s", j->id, j->row.status_name);
    j->tries = 0;
    j->entered = clock_ms();
    if (step == STEP_CLEAN)
        release(j);
    return true;
}

/* How long the job has been in its step; a restart does not begin anew. */
static int64_t time_in_step(struct job *j)
{
    struct err e;

    if (!j->entered && jobs_entered(j->compute->o.store, j->id, &j->entered, &e) < 0)
        log_debug("compute", "job %s: %s", j->id, e.msg);
    return j->entered ? clock_ms() - j->entered : 0;
}

static bool may_try_again(struct job *j, const struct err *e)
{
    int64_t limit = j->patience_ms;

    if ((!e->transient && e->code != ERR_UNAVAILABLE) || j->tries >= TRIES_MAX)
        return false;
    if (!limit && j->is_free && j->row.step < STEP_RUN)
        limit = j->row.max_duration_s * 1000;
    return !limit || time_in_step(j) < limit;
}

/* Ends the job's work, unless the world may be in a better mood soon. */
static int after_failure(struct job *j, const struct err *e)
{
    int64_t pause = (int64_t)RETRY_FIRST_MS << (j->tries < 5 ? j->tries : 5);

    if (may_try_again(j, e)) {
        j->tries++;
        fsm__wake_in(j, pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS);
        return STEP_WAIT;
    }
    j->row.status = j->fail_status ? j->fail_status : steps[j->row.step].failed_status;
    j->row.status_name = fsm__status_name(j->row.status);
    j->row.reason = arena_strdup(j->arena, e->msg);
    return STEP_CLEAN;
}

static int run_step(struct job *j)
{
    struct err e = {0};
    int next;

    j->fail_status = 0;
    j->patience_ms = 0;
    if (j->row.step < STEP_RUN && atomic_load(&j->stop)) {
        (void)failed(&e, CONFLICT, "the job was stopped by its owner");
        return after_failure(j, &e);
    }
    next = steps[j->row.step].run(j, &e);
    return next == STEP_FAILED ? after_failure(j, &e) : next;
}

/* True when the job goes on at once: something happened while its step ran. */
static bool rest(struct job *j)
{
    struct compute *c = j->compute;

    lock_scope(&c->lock);
    if (j->again && !c->ending) {
        j->again = false;
        return true;
    }
    j->busy = false;
    return false;
}

static void end_job(struct job *j)
{
    pthread_mutex_lock(&j->compute->lock);
    list_remove(&j->link);
    pthread_mutex_unlock(&j->compute->lock);
    job__free(j);
}

void fsm__run(struct job *j)
{
    while (!ending(j->compute)) {
        int next = run_step(j);

        if (next == STEP_WAIT) {
            if (rest(j))
                continue;
            return;
        }
        if (!enter(j, next))
            return;
        if (next == STEP_DONE) {
            end_job(j);
            return;
        }
    }
}

int step_done(struct job *j, struct err *e)
{
    (void)j;
    return failed(e, INTERNAL, "a job that is done has no step to run");
}
