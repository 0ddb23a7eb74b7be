/* SPDX-License-Identifier: Apache-2.0 */
#include "package/render.h"

#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* A package and answers make containers. */

struct render {
    struct arena *a;
    const struct package *p;
    const struct package_vars *vars;
    struct err *e;
};

/* --- images --- */

/* "repo" of "repo:tag@sha256:..."; a ':' in front of a '/' is a port. */
static const char *repository(struct arena *a, const char *image)
{
    size_t n = strcspn(image, "@");
    const char *slash = NULL;
    size_t i;

    for (i = 0; i < n; i++)
        if (image[i] == '/')
            slash = image + i;
    for (i = slash ? (size_t)(slash - image) : 0; i < n; i++)
        if (image[i] == ':')
            n = i;
    return arena_strndup(a, image, n);
}

/* What Docker adds when it is not written. */
static const char *without_default(const char *repo)
{
    static const char *const prefixes[] = {"docker.io/library/", "docker.io/"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(prefixes); i++)
        if (str_starts(repo, prefixes[i]))
            return repo + strlen(prefixes[i]);
    return repo;
}

const char *package_image(const struct package_images *images, const char *image)
{
    _arena_ struct arena *a = arena_new();
    const char *repo = without_default(repository(a, image));
    size_t i;

    for (i = 0; images && i < images->count; i++) /* a whole name first */
        if (str_eq(images->pairs[i].from, image))
            return images->pairs[i].to;
    for (i = 0; images && i < images->count; i++)
        if (str_eq(without_default(images->pairs[i].from), repo))
            return images->pairs[i].to;
    return image;
}

/* --- one container --- */

static int expand(struct render *r, const char *text, const char **ret)
{
    return package_expand(r->a, text, r->vars, ret, r->e);
}

static int render_image(struct render *r, struct package_container *c)
{
    const char *image;

    if (expand(r, c->image, &image) < 0)
        return -1;
    if (!package__is_image(image))
        return failed(r->e, INVALID, "container '%s': that is no name of an image", c->name);
    c->image = package_image(r->p->images, image);
    return 0;
}

/* The lines of an answer, each an argument; empty ones are left out. */
static void add_lines(struct render *r, struct package_container *c)
{
    const char *rest = json_get_str(r->vars->answers, c->command_from, "");
    const char **items = arena_calloc(r->a, PACKAGE_LIST_MAX + 1, sizeof(*items));
    size_t n = 0;
    const char *line;

    while (n < PACKAGE_LIST_MAX && (line = str_next(r->a, &rest, '\n')))
        if (*line)
            items[n++] = line;
    if (n > 0) {
        c->command = (struct package_texts){items, n};
        c->has_command = true;
    }
    c->command_from = NULL;
}

static int render_env(struct render *r, struct package_container *c)
{
    const struct json *pairs = c->env_from ? json_get(r->vars->answers, c->env_from) : NULL;
    struct package_env *env = arena_calloc(r->a, c->env_count + json_len(pairs) + 1, sizeof(*env));
    size_t n = 0;
    size_t i;

    for (i = 0; i < json_len(pairs); i++)
        env[n++] = (struct package_env){json_key(pairs, i), json_str(json_value(pairs, i), "")};
    for (i = 0; i < c->env_count; i++, n++) { /* the package's own come last and win */
        env[n].name = c->env[i].name;
        if (expand(r, c->env[i].value, &env[n].value) < 0)
            return -1;
    }
    c->env = env;
    c->env_count = n;
    c->env_from = NULL;
    return 0;
}

static int render_ports(struct render *r, struct package_container *c)
{
    enum { PORT_MAX = 65535 };
    struct package_port *ports = arena_memdup(r->a, c->ports, c->port_count * sizeof(*ports));
    size_t i;

    for (i = 0; i < c->port_count; i++) {
        if (ports[i].answer)
            ports[i].port = json_get_int(r->vars->answers, ports[i].answer, 0);
        ports[i].answer = NULL;
        if (ports[i].port < 1 || ports[i].port > PORT_MAX)
            return failed(r->e, INVALID, "container '%s': port '%s' must be 1 to 65535", c->name,
                          ports[i].name);
    }
    c->ports = ports;
    return 0;
}

/* A volume whose path was left open is left out. */
static int render_volumes(struct render *r, struct package_container *c)
{
    struct package_mount *mounts = arena_calloc(r->a, c->volume_count + 1, sizeof(*mounts));
    size_t n = 0;
    size_t i;

    for (i = 0; i < c->volume_count; i++) {
        mounts[n] = c->volumes[i];
        if (expand(r, c->volumes[i].path, &mounts[n].path) < 0)
            return -1;
        if (!*mounts[n].path)
            continue;
        if (!package__is_absolute(mounts[n].path))
            return failed(r->e, INVALID,
                          "container '%s': the path of volume '%s' must be "
                          "absolute, without '..', and not '/'",
                          c->name, mounts[n].name);
        n++;
    }
    c->volumes = mounts;
    c->volume_count = n;
    return 0;
}

