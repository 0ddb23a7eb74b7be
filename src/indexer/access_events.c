/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists: NewAccessList, AddressAdded, AddressRemoved, and tokens that are handed on. */
#include "indexer/index.sql.h"
#include "indexer/read.h"
#include "indexer/window.h"

struct list_facts {
    const char *name;
    const char *symbol;
    bool transferable;
};

int access_lists_read(struct window *w, struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, w->count * 3, sizeof(*r));
    struct list_facts *facts;
    struct abi_value v;
    struct addr list;
    size_t n = 0;
    size_t i;

    for (i = 0; i < w->count; i++) {
        if (w->entries[i].ev.id != EVENT_NEW_ACCESS_LIST)
            continue;
        list = event_addr(&w->entries[i].ev, "contract");
        r[n++] = reading(w->a, &list, "name()", NULL, 0);
        r[n++] = reading(w->a, &list, "symbol()", NULL, 0);
        r[n++] = reading(w->a, &list, "transferable()", NULL, 0);
    }
    if (n > 0 && rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    for (i = 0, n = 0; i < w->count; i++) {
        if (w->entries[i].ev.id != EVENT_NEW_ACCESS_LIST)
            continue;
        facts = arena_calloc(w->a, 1, sizeof(*facts));
        facts->name = read_text(w->a, &r[n]);
        facts->symbol = read_text(w->a, &r[n + 1]);
        facts->transferable =
            read_values(w->a, &r[n + 2], "(bool)", &v) && !u256_is_zero(&v.list.v[0].num);
        w->entries[i].facts = facts;
        n += 3;
    }
    return 0;
}

static int put_list(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_put);
    const struct list_facts *facts = it->facts;

    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, field_addr(w->a, &it->ev, "contract"));
    bind_text(q, facts->name);
    bind_text(q, facts->symbol);
    bind_i64(q, facts->transferable);
    bind_i64(q, (int64_t)it->log->block);
    bind_text(q, it->tx);
    return stmt_run(q, e);
}

/* A list whose making was not seen still has members. */
static int put_stub(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_stub);

    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, it->emitter);
    bind_i64(q, (int64_t)it->log->block);
    bind_text(q, it->tx);
    return stmt_run(q, e);
}

/* The wallet named by a field holds the token from this event on. */
static int put_member(struct window *w, struct db *db, const struct entry *it,
                      const struct sql *sql, const char *field, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, sql);

    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, it->emitter);
    bind_text(q, field_amount(w->a, &it->ev, "tokenId"));
    bind_i64(q, (int64_t)it->log->block);
    bind_i64(q, (int64_t)it->log->index);
    bind_text(q, field_addr(w->a, &it->ev, field));
    bind_text(q, it->tx);
    return stmt_run(q, e);
}

static int remove_member(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_remove);

    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, it->emitter);
    bind_text(q, field_amount(w->a, &it->ev, "tokenId"));
    bind_i64(q, (int64_t)it->log->block);
    return stmt_run(q, e);
}

int access_list_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    if (it->ev.id == EVENT_NEW_ACCESS_LIST)
        return put_list(w, db, it, e);
    if (it->ev.id == EVENT_ADDRESS_REMOVED)
        return remove_member(w, db, it, e);
    if (put_stub(w, db, it, e) < 0)
        return -1;
    return put_member(w, db, it, &sql_access_list_add, "wallet", e);
}

int access_list_transfer(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_part);

    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, it->emitter);
    bind_text(q, field_amount(w->a, &it->ev, "tokenId"));
    bind_i64(q, (int64_t)it->log->block);
    bind_i64(q, (int64_t)it->log->index);
    if (stmt_run(q, e) < 0)
        return -1;
    return db_changes(db) > 0 ? put_member(w, db, it, &sql_access_list_hand_on, "to", e) : 0;
}
