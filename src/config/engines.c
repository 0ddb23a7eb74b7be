/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "config/config_int.h"

/* DOCKER_COMPUTE_ENVIRONMENTS and DOCKER_REGISTRY_AUTHS (wire/compute.md 3). */

enum { DAY = 86400, ON_DEMAND_MAX = 366 * DAY };

/* --- resources --- */

static int get_number(struct load *l, const char *path, const struct json *o, const char *key,
                      double *ret)
{
    const struct json *v = json_get(o, key);

    *ret = -1;
    return !v || json_is(v, JSON_NULL) ? 0 : config__number(l, config__sub(l, path, key), v, ret);
}

static int parse_constraints(struct load *l, const char *path, const struct json *v,
                             struct config_resource *r)
{
    size_t n = json_len(v);
    struct config_constraint *list = arena_calloc(l->a, n + 1, sizeof(*list));
    size_t i;

    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        const char *at = config__item(l, path, i);
        const struct json *entry = json_at(v, i);

        if (config__expect(l, at, entry, JSON_OBJECT) < 0 ||
            config__get_text(l, at, entry, "id", &list[i].id) < 0 ||
            get_number(l, at, entry, "min", &list[i].min) < 0 ||
            get_number(l, at, entry, "max", &list[i].max) < 0)
            return -1;
        if (!list[i].id)
            return config__bad(l, config__sub(l, at, "id"), "is missing");
    }
    r->constraints = list;
    r->constraint_count = n;
    return 0;
}

/* A text, or a number whose text is taken (drivers and memory are written either way). */
static int get_loose_text(struct load *l, const char *path, const struct json *o, const char *key,
                          const char **ret)
{
    const struct json *v = json_get(o, key);

    if (json_is(v, JSON_NUMBER)) {
        *ret = json_text(l->a, v);
        return 0;
    }
    return config__get_text(l, path, o, key, ret);
}

static int parse_resource_texts(struct load *l, const char *path, const struct json *v,
                                struct config_resource *r)
{
    if (config__get_text(l, path, v, "id", &r->id) < 0 ||
        config__get_text(l, path, v, "type", &r->type) < 0 ||
        config__get_text(l, path, v, "kind", &r->kind) < 0 ||
        config__get_text(l, path, v, "description", &r->description) < 0 ||
        config__get_text(l, path, v, "platform", &r->platform) < 0 ||
        get_loose_text(l, path, v, "memoryTotal", &r->memory_total) < 0)
        return -1;
    return get_loose_text(l, path, v, "driverVersion", &r->driver_version);
}

static int parse_resource(struct load *l, const char *path, const struct json *v,
                          struct config_resource *r)
{
    const struct json *init = json_get(v, "init");

    if (config__expect(l, path, v, JSON_OBJECT) < 0 || parse_resource_texts(l, path, v, r) < 0 ||
        get_number(l, path, v, "total", &r->total) < 0 ||
        get_number(l, path, v, "max", &r->max) < 0 || get_number(l, path, v, "min", &r->min) < 0)
        return -1;
    if (!r->id || !*r->id)
        return config__bad(l, config__sub(l, path, "id"), "is missing");
    if (r->max >= 0 && r->min > r->max)
        return config__bad(l, config__sub(l, path, "min"), "must not be above max");
    if (init && !json_is(init, JSON_NULL)) {
        if (config__expect(l, config__sub(l, path, "init"), init, JSON_OBJECT) < 0)
            return -1;
        r->init = init;
    }
    r->json = v;
    return parse_constraints(l, config__sub(l, path, "constraints"), json_get(v, "constraints"), r);
}

static bool resource_repeats(const struct config_resource *list, size_t i)
{
    size_t j;

    for (j = 0; j < i; j++)
        if (str_eq(list[j].id, list[i].id))
            return true;
    return false;
}

static int parse_resources(struct load *l, const char *path, const struct json *v,
                           const struct config_resource **ret, size_t *ret_count)
{
    size_t n = json_len(v);
    struct config_resource *list = arena_calloc(l->a, n + 1, sizeof(*list));
    size_t i;

    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        if (parse_resource(l, config__item(l, path, i), json_at(v, i), &list[i]) < 0)
            return -1;
        if (resource_repeats(list, i))
            return config__bad(l, config__item(l, path, i), "\"%s\" is there twice", list[i].id);
    }
    *ret = list;
    *ret_count = n;
    return 0;
}

/* --- access --- */

