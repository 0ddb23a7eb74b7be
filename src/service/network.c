/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "service/service_int.h"

/* One private network for each owner: a bridge with a subnet of our own range. */

enum { NETWORK_BITS = 26, TRIES = 64 };

struct range {
    uint32_t base;
    int64_t count; /* of subnets */
};

static int read_range(const char *text, struct range *ret, struct err *e)
{
    unsigned part[5];
    const char *p = text;
    char *end;
    size_t i;

    for (i = 0; i < 5; i++) {
        unsigned long v = strtoul(p, &end, 10);
        char expected = i < 3 ? '.' : i == 3 ? '/' : '\0';

        if (end == p || v > (i < 4 ? 255u : (unsigned)NETWORK_BITS) || *end != expected)
            return failed(e, INVALID, "'%s' is no range of IPv4 addresses like 10.200.0.0/14",
                          text);
        part[i] = (unsigned)v;
        p = end + 1;
    }
    if (part[4] < 8)
        return failed(e, INVALID, "'%s' is larger than a /8", text);
    ret->base = part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
    ret->base &= ~(uint32_t)0 << (32 - part[4]);
    ret->count = INT64_C(1) << ((unsigned)NETWORK_BITS - part[4]);
    return 0;
}

static const char *subnet(struct arena *a, const struct range *r, int64_t n)
{
    uint32_t v = r->base + ((uint32_t)n << (32 - NETWORK_BITS));

    return arena_printf(a, "%u.%u.%u.%u/%d", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255,
                        NETWORK_BITS);
}

/* Where the numbers of this node begin: nodes on one machine rarely meet. */
static int64_t first_number(const struct service *s, int64_t count)
{
    struct hash32 h = sha256(s->o.node, strlen(s->o.node));

    return (int64_t)((unsigned)h.b[0] << 8 | h.b[1]) % count;
}

static void labels_of(const struct live *l, struct docker_label ret[3])
{
    ret[0] = (struct docker_label){"atoll.owner", l->row.owner};
    ret[1] = (struct docker_label){"atoll.node", l->service->o.node};
    ret[2] = (struct docker_label){0};
}

/* Tries numbers until the engine has room for the subnet. */
static int make(struct live *l, struct arena *a, bool open, struct err *e)
{
    const struct rows_network key = {l->row.cluster, l->row.owner, open};
    struct service *s = l->service;
    struct docker_label labels[3];
    struct service_policy policy;
    struct range range;
    int64_t n;
    int i;

    service__policy(s, &policy);
    labels_of(l, labels);
    if (read_range(policy.subnets, &range, e) < 0 ||
        rows_network(s->o.store, &key, first_number(s, range.count), range.count, &n, e) < 0)
        return -1;
    for (i = 0; i < TRIES; i++) {
        char bridge[FIREWALL_BRIDGE_SIZE];
        struct docker_network net = {plan__network(a, l, open), bridge, NULL, labels};
        bool made;

        firewall_bridge(l->engine->firewall, open, n, bridge);
        net.subnet = subnet(a, &range, n);
        if (docker_network_make(l->engine->docker, &net, &made, e) == 0)
            return 0;
        if (e->code != ERR_INVALID || rows_network_next(s->o.store, &key, range.count, &n, e) < 0)
            return -1;
    }
    return failed(e, UNAVAILABLE, "no free subnet was found in %s", policy.subnets);
}

int network__make(struct live *l, bool open, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    lock_scope(&l->engine->network);
    if (firewall_ensure(l->engine->firewall, e) < 0)
        return -1;
    return make(l, a, open, e);
}

static int remove_one(struct live *l, struct arena *a, bool open, struct json *gone, struct err *e)
{
    const struct rows_network key = {l->row.cluster, l->row.owner, open};
    const char *name = plan__network(a, l, open);
    struct json *there;
    bool removed;
    size_t i;

    if (docker_network_list(l->engine->docker, a, arena_printf(a, "atoll.owner=%s", l->row.owner),
                            &there, e) < 0 ||
        docker_network_remove(l->engine->docker, name, &removed, e) < 0)
        return -1;
    if (!removed)
        return 0;
    for (i = 0; gone && i < json_len(there); i++)
        if (str_eq(json_str(json_at(there, i), ""), name))
            json_push(a, gone, json_new_str(a, name));
    return rows_network_delete(l->service->o.store, &key, e);
}

/* The last one takes the rules with it. */
static void tidy_firewall(struct live *l, struct arena *a)
{
    struct json *left;
    struct err e;

    if (docker_network_list(l->engine->docker, a,
                            arena_printf(a, "atoll.node=%s", l->service->o.node), &left, &e) < 0 ||
        (json_len(left) == 0 && firewall_remove(l->engine->firewall, &e) < 0))
        log_warn("service", "%s", e.msg);
}

int network__remove_unused(struct live *l, struct arena *a, struct json *gone, struct err *e)
{
    int64_t others;

    lock_scope(&l->engine->network);
    if (rows_others(l->service->o.store, &l->row, &others, e) < 0)
        return -1;
    if (others > 0)
        return 0;
    if (remove_one(l, a, true, gone, e) < 0 || remove_one(l, a, false, gone, e) < 0)
        return -1;
    tidy_firewall(l, a);
    return 0;
}

int life_step_network(struct live *l, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct package *p;

    if (plan__package(l->service, a, &l->row, &p, e) < 0 ||
        network__make(l, plan__is_open(p), e) < 0)
        return STEP_BROKEN;
    return STEP_VOLUMES;
}
