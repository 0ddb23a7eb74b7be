/* SPDX-License-Identifier: Apache-2.0 */
/* Typesense's query language: the body. query_filter.c has filter_by. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

/* What changes only scores, marks, or how much more than was typed is found. */
#define HARMLESS                                                                                   \
    "query_by_weights", "num_typos", "min_len_1typo", "min_len_2typo", "typo_tokens_threshold",    \
        "drop_tokens_threshold", "split_join_tokens", "exhaustive_search", "use_cache",            \
        "prioritize_exact_match", "prioritize_token_position", "text_match_type",                  \
        "pre_segmented_query", "highlight_fields", "highlight_full_fields",                        \
        "highlight_affix_num_tokens", "highlight_start_tag", "highlight_end_tag",                  \
        "snippet_threshold", "enable_overrides", "search_cutoff_ms", "max_candidates",             \
        "collection"

/* A text, or an array of texts, as a text with commas. */
static int text_of(struct query *q, const char *key, const char **ret, struct err *e)
{
    const struct json *v = json_get(q->body, key);
    const char *text = "";
    size_t i;

    if (json_type(v) != JSON_NULL && !json_is(v, JSON_STRING) && !json_is(v, JSON_ARRAY))
        return failed(e, INVALID, "\"%s\" must be a text", key);
    for (i = 0; i < json_len(v); i++) {
        if (!json_is(json_at(v, i), JSON_STRING) || json_len(v) > QUERY_TARGETS_MAX)
            return failed(e, INVALID, "\"%s\" must be a text or at most %d texts", key,
                          QUERY_TARGETS_MAX);
        text = arena_printf(q->a, "%s%s%s", text, i ? "," : "", json_str(json_at(v, i), ""));
    }
    *ret = json_str(v, text);
    return 0;
}

/* The next of several texts joined by commas, without blanks around it; NULL behind the last. */
static char *next_part(struct query *q, const char **rest)
{
    char *part;
    size_t n;

    do {
        part = str_next(q->a, rest, ',');
        if (!part)
            return NULL;
        part += strspn(part, " ");
        for (n = strlen(part); n && part[n - 1] == ' ';)
            part[--n] = '\0';
    } while (!*part);
    return part;
}

/* "field:desc,other(missing_values: last):asc" */
static int parse_sort(struct query *q, const char *text, struct err *e)
{
    char *part;
    char *colon;
    char *option;

    while ((part = next_part(q, &text))) {
        colon = strrchr(part, ':');
        if (colon)
            *colon++ = '\0';
        option = strchr(part, '(');
        if (option)
            *option = '\0';
        if (query_order(q, part, colon ? colon : "asc", e) < 0)
            return -1;
    }
    return 0;
}

/* false, "false,false": no word may be only the beginning of one. */
static bool wants_prefix(const struct json *v)
{
    if (json_is(v, JSON_ARRAY))
        v = json_at(v, 0);
    return !(json_is(v, JSON_BOOL) && !json_bool(v, true)) && !str_starts(json_str(v, ""), "false");
}

static int parse_words(struct query *q, const char *fields, struct err *e)
{
    struct words_query w = {.language = WORDS_TYPESENSE, .all = true};
    struct clause *c;
    const char *part;

    if (text_of(q, "q", &w.text, e) < 0)
        return -1;
    while ((part = next_part(q, &fields)))
        if (query_target(&w.targets, part, e) < 0)
            return -1;
    if (!w.text[strspn(w.text, " *")])
        return 0;
    w.last_prefix = wants_prefix(json_get(q->body, "prefix"));
    if (query_child(q, q->where, CLAUSE_ALL, &c, e) < 0)
        return -1;
    return query_words(q, &w, c, e);
}

/* num_hits and start are Ocean Node's names; start counts pages from 1, and 0 is the first too. */
static int parse_page(struct query *q, struct err *e)
{
    int64_t page = 0;
    int64_t size = 10;
    int64_t offset = -1;

    if (query_int(q->body, "num_hits", &size, e) < 0 ||
        query_int(q->body, "per_page", &size, e) < 0 || query_int(q->body, "limit", &size, e) < 0 ||
        query_int(q->body, "start", &page, e) < 0 || query_int(q->body, "page", &page, e) < 0 ||
        query_int(q->body, "offset", &offset, e) < 0)
        return -1;
    q->size = size > INDEX_QUERY_MAX ? INDEX_QUERY_MAX : size;
    q->offset = offset >= 0 ? offset : (page ? page - 1 : 0) * q->size;
    return 0;
}

static int paths(struct query *q, const char *key, const struct json **ret, struct err *e)
{
    struct json *list = json_new_array(q->a);
    const char *text;
    const char *part;

    if (text_of(q, key, &text, e) < 0)
        return -1;
    while ((part = next_part(q, &text)))
        json_push(q->a, list, json_new_str(q->a, part));
    if (json_len(list))
        *ret = list;
    return 0;
}

int query_parse_typesense(struct query *q, const struct json *body, struct err *e)
{
    static const char *const known[] = {
        "q",        "query_by",       "filter_by",      "sort_by", "num_hits", "start",
        "per_page", "page",           "limit",          "offset",  "facet_by", "max_facet_values",
        "prefix",   "include_fields", "exclude_fields", HARMLESS,  NULL};
    const char *fields;
    const char *filter;
    const char *sort;
    const char *facets;
    int64_t values = 10;

    if (query_members(body, known, "a query", e) < 0 || parse_page(q, e) < 0 ||
        query_clause(q, CLAUSE_AND, &q->where, e) < 0)
        return -1;
    if (text_of(q, "query_by", &fields, e) < 0 || text_of(q, "filter_by", &filter, e) < 0 ||
        text_of(q, "sort_by", &sort, e) < 0 || text_of(q, "facet_by", &facets, e) < 0)
        return -1;
    if (parse_words(q, fields, e) < 0 || query_parse_filter(q, filter, q->where, e) < 0 ||
        parse_sort(q, sort, e) < 0)
        return -1;
    if (paths(q, "include_fields", &q->include, e) < 0 ||
        paths(q, "exclude_fields", &q->exclude, e) < 0)
        return -1;
    if (query_int(body, "max_facet_values", &values, e) < 0)
        return -1;
    return query_parse_facets(q, facets, values, e);
}
