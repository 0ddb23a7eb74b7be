/* SPDX-License-Identifier: Apache-2.0 */
/* Follows what was sent until the chain has decided. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "chain/eth_gas.h"
#include "chain/rpc_int.h"
#include "chain/sender_int.h"

enum {
    LOOK_FIRST_MS = 10, /* how soon the chain is asked again; grows with the time waited */
    LOOK_LAST_MS = 1000,
    LOOK_SHARE = 8, /* the pause is an eighth of the time since something happened */
    REBROADCAST_MS = 15000,
    LOST_MS = 10000, /* a nonce used without a receipt: endpoints disagree for a while */
    TRIES_MAX = 40,  /* 1.125 ^ 40 = 111 times the first price */
    RECEIPTS_MAX = 900
};

/* What the chain says at one moment. */
struct view {
    uint64_t head;
    uint64_t nonce;         /* transactions mined from our key */
    struct json **receipts; /* of each try of the row in turn, JSON null when there is none */
};

static struct sender_track *track_of(struct sender *s, int64_t id)
{
    size_t i;

    for (i = 0; i < s->track_count; i++) {
        if (s->tracks[i].id == id)
            return &s->tracks[i];
    }
    must(s->track_count < SENDER_ROWS_AT_ONCE);
    s->tracks[s->track_count] = (struct sender_track){.id = id};
    return &s->tracks[s->track_count++];
}

/* Forgets rows that are not under way any more. */
static void tidy_tracks(struct sender *s, const struct sender_live *rows, size_t n)
{
    size_t kept = 0;
    size_t i;
    size_t k;

    for (i = 0; i < s->track_count; i++) {
        for (k = 0; k < n && rows[k].id != s->tracks[i].id; k++)
            ;
        if (k < n)
            s->tracks[kept++] = s->tracks[i];
    }
    s->track_count = kept;
}

/* As many rows, the lowest nonces first, as one request can ask for. */
static size_t fitting(const struct sender_live *rows, size_t n)
{
    size_t tries = 0;
    size_t i = 0;

    while (i < n && (tries += rows[i].try_count) <= RECEIPTS_MAX)
        i++;
    return i;
}

/* Head, nonce and every receipt in one request, so that they belong together. */
static int look(struct sender *s, struct arena *a, const struct sender_live *rows, size_t n,
                struct view *ret, struct err *e)
{
    enum { HEAD, NONCE, RECEIPTS };
    struct rpc_item *items = arena_calloc(a, RECEIPTS + RECEIPTS_MAX, sizeof(*items));
    struct json *account = json_new_array(a);
    size_t count = RECEIPTS;
    size_t i;
    size_t k;

    json_push(a, account, json_new_str(a, s->addr_text));
    json_push(a, account, json_new_str(a, "latest"));
    items[HEAD] = (struct rpc_item){.method = "eth_blockNumber"};
    items[NONCE] = (struct rpc_item){.method = "eth_getTransactionCount", .params = account};
    for (i = 0; i < n; i++) {
        for (k = 0; k < rows[i].try_count; k++) {
            struct json *params = json_new_array(a);

            json_push(a, params, json_new_str(a, hash32_text(a, &rows[i].tries[k].hash)));
            items[count++] =
                (struct rpc_item){.method = "eth_getTransactionReceipt", .params = params};
        }
    }
    if (rpc_batch(s->config.rpc, a, items, count, e) < 0)
        return -1;
    if (!rpc__height(items[HEAD].result, &ret->head) || !rpc__u64(items[NONCE].result, &ret->nonce))
        return rpc__malformed(e, "eth_getTransactionCount");
    ret->receipts = arena_calloc(a, RECEIPTS_MAX, sizeof(struct json *));
    for (i = RECEIPTS; i < count; i++)
        ret->receipts[i - RECEIPTS] = items[i].result;
    return 0;
}

static int tell(struct sender *s, const struct sender_live *row, enum sender_state state,
                const struct hash32 *tx, const struct rpc_receipt *receipt, struct err *e)
{
    const struct sender_event event = {.purpose = row->purpose,
                                       .reference = row->reference,
                                       .state = state,
                                       .tx = *tx,
                                       .receipt = receipt};
    size_t i;

    for (i = 0; i < s->listener_count; i++) {
        const struct sender_listening *l = &s->listeners[i];

        if (strcmp(l->purpose, row->purpose) == 0 && l->told(l->ctx, &event, e) < 0)
            return -1;
    }
    return 0;
}

/* The listener first: if we end between the two, it is told again. */
static int finish(struct sender *s, const struct sender_live *row, enum sender_state state,
                  const struct hash32 *tx, const struct rpc_receipt *receipt, struct err *e)
{
    if (tell(s, row, state, tx, receipt, e) < 0)
        return -1;
    return sender__set_state(s, row->id, state, tx, receipt ? receipt->block : 0, e);
}

static void send_again(struct sender *s, const struct sender_live *row, struct sender_track *t)
{
    const struct sender_try *newest = &row->tries[row->try_count - 1];
    struct err e = {0};

    t->broadcast = clock_mono_ms();
    if (rpc_send_raw(s->config.rpc, newest->raw, &e) < 0)
        log_debug("sender", "%s %s: sending again: %s", row->purpose, row->reference, e.msg);
    else if (row->state == SENDER_SIGNED &&
             sender__set_state(s, row->id, SENDER_SENT, &newest->hash, 0, &e) < 0)
        log_warn("sender", "journal: %s", e.msg);
}

