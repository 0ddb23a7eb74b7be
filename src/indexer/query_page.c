/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of ids. Two plans: the best fit first, which walks the search table in the order of its
 * ranks and looks at the other conditions only until the page is full; and any other order, which
 * walks that order's index, or sorts what a rare condition finds.
 */
#include <string.h>

#include "base/must.h"
#include "indexer/query.h"

enum {
    WORDS_FEW = 1000, /* assets with the words: fewer are sorted, more looked up on a walk */
    RANKED_FIRST = 64,
    RANKED_MORE = 16
};

/* The words that every document found must have, and in *ret_rest what else is asked of it. */
static const struct clause *split(struct arena *a, const struct clause *where,
                                  const struct clause **ret_rest)
{
    const struct clause *words = NULL;
    const struct clause *c;
    struct clause *rest = arena_calloc(a, 1, sizeof(*rest));
    struct clause **end = &rest->children;

    rest->kind = CLAUSE_AND;
    if (where->kind == CLAUSE_WORDS) {
        *ret_rest = NULL;
        return where;
    }
    for (c = where->kind == CLAUSE_AND ? where->children : NULL; c; c = c->next) {
        if (c->kind == CLAUSE_WORDS && !words) {
            words = c;
        } else {
            *end = arena_memdup(a, c, sizeof(*c));
            (*end)->next = NULL;
            end = &(*end)->next;
        }
    }
    *ret_rest = rest->children ? rest : NULL;
    return words;
}

static void add(struct page *page, const struct query *q, int64_t id, int64_t score)
{
    if (!page->ids) {
        page->ids = arena_calloc(q->a, (size_t)q->size, sizeof(*page->ids));
        page->scores = arena_calloc(q->a, (size_t)q->size, sizeof(*page->scores));
    }
    page->ids[page->count] = id;
    page->scores[page->count++] = score;
}

static void write_order(struct query_sql *w, const struct query *q, size_t from)
{
    const struct field *f;
    size_t i;

    for (i = from; i < q->order_count; i++) {
        f = q->order[i].field;
        if (!f)
            continue;
        buf_printf(&w->text, "%s %s, ", f->column,
                   q->order[i].descending ? "DESC"
                                          : (f->kind == FIELD_REAL ? "ASC NULLS LAST" : "ASC"));
    }
}

static bool by_rank(const struct query *q)
{
    return q->order_count == 0 || !q->order[0].field;
}

/* Names weigh most: they were chosen to be found. In the order of the search table's columns. */
static void write_ranked(struct query_sql *w, const struct query *q, const struct clause *words,
                         int64_t limit)
{
    bool worst_first = q->order_count && !q->order[0].descending;

    buf_puts(&w->text, "SELECT asset_search.rowid AS id, CAST(bm25(asset_search, 10.0, 1.0, 4.0, "
                       "2.0, 4.0) * -1000000000 AS INTEGER) AS score FROM asset_search");
    if (q->order_count > 1)
        buf_puts(&w->text, " CROSS JOIN asset a ON a.id = asset_search.rowid");
    buf_puts(&w->text, " WHERE asset_search MATCH ");
    query_write_text(w, words->words);
    buf_printf(&w->text, " ORDER BY score %s, ", worst_first ? "ASC" : "DESC");
    write_order(w, q, 1);
    buf_puts(&w->text, "asset_search.rowid LIMIT ");
    query_write_int(w, limit);
}

/* Whether the asset meets the conditions of `check`, a statement whose last parameter is its id. */
static int meets(struct stmt *check, const struct query_sql *filter, int64_t id, bool *ret,
                 struct err *e)
{
    int r;

    query_bind(check, filter);
    bind_i64(check, id);
    r = stmt_step(check, e);
    *ret = r > 0;
    if (r > 0)
        r = stmt_step(check, e); /* ends it, so that it takes parameters again */
    return r;
}

/* *ret_seen is how many were looked at. */
static int walk_ranked(struct stmt *ranked, const struct query_sql *filter, const struct query *q,
                       struct page *ret, int64_t *ret_seen, struct err *e)
{
    int64_t skip = q->offset;
    struct sql sql;
    _stmt_ struct stmt *check = filter->text.len ? query_prepare(filter, &sql) : NULL;
    bool fits = true;
    int r;

    ret->count = 0;
    for (*ret_seen = 0; (int64_t)ret->count < q->size; ++*ret_seen) {
        r = stmt_step(ranked, e);
        if (r <= 0)
            return r;
        if (check && meets(check, filter, col_i64(ranked, "id"), &fits, e) < 0)
            return -1;
        if (fits && skip-- <= 0)
            add(ret, q, col_i64(ranked, "id"), col_i64(ranked, "score"));
    }
    return 0;
}

