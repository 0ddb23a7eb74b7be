/* SPDX-License-Identifier: Apache-2.0 */
/* What others ask of a meter: written down in one transaction, carried out by the workers. */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "pool/pool_int.h"

enum { DEPLOYMENT_MAX = 64, HOUR_S = 3600 };

static bool is_id(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && n <= DEPLOYMENT_MAX &&
           strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == n;
}

/* --- starting --- */

static int64_t seconds_to(int64_t from, int64_t ends)
{
    return ends > from ? (ends - from + 999) / 1000 : 1;
}

static int64_t period_of(const struct pools *p, const struct pool_meter_request *r)
{
    return r->prepaid ? seconds_to(clock_ms(), r->ends) : p->o.period_s;
}

/* The prices of now, for the token of the owner's pool. */
static int read_terms(struct pools *p, struct arena *a, const struct pool_meter_request *r,
                      const char **ret, struct err *e)
{
    struct compute_price price = {.env = r->env, .resources = r->resources};
    struct pool_info pool;
    int found = pool_find(p, a, r->owner, r->pool, &pool, e);

    if (found <= 0)
        return found < 0 ? -1 : refused(e, POOL_UNKNOWN);
    if (pool.kind == POOL_WALLET && p->cb.may_lock && p->cb.may_lock(p->cb.ctx, pool.chain, e) < 0)
        return -1;
    price.chain = pool.chain;
    price.token = pool.token;
    return compute_terms(a, &price, pool.kind == POOL_WALLET, ret, e);
}

static int start_row(struct pools *p, struct db *db, struct arena *a,
                     const struct pool_meter_request *r, const char *terms, struct err *e)
{
    struct meter_row row;
    int found = rows__meter(db, a, r->deployment, &row, e);

    if (found < 0)
        return -1;
    if (!found) {
        row = (struct meter_row){.deployment = r->deployment,
                                 .owner = r->owner,
                                 .pool = r->pool,
                                 .terms = terms,
                                 .period_s = period_of(p, r),
                                 .ends = r->ends,
                                 .prepaid = r->prepaid};
        return rows__meter_add(db, &row, e);
    }
    if (!str_eq(row.owner, r->owner))
        return failed(e, CONFLICT, "the deployment is another's");
    if (row.state != METER_CLOSED && row.state != METER_FAILED)
        return 0;
    row.state = METER_FUNDING;
    row.reason = "";
    row.pool = r->pool;
    row.terms = terms;
    row.next_terms = NULL;
    row.period_s = period_of(p, r);
    row.low = 0;
    row.stop = "";
    row.stop_at = 0;
    row.ends = r->ends;
    return rows__meter_set(db, &row, e);
}

int pool_meter_start(struct pools *p, const struct pool_meter_request *r, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *terms;

    if (!is_id(r->deployment))
        return failed(e, INVALID, "a deployment's id has letters, digits and dashes, at most %d",
                      DEPLOYMENT_MAX);
    if ((r->ends || r->prepaid) && r->ends <= clock_ms())
        return failed(e, INVALID, "the end is past");
    if (read_terms(p, a, r, &terms, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0 || start_row(p, db, a, r, terms, e) < 0 ||
            tx_commit(&tx, e) < 0)
            return -1;
    }
    pools__kick(p, r->deployment);
    return 0;
}

/* --- changing one that lives --- */

/* What is to be changed, inside the transaction; 1 = changed, 0 = nothing to do. */
typedef int change_fn(struct pools *p, struct meter_view *v, const void *arg, struct err *e);

