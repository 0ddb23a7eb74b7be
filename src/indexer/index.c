/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/index.h"

#include "base/str.h"
#include "indexer/index.sql.h"

int index_ddo_get(struct db *db, struct arena *a, const char *did, const char **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_asset_document);
    bool found;

    bind_text(q, str_lower(a, did));
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_dup(a, q, "document") : NULL;
    return 0;
}

static const struct sql *state_statement(const struct index_state_key *key, const char **ret)
{
    if (key->tx) {
        *ret = key->tx;
        return &sql_state_by_tx;
    }
    *ret = key->nft ? key->nft : key->did;
    return key->nft ? &sql_state_by_nft : &sql_state_by_did;
}

int index_state_get(struct db *db, struct arena *a, const struct index_state_key *key,
                    struct json **ret, struct err *e)
{
    const char *value;
    const struct sql *sql = state_statement(key, &value);
    _stmt_ struct stmt *q = db_query(db, sql);
    struct json *row;
    bool found;

    bind_text(q, str_lower(a, value ? value : ""));
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = NULL;
    if (!found)
        return 0;
    row = json_new_object(a);
    json_set_int(a, row, "chainId", col_i64(q, "chain"));
    json_set_str(a, row, "did", col_text(q, "did"));
    json_set_str(a, row, "nft", col_text(q, "nft"));
    json_set_str(a, row, "txId", col_text(q, "tx"));
    json_set_bool(a, row, "valid", col_i64(q, "valid") != 0);
    json_set_str(a, row, "error", col_text(q, "error"));
    *ret = row;
    return 0;
}
