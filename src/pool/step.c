/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker on a meter. What the rows say is under way is done first (a lock sent, a claim decided;
 * both can be repeated), then the meter moves, until it has to wait.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pool/pool_int.h"

enum {
    MOVES_MAX = 64,        /* a bug would show as a busy loop: it becomes a slow one */
    RETRY_FIRST_MS = 1000, /* doubled up to 16 s: well within the time to claim */
    RETRY_DOUBLINGS = 4,
    BACKOFF_FIRST_MS = 15000,
    BACKOFF_DOUBLINGS = 5
};

/* --- errands --- */

static int lock_period(struct pools *p, const struct meter_view *v, const struct period *c,
                       struct err *e)
{
    const struct escrow_lock_request r = {
        .job_id = c->job,
        .chain = v->pool.chain,
        .token = v->pool.token,
        .payer = v->pool.payer,
        .amount = c->amount,
        .seconds = (uint64_t)advance__lock_seconds(p, v, c->seconds, c->opened)};
    char tx[HASH32_TEXT];

    return escrow_lock(p->o.escrow, &r, tx, e);
}

/* Has the payment of a period that is on its way, and says how it stands. */
static int attend(struct pools *p, const struct meter_view *v, const struct period *c,
                  struct advance_seen *ret, struct err *e)
{
    struct err why = {0};

    *ret = (struct advance_seen){.number = c->number};
    if (escrow_find(p->o.escrow, v->a, c->job, &ret->found, &ret->payment, e) < 0)
        return -1;
    if (c->state == PERIOD_CLOSING && ret->found &&
        escrow_claim(p->o.escrow, c->job, &c->cost, (struct bytes){NULL, 0}, &why) < 0 &&
        why.code != ERR_NOT_FOUND && why.code != ERR_CONFLICT) {
        *e = why;
        return -1;
    }
    if (c->state == PERIOD_OPENING && !ret->found && lock_period(p, v, c, &why) < 0)
        ret->error = arena_strdup(v->a, why.msg);
    if (escrow_find(p->o.escrow, v->a, c->job, &ret->found, &ret->payment, e) < 0)
        return -1;
    /* the row exists and is alive although the answer was a failure: what it says counts */
    if (ret->found && ret->payment.state != ESCROW_FAILED)
        ret->error = NULL;
    return 0;
}

static int attend_all(struct pools *p, const struct meter_view *v, struct advance_news *news,
                      struct err *e)
{
    size_t i;

    for (i = 0; i < v->count; i++) {
        const struct period *c = &v->period[i];

        if (!*c->job || c->state == PERIOD_OPEN)
            continue;
        if (attend(p, v, c, &news->seen[news->count], e) < 0)
            return -1;
        news->count++;
    }
    return 0;
}

/* The answer to ADVANCE_CHECK, for the next round. */
struct answer {
    bool checked;
    bool refused;
    char why[sizeof(((struct err *)NULL)->msg)];
};

static int check_wallet(struct pools *p, const struct meter_view *v, const struct advance *ask,
                        struct answer *ret, struct err *e)
{
    const struct escrow_lock_request r = {.job_id = "",
                                          .chain = v->pool.chain,
                                          .token = v->pool.token,
                                          .payer = v->pool.payer,
                                          .amount = ask->amount,
                                          .seconds = (uint64_t)ask->seconds};
    struct err why;

    if (!p->o.escrow)
        return refused(e, ESCROW_CONTRACT);
    ret->checked = escrow_check(p->o.escrow, &r, &why) == 0;
    if (ret->checked)
        return 0;
    if (why.transient || why.code == ERR_UNAVAILABLE || why.code == ERR_TIMEOUT) {
        *e = why; /* unknown is not a no */
        return -1;
    }
    ret->refused = true;
    (void)str_copy(ret->why, sizeof(ret->why), why.msg);
    return 0;
}

/* --- moves --- */

