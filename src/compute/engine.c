/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "compute/compute_int.h"

enum {
    WORKERS = 16,
    BACKLOG = 65536,
    PULL_TIMEOUT_S = 900,
    CLAIM_TIMEOUT_S = 3600,
    SWEEP_MS = 60000,
    OVERCOMMIT_NONE = 1000,
    FOLDER_MODE = 0700
};

#define LABEL "atoll.job"

/* --- jobs --- */

const char *job__path(struct arena *a, const struct compute *c, const struct job_row *row,
                      const char *file)
{
    return arena_printf(a, "%s/c2d_storage/%s/%s%s%s", c->o.data_dir, row->cluster, row->id,
                        file ? "/" : "", file ? file : "");
}

void job__note(struct job *j, const char *file, const char *fmt, ...)
{
    _arena_ struct arena *a = arena_new();
    _close_ int fd = open(job__path(a, j->compute, &j->row, file),
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *line;
    va_list ap;
    struct err e;

    va_start(ap, fmt);
    line = arena_printf(a, "%s\n", arena_vprintf(a, fmt, ap));
    va_end(ap);
    if (fd < 0 || fs_write_all(fd, line, strlen(line), &e) < 0)
        log_debug("compute", "job %s: %s could not be written", j->id, file);
}

/* The fields of a row live as long as the job. */
static void keep_row(struct job *j, const struct job_row *row)
{
    const char **const texts[] = {
        &j->row.id,        &j->row.cluster,      &j->row.environment, &j->row.owner,
        &j->row.terms,     &j->row.request,      &j->row.input_dids,  &j->row.algorithm_did,
        &j->row.metadata,  &j->row.viewers,      &j->row.image,       &j->row.token,
        &j->row.amount,    &j->row.status_name,  &j->row.reason,      &j->row.registry_auth,
        &j->row.container, &j->row.image_digest, &j->row.output_hash, &j->row.lock_tx,
        &j->row.claim_tx,  &j->row.cancel_tx,    &j->row.cost,
    };
    size_t i;

    j->row = *row;
    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i])
            *texts[i] = arena_strdup(j->arena, *texts[i]);
}

static void run_item(struct pool_item *item)
{
    fsm__run(container_of(item, struct job, item));
}

struct job *job__new(struct compute *c, struct engine *engine, const struct compute_env *env,
                     const struct job_row *row)
{
    struct job *j = xcalloc(1, sizeof(*j));

    j->compute = c;
    j->engine = engine;
    j->env = env;
    j->arena = arena_new();
    j->is_free = row->is_free;
    j->created = row->created;
    j->item.run = run_item;
    str_copy(j->id, sizeof(j->id), row->id);
    keep_row(j, row);
    atomic_store(&j->stop, row->stop_requested);
    list_init(&j->link);
    list_init(&j->item.link);
    return j;
}

void job__free(struct job *j)
{
    if (!j)
        return;
    logs__close(j->log, NULL, NULL);
    arena_free(j->arena);
    free(j);
}

struct job *job__find_locked(struct compute *c, const char *id)
{
    struct list *item, *next;

    list_for_each(item, next, &c->jobs)
    {
        struct job *j = container_of(item, struct job, link);

        if (str_eq(j->id, id))
            return j;
    }
    return NULL;
}

/* --- what wakes jobs --- */

static void on_event(void *ctx, const struct docker_event *ev)
{
    struct engine *g = ctx;
    struct compute *c = g->compute;
    struct list *item, *next;

    lock_scope(&c->lock);
    list_for_each(item, next, &c->jobs)
    {
        struct job *j = container_of(item, struct job, link);

        if (j->engine != g || (ev->what != DOCKER_RECONNECTED && !str_eq(j->id, ev->label)))
            continue;
        if (ev->what == DOCKER_RECONNECTED)
            atomic_store(&j->unsure, true);
        else if (ev->what == DOCKER_OOM)
            continue;
        else
            atomic_store(&j->ended, true);
        fsm__kick_locked(j);
    }
}

static void on_payment(void *ctx, const struct escrow_payment *p)
{
    struct compute *c = ctx;
    struct job *j;

    lock_scope(&c->lock);
    j = job__find_locked(c, p->job_id);
    if (j)
        fsm__kick_locked(j);
}

/* --- the clock: deadlines, waiting times, results that have expired --- */

static int drop_results(void *ctx, const struct job_row *row, struct err *e)
{
    struct compute *c = ctx;
    _arena_ struct arena *a = arena_new();

    if (fs_remove_tree(job__path(a, c, row, NULL), e) < 0)
        return -1;
    return jobs_delete(c->o.store, row->id, e);
}

/* CRON_CLEANUP_C2D_STORAGE, on the monotonic clock; without one every minute. */
static int64_t next_sweep(const struct compute *c)
{
    int64_t at = c->o.cleanup_cron ? cron_next(&c->cleanup, clock_s()) : -1;

    return clock_mono_ms() + (at < 0 ? SWEEP_MS : at * 1000 - clock_ms());
}

static void sweep(struct compute *c)
{
    _arena_ struct arena *a = arena_new();
    const struct jobs_query q = {drop_results, c};
    struct err e;

    if (jobs_expired(c->o.store, a, fsm__done_step(), &q, &e) < 0)
        log_warn("compute", "expired results: %s", e.msg);
}

