/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/secp.h"
#include "service/demand_int.h"

/* What the package and the answers make of a deployment. */

enum { SEAL_LIMIT = SERVICE_ANSWERS_MAX + ECIES_OVERHEAD, MILLI = 1000, MIB_OF_GIB = 1024 };

int seal__text(struct service *s, struct arena *a, const char *plain, const char **ret,
               struct err *e)
{
    _buf_ struct buf out = BUF_INIT(SEAL_LIMIT);
    struct pubkey to = pubkey_of(s->o.key);

    if (ecies_encrypt(&to, plain, strlen(plain), &out, e) < 0)
        return -1;
    *ret = base64_dup(a, buf_str(&out), out.len);
    return 0;
}

int seal__open(struct service *s, struct arena *a, const char *sealed, const char **ret,
               struct err *e)
{
    _buf_ struct buf out = BUF_INIT(SEAL_LIMIT);
    struct bytes blob;

    if (!base64_parse(a, sealed, strlen(sealed), &blob))
        return failed(e, FAILED, "what the deployment keeps sealed is damaged");
    if (ecies_decrypt(s->o.key, blob.p, blob.n, &out, e) < 0)
        return err_wrap(e, "what the deployment keeps sealed");
    *ret = arena_strdup(a, buf_str(&out));
    return 0;
}

const char *plan__container(struct arena *a, const char *id, const char *container)
{
    return arena_printf(a, "atoll-s-%.8s-%s", id, container);
}

const char *plan__volume(struct arena *a, const char *id, const char *volume, int64_t generation)
{
    if (generation == 0)
        return arena_printf(a, "atoll-v-%.8s-%s", id, volume);
    return arena_printf(a, "atoll-v-%.8s-%s-%lld", id, volume, (long long)generation);
}

const char *plan__network(struct arena *a, const struct live *l, bool open)
{
    return arena_printf(a, "atoll-n-%.12s%s", l->row.owner + (l->row.owner[0] == 'u'),
                        open ? "" : "-quiet");
}

bool plan__is_open(const struct package *p)
{
    return (p->permissions & PERMISSION_INTERNET) != 0;
}

const struct package_port *plan__main_port(const struct plan *p, size_t *ret_container)
{
    size_t i, k;

    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].port_count; k++)
            if (p->containers[i].ports[k].protocol == PORT_HTTP &&
                p->containers[i].ports[k].public) {
                *ret_container = i;
                return &p->containers[i].ports[k];
            }
    return NULL;
}

static int open_json(struct service *s, struct arena *a, const char *sealed, struct json **ret,
                     struct err *e)
{
    const char *text;

    if (seal__open(s, a, sealed, &text, e) < 0)
        return -1;
    return json_parse(a, text, strlen(text), ret, e);
}

static int load_sealed(struct service *s, struct arena *a, const char *id, struct plan *p,
                       struct err *e)
{
    const char *answers, *secrets;

    if (rows_sealed(s->o.store, a, id, &answers, &secrets, e) < 0)
        return -1;
    if (open_json(s, a, answers, &p->answers, e) < 0)
        return -1;
    return open_json(s, a, secrets, &p->secrets, e);
}

static int load_host(struct service *s, struct arena *a, const char *id, struct plan *p,
                     struct err *e)
{
    struct gateway_domain *list;
    size_t count;

    p->host = p->url = "";
    if (!s->o.gateway)
        return 0;
    if (gateway_domains(s->o.gateway, a, id, &list, &count, e) < 0)
        return -1;
    if (count > 0) {
        p->host = list[0].host;
        p->url = gateway_url(s->o.gateway, a, list[0].host);
    }
    return 0;
}

/* --- names inside of texts --- */

struct names {
    const struct json *ports;
};

static int64_t host_port(void *ctx, const char *port)
{
    const struct names *n = ctx;
    size_t i;

    for (i = 0; i < json_len(n->ports); i++)
        if (str_eq(json_get_str(json_at(n->ports, i), "name", ""), port))
            return json_get_int(json_at(n->ports, i), "port", 0);
    return 0;
}

/* Containers of one deployment reach each other by the names that the engine knows. */
static const char *container_host(void *ctx, struct arena *a, const char *container)
{
    (void)ctx;
    return container ? arena_strdup(a, container) : "";
}

