/* SPDX-License-Identifier: Apache-2.0 */
/* The counts in the shape of each dialect: "aggregations", "facet_counts". */
#include <stdlib.h>

#include "indexer/index.sql.h"
#include "indexer/query_counts.h"

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

    json_set(a, v, "value", json_new_num(a, total_value(t, g->kind)));
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

    if (count_numbers(c, g, e) < 0)
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
