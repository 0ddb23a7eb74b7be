/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* What a package has beside its deployments: hosts of its own, and hooks. */

/* "default_443.chatflows_*": letters, digits and . _ - *. */
static bool is_include(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.*-";

    return *s && strlen(s) < PACKAGE_TEXT_MAX && strspn(s, letters) == strlen(s);
}

bool package__is_email(const char *s)
{
    const char *at = strchr(s, '@');

    return at && at > s && strlen(s) < PACKAGE_TEXT_MAX && !strpbrk(s, " <>\"(),;:\\[]") &&
           package__is_domain(at + 1);
}

const char *package__server_fault(const struct package_server *s)
{
    size_t i;

    if (*s->domain && !package__is_domain(s->domain))
        return "'domain' must be a host name, such as market.example.org, or \"\" for none";
    if (*s->email && !package__is_email(s->email))
        return "'letsencryptemail' must be an e-mail address, or \"\" for none";
    for (i = 0; i < s->includes.count; i++)
        if (!is_include(s->includes.items[i]))
            return "'includes' holds patterns like \"default_443.chatflows_*\"";
    return NULL;
}

static int read_server(struct reader *r, const struct json *t, struct package_server *s)
{
    static const struct text_rule empty = {.max = PACKAGE_TEXT_MAX, .empty = true};
    const char *fault;

    s->domain = s->email = "";
    if (package__keys(r, t, "[[servers]]", "name domain letsencryptemail includes") < 0 ||
        package__need(r, t, "[[servers]]", "name") < 0 ||
        package__need(r, t, "[[servers]]", "includes") < 0 ||
        package__name(r, t, "name", &s->name) < 0 ||
        package__text(r, t, "domain", &empty, &s->domain) < 0 ||
        package__text(r, t, "letsencryptemail", &empty, &s->email) < 0 ||
        package__texts(r, t, "includes", PACKAGE_TEXT_MAX, &s->includes) < 0)
        return -1;
    fault = package__server_fault(s);
    if (fault)
        return package__bad(r, t, "%s", fault);
    s->domain = str_lower(r->a, s->domain);
    return 0;
}

static int read_servers(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;
    size_t k;

    if (package__tables(r, root, "servers", PACKAGE_SIZES_MAX, &list) < 0)
        return -1;
    p->servers = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->servers));
    for (i = 0; i < json_len(list); i++) {
        if (read_server(r, json_at(list, i), &p->servers[i]) < 0)
            return -1;
        for (k = 0; k < i; k++)
            if (str_eq(p->servers[k].name, p->servers[i].name))
                return package__twice(r, json_at(list, i), "servers", p->servers[i].name);
        p->server_count = i + 1;
    }
    return 0;
}

static int read_hook(struct reader *r, const struct json *hooks, const char *name,
                     struct package_hook *ret)
{
    static const struct int_rule seconds = {1, 3600};
    const struct json *t = json_get(hooks, name);

    if (!t)
        return 0;
    if (!json_is(t, JSON_OBJECT))
        return package__bad(r, t, "write [hooks.%s]", name);
    ret->timeout_s = 300;
    if (package__keys(r, t, "a hook", "image command env timeout") < 0 ||
        package__need(r, t, "a hook", "image") < 0 ||
        package__line(r, t, "image", &ret->image) < 0 ||
        package__texts(r, t, "command", PACKAGE_LONG_MAX, &ret->command) < 0 ||
        package__env(r, t, "env", &ret->env, &ret->env_count) < 0 ||
        package__int(r, t, "timeout", &seconds, &ret->timeout_s) < 0)
        return -1;
    return package__check_image(r, json_get(t, "image"), ret->image);
}

int package__read_outside(struct reader *r, const struct json *root)
{
    const struct json *hooks = json_get(root, "hooks");

    if (read_servers(r, root) < 0)
        return -1;
    if (!hooks)
        return 0;
    if (!json_is(hooks, JSON_OBJECT))
        return package__bad(r, hooks, "write [hooks.install] and [hooks.remove]");
    if (package__keys(r, hooks, "[hooks]", "install remove") < 0 ||
        read_hook(r, hooks, "install", &r->p->install) < 0)
        return -1;
    return read_hook(r, hooks, "remove", &r->p->remove);
}
