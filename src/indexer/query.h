/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_QUERY_H
#define ATOLL_INDEXER_QUERY_H

#include "base/buf.h"
#include "indexer/fields.h"
#include "indexer/index.h"

/*
 * Inside of indexer/: a search between its two dialects on one side and SQL on the other.
 *
 *     body --query_parse--> struct query --query_simplify--> query_sql.c: pages of ids
 *                                                        --> query_bits.c: all ids, counts, facets
 */

enum {
    QUERY_DEPTH_MAX = 16,
    QUERY_ORDERS_MAX = 4,
    QUERY_TARGETS_MAX = 32,
    QUERY_WORDS_MAX = 300,     /* words and phrases of one query */
    QUERY_CONDITIONS_MAX = 128 /* what is left when words are joined: each may look at all assets */
};

/*
 * One condition. Clauses and their texts live in the query's arena; siblings are linked by `next`.
 * Values are in lower case, as stored terms are; the bounds of a range are as they were typed.
 */
struct clause {
    enum clause_kind {
        CLAUSE_ALL,    /* every document */
        CLAUSE_NONE,   /* no document */
        CLAUSE_TERMS,  /* the field has one of the values */
        CLAUSE_PREFIX, /* a value of the field begins with the (only) value */
        CLAUSE_RANGE,  /* the field lies between the bounds */
        CLAUSE_EXISTS, /* the field has a value */
        CLAUSE_WORDS,  /* the texts hold the words */
        CLAUSE_AND,
        CLAUSE_OR, /* `least` of the children or more */
        CLAUSE_NOT /* none of the children */
    } kind;
    const struct field *field;
    const char **values; /* RANGE: gte, gt, lte, lt, NULL where there is no bound */
    size_t value_count;
    const char *words; /* an expression for the search table */
    size_t least;
    struct clause *children;
    struct clause *next;
};

/* A column to sort by; field NULL is how well the words fit. */
struct order {
    const struct field *field;
    bool descending;
};

/* What is counted beside the documents: facets, or numbers over all documents found. */
struct aggregate {
    enum aggregate_kind {
        AGGREGATE_TERMS,
        AGGREGATE_SUM,
        AGGREGATE_MIN,
        AGGREGATE_MAX,
        AGGREGATE_AVG,
        AGGREGATE_COUNT
    } kind;
    const char *name;
    const struct field *field;
    int64_t size;               /* TERMS: buckets */
    const struct aggregate *by; /* TERMS: the child whose value orders the buckets */
    bool by_key;                /* TERMS: buckets in the order of their keys */
    bool ascending;
    struct aggregate *children; /* TERMS: numbers for each bucket */
    struct aggregate *next;
};

/*
 * What a body asks for. `where` is never NULL once parsed. Without an order the best fit comes
 * first where words were asked for; documents that are equal come in the order in which they were
 * first indexed (or the reverse, as the last field).
 */
struct query {
    struct arena *a;
    const struct json *body;
    size_t clauses; /* clauses and values so far, against INDEX_CLAUSES_MAX */
    size_t words;   /* against QUERY_WORDS_MAX */
    struct clause *where;
    struct order order[QUERY_ORDERS_MAX];
    size_t order_count;
    int64_t size;
    int64_t offset;
    enum {
        ANSWER_LISTS,     /* [[document, ...]], as Ocean Node answers */
        ANSWER_TYPESENSE, /* [{found, hits: [{document}], ...}] */
        ANSWER_ELASTIC    /* {hits: {total, hits: [{_source}]}, aggregations} */
    } answer;
    struct aggregate *aggregates;
    const struct json *include; /* paths of a document that are answered: an array, or NULL */
    const struct json *exclude;
    bool no_source; /* hits without documents */
};

/*
 * Fills the query, whose arena is set and the rest zero, from a body of either dialect. INVALID
 * names what is not understood; nothing that was typed is passed over in silence, except what
 * README.md lists.
 */
int query_parse(struct query *q, const struct json *body, enum index_route route, struct err *e)
    must_check;
int query_parse_elastic(struct query *q, const struct json *body, struct err *e) must_check;
int query_parse_typesense(struct query *q, const struct json *body, struct err *e) must_check;
/* One condition of Elasticsearch that holds no others, by its kind: "term", "match" ... */
int query_parse_leaf(struct query *q, const char *kind, const struct json *v, struct clause *c,
                     struct err *e) must_check;
/* Typesense's filter_by, appended to the children of `parent`. */
int query_parse_filter(struct query *q, const char *text, struct clause *parent, struct err *e)
    must_check;
/* Elasticsearch's "aggs", and Typesense's "facet_by". */
int query_parse_aggs(struct query *q, const struct json *aggs, struct err *e) must_check;
int query_parse_facets(struct query *q, const char *fields, int64_t size, struct err *e) must_check;

/* --- pieces that the dialects share --- */

/* A new clause of the kind in *ret; INVALID when there are too many. */
int query_clause(struct query *q, enum clause_kind kind, struct clause **ret, struct err *e)
    must_check;
/* The same as a child of the parent, behind the others. */
int query_child(struct query *q, struct clause *parent, enum clause_kind kind, struct clause **ret,
                struct err *e) must_check;