/* Kicks what is due; answers how long nothing will be. */
static int64_t serve_due_locked(struct compute *c)
{
    int64_t now = clock_mono_ms();
    int64_t wait = c->next_sweep - now;
    struct list *item, *next;

    list_for_each(item, next, &c->jobs)
    {
        struct job *j = container_of(item, struct job, link);

        if (j->due && j->due <= now) {
            j->due = 0;
            fsm__kick_locked(j);
        }
        if (j->due && j->due - now < wait)
            wait = j->due - now;
    }
    return wait > 0 ? wait : 0;
}

static void *clock_run(void *arg)
{
    struct compute *c = arg;

    pthread_mutex_lock(&c->lock);
    while (!c->ending) {
        int64_t wait = serve_due_locked(c);

        if (c->next_sweep <= clock_mono_ms()) {
            pthread_mutex_unlock(&c->lock);
            sweep(c);
            pthread_mutex_lock(&c->lock);
            c->next_sweep = next_sweep(c);
            continue;
        }
        (void)cond_wait_ms(&c->wake, &c->lock, wait);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* --- life --- */

int compute_new(const struct compute_options *o, const struct compute_callbacks *callbacks,
                struct compute **ret, struct err *e)
{
    struct compute *c = xcalloc(1, sizeof(*c));

    c->arena = arena_new();
    c->o = *o;
    c->o.data_dir = arena_strdup(c->arena, o->data_dir);
    c->o.consumer_address = arena_strdup(c->arena, o->consumer_address);
    if (!c->o.pull_timeout_s)
        c->o.pull_timeout_s = PULL_TIMEOUT_S;
    if (!c->o.claim_timeout_s)
        c->o.claim_timeout_s = CLAIM_TIMEOUT_S;
    c->cb = *callbacks;
    pthread_mutex_init(&c->lock, NULL);
    cond_init(&c->wake);
    list_init(&c->jobs);
    list_init(&c->claims);
    c->overcommit = (struct compute_overcommit){OVERCOMMIT_NONE, OVERCOMMIT_NONE};
    if ((o->cleanup_cron && cron_parse(o->cleanup_cron, &c->cleanup, e) < 0) ||
        env__load(c, e) < 0) {
        compute_free(c);
        return -1;
    }
    if (o->escrow)
        escrow_listen(o->escrow, on_payment, c);
    *ret = c;
    return 0;
}

static struct engine *engine_of(struct compute *c, const char *cluster)
{
    size_t i;

    for (i = 0; i < c->engine_count; i++)
        if (str_eq(c->engine[i].hash, cluster))
            return &c->engine[i];
    return NULL;
}

bool compute_has_cluster(struct compute *c, const char *hash)
{
    return engine_of(c, hash) != NULL;
}

/* A job of an earlier process. One whose engine is gone waits in the store for its return. */
static int resume_job(void *ctx, const struct job_row *row, struct err *e)
{
    struct compute *c = ctx;
    struct engine *g = engine_of(c, row->cluster);
    struct job *j;

    if (!g)
        return 0;
    j = job__new(c, g, compute_env_find(c, row->environment), row);
    j->resumed = true;
    if (job_terms_parse(j->arena, j->row.terms, &j->terms, &j->resources, e) < 0) {
        job__free(j);
        return -1;
    }
    lock_scope(&c->lock);
    fsm__adopt_locked(j);
    list_push(&c->jobs, &j->link);
    return 0;
}

static int open_events(struct compute *c, struct err *e)
{
    size_t i;

    for (i = 0; i < c->engine_count; i++)
        if (docker_events_open(c->engine[i].docker, LABEL, on_event, &c->engine[i],
                               &c->engine[i].events, e) < 0)
            return -1;
    return 0;
}

int compute_run(struct compute *c, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct jobs_query q = {resume_job, c};
    struct list *item, *next;

    if (fs_mkdirs(arena_printf(a, "%s/c2d_storage", c->o.data_dir), FOLDER_MODE, e) < 0)
        return -1;
    c->pool = pool_new("job", WORKERS, BACKLOG);
    c->logs = logs__new();
    if (open_events(c, e) < 0 || jobs_live(c->o.store, a, fsm__done_step(), &q, e) < 0)
        return -1;
    thread_start(&c->clock, "compute", clock_run, c);
    lock_scope(&c->lock);
    c->started = true;
    list_for_each(item, next, &c->jobs) fsm__kick_locked(container_of(item, struct job, link));
    return 0;
}

static void stop_threads(struct compute *c)
{
    bool started;
    size_t i;

    pthread_mutex_lock(&c->lock);
    c->ending = true;
    started = c->started;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (started)
        pthread_join(c->clock, NULL);
    for (i = 0; i < c->engine_count; i++)
        docker_events_close(c->engine[i].events);
    pool_free(c->pool);
}

void compute_free(struct compute *c)
{
    struct list *item;
    size_t i;

    if (!c)
        return;
    stop_threads(c);
    while ((item = list_pop(&c->jobs)))
        job__free(container_of(item, struct job, link));
    claims__free(c);
    logs__free(c->logs);
    for (i = 0; i < c->engine_count; i++)
        docker_free(c->engine[i].docker);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    arena_free(c->arena);
    free(c);
}
