/* SPDX-License-Identifier: Apache-2.0 */
/* Typesense's query language: q, filter_by, sort_by, num_hits, start. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

static char *trimmed(struct arena *a, const char *s, size_t n)
{
    while (n && *s == ' ') {
        s++;
        n--;
    }
    while (n && s[n - 1] == ' ')
        n--;
    if (n > 1 && s[0] == '`' && s[n - 1] == '`') { /* how Typesense quotes */
        s++;
        n -= 2;
    }
    return arena_strndup(a, s, n);
}

/* Appends a condition to the children of q->where. */
static int add(struct query *q, struct clause *parent, struct clause **ret, struct err *e)
{
    struct clause **end = &parent->children;

    while (*end)
        end = &(*end)->next;
    if (query_clause(q, end, e) < 0)
        return -1;
    *ret = *end;
    return 0;
}

/* "a" or "[a,b]" */
static int parse_values(struct query *q, struct clause *c, const char *text, struct err *e)
{
    const char *rest = text;
    size_t n = strlen(text);
    char *part;

    if (n < 2 || text[0] != '[' || text[n - 1] != ']')
        return query_value(q, c, str_lower(q->a, text), e);
    rest = arena_strndup(q->a, text + 1, n - 2);
    while ((part = str_next(q->a, &rest, ',')))
        if (query_value(q, c, str_lower(q->a, trimmed(q->a, part, strlen(part))), e) < 0)
            return -1;
    return 0;
}

static int parse_bound(struct query *q, struct clause *c, size_t which, const char *text,
                       struct err *e)
{
    size_t i;

    c->kind = CLAUSE_RANGE;
    for (i = 0; i < 4; i++)
        if (query_value(q, c, i == which ? text : NULL, e) < 0)
            return -1;
    return 0;
}

/* field:=value, field:!=value, field:value, field:>=1 ... */
static int parse_condition(struct query *q, const char *text, struct err *e)
{
    static const char *const bounds[] = {">=", ">", "<=", "<"};
    const char *colon = strchr(text, ':');
    struct clause *c;
    const char *value;
    size_t i;

    if (!colon || strpbrk(text, "()|"))
        return failed(e, INVALID,
                      "filter_by: \"%.60s\" is not a condition of the form field:=value; "
                      "conditions are joined by &&",
                      text);
    if (add(q, q->where, &c, e) < 0)
        return -1;
    value = trimmed(q->a, colon + 1, strlen(colon + 1));
    if (str_starts(value, "!=")) {
        c->kind = CLAUSE_NOT;
        value += 2;
        if (add(q, c, &c, e) < 0)
            return -1;
    } else if (*value == '=') {
        value++;
    }
    if (query_field(trimmed(q->a, text, (size_t)(colon - text)), &c->field, e) < 0)
        return -1;
    c->kind = CLAUSE_TERMS;
    for (i = 0; i < ARRAY_LEN(bounds); i++)
        if (str_starts(value, bounds[i])) {
            value += strlen(bounds[i]);
            return parse_bound(q, c, i, trimmed(q->a, value, strlen(value)), e);
        }
    return parse_values(q, c, trimmed(q->a, value, strlen(value)), e);
}

static int parse_filter(struct query *q, const char *text, struct err *e)
{
    const char *end;
    char *part;

    for (; *text; text = *end ? end + 2 : end) {
        end = strstr(text, "&&");
        if (!end)
            end = text + strlen(text);
        part = trimmed(q->a, text, (size_t)(end - text));
        if (*part && parse_condition(q, part, e) < 0)
            return -1;
    }
    return 0;
}

/* "field:desc,other:asc" */
static int parse_sort(struct query *q, const char *text, struct err *e)
{
    char *part;
    char *colon;

    while ((part = str_next(q->a, &text, ','))) {
        part = trimmed(q->a, part, strlen(part));
        colon = strchr(part, ':');
        if (colon)
            *colon++ = '\0';
        if (*part && query_order(q, part, colon ? colon : "asc", e) < 0)
            return -1;
    }
    return 0;
}

static int text_of(const struct json *body, const char *key, const char **ret, struct err *e)
{
    const struct json *v = json_get(body, key);

    if (v && !json_is(v, JSON_STRING) && !json_is(v, JSON_NULL))
        return failed(e, INVALID, "\"%s\" must be a text", key);
    *ret = json_str(v, "");
    return 0;
}

int query_parse_typesense(struct query *q, const struct json *body, struct err *e)
{
    const char *words;
    const char *filter;
    const char *sort;
    struct clause *c;

    q->size = 10;
    if (query_int(body, "num_hits", &q->size, e) < 0 ||
        query_int(body, "per_page", &q->size, e) < 0 || query_int(body, "start", &q->page, e) < 0 ||
        query_int(body, "page", &q->page, e) < 0)
        return -1;
    if (text_of(body, "q", &words, e) < 0 || text_of(body, "filter_by", &filter, e) < 0 ||
        text_of(body, "sort_by", &sort, e) < 0)
        return -1;
    if (query_clause(q, &q->where, e) < 0)
        return -1;
    q->where->kind = CLAUSE_AND;
    if (add(q, q->where, &c, e) < 0 || query_words(q, c, words, false, e) < 0)
        return -1;
    if (parse_filter(q, filter, e) < 0)
        return -1;
    return parse_sort(q, sort, e);
}
