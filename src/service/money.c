/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "service/demand_int.h"

/* What a deployment takes of the machine, and who pays for it. */

enum { LOOK_MS = 30000 };

/* On a thread of the pools. */
static void on_money(void *ctx, const char *deployment, enum pool_event what, const char *reason)
{
    struct service *s = ctx;
    struct live *l;

    (void)reason;
    lock_scope(&s->lock);
    l = live__find_locked(s, deployment);
    if (!l)
        return;
    if (what == POOL_RESIZED)
        l->resized = 1;
    else if (what == POOL_REFUSED)
        l->resized = -1;
    life__kick_locked(l);
}

void money__listen(struct service *s)
{
    if (s->o.pools)
        pools_listen(s->o.pools, on_money, s);
}

/* Room on the machine; 0 = the environment is not offered any more, which a start does not survive.
 */
static int claim(struct live *l, struct arena *a, struct pool_meter_request *ret_request,
                 struct compute_resources *r, struct err *e)
{
    const struct compute_env *env;
    int known = plan__resources(l->service, a, &l->row, &env, r, e);
    struct compute_claim c = {.id = l->id, .resources = r};

    if (known < 0)
        return -1;
    if (known == 0)
        return refused(e, SERVICE_ENV, "the environment is not offered any more");
    c.env = env;
    *ret_request = (struct pool_meter_request){.deployment = l->id,
                                               .owner = l->row.owner,
                                               .pool = l->row.pool,
                                               .env = env,
                                               .resources = r};
    return compute_claim(l->service->o.compute, &c, e);
}

static int unpaid(const struct pool_meter *m, struct err *e)
{
    return refused(e, SERVICE_UNPAID, m->reason[0] ? m->reason : "the pool is empty");
}

/* Whether the meter has to be asked for a period, and has not been in this step. */
static bool is_idle(const struct live *l, bool found, const struct pool_meter *m)
{
    return !l->asked && (!found || m->state == METER_FAILED || m->state == METER_CLOSED);
}

/* What the meter says; the next step, or WAIT. */
static int funded(struct live *l, struct arena *a, const struct pool_meter_request *r,
                  struct err *e)
{
    struct pools *pools = l->service->o.pools;
    struct pool_meter m = {0};
    int found = pool_meter_find(pools, a, l->id, &m, e);

    if (found < 0)
        return STEP_BROKEN;
    if (is_idle(l, found > 0, &m)) {
        if (pool_meter_start(pools, r, e) < 0)
            return STEP_BROKEN;
        l->asked = true;
        return funded(l, a, r, e);
    }
    if (found > 0 && (m.state == METER_FUNDED || m.state == METER_RUNNING))
        return STEP_PULL;
    if (found > 0 && (m.state == METER_FAILED || m.state == METER_EMPTY))
        return unpaid(&m, e);
    l->asked = l->asked || m.state == METER_FUNDING; /* of an earlier process */
    life__wake_in(l, LOOK_MS); /* the pool tells; this is for a telling that was lost */
    return STEP_WAIT;
}

int life_step_fund(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pool_meter_request r;
    struct compute_resources resources;
    int next;

    if (claim(l, a, &r, &resources, e) < 0 || route__reserve(l, e) < 0)
        return STEP_BROKEN;
    if (!l->service->o.pools)
        return STEP_PULL;
    r.ends = life__ends(l);
    r.prepaid = demand__is(&l->row);
    next = funded(l, a, &r, e);
    if (next != STEP_WAIT)
        l->asked = false;
    return next;
}

int money__stop(struct live *l, struct err *e)
{
    enum pool_stop why = l->fault ? POOL_OUR_FAULT : POOL_USED;

    if (l->service->o.pools && pool_meter_stop(l->service->o.pools, l->id, why, e) < 0)
        return -1;
    compute_unclaim(l->service->o.compute, l->id);
    l->fault = false;
    l->asked = false;
    return 0;
}

/* --- another size --- */

static int keep_size(struct live *l, const char *why)
{
    _arena_ struct arena *a = arena_new();
    struct pool_meter_request r;
    struct compute_resources resources;
    struct err e;

    str_copy(l->row.size, sizeof(l->row.size), l->row.old_size);
    if (claim(l, a, &r, &resources, &e) < 0)
        log_warn("service", "deployment %s: %s", l->id, e.msg);
    life__set_reason(l, arena_printf(a, "the size stays as it was: %s", why));
    l->row.mode = MODE_RESTART;
    l->asked = false;
    return STEP_RUNNING;
}

static int said(struct live *l)
{
    lock_scope(&l->service->lock);
    return l->resized;
}

static void ask_again(struct live *l)
{
    lock_scope(&l->service->lock);
    l->resized = 0;
}

int life_step_resize(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pools *pools = l->service->o.pools;
    struct pool_meter_request r;
    struct compute_resources resources;
    int answer;

    if (!l->asked) {
        ask_again(l);
        if (claim(l, a, &r, &resources, e) < 0 ||
            (pools && pool_meter_resize(pools, l->id, r.env, &resources, e) < 0))
            return keep_size(l, e->msg);
        l->asked = true;
    }
    answer = pools ? said(l) : 1;
    if (answer == 0) {
        life__wake_in(l, LOOK_MS);
        return STEP_WAIT;
    }
    l->asked = false;
    return answer > 0 ? STEP_REPLACE : keep_size(l, "the pool cannot pay for the new one");
}
