/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_COMPUTE_PARTS_H
#define ATOLL_NODE_COMPUTE_PARTS_H

#include "asset/asset.h"
#include "compute/compute.h"
#include "node/task.h"

/*
 * What the compute commands share: the datasets and the algorithm of a request, each looked up
 * and judged. Everything lives in the task's arena; calls wait for the store and for chains.
 */

/* One request under way. */
struct compute_ask {
    struct task *task;
    const char *verb; /* "Start Compute", "Initialize Compute": in texts about chains */
    const struct compute_env *env;
    struct addr consumer;
    const char *consumer_text; /* as sent */
    const struct json *policy; /* the request's policyServer, NULL when absent */
    bool free_job;
    bool quote; /* nothing has been ordered yet */
};

/* A dataset or the algorithm as requested; asset and service only with a documentId. */
struct compute_part {
    const struct json *spec;
    const char *did;        /* NULL: raw code or a file object */
    const char *service_id; /* as requested */
    const char *tx;         /* "" when none was given */
    struct asset asset;
    const struct asset_service *service;
    size_t service_index;
    const struct json *file;  /* what the job keeps of it: object or encrypted hex */
    const struct json *first; /* the same in the clear; NULL for raw code, and in a quote for
                                 files that a datatoken keeps */
    bool in_bucket;           /* it is a file of a bucket that the consumer may read */
    struct addr consumer;
};

struct compute_parts {
    struct compute_part algorithm;
    struct compute_part *dataset;
    size_t dataset_count;
};

/*
 * Loads all, checks that they may be consumed and that the node can open their files. Refused:
 * COMPUTE_DDO, ASSET_NOT_ORDERABLE, COMPUTE_BLOCKCHAIN, ASSET_DENIED, COMPUTE_SERVICE,
 * COMPUTE_FILES, COMPUTE_CHECKSUMS, COMPUTE_NOT_TRUSTED.
 */
int compute_parts_load(const struct compute_ask *q, const struct json *datasets,
                       const struct json *algorithm, struct compute_parts *ret, struct err *e)
    must_check;

/* Every part must be paid for: COMPUTE_NO_TX, COMPUTE_ORDER. A free job needs orders only where
 * the asset has a price. */
int compute_parts_paid(const struct compute_ask *q, const struct compute_parts *p, struct err *e)
    must_check;

/* The order that a part needs, for order.h. False when its tx is malformed or absent. */
struct order_request;
bool compute_part_order(const struct compute_ask *q, const struct compute_part *part,
                        struct order_request *ret);

/* `inputs` and `algorithm` of struct compute_request. */
struct json *compute_parts_inputs(struct arena *a, const struct compute_parts *p);
struct json *compute_parts_algorithm(struct arena *a, const struct compute_parts *p);
/* The container that will run: of the algorithm's DDO, of the request for raw code. */
const struct json *compute_parts_container(const struct compute_parts *p);

/* Environment by id and who may use it: COMPUTE_NONE, COMPUTE_ENVIRONMENT; COMPUTE_ACCESS. */
int compute_ask_env(struct task *t, const char *id, const struct compute_env **ret, struct err *e)
    must_check;
int compute_ask_access(const struct compute_ask *q, struct err *e) must_check;

/* What a job is to be paid with: COMPUTE_PAYMENT; COMPUTE_TOKEN for a text that names no token. */
int compute_ask_payment(struct task *t, const struct json *payment, uint64_t *ret_chain,
                        struct addr *ret_token, struct err *e) must_check;

/* The registry login of a request as it was sealed, NULL when none: COMPUTE_REGISTRY_AUTH. */
int compute_ask_registry(struct task *t, const char *encrypted, const char **ret, struct err *e)
    must_check;
/*
 * Where the results are to go: `output` must open and name a storage that can be written to,
 * outputBucketId a bucket that the consumer may use: BUCKET_DENIED. COMPUTE_OUTPUT and those that
 * begin so. Asks no storage.
 */
int compute_ask_output(const struct compute_ask *q, const char *output, const char *bucket,
                       struct err *e) must_check;

#endif
