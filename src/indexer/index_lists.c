/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of escrow events, access lists and the queue. */
#include <stdlib.h>

#include "base/str.h"
#include "indexer/index.h"
#include "indexer/index.sql.h"

enum {
    QUEUE_MAX = 1000,
    USERS_MAX = 100000 /* of all lists of an answer: about 50 MB while it is made */
};

const char *const index_escrow_types[] = {"Auth",    "Lock",     "Claimed", "Canceled",
                                          "Deposit", "Withdraw", NULL};

static const char *lower(struct arena *a, const char *s)
{
    return s ? str_lower(a, s) : NULL;
}

int index_escrow_events(struct db *db, const struct index_escrow_filter *filter, struct buf *out,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _stmt_ struct stmt *q = db_query(db, &sql_escrow_events);
    size_t n = 0;
    int r;

    bind_i64(q, (int64_t)filter->chain_id);
    bind_text(q, filter->type);
    bind_text(q, lower(a, filter->payer));
    bind_text(q, lower(a, filter->payee));
    bind_text(q, lower(a, filter->token));
    bind_text(q, filter->job_id);
    bind_text(q, lower(a, filter->tx));
    bind_i64(q, filter->size < INDEX_ESCROW_MAX ? filter->size : INDEX_ESCROW_MAX);
    bind_i64(q, filter->offset);
    buf_putc(out, '[');
    while ((r = stmt_step(q, e)) > 0) {
        if (n++)
            buf_putc(out, ',');
        buf_puts(out, col_text(q, "document"));
    }
    buf_putc(out, ']');
    if (r == 0 && out->full)
        return failed(e, TOO_LARGE, "the events found are larger than %zu bytes together",
                      out->max);
    return r;
}

/* Numbers of tokens are numbers on the wire as long as JavaScript can hold them. */
static struct json *token_id(struct arena *a, const char *text)
{
    uint64_t n;

    return str_u64(text, (uint64_t)1 << 53, &n) ? json_new_int(a, (int64_t)n)
                                                : json_new_str(a, text);
}

/* An access list that is asked for, and how many users the answer may still have. */
struct wanted {
    uint64_t chain;
    const char *contract; /* lower case */
    size_t room;
};

static int add_users(struct db *db, struct arena *a, struct wanted *w, struct json *users,
                     struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_users);
    struct json *v;
    int r;

    bind_i64(q, (int64_t)w->chain);
    bind_text(q, w->contract);
    while ((r = stmt_step(q, e)) > 0) {
        if (w->room-- == 0)
            return failed(e, TOO_LARGE, "there are more than %d users to tell of", USERS_MAX);
        v = json_new_object(a);
        json_set_str(a, v, "wallet", col_text(q, "wallet"));
        json_set(a, v, "tokenId", token_id(a, col_text(q, "token_id")));
        json_set_int(a, v, "block", col_i64(q, "block"));
        json_set_str(a, v, "txId", col_text(q, "tx"));
        json_push(a, users, v);
    }
    return r;
}

/* *ret is NULL when there is none. */
static int get_list(struct db *db, struct arena *a, struct wanted *w, struct json **ret,
                    struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_get);
    struct json *users = json_new_array(a);
    struct json *v;
    bool found;

    bind_i64(q, (int64_t)w->chain);
    bind_text(q, w->contract);
    if (stmt_find(q, &found, e) < 0 || add_users(db, a, w, users, e) < 0)
        return -1;
    *ret = NULL;
    if (!found)
        return 0;
    v = json_new_object(a);
    json_set_int(a, v, "chainId", (int64_t)w->chain);
    json_set_str(a, v, "contractAddress", w->contract);
    json_set_str(a, v, "name", col_text(q, "name"));
    json_set_str(a, v, "symbol", col_text(q, "symbol"));
    json_set_bool(a, v, "transferable", col_i64(q, "transferable") != 0);
    json_set(a, v, "users", users);
    json_set_int(a, v, "deploymentBlock", col_i64(q, "block"));
    json_set_str(a, v, "deploymentTxId", col_text(q, "tx"));
    *ret = v;
    return 0;
}

int index_access_list(struct db *db, struct arena *a, uint64_t chain_id, const char *contract,
                      struct json **ret, struct err *e)
{
    struct wanted w = {chain_id, str_lower(a, contract), USERS_MAX};

    return get_list(db, a, &w, ret, e);
}

int index_access_lists_of(struct db *db, struct arena *a, uint64_t chain_id, const char *wallet,
                          struct json **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_of_wallet);
    struct json *lists = json_new_array(a);
    struct wanted w = {.room = USERS_MAX};
    struct json *one;
    int r;

    bind_text(q, str_lower(a, wallet));
    bind_i64(q, (int64_t)chain_id);
    while ((r = stmt_step(q, e)) > 0) {
        w.chain = (uint64_t)col_i64(q, "chain");
        w.contract = col_dup(a, q, "address");
        if (get_list(db, a, &w, &one, e) < 0)
            return -1;
        if (one)
            json_push(a, lists, one);
    }
    if (r == 0)
        *ret = lists;
    return r;
}

int index_queue(struct db *db, struct arena *a, struct json **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_again_list);
    struct json *queue = json_new_array(a);
    struct json *v;
    int r;

    bind_i64(q, QUEUE_MAX);
    while ((r = stmt_step(q, e)) > 0) {
        v = json_new_object(a);
        json_set_str(a, v, "txId", col_text(q, "tx"));
        json_set_int(a, v, "chainId", col_i64(q, "chain"));
        json_push(a, queue, v);
    }
    if (r == 0)
        *ret = queue;
    return r;
}
