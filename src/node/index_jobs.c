/* SPDX-License-Identifier: Apache-2.0 */
#include "node/index_jobs.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "node/index_jobs.sql.h"
#include "node/node.h"

enum { JOBS_MAX = 1000, SAME_MS = 1000 };

static const char *hash_of(struct arena *a, const struct index_job *job)
{
    const char *text =
        arena_printf(a, "%llu%s", (unsigned long long)job->chain_id, job->tx ? job->tx : "");
    struct hash32 h = sha256(text, strlen(text));

    return hash32_text(a, &h);
}

/* A job as clients see it. */
struct view {
    const char *id;
    const char *command;
    int64_t at_ms;
    const char *status;
    const char *hash;
};

static struct json *view_json(struct arena *a, const struct view *v)
{
    struct json *job = json_new_object(a);

    json_set_str(a, job, "command", v->command);
    json_set_str(a, job, "timestamp", arena_printf(a, "%lld", (long long)v->at_ms));
    json_set_str(a, job, "jobId", v->id);
    json_set_str(a, job, "status", v->status);
    json_set_str(a, job, "hash", v->hash);
    return job;
}

static int insert(struct db *db, const struct index_job *job, const struct view *v, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_index_job_add);

    bind_text(q, v->id);
    bind_text(q, job->command);
    bind_i64(q, v->at_ms);
    bind_i64(q, (int64_t)job->chain_id);
    bind_text(q, job->tx);
    bind_i64(q, (int64_t)job->block);
    bind_text(q, v->hash);
    return stmt_run(q, e);
}

static int trim(struct db *db, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_index_job_trim);

    bind_i64(q, JOBS_MAX);
    return stmt_run(q, e);
}

/* The id holds the time: the second job of a millisecond gets the next one. */
static int add(struct node *n, struct arena *a, const struct index_job *job, struct view *ret,
               struct err *e)
{
    _db_ struct db *db = store_lend(n->store);
    int64_t now = clock_ms();

    *ret = (struct view){
        .command = job->command, .at_ms = now, .status = "DELIVERED", .hash = hash_of(a, job)};
    for (;; ret->at_ms++) {
        ret->id = arena_printf(a, "%s_%lld", job->command, (long long)ret->at_ms);
        if (insert(db, job, ret, e) == 0)
            return trim(db, e);
        if (e->code != ERR_CONFLICT || ret->at_ms - now > SAME_MS)
            return -1;
    }
}

static int ask(struct node *n, const struct index_job *job, struct err *e)
{
    return job->tx ? indexer_reindex_tx(n->indexer, job->chain_id, job->tx, e)
                   : indexer_reindex_chain(n->indexer, job->chain_id, job->block, e);
}

static void end(struct node *n, const char *id, const char *status)
{
    _db_ struct db *db = store_lend(n->store);
    _stmt_ struct stmt *q = db_query(db, &sql_index_job_end);
    struct err e;

    bind_text(q, status);
    bind_text(q, id);
    if (stmt_run(q, &e) < 0)
        log_warn("node", "job %s: %s", id, e.msg);
}

int index_job_start(struct node *n, struct arena *a, const struct index_job *job, struct json **ret,
                    struct err *e)
{
    struct view v;

    if (add(n, a, job, &v, e) < 0)
        return -1;
    if (ask(n, job, e) < 0) {
        end(n, v.id, "FAILURE");
        return -1;
    }
    *ret = view_json(a, &v);
    return 0;
}

int index_jobs_list(struct node *n, struct arena *a, const char *id, int64_t from_ms,
                    struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(n->store);
    _stmt_ struct stmt *q = db_query(db, &sql_index_job_list);
    int r;

    bind_text(q, id);
    bind_i64(q, from_ms);
    while ((r = stmt_step(q, e)) > 0) {
        const struct view v = {.id = col_text(q, "id"),
                               .command = col_text(q, "command"),
                               .at_ms = col_i64(q, "at"),
                               .status = col_text(q, "status"),
                               .hash = col_text(q, "hash")};

        json_push(a, list, view_json(a, &v));
    }
    return r;
}

void index_job_done(void *node, uint64_t chain_id, const char *tx, bool good)
{
    struct node *n = node;
    _db_ struct db *db = store_lend(n->store);
    _stmt_ struct stmt *q = db_query(db, tx ? &sql_index_job_end_tx : &sql_index_job_end_chain);
    struct err e;

    bind_text(q, good ? "SUCCESS" : "FAILURE");
    bind_i64(q, (int64_t)chain_id);
    if (tx)
        bind_text(q, tx);
    if (stmt_run(q, &e) < 0)
        log_warn("node", "chain %llu: how a job ended could not be written: %s",
                 (unsigned long long)chain_id, e.msg);
}

static size_t open_chains(struct node *n, struct index_job *jobs, size_t max)
{
    _db_ struct db *db = store_lend(n->store);
    _stmt_ struct stmt *q = db_query(db, &sql_index_job_open_chains);
    size_t count = 0;
    struct err e;
    int r;

    while ((r = stmt_step(q, &e)) > 0)
        if (count < max)
            jobs[count++] = (struct index_job){.chain_id = (uint64_t)col_i64(q, "chain"),
                                               .block = (uint64_t)col_i64(q, "block")};
    if (r < 0)
        log_warn("node", "jobs of the indexer: %s", e.msg);
    return count;
}

void index_jobs_resume(struct node *n)
{
    _arena_ struct arena *a = arena_new();
    struct index_job *jobs = arena_calloc(a, n->chain_count, sizeof(*jobs));
    size_t count = open_chains(n, jobs, n->chain_count);
    struct err e;
    size_t i;

    for (i = 0; i < count; i++)
        if (indexer_reindex_chain(n->indexer, jobs[i].chain_id, jobs[i].block, &e) < 0)
            log_warn("node", "%s", e.msg);
}
