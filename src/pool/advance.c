/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A meter's life, one move at a time, inside one transaction: what moves is written together with
 * its ledger entries, and whatever is to be done on a chain follows from the rows (step.c).
 *
 *   FUNDING -> FUNDED -> RUNNING -> EMPTY -> FUNDED ...   CLOSING -> CLOSED (from everywhere)
 *          \-> FAILED <-/
 *
 * A period is paid for before it begins: the next one `lead` before the last is over. The last is
 * closed, for what ran of it, in the same transaction in which the next begins.
 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "pool/pool_int.h"

enum {
    LEAD_MS = 300000,    /* how early the next period is paid for, at the most */
    PATIENCE_MS = 15000, /* blocks take their time, however short a period is */
    GAP_MS = 60000,      /* what nobody looked after for longer is not charged */
    SETUP_MS = 600000    /* beyond a period: for a paid service to come up */
};

/* --- small questions --- */

struct period *advance__next(struct meter_view *v)
{
    size_t i;

    for (i = 0; i < v->count; i++) {
        struct period *n = &v->period[i];

        if (n->starts == 0 && (n->state == PERIOD_OPEN || n->state == PERIOD_OPENING))
            return n;
    }
    return NULL;
}

struct period *advance__current(struct meter_view *v)
{
    size_t i;

    for (i = 0; i < v->count; i++)
        if (v->period[i].starts > 0 && v->period[i].state == PERIOD_OPEN)
            return &v->period[i];
    return NULL;
}

/*
 * A prepaid lock may be no longer than its time and the time to claim: clients authorize just that.
 * So what its service needs to come up, and clocks that differ, come out of the latter.
 */
int64_t advance__claim_s(const struct pools *p, const struct meter_row *row)
{
    return row->prepaid ? p->o.claim_s - p->o.claim_s / 4 : p->o.claim_s;
}

int64_t advance__lock_seconds(const struct pools *p, const struct meter_view *v, int64_t seconds,
                              int64_t opened)
{
    int64_t begins = opened;
    size_t i;

    if (!v->row.prepaid)
        return wallet__lock_seconds(p, seconds);
    for (i = 0; i < v->count; i++)
        if (v->period[i].starts > 0 && v->period[i].state == PERIOD_OPEN)
            begins = v->period[i].until;
    return wallet__prepaid_seconds(p, seconds, begins - opened);
}

static int64_t lead_ms(const struct meter_row *row)
{
    int64_t third = row->period_s * 1000 / 3;

    return third < LEAD_MS ? third : LEAD_MS;
}

/* How long a lock that was sent may keep people waiting: it runs on, at the node's risk. */
static int64_t patience_ms(const struct pools *p, const struct meter_row *row)
{
    int64_t most = p->o.claim_s * 1000 / 4; /* the last period is still claimed in time */
    int64_t ms = lead_ms(row) > PATIENCE_MS ? lead_ms(row) : PATIENCE_MS;

    return ms < most ? ms : most;
}

static bool is_wallet(const struct meter_view *v)
{
    return v->pool.kind == POOL_WALLET;
}

/* A period that is being given back still counts as a lock. */
static bool is_returning(const struct meter_view *v)
{
    size_t i;

    for (i = 0; i < v->count; i++)
        if (v->period[i].state == PERIOD_CLOSING)
            return true;
    return false;
}

/* Of the time up to `at`, what is not charged. */
static int64_t idle_ms(const struct period *c, int64_t at)
{
    return c->idle + (c->idle_from && c->idle_from < at ? at - c->idle_from : 0);
}

int advance__cost(const struct period *c, int64_t at, struct u256 *ret, struct err *e)
{
    int64_t end = at < c->until ? at : c->until;
    int64_t ms = end - c->starts - idle_ms(c, end);

    *ret = u256_from(0);
    if (c->starts == 0 || ms <= 0)
        return 0;
    if (compute_terms_cost(c->terms, (ms + 999) / 1000, ret, e) < 0)
        return -1;
    if (u256_cmp(ret, &c->amount) > 0)
        *ret = c->amount;
    return 0;
}

static void tell(struct advance *ret, enum pool_event event, const char *reason)
{
    ret->tell = true;
    ret->event = event;
    ret->reason = reason;
}

static int again(struct advance *ret)
{
    ret->need = ADVANCE_AGAIN;
    return 0;
}

static int wait_until(struct advance *ret, int64_t due)
{
    ret->need = ADVANCE_WAIT;
    ret->due = due;
    return 0;
}

