/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "service/demand_int.h"

/* The driver: as compute/fsm.c, with resting steps where a wish of the owner may begin. */

enum { TRIES_MAX = 12, RETRY_FIRST_MS = 250, RETRY_MOST_MS = 10000, STORE_RETRY_MS = 1000 };

static const struct {
    int (*run)(struct live *l, struct err *e);
    const char *name;
    const char *text;
} steps[] = {
#define STEP(name, function, text) {life_step_##function, #function, text},
#include "service/steps.def"
};

const char *life__step_name(int step)
{
    return steps[step].name;
}

const char *life__step_text(int step)
{
    return steps[step].text;
}

bool life__rests(int step)
{
    return step == STEP_RUNNING || step == STEP_STOPPED || step == STEP_GRACE ||
           step == STEP_FAILED;
}

static const char *state_underway(int mode)
{
    if (mode == MODE_UPDATE || mode == MODE_RESIZE || mode == MODE_BACK)
        return "updating";
    return mode == MODE_RESTORE ? "restoring" : "creating";
}

const char *life__state(int step, int mode)
{
    switch (step) {
    case STEP_RUNNING:
        return "running";
    case STEP_STOP:
    case STEP_PAUSE:
    case STEP_UNDO:
        return "stopping";
    case STEP_STOPPED:
        return "stopped";
    case STEP_GRACE:
        return "grace";
    case STEP_FAILED:
        return "failed";
    case STEP_DELETE:
        return "deleting";
    case STEP_DELETED:
        return "deleted";
    default:
        return state_underway(mode);
    }
}

int64_t life__ends(struct live *l)
{
    lock_scope(&l->service->lock);
    return l->ends;
}

void life__set_reason(struct live *l, const char *reason)
{
    str_copy(l->row.reason, sizeof(l->row.reason), reason ? reason : "");
}

void life__kick_locked(struct live *l)
{
    if (l->busy) {
        l->again = true;
        return;
    }
    l->busy = l->service->started && !l->service->ending && pool_run(l->service->pool, &l->item);
}

void life__kick(struct live *l)
{
    lock_scope(&l->service->lock);
    life__kick_locked(l);
}

void life__wake_in(struct live *l, int64_t ms)
{
    int64_t at = clock_mono_ms() + (ms > 0 ? ms : 0);

    lock_scope(&l->service->lock);
    if (!l->due || at < l->due) {
        l->due = at;
        pthread_cond_signal(&l->service->wake);
    }
}

static bool ending(struct service *s)
{
    lock_scope(&s->lock);
    return s->ending;
}

static int write_row(struct live *l, bool event, int taken, struct err *e)
{
    const struct rows_change c = {event ? life__state(l->row.step, l->row.mode) : NULL,
                                  steps[l->row.step].name, taken};

    return rows_update(l->service->o.store, &l->row, &c, e);
}

int life__save(struct live *l, struct err *e)
{
    if (write_row(l, false, 0, e) < 0)
        return -1;
    stream__changed(l->service, l->id);
    return 0;
}

void life__note(struct live *l, const char *step, const char *reason)
{
    const struct rows_change c = {life__state(l->row.step, l->row.mode), step, 0};
    struct err e;

    if (rows_note(l->service->o.store, l->id, &c, reason, &e) < 0)
        log_debug("service", "deployment %s: %s", l->id, e.msg);
    stream__changed(l->service, l->id);
}

static void publish(struct live *l, int taken)
{
    lock_scope(&l->service->lock);
    l->step = l->row.step;
    l->mode = l->row.mode;
    l->due = 0;
    if (taken && l->wish == taken)
        l->wish = WISH_NONE;
    if (life__rests(l->step)) /* somebody may wait for that */
        pthread_cond_broadcast(&l->service->ended);
}

static void drop_wish(struct live *l, int wish)
{
    lock_scope(&l->service->lock);
    if (l->wish == wish)
        l->wish = WISH_NONE;
}