int plan__package(struct service *s, struct arena *a, const struct service_row *row,
                  struct package **ret, struct err *e)
{
    if (demand__is(row))
        return demand__package(s, a, row, ret, e);
    return packages_find_any(s->o.packages, a, row->package, row->version, ret, e);
}

/* There is nothing to be asked, and nothing to be put in. */
static int load_demand(struct service *s, struct arena *a, const struct service_row *row,
                       struct plan *ret, struct err *e)
{
    struct plan p = {
        .answers = json_new_object(a), .secrets = json_new_object(a), .host = "", .url = ""};

    if (plan__package(s, a, row, &p.package, e) < 0)
        return -1;
    p.size = p.package->sizes;
    p.containers = p.package->containers;
    p.count = p.package->container_count;
    *ret = p;
    return 0;
}

int plan__load(struct service *s, struct arena *a, const struct service_row *row, struct plan *ret,
               struct err *e)
{
    struct plan p = {0};
    struct names names;
    struct json *ports;
    struct package_vars vars = {.name = row->name, .deployment = row->id};

    if (demand__is(row))
        return load_demand(s, a, row, ret, e);
    if (plan__package(s, a, row, &p.package, e) < 0 || load_sealed(s, a, row->id, &p, e) < 0 ||
        load_host(s, a, row->id, &p, e) < 0 || rows_ports(s->o.store, a, row->id, &ports, e) < 0)
        return -1;
    p.size = package_size_find(p.package, row->size);
    if (!p.size)
        return failed(e, CONFLICT, "version %s of %s has no size %s", row->version, row->package,
                      row->size);
    names.ports = ports;
    vars.answers = p.answers;
    vars.secrets = p.secrets;
    vars.host = p.host;
    vars.url = p.url;
    vars.ctx = &names;
    vars.host_port = host_port;
    vars.container_host = container_host;
    if (package_render(a, p.package, &vars, &p.containers, &p.count, e) < 0)
        return -1;
    *ret = p;
    return 0;
}

int plan__find(struct service *s, struct arena *a, const struct service_row *row, const char *name,
               struct plan_found *ret, struct err *e)
{
    struct service_engine *g = engine__of(s, row->cluster);
    struct plan p;
    size_t i;

    if (plan__load(s, a, row, &p, e) < 0)
        return -1;
    for (i = 0; i < p.count && name && !str_eq(p.containers[i].name, name); i++)
        ;
    if (i == p.count || !g)
        return refused(e, SERVICE_CONTAINER, name ? name : "");
    *ret = (struct plan_found){g->docker, p.containers[i].name};
    return 0;
}

void plan__ports(struct service *s, const struct service_row *row, struct service_policy *ret)
{
    service__policy(s, ret);
    if (demand__is(row))
        demand__ports(s, row, ret);
}

/* --- resources --- */

static void add_amount(struct arena *a, struct json *list, const char *id, double amount)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "id", id);
    json_set(a, v, "amount", json_new_num(a, amount));
    json_push(a, list, v);
}

int service_resources(const struct compute_env *env, const struct package_size *size,
                      struct compute_resources *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *list = json_new_array(a);

    add_amount(a, list, "cpu", (double)size->cpu_milli / MILLI);
    add_amount(a, list, "ram", (double)size->ram_mib / MIB_OF_GIB);
    add_amount(a, list, "disk", (double)size->disk_gib);
    if (size->gpu > 0)
        add_amount(a, list, "gpu", (double)size->gpu);
    return compute_fill(env, false, list, ret, e);
}

/* Prices go by the resources themselves, in the units that they were asked for in. */
static int demand_resources(struct service *s, struct arena *a, const struct service_row *row,
                            const struct compute_env *env, struct compute_resources *ret,
                            struct err *e)
{
    struct demand_spec spec;
    struct json *list;

    if (demand__spec(s, a, row, &spec, &list, e) < 0 || compute_fill(env, false, list, ret, e) < 0)
        return -1;
    return 1;
}

int plan__resources(struct service *s, struct arena *a, const struct service_row *row,
                    const struct compute_env **ret_env, struct compute_resources *ret,
                    struct err *e)
{
    struct package *p;
    const struct package_size *size;

