/* SPDX-License-Identifier: Apache-2.0 */
/* Elasticsearch's query language, as far as Ocean's clients use it: the body, and bool. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

static int parse_clause(struct query *q, const struct json *v, int depth, struct clause *c,
                        struct err *e);

/* What clients leave where a condition does not apply: [false, null, {}]. */
static bool is_nothing(const struct json *v)
{
    return json_type(v) == JSON_NULL || (json_is(v, JSON_BOOL) && !json_bool(v, true)) ||
           (json_is(v, JSON_STRING) && json_str_len(v) == 0);
}

/* One clause or an array of them, appended to the children of `parent`. */
static int parse_children(struct query *q, const struct json *v, int depth, struct clause *parent,
                          struct err *e)
{
    bool many = json_is(v, JSON_ARRAY);
    size_t n = many ? json_len(v) : 1;
    struct clause *c;
    size_t i;

    for (i = 0; i < n; i++) {
        const struct json *one = many ? json_at(v, i) : v;

        if (is_nothing(one))
            continue;
        if (query_child(q, parent, CLAUSE_ALL, &c, e) < 0 ||
            parse_clause(q, one, depth + 1, c, e) < 0)
            return -1;
    }
    return 0;
}

static size_t count_children(const struct clause *c)
{
    size_t n = 0;

    for (c = c->children; c; c = c->next)
        n++;
    return n;
}

/* minimum_should_match as a text: 1 and "75%" alike; NULL when absent. */
static int least_of(struct query *q, const struct json *v, const char **ret, struct err *e)
{
    const struct json *least = json_get(v, "minimum_should_match");

    *ret = NULL;
    if (json_type(least) == JSON_NULL)
        return 0;
    if (!json_is(least, JSON_NUMBER) && !json_is(least, JSON_STRING))
        return failed(e, INVALID, "\"minimum_should_match\" must be a number or a text");
    *ret = json_is(least, JSON_STRING) ? json_str(least, "") : json_text(q->a, least);
    return 0;
}

static int parse_should(struct query *q, const struct json *bool_query, int depth, bool others,
                        struct clause *group, struct err *e)
{
    const char *least;

    if (parse_children(q, json_get(bool_query, "should"), depth, group, e) < 0 ||
        least_of(q, bool_query, &least, e) < 0)
        return -1;
    if (least && group->children)
        return query_least(least, count_children(group), &group->least, e);
    /* Without it, `should` only ranks where other conditions filter. */
    if (others || !group->children)
        group->least = 0;
    return 0;
}

static int parse_bool(struct query *q, const struct json *v, int depth, struct clause *c,
                      struct err *e)
{
    static const char *const known[] = {"must",
                                        "filter",
                                        "must_not",
                                        "should",
                                        "minimum_should_match",
                                        "boost",
                                        "_name",
                                        "adjust_pure_negative",
                                        NULL};
    struct clause *group;
    bool required;

    c->kind = CLAUSE_AND;
    if (query_members(v, known, "\"bool\"", e) < 0 ||
        parse_children(q, json_get(v, "must"), depth, c, e) < 0 ||
        parse_children(q, json_get(v, "filter"), depth, c, e) < 0)
        return -1;
    required = c->children != NULL;
    if (query_child(q, c, CLAUSE_NOT, &group, e) < 0 ||
        parse_children(q, json_get(v, "must_not"), depth, group, e) < 0)
        return -1;
    if (query_child(q, c, CLAUSE_OR, &group, e) < 0)
        return -1;
    return parse_should(q, v, depth, required, group, e);
}

/* Kinds that only wrap other queries. */
static int parse_wrapper(struct query *q, const char *kind, const struct json *v, int depth,
                         struct clause *c, struct err *e)
{
    static const char *const constant[] = {"filter", "boost", NULL};
    /* A document's own values need no nested documents to be found. */
    static const char *const nested[] = {"path", "query", "score_mode", "ignore_unmapped", NULL};
    bool is_nested = str_eq(kind, "nested");

    if (query_members(v, is_nested ? nested : constant, kind, e) < 0)
        return -1;
    return parse_clause(q, json_get(v, is_nested ? "query" : "filter"), depth + 1, c, e);
}

static int parse_clause(struct query *q, const struct json *v, int depth, struct clause *c,
                        struct err *e)
{
    const struct json *inner;
    const char *kind;

    if (depth > QUERY_DEPTH_MAX)
        return failed(e, INVALID, "the query is nested deeper than %d", QUERY_DEPTH_MAX);
    if (!json_is(v, JSON_OBJECT) || json_len(v) != 1)
        return failed(e, INVALID,
                      "a query must be an object with one member, as "
                      "{\"term\": {\"metadata.type\": \"dataset\"}}");
    kind = json_key(v, 0);
    inner = json_value(v, 0);
    if (!json_is(inner, JSON_OBJECT))
        return failed(e, INVALID, "\"%.40s\" must be an object", kind);
    if (str_eq(kind, "bool"))
        return parse_bool(q, inner, depth, c, e);
    if (str_eq(kind, "nested") || str_eq(kind, "constant_score"))
        return parse_wrapper(q, kind, inner, depth, c, e);
    return query_parse_leaf(q, kind, inner, c, e);
}

