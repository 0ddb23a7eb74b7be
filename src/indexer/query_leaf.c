/* SPDX-License-Identifier: Apache-2.0 */
/* Elasticsearch's conditions that hold no others: term, match, range ... */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

/* The one member of an object: {"metadata.type": ...}; others begin with no field's name. */
static int only_member(const struct json *v, const char *what, const char **ret_key,
                       const struct json **ret, struct err *e)
{
    const char *found = NULL;
    size_t i;

    for (i = 0; i < json_len(v); i++) {
        if (str_eq(json_key(v, i), "boost") || str_eq(json_key(v, i), "_name"))
            continue;
        if (found)
            return failed(e, INVALID, "\"%s\" must be an object with one member", what);
        found = json_key(v, i);
        *ret = json_value(v, i);
    }
    if (!found)
        return failed(e, INVALID, "\"%s\" must be an object with one member", what);
    *ret_key = found;
    return 0;
}

static int add_value(struct query *q, struct clause *c, const struct json *v, struct err *e)
{
    const char *text = field_text(q->a, v);

    if (!text)
        return failed(e, INVALID, "a value to compare with must be a text, a number or a boolean");
    if (strlen(text) > FIELD_VALUE_MAX)
        return failed(e, INVALID, "a value to compare with is longer than %d bytes",
                      FIELD_VALUE_MAX);
    return query_value(q, c, text, e);
}

/* {"term": {"id": "x"}}, {"term": {"id": {"value": "x"}}}; an array means any of its values */
static int parse_term(struct query *q, const char *kind, const struct json *v, struct clause *c,
                      struct err *e)
{
    static const char *const known[] = {"value",    "boost",   "case_insensitive",
                                        "wildcard", "rewrite", NULL};
    const char *path;
    size_t i;

    if (only_member(v, kind, &path, &v, e) < 0 || query_field(path, &c->field, e) < 0)
        return -1;
    if (json_is(v, JSON_OBJECT)) {
        if (query_members(v, known, kind, e) < 0)
            return -1;
        v = json_get(v, json_get(v, "wildcard") ? "wildcard" : "value");
    }
    if (!json_is(v, JSON_ARRAY)) {
        if (str_eq(kind, "terms"))
            return failed(e, INVALID, "\"terms\" needs an array of values");
        return add_value(q, c, v, e);
    }
    for (i = 0; i < json_len(v); i++)
        if (json_type(json_at(v, i)) != JSON_NULL && add_value(q, c, json_at(v, i), e) < 0)
            return -1;
    return 0;
}

static int parse_ids(struct query *q, const char *kind, const struct json *v, struct clause *c,
                     struct err *e)
{
    static const char *const known[] = {"values", "type", NULL};
    const struct json *values = json_get(v, "values");
    size_t i;

    if (query_members(v, known, kind, e) < 0 || query_field("id", &c->field, e) < 0)
        return -1;
    if (!json_is(values, JSON_ARRAY))
        return failed(e, INVALID, "\"ids\" needs an array of \"values\"");
    for (i = 0; i < json_len(values); i++)
        if (add_value(q, c, json_at(values, i), e) < 0)
            return -1;
    return 0;
}

/* {"prefix": {"field": "x"}}, {"wildcard": {"field": "x*"}} */
static int parse_prefix(struct query *q, const char *kind, const struct json *v, struct clause *c,
                        struct err *e)
{
    bool wildcard = str_eq(kind, "wildcard");
    char *text;
    size_t n;

    if (parse_term(q, kind, v, c, e) < 0)
        return -1;
    if (c->value_count != 1)
        return failed(e, INVALID, "\"%s\" takes one value", kind);
    c->kind = CLAUSE_PREFIX;
    text = arena_strdup(q->a, c->values[0]);
    n = strlen(text);
    if (wildcard && n && text[n - 1] == '*')
        text[n - 1] = '\0';
    else if (wildcard)
        c->kind = CLAUSE_TERMS;
    if (wildcard && strpbrk(text, "*?"))
        return failed(e, INVALID, "\"wildcard\": only a * at the end is supported");
    if (!*text && wildcard)
        c->kind = CLAUSE_EXISTS;
    c->values[0] = text;
    return 0;
}

