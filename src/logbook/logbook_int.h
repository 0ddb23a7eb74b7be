/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_LOGBOOK_LOGBOOK_INT_H
#define ATOLL_LOGBOOK_LOGBOOK_INT_H

#include "base/list.h"
#include "logbook/logbook.h"

/* What the files of this folder share. */

/* A line on its way; freed by who takes it from its list. */
struct line {
    struct list link;
    int64_t id; /* in the memory: counted from 1 */
    int64_t at_ms;
    int level; /* 0 error .. 6 silly */
    char part[16];
    size_t size; /* bytes of the whole struct */
    char text[];
};

/* In UTF-8 whatever the record holds; the caller free()s it. */
struct line *line__new(const struct log_record *r);

/* ocean-node's number and name of a level: LOG_BROKEN is an error there. */
int line__level(enum log_level level);
const char *line__level_name(int level);
/* -1: there is no such level. */
int line__level_parse(const char *name);
/* ocean-node's name for a part: "indexer" is "INDEXER". */
const char *line__module(const char *part);

/* As an operator sees it. */
struct line_view {
    int64_t id;
    int64_t at_ms;
    int level;
    const char *module;
    const char *part;
    const char *text;
};
struct json *line__json(struct arena *a, const struct line_view *v);

/* --- files.c: DIR/logs/atoll.log and its predecessors. The logbook's thread only --- */
struct log_files;

struct log_files *log_files__new(const char *dir);
void log_files__free(struct log_files *f); /* NULL is allowed */
/* Makes the folder. */
int log_files__prepare(struct log_files *f, struct err *e) must_check;
/*
 * Appends the batch as lines of JSON. A full file is renamed to atoll-DATE.log and the next is
 * begun; files beyond files_max and older than the retention go.
 */
int log_files__write(struct log_files *f, const struct list *batch, const struct logbook_options *o,
                     struct err *e) must_check;

/* Begins a new file, so that none holds lines of many days, and removes what is too old. */
int log_files__clean(struct log_files *f, const struct logbook_options *o, struct err *e)
    must_check;

/* --- rows.c: the table --- */
int log_rows__add(struct store *store, const struct list *batch, struct err *e) must_check;
int log_rows__find(struct store *store, struct arena *a, const struct logbook_query *q,
                   struct json *list, struct err *e) must_check;
int log_rows__get(struct store *store, struct arena *a, int64_t id, struct json **ret,
                  struct err *e) must_check;
/* Rows older than a moment (0: none) and beyond rows_max go, some thousand at a time. */
int log_rows__clean(struct store *store, int64_t before_ms, int64_t rows_max, struct err *e)
    must_check;

#endif
