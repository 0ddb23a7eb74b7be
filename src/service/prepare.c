/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "docker/registry.h"
#include "service/demand_int.h"

/* Images, ports and volumes: what containers are made of. */

enum { PULL_TIMEOUT_S = 900 };

/* The operator's login fetches what a package names, and never what a person does. */
static int pull(struct live *l, struct arena *a, const char *ref, bool named, struct err *e)
{
    const struct service *s = l->service;
    struct docker_pull p = {.ref = ref,
                            .timeout_s = s->o.pull_timeout_s ? s->o.pull_timeout_s : PULL_TIMEOUT_S,
                            .cancel = &l->stop};
    struct docker_image there;
    struct image_name name;
    int found = docker_image_find(l->engine->docker, a, ref, &there, e);

    /* whoever restarts a service on demand wants its tag as it is now */
    if (found > 0 && demand__is(&l->row) && l->row.mode == MODE_UPDATE)
        found = 0;
    if (found != 0)
        return found < 0 ? -1 : 0;
    if (!named && image_name_parse(a, ref, &name, e) < 0)
        return -1;
    if (!named)
        p.auth_json =
            registry_login(a, s->o.registry_auths, s->o.registry_auth_count, name.registry);
    if (docker_image_pull(l->engine->docker, &p, e) < 0)
        return err_wrap(e, "image %s", ref);
    return 0;
}

/* On the way back: it was looked for when it was started, and is needed while nobody answers. */
static bool ran_before(struct live *l, struct arena *a, const char *ref)
{
    struct docker_image there;
    struct err ignored;

    return l->row.mode == MODE_BACK &&
           docker_image_find(l->engine->docker, a, ref, &there, &ignored) > 0;
}

int life_step_pull(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;
    size_t i;

    if (plan__load(l->service, a, &l->row, &p, e) < 0)
        return STEP_BROKEN;
    for (i = 0; i < p.count; i++) {
        const char *ref = p.containers[i].image;
        bool named = demand__is(&l->row) || image__is_named(&p, &p.containers[i]);

        atomic_store(&l->percent, (int)(i * 100 / p.count));
        stream__changed(l->service, l->id);
        if ((named && !ran_before(l, a, ref) && image__check(l, ref, e) < 0) ||
            pull(l, a, ref, named, e) < 0) {
            atomic_store(&l->percent, -1);
            return STEP_BROKEN;
        }
    }
    atomic_store(&l->percent, -1);
    return STEP_NETWORK;
}

/* --- ports of the host --- */

static int take_ports(struct live *l, const struct plan *p, struct err *e)
{
    struct service_policy policy;
    size_t i, k;
    int64_t got;

    plan__ports(l->service, &l->row, &policy);
    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].port_count; k++) {
            const struct package_port *port = &p->containers[i].ports[k];
            const struct rows_port row = {l->id, p->containers[i].name, port->name, policy.bind,
                                          port->protocol == PORT_UDP ? "udp" : "tcp"};

            if (port->public && port->protocol != PORT_HTTP &&
                rows_port(l->service->o.store, &row, policy.port_first, policy.port_last, &got, e) <
                    0)
                return -1;
        }
    return 0;
}

/* --- volumes --- */

static int make_volumes(struct live *l, struct arena *a, const struct plan *p, struct err *e)
{
    struct docker_label labels[4];
    size_t i, k;

    containers__labels(l, labels);
    for (i = 0; i < p->count; i++)
        for (k = 0; k < p->containers[i].volume_count; k++)
            if (docker_volume_make(
                    l->engine->docker,
                    plan__volume(a, l->id, p->containers[i].volumes[k].name, l->row.generation),
                    labels, e) < 0)
                return -1;
    return 0;
}

int life_step_volumes(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;

    if (plan__load(l->service, a, &l->row, &p, e) < 0 || take_ports(l, &p, e) < 0 ||
        make_volumes(l, a, &p, e) < 0)
        return STEP_BROKEN;
    if (l->row.import && !l->row.proven && restore__fill(l, e) < 0)
        return STEP_BROKEN;
    return STEP_CONTAINERS;
}
