/* SPDX-License-Identifier: Apache-2.0 */
/* The escrow's events, kept as documents for whoever asks for them. */
#include "indexer/index.sql.h"
#include "indexer/read.h"
#include "indexer/window.h"

static const char *number(struct arena *a, const struct event *ev, size_t i)
{
    return u256_text(a, &ev->v[i].num);
}

static const char *address(struct arena *a, const struct event *ev, size_t i)
{
    return addr_text_lower(a, &ev->v[i].addr);
}

/* Auth(payer*, payee*, maxLockedAmount, maxLockSeconds, maxLockCounts) */
static void take_auth(struct arena *a, const struct event *ev, struct json *d)
{
    json_set_str(a, d, "payer", event_topic_text(a, ev, 1));
    json_set_str(a, d, "payee", event_topic_text(a, ev, 2));
    json_set_str(a, d, "maxLockedAmount", number(a, ev, 0));
    json_set_str(a, d, "maxLockSeconds", number(a, ev, 1));
    json_set_str(a, d, "maxLockCounts", number(a, ev, 2));
}

/* Lock(payer, payee, jobId, amount, expiry, token) */
static void take_lock(struct arena *a, const struct event *ev, struct json *d)
{
    json_set_str(a, d, "payer", address(a, ev, 0));
    json_set_str(a, d, "payee", address(a, ev, 1));
    json_set_str(a, d, "token", address(a, ev, 5));
    json_set_str(a, d, "jobId", number(a, ev, 2));
    json_set_str(a, d, "amount", number(a, ev, 3));
    json_set_str(a, d, "expiry", number(a, ev, 4));
}

/* Claimed(payee*, jobId, token, payer*, amount, proof); Canceled is the same without a proof. */
static void take_end(struct arena *a, const struct event *ev, struct json *d)
{
    json_set_str(a, d, "payer", event_topic_text(a, ev, 2));
    json_set_str(a, d, "payee", event_topic_text(a, ev, 1));
    json_set_str(a, d, "token", address(a, ev, 1));
    json_set_str(a, d, "jobId", number(a, ev, 0));
    json_set_str(a, d, "amount", number(a, ev, 2));
    if (ev->kind == ESCROW_CLAIMED)
        json_set_str(a, d, "proof", hex0x_dup(a, ev->v[3].bytes.p, ev->v[3].bytes.n));
}

/* Deposit(payer*, token, amount), Withdraw likewise */
static void take_funds(struct arena *a, const struct event *ev, struct json *d)
{
    json_set_str(a, d, "payer", event_topic_text(a, ev, 1));
    json_set_str(a, d, "token", address(a, ev, 0));
    json_set_str(a, d, "amount", number(a, ev, 1));
}

static struct json *document_of(struct window *w, const struct event *ev)
{
    struct json *d = json_new_object(w->a);

    json_set_str(w->a, d, "id",
                 arena_printf(w->a, "%s-%llu", ev->tx, (unsigned long long)ev->log->index));
    json_set_str(w->a, d, "eventType", event_name(ev->kind));
    json_set_int(w->a, d, "chainId", (int64_t)w->chain->chain_id);
    json_set_str(w->a, d, "contract", ev->emitter);
    json_set_int(w->a, d, "block", (int64_t)ev->log->block);
    json_set_str(w->a, d, "txHash", ev->tx);
    if (ev->kind == ESCROW_AUTH)
        take_auth(w->a, ev, d);
    else if (ev->kind == ESCROW_LOCK)
        take_lock(w->a, ev, d);
    else if (ev->kind == ESCROW_CLAIMED || ev->kind == ESCROW_CANCELED)
        take_end(w->a, ev, d);
    else
        take_funds(w->a, ev, d);
    return d;
}

int escrow_apply(struct window *w, struct db *db, const struct event *ev, struct err *e)
{
    _stmt_ struct stmt *q = NULL;
    const struct json *d;

    if (!addr_eq(&ev->log->address, &w->chain->escrow))
        return 0;
    d = document_of(w, ev);
    q = db_query(db, &sql_escrow_event_put);
    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, ev->tx);
    bind_i64(q, (int64_t)ev->log->index);
    bind_i64(q, (int64_t)ev->log->block);
    bind_text(q, event_name(ev->kind));
    bind_text(q, json_get_str(d, "payer", NULL));
    bind_text(q, json_get_str(d, "payee", NULL));
    bind_text(q, json_get_str(d, "token", NULL));
    bind_text(q, json_get_str(d, "jobId", NULL));
    bind_text(q, json_text(w->a, d));
    return stmt_run(q, e);
}
