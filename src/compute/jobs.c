/* SPDX-License-Identifier: Apache-2.0 */
#include "compute/jobs.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "compute/jobs.sql.h"
#include "store/db_json.h"

static void bind_time(struct stmt *q, int64_t ms)
{
    if (ms)
        bind_i64(q, ms);
    else
        bind_null(q);
}

static int insert_event(struct db *db, const struct job_row *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_job_event_insert);

    bind_text(q, row->id);
    bind_i64(q, clock_ms());
    bind_i64(q, row->status);
    bind_text(q, row->status_name);
    bind_text(q, row->reason);
    return stmt_run(q, e);
}

static int insert_row(struct db *db, const struct job_row *row, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _stmt_ struct stmt *q = db_query(db, &sql_job_insert);

    bind_text(q, row->id);
    bind_text(q, row->cluster);
    bind_text(q, row->environment);
    bind_text(q, row->owner);
    bind_text(q, str_lower(a, row->owner));
    bind_i64(q, row->is_free);
    bind_i64(q, row->created);
    bind_i64(q, row->max_duration_s);
    bind_i64(q, row->queue_wait_s);
    bind_text(q, row->terms);
    bind_text(q, row->request);
    bind_text(q, row->input_dids);
    bind_text(q, row->algorithm_did);
    bind_text(q, row->metadata);
    bind_text(q, row->viewers);
    bind_time(q, (int64_t)row->chain);
    bind_text(q, row->token);
    bind_text(q, row->amount);
    bind_i64(q, row->step);
    bind_i64(q, row->status);
    bind_text(q, row->status_name);
    bind_text(q, row->registry_auth);
    bind_text(q, row->image);
    return stmt_run(q, e);
}

int jobs_insert(struct store *s, const struct job_row *row, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || insert_row(db, row, e) < 0 || insert_event(db, row, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int update_row(struct db *db, const struct job_row *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_job_update);

    bind_i64(q, row->step);
    bind_i64(q, row->status);
    bind_text(q, row->status_name);
    bind_text(q, row->reason);
    bind_time(q, row->finished);
    bind_time(q, row->started);
    bind_time(q, row->stopped);
    if (row->exit_code >= 0)
        bind_i64(q, row->exit_code);
    else
        bind_null(q);
    bind_i64(q, row->oom_killed);
    bind_text(q, row->registry_auth);
    bind_text(q, row->image_digest);
    bind_text(q, row->container);
    bind_text(q, row->output_hash);
    bind_text(q, row->lock_tx);
    bind_text(q, row->claim_tx);
    bind_text(q, row->cancel_tx);
    bind_text(q, row->cost);
    bind_time(q, row->expires);
    bind_text(q, row->id);
    return stmt_run(q, e);
}

int jobs_update(struct store *s, const struct job_row *row, bool with_event, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || update_row(db, row, e) < 0 ||
        (with_event && insert_event(db, row, e) < 0))
        return -1;
    return tx_commit(&tx, e);
}

int jobs_set_stop(struct store *s, const char *id, bool *ret_found, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_job_stop);
    bind_text(q, id);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_found = db_changes(db) > 0;
    return tx_commit(&tx, e);
}

int jobs_delete(struct store *s, const char *id, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    q = db_query(db, &sql_job_delete);
    bind_text(q, id);
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static void read_row(struct arena *a, struct stmt *q, struct job_row *ret)
{
    *ret = (struct job_row){
        .id = col_dup(a, q, "job_id"),
        .cluster = col_dup(a, q, "cluster"),
        .environment = col_dup(a, q, "environment"),
        .owner = col_dup(a, q, "owner"),
        .is_free = col_i64(q, "is_free"),
        .created = col_i64(q, "created"),
        .max_duration_s = col_i64(q, "max_duration"),
        .queue_wait_s = col_i64(q, "queue_wait"),
        .terms = col_dup(a, q, "terms"),
        .request = col_dup(a, q, "request"),
        .input_dids = col_dup(a, q, "input_dids"),
        .algorithm_did = col_dup(a, q, "algorithm_did"),
        .metadata = col_dup(a, q, "metadata"),
        .viewers = col_dup(a, q, "viewers"),
        .image = col_dup(a, q, "image"),
        .chain = (uint64_t)col_i64(q, "chain"),
        .token = col_dup(a, q, "token"),
        .amount = col_dup(a, q, "amount"),
        .stop_requested = col_i64(q, "stop_requested"),
        .step = (int)col_i64(q, "step"),
        .status = (int)col_i64(q, "status"),
        .status_name = col_dup(a, q, "status_name"),
        .reason = col_dup(a, q, "reason"),
        .finished = col_i64(q, "finished"),
        .started = col_i64(q, "started"),
        .stopped = col_i64(q, "stopped"),
        .exit_code = col_is_null(q, "exit_code") ? -1 : (int)col_i64(q, "exit_code"),
        .oom_killed = col_i64(q, "oom_killed"),
        .registry_auth = col_dup(a, q, "registry_auth"),
        .image_digest = col_dup(a, q, "image_digest"),
        .container = col_dup(a, q, "container"),
        .output_hash = col_dup(a, q, "output_hash"),
        .lock_tx = col_dup(a, q, "lock_tx"),
        .claim_tx = col_dup(a, q, "claim_tx"),
        .cancel_tx = col_dup(a, q, "cancel_tx"),
        .cost = col_dup(a, q, "cost"),
        .expires = col_i64(q, "expires"),
    };
}

int jobs_get(struct store *s, struct arena *a, const char *id, struct job_row *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_job_get);
    int r;

    bind_text(q, id);
    r = stmt_step(q, e);
    if (r > 0)
        read_row(a, q, ret);
    return r;
}

