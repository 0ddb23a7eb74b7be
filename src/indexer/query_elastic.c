/* SPDX-License-Identifier: Apache-2.0 */
/* Elasticsearch's query language, as far as Ocean's clients use it. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

static int parse_clause(struct query *q, const struct json *v, int depth, struct clause **ret,
                        struct err *e);

/* The one member of an object: {"metadata.type": ...}. */
static int only_member(const struct json *v, const char *what, const char **ret_key,
                       const struct json **ret, struct err *e)
{
    if (!json_is(v, JSON_OBJECT) || json_len(v) != 1)
        return failed(e, INVALID, "\"%s\" must be an object with one member", what);
    *ret_key = json_key(v, 0);
    *ret = json_value(v, 0);
    return 0;
}

static int add_value(struct query *q, struct clause *c, const struct json *v, struct err *e)
{
    const char *text = field_text(q->a, v);

    if (!text)
        return failed(e, INVALID, "a value to compare with must be a text, a number or a boolean");
    return query_value(q, c, text, e);
}

/* {"term": {"id": "x"}}, {"term": {"id": {"value": "x"}}} */
static int parse_term(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    const char *path;

    if (only_member(v, "term", &path, &v, e) < 0 || query_field(path, &c->field, e) < 0)
        return -1;
    c->kind = CLAUSE_TERMS;
    if (json_is(v, JSON_OBJECT))
        v = json_get(v, "value");
    return add_value(q, c, v, e);
}

static int parse_terms(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    const char *path;
    size_t i;

    if (only_member(v, "terms", &path, &v, e) < 0 || query_field(path, &c->field, e) < 0)
        return -1;
    if (!json_is(v, JSON_ARRAY))
        return failed(e, INVALID, "\"terms\" needs an array of values");
    c->kind = CLAUSE_TERMS;
    for (i = 0; i < json_len(v); i++)
        if (add_value(q, c, json_at(v, i), e) < 0)
            return -1;
    return 0;
}

static int parse_ids(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    const struct json *values = json_get(v, "values");
    size_t i;

    c->kind = CLAUSE_TERMS;
    if (query_field("id", &c->field, e) < 0)
        return -1;
    for (i = 0; i < json_len(values); i++)
        if (add_value(q, c, json_at(values, i), e) < 0)
            return -1;
    return 0;
}

static bool is_words_field(const char *path)
{
    return str_ends(path, "metadata.name") || str_ends(path, "metadata.description") ||
           str_ends(path, "metadata.tags") || str_ends(path, "metadata.author") ||
           str_ends(path, "metadata.categories") || str_eq(path, "_all") || str_eq(path, "*");
}

/* {"match": {"metadata.name": "two words"}}: words in texts, the whole value elsewhere. */
static int parse_match(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    const char *joined = "or";
    const char *path;

    if (only_member(v, "match", &path, &v, e) < 0)
        return -1;
    if (json_is(v, JSON_OBJECT)) {
        joined = json_get_str(v, "operator", "or");
        v = json_get(v, "query");
    }
    if (is_words_field(path) && json_is(v, JSON_STRING))
        return query_words(q, c, json_str(v, ""), str_ieq(joined, "or"), e);
    if (query_field(path, &c->field, e) < 0)
        return -1;
    c->kind = CLAUSE_TERMS;
    return add_value(q, c, v, e);
}

/* {"multi_match": {"query": ...}}, {"query_string": {"query": ...}} */
static int parse_words(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    const char *text = json_get_str(v, "query", NULL);
    const char *joined = json_get_str(v, "operator", json_get_str(v, "default_operator", "or"));

    if (!text)
        return failed(e, INVALID, "\"query\" must be a text");
    return query_words(q, c, text, str_ieq(joined, "or"), e);
}

static int parse_exists(const struct json *v, struct clause *c, struct err *e)
{
    c->kind = CLAUSE_EXISTS;
    return query_field(json_get_str(v, "field", ""), &c->field, e);
}

static int parse_range(struct query *q, const struct json *v, struct clause *c, struct err *e)
{
    static const char *const bounds[] = {"gte", "gt", "lte", "lt"};
    const char *path;
    size_t i;
    const struct json *bound;

    if (only_member(v, "range", &path, &v, e) < 0 || query_field(path, &c->field, e) < 0)
        return -1;
    c->kind = CLAUSE_RANGE;
    for (i = 0; i < ARRAY_LEN(bounds); i++) {
        bound = json_get(v, bounds[i]);
        if (bound && !json_is(bound, JSON_STRING) && !json_is(bound, JSON_NUMBER))
            return failed(e, INVALID, "a bound of \"range\" must be a text or a number");
        if (query_value(q, c,
                        json_is(bound, JSON_STRING) ? json_str(bound, "")
                                                    : (bound ? json_text(q->a, bound) : NULL),
                        e) < 0)
            return -1;
    }
    return 0;
}

/* One clause or an array of them, appended to the children of `parent`. */
static int parse_children(struct query *q, const struct json *v, int depth, struct clause *parent,
                          struct err *e)
{
    struct clause **end = &parent->children;
    bool many = json_is(v, JSON_ARRAY);
    size_t n = many ? json_len(v) : 1;
    size_t i;

