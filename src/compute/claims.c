/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "base/str.h"
#include "compute/compute_int.h"

/* What services hold of the machines, counted together with the jobs; and what is free. */

struct claim {
    struct list link; /* of compute.claims */
    char *id;
    const struct compute_env *env;
    struct compute_resources resources;
};

static struct claim *find(struct compute *c, const char *id)
{
    struct list *item, *next;

    list_for_each(item, next, &c->claims)
    {
        struct claim *k = container_of(item, struct claim, link);

        if (str_eq(k->id, id))
            return k;
    }
    return NULL;
}

int64_t claims__used(struct compute *c, const struct compute_env *env, const char *id,
                     bool all_envs)
{
    struct list *item, *next;
    int64_t sum = 0;

    list_for_each(item, next, &c->claims)
    {
        const struct claim *k = container_of(item, struct claim, link);

        if (k->env->engine == env->engine && (all_envs || k->env == env))
            sum += fit__amount(&k->resources, id);
    }
    return sum;
}

/* The ids of amounts live as long as the environment; those of a caller may not. */
static struct compute_resources own(const struct compute_env *env,
                                    const struct compute_resources *r)
{
    struct compute_resources mine = {0};
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct resource *known = fit__resource(env, r->item[i].id);

        if (known)
            mine.item[mine.count++] = (struct compute_amount){known->id, r->item[i].milli};
    }
    return mine;
}

static struct claim *add(struct compute *c, const struct compute_claim *claim)
{
    struct claim *k = xcalloc(1, sizeof(*k));

    k->id = xstrdup(claim->id);
    k->env = claim->env;
    list_push(&c->claims, &k->link);
    return k;
}

int compute_claim(struct compute *c, const struct compute_claim *claim, struct err *e)
{
    struct compute_resources before = {0};
    struct claim *k;

    lock_scope(&c->lock);
    k = find(c, claim->id);
    if (k && k->env != claim->env)
        return failed(e, CONFLICT, "%s holds resources of another environment", claim->id);
    if (k) { /* what one has does not stand in one's own way */
        before = k->resources;
        k->resources.count = 0;
    }
    if (!claim->restored && fit__resources(claim->env, false, claim->resources, e) < 0) {
        if (k)
            k->resources = before;
        return -1;
    }
    if (!k)
        k = add(c, claim);
    k->resources = own(claim->env, claim->resources);
    fsm__serve_queue_locked(c);
    return 0;
}

static void drop(struct claim *k)
{
    list_remove(&k->link);
    free(k->id);
    free(k);
}

void compute_unclaim(struct compute *c, const char *id)
{
    struct claim *k;

    lock_scope(&c->lock);
    k = find(c, id);
    if (!k)
        return;
    drop(k);
    fsm__serve_queue_locked(c);
}

void claims__free(struct compute *c)
{
    struct list *item;

    while ((item = list_pop(&c->claims))) {
        struct claim *k = container_of(item, struct claim, link);

        list_init(&k->link);
        drop(k);
    }
}

/* --- what an operator decides and sees --- */

void compute_set_overcommit(struct compute *c, const struct compute_overcommit *o)
{
    lock_scope(&c->lock);
    c->overcommit = *o;
    fsm__serve_queue_locked(c); /* jobs that wait may fit now */
}

static struct json *number(struct arena *a, int64_t milli)
{
    return json_new_num(a, (double)milli / 1000.0);
}

static struct json *resource_json(struct arena *a, const struct compute_env *env,
                                  const struct resource *r)
{
    struct json *v = json_new_object(a);
    int64_t total = fit__total(env, r);
    int64_t used = fit__used(env->engine->compute, env, r->id, str_eq(r->type, "gpu"), false);

    json_set_str(a, v, "id", r->id);
    json_set(a, v, "total", number(a, total));
    json_set(a, v, "used", number(a, used));
    json_set(a, v, "free", number(a, used < total ? total - used : 0));
    json_set(a, v, "overProvisioned", number(a, total - r->total));
    return v;
}

struct json *compute_capacity_json(struct compute *c, struct arena *a)
{
    struct json *list = json_new_array(a);
    size_t i, k, m;

    lock_scope(&c->lock);
    for (i = 0; i < c->engine_count; i++)
        for (k = 0; k < c->engine[i].env_count; k++) {
            const struct compute_env *env = &c->engine[i].env[k];
            struct json *v = json_new_object(a);
            struct json *resources = json_new_array(a);

            for (m = 0; m < env->resource_count; m++)
                json_push(a, resources, resource_json(a, env, &env->resource[m]));
            json_set_str(a, v, "id", env->info.id);
            json_set(a, v, "resources", resources);
            json_push(a, list, v);
        }
    return list;
}

static bool has_offer(const struct compute_offer *offers, size_t n, const struct config_fee *f)
{
    while (n-- > 0)
        if (offers[n].chain == f->chain_id && addr_eq(&offers[n].token, &f->token))
            return true;
    return false;
}

size_t compute_offers(struct compute *c, struct compute_offer *ret, size_t max)
{
    size_t i, k, m, n = 0;

    for (i = 0; i < c->engine_count; i++)
        for (k = 0; k < c->engine[i].env_count; k++) {
            const struct config_environment *conf = c->engine[i].env[k].conf;

            for (m = 0; m < conf->fee_count && n < max; m++)
                if (!has_offer(ret, n, &conf->fees[m]))
                    ret[n++] = (struct compute_offer){conf->fees[m].chain_id, conf->fees[m].token};
        }
    return n;
}