/* --- periods --- */

static int give_back(struct meter_view *v, const struct period *c, const struct u256 *paid,
                     struct err *e)
{
    struct ledger_entry entry = {.pool = c->pool,
                                 .kind = "return",
                                 .deployment = v->row.deployment,
                                 .number = c->number,
                                 .note = c->reason};
    struct u256 spent;

    must(u256_sub(&c->amount, paid, &entry.amount));
    must(u256_add(&v->row.spent, paid, &spent));
    v->row.spent = spent;
    return ledger__add(v->db, &entry, e);
}

/* It is over and settled: what was not paid returns. */
static int settle(struct meter_view *v, struct period *c, const struct u256 *paid, struct err *e)
{
    c->state = PERIOD_CLOSED;
    c->cost = *paid;
    if (give_back(v, c, paid, e) < 0)
        return -1;
    return rows__period_set(v->db, v->row.deployment, c, e);
}

/* Decides what is owed. A lock is claimed by the worker, before it expires; a grant at once. */
static int close_period(struct meter_view *v, struct period *c, const struct u256 *cost,
                        struct err *e)
{
    c->cost = *cost;
    if (!*c->job)
        return settle(v, c, cost, e);
    c->state = PERIOD_CLOSING;
    return rows__period_set(v->db, v->row.deployment, c, e);
}

static int close_as_run(struct meter_view *v, struct period *c, int64_t at, struct err *e)
{
    int64_t idle = idle_ms(c, at < c->until ? at : c->until);
    struct u256 cost;

    if (idle > 0)
        c->reason = arena_printf(v->a, "%lld s in which it did not run are not charged",
                                 (long long)(idle / 1000));
    return advance__cost(c, at, &cost, e) < 0 ? -1 : close_period(v, c, &cost, e);
}

static int release(struct meter_view *v, struct period *c, struct err *e)
{
    const struct u256 nothing = u256_from(0);

    return close_period(v, c, &nothing, e);
}

void advance__begin(struct pools *p, struct meter_view *v, struct period *n, int64_t from)
{
    int64_t last = (n->expiry - advance__claim_s(p, &v->row)) * 1000;

    n->starts = from;
    n->until = from + n->seconds * 1000;
    if (n->expiry && n->until > last) /* came up late: less of it can be charged */
        n->until = last > from ? last : from;
    v->row.current = n->number;
    v->row.terms = n->terms;
    if (v->row.low == 2)
        v->row.low = 0;
    if (!v->row.began)
        v->row.began = from;
}

/* A period that is to be paid for, and what came of it. */
struct opening {
    const char *terms;
    int64_t seconds;
    bool opened;     /* it is there, perhaps its lock is still to be mined */
    const char *why; /* the pool cannot; neither: ret->need says what to ask first */
};

static int reserve(struct meter_view *v, struct period *n, struct err *e)
{
    struct ledger_entry entry = {.pool = n->pool,
                                 .kind = "reserve",
                                 .amount = n->amount,
                                 .minus = true,
                                 .deployment = v->row.deployment};

    if (rows__period_add(v->db, &v->row, n, e) < 0)
        return -1;
    entry.number = n->number;
    return ledger__add(v->db, &entry, e);
}

static const char *too_little(struct meter_view *v, const struct u256 *amount)
{
    struct err e;

    refused(&e, POOL_EMPTY, u256_text(v->a, &v->pool.balance), u256_text(v->a, amount));
    return arena_strdup(v->a, e.msg);
}

/* A wallet is asked first, outside this transaction. */
static int open_period(struct pools *p, struct meter_view *v, const struct advance_news *news,
                       struct opening *o, struct advance *ret, struct err *e)
{
    struct period n = {.pool = v->row.pool,
                       .terms = o->terms,
                       .seconds = o->seconds,
                       .state = PERIOD_OPEN,
                       .opened = v->now};

    if (compute_terms_cost(o->terms, o->seconds, &n.amount, e) < 0)
        return -1;
    if (v->count + 2 > PERIODS_LIVE)
        o->why = "earlier periods are not settled yet";
    else if (is_wallet(v) && !u256_is_zero(&n.amount)) {
        n.state = PERIOD_OPENING;
        o->why = news->refusal;
        if (!news->checked && !o->why) {
            ret->need = ADVANCE_CHECK;
            ret->amount = n.amount;
            ret->seconds = advance__lock_seconds(p, v, o->seconds, v->now);
            return 0;
        }
    } else if (!is_wallet(v) && u256_cmp(&v->pool.balance, &n.amount) < 0)
        o->why = too_little(v, &n.amount);
    if (o->why)
        return 0;
    o->opened = true;
    ret->need = ADVANCE_AGAIN;
    return reserve(v, &n, e);
}

