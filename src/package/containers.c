/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* [[containers]]: image, command, variables, ports and volumes. */

enum { PORT_MAX = 65535 };

const struct package_container *package_container_find(const struct package *p, const char *name)
{
    size_t i;

    for (i = 0; i < p->container_count; i++)
        if (str_eq(p->containers[i].name, name))
            return &p->containers[i];
    return NULL;
}

/* --- images --- */

static bool has_digest(const char *image)
{
    enum { DIGITS = 64 };
    const char *at = strstr(image, "@sha256:");

    if (!at || at == image)
        return false;
    at += strlen("@sha256:");
    return strlen(at) == DIGITS && strspn(at, "0123456789abcdef") == DIGITS;
}

/* The name of the question when the whole text is ${answer.NAME}, else NULL. */
static const char *whole_answer(struct arena *a, const char *text)
{
    const char *rest = text;
    struct piece piece;

    if (package__piece(a, &rest, &piece) != 1 || *rest || !str_eq(piece.kind, "answer"))
        return NULL;
    return piece.name;
}

static int check_name(struct reader *r, const struct json *at, const char *image)
{
    return package__is_image(image) ? 0
                                    : package__bad(r, at, "'%.80s' is no name of an image", image);
}

int package__check_image(struct reader *r, const struct json *at, const char *image)
{
    if (check_name(r, at, image) < 0)
        return -1;
    if (!has_digest(image) && !r->rules.allow_tags)
        return package__bad(r, at,
                            "image '%.120s' has no digest, so it may change under you; write "
                            "name@sha256:... (`docker buildx imagetools inspect` shows it)",
                            image);
    return 0;
}

/* pinned_by = "operator": a tag, until the option imageMap names the digest. */
static int read_pinned_by(struct reader *r, const struct json *t, struct package_container *c)
{
    const char *who = NULL;

    if (package__line(r, t, "pinned_by", &who) < 0)
        return -1;
    if (who && !str_eq(who, "operator"))
        return package__bad(r, json_get(t, "pinned_by"), "'pinned_by' can only be \"operator\"");
    c->unpinned = who && !has_digest(c->image);
    return 0;
}

static int read_image(struct reader *r, const struct json *t, struct package_container *c)
{
    const struct json *at = json_get(t, "image");

    if (package__need(r, t, "[[containers]]", "image") < 0 ||
        package__line(r, t, "image", &c->image) < 0 || read_pinned_by(r, t, c) < 0)
        return -1;
    if (c->unpinned)
        return check_name(r, at, c->image);
    if (!whole_answer(r->a, c->image))
        return package__check_image(r, at, c->image);
    if (!(r->p->permissions & PERMISSION_ANY_IMAGE))
        return package__bad(r, at, "an image from an answer needs permissions = [\"any-image\"]");
    return 0;
}

/* --- ports and volumes --- */

static int read_protocol(struct reader *r, const struct json *t, struct package_port *port)
{
    const char *name = "http";

    if (package__line(r, t, "protocol", &name) < 0)
        return -1;
    if (!str_eq(name, "http") && !str_eq(name, "tcp") && !str_eq(name, "udp"))
        return package__bad(r, json_get(t, "protocol"), "'protocol' must be http, tcp or udp");
    port->protocol = name[0] == 'h' ? PORT_HTTP : name[0] == 't' ? PORT_TCP : PORT_UDP;
    if (port->protocol != PORT_HTTP && (port->login || port->websocket))
        return package__bad(r, t, "'login' and 'websocket' are for ports of protocol http");
    if (port->protocol != PORT_HTTP && port->public && !(r->p->permissions & PERMISSION_HOST_PORT))
        return package__bad(r, t, "a public %s port needs permissions = [\"host-port\"]", name);
    return 0;
}

static int read_port_number(struct reader *r, const struct json *t, struct package_port *port)
{
    static const struct int_rule range = {1, PORT_MAX};
    const struct json *v = json_get(t, "port");

    if (!json_is(v, JSON_STRING))
        return package__int(r, t, "port", &range, &port->port);
    port->answer = whole_answer(r->a, json_str(v, ""));
    return port->answer ? 0 : package__bad(r, v, "'port' must be a number or ${answer.NAME}");
}

