/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an asset: the document, what it is sorted and filtered by, the words searched in. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/index.sql.h"
#include "indexer/rows.h"

enum {
    DOCUMENT_MAX = 32 * 1048576,
    WORDS_MAX = 64 * 1024, /* bytes of one column that words are searched in */
    SORTED_MAX = 512,      /* bytes of a text that is sorted by */
    TERMS_MAX = 256        /* values of one field that are filtered by */
};

static int parse_row(struct arena *a, struct stmt *q, struct asset_row *ret, struct err *e)
{
    const char *text = col_text(q, "document");

    ret->state = col_i64(q, "state");
    ret->tx = col_dup(a, q, "tx");
    ret->log_index = (uint64_t)col_i64(q, "log_index");
    return json_parse(a, text, strlen(text), &ret->document, e);
}

int asset_row_get(struct db *db, struct arena *a, uint64_t chain, const char *nft,
                  struct asset_row **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_find);
    struct asset_row *row = arena_calloc(a, 1, sizeof(*row));
    bool found;

    bind_i64(q, (int64_t)chain);
    bind_text(q, nft);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = NULL;
    if (!found)
        return 0;
    row->chain = chain;
    row->nft = arena_strdup(a, nft);
    row->did = col_dup(a, q, "did");
    row->block = (uint64_t)col_i64(q, "block");
    if (parse_row(a, q, row, e) < 0)
        return -1;
    *ret = row;
    return 0;
}

int asset_row_of_datatoken(struct db *db, struct arena *a, uint64_t chain, const char *datatoken,
                           const char **ret_nft, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_of_datatoken);
    bool found;

    bind_i64(q, (int64_t)chain);
    bind_text(q, datatoken);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret_nft = found ? col_dup(a, q, "nft") : NULL;
    return 0;
}

int asset_row_own_datatoken(struct db *db, uint64_t chain, const char *datatoken, const char *nft,
                            struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_datatoken_put);

    bind_i64(q, (int64_t)chain);
    bind_text(q, datatoken);
    bind_text(q, nft);
    return stmt_run(q, e);
}

int asset_rows_nfts(struct db *db, uint64_t chain, struct addr *ret, size_t max, size_t *ret_count,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_nfts);
    size_t n = 0;
    int r;

    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)max);
    while ((r = stmt_step(q, e)) > 0 && n < max)
        n += addr_parse_any(col_text(q, "nft"), &ret[n]);
    *ret_count = n;
    return r < 0 ? -1 : 0;
}

/* What all services together were ordered. */
static int64_t count_orders(const struct json *stats)
{
    int64_t n = 0;
    size_t i;

    for (i = 0; i < json_len(stats); i++)
        n += json_get_int(json_at(stats, i), "orders", 0);
    return n;
}

/* The lowest price of all services, for sorting only; false when there is none. */
static bool lowest_price(const struct json *stats, double *ret)
{
    const struct json *prices;
    bool any = false;
    double price;
    size_t i;
    size_t k;

    for (i = 0; i < json_len(stats); i++) {
        prices = json_get(json_at(stats, i), "prices");
        for (k = 0; k < json_len(prices); k++) {
            price = strtod(json_get_str(json_at(prices, k), "price", "0"), NULL);
            if (!any || price < *ret)
                *ret = price;
            any = true;
        }
    }
    return any;
}

static const char *cut(struct arena *a, const char *s, size_t max)
{
    size_t n = strlen(s);

    if (n <= max)
        return s;
    for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
        n--; /* not within a character */
    return arena_strndup(a, s, n);
}

/* A member's text as it is sorted by. */
static const char *sorted(struct arena *a, const struct json *object, const char *key)
{
    return cut(a, json_get_str(object, key, ""), SORTED_MAX);
}