static int change(struct pools *p, const char *deployment, change_fn *fn, const void *arg,
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    int r;

    {
        _db_ struct db *db = store_lend(p->o.store);
        _tx_ struct tx tx = {0};
        struct meter_view v;

        if (tx_begin(db, &tx, e) < 0)
            return -1;
        r = rows__view(db, a, deployment, &v, e);
        if (r <= 0)
            return r < 0 ? -1 : failed(e, NOT_FOUND, "the deployment has no meter");
        r = fn(p, &v, arg, e);
        if (r < 0 || (r > 0 && (rows__meter_set(db, &v.row, e) < 0 || tx_commit(&tx, e) < 0)))
            return -1;
    }
    if (r > 0)
        pools__kick(p, deployment);
    return 0;
}

static int do_begin(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    struct period *n = advance__next(v);

    (void)arg;
    if (v->row.state == METER_RUNNING)
        return 0;
    if (v->row.state != METER_FUNDED || !n || n->state != PERIOD_OPEN)
        return failed(e, CONFLICT, "the deployment is not paid for: it is %s",
                      rows__state_name(v->row.state));
    advance__begin(p, v, n, v->now);
    v->row.state = METER_RUNNING;
    return rows__period_set(v->db, v->row.deployment, n, e) < 0 ? -1 : 1;
}

int pool_meter_begin(struct pools *p, const char *deployment, struct err *e)
{
    return change(p, deployment, do_begin, NULL, e);
}

/* The period that runs, if the meter does. */
static struct period *period_under_way(struct meter_view *v)
{
    return v->row.state == METER_RUNNING ? advance__current(v) : NULL;
}

static int do_pause(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    struct period *c = period_under_way(v);
    int64_t from = *(const int64_t *)arg;

    (void)p;
    if (!c)
        return 0;
    from = from < c->starts ? c->starts : from > v->now ? v->now : from;
    if (c->idle_from && c->idle_from <= from)
        return 0;
    c->idle_from = from;
    return rows__period_set(v->db, v->row.deployment, c, e) < 0 ? -1 : 1;
}

int pool_meter_pause(struct pools *p, const char *deployment, int64_t from, struct err *e)
{
    if (change(p, deployment, do_pause, &from, e) == 0)
        return 0;
    return e->code == ERR_NOT_FOUND ? 0 : -1;
}

static int do_resume(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    struct period *c = period_under_way(v);
    int64_t at = *(const int64_t *)arg;

    (void)p;
    if (!c || !c->idle_from)
        return 0;
    at = at > v->now ? v->now : at;
    c->idle += at > c->idle_from ? at - c->idle_from : 0;
    c->idle_from = 0;
    return rows__period_set(v->db, v->row.deployment, c, e) < 0 ? -1 : 1;
}

int pool_meter_resume(struct pools *p, const char *deployment, int64_t at, struct err *e)
{
    if (change(p, deployment, do_resume, &at, e) == 0)
        return 0;
    return e->code == ERR_NOT_FOUND ? 0 : -1;
}

static int do_stop(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    const enum pool_stop *why = arg;

    (void)p, (void)e;
    if (v->row.state == METER_CLOSING || v->row.state == METER_CLOSED ||
        v->row.state == METER_FAILED)
        return 0;
    v->row.state = METER_CLOSING;
    v->row.stop = *why == POOL_OUR_FAULT ? "fault" : "used";
    v->row.stop_at = v->now;
    v->row.reason = "";
    v->row.next_terms = NULL;
    return 1;
}

int pool_meter_stop(struct pools *p, const char *deployment, enum pool_stop why, struct err *e)
{
    if (change(p, deployment, do_stop, &why, e) == 0)
        return 0;
    return e->code == ERR_NOT_FOUND ? 0 : -1;
}

static int do_extend(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    const struct period *c = advance__current(v);
    const int64_t *ends = arg;

    (void)p;
    if ((*ends || v->row.prepaid) && *ends <= v->now)
        return failed(e, INVALID, "the end is past");
    if (v->row.state == METER_CLOSING || v->row.state == METER_CLOSED ||
        v->row.state == METER_FAILED)
        return failed(e, CONFLICT, "the deployment is %s", rows__state_name(v->row.state));
    v->row.ends = *ends;
    if (v->row.prepaid) { /* what is added is one period, too */
        int64_t more = seconds_to(c ? c->until : v->now, *ends);

        v->row.period_s = more > v->row.period_s ? more : v->row.period_s;
    }
    return 1;
}