    *ret_env = compute_env_find(s->o.compute, row->env);
    if (!*ret_env)
        return 0;
    if (demand__is(row))
        return demand_resources(s, a, row, *ret_env, ret, e);
    if (plan__package(s, a, row, &p, e) < 0)
        return -1;
    size = package_size_find(p, row->size);
    if (!size)
        return failed(e, CONFLICT, "version %s of %s has no size %s", row->version, row->package,
                      row->size);
    return service_resources(*ret_env, size, ret, e) < 0 ? -1 : 1;
}

static bool takes(const struct compute_env *env, uint64_t chain, const struct addr *token)
{
    const struct config_environment *conf = compute_env_info(env)->conf;
    size_t i;

    for (i = 0; i < conf->fee_count; i++)
        if (conf->fees[i].chain_id == chain && (!token || addr_eq(&conf->fees[i].token, token)))
            return true;
    return chain == 0;
}

static int fits(const struct compute_env *env, const struct service_place *p, struct err *e)
{
    struct compute_resources r;

    if (!takes(env, p->chain, p->token))
        return refused(e, SERVICE_ENV, "it does not take the pool's token");
    if (service_resources(env, p->size, &r, e) < 0)
        return -1;
    return compute_available(env, false, &r, e);
}

static bool for_everybody(const struct compute_env *env)
{
    const struct config_access *access = &compute_env_info(env)->conf->access;

    return access->addresses.count == 0 && access->lists.count == 0;
}

int service_place_find(struct compute *c, const struct service_place *p,
                       const struct compute_env **ret, struct err *e)
{
    const struct compute_env *env;
    bool any = false;
    size_t i;

    if (p->env) {
        *ret = c ? compute_env_find(c, p->env) : NULL;
        if (!*ret)
            return refused(e, SERVICE_ENV, "there is no such environment");
        return fits(*ret, p, e);
    }
    for (i = 0; c && (env = compute_env_at(c, i)); i++) {
        if (!for_everybody(env))
            continue;
        any = true;
        if (fits(env, p, e) == 0) {
            *ret = env;
            return 0;
        }
    }
    return any ? -1 : refused(e, SERVICE_ENV, "no environment is offered");
}

/* --- watches --- */

static int port_number(const struct package_container *c, const char *name)
{
    size_t i;

    for (i = 0; i < c->port_count; i++)
        if (str_eq(c->ports[i].name, name))
            return (int)c->ports[i].port;
    return 0;
}

static const char *const *copy_texts(struct arena *a, const struct package_texts *t)
{
    const char **list = arena_calloc(a, t->count + 1, sizeof(*list));
    size_t i;

    for (i = 0; i < t->count; i++)
        list[i] = arena_strdup(a, t->items[i]);
    return list;
}

static void add_after(struct watch *w, const struct plan *p, const struct package_container *c)
{
    size_t i, k;

    for (i = 0; i < c->after.count; i++)
        for (k = 0; k < p->count; k++)
            if (str_eq(p->containers[k].name, c->after.items[i]))
                w->after[w->after_count++] = k;
}

int watch__load(struct live *l, struct err *e)
{
    _arena_ struct arena *scratch = arena_new();
    struct arena *a;
    struct plan p;
    size_t i;

    if (plan__load(l->service, scratch, &l->row, &p, e) < 0)
        return -1;
    arena_free(l->watch_arena);
    a = l->watch_arena = arena_new();
    l->watch_count = p.count;
    for (i = 0; i < p.count; i++) {
        const struct package_container *c = &p.containers[i];
        struct watch *w = &l->watch[i];

        *w = (struct watch){
            .name = arena_strdup(a, c->name),
            .container = plan__container(a, l->id, c->name),
            .kind = c->health.kind,
            .port = c->health.port ? port_number(c, c->health.port) : 0,
            .path = arena_strdup(a, c->health.path ? c->health.path : "/"),
            .command = copy_texts(a, &c->health.command),
            .interval_ms = c->health.interval_s * 1000,
            .timeout_ms = c->health.timeout_s * 1000,
            .start_ms = c->health.start_s * 1000,
            .retries = (int)c->health.retries,
        };
        add_after(w, &p, c);
    }
    return 0;
}
