/* SPDX-License-Identifier: Apache-2.0 */
/* Whether somebody else sends with the node's key. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "chain/rpc_int.h"
#include "chain/sender.sql.h"
#include "chain/sender_int.h"

struct key_row {
    bool found;
    uint64_t known; /* transactions that are ours or were noticed */
    struct sender_strangers x;
};

static void bind_self(struct stmt *q, const struct sender *s)
{
    bind_i64(q, (int64_t)sender_chain_id(s));
    bind_text(q, s->addr_text);
}

static int read_key(struct db *db, const struct sender *s, struct key_row *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_key);
    struct key_row k = {0};

    bind_self(q, s);
    if (stmt_find(q, &k.found, e) < 0)
        return -1;
    if (k.found) {
        k.known = (uint64_t)col_i64(q, "known");
        k.x.count = (uint64_t)col_i64(q, "strange");
        k.x.noticed = col_i64(q, "noticed");
    }
    *ret = k;
    return 0;
}

static int write_key(struct db *db, const struct sender *s, const struct key_row *k, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_key_set);

    bind_self(q, s);
    bind_i64(q, (int64_t)k->known);
    bind_i64(q, (int64_t)k->x.count);
    bind_i64(q, k->x.noticed);
    return stmt_run(q, e);
}

/* One more than the highest nonce that was ever signed here; 0 when none was. */
static int read_signed(struct db *db, const struct sender *s, uint64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_sender_any_nonce);
    bool found;

    bind_self(q, s);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found && !col_is_null(q, "nonce") ? (uint64_t)col_i64(q, "nonce") + 1 : 0;
    return 0;
}

/* Adds `strange` to what was noticed; *ret_noticed when there is something to tell. */
static int compare(struct sender *s, uint64_t count, uint64_t strange, struct key_row *k,
                   struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    _tx_ struct tx tx = {0};
    uint64_t ours;

    if (tx_begin(db, &tx, e) < 0 || read_key(db, s, k, e) < 0 || read_signed(db, s, &ours, e) < 0)
        return -1;
    if (ours < k->known)
        ours = k->known;
    if (count > ours) {
        if (k->found)
            strange += count - ours;
        k->known = count;
    } else if (strange == 0 && k->found) {
        return 0;
    }
    if (strange > 0) {
        k->x.count += strange;
        k->x.noticed = clock_ms();
        k->x.now = true;
    }
    if (write_key(db, s, k, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static void notice(struct sender *s, uint64_t count, uint64_t strange)
{
    struct key_row k = {0};
    struct err e;

    if (compare(s, count, strange, &k, &e) < 0) {
        log_debug("sender", "the key's other uses: %s", e.msg);
        return;
    }
    if (!k.x.now)
        return;
    atomic_store(&s->strange, true);
    if (s->strangers)
        s->strangers(s->strangers_ctx, sender_chain_id(s), &k.x);
}

/*
 * A count that was asked for before the journal is read cannot run ahead of it by what we sent: the
 * journal has a transaction before the chain does.
 */
void sender__compare(struct sender *s, uint64_t count)
{
    if (atomic_load(&s->compared) != count + 1) { /* most looks tell nothing new */
        notice(s, count, 0);
        atomic_store(&s->compared, count + 1);
    }
}

void sender__lost_nonce(struct sender *s)
{
    notice(s, 0, 1);
}

void sender__ask_count(struct sender *s)
{
    _arena_ struct arena *a = arena_new();
    struct json *account = json_new_array(a);
    struct rpc_item item = {.method = "eth_getTransactionCount", .params = account};
    uint64_t count;
    struct err e;

    json_push(a, account, json_new_str(a, s->addr_text));
    json_push(a, account, json_new_str(a, "latest"));
    if (rpc_batch(s->config.rpc, a, &item, 1, &e) < 0 || !rpc__u64(item.result, &count))
        return; /* the next look will say */
    sender__compare(s, count);
}

int sender_strangers(struct sender *s, struct sender_strangers *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s->config.store);
    struct key_row k;

    if (read_key(db, s, &k, e) < 0)
        return -1;
    k.x.now = atomic_load(&s->strange);
    *ret = k.x;
    return 0;
}

void sender_on_strangers(struct sender *s,
                         void (*told)(void *ctx, uint64_t chain, const struct sender_strangers *x),
                         void *ctx)
{
    must(!s->started);
    s->strangers = told;
    s->strangers_ctx = ctx;
}
