/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORE_DB_H
#define ATOLL_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"

/*
 * The database behind one vtable: SQLite now, PostgreSQL when there is more than one node.
 *
 * Statements are written once, in a .sql file beside the .c that uses them, and become
 * `const struct sql sql_NAME` (see tools/gen_sql.py). Parameters are bound in order (?1, ?2 ...)
 * and columns are read by name. Amounts are decimal text, times are milliseconds.
 *
 * A connection is lent to one thread at a time:
 *
 *     _db_ struct db *db = store_lend(store);
 *     _tx_ struct tx tx = {0};                       -- rolls back unless committed
 *     if (tx_begin(db, &tx, e) < 0) return -1;
 *     _stmt_ struct stmt *q = db_query(db, &sql_nonce_get);
 *     bind_text(q, address);
 *     while ((r = stmt_step(q, e)) > 0) ... col_i64(q, "nonce") ...
 *     if (tx_commit(&tx, e) < 0) return -1;
 *
 * A transaction is short and is never open across a network or Docker call.
 */
struct store;
struct db;
struct stmt;

struct sql {
    const char *name; /* as in the .sql file */
    const char *text;
};

/*
 * Opens DIR/atoll.sqlite (made if absent, mode 0600), runs the migrations; refuses a newer schema,
 * and a folder that another process has open (CONFLICT).
 */
int store_open(const char *dir, struct store **ret, struct err *e) must_check;
/*
 * Writes a consistent copy of the database to a new file (mode 0600) while the others go on. It has
 * a connection of its own and may take its time. FAILED when the file is there, or the disk is
 * full.
 */
int store_copy(struct store *s, const char *path, struct err *e) must_check;
/* Closes all connections; none may be lent. NULL is allowed. */
void store_close(struct store *s);

/*
 * A connection from the pool; waits for one when all are lent. Never NULL. A thread borrows one at
 * a time: a second one may wait for the first for ever, and a write on it certainly does.
 */
struct db *store_lend(struct store *s);

/*
 * How many transactions have been committed. What was read after this was asked holds for as long
 * as the answer stays the same: for caches of what is read often and written seldom. Any thread.
 */
uint64_t store_commits(struct store *s);

void store_return(struct db *db);
static inline void cleanup_db(struct db **db)
{
    if (*db)
        store_return(*db);
}
#define _db_ cleanup_(cleanup_db)

/*
 * A write transaction. There is one writer at a time: tx_begin waits for the others, so a
 * transaction never fails for being late. A write outside a transaction is one of its own.
 * They do not nest; the connection remembers where its transaction began.
 */
struct tx {
    struct db *db;
};
#define tx_begin(db, ret, e) tx_begin_at(db, ret, __FILE__, __LINE__, e)
int tx_begin_at(struct db *db, struct tx *ret, const char *file, int line, struct err *e)
    must_check;
/* On failure the transaction has been rolled back. */
int tx_commit(struct tx *tx, struct err *e) must_check;
void tx_rollback(struct tx *tx); /* nothing when committed */
#define _tx_ cleanup_(tx_rollback)

/* A prepared statement, cached by the connection. Never NULL: a wrong statement is a bug. */
struct stmt *db_query(struct db *db, const struct sql *sql);
/* The same for a text that is made for one use: not cached; *sql must live until stmt_done. */
struct stmt *db_query_once(struct db *db, const struct sql *sql);
void stmt_done(struct stmt **pointer);
#define _stmt_ cleanup_(stmt_done)

/*
 * Binds the next parameter (?1, then ?2 ...). Texts and blobs must live until stmt_done. NULL
 * binds NULL.
 */
void bind_text(struct stmt *q, const char *s);
void bind_i64(struct stmt *q, int64_t v);
void bind_real(struct stmt *q, double v); /* for what is only sorted by, never for money */
void bind_blob(struct stmt *q, const void *p, size_t n);
void bind_null(struct stmt *q);

/*
 * 1 = a row, 0 = done, -1 = failed: CONFLICT when a constraint of the schema says no, else FAILED.
 * After 0 or -1 the statement is ready for new parameters.
 */
int stmt_step(struct stmt *q, struct err *e) must_check;
/* Runs a statement that gives no rows (or whose rows are of no interest). */
int stmt_run(struct stmt *q, struct err *e) must_check;
/*
 * A single step for statements that give one row or none: *ret tells whether there is one. One
 * that writes (RETURNING) belongs in a transaction: nobody would hear of its own commit's failure.
 */
int stmt_find(struct stmt *q, bool *ret, struct err *e) must_check;
/*
 * What was read at some cost is remembered, for all threads, until a transaction that called
 * db_forget() is committed: a reader asks db_generation(), reads, and then remembers. Little is
 * kept, so it may be forgotten earlier. False when nothing of that key and size is known.
 */
uint64_t db_generation(struct db *db);
bool db_recall(struct db *db, const char *key, void *ret, size_t n);
void db_remember(struct db *db, uint64_t generation, const char *key, const void *p, size_t n);
/* Called inside a transaction that writes what others remember. */
void db_forget(struct db *db);

/* Rows changed by the last insert, update or delete of this connection. */
int64_t db_changes(struct db *db);

/* Columns of the current row, by name; an unknown name is a bug. */
const char *col_text(struct stmt *q,
                     const char *name); /* NULL for NULL; valid until the next step */
const char *col_dup(struct arena *a, struct stmt *q, const char *name); /* NULL for NULL */
int64_t col_i64(struct stmt *q, const char *name);
struct bytes col_blob(struct arena *a, struct stmt *q, const char *name);
bool col_is_null(struct stmt *q, const char *name);

#endif