static int read_ports(struct reader *r, const struct json *t, struct package_container *c)
{
    const struct json *list;
    size_t i;

    if (package__tables(r, t, "ports", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    c->ports = arena_calloc(r->a, json_len(list) + 1, sizeof(*c->ports));
    for (i = 0; i < json_len(list); i++) {
        struct package_port *port = &c->ports[i];
        const struct json *p = json_at(list, i);

        if (package__keys(r, p, "a port", "name port protocol public login websocket") < 0 ||
            package__need(r, p, "a port", "name") < 0 ||
            package__need(r, p, "a port", "port") < 0 ||
            package__name(r, p, "name", &port->name) < 0 || read_port_number(r, p, port) < 0 ||
            package__bool(r, p, "public", &port->public) < 0 ||
            package__bool(r, p, "login", &port->login) < 0 ||
            package__bool(r, p, "websocket", &port->websocket) < 0 || read_protocol(r, p, port) < 0)
            return -1;
    }
    c->port_count = i;
    return 0;
}

static int read_volumes(struct reader *r, const struct json *t, struct package_container *c)
{
    const struct json *list;
    size_t i;
    size_t k;

    if (package__tables(r, t, "volumes", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    c->volumes = arena_calloc(r->a, json_len(list) + 1, sizeof(*c->volumes));
    for (i = 0; i < json_len(list); i++) {
        struct package_mount *m = &c->volumes[i];
        const struct json *v = json_at(list, i);

        if (package__keys(r, v, "a volume", "name path read_only") < 0 ||
            package__need(r, v, "a volume", "name") < 0 ||
            package__need(r, v, "a volume", "path") < 0 ||
            package__name(r, v, "name", &m->name) < 0 ||
            package__line(r, v, "path", &m->path) < 0 ||
            package__bool(r, v, "read_only", &m->read_only) < 0)
            return -1;
        if (!whole_answer(r->a, m->path) && !package__is_absolute(m->path))
            return package__bad(r, v, "'path' must be absolute, without '..', and not '/'");
        for (k = 0; k < i; k++)
            if (str_eq(c->volumes[k].path, m->path))
                return package__bad(r, v, "two volumes are at %s", m->path);
    }
    c->volume_count = i;
    return 0;
}

/* --- who it runs as --- */

/* "UID:GID" in digits: names mean what the image says they mean. */
static bool is_user(const char *s)
{
    enum { DIGITS_MAX = 9 };
    size_t uid = strspn(s, "0123456789");
    size_t gid = s[uid] == ':' ? strspn(s + uid + 1, "0123456789") : 0;

    return uid > 0 && uid <= DIGITS_MAX && gid > 0 && gid <= DIGITS_MAX && !s[uid + 1 + gid];
}

static bool is_root(const struct package_container *c)
{
    return !c->user || strspn(c->user, "0") == strcspn(c->user, ":");
}

static int read_capabilities(struct reader *r, const struct json *t, struct package_container *c)
{
    static const char *const known[] = {"AUDIT_WRITE", "CHOWN",     "DAC_OVERRIDE",     "FOWNER",
                                        "FSETID",      "KILL",      "NET_BIND_SERVICE", "SETGID",
                                        "SETUID",      "SYS_CHROOT"};
    size_t i;
    size_t k;

    if (package__texts(r, t, "capabilities", PACKAGE_TEXT_MAX, &c->capabilities) < 0)
        return -1;
    for (i = 0; i < c->capabilities.count; i++) {
        for (k = 0; k < ARRAY_LEN(known) && !str_eq(known[k], c->capabilities.items[i]); k++)
            ;
        if (k == ARRAY_LEN(known))
            return package__bad(r, json_at(json_get(t, "capabilities"), i),
                                "capability '%.40s' is never granted; the others are those a "
                                "process needs to give up root: docs/packages.md lists them",
                                c->capabilities.items[i]);
    }
    return 0;
}

static int read_user(struct reader *r, const struct json *t, struct package_container *c)
{
    bool may_root = (r->p->permissions & PERMISSION_ROOT) != 0;

    if (package__line(r, t, "user", &c->user) < 0 || read_capabilities(r, t, c) < 0)
        return -1;
    if (c->user && !is_user(c->user))
        return package__bad(r, json_get(t, "user"), "'user' must be \"UID:GID\" in digits");
    if (!may_root && is_root(c))
        return package__bad(r, t,
                            "container '%s' may run as root; add user = \"1000:1000\", or "
                            "ask for permissions = [\"root\"]",
                            c->name);
    if (!may_root && c->capabilities.count > 0)
        return package__bad(r, json_get(t, "capabilities"),
                            "'capabilities' need permissions = [\"root\"]");
    return 0;
}

/* --- the whole --- */

static int read_process(struct reader *r, const struct json *t, struct package_container *c)
{
    c->has_entrypoint = json_get(t, "entrypoint") != NULL;
    c->has_command = json_get(t, "command") != NULL;
    if (package__texts(r, t, "entrypoint", PACKAGE_LONG_MAX, &c->entrypoint) < 0 ||
        package__texts(r, t, "command", PACKAGE_LONG_MAX, &c->command) < 0 ||
        package__name(r, t, "command_from", &c->command_from) < 0 ||
        package__env(r, t, "env", &c->env, &c->env_count) < 0 ||
        package__name(r, t, "env_from", &c->env_from) < 0)
        return -1;
    if (c->has_entrypoint && c->entrypoint.count == 0)
        return package__bad(r, json_get(t, "entrypoint"), "'entrypoint' is empty");
    return 0;
}

static int read_container(struct reader *r, const struct json *t, struct package_container *c)
{
    static const struct int_rule weight = {1, 1000};

    c->weight = 1;
    if (package__keys(
            r, t, "[[containers]]",
            "name image pinned_by entrypoint command command_from env env_from ports volumes "
            "files health after user capabilities read_only weight") < 0 ||
        package__need(r, t, "[[containers]]", "name") < 0 ||
        package__name(r, t, "name", &c->name) < 0 || read_image(r, t, c) < 0 ||
        read_process(r, t, c) < 0 || read_ports(r, t, c) < 0 || read_volumes(r, t, c) < 0 ||
        package__read_files(r, t, c) < 0 || package__read_health(r, t, &c->health) < 0 ||
        package__texts(r, t, "after", PACKAGE_TEXT_MAX, &c->after) < 0 ||
        package__bool(r, t, "read_only", &c->read_only) < 0 ||
        package__int(r, t, "weight", &weight, &c->weight) < 0)
        return -1;
    return read_user(r, t, c);
}

int package__read_containers(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "containers", PACKAGE_CONTAINERS_MAX, &list) < 0)
        return -1;
    p->containers = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->containers));
    for (i = 0; i < json_len(list); i++) {
        if (read_container(r, json_at(list, i), &p->containers[i]) < 0)
            return -1;
        if (package_container_find(p, p->containers[i].name))
            return package__twice(r, json_at(list, i), "containers", p->containers[i].name);
        p->container_count = i + 1;
    }
    return 0;
}
