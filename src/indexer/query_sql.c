/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions as SQL. Only names from our own tables enter the text; all that was typed is bound.
 *
 * The planner has no statistics, so it is told what is rare: a condition that few assets meet
 * becomes a list of ids to start from, any other a look at the asset at hand (the `+` keeps its
 * index out of the plan).
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "indexer/index.sql.h"
#include "indexer/query.h"

/* A condition that fewer assets meet than this is the start of a plan. */
enum { RARE = 2000 };

static void add_param(struct query_sql *w, struct query_param p)
{
    struct query_param *more;

    if (w->param_count == w->param_cap) {
        w->param_cap = w->param_cap ? 2 * w->param_cap : 32;
        more = arena_calloc(w->a, w->param_cap, sizeof(*more));
        if (w->param_count)
            memcpy(more, w->params, w->param_count * sizeof(*more));
        w->params = more;
    }
    w->params[w->param_count++] = p;
    buf_printf(&w->text, "?%zu", w->param_count);
}

void query_write_text(struct query_sql *w, const char *text)
{
    add_param(w, (struct query_param){.kind = PARAM_TEXT, .text = text});
}

void query_write_int(struct query_sql *w, int64_t i)
{
    add_param(w, (struct query_param){.kind = PARAM_INT, .i = i});
}

void query_sql_reset(struct query_sql *w)
{
    buf_reset(&w->text);
    w->param_count = 0;
}

struct stmt *query_prepare(const struct query_sql *w, struct sql *sql)
{
    must(!w->text.full);
    *sql = (struct sql){"index_query", buf_str(&w->text)};
    return db_query_once(w->db, sql);
}

void query_bind(struct stmt *s, const struct query_sql *w)
{
    const struct query_param *p;
    size_t i;

    for (i = 0; i < w->param_count; i++) {
        p = &w->params[i];
        if (p->kind == PARAM_TEXT)
            bind_text(s, p->text);
        else if (p->kind == PARAM_INT)
            bind_i64(s, p->i);
        else
            bind_real(s, p->real);
    }
}

/* Contracts and clients write times as 2024-01-31T12:00:00Z, or the beginning of that. */
static bool is_time(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits == 4 && (text[4] == '-' || !text[4]);
}

