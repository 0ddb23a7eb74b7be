/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "service/demand_int.h"

/* What makes a deployment reachable: names of the gateway that lead to loopback ports. */

static int set_route(struct live *l, struct arena *a, const struct plan *p,
                     const struct package_port *port, int at, struct err *e)
{
    size_t c;
    const struct package_port *main_port = plan__main_port(p, &c);
    const struct gateway_route r = {.deployment = l->id,
                                    .owner = l->row.owner,
                                    .name = l->row.name,
                                    .part = port == main_port ? "" : port->name,
                                    .port = at,
                                    .login = port->login};
    const char *host;

    return gateway_set(l->service->o.gateway, a, &r, &host, e);
}

/* at(i) gives the loopback port of a container's port; 0: none yet. */
static int set_all(struct live *l, struct arena *a, bool reserve, struct err *e)
{
    struct plan p;
    size_t i, k;

    if (plan__load(l->service, a, &l->row, &p, e) < 0)
        return -1;
    for (i = 0; i < p.count; i++) {
        struct docker_look look = {0};

        if (!reserve && docker_look(l->engine->docker, a,
                                    plan__container(a, l->id, p.containers[i].name), &look, e) < 0)
            return -1;
        for (k = 0; k < p.containers[i].port_count; k++) {
            const struct package_port *port = &p.containers[i].ports[k];

            if (port->protocol != PORT_HTTP || !port->public)
                continue;
            if (set_route(l, a, &p, port,
                          reserve ? 0 : docker_look_port(&look, (int)port->port, "tcp"), e) < 0)
                return -1;
        }
    }
    return 0;
}

int route__reserve(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    return l->service->o.gateway ? set_all(l, a, true, e) : 0;
}

int route__apply(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    return l->service->o.gateway ? set_all(l, a, false, e) : 0;
}

/* What a package wants to be done when its volumes came from a backup. */
static int run_restored(struct live *l, struct arena *a, struct err *e)
{
    struct package_vars vars = {.name = l->row.name, .deployment = l->row.id};
    struct package_backup *list;
    struct plan p;
    size_t i, count;

    if (plan__load(l->service, a, &l->row, &p, e) < 0)
        return -1;
    vars.answers = p.answers;
    vars.secrets = p.secrets;
    vars.host = p.host;
    vars.url = p.url;
    if (package_render_backups(a, p.package, &vars, &list, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        const struct docker_exec x = {
            .command = list[i].restored.items, .timeout_ms = 600000, .output_max = 500};
        const char *output;
        int status;

        if (list[i].restored.count == 0)
            continue;
        status = docker_exec_run(l->engine->docker, a, plan__container(a, l->id, list[i].container),
                                 &x, &output, e);
        if (status < 0)
            return -1;
        if (status > 0)
            return failed(e, FAILED, "after the restore %s ended with %d: %s", x.command[0], status,
                          output);
    }
    return 0;
}

static bool has_check(const struct live *l)
{
    size_t i;

    for (i = 0; i < l->watch_count; i++)
        if (l->watch[i].kind != HEALTH_NONE)
            return true;
    return false;
}

/* What a change leaves behind when it is over, well or not. */
static int finish_change(struct live *l, struct arena *a, struct err *e)
{
    int mode = l->row.mode;

    if (l->row.generation != l->row.old_generation && (mode == MODE_RESTORE || mode == MODE_BACK)) {
        if (containers__remove_volumes(l, a, l->row.generation, NULL, e) < 0)
            return -1;
        l->row.old_generation = l->row.generation;
    }
    restore__done(l, mode == MODE_RESTORE);
    return 0;
}

int life_step_route(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service *s = l->service;
    bool filled = l->row.mode == MODE_RESTORE || (l->row.import && !l->row.proven);

    if (watch__load(l, e) < 0 || (filled && run_restored(l, a, e) < 0) || route__apply(l, e) < 0)
        return STEP_BROKEN;
    if (s->o.pools && pool_meter_begin(s->o.pools, l->id, e) < 0)
        return STEP_BROKEN;
    if (s->o.backup && !demand__is(&l->row) &&
        backup_watch(s->o.backup, l->id, l->row.owner, NULL, NULL, e) < 0)
        return STEP_BROKEN;
    if (finish_change(l, a, e) < 0)
        return STEP_BROKEN;
    l->row.proven = true;
    l->row.due = 0;
    str_copy(l->row.health, sizeof(l->row.health), has_check(l) ? "healthy" : "none");
    return STEP_RUNNING;
}
