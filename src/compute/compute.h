/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_COMPUTE_COMPUTE_H
#define ATOLL_COMPUTE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "chain/u256.h"
#include "config/config.h"
#include "crypto/eth.h"
#include "escrow/escrow.h"
#include "json/json.h"
#include "net/net.h"
#include "storage/buckets.h"
#include "storage/storage.h"
#include "store/db.h"

/*
 * Compute to data: environments, what fits and what it costs, jobs from the request to the
 * results. The node has checked who asks, the orders and whether the algorithm may see the data;
 * this part never looks at a DDO. Any thread may call; calls that ask Docker or the database wait.
 */
struct compute;
struct docker;
struct compute_resources;
struct compute_env; /* an environment; lives as long as its struct compute */

/* --- life --- */

/* A storage of the buyer that takes the results of a job. */
struct compute_output {
    const struct json *file; /* a file object in the clear, checked */
    bool encrypted;          /* by the protocol's AES, with: */
    uint8_t key[32];
};

/* What compute cannot know by itself. Called from any thread, may block. */
struct compute_callbacks {
    void *ctx;
    /*
     * One entry of compute_request.inputs, or its algorithm, as it was stored: its "file" becomes
     * a file object in the clear for storage.h (it may be encrypted, or sit in a bucket). Also
     * after a restart, so the entry holds all that is needed. It is refused when the job's owner
     * may not read it any more.
     */
    int (*input)(void *ctx, struct arena *a, const struct json *stored,
                 const struct json **ret_file, struct err *e);
    /*
     * compute_request.output as it was stored, opened again, also after a restart: where the
     * results go. May be NULL when no request has one.
     */
    int (*output)(void *ctx, struct arena *a, const char *stored, struct compute_output *ret,
                  struct err *e);
    /*
     * The bucket of compute_request.bucket, refused when the job's owner may not use it any more.
     * NULL when there are no buckets.
     */
    int (*bucket)(void *ctx, struct arena *a, const char *id, const char *owner, struct bucket *ret,
                  struct err *e);
    /* compute_request.registry_auth as it was stored, opened: {username, password} or {auth}. */
    int (*login)(void *ctx, struct arena *a, const char *stored, const char **ret_json,
                 struct err *e);
    /* The DDO's text for /data/ddos, NULL when there is none. */
    const char *(*ddo)(void *ctx, struct arena *a, const char *did);
    int (*decimals)(void *ctx, uint64_t chain, const struct addr *token, unsigned *ret,
                    struct err *e);
};

struct compute_options {
    struct net *net;
    struct store *store;
    struct storage *storage;
    struct buckets *buckets; /* NULL: this node keeps none */
    struct escrow *escrow;   /* NULL: no paid jobs */
    const char *data_dir;    /* jobs live in DATA/c2d_storage/ */
    const char *consumer_address;
    const struct config_engine *engines; /* borrowed, like the next one */
    size_t engine_count;
    const struct config_registry_auth *registry_auths;
    size_t registry_auth_count;
    const char *cleanup_cron; /* when results that have expired go; NULL: every minute */
    int pull_timeout_s;       /* 0: 900 */
    int claim_timeout_s;      /* time to claim after the job's end; 0: 3600 */
};

/*
 * Reads the engines and their machines' sizes. An engine that does not answer is a failure.
 * The texts are copied, everything else is borrowed. It listens to the escrow from here on, so the
 * escrow is started later and freed earlier.
 */
int compute_new(const struct compute_options *o, const struct compute_callbacks *callbacks,
                struct compute **ret, struct err *e) must_check;
/* Goes on with the jobs of the store; after escrow_start(). */
int compute_run(struct compute *c, struct err *e) must_check;
/*
 * Stops its threads, waits for the steps under way (net_stop() before makes that quick), frees.
 * Containers run on and are found again. NULL is allowed.
 */
void compute_free(struct compute *c);

/* --- environments --- */

/* As computeEnvironments answers. chain 0: all; else those that can be paid on that chain. */
struct json *compute_environments_json(struct compute *c, struct arena *a, uint64_t chain);
/* c2dClusters of `status`: [{type, hash, environments}]. */
struct json *compute_clusters_json(struct compute *c, struct arena *a);

/* Whether one of the engines has this hash: the part of ids in front of the dash. */
bool compute_has_cluster(struct compute *c, const char *hash);

struct compute_env_info {
    const char *id;
    const char *cluster; /* hash of its engine */
    const char *consumer_address;
    const struct config_environment *conf; /* durations, access, fees */
    const char *os;                        /* "linux" */
    const char *architecture;              /* "x86_64" */
};
/* The Docker host of an environment or a cluster; lives as long as the compute. NULL: none. */
struct docker *compute_docker(struct compute *c, const char *cluster);
/* Docker settings of the devices that resources stand for, to be merged into HostConfig; or NULL.
 */
