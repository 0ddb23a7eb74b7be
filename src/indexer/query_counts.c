/* SPDX-License-Identifier: Apache-2.0 */
/* Counts over the documents found: how many have each value of a field, and sums of numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "indexer/index.sql.h"
#include "indexer/query.h"

enum {
    LOOKED_AT = 5000,
    NUMBERS_MAX = 16
}; /* assets: fewer are asked for their values one by one */

/* A number of each asset, by id; NAN where it has none. */
struct numbers {
    const struct aggregate *of;
    double *values;
};

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

struct counting {
    struct db *db;
    struct arena *a;
    const struct bits *found;
    struct numbers numbers[NUMBERS_MAX];
    size_t number_count;
    struct bucket *buckets;
    size_t count;
    size_t cap;
    uint32_t *slots; /* of a hash table: bucket + 1, or 0 */
    size_t slot_count;
};

static void total_add(struct total *t, double v)
{
    if (isnan(v))
        return;
    t->min = t->count && t->min < v ? t->min : v;
    t->max = t->count && t->max > v ? t->max : v;
    t->sum += v;
    t->count++;
}

static int read_numbers(struct counting *c, const struct aggregate *of, struct err *e)
{
    struct query_sql w = {.db = c->db, .a = c->a, .text = BUF_INIT(QUERY_SQL_MAX)};
    struct numbers *n = &c->numbers[c->number_count++];
    struct sql sql;
    int64_t id;
    size_t i;
    int r;

    n->of = of;
    n->values = arena_calloc(c->a, c->found->cap, sizeof(*n->values));
    for (i = 0; i < c->found->cap; i++)
        n->values[i] = NAN;
    if (!of->field->column)
        return 0;
    /* As millionths, since columns are read as integers and texts. */
    buf_printf(&w.text,
               "SELECT a.id AS id, CAST(%s AS TEXT) AS v FROM asset a WHERE %s IS NOT NULL",
               of->field->column, of->field->column);
    {
        _stmt_ struct stmt *s = query_prepare(&w, &sql);

        while ((r = stmt_step(s, e)) > 0) {
            id = col_i64(s, "id");
            if (bits_has(c->found, id))
                n->values[id] = strtod(col_text(s, "v"), NULL);
        }
    }
    buf_done(&w.text);
    return r;
}

static struct bucket *new_bucket(struct counting *c, const char *key)
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

static uint32_t hash(const char *s, size_t n)
{
    uint32_t h = 2166136261u;

    while (n--)
        h = (h ^ (uint8_t)*s++) * 16777619u;
    return h ^ h >> 15;
}

static uint32_t *slot_of(const struct counting *c, const char *key, size_t n)
{
    size_t i = hash(key, n) & (c->slot_count - 1);
    const struct bucket *b;

    for (; c->slots[i]; i = (i + 1) & (c->slot_count - 1)) {
        b = &c->buckets[c->slots[i] - 1];
        if (!strncmp(b->key, key, n) && !b->key[n])
            break;
    }
    return &c->slots[i];
}

static void grow_slots(struct counting *c)
{
    size_t i;

    c->slot_count = c->slot_count ? 4 * c->slot_count : 1024;
    c->slots = arena_calloc(c->a, c->slot_count, sizeof(*c->slots));
    for (i = 0; i < c->count; i++)
        *slot_of(c, c->buckets[i].key, strlen(c->buckets[i].key)) = (uint32_t)i + 1;
}

/* The bucket of a key that is not the end of its text. */
static struct bucket *bucket_of(struct counting *c, const char *key, size_t n)
{
    uint32_t *slot;

    if (2 * c->count >= c->slot_count)
        grow_slots(c);
    slot = slot_of(c, key, n);
    if (*slot)
        return &c->buckets[*slot - 1];
    *slot = (uint32_t)c->count + 1;
    return new_bucket(c, arena_strndup(c->a, key, n));
}

static void bucket_add(const struct counting *c, struct bucket *b, int64_t id)
{
    size_t i;

    b->count++;
    for (i = 0; i < c->number_count; i++)
        total_add(&b->totals[i], c->numbers[i].values[id]);
}

/* All values in turn, and for each the assets that have it. */
static int count_by_value(struct counting *c, const struct field *f, struct err *e)
{
    const char *value = "";
    struct bucket *b;
    bool found;
    int64_t id;
    int r;

    for (;;) {
        _stmt_ struct stmt *next = db_query(c->db, &sql_term_next);
        _stmt_ struct stmt *assets = NULL;

        bind_i64(next, f->id);
        bind_text(next, value);
        if (stmt_find(next, &found, e) < 0)
            return -1;
        if (!found)
            return 0;
        value = col_dup(c->a, next, "value");
        assets = db_query(c->db, &sql_term_assets);
        bind_i64(assets, f->id);
        bind_text(assets, value);
        for (b = NULL; (r = stmt_step(assets, e)) > 0;) {
            id = col_i64(assets, "asset");
            if (bits_has(c->found, id))
                bucket_add(c, b ? b : (b = new_bucket(c, value)), id);
        }
        if (r < 0)
            return -1;
    }
}

