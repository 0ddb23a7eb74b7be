/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form that the planner expects: constants folded, groups in groups opened, and words that
 * stand beside each other joined, because the search table answers one expression much faster
 * than SQL joins the answers of several.
 */
#include <string.h>

#include "base/must.h"
#include "indexer/query.h"

enum { EXPRESSION_MAX = 16384, CHOICES_MAX = 64 };

static void constant(struct clause *c, bool all)
{
    c->kind = all ? CLAUSE_ALL : CLAUSE_NONE;
    c->children = NULL;
}

static size_t count_children(const struct clause *c)
{
    size_t n = 0;

    for (c = c->children; c; c = c->next)
        n++;
    return n;
}

/* Puts the children of groups of the same kind in the groups' place. */
static void flatten(struct clause *c)
{
    struct clause **at = &c->children;
    struct clause *inner;
    struct clause *end;

    while ((inner = *at)) {
        if (inner->kind != c->kind || !inner->children ||
            (c->kind == CLAUSE_OR && (c->least != 1 || inner->least != 1))) {
            at = &inner->next;
            continue;
        }
        for (end = inner->children; end->next;)
            end = end->next;
        end->next = inner->next;
        *at = inner->children;
    }
}

/* Takes away children of a kind; how many there were. */
static size_t drop(struct clause *c, enum clause_kind kind)
{
    struct clause **at = &c->children;
    size_t n = 0;

    while (*at) {
        if ((*at)->kind == kind) {
            *at = (*at)->next;
            n++;
        } else {
            at = &(*at)->next;
        }
    }
    return n;
}

/* Joins the children that are words into the first of them; left as they are when too long. */
static void join_words(struct query *q, struct clause *c, const char *joint)
{
    _buf_ struct buf b = BUF_INIT(EXPRESSION_MAX);
    struct clause *first = NULL;
    struct clause *child;
    size_t n = 0;

    for (child = c->children; child; child = child->next) {
        if (child->kind != CLAUSE_WORDS)
            continue;
        if (!first)
            first = child;
        buf_printf(&b, "%s(%s)", n++ ? joint : "", child->words);
    }
    if (n < 2 || b.full)
        return;
    first->words = arena_strdup(q->a, buf_str(&b));
    while (first->next) {
        struct clause **at = &first->next;

        while (*at && (*at)->kind != CLAUSE_WORDS)
            at = &(*at)->next;
        if (!*at)
            return;
        *at = (*at)->next;
    }
}

/* The only child takes the group's place. */
static void unwrap(struct clause *c)
{
    struct clause *next = c->next;

    *c = *c->children;
    c->next = next;
}

static size_t choices(size_t n, size_t k)
{
    size_t r = 1;
    size_t i;

    for (i = 1; i <= k; i++) {
        r = r * (n - k + i) / i;
        if (r > CHOICES_MAX)
            return r;
    }
    return r;
}

/* The next way to take k of n, as ascending numbers; false behind the last. */
static bool next_choice(size_t *taken, size_t n, size_t k)
{
    size_t i = k;

    while (i-- > 0)
        if (taken[i] < n - k + i) {
            for (taken[i]++; ++i < k;)
                taken[i] = taken[i - 1] + 1;
            return true;
        }
    return false;
}

/* `least` of several words, written out as every way to take as many. */
static void write_choices(struct query *q, struct clause *c, size_t n)
{
    _buf_ struct buf b = BUF_INIT(EXPRESSION_MAX);
    const char **words = arena_calloc(q->a, n, sizeof(*words));
    size_t *taken = arena_calloc(q->a, c->least, sizeof(*taken));
    struct clause *child;
    size_t i;

    for (child = c->children, i = 0; child; child = child->next) {
        if (child->kind != CLAUSE_WORDS)
            return;
        words[i++] = child->words;
    }
    if (choices(n, c->least) > CHOICES_MAX)
        return;
    for (i = 0; i < c->least; i++)
        taken[i] = i;
    do {
        buf_puts(&b, b.len ? " OR (" : "(");
        for (i = 0; i < c->least; i++)
            buf_printf(&b, "%s(%s)", i ? " AND " : "", words[taken[i]]);
        buf_putc(&b, ')');
    } while (next_choice(taken, n, c->least));
    if (b.full)
        return;
    c->kind = CLAUSE_WORDS;
    c->words = arena_strdup(q->a, buf_str(&b));
    c->children = NULL;
}

static void simplify_and(struct query *q, struct clause *c)
{
    (void)drop(c, CLAUSE_ALL);
    if (drop(c, CLAUSE_NONE)) {
        constant(c, false);
        return;
    }
    flatten(c);
    join_words(q, c, " AND ");
    if (!c->children)
        constant(c, true);
    else if (!c->children->next)
        unwrap(c);
}

static void simplify_or(struct query *q, struct clause *c)
{
    size_t all = drop(c, CLAUSE_ALL);
    size_t n;

    (void)drop(c, CLAUSE_NONE);
    n = count_children(c);
    if (c->least <= all) {
        constant(c, true);
        return;
    }
    c->least -= all;
    if (n < c->least) {
        constant(c, false);
    } else if (n == c->least) {
        c->kind = CLAUSE_AND;
        simplify_and(q, c);
    } else if (c->least == 1) {
        flatten(c);
        join_words(q, c, " OR ");
        if (!c->children->next)
            unwrap(c);
    } else {
        write_choices(q, c, n);
    }
}

static void simplify_not(struct clause *c)
{
    (void)drop(c, CLAUSE_NONE);
    if (drop(c, CLAUSE_ALL))
        constant(c, false);
    else if (!c->children)
        constant(c, true);
}

static void simplify_leaf(struct clause *c)
{
    if (!c->field)
        return;
    if (c->field->kind == FIELD_EVERY)
        constant(c, true);
    else if (c->field->kind == FIELD_ABSENT || (c->kind == CLAUSE_TERMS && c->value_count == 0))
        constant(c, false);
}

static void simplify(struct query *q, struct clause *c)
{
    struct clause *child;

    for (child = c->children; child; child = child->next)
        simplify(q, child);
    switch (c->kind) {
    case CLAUSE_AND:
        simplify_and(q, c);
        return;
    case CLAUSE_OR:
        simplify_or(q, c);
        return;
    case CLAUSE_NOT:
        simplify_not(c);
        return;
    case CLAUSE_ALL:
    case CLAUSE_NONE:
    case CLAUSE_WORDS:
        return;
    case CLAUSE_TERMS:
    case CLAUSE_PREFIX:
    case CLAUSE_RANGE:
    case CLAUSE_EXISTS:
        simplify_leaf(c);
        return;
    }
}

static size_t count_leaves(const struct clause *c)
{
    const struct clause *child;
    size_t n = c->children == NULL;

    for (child = c->children; child; child = child->next)
        n += count_leaves(child);
    return n;
}

int query_simplify(struct query *q, struct err *e)
{
    simplify(q, q->where);
    if (count_leaves(q->where) > QUERY_CONDITIONS_MAX)
        return failed(e, INVALID, "the query has more than %d conditions", QUERY_CONDITIONS_MAX);
    return 0;
}