/* Rows are collected first: `each` may want the store for itself. */
struct rows {
    struct job_row *item;
    size_t count, cap;
};

static int collect(struct arena *a, struct stmt *q, struct rows *ret, struct err *e)
{
    int r;

    while ((r = stmt_step(q, e)) > 0) {
        if (ret->count == ret->cap) {
            size_t cap = ret->cap ? ret->cap * 2 : 16;
            struct job_row *more = arena_calloc(a, cap, sizeof(*more));

            if (ret->count)
                memcpy(more, ret->item, ret->count * sizeof(*more));
            ret->item = more;
            ret->cap = cap;
        }
        read_row(a, q, &ret->item[ret->count++]);
    }
    return r;
}

static int hand_out(const struct rows *rows, const struct jobs_query *q, struct err *e)
{
    size_t i;

    for (i = 0; i < rows->count; i++)
        if (q->each(q->ctx, &rows->item[i], e) < 0)
            return -1;
    return 0;
}

static int collect_live(struct store *s, struct arena *a, int done, struct rows *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_job_live);

    bind_i64(q, done);
    return collect(a, q, ret, e);
}

int jobs_live(struct store *s, struct arena *a, int done, const struct jobs_query *q, struct err *e)
{
    struct rows rows = {0};

    if (collect_live(s, a, done, &rows, e) < 0)
        return -1;
    return hand_out(&rows, q, e);
}

static int collect_found(struct store *s, struct arena *a, const struct compute_filter *f,
                         int64_t limit, struct rows *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, f->owner          ? &sql_job_by_owner
                                         : f->agreement_id ? &sql_job_by_lock
                                                           : &sql_job_from);

    if (f->owner)
        bind_text(q, str_lower(a, f->owner));
    else if (f->agreement_id)
        bind_text(q, f->agreement_id);
    if (f->owner || !f->agreement_id)
        bind_i64(q, f->from_s * 1000);
    bind_i64(q, limit);
    return collect(a, q, ret, e);
}

int jobs_find(struct store *s, struct arena *a, const struct compute_filter *f, int64_t limit,
              const struct jobs_query *q, struct err *e)
{
    struct rows rows = {0};

    if (collect_found(s, a, f, limit, &rows, e) < 0)
        return -1;
    return hand_out(&rows, q, e);
}

static int collect_expired(struct store *s, struct arena *a, int done, struct rows *ret,
                           struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_job_expired);
    int r;

    ret->item = arena_calloc(a, 100, sizeof(*ret->item));
    bind_i64(q, clock_ms());
    bind_i64(q, done);
    while ((r = stmt_step(q, e)) > 0 && ret->count < 100) {
        struct job_row *row = &ret->item[ret->count++];

        row->id = col_dup(a, q, "job_id");
        row->cluster = col_dup(a, q, "cluster");
    }
    return r;
}

int jobs_expired(struct store *s, struct arena *a, int done, const struct jobs_query *q,
                 struct err *e)
{
    struct rows rows = {0};

    if (collect_expired(s, a, done, &rows, e) < 0)
        return -1;
    return hand_out(&rows, q, e);
}

int jobs_entered(struct store *s, const char *id, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_job_event_last);
    bool found;

    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, INTERNAL, "job %s has no history", id);
    *ret = col_i64(q, "at");
    return 0;
}

int jobs_events(struct store *s, struct arena *a, const char *id, struct json *into, struct err *e)
{
    static const struct db_member members[] = {
        {"at", "at", DB_INT},
        {"status", "status", DB_INT},
        {"statusName", "status_name", DB_TEXT},
        {"reason", "reason", DB_TEXT},
    };
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_job_event_list);

    bind_text(q, id);
    return stmt_json(q, a, members, ARRAY_LEN(members), into, e);
}
