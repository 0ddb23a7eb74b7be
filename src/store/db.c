/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions, statements and columns over whatever engine a connection has. */
#include "store/db.h"

#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "store/engine.h"

int tx_begin_at(struct db *db, struct tx *ret, const char *file, int line, struct err *e)
{
    if (db->tx_file)
        log_broken("store", "%s:%d inside the transaction of %s:%d", file, line, db->tx_file,
                   db->tx_line);
    must(!db->tx_file);
    store__writer_take(db->store);
    if (db->ops->script(db, "BEGIN IMMEDIATE", e) < 0) {
        store__writer_give(db->store);
        return -1;
    }
    db->tx_file = file;
    db->tx_line = line;
    ret->db = db;
    return 0;
}

static void tx_end(struct tx *tx)
{
    tx->db->tx_file = NULL;
    tx->db->forgets = false;
    store__writer_give(tx->db->store);
    tx->db = NULL;
}

void tx_rollback(struct tx *tx)
{
    struct err e;

    if (!tx->db)
        return;
    /* After a failure of the disk SQLite has rolled back by itself, and this says so. */
    if (tx->db->ops->script(tx->db, "ROLLBACK", &e) < 0)
        log_debug("store", "rollback: %s", e.msg);
    tx_end(tx);
}

int tx_commit(struct tx *tx, struct err *e)
{
    must(tx->db);
    if (tx->db->ops->script(tx->db, "COMMIT", e) < 0) {
        tx_rollback(tx);
        return -1;
    }
    store__committed(tx->db->store);
    if (tx->db->forgets)
        store__memory_outdate(store__memory(tx->db->store));
    tx_end(tx);
    return 0;
}

/* The statement moves to the front; the last one leaves when the cache is full. */
static void cache_put(struct db *db, struct stmt *q)
{
    if (db->cached == STATEMENTS_MAX) {
        if (db->cache[db->cached - 1]->busy)
            return; /* this one stays uncached and ends with stmt_done */
        db->ops->finalize(db->cache[--db->cached]);
    }
    memmove(db->cache + 1, db->cache, db->cached * sizeof(struct stmt *));
    db->cache[0] = q;
    db->cached++;
}

static struct stmt *cache_find(struct db *db, const struct sql *sql)
{
    struct stmt *q;
    size_t i;

    for (i = 0; i < db->cached; i++) {
        q = db->cache[i];
        if (q->sql != sql || q->busy)
            continue;
        memmove(db->cache + 1, db->cache, i * sizeof(struct stmt *));
        db->cache[0] = q;
        return q;
    }
    return NULL;
}

struct stmt *db_query_once(struct db *db, const struct sql *sql)
{
    struct stmt *q = db->ops->prepare(db, sql);

    q->db = db;
    q->sql = sql;
    q->busy = true;
    return q;
}

struct stmt *db_query(struct db *db, const struct sql *sql)
{
    struct stmt *q = cache_find(db, sql);

    if (!q) {
        q = db_query_once(db, sql);
        cache_put(db, q);
    }
    q->busy = true;
    return q;
}

/* Ends a run of the statement; it may be bound anew. */
static void stmt_reset(struct stmt *q)
{
    q->db->ops->reset(q);
    q->bound = 0;
    q->row = false;
    if (q->has_writer) {
        q->has_writer = false;
        store__writer_give(q->db->store);
    }
}

void stmt_done(struct stmt **pointer)
{
    struct stmt *q = *pointer;
    size_t i;

    if (!q)
        return;
    *pointer = NULL;
    stmt_reset(q);
    q->busy = false;
    for (i = 0; i < q->db->cached; i++)
        if (q->db->cache[i] == q)
            return;
    q->db->ops->finalize(q);
}

void bind_text(struct stmt *q, const char *s)
{
    if (s)
        q->db->ops->bind_text(q, ++q->bound, s);
    else
        bind_null(q);
}

void bind_i64(struct stmt *q, int64_t v)
{
    q->db->ops->bind_i64(q, ++q->bound, v);
}

void bind_real(struct stmt *q, double v)
{
    q->db->ops->bind_real(q, ++q->bound, v);
}

void bind_blob(struct stmt *q, const void *p, size_t n)
{
    if (p)
        q->db->ops->bind_blob(q, ++q->bound, p, n);
    else
        bind_null(q);
}

void bind_null(struct stmt *q)
{
    q->db->ops->bind_null(q, ++q->bound);
}

int stmt_step(struct stmt *q, struct err *e)
{
    int r;

    if (!q->row && !q->db->tx_file && !q->db->ops->reads_only(q)) {
        store__writer_take(q->db->store);
        q->has_writer = true;
    }
    r = q->db->ops->step(q, e);
    q->row = r > 0;
    if (r < 0)
        (void)err_wrap(e, "database, %s", q->sql->name);
    if (r <= 0)
        stmt_reset(q);
    return r;
}

int stmt_run(struct stmt *q, struct err *e)
{
    int r;

    do
        r = stmt_step(q, e);
    while (r > 0);
    return r;
}

int stmt_find(struct stmt *q, bool *ret, struct err *e)
{
    int r = stmt_step(q, e);

    /* A write that gives a row is committed behind it, where nobody would hear of a failure. */
    must(r <= 0 || !q->has_writer);
    if (r < 0)
        return -1;
    *ret = r > 0;
    return 0;
}

int64_t db_changes(struct db *db)
{
    return db->ops->changes(db);
}

static int column(struct stmt *q, const char *name)
{
    int i = q->db->ops->column(q, name);

    if (i < 0)
        log_broken("store", "%s has no column %s", q->sql->name, name);
    must(i >= 0);
    must(q->row);
    return i;
}

const char *col_text(struct stmt *q, const char *name)
{
    return q->db->ops->col_text(q, column(q, name));
}

const char *col_dup(struct arena *a, struct stmt *q, const char *name)
{
    const char *s = col_text(q, name);

    return s ? arena_strdup(a, s) : NULL;
}

int64_t col_i64(struct stmt *q, const char *name)
{
    return q->db->ops->col_i64(q, column(q, name));
}

struct bytes col_blob(struct arena *a, struct stmt *q, const char *name)
{
    struct bytes b = q->db->ops->col_blob(q, column(q, name));

    return (struct bytes){arena_memdup(a, b.p, b.n), b.n};
}

bool col_is_null(struct stmt *q, const char *name)
{
    return q->db->ops->col_is_null(q, column(q, name));
}
