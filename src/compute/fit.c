/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "compute/compute_int.h"

enum { MILLI = 1000, TEXT_SIZE = 32 };
#define MILLI_MAX (INT64_C(1000000000) * MILLI)

/* "3", "0.5", "1.25" */
const char *fit__milli_text(char out[TEXT_SIZE], int64_t milli)
{
    size_t n = (size_t)snprintf(out, TEXT_SIZE, "%lld.%03lld", (long long)(milli / MILLI),
                                (long long)(milli % MILLI));

    while (out[n - 1] == '0')
        out[--n] = '\0';
    if (out[n - 1] == '.')
        out[n - 1] = '\0';
    return out;
}

int64_t fit__amount(const struct compute_resources *r, const char *id)
{
    size_t i;

    for (i = 0; i < r->count; i++)
        if (str_eq(r->item[i].id, id))
            return r->item[i].milli;
    return 0;
}

static struct compute_amount *find_item(struct compute_resources *r, const char *id)
{
    size_t i;

    for (i = 0; i < r->count; i++)
        if (str_eq(r->item[i].id, id))
            return &r->item[i];
    return NULL;
}

const struct resource *fit__resource(const struct compute_env *env, const char *id)
{
    size_t i;

    for (i = 0; i < env->resource_count; i++)
        if (str_eq(env->resource[i].id, id))
            return &env->resource[i];
    return NULL;
}

static int64_t max_of(const struct resource *r, bool free_job)
{
    if (!free_job)
        return r->max;
    return r->in_free ? r->free_max : 0;
}

static int64_t min_of(const struct resource *r, bool free_job)
{
    if (!free_job)
        return r->min;
    return r->in_free ? r->free_min : 0;
}

/* A requested amount; -1 when it was not asked for. */
static int64_t requested_milli(const struct json *list, const char *id)
{
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        const struct json *v = json_at(list, i);
        double amount;

        if (!str_eq(json_get_str(v, "id", ""), id))
            continue;
        amount = json_num(json_get(v, "amount"), 0);
        if (!(amount > 0))
            return 0;
        return amount * MILLI < (double)MILLI_MAX ? (int64_t)ceil(amount * MILLI - 1e-6)
                                                  : MILLI_MAX;
    }
    return -1;
}

static int check_known(const struct compute_env *env, const struct json *requested, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(requested); i++) {
        const char *id = json_get_str(json_at(requested, i), "id", "");

        if (!fit__resource(env, id) && json_num(json_get(json_at(requested, i), "amount"), 0) > 0)
            return refused(e, COMPUTE_NO_RESOURCE, id);
    }
    return 0;
}

/* One rule: so many of `other` for each unit of the resource. */
static int apply_constraint(const struct compute_env *env, bool free_job,
                            const struct compute_amount *of, const struct config_constraint *rule,
                            struct compute_resources *r, struct err *e)
{
    struct compute_amount *other = find_item(r, rule->id);
    const struct resource *known = fit__resource(env, rule->id);
    char amount[TEXT_SIZE], want[TEXT_SIZE], limit[TEXT_SIZE];
    double units = (double)of->milli;

    if (!other || !known)
        return 0;
    if (rule->min >= 0 && (double)other->milli < rule->min * units) {
        other->milli = (int64_t)ceil(rule->min * units);
        if (other->milli > max_of(known, free_job))
            return refused(e, COMPUTE_CONSTRAINT, fit__milli_text(amount, of->milli), of->id,
                           fit__milli_text(want, other->milli), other->id,
                           fit__milli_text(limit, max_of(known, free_job)));
    }
    if (rule->max >= 0 && (double)other->milli > rule->max * units)
        return refused(e, COMPUTE_TOO_MUCH, other->id, fit__milli_text(amount, of->milli), of->id,
                       fit__milli_text(limit, (int64_t)(rule->max * units)),
                       fit__milli_text(want, other->milli));
    return 0;
}

static int apply_constraints(const struct compute_env *env, bool free_job,
                             struct compute_resources *r, struct err *e)
{
    size_t i, k;

    for (i = 0; i < env->resource_count; i++) {
        const struct config_resource *conf = env->resource[i].conf;
        const struct compute_amount *of = find_item(r, env->resource[i].id);

        for (k = 0; conf && of->milli > 0 && k < conf->constraint_count; k++)
            if (apply_constraint(env, free_job, of, &conf->constraints[k], r, e) < 0)
                return -1;
    }
    return 0;
}

int compute_fill(const struct compute_env *env, bool free_job, const struct json *requested,
                 struct compute_resources *ret, struct err *e)
{
    char want[TEXT_SIZE], limit[TEXT_SIZE];
    struct compute_resources r = {0};
    size_t i;

    if (free_job && !env->conf->free.offered)
        return refused(e, COMPUTE_NO_FREE);
    if (check_known(env, requested, e) < 0)
        return -1;
    for (i = 0; i < env->resource_count; i++) {
        const struct resource *known = &env->resource[i];
        int64_t milli = requested_milli(requested, known->id);

        if (milli < min_of(known, free_job))
            milli = min_of(known, free_job);
        if (milli > max_of(known, free_job))
            return refused(e, COMPUTE_RESOURCES, known->id, fit__milli_text(want, milli),
                           fit__milli_text(limit, max_of(known, free_job)));
        r.item[r.count++] = (struct compute_amount){known->id, milli};
    }
    if (apply_constraints(env, free_job, &r, e) < 0)
        return -1;
    *ret = r;
    return 0;
}

