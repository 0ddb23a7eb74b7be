/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "package/answers.h"
#include "service/service_int.h"

/* Deployments as people see them: D of the interface. */

enum { STEPS_OF_CREATION = STEP_RUNNING };

static void add_progress(struct live *l, struct arena *a, const struct service_row *row,
                         struct json *v)
{
    struct json *p = json_new_object(a);
    int percent = l ? atomic_load(&l->percent) : -1;
    int step = row->step < STEPS_OF_CREATION ? row->step : STEPS_OF_CREATION;

    json_set_int(a, p, "step", step);
    json_set_int(a, p, "steps", STEPS_OF_CREATION);
    json_set_str(a, p, "text", life__step_text(row->step));
    json_set(a, p, "percent",
             percent >= 0 && row->step == STEP_PULL ? json_new_int(a, percent) : NULL);
    json_set(a, v, "progress", p);
}

static void set_time(struct arena *a, struct json *v, const char *key, int64_t ms)
{
    json_set(a, v, key, ms ? json_new_int(a, ms) : NULL);
}

/* perHour, spent, paidUntil: what the meter says. */
static int add_money(struct service *s, struct arena *a, const char *id, struct json *v,
                     struct err *e)
{
    static const char *const keys[] = {"perHour", "spent", "paidUntil"};
    struct json *meter = NULL;
    size_t i;

    if (s->o.pools && pool_meter_json(s->o.pools, a, id, &meter, e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(keys); i++)
        json_set(a, v, keys[i], json_get(meter, keys[i]));
    return 0;
}

static int add_url(struct service *s, struct arena *a, const struct service_row *row,
                   struct json *v, bool full, struct err *e)
{
    struct gateway_domain *list;
    struct json *domains = json_new_array(a);
    size_t count, i;

    if (!s->o.gateway)
        return 0;
    if (gateway_domains(s->o.gateway, a, row->id, &list, &count, e) < 0)
        return -1;
    if (count > 0 && gateway_is_on(s->o.gateway))
        json_set_str(a, v, "url", gateway_url(s->o.gateway, a, list[0].host));
    for (i = 0; full && i < count; i++)
        json_push(a, domains, gateway_domain_json(a, &list[i]));
    if (full)
        json_set(a, v, "domains", domains);
    return 0;
}

/* Raw ports, as clients reach them. */
static int add_ports(struct service *s, struct arena *a, const struct service_row *row,
                     struct json *v, struct err *e)
{
    struct service_policy policy;
    struct json *ports;
    size_t i;

    plan__ports(s, row, &policy);
    if (rows_ports(s->o.store, a, row->id, &ports, e) < 0)
        return -1;
    for (i = 0; i < json_len(ports); i++) {
        json_remove(json_at(ports, i), "container");
        json_set_str(a, json_at(ports, i), "host", policy.host);
    }
    json_set(a, v, "ports", ports);
    return 0;
}

/*
 * The newest version of a package, "" for one that is gone. Asked once for each package: a list has
 * many deployments of few.
 */
static const char *newest(struct service *s, struct arena *a, const char *package,
                          struct json *known)
{
    const char *version = json_get_str(known, package, NULL);
    struct package_texts versions;
    struct err ignored;

    if (version)
        return version;
    version = "";
    if (packages_versions(s->o.packages, a, package, &versions, &ignored) == 0 &&
        versions.count > 0)
        version = versions.items[0];
    json_set_str(a, known, package, version);
    return version;
}

static void add_new_version(struct service *s, struct arena *a, const struct service_row *row,
                            struct json *known, struct json *v)
{
    const char *version = newest(s, a, row->package, known);

    if (*version && !str_eq(version, row->version))
        json_set_str(a, v, "newVersion", version);
}

/* A deletion that is asked for has begun, whatever its worker still ends first. */
static const char *row_state(const struct service_row *row)
{
    return row->wish == WISH_DELETE && !row->gone ? "deleting" : life__state(row->step, row->mode);
}

static struct json *basics(struct arena *a, const struct service_row *row)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "id", row->id);
    json_set_str(a, v, "name", row->name);
    json_set_str(a, v, "package", row->package);
    json_set_str(a, v, "version", row->version);
    json_set_str(a, v, "title", row->title);
    json_set_str(a, v, "size", row->size);
    json_set_str(a, v, "state", row_state(row));
    json_set_str(a, v, "step", life__step_name(row->step));
    json_set_str(a, v, "reason", row->reason);
    json_set_str(a, v, "health", row->health);
    json_set_str(a, v, "pool", row->pool);
    set_time(a, v, "ends", row->ends);
    set_time(a, v, "due", row->due);
    json_set_int(a, v, "created", row->created);
    if (row->old_version[0])
        json_set_str(a, v, "oldVersion", row->old_version);
    return v;
}

/* --- the full one --- */

static int add_container(struct service *s, struct arena *a, const struct service_row *row,
                         const struct package_container *c, struct json *list, struct err *e)
{
    struct service_engine *g = engine__of(s, row->cluster);
    struct json *v = json_new_object(a);
    struct docker_look look;
    int found = 0;

    if (g && row->step < STEP_DELETED) {
        found = docker_look(g->docker, a, plan__container(a, row->id, c->name), &look, e);
        if (found < 0)
            return -1;
    }
    json_set_str(a, v, "name", c->name);
    json_set_str(a, v, "image", c->image);
    json_set_str(a, v, "state", found == 0 ? "absent" : look.running ? "running" : "stopped");
    json_set_str(a, v, "health", "none");
    json_set_int(a, v, "restarts", 0);
    json_push(a, list, v);
    return 0;
}