static char *upper(struct arena *a, const char *text)
{
    char *s = arena_strdup(a, text);
    char *c;

    for (c = s; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return s;
}

/* A value for the column's type; false when no row can have such a value. */
static bool value_for(struct query_sql *w, const struct field *f, const char *text,
                      struct query_param *ret)
{
    char *end;

    switch (f->kind) {
    case FIELD_TIME: /* values came in lower case */
        *ret = (struct query_param){.kind = PARAM_TEXT, .text = upper(w->a, text)};
        return is_time(text);
    case FIELD_INT:
        *ret = (struct query_param){.kind = PARAM_INT, .i = strtoll(text, &end, 10)};
        if (*text && !*end)
            return true;
        break; /* a fraction may bound it */
    case FIELD_REAL:
        break;
    case FIELD_TEXT:
    case FIELD_KEY:
    case FIELD_WORDS:
    case FIELD_ABSENT:
    case FIELD_EVERY:
        *ret = (struct query_param){.kind = PARAM_TEXT, .text = text};
        return true;
    }
    *ret = (struct query_param){.kind = PARAM_REAL, .real = strtod(text, &end)};
    return *text && !*end && isfinite(ret->real);
}

static void write_values(struct query_sql *w, const struct clause *c)
{
    struct query_param p;
    size_t written = 0;
    size_t i;

    buf_puts(&w->text, " IN (");
    for (i = 0; i < c->value_count; i++) {
        if (!value_for(w, c->field, c->values[i], &p))
            continue;
        if (written++)
            buf_putc(&w->text, ',');
        add_param(w, p);
    }
    buf_puts(&w->text, written ? ")" : "NULL)");
}

static int write_bounds(struct query_sql *w, const struct clause *c, const char *plus,
                        struct err *e)
{
    static const char *const operators[] = {">=", ">", "<=", "<"};
    struct query_param p;
    size_t i;

    buf_printf(&w->text, "%s%s IS NOT NULL", plus, c->field->column);
    for (i = 0; i < c->value_count; i++) {
        if (!c->values[i])
            continue;
        if (!value_for(w, c->field, c->values[i], &p))
            return failed(e, INVALID, "\"%.40s\" is no bound for \"%s\"", c->values[i],
                          c->field->path);
        buf_printf(&w->text, " AND %s%s %s ", plus, c->field->column, operators[i]);
        add_param(w, p);
    }
    return 0;
}

/* U+10FFFF: behind all that begins so. */
static void write_beginning(struct query_sql *w, const char *column, const char *text)
{
    buf_printf(&w->text, "%s >= ", column);
    query_write_text(w, text);
    buf_printf(&w->text, " AND %s < ", column);
    query_write_text(w, arena_printf(w->a, "%s\xf4\x8f\xbf\xbf", text));
}

/* The condition on a column of asset a; `plus` is "+" to keep an index out of the plan. */
static int write_column(struct query_sql *w, const struct clause *c, const char *plus,
                        struct err *e)
{
    enum field_kind kind = c->field->kind;

    switch ((int)c->kind) {
    case CLAUSE_TERMS:
        buf_printf(&w->text, "%s%s", plus, c->field->column);
        write_values(w, c);
        return 0;
    case CLAUSE_RANGE:
        return write_bounds(w, c, plus, e);
    case CLAUSE_PREFIX:
        if (kind == FIELD_INT || kind == FIELD_REAL)
            return failed(e, INVALID, "\"%s\" is a number, it has no beginning", c->field->path);
        write_beginning(w, c->field->column, c->values[0]);
        return 0;
    default: /* CLAUSE_EXISTS */
        buf_printf(&w->text,
                   kind == FIELD_INT || kind == FIELD_REAL ? "%s IS NOT NULL" : "%s <> ''",
                   c->field->column);
        return 0;
    }
}

/* The condition on rows of asset_term. */
static int write_term(struct query_sql *w, const struct clause *c, struct err *e)
{
    buf_puts(&w->text, "field = ");
    query_write_int(w, c->field->id);
    switch ((int)c->kind) {
    case CLAUSE_TERMS:
        buf_puts(&w->text, " AND value");
        write_values(w, c);
        return 0;
    case CLAUSE_PREFIX:
        buf_puts(&w->text, " AND ");
        write_beginning(w, "value", c->values[0]);
        return 0;
    case CLAUSE_RANGE:
        return failed(e, INVALID, "\"%s\" has no order to take a range of", c->field->path);
    default: /* CLAUSE_EXISTS */
        return 0;
    }
}

static int write_direct(struct query_sql *w, const struct clause *c, struct err *e)
{
    return c->field->column ? write_column(w, c, "", e) : write_term(w, c, e);
}

/* Whether fewer than RARE assets meet a condition that has an index. */
static int is_rare(struct query_sql *w, const struct clause *c, bool *ret, struct err *e)
{
    struct query_sql count = {.db = w->db, .a = w->a, .text = BUF_INIT(QUERY_SQL_MAX)};
    struct sql sql;
    int r = -1;

    buf_printf(&count.text, "SELECT count(*) AS n FROM (SELECT 1 FROM %s WHERE ",
               c->field->column ? "asset a" : "asset_term");
    if (write_direct(&count, c, e) == 0) {
        buf_puts(&count.text, " LIMIT ");
        query_write_int(&count, RARE);
        buf_puts(&count.text, ") t");
        {
            _stmt_ struct stmt *q = query_prepare(&count, &sql);

            query_bind(q, &count);
            r = stmt_step(q, e);
            if (r > 0)
                *ret = col_i64(q, "n") < RARE;
        }
    }
    buf_done(&count.text);
    return r < 0 ? -1 : 0;
}

static int write_column_clause(struct query_sql *w, const struct clause *c, struct err *e)
{
    bool number = c->field->kind == FIELD_INT || c->field->kind == FIELD_REAL;
    bool rare = true;

    if (w->at_hand)
        return write_column(w, c, "+", e);
    /* Other values name one asset or few. */
    if (c->field == w->walked || c->kind == CLAUSE_EXISTS || (c->kind == CLAUSE_TERMS && !number) ||
        c->kind == CLAUSE_PREFIX)
        return write_column(w, c, "", e);
    if (is_rare(w, c, &rare, e) < 0)
        return -1;
    if (!rare)
        return write_column(w, c, "+", e);
    buf_puts(&w->text, "a.id IN (SELECT a.id FROM asset a WHERE ");
    if (write_column(w, c, "", e) < 0)
        return -1;
    buf_putc(&w->text, ')');
    return 0;
}

static int write_field_clause(struct query_sql *w, const struct clause *c, struct err *e)
{
    bool rare = false;

    if (c->field->column)
        return write_column_clause(w, c, e);
    if (c->field->kind == FIELD_WORDS) {
        if (c->kind != CLAUSE_EXISTS)
            return failed(e, INVALID, "\"%s\" can only be searched for words", c->field->path);
        buf_printf(&w->text, "EXISTS (SELECT 1 FROM asset_text t WHERE t.id = a.id AND t.%s <> '')",
                   c->field->words);
        return 0;
    }
    if (!w->at_hand && c->kind == CLAUSE_PREFIX)
        rare = true;
    else if (!w->at_hand && is_rare(w, c, &rare, e) < 0)
        return -1;
    buf_puts(&w->text, rare ? "a.id IN (SELECT asset FROM asset_term WHERE "
                            : "EXISTS (SELECT 1 FROM asset_term WHERE asset = a.id AND ");
    if (write_term(w, c, e) < 0)
        return -1;
    buf_putc(&w->text, ')');
    return 0;
}

static int write_children(struct query_sql *w, const struct clause *c, const char *join,
                          struct err *e)
{
    const struct clause *child;

    for (child = c->children; child; child = child->next) {
        buf_puts(&w->text, child == c->children ? "(" : join);
        if (query_write_clause(w, child, e) < 0)
            return -1;
    }
    buf_putc(&w->text, ')');
    return 0;
}

static int write_least(struct query_sql *w, const struct clause *c, struct err *e)
{
    buf_puts(&w->text, "CASE WHEN ");
    if (write_children(w, c, ") THEN 1 ELSE 0 END + CASE WHEN (", e) < 0)
        return -1;
    buf_printf(&w->text, " THEN 1 ELSE 0 END >= %zu", c->least);
    return 0;
}

int query_write_clause(struct query_sql *w, const struct clause *c, struct err *e)
{
    switch (c->kind) {
    case CLAUSE_ALL:
    case CLAUSE_NONE:
        buf_puts(&w->text, c->kind == CLAUSE_ALL ? "1 = 1" : "1 = 0");
        return 0;
    case CLAUSE_WORDS:
        buf_puts(&w->text, w->at_hand ? "EXISTS (SELECT 1 FROM asset_search WHERE rowid = a.id AND "
                                        "asset_search MATCH "
                                      : "a.id IN (SELECT rowid FROM asset_search WHERE "
                                        "asset_search MATCH ");
        query_write_text(w, c->words);
        buf_putc(&w->text, ')');
        return 0;
    case CLAUSE_AND:
        return write_children(w, c, ") AND (", e);
    case CLAUSE_OR:
        return c->least == 1 ? write_children(w, c, ") OR (", e) : write_least(w, c, e);
    case CLAUSE_NOT: /* also where a value is missing */
        buf_puts(&w->text, "(");
        if (write_children(w, c, ") OR (", e) < 0)
            return -1;
        buf_puts(&w->text, ") IS NOT TRUE");
        return 0;
    case CLAUSE_TERMS:
    case CLAUSE_PREFIX:
    case CLAUSE_RANGE:
    case CLAUSE_EXISTS:
        return write_field_clause(w, c, e);
    }
    return 0;
}

int query_write_ids(struct query_sql *w, const struct clause *c, struct err *e)
{
    if (c->field->column || c->field->kind == FIELD_WORDS) {
        buf_puts(&w->text, "SELECT a.id AS id FROM asset a WHERE ");
        return c->field->column ? write_column(w, c, "", e) : write_field_clause(w, c, e);
    }
    buf_puts(&w->text, "SELECT asset AS id FROM asset_term WHERE ");
    return write_term(w, c, e);
}