static int put_asset(struct db *db, struct arena *a, const struct asset_row *row,
                     struct json *document, int64_t *ret_id, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_put);
    const struct json *metadata = json_get(document_body(document), "metadata");
    const struct json *stats = json_path(document, "indexedMetadata.stats");
    double price;

    bind_i64(q, (int64_t)row->chain);
    bind_text(q, row->nft);
    bind_text(q, row->did);
    bind_i64(q, row->state);
    bind_text(q, row->tx);
    bind_i64(q, (int64_t)row->block);
    bind_i64(q, (int64_t)row->log_index);
    bind_text(q, json_str(json_path(document, "indexedMetadata.nft.created"), ""));
    bind_text(q, sorted(a, metadata, "created"));
    bind_text(q, sorted(a, metadata, "updated"));
    bind_text(q, sorted(a, metadata, "name"));
    bind_i64(q, count_orders(stats));
    if (lowest_price(stats, &price))
        bind_real(q, price);
    else
        bind_null(q);
    if (stmt_step(q, e) < 0)
        return -1;
    *ret_id = col_i64(q, "id");
    return 0;
}

/* What is shown: of a deprecated or revoked asset nothing but that it is. */
static struct json *shown(struct arena *a, const struct asset_row *row)
{
    struct json *body = document_body(row->document);
    struct json *nft = json_new_object(a);
    struct json *indexed = json_new_object(a);
    struct json *v = json_new_object(a);

    if (row->state != STATE_DEPRECATED && row->state != STATE_REVOKED)
        return row->document;
    json_set_int(a, nft, "state", row->state);
    json_set(a, indexed, "nft", nft);
    json_set_str(a, v, "id", row->did);
    json_set_str(a, v, "version", "deprecated");
    json_set_int(a, v, "chainId", (int64_t)row->chain);
    json_set_str(a, v, "nftAddress", json_get_str(body, "nftAddress", row->nft));
    json_set(a, v, "indexedMetadata", indexed);
    return v;
}

static int put_document(struct db *db, struct arena *a, int64_t id, const struct json *whole,
                        const struct json *short_form, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_document_put);
    _buf_ struct buf text = BUF_INIT(DOCUMENT_MAX);

    json_write(&text, whole, 0);
    if (text.full)
        return failed(e, TOO_LARGE, "the document is larger than %d bytes", DOCUMENT_MAX);
    bind_i64(q, id);
    bind_text(q, short_form ? json_text(a, short_form) : buf_str(&text));
    bind_text(q, short_form ? buf_str(&text) : NULL);
    return stmt_run(q, e);
}

struct terms {
    struct db *db;
    int64_t asset;
    size_t left;      /* the rest is not filtered by */
    struct buf *tags; /* a line each, each once */
};

static bool has_line(const struct buf *b, const char *line)
{
    size_t n = strlen(line);
    const char *p = buf_str(b);

    while ((p = strstr(p, line))) {
        if ((p == buf_str(b) || p[-1] == '\n') && (p[n] == '\n' || !p[n]))
            return true;
        p += n;
    }
    return false;
}

static void add_tag(struct buf *b, const char *tag)
{
    if (!*tag || strchr(tag, '\n') || has_line(b, tag))
        return;
    if (b->len)
        buf_putc(b, '\n');
    buf_puts(b, tag);
}

static int put_term(void *ctx, const struct field *f, struct field_value value, struct err *e)
{
    struct terms *t = ctx;
    _stmt_ struct stmt *q = NULL;

    if (t->left == 0)
        return 0;
    t->left--;
    if (f->id == FIELD_TAGS)
        add_tag(t->tags, value.text);
    q = db_query(t->db, &sql_term_put);
    bind_i64(q, f->id);
    bind_text(q, value.text);
    bind_i64(q, t->asset);
    bind_text(q, str_eq(value.text, value.shown) ? NULL : value.shown);
    return stmt_run(q, e);
}

static int run_with_id(struct db *db, const struct sql *sql, int64_t id, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, id);
    return stmt_run(q, e);
}

