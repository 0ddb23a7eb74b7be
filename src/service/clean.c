/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "service/service_int.h"

/* What a node that is no more has left in an engine. */

static int remove_containers(struct docker *d, const struct json *names, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(names); i++)
        if (docker_remove(d, json_str(json_at(names, i), ""), e) < 0)
            return -1;
    return 0;
}

static int remove_volumes(struct docker *d, const struct json *names, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(names); i++)
        if (docker_volume_remove(d, json_str(json_at(names, i), ""), e) < 0)
            return -1;
    return 0;
}

static int remove_networks(struct docker *d, const struct json *names, struct err *e)
{
    size_t i;
    bool gone;

    for (i = 0; i < json_len(names); i++) {
        const char *name = json_str(json_at(names, i), "");

        if (docker_network_remove(d, name, &gone, e) < 0)
            return -1;
        if (!gone)
            return failed(e, CONFLICT, "the network %s is in use by somebody else", name);
    }
    return 0;
}

static int remove_rules(struct docker *d, const char *node, struct err *e)
{
    struct firewall *f = firewall_new(d, node);
    int r = firewall_remove(f, e);

    firewall_free(f);
    return r;
}

int service_clean(struct docker *d, struct arena *a, const char *node, struct json **ret,
                  struct err *e)
{
    const char *label = arena_printf(a, "atoll.node=%s", str_lower(a, node));
    struct json *containers, *volumes, *networks;
    struct json *v = json_new_object(a);

    if (docker_container_names(d, a, label, &containers, e) < 0 ||
        remove_containers(d, containers, e) < 0 ||
        docker_volume_list(d, a, label, &volumes, e) < 0 || remove_volumes(d, volumes, e) < 0 ||
        docker_network_list(d, a, label, &networks, e) < 0 || remove_networks(d, networks, e) < 0 ||
        remove_rules(d, str_lower(a, node), e) < 0)
        return -1;
    json_set_str(a, v, "node", str_lower(a, node));
    json_set(a, v, "containers", containers);
    json_set(a, v, "volumes", volumes);
    json_set(a, v, "networks", networks);
    *ret = v;
    return 0;
}