/* Tags, of which an asset has many, stand together. */
static int count_tags(struct counting *c, struct err *e)
{
    _stmt_ struct stmt *s = db_query(c->db, &sql_tags_all);
    const char *tag;
    int64_t id;
    size_t n;
    int r;

    while ((r = stmt_step(s, e)) > 0) {
        id = col_i64(s, "id");
        if (!bits_has(c->found, id))
            continue;
        for (tag = col_text(s, "tags"); *tag; tag += n + (tag[n] == '\n')) {
            n = strcspn(tag, "\n");
            bucket_add(c, bucket_of(c, tag, n), id);
        }
    }
    return r;
}

struct pair {
    const char *value;
    int64_t id;
};

static int by_value(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    int r = strcmp(x->value, y->value);

    return r ? r : (x->id > y->id) - (x->id < y->id);
}

/* Adds the values of one asset to the pairs. */
static int values_of(struct counting *c, const struct field *f, int64_t id, struct buf *pairs,
                     struct err *e)
{
    _stmt_ struct stmt *s = db_query(c->db, &sql_term_of_asset);
    struct pair p = {.id = id};
    int r;

    bind_i64(s, id);
    bind_i64(s, f->id);
    while ((r = stmt_step(s, e)) > 0) {
        p.value = col_dup(c->a, s, "value");
        buf_add(pairs, &p, sizeof(p));
    }
    return r;
}

static int count_by_asset(struct counting *c, const struct field *f, struct err *e)
{
    struct buf pairs = BUF_INIT(64 << 20);
    struct bucket *b = NULL;
    struct pair *p;
    size_t n;
    size_t i;
    int r = 0;

    for (i = 0; i < c->found->cap && r == 0; i++)
        if (bits_has(c->found, (int64_t)i))
            r = values_of(c, f, (int64_t)i, &pairs, e);
    p = (struct pair *)(void *)pairs.data;
    n = pairs.len / sizeof(*p);
    if (n)
        qsort(p, n, sizeof(*p), by_value);
    for (i = 0; i < n; i++) {
        if (!b || !str_eq(b->key, p[i].value))
            b = new_bucket(c, p[i].value);
        bucket_add(c, b, p[i].id);
    }
    buf_done(&pairs);
    return r;
}

static int count_column(struct counting *c, const struct field *f, struct err *e)
{
    struct query_sql w = {.db = c->db, .a = c->a, .text = BUF_INIT(QUERY_SQL_MAX)};
    struct bucket *b = NULL;
    struct sql sql;
    int64_t id;
    int r;

    buf_printf(
        &w.text,
        "SELECT a.id AS id, CAST(%s AS TEXT) AS v FROM asset a WHERE %s IS NOT NULL ORDER BY %s",
        f->column, f->column, f->column);
    {
        _stmt_ struct stmt *s = query_prepare(&w, &sql);

        while ((r = stmt_step(s, e)) > 0) {
            id = col_i64(s, "id");
            if (!bits_has(c->found, id) || !*col_text(s, "v"))
                continue;
            if (!b || !str_eq(b->key, col_text(s, "v")))
                b = new_bucket(c, col_dup(c->a, s, "v"));
            bucket_add(c, b, id);
        }
    }
    buf_done(&w.text);
    return r;
}

static double value_of(const struct total *t, enum aggregate_kind kind)
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
        u = value_of(&x->totals[s->number], s->by->by->kind);
        v = value_of(&y->totals[s->number], s->by->by->kind);
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

static void sort_buckets(struct counting *c, const struct aggregate *g)
{
    struct sorting s = {.by = g};

    for (; g->by && c->numbers[s.number].of != g->by;)
        s.number++;
    if (c->count)
        qsort_r(c->buckets, c->count, sizeof(*c->buckets), compare, &s);
}

/* Fills the buckets, in their order. */
static int count_values(struct counting *c, const struct aggregate *g, struct err *e)
{
    const struct aggregate *child;
    int r;

    for (child = g->children; child; child = child->next)
        if (read_numbers(c, child, e) < 0)
            return -1;
    if (g->field->kind == FIELD_ABSENT)
        return 0;
    if (g->field->column)
        r = count_column(c, g->field, e);
    else if (c->found->count <= LOOKED_AT)
        r = count_by_asset(c, g->field, e);
    else if (g->field->id == FIELD_TAGS)
        r = count_tags(c, e);
    else
        r = count_by_value(c, g->field, e);
    sort_buckets(c, g);
    return r;
}