static int put_tags(struct db *db, int64_t id, const char *tags, struct err *e)
{
    _stmt_ struct stmt *q = NULL;

    if (!*tags)
        return run_with_id(db, &sql_tags_clear, id, e);
    q = db_query(db, &sql_tags_put);
    bind_i64(q, id);
    bind_text(q, tags);
    return stmt_run(q, e);
}

static int put_terms(struct db *db, struct arena *a, int64_t id, struct json *document,
                     struct err *e)
{
    _buf_ struct buf tags = BUF_INIT(TERMS_MAX * (FIELD_VALUE_MAX + 1));
    struct terms t = {db, id, 0, &tags};
    const struct field *f;
    size_t i;

    if (run_with_id(db, &sql_term_clear, id, e) < 0)
        return -1;
    for (i = 0; (f = field_at(i)); i++) {
        t.left = TERMS_MAX;
        if (field_has_terms(f) && field_values(a, f, document, put_term, &t, e) < 0)
            return -1;
    }
    return put_tags(db, id, buf_str(&tags), e);
}

/* The words of an asset, and the statement that has all of them as parameters. */
struct words {
    const char *name;
    const char *description;
    const char *tags;
    const char *author;
    const char *token; /* names and symbols of the NFT and its datatokens */
};

static int put_words(struct db *db, const struct sql *sql, int64_t id, const struct words *w,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, id);
    bind_text(q, w->name);
    bind_text(q, w->description);
    bind_text(q, w->tags);
    bind_text(q, w->author);
    bind_text(q, w->token);
    return stmt_run(q, e);
}

static int words_get(struct db *db, struct arena *a, int64_t id, struct words *ret, bool *ret_found,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_text_get);

    bind_i64(q, id);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        *ret =
            (struct words){col_dup(a, q, "name"), col_dup(a, q, "description"),
                           col_dup(a, q, "tags"), col_dup(a, q, "author"), col_dup(a, q, "token")};
    return 0;
}

static void add_each(struct buf *b, const struct json *texts)
{
    size_t i;

    for (i = 0; i < json_len(texts); i++) {
        buf_puts(b, json_str(json_at(texts, i), ""));
        buf_putc(b, ' ');
    }
}

static void add_name(struct buf *b, const struct json *named)
{
    buf_puts(b, json_get_str(named, "name", ""));
    buf_putc(b, ' ');
    buf_puts(b, json_get_str(named, "symbol", ""));
    buf_putc(b, ' ');
}

static const char *token_names(struct arena *a, const struct json *document)
{
    const struct json *tokens = json_get(document, "datatokens");
    _buf_ struct buf b = BUF_INIT(WORDS_MAX);
    size_t i;

    if (!tokens)
        tokens = json_path(document, "indexedMetadata.stats");
    add_name(&b, json_path(document, "indexedMetadata.nft"));
    for (i = 0; i < json_len(tokens); i++)
        add_name(&b, json_at(tokens, i));
    return arena_strdup(a, buf_str(&b));
}

static struct words words_of(struct arena *a, struct json *document)
{
    const struct json *m = json_get(document_body(document), "metadata");
    const struct json *d = json_get(m, "description");
    _buf_ struct buf tags = BUF_INIT(WORDS_MAX);

    add_each(&tags, json_get(m, "tags"));
    add_each(&tags, json_get(m, "categories"));
    if (json_is(d, JSON_OBJECT))
        d = json_get(d, "@value");
    return (struct words){cut(a, json_get_str(m, "name", ""), WORDS_MAX),
                          cut(a, json_str(d, ""), WORDS_MAX), arena_strdup(a, buf_str(&tags)),
                          cut(a, json_get_str(m, "author", ""), WORDS_MAX),
                          token_names(a, document)};
}

/* The search table must be told what it forgets. */
static int remove_words(struct db *db, int64_t id, const struct words *w, struct err *e)
{
    if (put_words(db, &sql_search_remove, id, w, e) < 0)
        return -1;
    return run_with_id(db, &sql_text_delete, id, e);
}

