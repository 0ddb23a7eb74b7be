/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_COMPUTE_COMPUTE_INT_H
#define ATOLL_COMPUTE_COMPUTE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/cron.h"
#include "base/list.h"
#include "base/thread.h"
#include "compute/compute.h"
#include "compute/jobs.h"
#include "docker/docker.h"

/* What the files of compute/ share. See README.md for who runs on which thread. */

struct logs;
struct job_log;

/* A kind of resource of an environment; amounts in thousandths. */
struct resource {
    const char *id;
    const char *type;
    const struct config_resource *conf; /* NULL: cpu, ram or disk that was not configured */
    int64_t total, max, min;
    bool in_free;
    int64_t free_total; /* negative: no limit of its own */
    int64_t free_max, free_min;
};

struct compute_env {
    struct compute_env_info info;
    const struct config_environment *conf;
    struct engine *engine;
    struct resource resource[COMPUTE_RESOURCES_MAX];
    size_t resource_count;
};

/* One Docker host. */
struct engine {
    struct compute *compute;
    const struct config_engine *conf;
    const char *hash;
    struct docker *docker;
    struct docker_events *events;
    struct docker_info info;
    int64_t disk_bytes;
    struct compute_env *env;
    size_t env_count;
};

struct compute {
    struct compute_options o;
    struct compute_callbacks cb;
    struct arena *arena; /* lives as long; written before threads start */
    const char *cpu_model;
    struct engine *engine;
    size_t engine_count;
    struct pool *pool; /* runs the steps of jobs */
    struct logs *logs;

    pthread_mutex_t lock;
    pthread_cond_t wake;  /* of the clock thread */
    pthread_cond_t quiet; /* a job's step has ended */
    pthread_t clock;
    bool started;
    bool ending;
    struct list jobs;   /* live jobs, oldest first */
    struct list claims; /* of what is no job (claims.c) */
    struct compute_overcommit overcommit;
    struct cron cleanup; /* when results that have expired go */
    int64_t next_sweep;  /* monotonic ms */
};

/*
 * A live job. `row` and everything below it belong to the one worker that runs the job's steps;
 * what is above is under compute.lock.
 */
struct job {
    struct list link;
    struct compute *compute;
    struct engine *engine;
    const struct compute_env *env; /* NULL: its environment is no longer configured */
    char id[COMPUTE_JOB_ID];
    bool held;     /* the request that makes it is not through yet */
    bool busy;     /* queued for a worker or on one */
    bool again;    /* something happened meanwhile */
    bool reserved; /* its resources count as used */
    bool queued;   /* waits for resources */
    bool is_free;
    int64_t due; /* monotonic ms when its step wants to run again; 0: not by time */
    int64_t created;
    int64_t expected_end; /* wall clock ms, for the waiting times shown */
    struct compute_resources resources;

    struct arena *arena; /* texts of the row */
    struct pool_item item;
    atomic_bool stop;   /* its owner wants it to end */
    atomic_bool ended;  /* the container's end was reported */
    atomic_bool unsure; /* events may have been missed: look */

    struct job_row row;
    struct job_terms terms;
    struct job_log *log; /* while the algorithm runs */
    bool watching;       /* this process has started or found the container running */
    bool resumed;        /* comes from an earlier process */
    bool disk_over;
    int64_t kill_at;       /* monotonic ms: SIGKILL after the grace; 0: no signal sent yet */
    int64_t disk_check_at; /* monotonic ms */
    int tries;             /* of a step that failed for a while */
    int64_t entered;       /* wall clock ms when its step began; 0: the store knows */
    int64_t patience_ms;   /* for how long a step may be tried; 0: the usual number of tries */
    int fail_status;       /* set by a step that fails for a reason of its own; else 0 */
};

/* --- start.c --- */
/* The id behind the cluster's prefix; the text itself when there is none. */
const char *job__bare_id(const char *id);

/* --- images.c --- */
/*
 * The login for an image as JSON: what `own` of the request opens to, else the operator's for
 * that registry, or NULL.
 */
int image__login(struct arena *a, const struct compute *c, const char *ref, const char *own,
                 const char **ret, struct err *e) must_check;
/* Whether the image was pulled with a login that others do not have. */
int image__is_private(const struct compute *c, const char *ref, bool *ret, struct err *e)
    must_check;
/* Before a job pulls with a login of its own: writes down when the image takes that login. */
int image__note_login(const struct job *j, struct err *e) must_check;

/* --- env.c --- */
int env__load(struct compute *c, struct err *e) must_check;

/* --- claims.c; compute.lock is held --- */
/* What services hold of a resource of one environment, or of all those of its engine. */
int64_t claims__used(struct compute *c, const struct compute_env *env, const char *id,
                     bool all_envs);

void claims__free(struct compute *c); /* at the end, without the lock */