/* Writes the next step; false when the process ends before the store took it. */
static bool enter(struct live *l, int step, int taken)
{
    struct err e;

    l->row.step = step;
    l->row.entered = clock_ms();
    if (step == STEP_DELETED)
        l->row.gone = clock_ms();
    while (write_row(l, true, taken, &e) < 0) {
        log_warn("service", "deployment %s: %s", l->id, e.msg);
        if (ending(l->service))
            return false;
        clock_sleep_ms(STORE_RETRY_MS);
    }
    log_verbose("service", "deployment %s: %s", l->id, steps[step].text);
    l->tries = 0;
    publish(l, taken);
    stream__changed(l->service, l->id);
    return true;
}

/* --- wishes --- */

static int begin(struct live *l, int mode, int step)
{
    l->row.mode = mode;
    l->row.due = 0;
    life__set_reason(l, NULL);
    return step;
}

/* What was stopped starts with another spec: only a service on demand can do that. */
static int begin_other(struct live *l, const char *version)
{
    str_copy(l->row.version, sizeof(l->row.version), version);
    return begin(l, MODE_START, STEP_FUND);
}

static int begin_change(struct live *l, int wish, const char *arg)
{
    struct service_row *r = &l->row;

    if (wish == WISH_RESIZE) {
        str_copy(r->old_size, sizeof(r->old_size), r->size);
        str_copy(r->size, sizeof(r->size), arg);
        return begin(l, MODE_RESIZE, STEP_RESIZE);
    }
    if (wish == WISH_ROLLBACK)
        arg = r->old_version;
    {
        char version[ROW_TEXT];

        str_copy(version, sizeof(version), arg);
        str_copy(r->old_version, sizeof(r->old_version), r->version);
        str_copy(r->version, sizeof(r->version), version);
    }
    return begin(l, MODE_UPDATE, STEP_REPLACE);
}

/* The same for wishes with an argument. */
static int grant_change(struct live *l, int wish, const char *arg)
{
    if (wish == WISH_UPDATE && l->row.step == STEP_STOPPED && demand__is(&l->row))
        return begin_other(l, arg);
    return l->row.step == STEP_RUNNING ? begin_change(l, wish, arg) : -1;
}

/* What a wish leads to where the deployment rests; -1: it makes no sense any more. */
static int grant(struct live *l, int wish, const char *arg)
{
    int step = l->row.step;

    switch (wish) {
    case WISH_START:
        return step == STEP_STOPPED ? begin(l, MODE_START, STEP_FUND) : -1;
    case WISH_STOP:
        return step == STEP_RUNNING || step == STEP_GRACE ? begin(l, l->row.mode, STEP_STOP) : -1;
    case WISH_RESTART:
        return step == STEP_RUNNING ? begin(l, MODE_RESTART, STEP_RESTART) : -1;
    case WISH_ROLLBACK:
        return step == STEP_RUNNING && l->row.old_version[0] ? begin_change(l, wish, NULL) : -1;
    case WISH_UPDATE:
    case WISH_RESIZE:
        return grant_change(l, wish, arg);
    default:
        return -1;
    }
}

/* The step a wish leads to, STEP_WAIT when there is none to be granted now. */
static int take_wish(struct live *l, int *ret_taken)
{
    char arg[ROW_TEXT];
    int wish, next;
    struct err e;

    {
        lock_scope(&l->service->lock);
        wish = l->wish;
        str_copy(arg, sizeof(arg), l->wish_arg);
    }
    *ret_taken = wish;
    if (!wish || l->row.step >= STEP_DELETE)
        return STEP_WAIT;
    if (wish == WISH_DELETE)
        return begin(l, l->row.mode, STEP_DELETE);
    if (!life__rests(l->row.step))
        return STEP_WAIT;
    next = grant(l, wish, arg);
    if (next >= 0)
        return next;
    if (rows_wish(l->service->o.store, l->id, WISH_NONE, NULL, &e) < 0)
        log_warn("service", "deployment %s: %s", l->id, e.msg);
    drop_wish(l, wish);
    return STEP_WAIT;
}

