/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of attempts, orders, blocks and the cursor; what a reorganisation takes back. */
#include "indexer/rows.h"

#include "base/clock.h"
#include "base/must.h"
#include "indexer/index.sql.h"

int state_row_put(struct db *db, const struct state_row *row, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_state_put);

    bind_i64(q, (int64_t)row->chain);
    bind_text(q, row->did);
    bind_text(q, row->nft);
    bind_text(q, row->tx);
    bind_i64(q, (int64_t)row->block);
    bind_i64(q, row->error == NULL);
    bind_text(q, row->error ? row->error : "");
    bind_text(q, row->banned);
    return stmt_run(q, e);
}

int order_row_put(struct db *db, const struct order_row *row, bool *ret_new, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_order_put);

    bind_i64(q, (int64_t)row->chain);
    bind_text(q, row->tx);
    bind_i64(q, (int64_t)row->log_index);
    bind_i64(q, (int64_t)row->block);
    bind_text(q, row->type);
    bind_i64(q, row->timestamp);
    bind_text(q, row->consumer);
    bind_text(q, row->payer);
    bind_text(q, row->datatoken);
    bind_text(q, row->nft);
    bind_text(q, row->did);
    bind_i64(q, row->service_index);
    bind_text(q, row->amount);
    bind_text(q, row->start_tx);
    if (stmt_run(q, e) < 0)
        return -1;
    *ret_new = db_changes(db) == 1;
    return 0;
}

int order_row_started(struct db *db, struct arena *a, const char *tx, bool *ret_found,
                      struct order_row *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_order_started);

    bind_i64(q, (int64_t)ret->chain);
    bind_text(q, tx);
    bind_text(q, ret->datatoken);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found) {
        ret->consumer = col_dup(a, q, "consumer");
        ret->service_index = col_i64(q, "service_index");
        ret->amount = col_dup(a, q, "amount");
    }
    return 0;
}

int order_rows_count(struct db *db, uint64_t chain, const char *datatoken, int64_t service_index,
                     int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_order_count);

    bind_i64(q, (int64_t)chain);
    bind_text(q, datatoken);
    bind_i64(q, service_index);
    if (stmt_step(q, e) < 0)
        return -1;
    *ret = col_i64(q, "n");
    return 0;
}

int order_rows_adopt(struct db *db, const struct asset_row *asset, const char *datatoken,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_order_adopt);

    bind_i64(q, (int64_t)asset->chain);
    bind_text(q, datatoken);
    bind_text(q, asset->nft);
    bind_text(q, asset->did);
    return stmt_run(q, e);
}

/* The pause behind so many attempts. */
static int64_t again_pause(int64_t attempts)
{
    int64_t pause;

    if (attempts == 0)
        return 0;
    pause = (int64_t)AGAIN_FIRST_MS << (attempts - 1);
    return pause < AGAIN_LAST_MS ? pause : AGAIN_LAST_MS;
}

static int put_again(struct db *db, uint64_t chain, const struct again *again, int64_t due,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_put);

    bind_i64(q, (int64_t)chain);
    bind_text(q, again->tx);
    bind_i64(q, again->attempts);
    bind_i64(q, due);
    bind_i64(q, (int64_t)again->block);
    return stmt_run(q, e);
}

int again_put(struct db *db, uint64_t chain, const struct again *again, struct err *e)
{
    if (again->attempts >= AGAIN_MAX)
        return again_done(db, chain, again->tx, e);
    return put_again(db, chain, again,
                     again->attempts ? clock_ms() + again_pause(again->attempts) : 0, e);
}

int again_put_off(struct db *db, uint64_t chain, const struct again *again, struct err *e)
{
    return put_again(db, chain, again, clock_ms() + AGAIN_FIRST_MS, e);
}

int again_of_failed(struct db *db, struct arena *a, uint64_t chain, const char *nft,
                    struct again *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_state_failed);
    bool found;

    *ret = (struct again){0};
    bind_i64(q, (int64_t)chain);
    bind_text(q, nft);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = (struct again){.tx = col_dup(a, q, "tx"), .block = (uint64_t)col_i64(q, "block")};
    return 0;
}

