/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_QUERY_H
#define ATOLL_INDEXER_QUERY_H

#include "base/buf.h"
#include "indexer/fields.h"
#include "indexer/index.h"

/* Inside of indexer/: a query between its two dialects on one side and SQL on the other. */

enum { QUERY_DEPTH_MAX = 8, QUERY_ORDERS_MAX = 4 };

/*
 * One condition. Clauses and their texts live in the query's arena; siblings are linked by `next`.
 * Values are in lower case, as stored terms are; the bounds of a range are as they were typed.
 */
struct clause {
    enum {
        CLAUSE_ALL,    /* every document */
        CLAUSE_TERMS,  /* the field has one of the values */
        CLAUSE_RANGE,  /* the field lies between the bounds */
        CLAUSE_EXISTS, /* the field has a value */
        CLAUSE_WORDS,  /* the texts hold the words */
        CLAUSE_AND,
        CLAUSE_OR,
        CLAUSE_NOT /* none of the children */
    } kind;
    const struct field *field;
    const char **values; /* TERMS; RANGE: gte, gt, lte, lt, NULL where there is no bound */
    size_t value_count;
    const char *words; /* for the search table */
    struct clause *children;
    struct clause *next;
};

/*
 * What a body asks for. `where` is never NULL once parsed. Fields of `order` have a column;
 * documents that are equal in all of them come in the order in which they were first indexed (or
 * the reverse).
 */
struct query {
    struct arena *a;
    size_t clauses; /* clauses and values so far, against INDEX_CLAUSES_MAX */
    struct clause *where;
    struct {
        const struct field *field;
        bool descending;
    } order[QUERY_ORDERS_MAX];
    size_t order_count;
    int64_t size;
    int64_t page; /* from 1 */
};

/*
 * Fills the query, whose arena is set and the rest zero, from a body of either dialect. INVALID
 * names what is not understood; nothing that was typed is passed over in silence.
 */
int query_parse(struct query *q, const struct json *body, struct err *e) must_check;
int query_parse_elastic(struct query *q, const struct json *body, struct err *e) must_check;
int query_parse_typesense(struct query *q, const struct json *body, struct err *e) must_check;

/* Pieces that the dialects share. */
/* A new clause (CLAUSE_ALL) in *ret; INVALID when there are too many. */
int query_clause(struct query *q, struct clause **ret, struct err *e) must_check;
/* The field of a path; INVALID when it cannot be searched by. */
int query_field(const char *path, const struct field **ret, struct err *e) must_check;
/* Adds a value to the clause; NULL is an absent bound. */
int query_value(struct query *q, struct clause *c, const char *text, struct err *e) must_check;
/* Adds a field to sort by; direction is "asc" or "desc". */
int query_order(struct query *q, const char *path, const char *direction, struct err *e) must_check;
/* Turns what somebody typed into words for the search table: any = one of them is enough. */
int query_words(struct query *q, struct clause *c, const char *text, bool any, struct err *e)
    must_check;
/* An integer member, or what else it is when absent. */
int query_int(const struct json *body, const char *key, int64_t *io, struct err *e) must_check;

/*
 * The SELECT of the ids found, with its parameters in order. Only texts of our own tables are in
 * `text`; what a stranger typed is bound.
 */
struct query_sql {
    struct db *db; /* asked how common a value is */
    struct buf text;
    struct query_param {
        enum { PARAM_TEXT, PARAM_INT, PARAM_REAL } kind;
        const char *text;
        int64_t i;
        double real;
    } params[INDEX_CLAUSES_MAX * 3];
    size_t param_count;
};
int query_write(struct query_sql *w, const struct query *q, struct err *e) must_check;

#endif
