/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets: how many assets have a value, and the totals of their numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "indexer/query_counts.h"

void total_add(struct total *t, double v)
{
    if (isnan(v))
        return;
    t->min = t->count && t->min < v ? t->min : v;
    t->max = t->count && t->max > v ? t->max : v;
    t->sum += v;
    t->count++;
}

double total_value(const struct total *t, enum aggregate_kind kind)
{
    switch (kind) {
    case AGGREGATE_SUM:
        return t->sum;
    case AGGREGATE_COUNT:
        return (double)t->count;
    case AGGREGATE_MIN:
        return t->count ? t->min : NAN;
    case AGGREGATE_MAX:
        return t->count ? t->max : NAN;
    case AGGREGATE_AVG:
    case AGGREGATE_TERMS:
        break;
    }
    return t->count ? t->sum / (double)t->count : NAN;
}

struct bucket *bucket_new(struct counting *c, const char *key)
{
    struct bucket *more;
    size_t i;

    if (c->count == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 256;
        more = arena_calloc(c->a, c->cap, sizeof(*more));
        for (i = 0; i < c->count; i++)
            more[i] = c->buckets[i];
        c->buckets = more;
    }
    more = &c->buckets[c->count++];
    more->key = key;
    more->totals = arena_calloc(c->a, c->number_count ? c->number_count : 1, sizeof(struct total));
    return more;
}

void bucket_add(const struct counting *c, struct bucket *b, int64_t id)
{
    size_t i;

    b->count++;
    for (i = 0; i < c->number_count; i++)
        total_add(&b->totals[i], c->numbers[i].values[id]);
}

/* A value that is not the end of its text. */
struct key {
    const char *p;
    size_t n;
    uint32_t hash;
};

/* The key that begins here; where the next one does, at the end of the text NULL. */
static const char *next_key(const char *s, struct key *ret)
{
    uint32_t h = 2166136261u;
    const char *p;

    for (p = s; *p && *p != '\n'; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    *ret = (struct key){s, (size_t)(p - s), h ^ h >> 15};
    return *p ? p + 1 : NULL;
}

/* The first free slot from the hash on. */
static struct slot *free_slot(const struct counting *c, uint32_t hash)
{
    size_t i = hash & (c->slot_count - 1);

    while (c->slots[i].bucket)
        i = (i + 1) & (c->slot_count - 1);
    return &c->slots[i];
}

static void grow_slots(struct counting *c)
{
    struct slot *old = c->slots;
    size_t n = c->slot_count;
    size_t i;

    c->slot_count = n ? 4 * n : 1024;
    c->slots = arena_calloc(c->a, c->slot_count, sizeof(*c->slots));
    for (i = 0; i < n; i++)
        if (old[i].bucket)
            *free_slot(c, old[i].hash) = old[i];
}

static struct bucket *find_bucket(const struct counting *c, const struct key *k)
{
    size_t i = k->hash & (c->slot_count - 1);
    struct bucket *b;

    for (; c->slots[i].bucket; i = (i + 1) & (c->slot_count - 1)) {
        b = &c->buckets[c->slots[i].bucket - 1];
        if (c->slots[i].hash == k->hash && !strncmp(b->key, k->p, k->n) && !b->key[k->n])
            return b;
    }
    return NULL;
}

static struct bucket *add_bucket(struct counting *c, const struct key *k)
{
    if (2 * c->count >= c->slot_count)
        grow_slots(c);
    *free_slot(c, k->hash) = (struct slot){k->hash, (uint32_t)c->count + 1};
    return bucket_new(c, arena_strndup(c->a, k->p, k->n));
}

void buckets_add_lines(struct counting *c, const char *lines, int64_t id)
{
    struct bucket *b;
    struct key k;

    while (lines) {
        lines = next_key(lines, &k);
        b = c->count ? find_bucket(c, &k) : NULL;
        bucket_add(c, b ? b : add_bucket(c, &k), id);
    }
}

struct sorting {
    const struct aggregate *by;
    size_t number;
};

static int compare(const void *a, const void *b, void *ctx)
{
    const struct sorting *s = ctx;
    const struct bucket *x = a;
    const struct bucket *y = b;
    double u = (double)x->count;
    double v = (double)y->count;
    int r;

    if (s->by->by) {
        u = total_value(&x->totals[s->number], s->by->by->kind);
        v = total_value(&y->totals[s->number], s->by->by->kind);
    }
    if (s->by->by_key)
        r = field_has_terms(s->by->field) ? strcmp(x->key, y->key) : 0;
    else
        r = (u > v) - (u < v);
    if (s->by->by_key && r == 0) {
        u = strtod(x->key, NULL);
        v = strtod(y->key, NULL);
        r = (u > v) - (u < v);
    }
    if (!s->by->ascending && r)
        return -r;
    return r ? r : strcmp(x->key, y->key);
}

void buckets_sort(struct counting *c, const struct aggregate *g)
{
    struct sorting s = {.by = g};

    for (; g->by && c->numbers[s.number].of != g->by;)
        s.number++;
    if (c->count)
        qsort_r(c->buckets, c->count, sizeof(*c->buckets), compare, &s);
}