    for (i = 0; i < n; i++) {
        if (parse_clause(q, many ? json_at(v, i) : v, depth + 1, end, e) < 0)
            return -1;
        end = &(*end)->next;
    }
    return 0;
}

static int parse_should(struct query *q, const struct json *bool_query, int depth,
                        struct clause *group, struct err *e)
{
    int64_t least = -1;

    if (query_int(bool_query, "minimum_should_match", &least, e) < 0)
        return -1;
    if (least > 1)
        return failed(e, INVALID, "\"minimum_should_match\" above 1 is not supported");
    /* Without it, `should` only ranks where other conditions filter. */
    if (least < 0 && (json_get(bool_query, "must") || json_get(bool_query, "filter")))
        least = 0;
    group->kind = least ? CLAUSE_OR : CLAUSE_ALL;
    return parse_children(q, json_get(bool_query, "should"), depth, group, e);
}

static int parse_bool(struct query *q, const struct json *v, int depth, struct clause *c,
                      struct err *e)
{
    struct clause **end = &c->children;
    const char *key;
    size_t i;

    c->kind = CLAUSE_AND;
    for (i = 0; i < json_len(v); i++) {
        int r = 0;

        key = json_key(v, i);
        if (str_eq(key, "minimum_should_match") || str_eq(key, "boost"))
            continue;
        if (query_clause(q, end, e) < 0)
            return -1;
        if (str_eq(key, "must") || str_eq(key, "filter")) {
            (*end)->kind = CLAUSE_AND;
            r = parse_children(q, json_value(v, i), depth, *end, e);
        } else if (str_eq(key, "must_not")) {
            (*end)->kind = CLAUSE_NOT;
            r = parse_children(q, json_value(v, i), depth, *end, e);
        } else if (str_eq(key, "should")) {
            r = parse_should(q, v, depth, *end, e);
        } else {
            r = failed(e, INVALID,
                       "\"bool\" knows filter, must, must_not and should, not \"%.40s\"", key);
        }
        if (r < 0)
            return -1;
        end = &(*end)->next;
    }
    return 0;
}

static int parse_kind(struct query *q, const char *kind, const struct json *v, struct clause *c,
                      struct err *e)
{
    if (str_eq(kind, "term"))
        return parse_term(q, v, c, e);
    if (str_eq(kind, "terms"))
        return parse_terms(q, v, c, e);
    if (str_eq(kind, "ids"))
        return parse_ids(q, v, c, e);
    if (str_eq(kind, "match") || str_eq(kind, "match_phrase"))
        return parse_match(q, v, c, e);
    if (str_eq(kind, "multi_match") || str_eq(kind, "query_string") ||
        str_eq(kind, "simple_query_string"))
        return parse_words(q, v, c, e);
    if (str_eq(kind, "exists"))
        return parse_exists(v, c, e);
    if (str_eq(kind, "range"))
        return parse_range(q, v, c, e);
    if (str_eq(kind, "match_all"))
        return 0;
    return failed(e, INVALID,
                  "\"%.40s\" is not a supported query: bool, term, terms, ids, match, multi_match, "
                  "query_string, exists, range, match_all",
                  kind);
}

static int parse_clause(struct query *q, const struct json *v, int depth, struct clause **ret,
                        struct err *e)
{
    const char *kind;
    const struct json *inner;

    if (depth > QUERY_DEPTH_MAX)
        return failed(e, INVALID, "the query is nested deeper than %d", QUERY_DEPTH_MAX);
    if (query_clause(q, ret, e) < 0 || only_member(v, "query", &kind, &inner, e) < 0)
        return -1;
    if (!json_is(inner, JSON_OBJECT))
        return failed(e, INVALID, "\"%.40s\" must be an object", kind);
    if (str_eq(kind, "bool"))
        return parse_bool(q, inner, depth, *ret, e);
    return parse_kind(q, kind, inner, *ret, e);
}

/* "field", {"field": "asc"}, {"field": {"order": "asc"}} */
static int parse_sort_item(struct query *q, const struct json *v, struct err *e)
{
    const struct json *direction;
    size_t i;

    if (json_is(v, JSON_STRING))
        return query_order(q, json_str(v, ""), "asc", e);
    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "\"sort\" must hold fields and their order");
    for (i = 0; i < json_len(v); i++) {
        direction = json_value(v, i);
        if (json_is(direction, JSON_OBJECT))
            direction = json_get(direction, "order");
        if (query_order(q, json_key(v, i), json_str(direction, "asc"), e) < 0)
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

int query_parse_elastic(struct query *q, const struct json *body, struct err *e)
{
    const struct json *query = json_get(body, "query");

    if (query_int(body, "size", &q->size, e) < 0 || query_int(body, "from", &q->page, e) < 0 ||
        parse_sort(q, json_get(body, "sort"), e) < 0)
        return -1;
    if (json_type(query) == JSON_NULL || (json_is(query, JSON_OBJECT) && json_len(query) == 0))
        return query_clause(q, &q->where, e); /* every document */
    return parse_clause(q, query, 0, &q->where, e);
}