static int parse_access(struct load *l, const char *path, const struct json *v,
                        struct config_access *ret)
{
    const struct json *addresses = json_get(v, "addresses");
    const struct json *lists = json_get(v, "accessLists");

    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_OBJECT) < 0)
        return -1;
    if (addresses && !json_is(addresses, JSON_NULL) &&
        config__addrs(l, config__sub(l, path, "addresses"), addresses, &ret->addresses) < 0)
        return -1;
    if (!lists || json_is(lists, JSON_NULL))
        return 0;
    ret->lists_given = true;
    return config__list_array(l, config__sub(l, path, "accessLists"), lists, &ret->lists);
}

/* --- fees --- */

static int parse_prices(struct load *l, const char *path, const struct json *v,
                        struct config_fee *fee)
{
    size_t n = json_len(v);
    struct config_price *prices = arena_calloc(l->a, n + 1, sizeof(*prices));
    size_t i;

    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        const char *at = config__item(l, path, i);
        const struct json *entry = json_at(v, i);

        if (config__expect(l, at, entry, JSON_OBJECT) < 0 ||
            config__get_text(l, at, entry, "id", &prices[i].id) < 0 ||
            config__decimal(l, config__sub(l, at, "price"), json_get(entry, "price"),
                            &prices[i].price) < 0)
            return -1;
        if (!prices[i].id)
            return config__bad(l, config__sub(l, at, "id"), "is missing");
    }
    fee->prices = prices;
    fee->price_count = n;
    return 0;
}

/*
 * One {"feeToken", "prices"} of a chain. *ret_json is the entry as clients see it, NULL when it
 * says nothing (no prices, no token) and is left out.
 */
static int parse_fee(struct load *l, const char *path, const struct json *v, struct config_fee *fee,
                     struct json **ret_json)
{
    const struct config_network *network = config__network(l->c, fee->chain_id);
    const struct json *token = json_get(v, "feeToken");
    struct json *shown;

    *ret_json = NULL;
    if (config__expect(l, path, v, JSON_OBJECT) < 0)
        return -1;
    if (json_len(json_get(v, "prices")) == 0) {
        config__notice(l, "%s %s: has no prices and is left out", l->where, path);
        return 0;
    }
    if (parse_prices(l, config__sub(l, path, "prices"), json_get(v, "prices"), fee) < 0)
        return -1;
    shown = json_copy(l->a, v);
    if (token && !json_is(token, JSON_NULL)) {
        if (config__addr(l, config__sub(l, path, "feeToken"), token, &fee->token) < 0)
            return -1;
    } else {
        fee->token = network->contracts.ocean;
        json_set_str(l->a, shown, "feeToken", addr_text(l->a, &fee->token));
    }
    if (addr_is_zero(&fee->token)) {
        config__notice(l, "%s %s: has no feeToken, chain %llu has no Ocean token; left out",
                       l->where, path, (unsigned long long)fee->chain_id);
        return 0;
    }
    *ret_json = shown;
    return 0;
}

/* The fees of one chain, appended to list[*count] and to `shown`. */
static int parse_chain_fees(struct load *l, const char *path, const struct json *v,
                            struct config_fee *list, size_t *count, struct json *shown)
{
    size_t i;

    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < json_len(v); i++) {
        struct config_fee fee = {.chain_id = list[*count].chain_id};
        struct json *entry;

        if (parse_fee(l, config__item(l, path, i), json_at(v, i), &fee, &entry) < 0)
            return -1;
        if (!entry)
            continue;
        list[(*count)++] = fee;
        list[*count].chain_id = fee.chain_id;
        json_push(l->a, shown, entry);
    }
    return 0;
}

static int parse_fees(struct load *l, const char *path, const struct json *v,
                      struct config_environment *env)
{
    struct json *shown = json_new_object(l->a);
    struct config_fee *list;
    size_t size = 1;
    size_t count = 0;
    size_t i;

    for (i = 0; i < json_len(v); i++)
        size += json_len(json_value(v, i));
    list = arena_calloc(l->a, size, sizeof(*list));
    for (i = 0; i < json_len(v); i++) {
        const char *key = json_key(v, i);
        struct json *of_chain = json_new_array(l->a);

        if (config__chain(l, path, key, &list[count].chain_id) < 0)
            return -1;
        if (!config__network(l->c, list[count].chain_id)) {
            config__notice(l, "%s %s: chain %s is not among the supported networks; left out",
                           l->where, path, key);
            continue;
        }
        if (parse_chain_fees(l, config__sub(l, path, key), json_value(v, i), list, &count,
                             of_chain) < 0)
            return -1;
        if (json_len(of_chain))
            json_set(l->a, shown, key, of_chain);
    }
    env->fees = list;
    env->fee_count = count;
    env->fees_json = count ? shown : NULL;
    return 0;
}

