/* SPDX-License-Identifier: Apache-2.0 */
/* Counts over the documents found: how many have each value of a field, and their numbers. */
#include "indexer/query_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "indexer/index.sql.h"

enum { LOOKED_AT = 5000 }; /* assets: fewer are asked for their values one by one */

int count_numbers(struct counting *c, const struct aggregate *of, struct err *e)
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
                bucket_add(c, b ? b : (b = bucket_new(c, value)), id);
        }
        if (r < 0)
            return -1;
    }
}

/* Tags, of which an asset has many, stand together. */
static int count_tags(struct counting *c, struct err *e)
{
    _stmt_ struct stmt *s = db_query(c->db, &sql_tags_all);
    int64_t id;
    int r;

    while ((r = stmt_step(s, e)) > 0) {
        id = col_i64(s, "id");
        if (bits_has(c->found, id))
            buckets_add_lines(c, col_text(s, "tags"), id);
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
            b = bucket_new(c, p[i].value);
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
                b = bucket_new(c, col_dup(c->a, s, "v"));
            bucket_add(c, b, id);
        }
    }
    buf_done(&w.text);
    return r;
}

int count_values(struct counting *c, const struct aggregate *g, struct err *e)
{
    const struct aggregate *child;
    int r;

    for (child = g->children; child; child = child->next)
        if (count_numbers(c, child, e) < 0)
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
    buckets_sort(c, g);
    return r;
}
