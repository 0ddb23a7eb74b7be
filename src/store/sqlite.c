/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite engine: one file, WAL, every commit synced. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "store/engine.h"

enum { BUSY_MS = 10000 }; /* for other processes; inside this one writers take turns */

struct lite_db {
    struct db base;
    sqlite3 *h;
};

struct lite_stmt {
    struct stmt base;
    sqlite3_stmt *h;  /* NULL when preparing failed for the disk's sake */
    int prepare_code; /* then: why */
    char **names;     /* of its columns, once one was asked for: SQLite is slow to tell */
    int name_count;
};

static sqlite3 *handle(struct db *db)
{
    return ((struct lite_db *)db)->h;
}

static sqlite3_stmt *stmt_handle(struct stmt *q)
{
    return ((struct lite_stmt *)q)->h;
}

static int lite_failed(sqlite3 *h, int code, struct err *e)
{
    const char *text = h ? sqlite3_errmsg(h) : sqlite3_errstr(code);

    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return failed(e, CONFLICT, "%s", text);
    (void)failed(e, FAILED, "%s", text);
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL)
        return err_transient(e);
    return -1;
}

/* A connection is lent to one thread at a time, so SQLite's own locks would only cost. */
static void configure(void)
{
    must(sqlite3_config(SQLITE_CONFIG_MULTITHREAD) == SQLITE_OK);
    must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    must(sqlite3_initialize() == SQLITE_OK);
}

