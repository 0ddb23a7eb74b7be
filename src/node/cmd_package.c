/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "base/str.h"
#include "node/node.h"
#include "node/task.h"
#include "package/store.h"
#include "pool/pool.h"
#include "service/service.h"

/* The catalogue: marketplacePackages, marketplacePackage, marketplacePackageIcon. */

static int packages_of(struct task *t, struct packages **ret, struct err *e)
{
    *ret = t->node->packages;
    return *ret ? 0 : refused(e, SOLUTIONS_OFF);
}

/* --- prices --- */

/* What an hour of a size costs where it has room now, in the first token there; NULL: nowhere. */
static struct json *per_hour(struct task *t, const struct package_size *size)
{
    const struct service_place place = {.size = size};
    const struct config_environment *conf;
    struct compute_resources resources;
    struct pool_quote_request r;
    const struct compute_env *env;
    struct pool_quote quote;
    struct err ignored;
    struct json *v;

    if (!t->node->compute || !t->node->pools ||
        service_place_find(t->node->compute, &place, &env, &ignored) < 0)
        return NULL;
    conf = compute_env_info(env)->conf;
    if (conf->fee_count == 0 || service_resources(env, size, &resources, &ignored) < 0)
        return NULL;
    r = (struct pool_quote_request){
        .env = env, .resources = &resources, .chain = conf->fees[0].chain_id};
    r.token = conf->fees[0].token;
    if (pool_quote(t->node->pools, &r, &quote, &ignored) < 0)
        return NULL;
    v = pool_quote_json(t->node->pools, t->arena, &quote, NULL, 0);
    return json_copy(t->arena, json_get(v, "perHour"));
}

static void set_prices(struct task *t, const struct package *p, struct json *card)
{
    struct json *sizes = json_get(card, "sizes");
    size_t i;

    for (i = 0; i < p->size_count; i++)
        json_set(t->arena, json_at(sizes, i), "perHour",
                 p->offered ? per_hour(t, &p->sizes[i]) : NULL);
}

static int set_count(struct task *t, const struct package *p, struct json *card, struct err *e)
{
    int64_t n = 0;

    if (t->node->services && service_count(t->node->services, t->person->id, p->name, &n, e) < 0)
        return -1;
    json_set_int(t->arena, card, "count", n);
    return 0;
}

/* --- cards --- */

int cmd_marketplace_packages(struct task *t, const struct args_marketplace_packages *args,
                             struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list = json_new_array(t->arena);
    struct packages *ps;
    struct package **all;
    size_t count;
    size_t i;

    (void)args;
    if (packages_of(t, &ps, e) < 0 || packages_list(ps, t->arena, &all, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        struct json *card = package_card_json(t->arena, all[i]);

        set_prices(t, all[i], card);
        if (set_count(t, all[i], card, e) < 0)
            return -1;
        json_push(t->arena, list, card);
    }
    json_set(t->arena, v, "packages", list);
    return reply_json(t, v);
}

int cmd_marketplace_package(struct task *t, const struct args_marketplace_package *args,
                            struct err *e)
{
    struct json *versions = json_new_array(t->arena);
    struct package_texts kept;
    struct packages *ps;
    struct package *p;
    struct json *v;
    size_t i;

    if (packages_of(t, &ps, e) < 0 ||
        packages_find(ps, t->arena, args->name, args->version, &p, e) < 0 ||
        packages_versions(ps, t->arena, p->name, &kept, e) < 0)
        return -1;
    v = package_json(t->arena, p);
    for (i = 0; i < kept.count; i++)
        json_push(t->arena, versions, json_new_str(t->arena, kept.items[i]));
    json_set(t->arena, v, "versions", versions);
    set_prices(t, p, v);
    if (set_count(t, p, v, e) < 0)
        return -1;
    return reply_json(t, v);
}

/* An administrator has added it, but it is not our page: it may draw and nothing else. */
int cmd_marketplace_package_icon(struct task *t, const struct args_marketplace_package_icon *args,
                                 struct err *e)
{
    struct package_file icon = {.path = NULL};
    struct packages *ps;
    struct package *p;

    if (packages_of(t, &ps, e) < 0 || packages_find(ps, t->arena, args->name, NULL, &p, e) < 0)
        return -1;
    icon.path = p->icon;
    if (!*p->icon)
        return failed(e, NOT_FOUND, "the package has no icon");
    if (packages_file(ps, t->arena, p->name, p->version, &icon, e) < 0)
        return -1;
    reply_header(t, "Content-Security-Policy",
                 "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    reply_header(t, "X-Content-Type-Options", "nosniff");
    return reply_bytes(t, str_ends(p->icon, ".svg") ? "image/svg+xml" : "image/png", icon.data,
                       icon.len);
}