static int words_options(const struct json *v, const char *what, struct words_query *w,
                         struct err *e)
{
    /* What only changes scores, or how much more than was typed is found. */
    static const char *const known[] = {"query",
                                        "fields",
                                        "default_field",
                                        "operator",
                                        "default_operator",
                                        "minimum_should_match",
                                        "type",
                                        "boost",
                                        "fuzziness",
                                        "lenient",
                                        "phrase_slop",
                                        "slop",
                                        "analyzer",
                                        "zero_terms_query",
                                        "tie_breaker",
                                        "analyze_wildcard",
                                        "prefix_length",
                                        "max_expansions",
                                        "quote_field_suffix",
                                        "flags",
                                        "fuzzy_transpositions",
                                        "auto_generate_synonyms_phrase_query",
                                        "allow_leading_wildcard",
                                        "_name",
                                        NULL};
    const char *joined = json_get_str(v, "operator", json_get_str(v, "default_operator", "or"));

    if (query_members(v, known, what, e) < 0)
        return -1;
    if (!str_ieq(joined, "or") && !str_ieq(joined, "and"))
        return failed(e, INVALID, "the operator of %s must be \"and\" or \"or\"", what);
    w->all = str_ieq(joined, "and");
    return 0;
}

static int text_and_least(struct query *q, const struct json *v, const char *what,
                          struct words_query *w, struct err *e)
{
    const struct json *text = json_get(v, "query");
    const struct json *least = json_get(v, "minimum_should_match");

    if (!json_is(text, JSON_STRING) && !json_is(text, JSON_NUMBER) && !json_is(text, JSON_BOOL))
        return failed(e, INVALID, "\"query\" of %s must be a text", what);
    w->text = json_is(text, JSON_STRING) ? json_str(text, "") : json_text(q->a, text);
    if (json_is(least, JSON_STRING) || json_is(least, JSON_NUMBER))
        w->least = json_is(least, JSON_STRING) ? json_str(least, "") : json_text(q->a, least);
    else if (json_type(least) != JSON_NULL)
        return failed(e, INVALID, "\"minimum_should_match\" must be a number or a text");
    return words_options(v, what, w, e);
}

/* {"match": {"metadata.name": "two words"}}: words in texts, the whole value elsewhere. */
static int parse_match(struct query *q, const char *kind, const struct json *v, struct clause *c,
                       struct err *e)
{
    struct words_query w = {.language = str_eq(kind, "match") ? WORDS_PLAIN : WORDS_PHRASE,
                            .last_prefix = str_eq(kind, "match_phrase_prefix")};
    const char *path;

    if (only_member(v, kind, &path, &v, e) < 0)
        return -1;
    if (!json_is(v, JSON_OBJECT)) {
        struct json *whole = json_new_object(q->a);

        json_set(q->a, whole, "query", v ? json_copy(q->a, v) : NULL);
        v = whole;
    }
    if (text_and_least(q, v, kind, &w, e) < 0)
        return -1;
    if (str_eq(path, "_all") || str_eq(path, "*"))
        return query_words(q, &w, c, e);
    if (query_target(&w.targets, path, e) < 0)
        return -1;
    c->field = w.targets.fields[0];
    if (c->field->words && !str_ends(path, ".keyword"))
        return query_words(q, &w, c, e);
    c->kind = CLAUSE_TERMS;
    return query_value(q, c, str_lower(q->a, w.text), e);
}

/* {"multi_match": {"query": ..., "fields": [...]}}, {"query_string": {"query": ...}} */
static int parse_words(struct query *q, const char *kind, const struct json *v, struct clause *c,
                       struct err *e)
{
    struct words_query w = {.language = WORDS_PLAIN};
    const struct json *fields = json_get(v, "fields");
    const char *type = json_get_str(v, "type", "");
    size_t i;