int again_waits(struct db *db, uint64_t chain, const char *tx, bool *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_waits);

    bind_i64(q, (int64_t)chain);
    bind_text(q, tx);
    return stmt_find(q, ret, e);
}

int again_done(struct db *db, uint64_t chain, const char *tx, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_delete);

    bind_i64(q, (int64_t)chain);
    bind_text(q, tx);
    return stmt_run(q, e);
}

int again_due(struct db *db, struct arena *a, uint64_t chain, struct again *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_due);
    bool found;

    *ret = (struct again){0};
    bind_i64(q, (int64_t)chain);
    bind_i64(q, clock_ms());
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = (struct again){col_dup(a, q, "tx"), col_i64(q, "attempts"),
                              (uint64_t)col_i64(q, "block")};
    return 0;
}

int again_next(struct db *db, uint64_t chain, int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_next);

    bind_i64(q, (int64_t)chain);
    if (stmt_step(q, e) < 0)
        return -1;
    *ret = col_is_null(q, "due") ? INT64_MAX : col_i64(q, "due");
    return 0;
}

int cursor_get(struct db *db, uint64_t chain, bool *ret_found, uint64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_cursor_get);

    bind_i64(q, (int64_t)chain);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        *ret = (uint64_t)col_i64(q, "block");
    return 0;
}

/* A statement on (chain, block). */
static int run_on_block(struct db *db, const struct sql *sql, uint64_t chain, uint64_t block,
                        struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)block);
    return stmt_run(q, e);
}

int cursor_put(struct db *db, uint64_t chain, uint64_t block, struct err *e)
{
    return run_on_block(db, &sql_cursor_put, chain, block, e);
}

int block_put(struct db *db, uint64_t chain, const struct block_mark *mark, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_block_put);
    char text[HASH32_TEXT];

    hash32_write(&mark->hash, text);
    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)mark->block);
    bind_text(q, text);
    return stmt_run(q, e);
}

int block_newest(struct db *db, uint64_t chain, uint64_t until, bool *ret_found,
                 struct block_mark *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_block_newest);

    bind_i64(q, (int64_t)chain);
    bind_i64(q, (int64_t)until);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found) {
        ret->block = (uint64_t)col_i64(q, "block");
        must(hash32_parse(col_text(q, "hash"), &ret->hash));
    }
    return 0;
}

int rows_roll_back(struct db *db, uint64_t chain, uint64_t keep, struct err *e)
{
    static const struct sql *const forget[] = {
        &sql_before_forget_after,       &sql_state_forget_after,
        &sql_order_forget_after,        &sql_block_forget_after,
        &sql_escrow_event_forget_after, &sql_access_list_forget_users_after,
        &sql_access_list_forget_after,  &sql_access_list_restore_after,
    };
    size_t i;

    if (asset_rows_restore(db, chain, keep, e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(forget); i++)
        if (run_on_block(db, forget[i], chain, keep, e) < 0)
            return -1;
    return cursor_put(db, chain, keep, e);
}

int rows_reset(struct db *db, uint64_t chain, struct err *e)
{
    static const struct sql *const forget[] = {
        &sql_chain_forget_words,  &sql_chain_forget_texts,  &sql_chain_forget_assets,
        &sql_chain_forget_before, &sql_chain_forget_states, &sql_chain_forget_orders,
        &sql_chain_forget_lists,  &sql_chain_forget_users,  &sql_chain_forget_escrow,
        &sql_chain_forget_blocks, &sql_chain_forget_cursor, &sql_chain_forget_again,
    };
    size_t i;

    db_forget(db);
    for (i = 0; i < ARRAY_LEN(forget); i++) {
        _stmt_ struct stmt *q = db_query(db, forget[i]);

        bind_i64(q, (int64_t)chain);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return 0;
}

int rows_settle(struct db *db, uint64_t chain, uint64_t block, struct err *e)
{
    if (run_on_block(db, &sql_before_forget_until, chain, block, e) < 0)
        return -1;
    return run_on_block(db, &sql_block_forget_until, chain, block, e);
}
