/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_QUERY_COUNTS_H
#define ATOLL_INDEXER_QUERY_COUNTS_H

#include "indexer/query.h"

/*
 * Inside of the counting: buckets (query_buckets.c) are filled from the tables (query_counts.c) and
 * written as an answer (query_facets.c).
 */

/* A number of each asset, by id; NAN where it has none. */
struct numbers {
    const struct aggregate *of;
    double *values;
};

/* Of one number over assets; min and max mean nothing before the first. */
struct total {
    double sum;
    double min;
    double max;
    size_t count;
};

struct bucket {
    const char *key; /* as it is compared */
    size_t count;
    struct total *totals; /* for each number */
};

enum { NUMBERS_MAX = 16 };

/*
 * One facet in the making, by one thread. Zero but for the first three members it is empty; all
 * that it points to is in the query's arena, and goes with it.
 */
struct counting {
    struct db *db;
    struct arena *a;
    const struct bits *found;
    struct numbers numbers[NUMBERS_MAX];
    size_t number_count;
    struct bucket *buckets;
    size_t count;
    size_t cap;
    struct slot {
        uint32_t hash;
        uint32_t bucket; /* its index + 1, 0: free */
    } * slots;
    size_t slot_count; /* a power of two */
};

/* NAN is no number and adds nothing. */
void total_add(struct total *t, double v);
/* NAN where the kind needs a number and there was none. */
double total_value(const struct total *t, enum aggregate_kind kind);

/* A bucket behind the others, for a caller that has all assets of a value in turn. */
struct bucket *bucket_new(struct counting *c, const char *key);
/* Counts an asset that was found; each value of an asset once. */
void bucket_add(const struct counting *c, struct bucket *b, int64_t id);
/* Adds the asset to the bucket of each of its values, which stand in lines. */
void buckets_add_lines(struct counting *c, const char *lines, int64_t id);
/* In the order that was asked for; what is equal in the order of the keys. */
void buckets_sort(struct counting *c, const struct aggregate *g);

/* Fills the buckets, in their order. */
int count_values(struct counting *c, const struct aggregate *g, struct err *e) must_check;
/* Reads a number of all assets found, behind those that are there. */
int count_numbers(struct counting *c, const struct aggregate *of, struct err *e) must_check;

#endif
