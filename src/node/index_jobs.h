/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_INDEX_JOBS_H
#define ATOLL_NODE_INDEX_JOBS_H

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/*
 * What administrators asked the indexer for (reindexTx, reindexChain), and how it ended. In the
 * table index_job; the newest thousand are kept. Any thread that holds no connection of the store.
 */
struct node;

struct index_job {
    const char *command;
    uint64_t chain_id;
    const char *tx; /* lower case; NULL: the chain from `block` on */
    uint64_t block;
};

/*
 * Writes the job down and asks the indexer. *ret is the job as clients see it: {command, timestamp,
 * jobId, status, hash}, status DELIVERED; in the arena.
 */
int index_job_start(struct node *n, struct arena *a, const struct index_job *job, struct json **ret,
                    struct err *e) must_check;

/* Jobs that began at or after from_ms, newest first, or only the one of an id; appended to list. */
int index_jobs_list(struct node *n, struct arena *a, const char *id, int64_t from_ms,
                    struct json *list, struct err *e) must_check;

/* indexer_jobs.done of the node: writes down how a job ended. */
void index_job_done(void *node, uint64_t chain_id, const char *tx, bool good);
/* Goes on with chains whose indexing anew an earlier process did not finish. */
void index_jobs_resume(struct node *n);

#endif