/* "field", {"field": "asc"}, {"field": {"order": "asc"}} */
static int parse_sort_item(struct query *q, const struct json *v, struct err *e)
{
    static const char *const known[] = {"order", "missing", "unmapped_type",
                                        "mode",  "nested",  NULL};
    const struct json *direction;
    size_t i;

    if (json_is(v, JSON_STRING))
        return query_order(q, json_str(v, ""), str_eq(json_str(v, ""), "_score") ? "desc" : "asc",
                           e);
    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "\"sort\" must hold fields and their order");
    for (i = 0; i < json_len(v); i++) {
        const char *path = json_key(v, i);

        direction = json_value(v, i);
        if (json_is(direction, JSON_OBJECT)) {
            if (query_members(direction, known, "\"sort\"", e) < 0)
                return -1;
            direction = json_get(direction, "order");
        }
        if (json_type(direction) != JSON_NULL && !json_is(direction, JSON_STRING))
            return failed(e, INVALID, "the order of \"%.60s\" must be \"asc\" or \"desc\"", path);
        if (query_order(q, path, json_str(direction, str_eq(path, "_score") ? "desc" : "asc"), e) <
            0)
            return -1;
    }
    return 0;
}

static int parse_sort(struct query *q, const struct json *v, struct err *e)
{
    size_t i;

    if (json_type(v) == JSON_NULL)
        return 0;
    if (!json_is(v, JSON_ARRAY))
        return parse_sort_item(q, v, e);
    for (i = 0; i < json_len(v); i++)
        if (parse_sort_item(q, json_at(v, i), e) < 0)
            return -1;
    return 0;
}

/* A path or an array of paths, as an array. */
static int paths(struct query *q, const struct json *v, const struct json **ret, struct err *e)
{
    struct json *list;
    size_t i;

    *ret = NULL;
    if (json_type(v) == JSON_NULL)
        return 0;
    list = json_new_array(q->a);
    if (json_is(v, JSON_STRING))
        json_push(q->a, list, json_copy(q->a, v));
    for (i = 0; i < json_len(v); i++)
        json_push(q->a, list, json_copy(q->a, json_at(v, i)));
    for (i = 0; i < json_len(list); i++)
        if (!json_is(json_at(list, i), JSON_STRING))
            break;
    if ((!json_is(v, JSON_ARRAY) && !json_is(v, JSON_STRING)) || i < json_len(list))
        return failed(e, INVALID, "\"_source\" must be true, false, or name fields");
    *ret = list;
    return 0;
}

/* true, false, "a.b", ["a", "b.*"], {"includes": [], "excludes": []} */
static int parse_source(struct query *q, const struct json *v, struct err *e)
{
    static const char *const known[] = {"includes", "excludes", NULL};

    if (json_is(v, JSON_BOOL)) {
        q->no_source = !json_bool(v, true);
        if (q->no_source && q->answer != ANSWER_ELASTIC)
            return failed(e, INVALID, "\"_source\": false leaves nothing to answer");
        return 0;
    }
    if (!json_is(v, JSON_OBJECT))
        return paths(q, v, &q->include, e);
    if (query_members(v, known, "\"_source\"", e) < 0)
        return -1;
    return paths(q, json_get(v, "includes"), &q->include, e) < 0 ||
                   paths(q, json_get(v, "excludes"), &q->exclude, e) < 0
               ? -1
               : 0;
}

/*
 * Ocean Node takes "from" for the number of a page, from 1, and a size of 0 for none given; in
 * Elasticsearch's own answer both mean what Elasticsearch means.
 */
static int parse_page(struct query *q, const struct json *body, struct err *e)
{
    int64_t from = 0;
    int64_t size = q->answer == ANSWER_ELASTIC ? 10 : 0;

    if (query_int(body, "size", &size, e) < 0 || query_int(body, "from", &from, e) < 0)
        return -1;
    if (size == 0 && q->answer != ANSWER_ELASTIC)
        size = INDEX_QUERY_DEFAULT;
    q->size = size > INDEX_QUERY_MAX ? INDEX_QUERY_MAX : size;
    q->offset = q->answer == ANSWER_ELASTIC ? from : (from ? from - 1 : 0) * q->size;
    return 0;
}

int query_parse_elastic(struct query *q, const struct json *body, struct err *e)
{
    static const char *const known[] = {"query",   "from",
                                        "size",    "sort",
                                        "aggs",    "aggregations",
                                        "_source", "track_total_hits",
                                        "index",   "track_scores",
                                        "timeout", "version",
                                        "explain", NULL};
    const struct json *query = json_get(body, "query");
    const struct json *aggs = json_get(body, "aggs");

    if (query_members(body, known, "a query", e) < 0 || parse_page(q, body, e) < 0 ||
        parse_sort(q, json_get(body, "sort"), e) < 0 ||
        parse_source(q, json_get(body, "_source"), e) < 0)
        return -1;
    if (query_parse_aggs(q, aggs ? aggs : json_get(body, "aggregations"), e) < 0 ||
        query_clause(q, CLAUSE_ALL, &q->where, e) < 0)
        return -1;
    if (json_type(query) == JSON_NULL || (json_is(query, JSON_OBJECT) && json_len(query) == 0))
        return 0; /* every document */
    return parse_clause(q, query, 0, q->where, e);
}
