/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* package.toml from the top: the head, then its parts, then what they mean together. */

static int read_version(struct reader *r, const struct json *root)
{
    enum { VERSION_MAX = 40 };
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-";
    const char *v = r->p->version;

    if (strlen(v) > VERSION_MAX || strspn(v, letters) != strlen(v) || v[0] == '.' || v[0] == '-')
        return package__bad(r, json_get(root, "version"),
                            "'version' must be at most %d letters, digits, '.', '+' and '-'",
                            VERSION_MAX);
    return 0;
}

static int read_permissions(struct reader *r, const struct json *root)
{
    static const char *const names[] = {"internet", "host-port", "root", "any-image"};
    struct package_texts asked = {0};
    size_t i;
    size_t k;

    if (package__texts(r, root, "permissions", PACKAGE_TEXT_MAX, &asked) < 0)
        return -1;
    for (i = 0; i < asked.count; i++) {
        for (k = 0; k < ARRAY_LEN(names) && !str_eq(names[k], asked.items[i]); k++)
            ;
        if (k == ARRAY_LEN(names))
            return package__bad(r, json_at(json_get(root, "permissions"), i),
                                "'%.60s' is never granted; a package may ask for internet, "
                                "host-port, root and any-image",
                                asked.items[i]);
        r->p->permissions |= 1U << k;
    }
    return 0;
}

/* An SVG or PNG of the package. */
static int read_icon(struct reader *r, const struct json *root)
{
    const char *icon = r->p->icon;
    const struct json *at = json_get(root, "icon");

    if (!*icon)
        return 0;
    if (!package__is_inside(icon))
        return package__bad(r, at, "'icon' leads out of the package; name a file of its folder");
    if (!str_ends(icon, ".svg") && !str_ends(icon, ".png"))
        return package__bad(r, at, "'icon' must be an .svg or a .png");
    if (!package__file(r->files, icon))
        return package__bad(r, at, "the package has no file '%s'", icon);
    return 0;
}

static int read_offered(struct reader *r, const struct json *root)
{
    if (package__bool(r, root, "offered", &r->p->offered) < 0 ||
        package__line(r, root, "reason", &r->p->reason) < 0)
        return -1;
    if (!r->p->offered && !*r->p->reason)
        return package__bad(r, json_get(root, "offered"),
                            "a package that is not offered says why: add 'reason'");
    return 0;
}

/* Deployments of that name are made from what a wallet asks for (service/demand.h). */
static int read_name(struct reader *r, const struct json *root)
{
    if (package__name(r, root, "name", &r->p->name) < 0)
        return -1;
    if (str_eq(r->p->name, PACKAGE_RESERVED))
        return package__bad(r, json_get(root, "name"),
                            "'" PACKAGE_RESERVED "' is the name of no package; choose another");
    return 0;
}

static int read_head(struct reader *r, const struct json *root)
{
    static const struct text_rule prose = {.max = PACKAGE_LONG_MAX, .lines = true, .empty = true};
    struct package *p = r->p;

    if (package__keys(r, root, "a package",
                      "name version title summary description category icon offered reason "
                      "permissions links sizes steps questions containers secrets backup results "
                      "servers hooks") < 0 ||
        package__need(r, root, "a package", "name") < 0 ||
        package__need(r, root, "a package", "version") < 0 || read_name(r, root) < 0 ||
        package__line(r, root, "version", &p->version) < 0 || read_version(r, root) < 0)
        return -1;
    p->title = p->name;
    if (package__line(r, root, "title", &p->title) < 0 ||
        package__line(r, root, "summary", &p->summary) < 0 ||
        package__text(r, root, "description", &prose, &p->description) < 0 ||
        package__name(r, root, "category", &p->category) < 0 ||
        package__line(r, root, "icon", &p->icon) < 0 || read_icon(r, root) < 0 ||
        read_offered(r, root) < 0)
        return -1;
    return read_permissions(r, root);
}

static struct package *blank(struct arena *a)
{
    struct package *p = arena_calloc(a, 1, sizeof(*p));

    p->name = p->version = p->title = p->summary = p->description = p->icon = p->reason = "";
    p->category = "other";
    p->offered = true;
    return p;
}

int package_parse(struct arena *a, const char *where, const struct package_files *files,
                  const struct package_rules *rules, struct package **ret, struct err *e)
{
    struct reader r = {.a = a,
                       .file = arena_printf(a, "%spackage.toml", where),
                       .files = files,
                       .rules = *rules,
                       .p = blank(a),
                       .e = e};
    const struct package_file *toml = package__file(files, "package.toml");
    struct json *root;
    struct err why;

    if (!toml)
        return refused(e, PACKAGE_INVALID,
                       arena_printf(a, "%s is missing; every package has one", r.file));
    if (toml->len > PACKAGE_TOML_MAX)
        return refused(e, PACKAGE_INVALID,
                       arena_printf(a, "%s is larger than %d bytes", r.file, PACKAGE_TOML_MAX));
    if (toml_parse(a, toml->data, toml->len, &root, &why) < 0)
        return refused(e, PACKAGE_INVALID, arena_printf(a, "%s: %s", r.file, why.msg));
    if (read_head(&r, root) < 0 || package__read_extras(&r, root) < 0 ||
        package__read_questions(&r, root) < 0 || package__read_containers(&r, root) < 0 ||
        package__check(&r, root) < 0)
        return -1;
    *ret = r.p;
    return 0;
}
