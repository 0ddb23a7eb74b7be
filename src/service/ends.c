/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/str.h"
#include "service/demand_int.h"

/* Steps that end something, and those that rest. */

static int pause_route(struct live *l, struct err *e)
{
    struct gateway *g = l->service->o.gateway;

    str_copy(l->row.health, sizeof(l->row.health), "none");
    l->watch_count = 0;
    return g ? gateway_pause(g, l->id, e) : 0;
}

static int64_t after(int64_t seconds)
{
    return seconds > 0 ? clock_ms() + seconds * 1000 : 0;
}

int life_step_restart(struct live *l, struct err *e)
{
    if (containers__stop_all(l, e) < 0)
        return STEP_BROKEN;
    return STEP_NETWORK;
}

/* New containers of the row's version, size and volumes. */
int life_step_replace(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct compute_env *env;
    struct compute_resources r;
    struct err ignored;

    if (l->row.mode == MODE_UPDATE) {
        /* what cannot be had is not worth an interruption */
        struct plan p;

        if (plan__load(l->service, a, &l->row, &p, e) < 0)
            return STEP_BROKEN;
    }
    if (l->row.mode == MODE_BACK && l->row.old_size[0]) {
        struct compute_claim c = {.id = l->id, .resources = &r, .restored = true};

        if (plan__resources(l->service, a, &l->row, &env, &r, &ignored) > 0) {
            c.env = env;
            if (compute_claim(l->service->o.compute, &c, &ignored) == 0 && l->service->o.pools &&
                pool_meter_resize(l->service->o.pools, l->id, env, &r, &ignored) < 0)
                life__note(l, "pool", ignored.msg);
        }
        l->row.old_size[0] = '\0';
    }
    if (containers__remove_all(l, a, NULL, e) < 0)
        return STEP_BROKEN;
    return STEP_PULL;
}

/* A service on demand keeps its ports until its time is over, and nothing else. */
static int stop_demand(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    if (containers__remove_all(l, a, NULL, e) < 0 || money__stop(l, e) < 0)
        return STEP_BROKEN;
    return life__ends(l) <= clock_ms() ? STEP_DELETE : STEP_STOPPED;
}

int life_step_stop(struct live *l, struct err *e)
{
    struct service_policy policy;

    if (pause_route(l, e) < 0)
        return STEP_BROKEN;
    if (demand__is(&l->row))
        return stop_demand(l, e);
    if (containers__stop_all(l, e) < 0 || money__stop(l, e) < 0)
        return STEP_BROKEN;
    restore__done(l, false);
    service__policy(l->service, &policy);
    l->row.due = after(policy.retention_s);
    return STEP_STOPPED;
}

int life_step_pause(struct live *l, struct err *e)
{
    struct service_policy policy;

    if (pause_route(l, e) < 0 || containers__stop_all(l, e) < 0)
        return STEP_BROKEN;
    compute_unclaim(l->service->o.compute, l->id);
    restore__done(l, false);
    service__policy(l->service, &policy);
    l->row.due = clock_ms() + policy.grace_s * 1000;
    return STEP_GRACE;
}

/* Rests until something is wished or the time is over. */
static int rest_until(struct live *l, const char *why)
{
    int64_t left;

    if (demand__is(&l->row) && l->row.step != STEP_FAILED)
        l->row.due = life__ends(l);
    left = l->row.due - clock_ms();
    if (!l->row.due)
        return STEP_WAIT;
    if (left <= 0) {
        life__set_reason(l, why);
        return STEP_DELETE;
    }
    life__wake_in(l, left < 3600000 ? left : 3600000);
    return STEP_WAIT;
}

int life_step_stopped(struct live *l, struct err *e)
{
    (void)e;
    return rest_until(l, "it was stopped for too long");
}

int life_step_failed(struct live *l, struct err *e)
{
    (void)e;
    return rest_until(l, l->row.reason);
}

int life_step_grace(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct pools *pools = l->service->o.pools;
    struct pool_meter m;
    int found = pools ? pool_meter_find(pools, a, l->id, &m, e) : 0;

    if (found < 0)
        return STEP_BROKEN;
    if (found > 0 && (m.state == METER_FUNDED || m.state == METER_RUNNING)) {
        l->row.mode = MODE_START;
        l->row.due = 0;
        life__set_reason(l, NULL);
        return STEP_FUND;
    }
    return rest_until(l, "its pool stayed empty");
}

/* --- removal --- */

static int remove_routes(struct live *l, struct arena *a, struct json *gone, struct err *e)
{
    struct gateway *g = l->service->o.gateway;
    struct gateway_domain *list;
    size_t count, i;

    if (!g)
        return 0;
    if (gateway_domains(g, a, l->id, &list, &count, e) < 0 || gateway_remove(g, l->id, e) < 0)
        return -1;
    for (i = 0; gone && i < count; i++)
        json_push(a, gone, json_new_str(a, list[i].host));
    return 0;
}

struct gone {
    struct json *containers, *volumes, *networks, *routes;
};

static int remove_everything(struct live *l, struct arena *a, const struct gone *g, struct err *e)
{
    struct backup *b = l->service->o.backup;

    if (remove_routes(l, a, g->routes, e) < 0 ||
        containers__remove_all(l, a, g->containers, e) < 0 ||
        containers__remove_volumes(l, a, -1, g->volumes, e) < 0 ||
        network__remove_unused(l, a, g->networks, e) < 0 ||
        rows_ports_free(l->service->o.store, l->id, e) < 0 || money__stop(l, e) < 0)
        return -1;
    return b ? backup_forget(b, l->id, l->row.name, e) : 0;
}

int life_step_undo(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct gone nobody_asks = {0};
    struct service_policy policy;

    l->fault = true;
    if (remove_everything(l, a, &nobody_asks, e) < 0)
        return STEP_BROKEN;
    str_copy(l->row.health, sizeof(l->row.health), "none");
    service__policy(l->service, &policy);
    l->row.due = after(policy.forget_s);
    return STEP_FAILED;
}

static struct json *list_of(struct arena *a, struct json *removed, const char *key)
{
    struct json *list = json_get(removed, key);

    if (!list) {
        list = json_new_array(a);
        json_set(a, removed, key, list);
    }
    return list;
}

/* Adds to what earlier tries have removed, and keeps that, however far this one came. */
static int remove_and_tell(struct live *l, struct arena *a, struct err *e)
{
    struct store *store = l->service->o.store;
    struct json *removed = NULL;
    struct gone g;
    struct err ignored;
    int r;

    if (rows_removed(store, a, l->id, &removed, e) < 0)
        return -1;
    if (!removed)
        removed = json_new_object(a);
    g = (struct gone){list_of(a, removed, "containers"), list_of(a, removed, "volumes"),
                      list_of(a, removed, "networks"), list_of(a, removed, "routes")};
    r = remove_everything(l, a, &g, e);
    if (rows_set_removed(store, l->id, json_text(a, removed), r < 0 ? &ignored : e) < 0)
        return -1;
    return r;
}

int life_step_delete(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    if (!l->row.proven)
        l->fault = true; /* it was never healthy: what was paid returns whole */
    restore__done(l, false);
    return remove_and_tell(l, a, e) < 0 ? STEP_BROKEN : STEP_DELETED;
}
