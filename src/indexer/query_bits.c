/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All documents found, as a set of bits: what is counted needs no order, and to walk an index into
 * a set is several times faster than to look at each asset.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "indexer/index.sql.h"
#include "indexer/query.h"

enum {
    LOOKED_AT = 8192,  /* assets: fewer are looked at one by one */
    REMEMBERED = 1000, /* smaller sets are read again */
    KEY_MAX = 2048     /* bytes; nor are sets of longer conditions remembered */
};

/* Sets live in the heap: those of a query's inner conditions go before the query does. */
static struct bits bits_new(size_t cap)
{
    return (struct bits){.set = xcalloc(cap / 8 + 1, 1), .cap = cap};
}

void bits_done(struct bits *b)
{
    free(b->set);
    *b = (struct bits){0};
}

static void add(struct bits *b, int64_t id)
{
    if (id < 0 || (size_t)id >= b->cap || bits_has(b, id))
        return;
    b->set[id / 8] |= (uint8_t)(1u << (id % 8));
    b->count++;
}

static void recount(struct bits *b)
{
    size_t i;

    for (i = 0, b->count = 0; i <= b->cap / 8; i++)
        b->count += (size_t)__builtin_popcount(b->set[i]);
}

enum join { JOIN_AND, JOIN_OR, JOIN_NOT };

static void join(struct bits *b, const struct bits *other, enum join how)
{
    size_t i;

    for (i = 0; i <= b->cap / 8; i++) {
        if (how == JOIN_AND)
            b->set[i] &= other->set[i];
        else if (how == JOIN_OR)
            b->set[i] |= other->set[i];
        else
            b->set[i] &= (uint8_t)~other->set[i];
    }
    recount(b);
}

/* Adds what the statement finds. */
static int fill(struct query_sql *w, struct bits *b, struct err *e)
{
    struct sql sql;
    _stmt_ struct stmt *s = query_prepare(w, &sql);
    int r;

    query_bind(s, w);
    while ((r = stmt_step(s, e)) > 0)
        add(b, col_i64(s, "id"));
    return r;
}

/* The statement with its parameters, as a key; false when that would be a long one. */
static bool write_key(const struct query_sql *w, struct buf *ret)
{
    const struct query_param *p;
    size_t i;

    buf_puts(ret, buf_str(&w->text));
    for (i = 0; i < w->param_count && !ret->full; i++) {
        p = &w->params[i];
        if (p->kind == PARAM_TEXT)
            buf_printf(ret, " %zu:%s", strlen(p->text), p->text);
        else if (p->kind == PARAM_INT)
            buf_printf(ret, " i%lld", (long long)p->i);
        else
            buf_printf(ret, " r%a", p->real);
    }
    return !ret->full;
}

/* The same, into an empty set. Markets ask with the same filters: large sets are remembered. */
static int fill_remembered(struct query_sql *w, struct bits *b, struct err *e)
{
    uint64_t generation = db_generation(w->db);
    _buf_ struct buf key = BUF_INIT(KEY_MAX);
    size_t size = b->cap / 8 + 1;

    if (!write_key(w, &key))
        return fill(w, b, e);
    if (db_recall(w->db, buf_str(&key), b->set, size)) {
        recount(b);
        return 0;
    }
    if (fill(w, b, e) < 0)
        return -1;
    if (b->count >= REMEMBERED)
        db_remember(w->db, generation, buf_str(&key), b->set, size);
    return 0;
}

static int fill_leaf(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e)
{
    query_sql_reset(w);
    if (c->kind == CLAUSE_WORDS) {
        buf_puts(&w->text, "SELECT rowid AS id FROM asset_search WHERE asset_search MATCH ");
        query_write_text(w, c->words);
        return fill(w, b, e);
    }
    return query_write_ids(w, c, e) < 0 ? -1 : fill_remembered(w, b, e);
}

static int fill_clause(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e);

/* The set of one condition. */
static int one(struct query_sql *w, const struct clause *c, size_t cap, struct bits *ret,
               struct err *e)
{
    *ret = bits_new(cap);
    if (fill_clause(w, c, ret, e) == 0)
        return 0;
    bits_done(ret);
    return -1;
}

static int fill_any(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e)
{
    const struct clause *child;

    for (child = c->children; child; child = child->next) {
        struct bits other;

        if (one(w, child, b->cap, &other, e) < 0)
            return -1;
        join(b, &other, JOIN_OR);
        bits_done(&other);
    }
    return 0;
}

/* `least` of the children: counts for each id. */
static int fill_least(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e)
{
    uint16_t *counts = arena_calloc(w->a, b->cap, sizeof(*counts));
    const struct clause *child;
    size_t id;

    for (child = c->children; child; child = child->next) {
        struct bits other;

        if (one(w, child, b->cap, &other, e) < 0)
            return -1;
        for (id = 0; id < b->cap; id++)
            counts[id] = (uint16_t)(counts[id] + bits_has(&other, (int64_t)id));
        bits_done(&other);
    }
    for (id = 0; id < b->cap; id++)
        if (counts[id] >= c->least)
            add(b, (int64_t)id);
    return 0;
}