    if (text_and_least(q, v, kind, &w, e) < 0)
        return -1;
    if (json_type(fields) != JSON_NULL && !json_is(fields, JSON_ARRAY))
        return failed(e, INVALID, "\"fields\" of %s must be an array", kind);
    if (str_eq(kind, "query_string"))
        w.language = WORDS_LUCENE;
    else if (str_eq(kind, "simple_query_string"))
        w.language = WORDS_SIMPLE;
    else if (str_starts(type, "phrase"))
        w.language = WORDS_PHRASE;
    w.last_prefix = str_eq(type, "phrase_prefix") || str_eq(type, "bool_prefix");
    for (i = 0; i < json_len(fields); i++)
        if (query_target(&w.targets, json_str(json_at(fields, i), ""), e) < 0)
            return -1;
    if (json_get(v, "default_field") &&
        query_target(&w.targets, json_get_str(v, "default_field", ""), e) < 0)
        return -1;
    return query_words(q, &w, c, e);
}

static int parse_exists(struct query *q, const char *kind, const struct json *v, struct clause *c,
                        struct err *e)
{
    static const char *const known[] = {"field", "boost", NULL};

    (void)q;
    c->kind = CLAUSE_EXISTS;
    if (query_members(v, known, kind, e) < 0)
        return -1;
    return query_field(json_get_str(v, "field", ""), &c->field, e);
}

static int parse_range(struct query *q, const char *kind, const struct json *v, struct clause *c,
                       struct err *e)
{
    static const char *const bounds[] = {"gte", "gt", "lte", "lt"};
    static const char *const known[] = {"gte", "gt", "lte", "lt", "boost", NULL};
    const char *path;
    size_t i;
    const struct json *bound;

    if (only_member(v, kind, &path, &v, e) < 0 || query_field(path, &c->field, e) < 0)
        return -1;
    if (!json_is(v, JSON_OBJECT) || query_members(v, known, "\"range\"", e) < 0)
        return json_is(v, JSON_OBJECT) ? -1 : failed(e, INVALID, "\"range\" needs bounds");
    c->kind = CLAUSE_RANGE;
    for (i = 0; i < ARRAY_LEN(bounds); i++) {
        bound = json_get(v, bounds[i]);
        if (json_type(bound) == JSON_NULL)
            bound = NULL;
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

static int parse_match_all(struct query *q, const char *kind, const struct json *v,
                           struct clause *c, struct err *e)
{
    static const char *const known[] = {"boost", NULL};

    (void)q;
    c->kind = str_eq(kind, "match_none") ? CLAUSE_NONE : CLAUSE_ALL;
    return query_members(v, known, kind, e);
}

int query_parse_leaf(struct query *q, const char *kind, const struct json *v, struct clause *c,
                     struct err *e)
{
    static const struct {
        const char *name;
        int (*parse)(struct query *q, const char *kind, const struct json *v, struct clause *c,
                     struct err *e);
    } kinds[] = {
        {"term", parse_term},
        {"terms", parse_term},
        {"ids", parse_ids},
        {"match", parse_match},
        {"match_phrase", parse_match},
        {"match_phrase_prefix", parse_match},
        {"multi_match", parse_words},
        {"query_string", parse_words},
        {"simple_query_string", parse_words},
        {"prefix", parse_prefix},
        {"wildcard", parse_prefix},
        {"exists", parse_exists},
        {"range", parse_range},
        {"match_all", parse_match_all},
        {"match_none", parse_match_all},
    };
    size_t i;

    c->kind = CLAUSE_TERMS;
    for (i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(kind, kinds[i].name))
            return kinds[i].parse(q, kind, v, c, e);
    return failed(
        e, INVALID,
        "\"%.40s\" is not a supported query: bool, term, terms, ids, match, match_phrase, "
        "multi_match, query_string, simple_query_string, prefix, wildcard, exists, range, "
        "nested, match_all",
        kind);
}