int pool_meter_extend(struct pools *p, const char *deployment, int64_t ends, struct err *e)
{
    return change(p, deployment, do_extend, &ends, e);
}

static int do_resize(struct pools *p, struct meter_view *v, const void *arg, struct err *e)
{
    (void)p;
    switch (v->row.state) {
    case METER_RUNNING:
        v->row.next_terms = arg;
        return 1;
    case METER_EMPTY: /* what it will begin with */
        v->row.terms = arg;
        return 1;
    case METER_CLOSED:
    case METER_FAILED: /* pool_meter_start() will say */
        return 0;
    case METER_FUNDING:
    case METER_FUNDED:
    case METER_CLOSING:
        break;
    }
    return failed(e, CONFLICT, "the deployment is %s", rows__state_name(v->row.state));
}

int pool_meter_resize(struct pools *p, const char *deployment, const struct compute_env *env,
                      const struct compute_resources *resources, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pool_meter_request r = {.env = env, .resources = resources};
    struct pool_meter m;
    const char *terms;
    int found = pool_meter_find(p, a, deployment, &m, e);

    if (found <= 0)
        return found < 0 ? -1 : failed(e, NOT_FOUND, "the deployment has no meter");
    r.owner = m.owner;
    r.pool = m.pool;
    if (read_terms(p, a, &r, &terms, e) < 0)
        return -1;
    return change(p, deployment, do_resize, terms, e);
}

/* --- reading --- */

/* Settled, decided, and what ran of the period that runs. */
static int sum_spent(struct meter_view *v, struct u256 *ret, struct err *e)
{
    struct u256 sum = v->row.spent;
    size_t i;

    for (i = 0; i < v->count; i++) {
        const struct period *c = &v->period[i];
        struct u256 cost = c->cost, next;

        if (c->state == PERIOD_OPEN && advance__cost(c, v->now, &cost, e) < 0)
            return -1;
        if (c->state == PERIOD_OPENING)
            continue;
        must(u256_add(&sum, &cost, &next));
        sum = next;
    }
    *ret = sum;
    return 0;
}

static int64_t paid_until(struct meter_view *v)
{
    const struct period *c = advance__current(v);
    const struct period *n = advance__next(v);

    if (!c || v->row.state != METER_RUNNING)
        return 0;
    return n && n->state == PERIOD_OPEN ? c->until + n->seconds * 1000 : c->until;
}

static int read_view(struct pools *p, struct arena *a, const char *deployment,
                     struct meter_view *ret, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);

    return rows__view(db, a, deployment, ret, e);
}

int pool_meter_find(struct pools *p, struct arena *a, const char *deployment,
                    struct pool_meter *ret, struct err *e)
{
    const struct period *c;
    struct meter_view v;
    int found = read_view(p, a, deployment, &v, e);

    if (found <= 0)
        return found;
    c = period_under_way(&v);
    *ret = (struct pool_meter){.deployment = v.row.deployment,
                               .owner = v.row.owner,
                               .pool = v.row.pool,
                               .state = v.row.state,
                               .reason = v.row.reason,
                               .low = v.row.low != 0,
                               .resizing = v.row.next_terms != NULL,
                               .chain = v.pool.chain,
                               .token = v.pool.token,
                               .paid_until = paid_until(&v),
                               .ends = v.row.ends,
                               .began = v.row.began,
                               .idle_from = c ? c->idle_from : 0};
    if (compute_terms_cost(v.row.terms, HOUR_S, &ret->per_hour, e) < 0 ||
        compute_terms_cost(v.row.terms, v.row.period_s, &ret->per_period, e) < 0 ||
        sum_spent(&v, &ret->spent, e) < 0)
        return -1;
    return 1;
}