static int read_view(struct pools *p, struct arena *a, const char *deployment,
                     struct meter_view *ret, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    int found = rows__view(db, a, deployment, ret, e);

    ret->db = NULL;
    return found;
}

static int move_once(struct pools *p, struct arena *a, const char *deployment,
                     const struct advance_news *news, struct advance *ret, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _tx_ struct tx tx = {0};
    struct meter_view v;
    int found;

    *ret = (struct advance){.need = ADVANCE_WAIT};
    if (tx_begin(db, &tx, e) < 0)
        return -1;
    found = rows__view(db, a, deployment, &v, e);
    if (found <= 0)
        return found;
    if (advance__meter(p, &v, news, ret, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

/* Wallets are read anew when their money has moved: pages need not ask the chain for that. */
static void look_at_wallet(struct pools *p, const struct meter_view *v,
                           const struct advance_news *news)
{
    struct err e;

    if (v->pool.kind == POOL_WALLET && news->count > 0 && wallet__read(p, &v->pool, &e) < 0)
        log_debug("pool", "%s: %s", v->pool.id, e.msg);
}

/* When money that did not suffice is asked for again: seldom, and less and less. */
static int64_t backoff(struct meter *m, int64_t due)
{
    int shift = m->tries < BACKOFF_DOUBLINGS ? m->tries : BACKOFF_DOUBLINGS;
    int64_t at = clock_ms() + ((int64_t)BACKOFF_FIRST_MS << shift);

    m->tries++;
    return due && due < at ? due : at;
}

/* Nothing of it is left to be done. */
static bool is_over(const struct meter_view *v)
{
    return (v->row.state == METER_CLOSED || v->row.state == METER_FAILED) && v->count == 0;
}

/* One round: errands, the move, and what has to be asked for it. */
static int round_once(struct meter *m, struct answer *answer, struct advance *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pools *p = m->pools;
    struct advance_news news = {.checked = answer->checked,
                                .refusal = answer->refused ? answer->why : NULL};
    struct meter_view v;
    int found = read_view(p, a, m->deployment, &v, e);

    *ret = (struct advance){.need = ADVANCE_WAIT};
    m->over = found == 0 || (found > 0 && is_over(&v));
    if (found <= 0 || m->over)
        return found < 0 ? -1 : 0;
    if (attend_all(p, &v, &news, e) < 0 || move_once(p, a, m->deployment, &news, ret, e) < 0)
        return -1;
    *answer = (struct answer){0};
    look_at_wallet(p, &v, &news);
    if (ret->tell) {
        m->tries = 0;
        pools__tell(p, m->deployment, ret->event, ret->reason);
    }
    if (ret->refused)
        ret->due = backoff(m, ret->due);
    return ret->need == ADVANCE_CHECK ? check_wallet(p, &v, ret, answer, e) : 0;
}

/* A chain or a store that does not answer: a long failure is one line. */
static int64_t try_again(const struct meter *m, const struct err *e)
{
    int shift = m->failures < RETRY_DOUBLINGS ? m->failures : RETRY_DOUBLINGS;

    if (m->failures == 0)
        log_warn("pool", "deployment %s: %s; trying again", m->deployment, e->msg);
    else
        log_debug("pool", "deployment %s: %s", m->deployment, e->msg);
    return clock_ms() + ((int64_t)RETRY_FIRST_MS << shift);
}

void step__meter(struct meter *m)
{
    struct advance next = {.need = ADVANCE_AGAIN};
    struct answer answer = {0};
    struct err e;
    int i;

    for (i = 0; next.need != ADVANCE_WAIT && i < MOVES_MAX; i++) {
        if (round_once(m, &answer, &next, &e) < 0) {
            next = (struct advance){.need = ADVANCE_WAIT, .due = try_again(m, &e)};
            m->failures++;
        } else {
            m->failures = 0;
        }
    }
    m->next_due = next.need == ADVANCE_WAIT ? next.due : clock_ms() + RETRY_FIRST_MS;
}