/* --- what the escrow says --- */

/* The lock is there, or never will be. */
static int opening_seen(struct meter_view *v, struct period *n, const struct advance_seen *seen,
                        struct err *e)
{
    const struct u256 nothing = u256_from(0);
    enum escrow_state state = seen->found ? seen->payment.state : ESCROW_FAILED;

    if (state == ESCROW_INTENT || state == ESCROW_SENT)
        return 0;
    if (state == ESCROW_LOCKED) {
        n->state = PERIOD_OPEN;
        n->expiry = seen->payment.expiry;
        n->opened = v->now;
        return rows__period_set(v->db, v->row.deployment, n, e);
    }
    n->state = PERIOD_FAILED;
    n->reason = seen->error                         ? seen->error
                : seen->found && *seen->payment.why ? seen->payment.why
                                                    : "the lock is gone";
    v->refusal = n->reason;
    if (give_back(v, n, &nothing, e) < 0)
        return -1;
    return rows__period_set(v->db, v->row.deployment, n, e);
}

static int closing_seen(struct meter_view *v, struct period *c, const struct advance_seen *seen,
                        struct err *e)
{
    struct u256 paid = u256_from(0);

    if (seen->found) {
        switch (seen->payment.state) {
        case ESCROW_INTENT:
        case ESCROW_SENT:
        case ESCROW_LOCKED:
        case ESCROW_CLAIMING:
            return 0;
        case ESCROW_CLAIMED:
            paid = seen->payment.claimed;
            break;
        case ESCROW_FAILED:
        case ESCROW_RELEASED:
            break;
        case ESCROW_CANCELED:
            c->reason = "the lock expired before it was claimed";
            break;
        }
    }
    return settle(v, c, &paid, e);
}

static int apply_seen(struct meter_view *v, const struct advance_news *news, struct err *e)
{
    size_t kept = 0;
    size_t i, k;

    for (k = 0; k < v->count; k++) {
        struct period *c = &v->period[k];

        for (i = 0; i < news->count; i++) {
            if (news->seen[i].number != c->number)
                continue;
            if (c->state == PERIOD_OPENING && opening_seen(v, c, &news->seen[i], e) < 0)
                return -1;
            if (c->state == PERIOD_CLOSING && closing_seen(v, c, &news->seen[i], e) < 0)
                return -1;
        }
    }
    for (k = 0; k < v->count; k++)
        if (v->period[k].state != PERIOD_CLOSED && v->period[k].state != PERIOD_FAILED)
            v->period[kept++] = v->period[k];
    v->count = kept;
    return 0;
}

/* --- the states --- */

static int fail_meter(struct meter_view *v, const char *why, struct advance *ret)
{
    v->row.state = METER_FAILED;
    v->row.reason = why;
    tell(ret, POOL_FAILED, why);
    return again(ret);
}

/* The first period of a run: all of it, or up to the end that is wanted. */
static int64_t first_seconds(const struct meter_row *row, int64_t from)
{
    int64_t left = row->ends ? (row->ends - from + 999) / 1000 : row->period_s;

    return left < row->period_s ? left > 0 ? left : 1 : row->period_s;
}

static int funding(struct pools *p, struct meter_view *v, const struct advance_news *news,
                   struct advance *ret, struct err *e)
{
    struct opening o = {.terms = v->row.terms, .seconds = first_seconds(&v->row, v->now)};
    const struct period *n = advance__next(v);

    if (n && n->state == PERIOD_OPENING)
        return wait_until(ret, 0);
    if (n) {
        v->row.state = METER_FUNDED;
        v->row.reason = "";
        tell(ret, POOL_FUNDED, "");
        return again(ret);
    }
    if (v->refusal)
        return fail_meter(v, v->refusal, ret);
    if (open_period(p, v, news, &o, ret, e) < 0)
        return -1;
    return o.why ? fail_meter(v, o.why, ret) : 0;
}

static int funded(struct pools *p, struct meter_view *v, struct advance *ret, struct err *e)
{
    struct period *n = advance__next(v);
    int64_t last;

    if (!n)
        return fail_meter(v, "what was paid for is gone", ret);
    last = n->opened + n->seconds * 1000 + SETUP_MS;
    if (n->expiry && (n->expiry - advance__claim_s(p, &v->row)) * 1000 < last)
        last = (n->expiry - advance__claim_s(p, &v->row)) * 1000;
    if (v->now < last)
        return wait_until(ret, last);
    if (release(v, n, e) < 0)
        return -1;
    return fail_meter(v, "the service did not come up in time", ret);
}