static void add_shown(struct service *s, struct arena *a, const char *id, struct json *list)
{
    struct live *l;
    size_t i;

    lock_scope(&s->lock);
    l = live__find_locked(s, id);
    for (i = 0; l && l->step == STEP_RUNNING && i < json_len(list); i++) {
        if (!l->shown[i].health)
            continue;
        json_set_str(a, json_at(list, i), "health", l->shown[i].health);
        json_set_int(a, json_at(list, i), "restarts", l->shown[i].restarts);
    }
}

static int add_full(struct service *s, struct arena *a, const struct service_row *row,
                    struct json *v, struct err *e)
{
    struct json *timeline, *removed, *containers = json_new_array(a), *results = NULL;
    struct package_vars vars = {.name = row->name, .deployment = row->id};
    struct plan p;
    struct err why;
    size_t i;

    if (rows_events(s->o.store, a, row->id, &timeline, e) < 0 ||
        rows_removed(s->o.store, a, row->id, &removed, e) < 0)
        return -1;
    if (removed)
        json_set(a, v, "removed", removed);
    json_set(a, v, "timeline", timeline);
    json_set(a, v, "containers", containers);
    json_set(a, v, "review", json_new_array(a));
    json_set_bool(a, v, "credentialsShown", row->told);
    if (plan__load(s, a, row, &p, &why) < 0)
        return 0; /* its package cannot be read any more: what is known is shown */
    json_set_bool(a, v, "hasCredentials", package_has_credentials(p.package));
    for (i = 0; i < p.count; i++)
        if (add_container(s, a, row, &p.containers[i], containers, &why) < 0)
            break;
    add_shown(s, a, row->id, containers);
    vars.answers = p.answers;
    vars.host = p.host;
    vars.url = p.url;
    vars.secrets = p.secrets;
    json_set(a, v, "review", answers_review(a, p.package, p.answers));
    if (package_render_results(a, p.package, &vars, false, &results, &why) == 0)
        json_set(a, v, "results", results);
    return 0;
}

/* known: what was asked of packages for others of the same list. */
static int deployment(struct service *s, struct arena *a, const struct service_row *row,
                      struct json *known, struct json **ret, struct err *e)
{
    struct json *v = basics(a, row);

    {
        lock_scope(&s->lock);
        add_progress(live__find_locked(s, row->id), a, row, v);
    }
    if (add_money(s, a, row->id, v, e) < 0 || add_ports(s, a, row, v, e) < 0)
        return -1;
    add_new_version(s, a, row, known, v);
    *ret = v;
    return 0;
}

int json__deployment(struct service *s, struct arena *a, const struct service_row *row, bool full,
                     struct json **ret, struct err *e)
{
    if (deployment(s, a, row, json_new_object(a), ret, e) < 0 ||
        add_url(s, a, row, *ret, full, e) < 0)
        return -1;
    return full ? add_full(s, a, row, *ret, e) : 0;
}

/* --- the interface --- */

static int get_row(struct service *s, struct arena *a, const struct service_key *k,
                   struct service_row *ret, struct err *e)
{
    int found = rows_get(s->o.store, a, k->owner, k->id, ret, e);

    return found > 0 ? 0 : found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, k->id);
}

int service_list(struct service *s, struct arena *a, const char *owner, struct json **ret,
                 struct err *e)
{
    struct json *list = json_new_array(a);
    struct json *known = json_new_object(a);
    struct service_rows rows;
    size_t i;

    if (rows_list(s->o.store, a, owner, &rows, e) < 0)
        return -1;
    for (i = 0; i < rows.count; i++) {
        struct json *v;

        if (deployment(s, a, &rows.item[i], known, &v, e) < 0 ||
            add_url(s, a, &rows.item[i], v, false, e) < 0)
            return -1;
        if (!owner)
            json_set_str(a, v, "owner", rows.item[i].owner);
        json_push(a, list, v);
    }
    *ret = list;
    return 0;
}

int service_find(struct service *s, struct arena *a, const struct service_key *k, struct json **ret,
                 struct err *e)
{
    struct service_row row;

    if (get_row(s, a, k, &row, e) < 0)
        return -1;
    return json__deployment(s, a, &row, true, ret, e);
}

int service_check(struct service *s, const struct service_key *k, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;

    return get_row(s, a, k, &row, e);
}

int service_count(struct service *s, const char *owner, const char *package, int64_t *ret,
                  struct err *e)
{
    return rows_count(s->o.store, owner, package, ret, e);
}

int service_metrics(struct service *s, struct arena *a, const struct service_key *k,
                    const char *range, struct json **ret, struct err *e)
{
    struct service_row row;
    int which;

    if (!rows_range(range, &which))
        return refused(e, SERVICE_RANGE);
    if (get_row(s, a, k, &row, e) < 0)
        return -1;
    return rows_samples(s->o.store, a, row.id, which, ret, e);
}

/* Secrets leave once; whoever needs them again has them or makes new ones. */
int service_credentials(struct service *s, struct arena *a, const struct service_key *k,
                        struct json **ret, struct err *e)
{
    struct package_vars vars = {0};
    struct service_row row;
    struct plan p;
    bool first;

    if (get_row(s, a, k, &row, e) < 0)
        return -1;
    if (!row.proven)
        return refused(e, SERVICE_STATE, life__state(row.step, row.mode), "asked for credentials");
    if (row.told)
        return refused(e, SERVICE_TOLD);
    if (plan__load(s, a, &row, &p, e) < 0)
        return -1;
    vars.answers = p.answers;
    vars.secrets = p.secrets;
    vars.name = row.name;
    vars.deployment = row.id;
    vars.host = p.host;
    vars.url = p.url;
    if (package_render_results(a, p.package, &vars, true, ret, e) < 0 ||
        rows_tell(s->o.store, row.id, &first, e) < 0)
        return -1;
    return first ? 0 : refused(e, SERVICE_TOLD);
}