static int render_files(struct render *r, struct package_container *c)
{
    struct package_put *files = arena_memdup(r->a, c->files, c->file_count * sizeof(*files));
    size_t i;

    for (i = 0; i < c->file_count; i++) {
        if (!files[i].expand)
            continue;
        if (expand(r, arena_strndup(r->a, c->files[i].text, c->files[i].len), &files[i].text) < 0)
            return -1;
        files[i].len = strlen(files[i].text);
        files[i].expand = false;
    }
    c->files = files;
    return 0;
}

static int render_container(struct render *r, struct package_container *c)
{
    struct package_texts entrypoint;
    struct package_texts command;

    if (package_expand_all(r->a, &c->entrypoint, r->vars, &entrypoint, r->e) < 0 ||
        package_expand_all(r->a, &c->command, r->vars, &command, r->e) < 0 ||
        package_expand_all(r->a, &c->health.command, r->vars, &c->health.command, r->e) < 0)
        return -1;
    c->entrypoint = entrypoint;
    c->command = command;
    if (c->command_from)
        add_lines(r, c);
    if (render_image(r, c) < 0 || render_env(r, c) < 0 || render_ports(r, c) < 0 ||
        render_volumes(r, c) < 0)
        return -1;
    return render_files(r, c);
}

int package_render(struct arena *a, const struct package *p, const struct package_vars *vars,
                   struct package_container **ret, size_t *ret_count, struct err *e)
{
    struct render r = {a, p, vars, e};
    struct package_container *all =
        arena_memdup(a, p->containers, p->container_count * sizeof(*all));
    size_t i;

    for (i = 0; i < p->container_count; i++)
        if (render_container(&r, &all[i]) < 0)
            return -1;
    *ret = all;
    *ret_count = i;
    return 0;
}

/* --- backups and results --- */

int package_render_backups(struct arena *a, const struct package *p,
                           const struct package_vars *vars, struct package_backup **ret,
                           size_t *ret_count, struct err *e)
{
    struct package_backup *all = arena_calloc(a, p->backup_count + 1, sizeof(*all));
    size_t n = 0;
    size_t i;

    for (i = 0; i < p->backup_count; i++) {
        all[n] = p->backups[i];
        if (package_expand(a, all[n].path, vars, &all[n].path, e) < 0 ||
            package_expand_all(a, &all[n].before, vars, &all[n].before, e) < 0 ||
            package_expand_all(a, &all[n].after, vars, &all[n].after, e) < 0 ||
            package_expand_all(a, &all[n].restored, vars, &all[n].restored, e) < 0)
            return -1;
        n += *all[n].path != '\0';
    }
    *ret = all;
    *ret_count = n;
    return 0;
}

static void add_row(struct arena *a, struct json *list, const char *label, const char *value)
{
    struct json *row = json_new_object(a);

    json_set_str(a, row, "label", label);
    json_set_str(a, row, "value", value);
    json_push(a, list, row);
}

bool package_has_credentials(const struct package *p)
{
    size_t i;

    for (i = 0; i < p->result_count; i++)
        if (p->results[i].secret)
            return true;
    for (i = 0; i < p->secret_count; i++)
        if (p->secrets[i].show)
            return true;
    return false;
}

int package_render_results(struct arena *a, const struct package *p,
                           const struct package_vars *vars, bool credentials, struct json **ret,
                           struct err *e)
{
    struct json *list = json_new_array(a);
    const char *value;
    size_t i;

    for (i = 0; i < p->result_count; i++) {
        if (p->results[i].secret != credentials)
            continue;
        if (package_expand(a, p->results[i].value, vars, &value, e) < 0)
            return -1;
        add_row(a, list, p->results[i].label, value);
    }
    for (i = 0; credentials && i < p->secret_count; i++)
        if (p->secrets[i].show)
            add_row(a, list, p->secrets[i].label,
                    json_get_str(vars->secrets, p->secrets[i].name, ""));
    *ret = list;
    return 0;
}

/* --- shares --- */

struct package_share package_share_of(const struct package *p, const struct package_size *size,
                                      size_t i)
{
    const int64_t mib = 1 << 20;
    const struct package_share least = {10, 16 * mib};
    struct package_share share;
    int64_t sum = 0;
    size_t k;

    for (k = 0; k < p->container_count; k++)
        sum += p->containers[k].weight;
    share.cpu_milli = size->cpu_milli * p->containers[i].weight / sum;
    share.memory = size->ram_mib * mib / sum * p->containers[i].weight;
    if (share.cpu_milli < least.cpu_milli)
        share.cpu_milli = least.cpu_milli;
    if (share.memory < least.memory)
        share.memory = least.memory;
    return share;
}