const char *compute_devices(struct arena *a, const struct compute_env *env,
                            const struct compute_resources *r);
/* All environments, in the order of the configuration; NULL beyond the last. */
const struct compute_env *compute_env_at(struct compute *c, size_t i);
/* NULL when there is none of that id. */
const struct compute_env *compute_env_find(struct compute *c, const char *id);
const struct compute_env_info *compute_env_info(const struct compute_env *env);

/* --- resources and price --- */

enum { COMPUTE_RESOURCES_MAX = 32 };
/* Amounts in thousandths: half a core is 500. */
struct compute_resources {
    struct compute_amount {
        const char *id; /* lives as long as the environment */
        int64_t milli;
    } item[COMPUTE_RESOURCES_MAX];
    size_t count;
};

/*
 * The whole list for a job: what `requested` ([{id, amount}], may be NULL) asks for, raised to
 * each minimum and to the constraints. COMPUTE_RESOURCES when above a maximum, COMPUTE_CONSTRAINT,
 * COMPUTE_TOO_MUCH, COMPUTE_NO_RESOURCE, COMPUTE_NO_FREE.
 */
int compute_fill(const struct compute_env *env, bool free_job, const struct json *requested,
                 struct compute_resources *ret, struct err *e) must_check;

/* Whether they are free now. COMPUTE_AVAILABLE and friends when not. Only a snapshot. */
int compute_available(const struct compute_env *env, bool free_job,
                      const struct compute_resources *r, struct err *e) must_check;

/* What a job would cost. */
struct compute_price {
    const struct compute_env *env;
    uint64_t chain;
    struct addr token;
    const struct compute_resources *resources;
    int64_t seconds;
};
/*
 * Sum of price x amount, times minutes (seconds with `billing: second`) but at least the
 * environment's minimum, rounded up to the token's smallest unit. COMPUTE_CHAIN when the chain has
 * no escrow, COMPUTE_TOKEN when the environment does not take the token.
 */
int compute_quote(const struct compute_price *p, struct u256 *ret_cost, struct err *e) must_check;

/* How long a lock must last: run + queue + time to claim. */
int64_t compute_lock_seconds(const struct compute *c, int64_t max_duration_s, int64_t queue_s);

/* --- what is no job: services use the same machines, prices and accounting --- */

/* Resources of an environment that somebody holds until he gives them back. */
struct compute_claim {
    const char *id; /* of the holder; one for each */
    const struct compute_env *env;
    const struct compute_resources *resources;
    bool restored; /* held by an earlier process: counts also when it does not fit any more */
};
/*
 * Takes them, or changes what the holder has, in one go; from then on they are not free, neither
 * for jobs nor for services. COMPUTE_AVAILABLE and friends when they are not free; then the holder
 * keeps what he had. Claims live in memory: their owner restores them at start.
 */
int compute_claim(struct compute *c, const struct compute_claim *claim, struct err *e) must_check;
/* Gives them back; jobs that wait for them may begin. A holder of nothing is no error. */
void compute_unclaim(struct compute *c, const char *id);

/*
 * The prices of an environment for these resources as they are now, as text to be kept: what is
 * agreed on does not change with the configuration. on_chain: the chain must have an escrow.
 * COMPUTE_CHAIN, COMPUTE_TOKEN. There is no least duration: that is for jobs.
 */
int compute_terms(struct arena *a, const struct compute_price *p, bool on_chain,
                  const char **ret_text, struct err *e) must_check;
/* What seconds cost by such terms: the function that jobs are billed by. */
int compute_terms_cost(const char *terms, int64_t seconds, struct u256 *ret, struct err *e)
    must_check;
/* The part of each resource in it; the parts add up to the whole exactly. In the arena. */
struct compute_price_part {
    const char *id;
    int64_t milli;
    struct u256 cost;
};
int compute_terms_parts(struct arena *a, const char *terms, int64_t seconds,
                        struct compute_price_part **ret, size_t *ret_count, struct err *e)
    must_check;

/*
 * How much more of cores and memory is given away than there is, in thousandths from 1000 on; never
 * of disk or devices. Limits of a single job stay, and so do prices. At once, for what comes next.
 */
struct compute_overcommit {
    int64_t cpu_milli;
    int64_t ram_milli;
};
void compute_set_overcommit(struct compute *c, const struct compute_overcommit *o);

/*
 * [{id, resources: [{id, total, used, free, overProvisioned}]}], amounts as numbers; used by
 * services and jobs together. overProvisioned: what of the total the machine does not have.
 */
struct json *compute_capacity_json(struct compute *c, struct arena *a);

/* Every (chain, token) that an environment takes, once, in the order of the configuration. */
struct compute_offer {
    uint64_t chain;
    struct addr token;
};
size_t compute_offers(struct compute *c, struct compute_offer *ret, size_t max);