/* --- failures --- */

/* What went wrong while something new was tried: back to what ran before. */
static int go_back(struct live *l, const char *why)
{
    struct service_row *r = &l->row;
    _arena_ struct arena *a = arena_new();
    const char *what = r->mode == MODE_UPDATE   ? "the update"
                       : r->mode == MODE_RESIZE ? "the new size"
                                                : "the restore";

    life__set_reason(l, arena_printf(a, "%s failed and was taken back: %s", what, why));
    if (r->mode == MODE_UPDATE)
        str_copy(r->version, sizeof(r->version), r->old_version);
    else if (r->mode == MODE_RESIZE)
        str_copy(r->size, sizeof(r->size), r->old_size);
    else {
        int64_t failed_one = r->generation;

        r->generation = r->old_generation;
        r->old_generation = failed_one;
    }
    r->mode = MODE_BACK;
    r->old_version[0] = '\0';
    return STEP_REPLACE;
}

/*
 * A period in which we fail returns whole. All the time of a service on demand is one, and with an
 * image that vanishes its owner can make any change fail: what ran of it is paid.
 */
bool life__is_ours(const struct service_row *row)
{
    return row->mode != MODE_RESTART && !demand__is(row);
}

static int after_failure(struct live *l, const struct err *e)
{
    int64_t pause = (int64_t)RETRY_FIRST_MS << (l->tries < 6 ? l->tries : 6);
    int step = l->row.step;

    if (step >= STEP_STOP ||
        ((e->transient || e->code == ERR_UNAVAILABLE) && l->tries < TRIES_MAX)) {
        /* cleaning goes on until it is done */
        if (l->tries == TRIES_MAX)
            log_warn("service", "deployment %s, %s: %s", l->id, steps[step].name, e->msg);
        l->tries++;
        life__wake_in(l, pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS);
        return STEP_WAIT;
    }
    log_verbose("service", "deployment %s, %s: %s", l->id, steps[step].name, e->msg);
    switch (l->row.mode) {
    case MODE_UPDATE:
    case MODE_RESIZE:
    case MODE_RESTORE:
        return go_back(l, e->msg);
    default:
        life__set_reason(l, e->msg);
        l->fault = life__is_ours(&l->row);
        return l->row.mode == MODE_CREATE ? STEP_UNDO : STEP_STOP;
    }
}

/* --- running --- */

static int run_step(struct live *l, int *ret_taken)
{
    struct err e = {0};
    int next = take_wish(l, ret_taken);

    if (next != STEP_WAIT)
        return next;
    *ret_taken = 0;
    if (atomic_exchange(&l->tell, false))
        stream__changed(l->service, l->id);
    next = steps[l->row.step].run(l, &e);
    return next == STEP_BROKEN ? after_failure(l, &e) : next;
}

static bool rest(struct live *l)
{
    lock_scope(&l->service->lock);
    if (l->again && !l->service->ending) {
        l->again = false;
        return true;
    }
    l->busy = false;
    return false;
}

static void end(struct live *l)
{
    struct service *s = l->service;

    {
        lock_scope(&s->lock);
        list_remove(&l->link);
        pthread_cond_broadcast(&s->ended);
    }
    live__free(l);
}

void life__run(struct live *l)
{
    while (!ending(l->service)) {
        int taken = 0;
        int next = run_step(l, &taken);

        if (next == STEP_WAIT) {
            if (rest(l))
                continue;
            return;
        }
        if (!enter(l, next, taken))
            return;
        if (next == STEP_DELETED) {
            end(l);
            return;
        }
    }
    (void)rest(l);
}

int life_step_deleted(struct live *l, struct err *e)
{
    (void)l;
    return failed(e, INTERNAL, "a deployment that is gone has no step to run");
}