static int become_empty(struct meter_view *v, struct period *c, const char *why,
                        struct advance *ret, struct err *e)
{
    if (c && close_as_run(v, c, v->now, e) < 0)
        return -1;
    v->row.state = METER_EMPTY;
    v->row.reason = why;
    if (v->row.next_terms) { /* nothing runs: the new size is what it will begin with */
        v->row.terms = v->row.next_terms;
        v->row.next_terms = NULL;
    }
    tell(ret, POOL_EMPTY, why);
    return again(ret);
}

static int empty(struct pools *p, struct meter_view *v, const struct advance_news *news,
                 struct advance *ret, struct err *e)
{
    struct opening o = {.terms = v->row.terms, .seconds = first_seconds(&v->row, v->now)};
    struct period *n = advance__next(v);

    if (n && n->state == PERIOD_OPENING)
        return wait_until(ret, 0);
    if (n) {
        v->row.state = METER_FUNDED;
        v->row.reason = "";
        v->row.low = 0;
        tell(ret, POOL_REFILLED, "");
        return again(ret);
    }
    if (v->refusal) {
        v->row.reason = v->refusal;
        return wait_until(ret, 0);
    }
    if (open_period(p, v, news, &o, ret, e) < 0)
        return -1;
    if (o.why) {
        v->row.reason = o.why;
        ret->refused = true;
        return wait_until(ret, 0);
    }
    return 0;
}

/* The next period runs from now or from the end of the last, which is closed with it. */
static int go_on(struct pools *p, struct meter_view *v, struct period *c, struct period *n,
                 struct advance *ret, struct err *e)
{
    bool resized = v->row.next_terms && str_eq(v->row.next_terms, n->terms);
    bool early = v->now < c->until; /* only for another size */
    int64_t from = early || v->now - c->until > GAP_MS ? v->now : c->until;

    if (close_as_run(v, c, from, e) < 0)
        return -1;
    advance__begin(p, v, n, from);
    n->idle_from = c->idle_from ? from : 0; /* it still does not run */
    if (resized) {
        v->row.next_terms = NULL;
        tell(ret, POOL_RESIZED, "");
    }
    if (rows__period_set(v->db, v->row.deployment, n, e) < 0)
        return -1;
    return again(ret);
}

/* Another size: first room in the authorisation, then the new period, then the old one ends. */
static int resize(struct pools *p, struct meter_view *v, const struct advance_news *news,
                  struct advance *ret, struct err *e)
{
    struct opening o = {.terms = v->row.next_terms, .seconds = first_seconds(&v->row, v->now)};
    struct period *c = advance__current(v);
    struct period *n = advance__next(v);

    if (n && !str_eq(n->terms, v->row.next_terms))
        return release(v, n, e) < 0 ? -1 : again(ret);
    if (n && n->state == PERIOD_OPEN)
        return go_on(p, v, c, n, ret, e);
    if (n || (is_wallet(v) && is_returning(v)))
        return wait_until(ret, c->until);
    o.why = v->refusal;
    if (!o.why && open_period(p, v, news, &o, ret, e) < 0)
        return -1;
    if (!o.why)
        return 0;
    v->row.next_terms = NULL;
    tell(ret, POOL_REFUSED, o.why);
    return again(ret);
}

/* The period is over. */
static int boundary(struct pools *p, struct meter_view *v, const struct advance_news *news,
                    struct advance *ret, struct err *e)
{
    struct opening o = {.terms = v->row.terms, .seconds = first_seconds(&v->row, v->now)};
    struct period *c = advance__current(v);
    struct period *n = advance__next(v);
    int64_t patience = c->until + patience_ms(p, &v->row);

    if (n && n->state == PERIOD_OPEN)
        return go_on(p, v, c, n, ret, e);
    if (n && v->now < patience)
        return wait_until(ret, patience);
    if (n) {
        if (release(v, n, e) < 0)
            return -1;
        return become_empty(v, c, "the next period's lock was not mined in time", ret, e);
    }
    o.why = v->refusal;
    if (!o.why && open_period(p, v, news, &o, ret, e) < 0)
        return -1;
    return o.why ? become_empty(v, c, o.why, ret, e) : 0;
}

