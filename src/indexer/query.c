/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a search: what both dialects share, and the run itself. */
#include "indexer/query.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "indexer/index.sql.h"

int query_clause(struct query *q, struct clause **ret, struct err *e)
{
    if (++q->clauses > INDEX_CLAUSES_MAX)
        return failed(e, INVALID, "the query has more than %d conditions and values",
                      INDEX_CLAUSES_MAX);
    *ret = arena_calloc(q->a, 1, sizeof(**ret));
    return 0;
}

int query_field(const char *path, const struct field **ret, struct err *e)
{
    *ret = field_find(path);
    if (!*ret)
        return failed(e, INVALID, "\"%.100s\" is not a field that can be searched by", path);
    return 0;
}

int query_value(struct query *q, struct clause *c, const char *text, struct err *e)
{
    if (++q->clauses > INDEX_CLAUSES_MAX)
        return failed(e, INVALID, "the query has more than %d conditions and values",
                      INDEX_CLAUSES_MAX);
    if (!c->values)
        c->values = arena_calloc(q->a, INDEX_CLAUSES_MAX, sizeof(char *));
    c->values[c->value_count++] = text;
    return 0;
}

int query_order(struct query *q, const char *path, const char *direction, struct err *e)
{
    const struct field *f;

    if (str_eq(path, "_score") || str_eq(path, "_text_match"))
        return 0; /* the order among equals */
    if (query_field(path, &f, e) < 0)
        return -1;
    if (!f->column)
        return failed(e, INVALID, "\"%.100s\" is not a field that can be sorted by", path);
    if (!str_ieq(direction, "asc") && !str_ieq(direction, "desc"))
        return failed(e, INVALID, "\"%.20s\" is not an order: asc or desc", direction);
    if (q->order_count == QUERY_ORDERS_MAX)
        return failed(e, INVALID, "more than %d fields to sort by", QUERY_ORDERS_MAX);
    q->order[q->order_count].field = f;
    q->order[q->order_count++].descending = str_ieq(direction, "desc");
    return 0;
}

static bool word_char(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c);
}

int query_words(struct query *q, struct clause *c, const char *text, bool any, struct err *e)
{
    _buf_ struct buf b = BUF_INIT(8192);
    size_t n;

    c->kind = CLAUSE_WORDS;
    for (; *text; text += n) {
        for (n = 0; word_char(text[n]);)
            n++;
        if (n == 0) {
            n = 1;
            continue;
        }
        if (b.len)
            buf_puts(&b, any ? " OR " : " AND ");
        buf_putc(&b, '"');
        buf_add(&b, text, n);
        buf_putc(&b, '"');
        if (text[n] == '*')
            buf_putc(&b, '*');
    }
    if (b.full)
        return failed(e, INVALID, "the text to search for is too long");
    if (b.len == 0)
        c->kind = CLAUSE_ALL;
    c->words = arena_strdup(q->a, buf_str(&b));
    return 0;
}

int query_int(const struct json *body, const char *key, int64_t *io, struct err *e)
{
    const struct json *v = json_get(body, key);
    uint64_t n;

    if (json_type(v) == JSON_NULL)
        return 0;
    if (json_is(v, JSON_STRING) && str_u64(json_str(v, ""), INT32_MAX, &n)) {
        *io = (int64_t)n;
        return 0;
    }
    if (!json_int(v, io) || *io < 0 || *io > INT32_MAX)
        return failed(e, INVALID, "\"%s\" must be a whole number that is not negative", key);
    return 0;
}

int query_parse(struct query *q, const struct json *body, struct err *e)
{
    static const char *const typesense[] = {"q", "query_by", "filter_by", "sort_by", "num_hits"};
    size_t i;
    int r = 0;
    bool is_typesense = false;

    if (!json_is(body, JSON_OBJECT))
        return failed(e, INVALID, "the query must be an object");
    q->size = INDEX_QUERY_DEFAULT;
    q->page = 1;
    for (i = 0; i < ARRAY_LEN(typesense); i++)
        is_typesense = is_typesense || json_get(body, typesense[i]);
    if (is_typesense && !json_get(body, "query"))
        r = query_parse_typesense(q, body, e);
    else
        r = query_parse_elastic(q, body, e);
    if (r < 0)
        return -1;
    if (q->size > INDEX_QUERY_MAX)
        q->size = INDEX_QUERY_MAX;
    if (q->page == 0)
        q->page = 1;
    return 0;
}

static void bind_params(struct stmt *s, const struct query_sql *w)
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

/* Appends the document unless it has gone since its id was read. */
static int add_document(struct db *db, int64_t id, struct buf *out, size_t *io_count, struct err *e)
{
    _stmt_ struct stmt *s = db_query(db, &sql_asset_document_by_id);
    bool found;

    bind_i64(s, id);
    if (stmt_find(s, &found, e) < 0)
        return -1;
    if (!found)
        return 0;
    buf_puts(out, (*io_count)++ ? "," : "[[");
    buf_puts(out, col_text(s, "document"));
    return 0;
}

static int run(struct query_sql *w, struct buf *out, struct err *e)
{
    const struct sql sql = {"index_query", buf_str(&w->text)};
    _stmt_ struct stmt *s = db_query_once(w->db, &sql);
    size_t count = 0;
    int r;

    bind_params(s, w);
    while ((r = stmt_step(s, e)) > 0)
        if (add_document(w->db, col_i64(s, "id"), out, &count, e) < 0)
            return -1;
    if (r < 0)
        return -1;
    buf_puts(out, count ? "]]" : "[]");
    if (out->full)
        return failed(e, TOO_LARGE,
                      "the documents found are larger than %zu bytes together; ask "
                      "for fewer with \"size\"",
                      out->max);
    return 0;
}

int index_query(struct db *db, const struct json *body, struct buf *out, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct query q = {.a = a};
    struct query_sql w = {.db = db, .text = BUF_INIT(65536)};
    int r;

    if (query_parse(&q, body, e) < 0)
        return -1;
    r = query_write(&w, &q, e);
    if (r == 0)
        r = run(&w, out, e);
    buf_done(&w.text);
    return r;
}
