/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/*
 * ${kind.name} in the texts of a package. "$${" stands for "${"; a "$" without brace is a dollar
 * sign, so that scripts keep their $VARIABLES.
 */

static struct piece plain(const char *from, const char *to)
{
    return (struct piece){.text = from, .len = (size_t)(to - from)};
}

/* *rest is on "${". */
static int reference(struct arena *a, const char **rest, struct piece *ret)
{
    const char *from = *rest;
    const char *end = strchr(from, '}');
    const char *dot;
    char *inside;

    if (!end)
        return -1;
    inside = arena_strndup(a, from + 2, (size_t)(end - from) - 2);
    dot = strchr(inside, '.');
    *ret = (struct piece){.text = from, .len = (size_t)(end - from) + 1, .kind = inside};
    ret->name = dot ? dot + 1 : "";
    if (dot)
        inside[dot - inside] = '\0';
    *rest = end + 1;
    return 1;
}

int package__piece(struct arena *a, const char **rest, struct piece *ret)
{
    const char *from = *rest;
    const char *s;

    if (!*from)
        return 0;
    if (str_starts(from, "${"))
        return reference(a, rest, ret);
    if (str_starts(from, "$${")) {
        *ret = plain(from + 1, from + 3);
        *rest = from + 3;
        return 1;
    }
    for (s = from + 1; *s && !str_starts(s, "${") && !str_starts(s, "$${"); s++)
        ;
    *ret = plain(from, s);
    *rest = s;
    return 1;
}

const char *package__answer_as_text(struct arena *a, const struct json *value)
{
    _buf_ struct buf out = BUF_INIT(ANSWERS_MAX);
    size_t i;

    switch (json_type(value)) {
    case JSON_STRING:
        return json_str(value, "");
    case JSON_BOOL:
        return json_bool(value, false) ? "true" : "false";
    case JSON_NUMBER:
        json_write_number(&out, json_num(value, 0));
        break;
    case JSON_ARRAY:
        for (i = 0; i < json_len(value); i++)
            buf_printf(&out, "%s%s", i ? "," : "", json_str(json_at(value, i), ""));
        break;
    case JSON_OBJECT: /* a file's content stays as it came; pairs are lines */
        if (json_get(value, "content"))
            return json_get_str(value, "content", "");
        for (i = 0; i < json_len(value); i++)
            buf_printf(&out, "%s=%s\n", json_key(value, i), json_str(json_value(value, i), ""));
        break;
    case JSON_NULL:
        break;
    }
    return arena_strdup(a, buf_str(&out));
}

/* --- values --- */

static const char *or_nothing(const char *s)
{
    return s ? s : "";
}

static const char *host_port(struct arena *a, const struct package_vars *v, const char *port)
{
    int64_t n = v->host_port ? v->host_port(v->ctx, port) : 0;

    return n ? arena_printf(a, "%lld", (long long)n) : "";
}

static const char *value_of(struct arena *a, const struct piece *p, const struct package_vars *v)
{
    if (str_eq(p->kind, "answer"))
        return package__answer_as_text(a, json_get(v->answers, p->name));
    if (str_eq(p->kind, "secret"))
        return json_get_str(v->secrets, p->name, "");
    if (str_eq(p->kind, "name"))
        return or_nothing(v->name);
    if (str_eq(p->kind, "host"))
        return or_nothing(v->host);
    if (str_eq(p->kind, "url"))
        return or_nothing(v->url);
    if (str_eq(p->kind, "deployment"))
        return or_nothing(v->deployment);
    if (str_eq(p->kind, "port"))
        return host_port(a, v, p->name);
    if (str_eq(p->kind, "container"))
        return v->container_host ? or_nothing(v->container_host(v->ctx, a, p->name)) : "";
    return "";
}

int package_expand(struct arena *a, const char *text, const struct package_vars *vars,
                   const char **ret, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(PACKAGE_FILE_MAX);
    const char *rest = text;
    struct piece piece;
    int rc;

    if (!strchr(text, '$')) {
        *ret = text;
        return 0;
    }
    while ((rc = package__piece(a, &rest, &piece)) > 0)
        if (piece.kind)
            buf_puts(&out, value_of(a, &piece, vars));
        else
            buf_add(&out, piece.text, piece.len);
    if (rc < 0)
        return failed(e, INVALID, "a \"${\" has no end");
    if (out.full)
        return failed(e, TOO_LARGE, "a text grows beyond %d bytes", PACKAGE_FILE_MAX);
    *ret = arena_strdup(a, buf_str(&out));
    return 0;
}

int package_expand_all(struct arena *a, const struct package_texts *texts,
                       const struct package_vars *vars, struct package_texts *ret, struct err *e)
{
    const char **items = arena_calloc(a, texts->count + 1, sizeof(*items));
    size_t i;

    for (i = 0; i < texts->count; i++)
        if (package_expand(a, texts->items[i], vars, &items[i], e) < 0)
            return -1;
    *ret = (struct package_texts){items, i};
    return 0;
}
