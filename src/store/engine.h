/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORE_ENGINE_H
#define ATOLL_STORE_ENGINE_H

#include <pthread.h>

#include "base/list.h"
#include "store/db.h"

/*
 * Inside of store/: what an engine (SQLite, PostgreSQL) implements. An engine embeds struct db and
 * struct stmt at the start of its own structs. The pool, the statement cache and transactions
 * above it are common.
 *
 * Statements use what SQLite >= 3.37 and PostgreSQL >= 13 share: ON CONFLICT, RETURNING, ?N
 * parameters (PostgreSQL's engine writes $N), the types TEXT, INTEGER (BIGINT there), BLOB
 * (BYTEA there). It drops the word STRICT of CREATE TABLE, and what stands between the lines
 * "-- sqlite:" and "-- end" of a migration.
 */
enum { STATEMENTS_MAX = 64 }; /* cached for each connection */

struct stmt {
    struct db *db;
    const struct sql *sql;
    int bound;       /* parameters so far */
    bool busy;       /* lent by db_query */
    bool has_writer; /* holds the writer's turn by itself, outside a transaction */
    bool row;        /* a row may be read */
};

struct db {
    const struct db_ops *ops;
    struct store *store;
    struct list link;                   /* in the pool's list of idle ones */
    struct stmt *cache[STATEMENTS_MAX]; /* most recently used first */
    size_t cached;
    const char *tx_file; /* where the open transaction began, NULL when none */
    int tx_line;
    bool forgets; /* the open transaction outdates what is remembered */
};

/* What is remembered (db_remember), of the state of the tables that `generation` numbers. */
enum { MEMORY_THINGS = 16, MEMORY_SIZE_MAX = 256 * 1024 };
struct memory {
    pthread_mutex_t lock;
    uint64_t generation;
    uint64_t uses;
    struct thing {
        char *key; /* NULL: none */
        void *p;
        size_t n;
        uint64_t generation;
        uint64_t used;
    } things[MEMORY_THINGS];
};

struct db_ops {
    /* Opens a connection; makes the database when there is none. */
    int (*open)(const char *where, struct db **ret, struct err *e);
    void (*close)(struct db *db);
    /* Runs several statements without parameters. */
    int (*script)(struct db *db, const char *text, struct err *e);
    int64_t (*changes)(struct db *db);
    /* A consistent copy of the database at `where` in a new file, besides what others do. */
    int (*copy)(const char *where, const char *path, struct err *e);

    /* Never NULL: what is wrong with the statement itself is a bug. */
    struct stmt *(*prepare)(struct db *db, const struct sql *sql);
    void (*finalize)(struct stmt *q);
    void (*reset)(struct stmt *q);
    bool (*reads_only)(struct stmt *q);
    int (*step)(struct stmt *q, struct err *e);

    void (*bind_text)(struct stmt *q, int i, const char *s); /* i from 1 */
    void (*bind_i64)(struct stmt *q, int i, int64_t v);
    void (*bind_real)(struct stmt *q, int i, double v);
    void (*bind_blob)(struct stmt *q, int i, const void *p, size_t n);
    void (*bind_null)(struct stmt *q, int i);

    int (*column)(struct stmt *q, const char *name); /* -1 when there is none */
    const char *(*col_text)(struct stmt *q, int i);
    int64_t (*col_i64)(struct stmt *q, int i);
    struct bytes (*col_blob)(struct stmt *q, int i); /* valid until the next step */
    bool (*col_is_null)(struct stmt *q, int i);
};

extern const struct db_ops sqlite_ops;

/* Brings the schema to the newest version; refuses one that is newer than the program. */
int store__migrate(struct db *db, const char *where, struct err *e) must_check;

/* One turn for the writers of this process; taking it twice in a thread is a bug. */
void store__writer_take(struct store *s);
/* A transaction has been committed. */
void store__committed(struct store *s);
void store__writer_give(struct store *s);

struct memory *store__memory(struct store *s);
void store__memory_init(struct memory *m);
void store__memory_done(struct memory *m);
void store__memory_outdate(struct memory *m);

#endif
