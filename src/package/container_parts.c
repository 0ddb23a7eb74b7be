/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* What a container has besides: files that are put into it, and its health check. */

/* --- files --- */

static int read_mode(struct reader *r, const struct json *t, int64_t *ret)
{
    static const char letters[] = "01234567";
    const char *text = NULL;
    const char *s;

    *ret = 0644;
    if (package__line(r, t, "mode", &text) < 0)
        return -1;
    if (!text)
        return 0;
    if (strlen(text) != 4 || text[0] != '0' || strspn(text, letters) != 4)
        return package__bad(r, json_get(t, "mode"), "'mode' must be like \"0644\"");
    for (*ret = 0, s = text; *s; s++)
        *ret = *ret * 8 + (*s - '0');
    return 0;
}

/* The content: from a file of the package, or written in place. */
static int read_content(struct reader *r, const struct json *t, struct package_put *f)
{
    static const struct text_rule prose = {.max = PACKAGE_FILE_MAX, .lines = true, .empty = true};
    const struct package_file *from;
    const char *path = NULL;
    const char *text = NULL;

    if (package__line(r, t, "from", &path) < 0 || package__text(r, t, "text", &prose, &text) < 0)
        return -1;
    if (!path == !text)
        return package__bad(r, t, "a file needs one of 'from' and 'text'");
    if (text) {
        f->text = text;
        f->len = strlen(text);
        return 0;
    }
    if (!package__is_inside(path))
        return package__bad(r, json_get(t, "from"),
                            "'from' leads out of the package; name a file of its folder");
    from = package__file(r->files, path);
    if (!from)
        return package__bad(r, json_get(t, "from"), "the package has no file '%s'", path);
    if (f->expand && memchr(from->data, '\0', from->len))
        return package__bad(r, json_get(t, "from"),
                            "'%s' is no text, so nothing in it can be "
                            "expanded",
                            path);
    f->text = from->data;
    f->len = from->len;
    return 0;
}

int package__read_files(struct reader *r, const struct json *container,
                        struct package_container *ret)
{
    const struct json *list;
    size_t i;

    if (package__tables(r, container, "files", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    ret->files = arena_calloc(r->a, json_len(list) + 1, sizeof(*ret->files));
    for (i = 0; i < json_len(list); i++) {
        struct package_put *f = &ret->files[i];
        const struct json *t = json_at(list, i);

        if (package__keys(r, t, "a file", "path from text mode expand") < 0 ||
            package__need(r, t, "a file", "path") < 0 ||
            package__line(r, t, "path", &f->path) < 0 || read_mode(r, t, &f->mode) < 0 ||
            package__bool(r, t, "expand", &f->expand) < 0 || read_content(r, t, f) < 0)
            return -1;
        if (!package__is_absolute(f->path))
            return package__bad(r, json_get(t, "path"),
                                "'path' must be absolute, without '..', and not '/'");
    }
    ret->file_count = i;
    return 0;
}

/* --- health --- */

static int read_kind(struct reader *r, const struct json *t, struct package_health *h)
{
    static const char *const names[] = {"none", "http", "tcp", "command"};
    const char *kind = NULL;
    size_t i;

    if (package__need(r, t, "a health check", "kind") < 0 || package__line(r, t, "kind", &kind) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(names[i], kind)) {
            h->kind = (enum package_health_kind)i;
            return 0;
        }
    return package__bad(r, json_get(t, "kind"), "'kind' must be http, tcp, command or none");
}

static int check_kind(struct reader *r, const struct json *t, const struct package_health *h)
{
    bool on_port = h->kind == HEALTH_HTTP || h->kind == HEALTH_TCP;

    if (on_port && !h->port)
        return package__bad(r, t, "a health check of this kind needs 'port', the name of a port");
    if (!on_port && h->port)
        return package__bad(r, t, "'port' is for health checks of kind http and tcp");
    if ((h->kind == HEALTH_COMMAND) != (h->command.count > 0))
        return package__bad(r, t, "'command' goes with kind = \"command\", and only with that");
    if (h->kind != HEALTH_HTTP && json_get(t, "path"))
        return package__bad(r, t, "'path' is for health checks of kind http");
    if (h->path[0] != '/')
        return package__bad(r, t, "'path' must begin with '/'");
    return 0;
}

int package__read_health(struct reader *r, const struct json *container, struct package_health *ret)
{
    static const struct int_rule seconds = {1, 3600};
    static const struct int_rule times = {1, 100};
    const struct json *t = json_get(container, "health");

    *ret = (struct package_health){
        .path = "/", .interval_s = 10, .timeout_s = 5, .retries = 3, .start_s = 120};
    if (!t)
        return 0;
    if (!json_is(t, JSON_OBJECT))
        return package__bad(r, t, "write [containers.health]");
    if (package__keys(r, t, "a health check",
                      "kind port path command interval timeout retries start") < 0 ||
        read_kind(r, t, ret) < 0 || package__name(r, t, "port", &ret->port) < 0 ||
        package__line(r, t, "path", &ret->path) < 0 ||
        package__texts(r, t, "command", PACKAGE_LONG_MAX, &ret->command) < 0 ||
        package__int(r, t, "interval", &seconds, &ret->interval_s) < 0 ||
        package__int(r, t, "timeout", &seconds, &ret->timeout_s) < 0 ||
        package__int(r, t, "retries", &times, &ret->retries) < 0 ||
        package__int(r, t, "start", &seconds, &ret->start_s) < 0)
        return -1;
    return check_kind(r, t, ret);
}
