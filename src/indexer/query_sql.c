/* SPDX-License-Identifier: Apache-2.0 */
/* A query as SQL. Only names from our own tables enter the text; all that was typed is bound. */
#include <stdlib.h>

#include "base/must.h"
#include "base/str.h"
#include "indexer/index.sql.h"
#include "indexer/query.h"

/* A value that fewer assets have than this is the start of a plan; others are looked at last. */
enum { RARE = 2000 };

static void add_param(struct query_sql *w, struct query_param p)
{
    must(w->param_count < ARRAY_LEN(w->params));
    w->params[w->param_count++] = p;
    buf_printf(&w->text, "?%zu", w->param_count);
}

static void add_text(struct query_sql *w, const char *text)
{
    add_param(w, (struct query_param){.kind = PARAM_TEXT, .text = text});
}

static void add_int(struct query_sql *w, int64_t i)
{
    add_param(w, (struct query_param){.kind = PARAM_INT, .i = i});
}

/* A value for the column's type; false when no row can have such a value. */
static bool value_for(const struct field *f, const char *text, struct query_param *ret)
{
    char *end;

    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_TIME:
        *ret = (struct query_param){.kind = PARAM_TEXT, .text = text};
        return true;
    case FIELD_INT:
        *ret = (struct query_param){.kind = PARAM_INT, .i = strtoll(text, &end, 10)};
        return *text && !*end;
    case FIELD_REAL:
        *ret = (struct query_param){.kind = PARAM_REAL, .real = strtod(text, &end)};
        return *text && !*end;
    }
    return false;
}

static void write_column_terms(struct query_sql *w, const struct clause *c)
{
    struct query_param p;
    size_t written = 0;
    size_t i;

    /* Times are kept as written, what is asked for came in lower case. */
    buf_printf(&w->text, c->field->kind == FIELD_TIME ? "lower(%s) IN (" : "%s IN (",
               c->field->column);
    for (i = 0; i < c->value_count; i++) {
        if (!value_for(c->field, c->values[i], &p))
            continue;
        if (written++)
            buf_putc(&w->text, ',');
        add_param(w, p);
    }
    buf_puts(&w->text, written ? ")" : "NULL)");
}

/* How many assets have one of the values, counted up to RARE. */
static int count_assets(struct query_sql *w, const struct clause *c, int64_t *ret, struct err *e)
{
    size_t i;

    for (i = 0, *ret = 0; i < c->value_count && *ret < RARE; i++) {
        _stmt_ struct stmt *q = db_query(w->db, &sql_term_count);

        bind_i64(q, c->field->id);
        bind_text(q, c->values[i]);
        bind_i64(q, RARE);
        if (stmt_step(q, e) < 0)
            return -1;
        *ret += col_i64(q, "n");
    }
    return 0;
}

static int write_terms(struct query_sql *w, const struct clause *c, struct err *e)
{
    int64_t n;
    size_t i;

    if (c->field->column) {
        write_column_terms(w, c);
        return 0;
    }
    if (count_assets(w, c, &n, e) < 0)
        return -1;
    buf_puts(&w->text, n < RARE
                           ? "a.id IN (SELECT asset FROM asset_term WHERE field = "
                           : "EXISTS (SELECT 1 FROM asset_term WHERE asset = a.id AND field = ");
    add_int(w, c->field->id);
    buf_puts(&w->text, " AND value IN (");
    for (i = 0; i < c->value_count; i++) {
        if (i)
            buf_putc(&w->text, ',');
        add_text(w, c->values[i]);
    }
    buf_puts(&w->text, c->value_count ? "))" : "NULL))");
    return 0;
}

static int write_range(struct query_sql *w, const struct clause *c, struct err *e)
{
    static const char *const operators[] = {">=", ">", "<=", "<"};
    struct query_param p;
    size_t i;

    if (!c->field->column)
        return failed(e, INVALID, "\"%s\" has no order to take a range of", c->field->path);
    buf_putc(&w->text, '1');
    for (i = 0; i < c->value_count; i++) {
        if (!c->values[i])
            continue;
        if (!value_for(c->field, c->values[i], &p))
            return failed(e, INVALID, "\"%.40s\" is no bound for \"%s\"", c->values[i],
                          c->field->path);
        buf_printf(&w->text, " AND %s %s ", c->field->column, operators[i]);
        add_param(w, p);
    }
    return 0;
}

static void write_exists(struct query_sql *w, const struct clause *c)
{
    if (c->field->column) {
        buf_printf(&w->text, "%s IS NOT NULL", c->field->column);
        return;
    }
    buf_puts(&w->text, "EXISTS (SELECT 1 FROM asset_term WHERE asset = a.id AND field = ");
    add_int(w, c->field->id);
    buf_putc(&w->text, ')');
}

static int write_clause(struct query_sql *w, const struct clause *c, struct err *e);

static int write_children(struct query_sql *w, const struct clause *c, const char *join,
                          const char *none, struct err *e)
{
    const struct clause *child;

    if (!c->children) {
        buf_puts(&w->text, none);
        return 0;
    }
    for (child = c->children; child; child = child->next) {
        if (child != c->children)
            buf_puts(&w->text, join);
        buf_putc(&w->text, '(');
        if (write_clause(w, child, e) < 0)
            return -1;
        buf_putc(&w->text, ')');
    }
    return 0;
}

static int write_clause(struct query_sql *w, const struct clause *c, struct err *e)
{
    int r;

    switch (c->kind) {
    case CLAUSE_ALL:
        buf_putc(&w->text, '1');
        return 0;
    case CLAUSE_TERMS:
        return write_terms(w, c, e);
    case CLAUSE_RANGE:
        return write_range(w, c, e);
    case CLAUSE_EXISTS:
        write_exists(w, c);
        return 0;
    case CLAUSE_WORDS:
        buf_puts(&w->text, "a.id IN (SELECT rowid FROM asset_search WHERE asset_search MATCH ");
        add_text(w, c->words);
        buf_putc(&w->text, ')');
        return 0;
    case CLAUSE_AND:
        return write_children(w, c, " AND ", "1", e);
    case CLAUSE_OR:
        return write_children(w, c, " OR ", "0", e);
    case CLAUSE_NOT:
        buf_puts(&w->text, "NOT (");
        r = write_children(w, c, " OR ", "0", e);
        buf_putc(&w->text, ')');
        return r;
    }
    return 0;
}

int query_write(struct query_sql *w, const struct query *q, struct err *e)
{
    size_t i;

    buf_puts(&w->text, "SELECT a.id AS id FROM asset a WHERE ");
    if (write_clause(w, q->where, e) < 0)
        return -1;
    buf_puts(&w->text, " ORDER BY ");
    for (i = 0; i < q->order_count; i++)
        buf_printf(&w->text, "%s %s, ", q->order[i].field->column,
                   q->order[i].descending ? "DESC" : "ASC");
    /* In the last field's direction, so that one walk along an index gives the order. */
    buf_puts(&w->text, i && q->order[i - 1].descending ? "a.id DESC LIMIT " : "a.id LIMIT ");
    add_int(w, q->size);
    buf_puts(&w->text, " OFFSET ");
    add_int(w, (q->page - 1) * q->size);
    must(!w->text.full);
    return 0;
}