/*
 * The best `limit` are sorted much faster than all; where the other conditions leave too few of
 * them for a page, more are taken.
 */
static int page_by_rank(struct query_sql *w, const struct query *q, const struct page_plan *p,
                        struct page *ret, struct err *e)
{
    struct query_sql filter = {
        .db = w->db, .a = q->a, .text = BUF_INIT(QUERY_SQL_MAX), .at_hand = true};
    int64_t limit = RANKED_FIRST + (p->rest ? 4 : 1) * (q->offset + q->size);
    int64_t seen = 0;
    struct sql sql;
    int r = 0;

    if (p->rest) {
        buf_puts(&filter.text, "SELECT 1 AS one FROM asset a WHERE ");
        r = query_write_clause(&filter, p->rest, e);
        buf_printf(&filter.text, " AND a.id = ?%zu", filter.param_count + 1);
    }
    for (; r == 0; limit *= RANKED_MORE) {
        _stmt_ struct stmt *ranked = NULL;

        query_sql_reset(w);
        write_ranked(w, q, p->words, limit);
        ranked = query_prepare(w, &sql);
        query_bind(ranked, w);
        r = walk_ranked(ranked, &filter, q, ret, &seen, e);
        if ((int64_t)ret->count == q->size || seen < limit)
            break;
    }
    buf_done(&filter.text);
    return r;
}

static int are_few(struct query_sql *w, const struct clause *words, bool *ret, struct err *e)
{
    struct sql sql;
    int r;

    buf_puts(&w->text, "SELECT count(*) AS n FROM (SELECT 1 FROM asset_search WHERE asset_search "
                       "MATCH ");
    query_write_text(w, words->words);
    buf_puts(&w->text, " LIMIT ");
    query_write_int(w, WORDS_FEW);
    buf_puts(&w->text, ") t");
    {
        _stmt_ struct stmt *s = query_prepare(w, &sql);

        query_bind(s, w);
        r = stmt_step(s, e);
        if (r > 0)
            *ret = col_i64(s, "n") < WORDS_FEW;
    }
    query_sql_reset(w);
    return r < 0 ? -1 : 0;
}

static int write_sorted(struct query_sql *w, const struct query *q, const struct clause *words,
                        const struct clause *rest, struct err *e)
{
    bool few = true;

    if (words && are_few(w, words, &few, e) < 0)
        return -1;
    w->walked = q->order_count ? q->order[0].field : NULL;
    buf_puts(&w->text, "SELECT a.id AS id FROM asset a WHERE ");
    if (words) {
        if (!few)
            buf_putc(&w->text, '+');
        if (query_write_clause(w, words, e) < 0)
            return -1;
        if (rest)
            buf_puts(&w->text, " AND ");
    }
    if (rest && query_write_clause(w, rest, e) < 0)
        return -1;
    buf_puts(&w->text, " ORDER BY ");
    write_order(w, q, 0);
    /* In the last field's direction, so that one walk along an index gives the order. */
    buf_puts(&w->text, q->order_count && q->order[q->order_count - 1].field &&
                               q->order[q->order_count - 1].descending
                           ? "a.id DESC LIMIT "
                           : "a.id LIMIT ");
    query_write_int(w, q->size);
    buf_puts(&w->text, " OFFSET ");
    query_write_int(w, q->offset);
    return 0;
}

static int page_sorted(struct query_sql *w, const struct query *q, struct page *ret, struct err *e)
{
    struct sql sql;
    _stmt_ struct stmt *s = query_prepare(w, &sql);
    int r;

    query_bind(s, w);
    while ((r = stmt_step(s, e)) > 0)
        add(ret, q, col_i64(s, "id"), 0);
    return r;
}

void query_plan(const struct query *q, struct page_plan *ret)
{
    ret->words = split(q->a, q->where, &ret->rest);
    if (!ret->words)
        ret->rest = q->where;
    ret->ranked = ret->words && by_rank(q);
}

int query_write_page(struct query_sql *w, const struct query *q, const struct page_plan *p,
                     struct err *e)
{
    if (!p->ranked)
        return write_sorted(w, q, p->words, p->rest, e);
    write_ranked(w, q, p->words, q->size);
    return 0;
}

int query_page(struct db *db, const struct query *q, struct page *ret, struct err *e)
{
    struct query_sql w = {.db = db, .a = q->a, .text = BUF_INIT(QUERY_SQL_MAX)};
    struct page_plan plan;
    int r;

    *ret = (struct page){0};
    if (q->size == 0 || q->where->kind == CLAUSE_NONE)
        return 0;
    query_plan(q, &plan);
    r = query_write_page(&w, q, &plan, e);
    if (r == 0)
        r = plan.ranked ? page_by_rank(&w, q, &plan, ret, e) : page_sorted(&w, q, ret, e);
    buf_done(&w.text);
    return r;
}