int64_t fit__used(struct compute *c, const struct compute_env *env, const char *id, bool all_envs,
                  bool free_only)
{
    struct list *item, *next;
    int64_t sum = free_only ? 0 : claims__used(c, env, id, all_envs);

    list_for_each(item, next, &c->jobs)
    {
        const struct job *j = container_of(item, struct job, link);

        if (j->reserved && j->engine == env->engine && (all_envs || j->env == env) &&
            (!free_only || j->is_free))
            sum += fit__amount(&j->resources, id);
    }
    return sum;
}

/* The factor for a kind of resource, in thousandths. */
static int64_t overcommit(const struct compute *c, const char *id)
{
    if (str_eq(id, "cpu"))
        return c->overcommit.cpu_milli;
    return str_eq(id, "ram") ? c->overcommit.ram_milli : MILLI;
}

int64_t fit__total(const struct compute_env *env, const struct resource *r)
{
    int64_t factor = overcommit(env->engine->compute, r->id);

    return factor == MILLI ? r->total : r->total * factor / MILLI;
}

static int64_t physical(const struct engine *g, const char *id)
{
    if (str_eq(id, "cpu"))
        return g->info.cpus * MILLI;
    if (str_eq(id, "ram"))
        return (g->info.memory >> 30) * MILLI;
    return (g->disk_bytes >> 30) * MILLI;
}

static int check_globally(const struct compute_env *env, const struct compute_amount *want,
                          struct err *e)
{
    struct engine *g = env->engine;
    int64_t remaining, total = 0;
    char has[TEXT_SIZE], asked[TEXT_SIZE];
    size_t i;

    for (i = 0; i < g->env_count; i++) {
        const struct resource *r = fit__resource(&g->env[i], want->id);

        total += r ? fit__total(&g->env[i], r) : 0;
    }
    if (str_eq(want->id, "cpu") || str_eq(want->id, "ram") || str_eq(want->id, "disk")) {
        /* an operator may sell more than there is, but only where it was configured so */
        int64_t there = physical(g, want->id) * overcommit(g->compute, want->id) / MILLI;
        int64_t own = fit__total(env, fit__resource(env, want->id));

        if (own > there)
            there = own;
        total = total < there ? total : there;
    }
    remaining = total - fit__used(g->compute, env, want->id, true, false);
    if (want->milli > remaining)
        return refused(e, COMPUTE_AVAILABLE_GLOBALLY, want->id,
                       fit__milli_text(has, remaining > 0 ? remaining : 0),
                       fit__milli_text(asked, want->milli));
    return 0;
}

static int check_one(const struct compute_env *env, bool free_job,
                     const struct compute_amount *want, struct err *e)
{
    const struct resource *r = fit__resource(env, want->id);
    struct compute *c = env->engine->compute;
    bool shared;

    if (!r)
        return refused(e, COMPUTE_NO_RESOURCE, want->id);
    shared = str_eq(r->type, "gpu");
    if (want->milli > fit__total(env, r) - fit__used(c, env, r->id, shared, false))
        return refused(e, COMPUTE_AVAILABLE, r->id);
    if (!shared && check_globally(env, want, e) < 0)
        return -1;
    if (free_job && r->free_total >= 0 &&
        want->milli > r->free_total - fit__used(c, env, r->id, shared, true))
        return refused(e, COMPUTE_AVAILABLE_FREE, r->id);
    return 0;
}

static void count_jobs(const struct compute_env *env, int64_t *ret_all, int64_t *ret_free)
{
    struct compute *c = env->engine->compute;
    struct list *item, *next;

    *ret_all = *ret_free = 0;
    list_for_each(item, next, &c->jobs)
    {
        const struct job *j = container_of(item, struct job, link);

        if (j->reserved && j->env == env) {
            ++*ret_all;
            *ret_free += j->is_free;
        }
    }
}

int fit__resources(const struct compute_env *env, bool free_job, const struct compute_resources *r,
                   struct err *e)
{
    size_t i;

    for (i = 0; i < r->count; i++)
        if (r->item[i].milli > 0 && check_one(env, free_job, &r->item[i], e) < 0)
            return -1;
    return 0;
}

int fit__check(const struct compute_env *env, bool free_job, const struct compute_resources *r,
               struct err *e)
{
    const struct config_environment *conf = env->conf;
    int64_t all, free_jobs;

    count_jobs(env, &all, &free_jobs);
    if (conf->max_jobs > 0 && all >= conf->max_jobs)
        return refused(e, COMPUTE_MANY_JOBS);
    if (free_job && conf->free.max_jobs > 0 && free_jobs >= conf->free.max_jobs)
        return refused(e, COMPUTE_MANY_FREE_JOBS);
    return fit__resources(env, free_job, r, e);
}

int compute_available(const struct compute_env *env, bool free_job,
                      const struct compute_resources *r, struct err *e)
{
    lock_scope(&env->engine->compute->lock);
    return fit__check(env, free_job, r, e);
}
