/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a search: what both dialects share, and the way through. */
#include "indexer/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int count_one(struct query *q, struct err *e)
{
    if (++q->clauses > INDEX_CLAUSES_MAX)
        return failed(e, INVALID, "the query has more than %d conditions and values",
                      INDEX_CLAUSES_MAX);
    return 0;
}

int query_clause(struct query *q, enum clause_kind kind, struct clause **ret, struct err *e)
{
    struct clause *c;

    if (count_one(q, e) < 0)
        return -1;
    c = arena_calloc(q->a, 1, sizeof(*c));
    c->kind = kind;
    c->least = 1;
    *ret = c;
    return 0;
}

int query_child(struct query *q, struct clause *parent, enum clause_kind kind, struct clause **ret,
                struct err *e)
{
    struct clause **end = &parent->children;

    while (*end)
        end = &(*end)->next;
    if (query_clause(q, kind, end, e) < 0)
        return -1;
    *ret = *end;
    return 0;
}

int query_field(const char *path, const struct field **ret, struct err *e)
{
    *ret = field_find(path);
    if (!*ret)
        return failed(e, INVALID, "\"%.100s\" is not a field that can be searched by", path);
    return 0;
}

int query_value(struct query *q, struct clause *c, const char *text, struct err *e)
{
    const char **more;

    if (count_one(q, e) < 0)
        return -1;
    if ((c->value_count & (c->value_count - 1)) == 0) { /* full at each power of two */
        more = arena_calloc(q->a, c->value_count ? 2 * c->value_count : 1, sizeof(*more));
        if (c->value_count)
            memcpy(more, c->values, c->value_count * sizeof(*more));
        c->values = more;
    }
    c->values[c->value_count++] = text;
    return 0;
}

int query_order(struct query *q, const char *path, const char *direction, struct err *e)
{
    const struct field *f = NULL;

    if (str_eq(path, "undefined") || str_eq(path, "null"))
        return 0; /* what the market site makes of "no order" */
    if (!str_ieq(direction, "asc") && !str_ieq(direction, "desc"))
        return failed(e, INVALID, "\"%.20s\" is not an order: asc or desc", direction);
    if (!str_eq(path, "_score") && !str_eq(path, "_text_match")) {
        if (query_field(path, &f, e) < 0)
            return -1;
        if (f->kind == FIELD_ABSENT)
            return 0;
        if (!f->column)
            return failed(e, INVALID, "\"%.100s\" is not a field that can be sorted by", path);
    }
    if (q->order_count == QUERY_ORDERS_MAX)
        return failed(e, INVALID, "more than %d fields to sort by", QUERY_ORDERS_MAX);
    q->order[q->order_count].field = f;
    q->order[q->order_count++].descending = str_ieq(direction, "desc");
    return 0;
}

int query_int(const struct json *body, const char *key, int64_t *io, struct err *e)
{
    const struct json *v = json_get(body, key);
    uint64_t n;

    if (json_type(v) == JSON_NULL)
        return 0;
    if (json_is(v, JSON_STRING) && str_u64(json_str(v, ""), INT32_MAX, &n)) {
        *io = (int64_t)n;
        return 0;
    }
    if (!json_int(v, io) || *io < 0 || *io > INT32_MAX)
        return failed(e, INVALID, "\"%s\" must be a whole number that is not negative", key);
    return 0;
}

int query_members(const struct json *v, const char *const known[], const char *what, struct err *e)
{
    size_t i;
    size_t k;

    for (i = 0; i < json_len(v); i++) {
        for (k = 0; known[k] && !str_eq(json_key(v, i), known[k]);)
            k++;
        if (!known[k])
            return failed(e, INVALID, "\"%.60s\" is not supported in %s", json_key(v, i), what);
    }
    return 0;
}

static bool is_typesense(const struct json *body)
{
    static const char *const members[] = {"q",        "query_by", "filter_by", "sort_by",
                                          "facet_by", "num_hits", "per_page",  "start"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(body, members[i]))
            return !json_get(body, "query");
    return false;
}

int query_parse(struct query *q, const struct json *body, enum index_route route, struct err *e)
{
    int r;

    if (!json_is(body, JSON_OBJECT))
        return failed(e, INVALID, "the query must be an object");
    q->body = body;
    if (is_typesense(body)) {
        q->answer = ANSWER_TYPESENSE;
        r = query_parse_typesense(q, body, e);
    } else {
        if (json_bool(json_get(body, "track_total_hits"),
                      json_is(json_get(body, "track_total_hits"), JSON_NUMBER)) ||
            (route == ROUTE_AQUARIUS && (json_get(body, "aggs") || json_get(body, "aggregations"))))
            q->answer = ANSWER_ELASTIC;
        r = query_parse_elastic(q, body, e);
    }
    if (r < 0)
        return -1;
    if (q->offset > INDEX_OFFSET_MAX)
        return failed(e, INVALID, "the page begins behind document %d", INDEX_OFFSET_MAX);
    return 0;
}

int index_query(struct db *db, const struct json *body, enum index_route route, struct buf *out,
                struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct query q = {.a = a};

    if (query_parse(&q, body, route, e) < 0 || query_simplify(&q, e) < 0)
        return -1;
    return query_answer(db, &q, out, e);
}
