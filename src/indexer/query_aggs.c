/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be counted: Elasticsearch's "aggs", Typesense's facet_by. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

enum { AGGREGATES_MAX = 16 };

static const struct {
    const char *name;
    enum aggregate_kind kind;
} kinds[] = {{"terms", AGGREGATE_TERMS}, {"sum", AGGREGATE_SUM}, {"min", AGGREGATE_MIN},
             {"max", AGGREGATE_MAX},     {"avg", AGGREGATE_AVG}, {"value_count", AGGREGATE_COUNT}};

static bool is_number(const struct field *f)
{
    return f->kind == FIELD_INT || f->kind == FIELD_REAL;
}

/* {"_count": "desc"}, {"_key": "asc"}, {"totalSales": "desc"} */
static int parse_order(struct aggregate *g, const struct json *v, struct err *e)
{
    const char *by = json_key(v, 0);
    const char *direction = json_str(json_value(v, 0), "");
    const struct aggregate *child;

    if (json_type(v) == JSON_NULL)
        return 0;
    if (!json_is(v, JSON_OBJECT) || json_len(v) != 1 ||
        (!str_eq(direction, "asc") && !str_eq(direction, "desc")))
        return failed(e, INVALID,
                      "aggs: the order of \"%.60s\" must be one name with \"asc\" or \"desc\"",
                      g->name);
    g->ascending = str_eq(direction, "asc");
    g->by_key = str_eq(by, "_key") || str_eq(by, "_term");
    if (g->by_key || str_eq(by, "_count"))
        return 0;
    for (child = g->children; child && !str_eq(child->name, by);)
        child = child->next;
    if (!child)
        return failed(e, INVALID, "aggs: \"%.60s\" has no \"%.60s\" to be ordered by", g->name, by);
    g->by = child;
    return 0;
}

static int parse_list(struct query *q, const struct json *v, int depth, struct aggregate **ret,
                      struct err *e);

static int parse_terms(struct query *q, const struct json *v, const struct json *inner,
                       struct aggregate *g, struct err *e)
{
    static const char *const known[] = {"field",         "size",       "order",
                                        "min_doc_count", "shard_size", NULL};
    int64_t least = 1;

    g->size = 10;
    if (query_members(v, known, "\"terms\" of aggs", e) < 0 ||
        query_int(v, "size", &g->size, e) < 0 || query_int(v, "min_doc_count", &least, e) < 0)
        return -1;
    if (least > 1)
        return failed(e, INVALID, "aggs: \"min_doc_count\" above 1 is not supported");
    if (g->size > INDEX_BUCKETS_MAX)
        g->size = INDEX_BUCKETS_MAX;
    if (!field_has_terms(g->field) && !g->field->column && g->field->kind != FIELD_ABSENT)
        return failed(e, INVALID, "aggs: \"%s\" has no values to be counted", g->field->path);
    if (parse_list(q, inner, 1, &g->children, e) < 0)
        return -1;
    return parse_order(g, json_get(v, "order"), e);
}

static int parse_number(const struct json *v, struct aggregate *g, struct err *e)
{
    static const char *const known[] = {"field", "missing", NULL};

    if (query_members(v, known, "a number of aggs", e) < 0)
        return -1;
    if (!is_number(g->field) && g->field->kind != FIELD_ABSENT)
        return failed(e, INVALID, "aggs: \"%s\" is not a number", g->field->path);
    return 0;
}

static int parse_one(struct query *q, const char *name, const struct json *v, int depth,
                     struct aggregate *g, struct err *e)
{
    const struct json *inner = NULL;
    const struct json *body = NULL;
    size_t i;
    size_t k;

    g->name = arena_strdup(q->a, name);
    for (i = 0; i < json_len(v); i++) {
        if (str_eq(json_key(v, i), "aggs") || str_eq(json_key(v, i), "aggregations")) {
            inner = json_value(v, i);
            continue;
        }
        for (k = 0; k < ARRAY_LEN(kinds) && !str_eq(json_key(v, i), kinds[k].name);)
            k++;
        if (k == ARRAY_LEN(kinds))
            return failed(e, INVALID,
                          "\"%.40s\" is not supported in aggs: terms, sum, min, max, avg, "
                          "value_count",
                          json_key(v, i));
        g->kind = kinds[k].kind;
        body = json_value(v, i);
    }
    if (!json_is(body, JSON_OBJECT))
        return failed(e, INVALID, "aggs: \"%.60s\" does not say what is counted", name);
    if (query_field(json_get_str(body, "field", ""), &g->field, e) < 0)
        return -1;
    if (g->kind == AGGREGATE_TERMS && depth == 0)
        return parse_terms(q, body, inner, g, e);
    if (inner || g->kind == AGGREGATE_TERMS)
        return failed(e, INVALID,
                      "aggs: only numbers may stand below \"terms\", and nothing below them");
    return parse_number(body, g, e);
}

static int parse_list(struct query *q, const struct json *v, int depth, struct aggregate **ret,
                      struct err *e)
{
    struct aggregate **end = ret;
    size_t i;

    if (json_type(v) == JSON_NULL)
        return 0;
    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "\"aggs\" must be an object");
    if (json_len(v) > AGGREGATES_MAX)
        return failed(e, INVALID, "more than %d aggs", AGGREGATES_MAX);
    for (i = 0; i < json_len(v); i++, end = &(*end)->next) {
        *end = arena_calloc(q->a, 1, sizeof(**end));
        if (parse_one(q, json_key(v, i), json_value(v, i), depth, *end, e) < 0)
            return -1;
    }
    return 0;
}

int query_parse_aggs(struct query *q, const struct json *aggs, struct err *e)
{
    return parse_list(q, aggs, 0, &q->aggregates, e);
}

int query_parse_facets(struct query *q, const char *fields, int64_t size, struct err *e)
{
    struct aggregate **end = &q->aggregates;
    size_t count = 0;
    char *part;
    size_t n;

    while ((part = str_next(q->a, &fields, ','))) {
        part += strspn(part, " ");
        for (n = strlen(part); n && part[n - 1] == ' ';)
            part[--n] = '\0';
        if (!n)
            continue;
        if (++count > AGGREGATES_MAX)
            return failed(e, INVALID, "facet_by: more than %d fields", AGGREGATES_MAX);
        *end = arena_calloc(q->a, 1, sizeof(**end));
        (*end)->name = part;
        (*end)->size = size > INDEX_BUCKETS_MAX ? INDEX_BUCKETS_MAX : size;
        if (query_field(part, &(*end)->field, e) < 0)
            return -1;
        if (!field_has_terms((*end)->field) && !(*end)->field->column)
            return failed(e, INVALID, "facet_by: \"%s\" has no values to be counted", part);
        end = &(*end)->next;
    }
    return 0;
}
