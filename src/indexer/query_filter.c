/* SPDX-License-Identifier: Apache-2.0 */
/* Typesense's filter_by: conditions on fields, joined by && and ||, in parentheses. */
#include <string.h>

#include "base/str.h"
#include "indexer/query.h"

struct filter {
    struct query *q;
    const char *p;
    int depth;
};

static void skip_space(struct filter *f)
{
    while (*f->p == ' ' || *f->p == '\t' || *f->p == '\n' || *f->p == '\r')
        f->p++;
}

static int wrong(const struct filter *f, struct err *e)
{
    return failed(
        e, INVALID,
        "filter_by: \"%.60s\" is not a condition of the form field:=value; conditions are "
        "joined by && and ||",
        f->p);
}

/* A value up to what may follow it; `quoted in backticks` it may hold anything else. */
static char *read_value(struct filter *f, const char *ends)
{
    const char *from;
    size_t n = 0;

    skip_space(f);
    from = f->p;
    if (*from == '`' && strchr(from + 1, '`')) {
        n = (size_t)(strchr(from + 1, '`') - from) - 1;
        f->p = from + n + 2;
        return arena_strndup(f->q->a, from + 1, n);
    }
    while (from[n] && !strchr(ends, from[n]) && strncmp(from + n, "&&", 2) != 0 &&
           strncmp(from + n, "||", 2) != 0)
        n++;
    f->p = from + n;
    while (n && from[n - 1] == ' ')
        n--;
    return arena_strndup(f->q->a, from, n);
}

static int add_value(struct filter *f, struct clause *c, const char *text, struct err *e)
{
    if (strlen(text) > FIELD_VALUE_MAX)
        return failed(e, INVALID, "filter_by: a value is longer than %d bytes", FIELD_VALUE_MAX);
    return query_value(f->q, c, str_lower(f->q->a, text), e);
}

static int set_bounds(struct filter *f, struct clause *c, const char *const bounds[4],
                      struct err *e)
{
    size_t i;

    c->kind = CLAUSE_RANGE;
    for (i = 0; i < 4; i++)
        if (query_value(f->q, c, bounds[i], e) < 0)
            return -1;
    return 0;
}

/* "a..b" among the values of a list becomes a range of its own. */
static int add_range(struct filter *f, const struct field *field, char *text, char *dots,
                     struct clause *parent, struct err *e)
{
    const char *bounds[4] = {text, NULL, dots + 2, NULL};
    struct clause *c;

    *dots = '\0';
    if (query_child(f->q, parent, CLAUSE_RANGE, &c, e) < 0)
        return -1;
    c->field = field;
    return set_bounds(f, c, bounds, e);
}

static bool is_numeric(const struct field *field)
{
    return field->kind == FIELD_INT || field->kind == FIELD_REAL || field->kind == FIELD_TIME;
}

/* [a, b, 1..5] behind its bracket, as an OR of values and ranges. */
static int read_list(struct filter *f, const struct field *field, struct clause *c, struct err *e)
{
    struct clause *values;
    char *text;
    char *dots;

    c->kind = CLAUSE_OR;
    if (query_child(f->q, c, CLAUSE_TERMS, &values, e) < 0)
        return -1;
    values->field = field;
    for (;;) {
        text = read_value(f, ",]");
        dots = is_numeric(field) ? strstr(text, "..") : NULL;
        if (dots) {
            if (add_range(f, field, text, dots, c, e) < 0)
                return -1;
        } else if (*text && add_value(f, values, text, e) < 0) {
            return -1;
        }
        skip_space(f);
        if (*f->p == ']')
            break;
        if (*f->p++ != ',')
            return failed(e, INVALID, "filter_by: a list is not closed with ]");
    }
    f->p++;
    return 0;
}

