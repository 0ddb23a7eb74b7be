/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "node/login.h"
#include "node/node.h"
#include "node/task.h"
#include "package/store.h"

/* The operator's packages: marketplaceAdminPackages, PackageAdd, Remove, Start, Stop, Servers. */

static int packages_of(struct task *t, struct packages **ret, struct err *e)
{
    *ret = t->node->packages;
    return *ret ? 0 : refused(e, SOLUTIONS_OFF);
}

/* Done is done: a line of the audit that cannot be written is no reason to say otherwise. */
static void note(struct task *t, const char *what, const char *which)
{
    struct err ignored;

    (void)!auth_audit(t->node->auth, t->person->id,
                      arena_printf(t->arena, "%s %.200s", what, which), &ignored);
}

int cmd_marketplace_admin_packages(struct task *t,
                                   const struct args_marketplace_admin_packages *args,
                                   struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct packages *ps;
    struct json *list;

    (void)args;
    if (packages_of(t, &ps, e) < 0 || packages_admin_json(ps, t->arena, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "packages", list);
    return reply_json(t, v);
}

int cmd_marketplace_package_add(struct task *t, const struct args_marketplace_package_add *args,
                                struct err *e)
{
    const struct packages_add add = {.source = args->source, .by = t->person->id};
    struct packages *ps;
    struct package *p;

    if (packages_of(t, &ps, e) < 0 || packages_add(ps, &add, t->arena, &p, e) < 0)
        return -1;
    note(t, "package added:", arena_printf(t->arena, "%s %s", p->name, p->version));
    return reply_json(t, package_json(t->arena, p));
}

int cmd_marketplace_package_remove(struct task *t,
                                   const struct args_marketplace_package_remove *args,
                                   struct err *e)
{
    struct packages *ps;

    if (packages_of(t, &ps, e) < 0 || packages_remove(ps, args->name, e) < 0)
        return -1;
    note(t, "package removed:", args->name);
    return reply_success(t);
}

int cmd_marketplace_package_start(struct task *t, const struct args_marketplace_package_start *args,
                                  struct err *e)
{
    struct packages *ps;

    if (packages_of(t, &ps, e) < 0 || packages_start(ps, args->name, e) < 0)
        return -1;
    note(t, "package started:", args->name);
    return reply_success(t);
}

int cmd_marketplace_package_stop(struct task *t, const struct args_marketplace_package_stop *args,
                                 struct err *e)
{
    struct packages *ps;

    if (packages_of(t, &ps, e) < 0 || packages_stop(ps, args->name, e) < 0)
        return -1;
    note(t, "package stopped:", args->name);
    return reply_success(t);
}

int cmd_marketplace_package_servers(struct task *t,
                                    const struct args_marketplace_package_servers *args,
                                    struct err *e)
{
    const struct packages_server change = {.package = args->name,
                                           .server = args->server,
                                           .domain = args->domain,
                                           .email = args->email,
                                           .includes = args->includes};
    struct packages *ps;

    if (packages_of(t, &ps, e) < 0 || packages_set_server(ps, &change, e) < 0)
        return -1;
    note(t, "server of package changed:", args->name);
    return reply_success(t);
}