static int lite_script(struct db *db, const char *text, struct err *e)
{
    int code = sqlite3_exec(handle(db), text, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : lite_failed(handle(db), code, e);
}

static void lite_close(struct db *db)
{
    must(sqlite3_close(handle(db)) == SQLITE_OK);
    free(db);
}

static int lite_open(const char *where, struct db **ret, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lite_db *db;
    int code;

    (void)pthread_once(&once, configure);
    db = xcalloc(1, sizeof(*db));
    db->base.ops = &sqlite_ops;
    list_init(&db->base.link);
    code = sqlite3_open_v2(where, &db->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->h, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db->h,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON; PRAGMA cache_size = -512;"
                            "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216;"
                            "PRAGMA trusted_schema = OFF",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        (void)lite_failed(db->h, code, e);
        lite_close(&db->base);
        return err_wrap(e, "%s", where);
    }
    *ret = &db->base;
    return 0;
}

static int64_t lite_changes(struct db *db)
{
    return sqlite3_changes64(handle(db));
}

static struct stmt *lite_prepare(struct db *db, const struct sql *sql)
{
    struct lite_stmt *q = xcalloc(1, sizeof(*q));

    q->prepare_code =
        sqlite3_prepare_v3(handle(db), sql->text, -1, SQLITE_PREPARE_PERSISTENT, &q->h, NULL);
    if (q->prepare_code == SQLITE_ERROR)
        log_broken("store", "statement %s: %s", sql->name, sqlite3_errmsg(handle(db)));
    must(q->prepare_code != SQLITE_ERROR);
    return &q->base;
}

static void lite_finalize(struct stmt *q)
{
    (void)sqlite3_finalize(stmt_handle(q)); /* repeats the last step's failure */
    free(((struct lite_stmt *)q)->names);
    free(q);
}

static void lite_reset(struct stmt *q)
{
    if (!stmt_handle(q))
        return;
    (void)sqlite3_reset(stmt_handle(q)); /* repeats the last step's failure */
    (void)sqlite3_clear_bindings(stmt_handle(q));
}

static bool lite_reads_only(struct stmt *q)
{
    return !stmt_handle(q) || sqlite3_stmt_readonly(stmt_handle(q));
}

static int lite_step(struct stmt *q, struct err *e)
{
    int code;

    if (!stmt_handle(q))
        return lite_failed(NULL, ((struct lite_stmt *)q)->prepare_code, e);
    must(q->bound == sqlite3_bind_parameter_count(stmt_handle(q)));
    code = sqlite3_step(stmt_handle(q));
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : lite_failed(handle(q->db), code, e);
}

/* A parameter that does not exist is a bug; one that is too long for SQLite cannot come so far. */
static void bound(struct stmt *q, int code)
{
    if (code != SQLITE_OK)
        log_broken("store", "statement %s: %s", q->sql->name, sqlite3_errstr(code));
    must(code == SQLITE_OK);
}

static void lite_bind_text(struct stmt *q, int i, const char *s)
{
    if (stmt_handle(q))
        bound(q, sqlite3_bind_text64(stmt_handle(q), i, s, strlen(s), SQLITE_STATIC, SQLITE_UTF8));
}

static void lite_bind_i64(struct stmt *q, int i, int64_t v)
{
    if (stmt_handle(q))
        bound(q, sqlite3_bind_int64(stmt_handle(q), i, v));
}

static void lite_bind_real(struct stmt *q, int i, double v)
{
    if (stmt_handle(q))
        bound(q, sqlite3_bind_double(stmt_handle(q), i, v));
}

static void lite_bind_blob(struct stmt *q, int i, const void *p, size_t n)
{
    if (stmt_handle(q))
        bound(q, sqlite3_bind_blob64(stmt_handle(q), i, p, n, SQLITE_STATIC));
}

static void lite_bind_null(struct stmt *q, int i)
{
    if (stmt_handle(q))
        bound(q, sqlite3_bind_null(stmt_handle(q), i));
}

/* One block: the pointers, and behind them the names. SQLite's own go when it prepares anew. */
static void read_names(struct lite_stmt *q)
{
    int n = sqlite3_column_count(q->h);
    size_t size = (size_t)n * sizeof(*q->names);
    const char *name;
    char *at;
    int i;

    for (i = 0; i < n; i++)
        size += strlen(sqlite3_column_name(q->h, i)) + 1;
    q->names = xcalloc(1, size);
    at = (char *)(q->names + n);
    for (i = 0; i < n; i++) {
        name = sqlite3_column_name(q->h, i);
        q->names[i] = memcpy(at, name, strlen(name) + 1);
        at += strlen(name) + 1;
    }
    q->name_count = n;
}

static int lite_column(struct stmt *base, const char *name)
{
    struct lite_stmt *q = (struct lite_stmt *)base;
    int i;

    if (!q->names)
        read_names(q);
    for (i = 0; i < q->name_count; i++)
        if (!strcmp(q->names[i], name))
            return i;
    return -1;
}

static const char *lite_col_text(struct stmt *q, int i)
{
    return (const char *)sqlite3_column_text(stmt_handle(q), i);
}

static int64_t lite_col_i64(struct stmt *q, int i)
{
    return sqlite3_column_int64(stmt_handle(q), i);
}

static struct bytes lite_col_blob(struct stmt *q, int i)
{
    const void *p = sqlite3_column_blob(stmt_handle(q), i);

    return (struct bytes){p, (size_t)sqlite3_column_bytes(stmt_handle(q), i)};
}

static bool lite_col_is_null(struct stmt *q, int i)
{
    return sqlite3_column_type(stmt_handle(q), i) == SQLITE_NULL;
}

/* A reader's own connection: writers go on, and the copy is of the moment at which it began. */
static int lite_copy(const char *where, const char *path, struct err *e)
{
    sqlite3 *h = NULL;
    sqlite3_stmt *q = NULL;
    int code = sqlite3_open_v2(where, &h, SQLITE_OPEN_READONLY, NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd); /* an empty file is as good as none, and has the mode that we want */
    if (fd < 0)
        (void)failed(e, FAILED, "%s: %s", path, strerror(errno));
    if (fd >= 0 && code == SQLITE_OK)
        code = sqlite3_prepare_v2(h, "VACUUM INTO ?1", -1, &q, NULL);
    if (q) {
        (void)sqlite3_busy_timeout(h, BUSY_MS);
        (void)sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
        code = sqlite3_step(q);
    }
    if (fd >= 0 && code != SQLITE_DONE) {
        (void)failed(e, FAILED, "copying the database: %s", sqlite3_errmsg(h));
        (void)unlink(path);
    }
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(h);
    return fd >= 0 && code == SQLITE_DONE ? 0 : -1;
}

const struct db_ops sqlite_ops = {
    .open = lite_open,
    .close = lite_close,
    .script = lite_script,
    .changes = lite_changes,
    .copy = lite_copy,
    .prepare = lite_prepare,
    .finalize = lite_finalize,
    .reset = lite_reset,
    .reads_only = lite_reads_only,
    .step = lite_step,
    .bind_text = lite_bind_text,
    .bind_i64 = lite_bind_i64,
    .bind_real = lite_bind_real,
    .bind_blob = lite_bind_blob,
    .bind_null = lite_bind_null,
    .column = lite_column,
    .col_text = lite_col_text,
    .col_i64 = lite_col_i64,
    .col_blob = lite_col_blob,
    .col_is_null = lite_col_is_null,
};