static int read_comparison(struct filter *f, struct clause *c, struct err *e)
{
    static const char *const operators[] = {">=", ">", "<=", "<"};
    const char *bounds[4] = {NULL};
    size_t i;

    for (i = 0; !str_starts(f->p, operators[i]);)
        i++;
    f->p += strlen(operators[i]);
    bounds[i] = read_value(f, ")");
    if (!*bounds[i])
        return failed(e, INVALID, "filter_by: a value is missing behind %s", operators[i]);
    return set_bounds(f, c, bounds, e);
}

/* What stands behind `field:`. Without = a text is looked for as words where the field has any. */
static int read_operand(struct filter *f, const struct field *field, struct clause *c,
                        struct err *e)
{
    bool exact = *f->p == '=';
    struct words_query w = {.language = WORDS_PLAIN, .all = true};
    char *text;

    c->field = field;
    if (*f->p == '<' || *f->p == '>')
        return read_comparison(f, c, e);
    f->p += exact;
    skip_space(f);
    if (*f->p == '[') {
        f->p++;
        return read_list(f, field, c, e);
    }
    text = read_value(f, ")");
    if (!*text)
        return failed(e, INVALID, "filter_by: a value is missing");
    if (!exact && field->words) {
        w.text = text;
        w.targets.fields[w.targets.count++] = field;
        return query_words(f->q, &w, c, e);
    }
    c->kind = CLAUSE_TERMS;
    return add_value(f, c, text, e);
}

static int read_condition(struct filter *f, struct clause *c, struct err *e)
{
    size_t n = strcspn(f->p, ":&|()[]");
    const struct field *field;
    const char *start = f->p;
    struct clause *inner = c;

    if (f->p[n] != ':' || n == 0)
        return wrong(f, e);
    f->p += n + 1;
    while (n && start[n - 1] == ' ')
        n--;
    if (query_field(arena_strndup(f->q->a, start, n), &field, e) < 0)
        return -1;
    skip_space(f);
    if (*f->p == '!') {
        f->p++;
        c->kind = CLAUSE_NOT;
        if (query_child(f->q, c, CLAUSE_ALL, &inner, e) < 0)
            return -1;
        if (*f->p != '=')
            return wrong(f, e);
    }
    return read_operand(f, field, inner, e);
}

static int read_any(struct filter *f, struct clause *c, struct err *e);

static int read_one(struct filter *f, struct clause *c, struct err *e)
{
    skip_space(f);
    if (*f->p != '(')
        return read_condition(f, c, e);
    if (++f->depth > QUERY_DEPTH_MAX)
        return failed(e, INVALID, "filter_by is nested deeper than %d", QUERY_DEPTH_MAX);
    f->p++;
    if (read_any(f, c, e) < 0)
        return -1;
    if (*f->p != ')')
        return failed(e, INVALID, "filter_by: a parenthesis is not closed");
    f->p++;
    f->depth--;
    return 0;
}

static int read_all(struct filter *f, struct clause *c, struct err *e)
{
    struct clause *one;

    c->kind = CLAUSE_AND;
    for (;;) {
        if (query_child(f->q, c, CLAUSE_ALL, &one, e) < 0 || read_one(f, one, e) < 0)
            return -1;
        skip_space(f);
        if (strncmp(f->p, "&&", 2) != 0)
            return 0;
        f->p += 2;
    }
}

/* && binds tighter than ||. */
static int read_any(struct filter *f, struct clause *c, struct err *e)
{
    struct clause *one;

    c->kind = CLAUSE_OR;
    for (;;) {
        if (query_child(f->q, c, CLAUSE_ALL, &one, e) < 0 || read_all(f, one, e) < 0)
            return -1;
        skip_space(f);
        if (strncmp(f->p, "||", 2) != 0)
            return 0;
        f->p += 2;
    }
}

int query_parse_filter(struct query *q, const char *text, struct clause *parent, struct err *e)
{
    struct filter f = {.q = q, .p = text};
    struct clause *c;

    skip_space(&f);
    if (!*f.p)
        return 0;
    if (query_child(q, parent, CLAUSE_ALL, &c, e) < 0 || read_any(&f, c, e) < 0)
        return -1;
    return *f.p ? wrong(&f, e) : 0;
}