/* The field of a path; INVALID when it cannot be searched by. */
int query_field(const char *path, const struct field **ret, struct err *e) must_check;
/* Adds a value to the clause; NULL is an absent bound. */
int query_value(struct query *q, struct clause *c, const char *text, struct err *e) must_check;
/* Adds a field to sort by; direction is "asc" or "desc". */
int query_order(struct query *q, const char *path, const char *direction, struct err *e) must_check;
/* An integer member, or what else it is when absent. */
int query_int(const struct json *body, const char *key, int64_t *io, struct err *e) must_check;
/* Refuses members that are not in the list (NULL ends it), naming the first. */
int query_members(const struct json *v, const char *const known[], const char *what, struct err *e)
    must_check;
/* minimum_should_match ("2", "75%", "2<75%" ...) for n clauses: how many must match. */
int query_least(const char *spec, size_t n, size_t *ret, struct err *e) must_check;

/* --- words --- */

/* Where words are looked for. */
struct targets {
    const struct field *fields[QUERY_TARGETS_MAX];
    size_t count; /* 0: in all texts, and among the addresses */
};
int query_target(struct targets *t, const char *path, struct err *e) must_check;

struct words_query {
    const char *text;
    struct targets targets;
    enum words_language {
        WORDS_PLAIN,     /* a list of words */
        WORDS_PHRASE,    /* one phrase */
        WORDS_TYPESENSE, /* "a phrase", -without, begin* */
        WORDS_SIMPLE,    /* + | - ( ) "" *: simple_query_string */
        WORDS_LUCENE     /* AND OR NOT ( ) field:x [a TO b] ...: query_string */
    } language;
    bool all;          /* every word, rather than one of them */
    bool last_prefix;  /* the last word may be the beginning of a longer one */
    const char *least; /* minimum_should_match, or NULL */
};
int query_words(struct query *q, const struct words_query *w, struct clause *c, struct err *e)
    must_check;
/* An expression for words of a text, as one phrase; NULL when there are none. */
const char *query_phrase(struct arena *a, const struct targets *t, const char *text, bool prefix);

/* --- from a query to rows --- */

/*
 * Puts the clauses into the form that the planner expects: words joined into one expression ...
 * INVALID when more conditions are left than may be run.
 */
int query_simplify(struct query *q, struct err *e) must_check;

/*
 * SQL in the making. Only texts of our own tables are in `text`; what a stranger typed is bound.
 */
struct query_sql {
    struct db *db; /* asked how common a value is */
    struct arena *a;
    struct buf text;
    struct query_param {
        enum { PARAM_TEXT, PARAM_INT, PARAM_REAL } kind;
        const char *text;
        int64_t i;
        double real;
    } * params;
    size_t param_count;
    size_t param_cap;
    const struct field *walked; /* the order by which rows are visited: its index may be used */
    bool at_hand; /* the statement runs for one asset after the other: no lists are made */
};
enum { QUERY_SQL_MAX = 262144 };
void query_sql_reset(struct query_sql *w);
/* The condition on asset a, appended to the text. */
int query_write_clause(struct query_sql *w, const struct clause *c, struct err *e) must_check;
/* The ids of all assets that meet a condition on a field, as a statement of its own. */
int query_write_ids(struct query_sql *w, const struct clause *c, struct err *e) must_check;
void query_write_int(struct query_sql *w, int64_t i);
void query_write_text(struct query_sql *w, const char *text);
/* Ready to run; `w` must live as long. */
struct stmt *query_prepare(const struct query_sql *w, struct sql *sql);
void query_bind(struct stmt *s, const struct query_sql *w);

/* How a page is found: `ranked`, the words by their rank and then the rest looked at, or sorted. */
struct page_plan {
    const struct clause *words; /* what every document found must have, NULL for none */
    const struct clause *rest;  /* what else is asked of it, NULL for nothing */
    bool ranked;
};
void query_plan(const struct query *q, struct page_plan *ret);
int query_write_page(struct query_sql *w, const struct query *q, const struct page_plan *p,
                     struct err *e) must_check;

/* The ids of one page, in order. */
struct page {
    int64_t *ids;
    int64_t *scores; /* billionths; 0 when not in that order */
    size_t count;
};
int query_page(struct db *db, const struct query *q, struct page *ret, struct err *e) must_check;

/* A set of ids. */
struct bits {
    uint8_t *set;
    size_t cap; /* ids below are in the set or not */
    size_t count;
    bool every; /* it is the set of all documents; also what is no id of one is in it */
};
void bits_done(struct bits *b);
static inline bool bits_has(const struct bits *b, int64_t id)
{
    return id >= 0 && (size_t)id < b->cap && (b->set[id / 8] >> (id % 8) & 1);
}
/* The ids of all documents found. */
int query_bits(struct db *db, struct arena *a, const struct clause *where, struct bits *ret,
               struct err *e) must_check;

/* The counts asked for, as Elasticsearch's "aggregations" or Typesense's "facet_counts". */
int query_aggregations(struct db *db, const struct query *q, const struct bits *found,
                       struct json **ret, struct err *e) must_check;
int query_facet_counts(struct db *db, const struct query *q, const struct bits *found,
                       struct json **ret, struct err *e) must_check;

/* Writes the answer: the page, the counts, in the shape of q->answer. */
int query_answer(struct db *db, const struct query *q, struct buf *out, struct err *e) must_check;

#endif