/* The same nonce with a higher fee; the journal has the new bytes before anybody else. */
static int pay_more(struct sender *s, struct arena *a, const struct sender_live *row,
                    struct sender_track *t, struct err *e)
{
    const struct sender_try *last = &row->tries[row->try_count - 1];
    struct eth_tx tx = {.type = last->type,
                        .chain_id = rpc_chain_id(s->config.rpc),
                        .nonce = row->nonce,
                        .gas = row->gas,
                        .priority = last->priority,
                        .price = last->price,
                        .to = &row->to,
                        .value = row->value,
                        .data = row->data};
    struct eth_signed signed_tx;

    if (eth_gas_bump(s->config.rpc, &tx, e) < 0)
        return -1;
    signed_tx = eth_tx_sign(a, &tx, &s->config.key);
    if (sender__add_try(s, row->id, &tx, &signed_tx, e) < 0)
        return -1;
    log_info("sender", "%s %s is stuck: paying %s wei a gas, as %s", row->purpose, row->reference,
             u256_text(a, &tx.price), hash32_text(a, &signed_tx.hash));
    t->broadcast = clock_mono_ms();
    return rpc_send_raw(s->config.rpc, signed_tx.raw, e);
}

/* No receipt yet: gone, stuck, or simply early. */
static int follow(struct sender *s, struct arena *a, const struct sender_live *row,
                  const struct view *v, struct err *e)
{
    const struct sender_try *newest = &row->tries[row->try_count - 1];
    struct sender_track *t = track_of(s, row->id);
    int64_t now = clock_mono_ms();

    if (v->nonce > row->nonce) {
        if (t->lost == 0)
            t->lost = now;
        if (now - t->lost < LOST_MS)
            return 0;
        sender__lost_nonce(s);
        return finish(s, row, SENDER_DROPPED, &newest->hash, NULL, e);
    }
    t->lost = 0;
    if (t->mined) { /* and is not any more: the block was replaced */
        t->mined = false;
        send_again(s, row, t);
        return 0;
    }
    if (v->nonce == row->nonce && row->try_count < TRIES_MAX &&
        clock_ms() - newest->created > s->config.bump_after_ms)
        return pay_more(s, a, row, t, e);
    /* Just sent by sender_send: only a row from before this process needs it at once. */
    if (t->broadcast == 0 && clock_ms() - newest->created < REBROADCAST_MS &&
        row->state == SENDER_SENT)
        t->broadcast = now;
    if (t->broadcast == 0 || now - t->broadcast > REBROADCAST_MS)
        send_again(s, row, t);
    return 0;
}

/* Deals with one row; *ret_done when it has ended. */
static int attend(struct sender *s, struct arena *a, const struct sender_live *row,
                  const struct view *v, bool *ret_done, struct err *e)
{
    size_t k;

    *ret_done = false;
    for (k = 0; k < row->try_count; k++) {
        struct rpc_receipt r;

        if (!json_is(v->receipts[k], JSON_OBJECT))
            continue;
        if (!rpc__receipt(a, v->receipts[k], &row->tries[k].hash, &r))
            return rpc__malformed(e, "eth_getTransactionReceipt");
        if (v->head + 1 < r.block + s->config.confirmations) {
            track_of(s, row->id)->mined = true;
            return 0;
        }
        *ret_done = true;
        return finish(s, row, r.success ? SENDER_MINED : SENDER_REVERTED, &r.tx, &r, e);
    }
    return follow(s, a, row, v, e);
}

/* One look at the chain; *ret_live rows are still under way, *ret_done have ended. */
static int watch_once(struct sender *s, size_t *ret_live, size_t *ret_done, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct sender_live *rows;
    struct view v;
    size_t n;
    size_t i;
    int rc = 0;

    *ret_done = 0;
    if (sender__live(s, a, &rows, &n, e) < 0)
        return -1;
    *ret_live = n;
    tidy_tracks(s, rows, n);
    if (n == 0)
        return 0;
    n = fitting(rows, n);
    if (look(s, a, rows, n, &v, e) < 0)
        return -1;
    sender__compare(s, v.nonce);
    for (i = 0; i < n; i++) { /* one row's trouble does not hold up the others */
        bool done;

        if (attend(s, a, &rows[i], &v, &done, e) < 0) {
            err_wrap(e, "%s %s", rows[i].purpose, rows[i].reference);
            rc = -1;
        } else {
            *ret_done += done;
            *ret_live -= done;
        }
        v.receipts += rows[i].try_count;
    }
    return rc;
}

/* Waits until it is time to look again; false when the sender ends. since: the last happening. */
static bool pause_watch(struct sender *s, bool idle, int64_t *since)
{
    int64_t ms = (clock_mono_ms() - *since) / LOOK_SHARE;

    lock_scope(&s->lock);
    if (ms < LOOK_FIRST_MS)
        ms = LOOK_FIRST_MS;
    if (ms > LOOK_LAST_MS)
        ms = LOOK_LAST_MS;
    while (!s->ending && !s->news) {
        if (!cond_wait_ms(&s->wake, &s->lock, idle ? -1 : ms) || !idle)
            break;
    }
    if (s->news)
        *since = clock_mono_ms();
    s->news = false;
    return !s->ending;
}

void *sender__watch(void *sender)
{
    struct sender *s = sender;
    int64_t since = clock_mono_ms();
    char told[sizeof(((struct err *)NULL)->msg)] = "";
    bool idle = false;

    sender__ask_count(s);
    while (pause_watch(s, idle, &since)) {
        struct err e = {0};
        size_t live = 1;
        size_t done = 0;

        if (watch_once(s, &live, &done, &e) < 0) {
            if (strcmp(told, e.msg) != 0) /* a long failure is one line */
                log_warn("sender", "%s", e.msg);
            memcpy(told, e.msg, sizeof(told));
            live = 1;
        } else {
            told[0] = '\0';
        }
        if (done > 0)
            since = clock_mono_ms();
        idle = live == 0;
    }
    return NULL;
}