/* --- environments --- */

static int parse_free(struct load *l, const char *path, const struct json *v,
                      struct config_environment *env)
{
    struct config_free *f = &env->free;

    *f = (struct config_free){.storage_expiry = env->storage_expiry,
                              .min_job_duration = 60,
                              .max_job_duration = 3600,
                              .max_jobs = 3};
    if (!v || json_is(v, JSON_NULL))
        return 0;
    f->offered = true;
    if (config__expect(l, path, v, JSON_OBJECT) < 0 ||
        config__get_int(l, path, v, "storageExpiry", 0, &f->storage_expiry) < 0 ||
        config__get_int(l, path, v, "minJobDuration", 0, &f->min_job_duration) < 0 ||
        config__get_int(l, path, v, "maxJobDuration", 1, &f->max_job_duration) < 0 ||
        config__get_int(l, path, v, "maxJobs", 1, &f->max_jobs) < 0 ||
        config__get_bool(l, path, v, "allowImageBuild", &f->allow_image_build) < 0 ||
        parse_access(l, config__sub(l, path, "access"), json_get(v, "access"), &f->access) < 0)
        return -1;
    return parse_resources(l, config__sub(l, path, "resources"), json_get(v, "resources"),
                           &f->resources, &f->resource_count);
}

static int parse_billing(struct load *l, const char *path, const struct json *v,
                         struct config_environment *env)
{
    const char *text = "minute";

    if (config__get_text(l, path, v, "billing", &text) < 0)
        return -1;
    env->billing_by_second = str_eq(text, "second");
    if (!env->billing_by_second && !str_eq(text, "minute"))
        return config__bad(l, config__sub(l, path, "billing"),
                           "must be \"minute\" or \"second\", not \"%.40s\"", text);
    return 0;
}

static bool has_disk(const struct config_environment *env)
{
    size_t i;

    for (i = 0; i < env->resource_count; i++)
        if (str_eq(env->resources[i].id, "disk") && env->resources[i].total > 0)
            return true;
    return false;
}

/* What must hold between the members; the texts are ocean-node's. */
static int check_environment(struct load *l, const char *path, const struct json *v,
                             const struct config_environment *env)
{
    if (json_len(json_get(v, "fees")) == 0 && !env->free.offered)
        return config__bad(l, path,
                           "Each environment must have either a non-empty \"fees\" configuration "
                           "or a \"free\" configuration");
    if (env->storage_expiry < env->max_job_duration)
        return config__bad(l, path, "\"storageExpiry\" should be greater than \"maxJobDuration\"");
    if (!has_disk(env))
        return config__bad(l, path, "There is no \"disk\" resource configured. This is mandatory");
    return 0;
}

static int parse_features(struct load *l, const char *path, const struct json *v,
                          struct config_environment *env)
{
    env->jobs = env->services = true;
    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_OBJECT) < 0 ||
        config__get_bool(l, path, v, "computeJobs", &env->jobs) < 0)
        return -1;
    return config__get_bool(l, path, v, "services", &env->services);
}

/* The members that are texts, numbers and switches. */
static int parse_environment_scalars(struct load *l, const char *path, const struct json *v,
                                     struct config_environment *env)
{
    env->storage_expiry = 7 * DAY;
    env->min_job_duration = 60;
    env->max_job_duration = 3600;
    if (config__get_text(l, path, v, "id", &env->id) < 0 ||
        config__get_text(l, path, v, "description", &env->description) < 0 ||
        config__get_int(l, path, v, "storageExpiry", 0, &env->storage_expiry) < 0 ||
        config__get_int(l, path, v, "minJobDuration", 0, &env->min_job_duration) < 0 ||
        config__get_int(l, path, v, "maxJobDuration", 1, &env->max_job_duration) < 0 ||
        config__get_int(l, path, v, "maxJobs", 1, &env->max_jobs) < 0 ||
        config__get_bool(l, path, v, "enableNetwork", &env->enable_network) < 0 ||
        parse_features(l, config__sub(l, path, "features"), json_get(v, "features"), env) < 0)
        return -1;
    return parse_billing(l, path, v, env);
}

