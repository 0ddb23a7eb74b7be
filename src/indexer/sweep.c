/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assets that were banned after they were indexed go out of sight, those that are not banned any
 * more come back. Nothing is kept aside for that: the chain has it all.
 */
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/follow.h"
#include "indexer/index.sql.h"
#include "indexer/purgatory.h"
#include "indexer/rows.h"

/* An asset to be hidden. */
struct victim {
    const char *nft; /* NULL: there is none */
    const char *did;
    const char *tx;
    uint64_t block;
};

static int find_by_did(struct db *db, struct arena *a, uint64_t chain, const char *did,
                       struct victim *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_of_did);
    bool found;

    bind_i64(q, (int64_t)chain);
    bind_text(q, did);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = (struct victim){col_dup(a, q, "nft"), arena_strdup(a, did), col_dup(a, q, "tx"),
                               (uint64_t)col_i64(q, "block")};
    return 0;
}

static int find_by_account(struct db *db, struct arena *a, uint64_t chain, const char *account,
                           struct victim *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_of_term);
    bool found;

    bind_i64(q, FIELD_EVENT_FROM);
    bind_text(q, account);
    bind_i64(q, (int64_t)chain);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = (struct victim){col_dup(a, q, "nft"), col_dup(a, q, "did"), col_dup(a, q, "tx"),
                               (uint64_t)col_i64(q, "block")};
    return 0;
}

static int hide(struct db *db, struct arena *a, uint64_t chain, const struct victim *v,
                const char *banned, struct err *e)
{
    struct addr nft;
    const struct state_row row = {.chain = chain,
                                  .did = v->did,
                                  .nft = addr_parse_any(v->nft, &nft) ? addr_text(a, &nft) : v->nft,
                                  .tx = v->tx,
                                  .block = v->block,
                                  .error = arena_printf(a, "%s is in purgatory", banned),
                                  .banned = banned};

    return asset_row_delete(db, a, chain, v->nft, e) < 0 ? -1 : state_row_put(db, &row, e);
}

/* All assets of one entry. */
static int ban(struct db *db, uint64_t chain, const struct purgatory_entry *entry, struct err *e)
{
    struct victim v;

    do {
        _arena_ struct arena *a = arena_new();

        v = (struct victim){0};
        if ((entry->account ? find_by_account(db, a, chain, entry->value, &v, e)
                            : find_by_did(db, a, chain, entry->value, &v, e)) < 0 ||
            (v.nft && hide(db, a, chain, &v, entry->value, e) < 0))
            return -1;
    } while (v.nft && entry->account);
    return 0;
}

/* Hidden assets, and who or what it was for. */
static int list_hidden(struct db *db, struct arena *a, uint64_t chain, struct json **ret,
                       struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_state_banned);
    struct json *list = json_new_array(a);
    struct json *v;
    int r;

    bind_i64(q, (int64_t)chain);
    while ((r = stmt_step(q, e)) > 0) {
        v = json_new_object(a);
        json_set_str(a, v, "did", col_text(q, "did"));
        json_set_str(a, v, "tx", col_text(q, "tx"));
        json_set_int(a, v, "block", col_i64(q, "block"));
        json_set_str(a, v, "banned", col_text(q, "banned"));
        json_push(a, list, v);
    }
    *ret = list;
    return r;
}

static int free_one(struct db *db, uint64_t chain, const struct json *v, struct err *e)
{
    const struct again again = {json_get_str(v, "tx", ""), 0,
                                (uint64_t)json_get_int(v, "block", 0)};
    _stmt_ struct stmt *q = NULL;

    if (again_put(db, chain, &again, e) < 0)
        return -1;
    q = db_query(db, &sql_state_freed);
    bind_i64(q, (int64_t)chain);
    bind_text(q, json_get_str(v, "did", ""));
    return stmt_run(q, e);
}

static int free_others(struct db *db, uint64_t chain, struct purgatory *p, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *hidden;
    size_t i;

    if (list_hidden(db, a, chain, &hidden, e) < 0)
        return -1;
    for (i = 0; i < json_len(hidden); i++) {
        const char *banned = json_get_str(json_at(hidden, i), "banned", "");

        if (!purgatory_find(p, a, banned, banned) && free_one(db, chain, json_at(hidden, i), e) < 0)
            return -1;
    }
    return 0;
}

int follow_sweep(struct follower *f, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = store_lend(f->o->store);
    _tx_ struct tx tx = {0};
    struct purgatory_entry *entries;
    size_t n = purgatory_entries(f->purgatory, a, &entries);
    size_t i;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (ban(db, f->chain->chain_id, &entries[i], e) < 0)
            return -1;
    if (free_others(db, f->chain->chain_id, f->purgatory, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}
