/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_COMPUTE_JOBS_H
#define ATOLL_COMPUTE_JOBS_H

#include "compute/compute.h"

/*
 * Job rows: plain data and the statements of jobs.sql. Every call borrows a connection of the
 * store, so the caller holds none; texts that are read live in the caller's arena. A write is on
 * the disk when its call returns 0. Errors are the store's.
 */

struct job_row {
    /* written once */
    const char *id;
    const char *cluster;
    const char *environment;
    const char *owner;
    bool is_free;
    int64_t created; /* wall clock ms, as all times here; 0: not yet */
    int64_t max_duration_s;
    int64_t queue_wait_s;
    const char *terms;         /* JSON, see struct job_terms */
    const char *request;       /* JSON {inputs, algorithm, output?} */
    const char *input_dids;    /* JSON array */
    const char *algorithm_did; /* or NULL, like the next two */
    const char *metadata;      /* JSON as sent */
    const char *viewers;       /* JSON array of addresses */
    const char *image;         /* reference as pulled */
    uint64_t chain;            /* 0: nothing to pay */
    const char *token;
    const char *amount; /* of the lock */
    bool stop_requested;
    /* changes with the steps */
    int step;
    int status;
    const char *status_name;
    const char *reason; /* for people, NULL when all is well */
    int64_t finished;   /* the algorithm's part is over, however it ended */
    int64_t started;    /* the container's own times */
    int64_t stopped;
    int exit_code; /* -1: none */
    bool oom_killed;
    const char *registry_auth; /* a secret: NULL once the image is here */
    const char *image_digest;  /* what ran: "repo@sha256:..." */
    const char *container;     /* Docker's id */
    const char *output_hash;   /* sha256 of outputs.tar, "0x..." */
    const char *lock_tx;       /* "0x...", like the next two */
    const char *claim_tx;
    const char *cancel_tx;
    const char *cost; /* what was claimed, base units */
    int64_t expires;  /* when the results go; 0: not yet known */
};

enum { JOB_PRICES_MAX = COMPUTE_RESOURCES_MAX };
/* What was agreed on, so that a later change of the configuration does not change a job. */
struct job_terms {
    unsigned decimals;
    bool by_second;
    int64_t min_duration_s;
    int64_t storage_expiry_s;
    bool network;
    const char *host_extra; /* JSON for docker_create, or NULL */
    size_t price_count;
    struct config_price price[JOB_PRICES_MAX];
};
/* Both ways between text and struct; texts live in the arena. */
const char *job_terms_text(struct arena *a, const struct job_terms *t,
                           const struct compute_resources *r);
int job_terms_parse(struct arena *a, const char *text, struct job_terms *ret,
                    struct compute_resources *ret_resources, struct err *e) must_check;

/* Inserts the row with its first event. */
int jobs_insert(struct store *s, const struct job_row *row, struct err *e) must_check;
/* Writes what changes; with_event also journals the state. */
int jobs_update(struct store *s, const struct job_row *row, bool with_event, struct err *e)
    must_check;
/* ret_found: whether it was there and not finished. */
int jobs_set_stop(struct store *s, const char *id, bool *ret_found, struct err *e) must_check;
int jobs_delete(struct store *s, const char *id, struct err *e) must_check;
/* 1 = found, 0 = not, -1 = failed. */
int jobs_get(struct store *s, struct arena *a, const char *id, struct job_row *ret, struct err *e)
    must_check;

/* Rows are handed to `each` one after the other; their texts live in the arena. */
typedef int jobs_each(void *ctx, const struct job_row *row, struct err *e);
struct jobs_query {
    jobs_each *each;
    void *ctx;
};
/* Those whose step is below done. */
int jobs_live(struct store *s, struct arena *a, int done, const struct jobs_query *q, struct err *e)
    must_check;
/* By owner (any case), lock transaction or time; at most limit. */
int jobs_find(struct store *s, struct arena *a, const struct compute_filter *f, int64_t limit,
              const struct jobs_query *q, struct err *e) must_check;
/* Ended jobs whose results have been kept long enough. */
int jobs_expired(struct store *s, struct arena *a, int done, const struct jobs_query *q,
                 struct err *e) must_check;
/* When the row's state last changed. */
int jobs_entered(struct store *s, const char *id, int64_t *ret, struct err *e) must_check;
int jobs_events(struct store *s, struct arena *a, const char *id, struct json *into, struct err *e)
    must_check;

#endif
