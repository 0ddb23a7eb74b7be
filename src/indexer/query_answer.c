/* SPDX-License-Identifier: Apache-2.0 */
/* The answer, in the shape of the request's dialect. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "indexer/index.sql.h"
#include "indexer/query.h"
#include "indexer/query_source.h"

static const char collection[] = "op_ddo"; /* documents of all versions are in one */

struct answer {
    struct db *db;
    const struct query *q;
    const struct page *page;
    struct buf *out;
};

/* Calls write for each document of the page; what has gone since its id was read is left out. */
typedef int hit_fn(struct answer *w, const char *document, size_t i, struct err *e);
static int each(struct answer *w, hit_fn *write, struct err *e)
{
    size_t written = 0;
    size_t i;

    for (i = 0; i < w->page->count && !w->out->full; i++) {
        _stmt_ struct stmt *s = db_query(w->db, &sql_asset_document_by_id);
        bool found;

        bind_i64(s, w->page->ids[i]);
        if (stmt_find(s, &found, e) < 0)
            return -1;
        if (!found)
            continue;
        if (written++)
            buf_putc(w->out, ',');
        if (write(w, col_text(s, "document"), i, e) < 0)
            return -1;
    }
    return 0;
}

static int source(struct answer *w, const char *document, struct err *e)
{
    return source_write(w->out, document, w->q->include, w->q->exclude, e);
}

static int list_hit(struct answer *w, const char *document, size_t i, struct err *e)
{
    (void)i;
    return source(w, document, e);
}

static int typesense_hit(struct answer *w, const char *document, size_t i, struct err *e)
{
    buf_puts(w->out, "{\"document\":");
    if (source(w, document, e) < 0)
        return -1;
    buf_printf(w->out, ",\"highlight\":{},\"highlights\":[],\"text_match\":%lld}",
               (long long)w->page->scores[i]);
    return 0;
}

static int elastic_hit(struct answer *w, const char *document, size_t i, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;

    if (json_parse(a, document, strlen(document), &v, e) < 0)
        return -1;
    buf_printf(w->out, "{\"_index\":\"%s\",\"_id\":", collection);
    json_write(w->out, json_get(v, "id"), 0);
    buf_puts(w->out, ",\"_score\":");
    json_write_number(w->out, (double)w->page->scores[i] / 1e9);
    if (!w->q->no_source) {
        buf_puts(w->out, ",\"_source\":");
        if (source(w, document, e) < 0)
            return -1;
    }
    buf_putc(w->out, '}');
    return 0;
}

static int64_t count_documents(struct db *db, struct err *e)
{
    _stmt_ struct stmt *s = db_query(db, &sql_asset_count);

    return stmt_step(s, e) < 0 ? -1 : col_i64(s, "n");
}

static int write_typesense(struct answer *w, const struct bits *found, const struct json *counts,
                           int64_t begun, struct err *e)
{
    const char *q = json_str(json_get(w->q->body, "q"), "*");
    int64_t all = count_documents(w->db, e);

    if (all < 0)
        return -1;
    buf_puts(w->out, "[{\"facet_counts\":");
    json_write(w->out, counts, 0);
    buf_printf(w->out, ",\"found\":%zu,\"hits\":[", found->count);
    if (each(w, typesense_hit, e) < 0)
        return -1;
    buf_printf(w->out,
               "],\"out_of\":%lld,\"page\":%lld,\"request_params\":{\"collection_name\":\"%s\","
               "\"per_page\":%lld,\"q\":",
               (long long)all, (long long)(w->q->size ? w->q->offset / w->q->size + 1 : 1),
               collection, (long long)w->q->size);
    json_write_string(w->out, q, strlen(q));
    buf_printf(w->out, "},\"search_cutoff\":false,\"search_time_ms\":%lld}]",
               (long long)(clock_mono_ms() - begun));
    return 0;
}

static int write_elastic(struct answer *w, const struct bits *found, const struct json *counts,
                         int64_t begun, struct err *e)
{
    buf_printf(
        w->out,
        "{\"took\":%lld,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,"
        "\"skipped\":0,\"failed\":0},\"hits\":{\"total\":{\"value\":%zu,\"relation\":\"eq\"},"
        "\"max_score\":",
        (long long)(clock_mono_ms() - begun), found->count);
    if (w->page->count)
        json_write_number(w->out, (double)w->page->scores[0] / 1e9);
    else
        buf_puts(w->out, "null");
    buf_puts(w->out, ",\"hits\":[");
    if (each(w, elastic_hit, e) < 0)
        return -1;
    buf_puts(w->out, "]}");
    if (w->q->aggregates) {
        buf_puts(w->out, ",\"aggregations\":");
        json_write(w->out, counts, 0);
    }
    buf_putc(w->out, '}');
    return 0;
}

static int write_counted(struct answer *w, int64_t begun, struct err *e)
{
    bool typesense = w->q->answer == ANSWER_TYPESENSE;
    struct json *counts;
    struct bits found;
    int r;

    if (query_bits(w->db, w->q->a, w->q->where, &found, e) < 0)
        return -1;
    r = typesense ? query_facet_counts(w->db, w->q, &found, &counts, e)
                  : query_aggregations(w->db, w->q, &found, &counts, e);
    if (r == 0)
        r = typesense ? write_typesense(w, &found, counts, begun, e)
                      : write_elastic(w, &found, counts, begun, e);
    bits_done(&found);
    return r;
}

static int write_lists(struct answer *w, struct err *e)
{
    buf_puts(w->out, w->page->count ? "[[" : "[");
    if (each(w, list_hit, e) < 0)
        return -1;
    buf_puts(w->out, w->page->count ? "]]" : "]");
    return 0;
}

int query_answer(struct db *db, const struct query *q, struct buf *out, struct err *e)
{
    int64_t begun = clock_mono_ms();
    struct page page;
    struct answer w = {.db = db, .q = q, .page = &page, .out = out};

    if (query_page(db, q, &page, e) < 0)
        return -1;
    if ((q->answer == ANSWER_LISTS ? write_lists(&w, e) : write_counted(&w, begun, e)) < 0)
        return -1;
    if (out->full)
        return failed(e, TOO_LARGE,
                      "the documents found are larger than %zu bytes together; ask "
                      "for fewer with \"size\"",
                      out->max);
    return 0;
}