static int replace_words(struct db *db, struct arena *a, int64_t id, struct json *document,
                         struct err *e)
{
    struct words now = words_of(a, document);
    struct words old;
    bool found;

    if (words_get(db, a, id, &old, &found, e) < 0)
        return -1;
    if (found && str_eq(old.name, now.name) && str_eq(old.description, now.description) &&
        str_eq(old.tags, now.tags) && str_eq(old.author, now.author) &&
        str_eq(old.token, now.token))
        return 0;
    if (found && remove_words(db, id, &old, e) < 0)
        return -1;
    if (put_words(db, &sql_text_put, id, &now, e) < 0)
        return -1;
    return put_words(db, &sql_search_put, id, &now, e);
}

int asset_row_put(struct db *db, struct arena *a, const struct asset_row *row,
                  enum asset_row_scope scope, struct err *e)
{
    struct json *v = shown(a, row);
    int64_t id;

    db_forget(db);
    if (put_asset(db, a, row, v, &id, e) < 0 ||
        put_document(db, a, id, row->document, v == row->document ? NULL : v, e) < 0)
        return -1;
    if (scope == ROW_NUMBERS)
        return 0;
    if (put_terms(db, a, id, v, e) < 0)
        return -1;
    return replace_words(db, a, id, v, e);
}

int asset_row_delete(struct db *db, struct arena *a, uint64_t chain, const char *nft, struct err *e)
{
    struct words old;
    int64_t id;
    bool found;

    db_forget(db);
    {
        _stmt_ struct stmt *q = db_query(db, &sql_asset_id);

        bind_i64(q, (int64_t)chain);
        bind_text(q, nft);
        if (stmt_find(q, &found, e) < 0)
            return -1;
        if (!found)
            return 0;
        id = col_i64(q, "id");
    }
    if (words_get(db, a, id, &old, &found, e) < 0)
        return -1;
    if (found && remove_words(db, id, &old, e) < 0)
        return -1;
    return run_with_id(db, &sql_asset_delete, id, e);
}

int asset_row_remember(struct db *db, uint64_t chain, const char *nft, uint64_t block,
                       struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_before_put);

    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)block);
    bind_text(q, nft);
    return stmt_run(q, e);
}

/* The attempt that made the asset what it is again was the last one. */
static int restore_state(struct db *db, struct arena *a, const struct asset_row *row, struct err *e)
{
    struct addr nft;
    const struct state_row state = {.chain = row->chain,
                                    .did = row->did,
                                    .nft = addr_parse_any(row->nft, &nft) ? addr_text(a, &nft)
                                                                          : row->nft,
                                    .tx = row->tx,
                                    .block = row->block};

    return state_row_put(db, &state, e);
}

/* Puts one asset back to what stands in the current row of before_list. */
static int restore(struct db *db, struct arena *a, uint64_t chain, struct stmt *q, struct err *e)
{
    struct asset_row row = {.chain = chain, .nft = col_dup(a, q, "nft")};

    if (col_is_null(q, "document"))
        return asset_row_delete(db, a, chain, row.nft, e);
    row.did = col_dup(a, q, "did");
    row.block = (uint64_t)col_i64(q, "asset_block");
    if (parse_row(a, q, &row, e) < 0 || asset_row_put(db, a, &row, ROW_WHOLE, e) < 0)
        return -1;
    return restore_state(db, a, &row, e);
}

/* The newest change first, so that the oldest has the last word. */
int asset_rows_restore(struct db *db, uint64_t chain, uint64_t keep, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_before_list);
    int r;

    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)keep);
    while ((r = stmt_step(q, e)) > 0) {
        _arena_ struct arena *a = arena_new();

        if (restore(db, a, chain, q, e) < 0)
            return -1;
    }
    return r;
}