static int parse_environment(struct load *l, const char *path, const struct json *v,
                             struct config_environment *env)
{
    const struct json *fees = json_get(v, "fees");

    if (config__expect(l, path, v, JSON_OBJECT) < 0 ||
        parse_environment_scalars(l, path, v, env) < 0 ||
        parse_access(l, config__sub(l, path, "access"), json_get(v, "access"), &env->access) < 0 ||
        parse_resources(l, config__sub(l, path, "resources"), json_get(v, "resources"),
                        &env->resources, &env->resource_count) < 0 ||
        parse_free(l, config__sub(l, path, "free"), json_get(v, "free"), env) < 0)
        return -1;
    if (fees && !json_is(fees, JSON_NULL) &&
        (config__expect(l, config__sub(l, path, "fees"), fees, JSON_OBJECT) < 0 ||
         parse_fees(l, config__sub(l, path, "fees"), fees, env) < 0))
        return -1;
    return check_environment(l, path, v, env);
}

static bool environment_repeats(const struct config_environment *list, size_t i)
{
    size_t j;

    for (j = 0; j < i; j++)
        if (list[i].id && str_eq(list[j].id, list[i].id))
            return true;
    return false;
}

static int parse_environments(struct load *l, const char *path, const struct json *v,
                              struct config_engine *engine)
{
    const char *at = config__sub(l, path, "environments");
    const struct json *list = json_get(v, "environments");
    size_t n = json_len(list);
    struct config_environment *envs = arena_calloc(l->a, n + 1, sizeof(*envs));
    size_t i;

    if (!json_is(list, JSON_ARRAY) || n == 0)
        return config__bad(l, at, "must be a list of at least one environment%s",
                           json_get(v, "fees") || json_get(v, "free") || json_get(v, "resources")
                               ? "; fees, free and resources belong into it"
                               : "");
    for (i = 0; i < n; i++) {
        envs[i].index = i;
        envs[i].on_demand = &engine->on_demand;
        if (parse_environment(l, config__item(l, at, i), json_at(list, i), &envs[i]) < 0)
            return -1;
        if (environment_repeats(envs, i))
            return config__bad(l, config__item(l, at, i), "the id \"%.60s\" is there twice",
                               envs[i].id);
    }
    engine->environments = envs;
    engine->environment_count = n;
    return 0;
}

/* --- engines --- */

