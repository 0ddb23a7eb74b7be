/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_wizard.h"

#include <string.h>

#include "base/str.h"
#include "gateway/gateway.h"
#include "package/store.h"
#include "pool/pool.h"
#include "service/service.h"
#include "wizard/wizard.h"

/* What wizards ask of the world (wizard.h), answered by the node's parts. */

/* --- packages --- */

static int find_package(void *ctx, struct arena *a, const char *name, const char *version,
                        const struct package **ret, struct err *e)
{
    struct node *n = ctx;
    struct package *p;

    if (packages_find(n->packages, a, name, version, &p, e) < 0)
        return -1;
    *ret = p;
    return 0;
}

/* --- pools --- */

/* "12.5 OCEAN" of a MONEY. */
static const char *money_text(struct arena *a, const struct json *money)
{
    struct u256 v;

    if (!u256_parse(json_get_str(money, "amount", ""), &v))
        return "";
    return arena_printf(a, "%s %s",
                        units_plain(a, &v, (unsigned)json_get_int(money, "decimals", 0)),
                        json_get_str(money, "symbol", ""));
}

static int list_pools(void *ctx, struct arena *a, const char *owner, struct json **ret,
                      struct err *e)
{
    struct node *n = ctx;
    struct json *pools;
    size_t i;

    if (pool_list_json(n->pools, a, owner, &pools, e) < 0)
        return -1;
    *ret = json_new_array(a);
    for (i = 0; i < json_len(pools); i++) {
        const struct json *p = json_at(pools, i);
        struct json *o = json_new_object(a);

        json_set_str(a, o, "value", json_get_str(p, "id", ""));
        json_set_str(a, o, "label", json_get_str(p, "name", ""));
        json_set_str(a, o, "note",
                     arena_printf(a, "%s left", money_text(a, json_get(p, "balance"))));
        json_set(a, o, "balance", json_copy(a, json_get(p, "balance")));
        json_push(a, *ret, o);
    }
    return 0;
}

/* The pool that is to pay; without one yet, *ret_found false. */
static int chosen_pool(struct node *n, struct arena *a, const struct wizard_order *o,
                       struct pool_info *ret, bool *ret_found, struct err *e)
{
    int found = o->pool ? pool_find(n->pools, a, o->owner, o->pool, ret, e) : 0;

    if (found < 0)
        return -1;
    if (o->pool && !found)
        return refused(e, SERVICE_POOL, o->pool);
    *ret_found = found > 0;
    return 0;
}

/* What a price is named in before a pool is chosen: a token of the person's pools, else any. */
static int usual_token(struct node *n, struct arena *a, const char *owner,
                       struct compute_offer *ret, struct err *e)
{
    struct pool_info pool;
    struct json *pools;
    const char *first;
    int found;

    if (pool_list_json(n->pools, a, owner, &pools, e) < 0)
        return -1;
    first = json_get_str(json_at(pools, 0), "id", NULL);
    found = first ? pool_find(n->pools, a, owner, first, &pool, e) : 0;
    if (found > 0)
        *ret = (struct compute_offer){pool.chain, pool.token};
    else if (found == 0 && compute_offers(n->compute, ret, 1) == 0)
        return refused(e, SERVICE_ENV, "nothing is for sale here");
    return found < 0 ? -1 : 0;
}

/* --- the price --- */

static int quote(void *ctx, struct arena *a, const struct wizard_order *o, struct json **ret,
                 struct err *e)
{
    const struct package_size *size = package_size_find(o->package, o->size);
    struct service_place place = {.size = size};
    struct compute_resources resources;
    struct compute_offer unit;
    struct pool_quote_request ask = {.resources = &resources};
    struct pool_quote q;
    struct pool_info pool;
    struct node *n = ctx;
    bool has_pool;

    if (!size)
        return refused(e, SERVICE_ANSWER, "size", "is none of the package's sizes");
    if (chosen_pool(n, a, o, &pool, &has_pool, e) < 0)
        return -1;
    if (has_pool)
        unit = (struct compute_offer){pool.chain, pool.token};
    else if (usual_token(n, a, o->owner, &unit, e) < 0)
        return -1;
    place.chain = unit.chain;
    place.token = &unit.token;
    if (service_place_find(n->compute, &place, &ask.env, e) < 0 ||
        service_resources(ask.env, size, &resources, e) < 0)
        return -1;
    ask.chain = unit.chain;
    ask.token = unit.token;
    if (pool_quote(n->pools, &ask, &q, e) < 0)
        return -1;
    *ret = pool_quote_json(n->pools, a, &q, has_pool ? &pool : NULL, o->ends);
    json_set_str(a, *ret, "env", compute_env_info(ask.env)->id);
    return 0;
}

/* --- deployments --- */

/* The deployment of a wizard has the wizard's id, without the letter. */
static struct service_key key_of(const struct wizard_order *o)
{
    return (struct service_key){o->owner, o->key + 1};
}

static int host_taken(struct node *n, const char *name, const char **ret_why, struct err *e)
{
    if (gateway_name_check(n->gateway, name, e) == 0)
        return 0;
    if (err_status(e->code) >= 500)
        return -1;
    *ret_why = e->code == ERR_GATEWAY_RESERVED ? "is reserved: choose another one"
                                               : "is taken: choose another one";
    return 0;
}

static int taken(void *ctx, const struct wizard_order *o, const struct package_question *q,
                 const struct json *answer, const char **ret_why, struct err *e)
{
    const struct service_answer a = {o->package->name, q->name, answer};
    const struct service_key key = key_of(o);
    struct node *n = ctx;
    bool mine = false;

    *ret_why = NULL;
    if (!q->standard) {
        if (service_answer_taken(n->services, &key, &a, &mine, e) < 0)
            return -1;
        *ret_why = mine ? "is what another deployment of yours has" : NULL;
        return 0;
    }
    if (service_name_taken(n->services, &key, json_str(answer, ""), &mine, e) < 0)
        return -1;
    if (!mine)
        return host_taken(n, json_str(answer, ""), ret_why, e);
    *ret_why = "is the name of another deployment of yours: choose another one";
    return 0;
}

static int find_deployed(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                         struct err *e)
{
    const struct service_key key = key_of(o);
    struct node *n = ctx;

    if (service_check(n->services, &key, e) < 0)
        return e->code == ERR_SERVICE_UNKNOWN ? 0 : -1;
    *ret = arena_strdup(a, key.id);
    return 0;
}

static int deploy(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                  struct err *e)
{
    const struct service_request r = {.id = key_of(o).id,
                                      .owner = o->owner,
                                      .package = o->package->name,
                                      .version = o->package->version,
                                      .name = o->name,
                                      .size = o->size,
                                      .pool = o->pool,
                                      .env = json_get_str(o->quote, "env", NULL),
                                      .answers = o->answers,
                                      .ends = o->ends};
    char id[SERVICE_ID_SIZE];
    struct node *n = ctx;

    if (service_deploy(n->services, &r, id, e) < 0)
        return -1;
    *ret = arena_strdup(a, id);
    return 0;
}

/* --- life --- */

void node_wizard_open(struct node *n)
{
    const struct config *c = n->config;
    const struct wizards_options o = {
        .store = n->store,
        .key = &c->private_key,
        .world = {n, find_package, list_pools, taken, quote, find_deployed, deploy},
        .lifetime_ms = c->chatflow_lifetime * 1000,
        .per_owner_max = c->max_chatflows};

    if (n->packages && n->pools && n->services)
        n->wizards = wizards_new(&o);
}

void node_wizard_start(struct node *n)
{
    if (n->wizards)
        wizards_start(n->wizards);
}