/* The key as the first document has it. */
static int shown(struct counting *c, const struct field *f, const char *key, const char **ret,
                 struct err *e)
{
    _stmt_ struct stmt *s = NULL;
    bool found;

    *ret = key;
    if (f->column)
        return 0;
    s = db_query(c->db, &sql_term_shown);
    bind_i64(s, f->id);
    bind_text(s, key);
    if (stmt_find(s, &found, e) < 0)
        return -1;
    if (found)
        *ret = col_dup(c->a, s, "shown");
    return 0;
}

static void set_number(struct arena *a, struct json *parent, const struct aggregate *g,
                       const struct total *t)
{
    struct json *v = json_new_object(a);

    json_set(a, v, "value", json_new_num(a, value_of(t, g->kind)));
    json_set(a, parent, g->name, v);
}

static int bucket_json(struct counting *c, const struct aggregate *g, const struct bucket *b,
                       struct json *list, struct err *e)
{
    bool number = g->field->kind == FIELD_INT || g->field->kind == FIELD_REAL;
    struct json *v = json_new_object(c->a);
    const char *key;
    size_t i;

    if (shown(c, g->field, b->key, &key, e) < 0)
        return -1;
    json_set(c->a, v, "key",
             number ? json_new_num(c->a, strtod(key, NULL)) : json_new_str(c->a, key));
    json_set_int(c->a, v, "doc_count", (int64_t)b->count);
    for (i = 0; i < c->number_count; i++)
        set_number(c->a, v, c->numbers[i].of, &b->totals[i]);
    json_push(c->a, list, v);
    return 0;
}

static int terms_json(struct counting *c, const struct aggregate *g, struct json *parent,
                      struct err *e)
{
    struct json *v = json_new_object(c->a);
    struct json *list = json_new_array(c->a);
    size_t others = 0;
    size_t i;

    if (count_values(c, g, e) < 0)
        return -1;
    for (i = 0; i < c->count; i++) {
        if ((int64_t)i >= g->size)
            others += c->buckets[i].count;
        else if (bucket_json(c, g, &c->buckets[i], list, e) < 0)
            return -1;
    }
    json_set_int(c->a, v, "doc_count_error_upper_bound", 0);
    json_set_int(c->a, v, "sum_other_doc_count", (int64_t)others);
    json_set(c->a, v, "buckets", list);
    json_set(c->a, parent, g->name, v);
    return 0;
}

static int number_json(struct counting *c, const struct aggregate *g, struct json *parent,
                       struct err *e)
{
    struct total t = {0};
    size_t i;

    if (read_numbers(c, g, e) < 0)
        return -1;
    for (i = 0; i < c->found->cap; i++)
        total_add(&t, c->numbers[0].values[i]);
    set_number(c->a, parent, g, &t);
    return 0;
}

int query_aggregations(struct db *db, const struct query *q, const struct bits *found,
                       struct json **ret, struct err *e)
{
    const struct aggregate *g;

    *ret = json_new_object(q->a);
    for (g = q->aggregates; g; g = g->next) {
        struct counting c = {.db = db, .a = q->a, .found = found};

        if ((g->kind == AGGREGATE_TERMS ? terms_json : number_json)(&c, g, *ret, e) < 0)
            return -1;
    }
    return 0;
}

static int facet_json(struct counting *c, const struct aggregate *g, struct json *parent,
                      struct err *e)
{
    struct json *v = json_new_object(c->a);
    struct json *list = json_new_array(c->a);
    struct json *stats = json_new_object(c->a);
    const char *key;
    size_t i;

    if (count_values(c, g, e) < 0)
        return -1;
    for (i = 0; i < c->count && (int64_t)i < g->size; i++) {
        struct json *one = json_new_object(c->a);

        if (shown(c, g->field, c->buckets[i].key, &key, e) < 0)
            return -1;
        json_set_int(c->a, one, "count", (int64_t)c->buckets[i].count);
        json_set_str(c->a, one, "highlighted", key);
        json_set_str(c->a, one, "value", key);
        json_push(c->a, list, one);
    }
    json_set_int(c->a, stats, "total_values", (int64_t)c->count);
    json_set(c->a, v, "counts", list);
    json_set_str(c->a, v, "field_name", g->name);
    json_set_bool(c->a, v, "sampled", false);
    json_set(c->a, v, "stats", stats);
    json_push(c->a, parent, v);
    return 0;
}

int query_facet_counts(struct db *db, const struct query *q, const struct bits *found,
                       struct json **ret, struct err *e)
{
    const struct aggregate *g;

    *ret = json_new_array(q->a);
    for (g = q->aggregates; g; g = g->next) {
        struct counting c = {.db = db, .a = q->a, .found = found};

        if (facet_json(&c, g, *ret, e) < 0)
            return -1;
    }
    return 0;
}