/* The text that the cluster hash is taken over: the given keys, in this order. */
static const char *connection_text(struct arena *a, const struct json *v)
{
    static const char *const keys[] = {"socketPath", "protocol", "host",   "port",
                                       "caPath",     "certPath", "keyPath"};
    struct json *o = json_new_object(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        if (json_get(v, keys[i]))
            json_set(a, o, keys[i], json_get(v, keys[i]));
    return json_text(a, o);
}

static int check_connection(struct load *l, const char *path, const struct config_engine *engine)
{
    if (!engine->socket_path && !(engine->protocol && engine->host && engine->port))
        return config__bad(l, path, "needs socketPath, or protocol, host and port");
    if (engine->protocol && !str_eq(engine->protocol, "http") &&
        !str_eq(engine->protocol, "https") && !str_eq(engine->protocol, "ssh"))
        return config__bad(l, config__sub(l, path, "protocol"),
                           "must be \"http\", \"https\" or \"ssh\"");
    return 0;
}

static int parse_connection(struct load *l, const char *path, const struct json *v,
                            struct config_engine *engine)
{
    int64_t port = 0;

    if (config__get_text(l, path, v, "socketPath", &engine->socket_path) < 0 ||
        config__get_text(l, path, v, "protocol", &engine->protocol) < 0 ||
        config__get_text(l, path, v, "host", &engine->host) < 0 ||
        config__get_int(l, path, v, "port", 1, &port) < 0 ||
        config__get_text(l, path, v, "caPath", &engine->ca_path) < 0 ||
        config__get_text(l, path, v, "certPath", &engine->cert_path) < 0 ||
        config__get_text(l, path, v, "keyPath", &engine->key_path) < 0)
        return -1;
    if (port > UINT16_MAX)
        return config__bad(l, config__sub(l, path, "port"), "must be at most 65535");
    engine->port = (uint16_t)port;
    engine->connection = connection_text(l->a, v);
    return check_connection(l, path, engine);
}

/* "hostPortRange": [first, last] */
static int parse_port_range(struct load *l, const char *path, const struct json *v,
                            struct config_on_demand *o)
{
    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    if (json_len(v) != 2)
        return config__bad(l, path, "must be two ports, [30000, 32767]");
    if (config__int(l, config__item(l, path, 0), json_at(v, 0), 1024, UINT16_MAX, &o->port_first) <
            0 ||
        config__int(l, config__item(l, path, 1), json_at(v, 1), 1024, UINT16_MAX, &o->port_last) <
            0)
        return -1;
    if (o->port_first >= o->port_last)
        return config__bad(l, path, "the first port must be less than the last");
    return 0;
}

static int parse_on_demand(struct load *l, const char *path, const struct json *v,
                           struct config_on_demand *o)
{
    bool build = false;

    *o = (struct config_on_demand){.enabled = true, .max_duration = DAY};
    if (!v || json_is(v, JSON_NULL))
        return 0;
    if (config__expect(l, path, v, JSON_OBJECT) < 0 ||
        config__get_bool(l, path, v, "enabled", &o->enabled) < 0 ||
        config__get_text(l, path, v, "nodeHost", &o->host) < 0 ||
        config__get_int(l, path, v, "maxDurationSeconds", 60, &o->max_duration) < 0 ||
        config__get_bool(l, path, v, "allowImageBuild", &build) < 0 ||
        parse_port_range(l, config__sub(l, path, "hostPortRange"), json_get(v, "hostPortRange"),
                         o) < 0)
        return -1;
    if (o->max_duration > ON_DEMAND_MAX)
        return config__bad(l, config__sub(l, path, "maxDurationSeconds"), "must be at most %d",
                           ON_DEMAND_MAX);
    if (build)
        config__notice(l, "%s %s: images are not built here, whatever allowImageBuild says",
                       l->where, path);
    return 0;
}

static int parse_engine(struct load *l, const char *path, const struct json *v,
                        struct config_engine *engine)
{
    engine->image_retention_days = 7;
    engine->image_cleanup_interval = DAY;
    engine->payment_claim_interval = 3600;
    engine->scan_image_db_interval = DAY / 2;
    if (config__expect(l, path, v, JSON_OBJECT) < 0 || parse_connection(l, path, v, engine) < 0 ||
        config__get_int(l, path, v, "imageRetentionDays", 1, &engine->image_retention_days) < 0 ||
        config__get_int(l, path, v, "imageCleanupInterval", 3600, &engine->image_cleanup_interval) <
            0 ||
        config__get_int(l, path, v, "paymentClaimInterval", 1, &engine->payment_claim_interval) <
            0 ||
        config__get_bool(l, path, v, "scanImages", &engine->scan_images) < 0 ||
        config__get_int(l, path, v, "scanImageDBUpdateInterval", 3600,
                        &engine->scan_image_db_interval) < 0 ||
        parse_on_demand(l, config__sub(l, path, "serviceOnDemand"), json_get(v, "serviceOnDemand"),
                        &engine->on_demand) < 0)
        return -1;
    return parse_environments(l, path, v, engine);
}

int config__parse_engines(struct load *l, const struct json *v)
{
    size_t n = json_len(v);
    struct config_engine *engines = arena_calloc(l->a, n + 1, sizeof(*engines));
    size_t i;

    if (config__expect(l, "", v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        engines[i].index = i;
        if (parse_engine(l, config__item(l, "", i), json_at(v, i), &engines[i]) < 0)
            return -1;
    }
    l->c->engines = engines;
    l->c->engine_count = n;
    return 0;
}

/* --- logins of registries --- */

int config__parse_registry_auths(struct load *l, const struct json *v)
{
    size_t n = json_len(v);
    struct config_registry_auth *auths = arena_calloc(l->a, n + 1, sizeof(*auths));
    size_t i;

    if (config__expect(l, "", v, JSON_OBJECT) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        const char *path = config__sub(l, "", json_key(v, i));
        const struct json *entry = json_value(v, i);
        struct config_registry_auth *auth = &auths[i];

        auth->registry = json_key(v, i);
        if (config__expect(l, path, entry, JSON_OBJECT) < 0 ||
            config__get_text(l, path, entry, "username", &auth->username) < 0 ||
            config__get_text(l, path, entry, "password", &auth->password) < 0 ||
            config__get_text(l, path, entry, "auth", &auth->auth) < 0)
            return -1;
        if (!auth->auth && (!auth->username || !auth->password))
            return config__bad(l, path,
                               "Either 'auth' must be provided, or both 'username' and 'password' "
                               "must be provided");
    }
    l->c->registry_auths = auths;
    l->c->registry_auth_count = n;
    return 0;
}
