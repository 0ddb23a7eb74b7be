/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "docker/deploy_int.h"

/* Networks and volumes. */

struct json *docker__labels(struct arena *a, const struct docker_label *labels)
{
    struct json *v = json_new_object(a);

    for (; labels && labels->name; labels++)
        json_set_str(a, v, labels->name, labels->value);
    return v;
}

/* What is there under our name must be ours. */
static int same_labels(const struct json *there, const struct docker_label *labels,
                       const char *what, struct err *e)
{
    for (; labels && labels->name; labels++)
        if (!str_eq(json_get_str(there, labels->name, NULL), labels->value))
            return failed(e, CONFLICT, "%s exists and belongs to somebody else", what);
    return 0;
}

int docker__same_labels(const struct json *there, const struct docker_label *labels,
                        const char *what, struct err *e)
{
    return same_labels(there, labels, what, e);
}

/* The texts at `key` of a list of objects. */
struct json *docker__names(struct arena *a, const struct json *list, const char *key)
{
    struct json *names = json_new_array(a);
    size_t i;

    for (i = 0; i < json_len(list); i++)
        json_push(a, names, json_new_str(a, json_get_str(json_at(list, i), key, "")));
    return names;
}

const char *docker__label_filter(struct arena *a, const char *label)
{
    struct json *v = json_new_object(a);
    struct json *list = json_new_array(a);

    json_push(a, list, json_new_str(a, label));
    json_set(a, v, "label", list);
    return docker__escape(a, json_text(a, v));
}

/* 1 = there, 0 = not. */
static int network_find(struct docker *d, struct arena *a, const char *name, struct json **ret,
                        struct err *e)
{
    struct docker__req r = {.path = arena_printf(a, "/networks/%s", docker__escape(a, name))};
    struct err why;

    if (docker__call(d, a, &r, ret, &why) >= 0)
        return 1;
    if (why.code == ERR_NOT_FOUND)
        return 0;
    *e = why;
    return -1;
}

static struct json *network_json(struct arena *a, const struct docker_network *n)
{
    struct json *v = json_new_object(a);
    struct json *options = json_new_object(a);

    json_set_str(a, v, "Name", n->name);
    json_set_bool(a, v, "CheckDuplicate", true);
    json_set_str(a, v, "Driver", "bridge");
    json_set(a, v, "Labels", docker__labels(a, n->labels));
    if (n->bridge)
        json_set_str(a, options, "com.docker.network.bridge.name", n->bridge);
    json_set(a, v, "Options", options);
    if (n->subnet) {
        struct json *ipam = json_new_object(a);
        struct json *list = json_new_array(a);
        struct json *one = json_new_object(a);

        json_set_str(a, one, "Subnet", n->subnet);
        json_push(a, list, one);
        json_set(a, ipam, "Config", list);
        json_set(a, v, "IPAM", ipam);
    }
    return v;
}

int docker_network_make(struct docker *d, const struct docker_network *n, bool *ret_made,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST", .path = "/networks/create"};
    struct json *there;
    int found = network_find(d, a, n->name, &there, e);

    if (found < 0)
        return -1;
    if (found > 0) {
        *ret_made = false;
        return same_labels(json_get(there, "Labels"), n->labels, n->name, e);
    }
    r.json = network_json(a, n);
    if (docker__call(d, a, &r, NULL, e) < 0) {
        /* 403 in old engines, 400 or 500 in others */
        if (strstr(e->msg, "overlaps"))
            e->code = ERR_INVALID;
        return -1;
    }
    *ret_made = true;
    return 0;
}

int docker_network_remove(struct docker *d, const char *name, bool *ret_gone, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "DELETE",
                            .path = arena_printf(a, "/networks/%s", docker__escape(a, name))};
    struct err why;

    if (docker__call(d, a, &r, NULL, &why) >= 0 || why.code == ERR_NOT_FOUND) {
        *ret_gone = true;
        return 0;
    }
    if (strstr(why.msg, "active endpoints")) {
        *ret_gone = false;
        return 0;
    }
    *e = why;
    return -1;
}

int docker_network_list(struct docker *d, struct arena *a, const char *label, struct json **ret,
                        struct err *e)
{
    struct docker__req r = {
        .path = arena_printf(a, "/networks?filters=%s", docker__label_filter(a, label))};
    struct json *v;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    *ret = docker__names(a, v, "Name");
    return 0;
}

/* --- volumes --- */

int docker_volume_make(struct docker *d, const char *name, const struct docker_label *labels,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST", .path = "/volumes/create"};
    struct json *spec = json_new_object(a);
    struct json *answer;

    json_set_str(a, spec, "Name", name);
    json_set(a, spec, "Labels", docker__labels(a, labels));
    r.json = spec;
    if (docker__call(d, a, &r, &answer, e) < 0)
        return -1;
    return same_labels(json_get(answer, "Labels"), labels, name, e);
}

int docker_volume_remove(struct docker *d, const char *name, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "DELETE",
                            .path = arena_printf(a, "/volumes/%s", docker__escape(a, name))};
    struct err why;

    if (docker__call(d, a, &r, NULL, &why) >= 0 || why.code == ERR_NOT_FOUND)
        return 0;
    *e = why;
    return -1;
}

int docker_volume_list(struct docker *d, struct arena *a, const char *label, struct json **ret,
                       struct err *e)
{
    struct docker__req r = {
        .path = arena_printf(a, "/volumes?filters=%s", docker__label_filter(a, label))};
    struct json *v;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    *ret = docker__names(a, json_get(v, "Volumes"), "Name");
    return 0;
}

int docker_volume_sizes(struct docker *d, struct arena *a, struct json **ret, struct err *e)
{
    struct docker__req r = {.path = "/system/df", .timeout_ms = 600000};
    struct json *sizes = json_new_object(a);
    struct json *v, *list;
    size_t i;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    list = json_get(v, "Volumes");
    for (i = 0; i < json_len(list); i++) {
        struct json *one = json_at(list, i);

        json_set_int(a, sizes, json_get_str(one, "Name", ""),
                     json_get_int(json_get(one, "UsageData"), "Size", 0));
    }
    *ret = sizes;
    return 0;
}