/* Looks at each of few assets, whether it meets the remaining conditions. */
static int look(struct query_sql *w, const struct clause *rest, struct bits *b, struct err *e)
{
    struct clause all = {.kind = CLAUSE_AND, .children = (struct clause *)rest};
    struct sql sql;
    size_t id;
    int r;

    query_sql_reset(w);
    buf_puts(&w->text, "SELECT 1 AS one FROM asset a WHERE ");
    w->at_hand = true;
    r = query_write_clause(w, &all, e);
    w->at_hand = false;
    if (r < 0)
        return -1;
    buf_printf(&w->text, " AND a.id = ?%zu", w->param_count + 1);
    {
        _stmt_ struct stmt *s = query_prepare(w, &sql);

        for (id = 0; id < b->cap; id++) {
            if (!bits_has(b, (int64_t)id))
                continue;
            query_bind(s, w);
            bind_i64(s, (int64_t)id);
            if ((r = stmt_step(s, e)) < 0 || (r > 0 && stmt_step(s, e) < 0))
                return -1;
            if (r == 0)
                b->set[id / 8] &= (uint8_t) ~(1u << (id % 8));
        }
    }
    recount(b);
    return 0;
}

/* Narrows b, or fills it when it is the first. */
static int narrow(struct query_sql *w, const struct clause *c, bool first, struct bits *b,
                  struct err *e)
{
    struct clause any = {.kind = CLAUSE_OR, .least = 1, .children = c->children};
    bool without = c->kind == CLAUSE_NOT && !first;
    struct bits other;

    if (first)
        return fill_clause(w, c, b, e);
    if (one(w, without ? &any : c, b->cap, &other, e) < 0)
        return -1;
    join(b, &other, without ? JOIN_NOT : JOIN_AND);
    bits_done(&other);
    return 0;
}

/* Words first: they leave the fewest. */
static const struct clause *words_first(struct arena *a, const struct clause *c)
{
    struct clause *first = NULL;
    struct clause **first_end = &first;
    struct clause *others = NULL;
    struct clause **others_end = &others;

    for (c = c->children; c; c = c->next) {
        struct clause ***end = c->kind == CLAUSE_WORDS ? &first_end : &others_end;

        **end = arena_memdup(a, c, sizeof(*c));
        *end = &(**end)->next;
    }
    *others_end = NULL;
    *first_end = others;
    return first;
}

static int fill_all(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e)
{
    const struct clause *child = words_first(w->a, c);
    bool first = true;

    for (; child; child = child->next, first = false) {
        if (!first && b->count <= LOOKED_AT)
            return b->count ? look(w, child, b, e) : 0;
        if (narrow(w, child, first, b, e) < 0)
            return -1;
    }
    return 0;
}

static int fill_every(struct query_sql *w, struct bits *b, struct err *e)
{
    query_sql_reset(w);
    buf_puts(&w->text, "SELECT id FROM asset");
    return fill_remembered(w, b, e);
}

static int fill_clause(struct query_sql *w, const struct clause *c, struct bits *b, struct err *e)
{
    switch (c->kind) {
    case CLAUSE_ALL:
        return fill_every(w, b, e);
    case CLAUSE_NONE:
        return 0;
    case CLAUSE_AND:
        return fill_all(w, c, b, e);
    case CLAUSE_OR:
        return c->least == 1 ? fill_any(w, c, b, e) : fill_least(w, c, b, e);
    case CLAUSE_NOT:
        return fill_every(w, b, e) < 0 ? -1 : narrow(w, c, false, b, e);
    case CLAUSE_TERMS:
    case CLAUSE_PREFIX:
    case CLAUSE_RANGE:
    case CLAUSE_EXISTS:
    case CLAUSE_WORDS:
        return fill_leaf(w, c, b, e);
    }
    return 0;
}

static int read_int(struct db *db, const struct sql *sql, const char *column, size_t *ret,
                    struct err *e)
{
    _stmt_ struct stmt *s = db_query(db, sql);

    if (stmt_step(s, e) < 0)
        return -1;
    *ret = (size_t)col_i64(s, column);
    return 0;
}

int query_bits(struct db *db, struct arena *a, const struct clause *where, struct bits *ret,
               struct err *e)
{
    struct query_sql w = {.db = db, .a = a, .text = BUF_INIT(QUERY_SQL_MAX)};
    size_t newest;
    int r;

    if (read_int(db, &sql_asset_newest, "id", &newest, e) < 0)
        return -1;
    if (where->kind != CLAUSE_ALL) {
        r = one(&w, where, newest + 1, ret, e);
        buf_done(&w.text);
        return r;
    }
    *ret = bits_new(newest + 1);
    memset(ret->set, 0xff, ret->cap / 8 + 1);
    ret->every = true;
    if (read_int(db, &sql_asset_count, "n", &ret->count, e) == 0)
        return 0;
    bits_done(ret);
    return -1;
}