/* --- fit.c; compute.lock is held --- */
/* What there is to give away: more than the machine has, where the operator says so. */
int64_t fit__total(const struct compute_env *env, const struct resource *r);
const struct resource *fit__resource(const struct compute_env *env, const char *id);
/* Whether so many resources are free, whoever wants them. */
int fit__resources(const struct compute_env *env, bool free_job, const struct compute_resources *r,
                   struct err *e) must_check;
int fit__check(const struct compute_env *env, bool free_job, const struct compute_resources *r,
               struct err *e) must_check;
int64_t fit__amount(const struct compute_resources *r, const char *id);
const char *fit__milli_text(char out[32], int64_t milli);
int64_t fit__used(struct compute *c, const struct compute_env *env, const char *id, bool all_envs,
                  bool free_only);

/* --- price.c --- */
/* What `seconds` cost by the terms; capped at nothing. */
int price__cost(const struct job_terms *t, const struct compute_resources *r, int64_t seconds,
                struct u256 *ret, struct err *e) must_check;
/* The terms of a request; reads the token's decimals when it is paid. */
int price__terms(struct arena *a, const struct compute_env *env, uint64_t chain,
                 const struct addr *token, struct job_terms *ret, struct err *e) must_check;

/* --- fsm.c --- */
/* The job's steps, on a worker. */
void fsm__run(struct job *j);
/* Something happened to the job: its step is run (again). Any thread. */
void fsm__kick(struct job *j);
void fsm__kick_locked(struct job *j);
/* Persists the row as it stands. */
int fsm__save(struct job *j, struct err *e) must_check;
/* Asks for the step to be run again in ms. */
void fsm__wake_in(struct job *j, int64_t ms);
const char *fsm__status_text(int status);
const char *fsm__status_name(int status);
/* First row of a job: its step, status and name. */
void fsm__first(struct job_row *row, bool queued);
int fsm__done_step(void);
/* What a job of an earlier process holds or waits for; compute.lock is held. */
void fsm__adopt_locked(struct job *j);
/* Lets jobs that wait for resources have them, oldest first; compute.lock is held. */
void fsm__serve_queue_locked(struct compute *c);

/* --- engine.c --- */
struct job *job__new(struct compute *c, struct engine *engine, const struct compute_env *env,
                     const struct job_row *row);
void job__free(struct job *j); /* not in the list any more */
struct job *job__find_locked(struct compute *c, const char *id);
/* The folder of a job: DATA/c2d_storage/<cluster>/<id>, or a file in it. */
const char *job__path(struct arena *a, const struct compute *c, const struct job_row *row,
                      const char *file);
/* Appends a line to one of the job's logs; a failure is not one of the job. */
void job__note(struct job *j, const char *file, const char *fmt, ...) printf_like(3, 4);
/* Bytes that the job may keep on disk. */
int64_t job__disk_limit(const struct job *j);
/* Makes an empty log that others may read along; one that is open already stays. */
int job__open_log(struct job *j, struct err *e) must_check;
/* Ends who reads along; complete: the container has ended, the rest of its output is fetched. */
void job__close_log(struct job *j, bool complete);

/* --- to_bucket.c --- */
/* The files of the archive at `path` into the bucket, on behalf of the job's owner. */
int to_bucket__deliver(struct job *j, const char *path, const char *id, struct err *e) must_check;

/* --- provision.c --- */
int provision__container(struct job *j, struct err *e) must_check;

/* --- container.c --- */
const char *job__container_name(struct arena *a, const struct job *j);
int container__create(struct job *j, struct err *e) must_check;
/* Docker settings of the devices that the resources stand for; JSON, or NULL. */
const char *container__host_extra(struct arena *a, const struct compute_env *env,
                                  const struct compute_resources *r);
/* Splits like a shell does with blanks and quotes; $ALGO becomes the algorithm's path. */
int container__split(struct arena *a, const char *entrypoint, const char *const **ret,
                     struct err *e) must_check;

/* --- logs.c: one thread that moves containers' output into algorithm.log --- */
struct logs *logs__new(void);
void logs__free(struct logs *l); /* every log is closed; NULL is allowed */
/* A log with an empty file; container output flows after logs__follow(). */
int logs__open(struct logs *l, const char *path, struct job_log **ret, struct err *e) must_check;
/* From where it stopped last, or from the beginning. */
int logs__follow(struct job_log *log, struct docker *d, const char *container, struct err *e)
    must_check;
/*
 * Ends its followers and frees it; NULL is allowed. With a docker: the container has ended, what
 * is missing is fetched first.
 */
void logs__close(struct job_log *log, struct docker *d, const char *container);
/* Somebody who reads along; compute.lock is held. */
int logs__attach(struct job_log *log, struct compute_follow **ret, struct err *e) must_check;

/* --- json.c --- */
struct json *json__job(struct arena *a, const struct compute *c, const struct job_row *row,
                       bool with_cluster, bool with_results);

#endif
