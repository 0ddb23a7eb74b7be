/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "service/demand_int.h"

/* A spec as a package of one container: what the engine runs is what it runs of any package. */

enum { MILLI = 1000, MIB_OF_GIB = 1024 };

bool demand__is(const struct service_row *row)
{
    return str_eq(row->package, DEMAND_PACKAGE);
}

/* --- in the store --- */

static void set_given(struct arena *a, struct json *v, const char *key, const char *text)
{
    if (text)
        json_set_str(a, v, key, text);
}

static void set_list(struct arena *a, struct json *v, const char *key, const struct json *list)
{
    if (list)
        json_set(a, v, key, json_copy(a, list));
}

int demand__seal(struct service *s, struct arena *a, const struct demand_spec *spec,
                 const struct json *resources, const char **ret, struct err *e)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "image", spec->image);
    set_given(a, v, "tag", spec->tag);
    set_given(a, v, "checksum", spec->checksum);
    set_given(a, v, "userData", spec->user_data);
    set_given(a, v, "template", spec->template_name);
    set_list(a, v, "command", spec->command);
    set_list(a, v, "entrypoint", spec->entrypoint);
    set_list(a, v, "ports", spec->ports);
    set_list(a, v, "fixed", spec->fixed);
    set_list(a, v, "resources", resources);
    return seal__text(s, a, json_text(a, v), ret, e);
}

int demand__spec(struct service *s, struct arena *a, const struct service_row *row,
                 struct demand_spec *ret, struct json **ret_resources, struct err *e)
{
    const char *sealed, *text;
    struct json *v;

    if (demand_rows_spec(s->o.store, a, row->id, row->version, &sealed, e) < 0 ||
        seal__open(s, a, sealed, &text, e) < 0 || json_parse(a, text, strlen(text), &v, e) < 0)
        return -1;
    *ret = (struct demand_spec){
        .image = json_get_str(v, "image", ""),
        .tag = json_get_str(v, "tag", NULL),
        .checksum = json_get_str(v, "checksum", NULL),
        .command = json_get(v, "command"),
        .entrypoint = json_get(v, "entrypoint"),
        .ports = json_get(v, "ports"),
        .fixed = json_get(v, "fixed"),
        .user_data = json_get_str(v, "userData", NULL),
        .template_name = json_get_str(v, "template", NULL),
    };
    *ret_resources = json_get(v, "resources");
    return 0;
}

/* --- as a package --- */

static struct package_texts texts_of(struct arena *a, const struct json *list)
{
    const char **items = arena_calloc(a, json_len(list) + 1, sizeof(*items));
    size_t i;

    for (i = 0; i < json_len(list); i++)
        items[i] = json_str(json_at(list, i), "");
    return (struct package_texts){items, json_len(list)};
}

/* What the operator has fixed is not the user's to change. */
static int set_variables(struct service *s, struct arena *a, const struct demand_spec *spec,
                         struct package_container *c, struct err *e)
{
    struct json *all;
    size_t i;

    if (demand_variables(a, s->o.key, spec->user_data, &all, e) < 0)
        return -1;
    for (i = 0; i < json_len(spec->fixed); i++)
        json_set_str(a, all, json_key(spec->fixed, i), json_str(json_value(spec->fixed, i), ""));
    c->env = arena_calloc(a, json_len(all) + 1, sizeof(*c->env));
    c->env_count = json_len(all);
    for (i = 0; i < c->env_count; i++)
        c->env[i] = (struct package_env){json_key(all, i), json_str(json_value(all, i), "")};
    return 0;
}

const char *demand__port_name(struct arena *a, int64_t port)
{
    return arena_printf(a, "p%lld", (long long)port);
}

static void set_ports(struct arena *a, const struct demand_spec *spec, struct package_container *c)
{
    size_t i;

    c->port_count = json_len(spec->ports);
    c->ports = arena_calloc(a, c->port_count + 1, sizeof(*c->ports));
    for (i = 0; i < c->port_count; i++) {
        int64_t port = 0;

        must(json_int(json_at(spec->ports, i), &port));
        c->ports[i] = (struct package_port){
            .name = demand__port_name(a, port), .port = port, .protocol = PORT_TCP, .public = true};
    }
}

