/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "logbook/logbook.sql.h"
#include "logbook/logbook_int.h"

enum {
    PIECE = 5000, /* rows deleted at a time, so that nobody waits long for the writer's turn */
    PAUSE_MS = 20
};

static int add(struct db *db, const struct line *l, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_log_add);

    bind_i64(q, l->at_ms);
    bind_i64(q, l->level);
    bind_text(q, line__module(l->part));
    bind_text(q, l->part);
    bind_text(q, l->text);
    return stmt_run(q, e);
}

int log_rows__add(struct store *store, const struct list *batch, struct err *e)
{
    _db_ struct db *db = store_lend(store);
    _tx_ struct tx tx = {0};
    const struct list *item;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (item = batch->next; item != batch; item = item->next)
        if (add(db, container_of(item, struct line, link), e) < 0)
            return -1;
    return tx_commit(&tx, e);
}

static struct json *row_json(struct arena *a, struct stmt *q)
{
    const struct line_view v = {.id = col_i64(q, "id"),
                                .at_ms = col_i64(q, "at"),
                                .level = (int)col_i64(q, "level"),
                                .module = col_text(q, "module"),
                                .part = col_text(q, "part"),
                                .text = col_text(q, "message")};

    return line__json(a, &v);
}

int log_rows__find(struct store *store, struct arena *a, const struct logbook_query *query,
                   struct json *list, struct err *e)
{
    _db_ struct db *db = store_lend(store);
    _stmt_ struct stmt *q = db_query(db, &sql_log_find);
    int r;

    bind_i64(q, query->from_ms);
    bind_i64(q, query->to_ms);
    bind_text(q, query->module);
    bind_i64(q, query->level ? line__level_parse(query->level) : -1);
    bind_i64(q, query->limit);
    bind_i64(q, query->offset);
    while ((r = stmt_step(q, e)) > 0)
        json_push(a, list, row_json(a, q));
    return r;
}

int log_rows__get(struct store *store, struct arena *a, int64_t id, struct json **ret,
                  struct err *e)
{
    _db_ struct db *db = store_lend(store);
    _stmt_ struct stmt *q = db_query(db, &sql_log_get);
    bool found;

    bind_i64(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? row_json(a, q) : NULL;
    return 0;
}

static int delete_piece(struct store *store, const struct sql *sql, int64_t limit, int64_t *ret,
                        struct err *e)
{
    _db_ struct db *db = store_lend(store);
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, limit);
    bind_i64(q, PIECE);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret = db_changes(db);
    return 0;
}

static int delete_all(struct store *store, const struct sql *sql, int64_t limit, struct err *e)
{
    int64_t gone = PIECE;

    while (gone == PIECE) {
        if (delete_piece(store, sql, limit, &gone, e) < 0)
            return -1;
        if (gone == PIECE)
            clock_sleep_ms(PAUSE_MS);
    }
    return 0;
}

int log_rows__clean(struct store *store, int64_t before_ms, int64_t rows_max, struct err *e)
{
    if (before_ms > 0 && delete_all(store, &sql_log_delete_old, before_ms, e) < 0)
        return -1;
    return delete_all(store, &sql_log_delete_many, rows_max, e);
}
