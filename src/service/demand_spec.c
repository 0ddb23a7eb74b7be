/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/random.h"
#include "docker/registry.h"
#include "service/demand.h"

/* What a wallet asks to be run, checked before anything is written down. */

enum { IMAGE_MAX = 512, NAME_MAX = 256, VALUES_MAX = 1000, PORT_MAX = 65535 };

/* --- the image --- */

static bool is_digest(const char *s)
{
    return str_starts(s, "sha256:") && strlen(s) == 71 && strspn(s + 7, "0123456789abcdef") == 64;
}

/* A name that says its own tag or digest keeps it. */
static bool says_which(const char *image)
{
    const char *slash = strrchr(image, '/');

    return strchr(image, '@') || strchr(slash ? slash : image, ':');
}

const char *demand_image(struct arena *a, const struct demand_spec *spec)
{
    if (!spec->tag && !spec->checksum && says_which(spec->image))
        return spec->image;
    return image_ref(a, spec->image, spec->tag, spec->checksum);
}

static int check_image(struct arena *a, const struct demand_spec *spec, struct err *e)
{
    struct image_name name;
    struct err why;

    if (spec->checksum && !is_digest(spec->checksum))
        return refused(e, DEMAND_SPEC, "checksum must be sha256: and 64 hex digits");
    if ((spec->tag || spec->checksum) && says_which(spec->image))
        return refused(e, DEMAND_SPEC,
                       "image has a tag or a digest of its own; leave out tag and checksum");
    if (strlen(spec->image) > IMAGE_MAX || (spec->tag && strlen(spec->tag) > 128))
        return refused(e, DEMAND_SPEC, "image is too long");
    if (image_name_parse(a, demand_image(a, spec), &name, &why) < 0)
        return refused(e, DEMAND_SPEC, "image is no name of an image");
    return 0;
}

/* --- lists --- */

static int check_arguments(struct arena *a, const char *name, const struct json *list,
                           struct err *e)
{
    size_t total = 0;
    size_t i;

    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) > DEMAND_ARGUMENTS_MAX)
        return refused(
            e, DEMAND_SPEC,
            arena_printf(a, "%s must be a list of at most %d texts", name, DEMAND_ARGUMENTS_MAX));
    for (i = 0; i < json_len(list); i++) {
        const struct json *v = json_at(list, i);

        if (!json_is(v, JSON_STRING) || strlen(json_str(v, "")) != json_str_len(v))
            return refused(e, DEMAND_SPEC, arena_printf(a, "%s[%zu] is no text", name, i));
        total += json_str_len(v) + 1;
    }
    if (total > DEMAND_TEXTS_MAX)
        return refused(e, DEMAND_SPEC,
                       arena_printf(a, "%s has more than %d bytes", name, DEMAND_TEXTS_MAX));
    return 0;
}

static bool port_repeats(const struct json *list, size_t i)
{
    size_t k;

    for (k = 0; k < i; k++)
        if (json_equal(json_at(list, k), json_at(list, i)))
            return true;
    return false;
}

static int check_ports(struct arena *a, const struct json *list, struct err *e)
{
    size_t i;

    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) > DEMAND_PORTS_MAX)
        return refused(
            e, DEMAND_SPEC,
            arena_printf(a, "exposedPorts must be a list of at most %d", DEMAND_PORTS_MAX));
    for (i = 0; i < json_len(list); i++) {
        int64_t port;

        if (!json_int(json_at(list, i), &port) || port < 1 || port > PORT_MAX)
            return refused(e, DEMAND_SPEC,
                           arena_printf(a, "exposedPorts[%zu] is no port from 1 to 65535", i));
        if (port_repeats(list, i))
            return refused(e, DEMAND_SPEC,
                           arena_printf(a, "exposedPorts has %lld twice", (long long)port));
    }
    return 0;
}

/* --- variables --- */

/* As String(v) has it, but for lists and objects, which keep their JSON. */
static const char *text_of(struct arena *a, const struct json *v)
{
    return json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v);
}

static bool is_name(const char *name)
{
    return *name && strlen(name) <= NAME_MAX && !strchr(name, '=');
}

static int add_variable(struct arena *a, struct json *into, const char *name, const struct json *v,
                        struct err *e)
{
    if (json_is(v, JSON_NULL))
        return 0;
    if (!is_name(name))
        return refused(e, DEMAND_VARIABLES, "a name is empty, too long or has a '='");
    if (json_is(v, JSON_STRING) && strlen(json_str(v, "")) != json_str_len(v))
        return refused(e, DEMAND_VARIABLES, "a value has a NUL in it");
    json_set_str(a, into, name, text_of(a, v));
    return 0;
}

int demand_variables(struct arena *a, const struct seckey *key, const char *user_data,
                     struct json **ret, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(DEMAND_USER_DATA_MAX);
    struct json *out = json_new_object(a);
    struct bytes blob;
    struct json *v;
    struct err why;
    int r = 0;
    size_t i;

    *ret = out;
    if (!user_data)
        return 0;
    if (strlen(user_data) > 2 * (DEMAND_USER_DATA_MAX + ECIES_OVERHEAD) ||
        !hex_parse(a, user_data, &blob) || ecies_decrypt(key, blob.p, blob.n, &plain, &why) < 0)
        return refused(e, DEMAND_SEALED);
    if (json_parse_most(a, buf_str(&plain), plain.len, VALUES_MAX, &v, &why) < 0 ||
        !json_is(v, JSON_OBJECT))
        r = refused(e, DEMAND_VARIABLES, "is no JSON object");
    else if (json_len(v) > DEMAND_VARIABLES_MAX)
        r = refused(e, DEMAND_VARIABLES, "has too many members");
    for (i = 0; r == 0 && i < json_len(v); i++)
        r = add_variable(a, out, json_key(v, i), json_value(v, i), e);
    if (plain.len)
        wipe(plain.data, plain.len);
    return r;
}

int demand_spec_check(struct arena *a, const struct seckey *key, const struct demand_spec *spec,
                      struct err *e)
{
    struct json *ignored;

    if (check_image(a, spec, e) < 0 || check_arguments(a, "dockerCmd", spec->command, e) < 0 ||
        check_arguments(a, "dockerEntrypoint", spec->entrypoint, e) < 0 ||
        check_ports(a, spec->ports, e) < 0)
        return -1;
    return demand_variables(a, key, spec->user_data, &ignored, e);
}