/* The same as a container of the catalogue whose image a person names. */
static const char *const capabilities[] = {"CHOWN",  "DAC_OVERRIDE", "FOWNER",
                                           "FSETID", "KILL",         "NET_BIND_SERVICE",
                                           "SETGID", "SETUID",       NULL};

static int set_container(struct service *s, struct arena *a, const struct demand_spec *spec,
                         struct package_container *c, struct err *e)
{
    *c = (struct package_container){
        .name = "main",
        .image = demand_image(a, spec),
        .has_entrypoint = json_len(spec->entrypoint) > 0,
        .has_command = json_len(spec->command) > 0,
        .entrypoint = texts_of(a, spec->entrypoint),
        .command = texts_of(a, spec->command),
        .capabilities = {capabilities, ARRAY_LEN(capabilities) - 1},
        .weight = 1,
    };
    set_ports(a, spec, c);
    return set_variables(s, a, spec, c, e);
}

/* What the container may have: limits, where the prices go by the resources themselves. */
static void set_size(const struct json *resources, struct package_size *size)
{
    size_t i;

    *size = (struct package_size){.name = "custom", .label = "as asked for", .disk_gib = 1};
    for (i = 0; i < json_len(resources); i++) {
        const char *id = json_get_str(json_at(resources, i), "id", "");
        double amount = json_num(json_get(json_at(resources, i), "amount"), 0);

        if (str_eq(id, "cpu"))
            size->cpu_milli = (int64_t)(amount * MILLI);
        else if (str_eq(id, "ram"))
            size->ram_mib = (int64_t)(amount * MIB_OF_GIB);
        else if (str_eq(id, "disk") && amount > 1)
            size->disk_gib = (int64_t)amount;
    }
}

int demand__package(struct service *s, struct arena *a, const struct service_row *row,
                    struct package **ret, struct err *e)
{
    struct package *p = arena_calloc(a, 1, sizeof(*p));
    struct demand_spec spec;
    struct json *resources;

    if (demand__spec(s, a, row, &spec, &resources, e) < 0)
        return -1;
    *p = (struct package){
        .name = DEMAND_PACKAGE,
        .version = arena_strdup(a, row->version),
        .title = row->title,
        .summary = "",
        .description = "",
        .category = "",
        .icon = "",
        .offered = true,
        .reason = "",
        .permissions =
            PERMISSION_INTERNET | PERMISSION_HOST_PORT | PERMISSION_ROOT | PERMISSION_ANY_IMAGE,
        .sizes = arena_calloc(a, 1, sizeof(*p->sizes)),
        .size_count = 1,
        .containers = arena_calloc(a, 1, sizeof(*p->containers)),
        .container_count = 1,
    };
    set_size(resources, p->sizes);
    if (set_container(s, a, &spec, p->containers, e) < 0)
        return -1;
    *ret = p;
    return 0;
}

/* --- rules --- */

static const struct config_on_demand *rules_of(struct service *s, const struct service_row *row)
{
    const struct compute_env *env = compute_env_find(s->o.compute, row->env);

    return env ? compute_env_info(env)->conf->on_demand : NULL;
}

void demand__ports(struct service *s, const struct service_row *row, struct service_policy *io)
{
    const struct config_on_demand *o = rules_of(s, row);

    if (o && o->port_first) {
        io->port_first = o->port_first;
        io->port_last = o->port_last;
    }
    if (o && o->host)
        io->host = o->host;
}

int demand__may_end(struct service *s, const struct service_row *row, int64_t ends, struct err *e)
{
    const struct config_on_demand *o = rules_of(s, row);

    if (!ends)
        return refused(e, SERVICE_ANSWER, "ends", "must be a time: it is paid for in advance");
    if (row->ends <= clock_ms())
        return refused(e, SERVICE_ANSWER, "ends", "cannot be changed: its time is over");
    if (o && ends - clock_ms() > o->max_duration * 1000)
        return refused(e, SERVICE_ANSWER, "ends", "is later than the operator allows");
    return 0;
}

struct json *demand__resources_json(struct arena *a, const struct compute_resources *r)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < r->count; i++) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "id", r->item[i].id);
        json_set(a, v, "amount", json_new_num(a, (double)r->item[i].milli / MILLI));
        json_push(a, list, v);
    }
    return list;
}