/* --- jobs --- */

enum {
    COMPUTE_JOB_ID = 65,           /* 64 hex digits and NUL */
    COMPUTE_METADATA_MAX = 1024,   /* characters of JSON */
    COMPUTE_REQUEST_MAX = 8 << 20, /* bytes of the stored request */
    COMPUTE_VIEWERS_MAX = 100
};

/* A job that the node has validated. JSON values are copied into the store. */
struct compute_request {
    const struct compute_env *env;
    bool free_job;
    const char *owner; /* as sent; the payer of a paid job */
    const struct compute_resources *resources;
    int64_t max_duration_s;
    int64_t queue_wait_s; /* 0: must start at once */
    /*
     * Datasets, in order: objects with "file", which callbacks.input turns into a file object,
     * and perhaps "did" (shown as inputDID; its DDO goes to /data/ddos) and "userdata". The
     * file's name in /data/inputs is the origin's, made safe.
     */
    const struct json *inputs;
    /*
     * {did?, rawcode? (a text) or file?, userdata?, container: {image, tag, checksum, entrypoint},
     * envs?: {k: v}, algocustomdata?: {}}
     */
    const struct json *algorithm;
    /*
     * Where the results go instead of staying here, or NULL or "": a text that callbacks.output
     * opens when they are there, and that holds secrets only in a sealed form.
     */
    const char *output;
    const char *bucket;          /* id of the bucket that they go to as files, or NULL or "" */
    const struct json *metadata; /* or NULL */
    const struct json *viewers;  /* array of addresses, or NULL */
    const char *registry_auth;   /* for callbacks.login, or NULL; kept until the image is here */
    /* paid jobs */
    uint64_t chain;
    struct addr token;
};

/* Whether the image exists for the environment; what compute_start() does first. COMPUTE_IMAGE. */
int compute_check_image(const struct compute_env *env, const struct json *container,
                        const char *registry_auth, struct err *e) must_check;

/*
 * Reserves the resources, writes the job, for a paid one has the escrow lock sent, and answers
 * the public job (its jobId with the cluster's prefix). The job goes on by itself. On failure
 * nothing is left behind: COMPUTE_IMAGE, COMPUTE_AVAILABLE.., COMPUTE_METADATA, ESCROW...
 */
int compute_start(struct compute *c, struct arena *a, const struct compute_request *r,
                  struct json **ret_job, struct err *e) must_check;

/* A job's facts that access is decided by. */
struct compute_job {
    char id[COMPUTE_JOB_ID];
    const char *owner;
    const struct json *viewers; /* array or NULL */
    int status;
    bool finished; /* the algorithm's part is over: dateFinished is set */
};
/* id: with the cluster's prefix or without. 1 = found, 0 = no such job, -1 = failed. */
int compute_job_find(struct compute *c, struct arena *a, const char *id, struct compute_job *ret,
                     struct err *e) must_check;

/* Asks a job to end; works in every state, and on an ended job it does nothing. */
int compute_stop(struct compute *c, const char *id, struct err *e) must_check;

/* Public jobs as an array, newest first, at most 1000. NULL fields do not filter; one must. */
struct compute_filter {
    const char *job_id; /* with prefix or without */
    const char *owner;  /* any case */
    const char *agreement_id;
    int64_t from_s; /* created at or after; for `jobs` */
    bool any;       /* allows no filter at all */
};
int compute_status(struct compute *c, struct arena *a, const struct compute_filter *f,
                   struct json **ret_jobs, struct err *e) must_check;

/* [{at, status, statusText, statusName, reason}] in order; at in ms. */
int compute_timeline(struct compute *c, struct arena *a, const char *id, struct json **ret,
                     struct err *e) must_check;

/* --- results and logs --- */

struct compute_result {
    int fd; /* the caller closes it */
    int64_t size;
    const char *name; /* "outputs.tar" */
    const char *type; /* media type */
};
/* COMPUTE_RESULT_INDEX, COMPUTE_NOT_READY (409) for a result that is not complete yet. */
int compute_result_open(struct compute *c, struct arena *a, const char *id, int64_t index,
                        struct compute_result *ret, struct err *e) must_check;

/*
 * Follows a running job's log from its beginning until the job ends. The three functions are of
 * the shape of net.h's stream_pull, stream_notify and stream_close, and never block.
 * COMPUTE_NOT_RUNNING (404) when the job is not running.
 */
struct compute_follow;
int compute_log_follow(struct compute *c, const char *id, struct compute_follow **ret,
                       struct err *e) must_check;
int64_t compute_follow_pull(struct compute_follow *f, void *out, size_t cap);
void compute_follow_notify(struct compute_follow *f, void (*ready)(void *arg), void *arg);
void compute_follow_close(struct compute_follow *f); /* NULL is allowed */

#endif