/* In time before the period is over. */
static int prepare_next(struct pools *p, struct meter_view *v, const struct advance_news *news,
                        struct advance *ret, struct err *e)
{
    const struct period *c = advance__current(v);
    struct opening o = {.terms = v->row.terms, .seconds = first_seconds(&v->row, c->until)};

    o.why = v->refusal;
    if (!o.why && open_period(p, v, news, &o, ret, e) < 0)
        return -1;
    if (!o.why)
        return 0;
    ret->refused = true;
    if (v->row.low != 2) {
        v->row.low = 2;
        tell(ret, POOL_LOW, o.why);
    }
    return wait_until(ret, c->until);
}

/* What is left does not last as long as the operator wants people to be told. */
static int look_at_pool(struct pools *p, struct meter_view *v, struct advance *ret, struct err *e)
{
    bool low;

    if (ledger__facts(p, v->db, v->a, &v->pool, e) < 0)
        return -1;
    low = v->pool.empty_at && v->pool.empty_at - v->now < p->o.low_s * 1000 &&
          (!v->row.ends || v->row.ends > v->pool.empty_at);
    if (low && v->row.low == 0) {
        v->row.low = 1;
        tell(ret, POOL_LOW, "little is left in the pool");
    } else if (!low && v->row.low == 1) {
        v->row.low = 0;
    }
    return 0;
}

static int end_meter(struct meter_view *v, struct advance *ret)
{
    v->row.state = METER_CLOSING;
    v->row.stop = "used";
    v->row.stop_at = v->row.ends;
    v->row.reason = "its end has come";
    return again(ret);
}

static int running(struct pools *p, struct meter_view *v, const struct advance_news *news,
                   struct advance *ret, struct err *e)
{
    const struct meter_row *row = &v->row;
    const struct period *c = advance__current(v);
    int64_t due;

    if (row->ends && v->now >= row->ends)
        return end_meter(v, ret);
    if (!c)
        return become_empty(v, NULL, "what was paid for is gone", ret, e);
    if (v->now >= c->until)
        return boundary(p, v, news, ret, e);
    if (row->next_terms)
        return resize(p, v, news, ret, e);
    if (look_at_pool(p, v, ret, e) < 0)
        return -1;
    due = c->until;
    if (!advance__next(v) && !(row->ends && row->ends <= c->until)) {
        due = row->prepaid ? v->now : due - lead_ms(row);
        if (v->now >= due)
            return ret->tell ? again(ret) : prepare_next(p, v, news, ret, e);
    }
    return wait_until(ret, row->ends && row->ends < due ? row->ends : due);
}

static int closing(struct meter_view *v, struct advance *ret, struct err *e)
{
    size_t i;

    for (i = 0; i < v->count; i++) {
        struct period *c = &v->period[i];
        bool used = c->state == PERIOD_OPEN && str_eq(v->row.stop, "used");

        if (c->state == PERIOD_CLOSING)
            continue;
        if ((used ? close_as_run(v, c, v->row.stop_at, e) : release(v, c, e)) < 0)
            return -1;
        ret->need = ADVANCE_AGAIN;
    }
    if (ret->need == ADVANCE_AGAIN)
        return 0;
    if (v->count > 0)
        return wait_until(ret, 0);
    v->row.state = METER_CLOSED;
    tell(ret, POOL_CLOSED, v->row.reason);
    return again(ret);
}

static int move(struct pools *p, struct meter_view *v, const struct advance_news *news,
                struct advance *ret, struct err *e)
{
    switch (v->row.state) {
    case METER_FUNDING:
        return funding(p, v, news, ret, e);
    case METER_FUNDED:
        return funded(p, v, ret, e);
    case METER_RUNNING:
        return running(p, v, news, ret, e);
    case METER_EMPTY:
        if (v->row.ends && v->now >= v->row.ends)
            return end_meter(v, ret);
        return empty(p, v, news, ret, e);
    case METER_CLOSING:
        return closing(v, ret, e);
    case METER_CLOSED:
    case METER_FAILED:
        break;
    }
    return wait_until(ret, 0);
}

int advance__meter(struct pools *p, struct meter_view *v, const struct advance_news *news,
                   struct advance *ret, struct err *e)
{
    *ret = (struct advance){.need = ADVANCE_WAIT};
    if (apply_seen(v, news, e) < 0 || move(p, v, news, ret, e) < 0)
        return -1;
    return rows__meter_set(v->db, &v->row, e);
}
