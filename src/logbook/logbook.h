/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_LOGBOOK_LOGBOOK_H
#define ATOLL_LOGBOOK_LOGBOOK_H

#include "base/log.h"
#include "json/json.h"
#include "store/db.h"

/*
 * Keeps log lines: the last ones in memory, all of them in files and in the database as the
 * options say. Speaking never waits for it; see README.md. All functions may be called from any
 * thread that holds no connection of the store.
 */
struct logbook;

struct logbook_options {
    bool files;
    bool db;
    int64_t retention_ms; /* older lines go; 0: all of them stay */
    const char *cron;     /* when rows go, a checked expression; copied */
    size_t file_max;      /* bytes of a file before the next is begun; 0: 20 MiB */
    size_t files_max;     /* files kept beside the current one; 0: 14 */
};

enum {
    LOGBOOK_LINES_MAX = 1000,       /* of one answer, and of the memory */
    LOGBOOK_QUEUE_MAX = 4 << 20,    /* bytes of lines that wait to be written */
    LOGBOOK_ROWS_MAX = 2000 * 1000, /* rows in the database; the oldest make room */
};

/*
 * Takes over the lines from now on. dir is the node's folder; files go to dir/logs. The store is
 * borrowed. FAILED when the folder cannot be made.
 */
int logbook_open(struct store *store, const char *dir, const struct logbook_options *o,
                 struct logbook **ret, struct err *e) must_check;
/* Makes what other options need, before they are set. FAILED when the folder cannot be made. */
int logbook_prepare(struct logbook *lb, const struct logbook_options *o, struct err *e) must_check;
/* Other options from now on. What was written stays. */
void logbook_set(struct logbook *lb, const struct logbook_options *o);
/* Writes what waits, and frees. Lines only go to stderr afterwards. NULL is allowed. */
void logbook_close(struct logbook *lb);

/* Which lines. */
struct logbook_query {
    int64_t from_ms; /* both included */
    int64_t to_ms;
    const char *module; /* in any letter case; NULL: all */
    const char *level;  /* likewise; one that does not exist finds nothing */
    int64_t limit;      /* at most LOGBOOK_LINES_MAX are given */
    int64_t offset;
};

/*
 * The lines, newest first: [{id, timestamp, level, message, moduleName, meta: {part}}], in the
 * arena, timestamp as ISO text. Of the database when lines are kept there, else of the memory.
 */
int logbook_find(struct logbook *lb, struct arena *a, const struct logbook_query *q,
                 struct json **ret, struct err *e) must_check;
/* One of them by its id, as text; *ret is NULL when there is none. */
int logbook_get(struct logbook *lb, struct arena *a, const char *text, struct json **ret,
                struct err *e) must_check;

#endif
