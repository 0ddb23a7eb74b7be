/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "docker/registry.h"
#include "service/template_int.h"

/* What a template may say. An unknown member is a mistake that nobody would notice otherwise. */

enum { ID_MAX = 64, PATTERN_MAX = 512 };

/* --- patterns --- */

/* What JavaScript and POSIX read differently; NULL: nothing of that. */
static const char *differs(const char *p, bool in_set)
{
    if (!in_set && p[0] == '(' && p[1] == '?')
        return "(?...)";
    if (!in_set && p[0] == '[' && (p[1] == ']' || (p[1] == '^' && p[2] == ']')))
        return "an empty [...]";
    if (in_set && p[0] == '[')
        return "[ within [...]";
    return NULL;
}

/* \d and its like; NULL for what stands for itself. */
static const char *class_of(char c)
{
    switch (c) {
    case 'd':
        return "0-9";
    case 'w':
        return "A-Za-z0-9_";
    case 's':
        return " \t\r\n\f\v";
    default:
        return NULL;
    }
}

/* A backslash and what follows it. */
static int escape(struct buf *out, const char *p, bool in_set, struct err *e)
{
    const char *class = class_of(p[1]);

    if (class)
        buf_printf(out, in_set ? "%s" : "[%s]", class);
    else if (!p[1] || strchr("DWSbBnrtfvxuc0123456789", p[1]))
        return failed(e, INVALID, "\\%c is not understood here; write it without", p[1]);
    else if (in_set)
        return failed(e, INVALID, "\\ within [...] is not understood here; write it without");
    else
        buf_add(out, p, 2);
    return 0;
}

static int translate(struct buf *out, const char *p, struct err *e)
{
    bool in_set = false;

    for (; *p; p++) {
        if (differs(p, in_set))
            return failed(e, INVALID, "%s is not understood here; write it without",
                          differs(p, in_set));
        if (*p == '\\') {
            if (escape(out, p, in_set, e) < 0)
                return -1;
            p++;
        } else if (*p == '.' && !in_set) {
            buf_printf(out, "[^\n\r]"); /* a dot is no end of line there */
        } else {
            in_set = *p == '[' ? true : *p == ']' ? false : in_set;
            buf_add(out, p, 1);
        }
    }
    return 0;
}

int template__pattern(const char *pattern, regex_t *ret, struct err *e)
{
    _buf_ struct buf text = BUF_INIT(PATTERN_MAX * 16);
    char why[100];
    int rc;

    if (strlen(pattern) > PATTERN_MAX)
        return failed(e, INVALID, "is longer than %d characters", PATTERN_MAX);
    if (translate(&text, pattern, e) < 0)
        return -1;
    rc = regcomp(ret, buf_str(&text), REG_EXTENDED | REG_NOSUB);
    if (rc == 0)
        return 0;
    regerror(rc, ret, why, sizeof(why));
    return failed(e, INVALID, "is no regular expression: %s", why);
}

/* --- references --- */

static bool is_name_char(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const char *template__reference(struct arena *a, const char **io, const char **ret_start)
{
    const char *p = *io;

    while ((p = strstr(p, "${"))) {
        const char *name = p + 2;
        size_t n = 0;

        while (is_name_char(name[n]))
            n++;
        if (n > 0 && name[n] == '}') {
            *ret_start = p;
            *io = name + n + 1;
            return arena_strndup(a, name, n);
        }
        p += 2;
    }
    return NULL;
}

const struct json *template__variable(const struct json *template_json, const char *key)
{
    const struct json *list = json_get(template_json, "userConfigurableEnvVars");
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "key", ""), key))
            return json_at(list, i);
    return NULL;
}

/* --- members --- */

static bool is_text(const struct json *v)
{
    return json_is(v, JSON_STRING) && json_str_len(v) <= TEMPLATES_TEXT_MAX &&
           strlen(json_str(v, "")) == json_str_len(v);
}

static bool is_filled(const struct json *v)
{
    return is_text(v) && json_str_len(v) > 0;
}

static bool is_variable_name(const char *name)
{
    return *name && strlen(name) <= 256 && !strchr(name, '=');
}

static bool is_id(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && n <= ID_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
           s[0] != '_' && s[0] != '-';
}

static int check_keys(const struct json *v, const char *const *known, const char *where,
                      struct err *e)
{
    size_t i, k;

    for (i = 0; i < json_len(v); i++) {
        for (k = 0; known[k] && !str_eq(known[k], json_key(v, i)); k++)
            ;
        if (!known[k])
            return failed(e, INVALID, "%s\"%.60s\" is no member that is known; remove it", where,
                          json_key(v, i));
    }
    return 0;
}

static int check_texts(const struct json *v, const char *key, struct err *e)
{
    const struct json *list = json_get(v, key);
    size_t i;

    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) > TEMPLATES_LIST_MAX)
        return failed(e, INVALID, "%s must be a list of at most %d texts", key, TEMPLATES_LIST_MAX);
    for (i = 0; i < json_len(list); i++)
        if (!is_text(json_at(list, i)))
            return failed(e, INVALID, "%s[%zu] must be a text", key, i);
    return 0;
}

/* --- the image --- */

static int check_image(struct arena *a, const struct json *v, struct err *e)
{
    const struct json *tag = json_get(v, "tag"), *sum = json_get(v, "checksum");
    const struct demand_spec spec = {.image = json_get_str(v, "image", ""),
                                     .tag = json_str(tag, NULL),
                                     .checksum = json_str(sum, NULL)};
    struct err why;

    if (!is_filled(json_get(v, "image")))
        return failed(e, INVALID, "image is missing: the name of the image");
    if (json_get(v, "dockerfile") || json_get(v, "additionalDockerFiles"))
        return failed(e, INVALID,
                      "dockerfile: images are not built here; push one to a registry and name it");
    if ((tag && !is_filled(tag)) || (sum && !is_filled(sum)))
        return failed(e, INVALID, "tag and checksum must be texts that say something");
    if (tag && sum)
        return failed(e, INVALID, "tag and checksum exclude each other; remove one");
    if (demand_spec_check(a, NULL, &spec, &why) < 0)
        return failed(e, INVALID, "%s", why.msg);
    return 0;
}

static int check_ports(struct arena *a, const struct json *v, struct err *e)
{
    const struct demand_spec spec = {.image = "x", .ports = json_get(v, "exposedPorts")};
    struct err why;

    if (json_len(spec.ports) == 0)
        return failed(e, INVALID, "exposedPorts is missing: a list of at least one port");
    if (demand_spec_check(a, NULL, &spec, &why) < 0)
        return failed(e, INVALID, "%s", why.msg);
    return 0;
}

/* --- variables --- */

static int check_fixed(const struct json *v, struct err *e)
{
    const struct json *vars = json_get(v, "envVars");
    size_t i;

    if (!vars)
        return 0;
    if (!json_is(vars, JSON_OBJECT) || json_len(vars) > TEMPLATES_LIST_MAX)
        return failed(e, INVALID, "envVars must be an object of at most %d texts",
                      TEMPLATES_LIST_MAX);
    for (i = 0; i < json_len(vars); i++)
        if (!is_text(json_value(vars, i)) || !is_variable_name(json_key(vars, i)))
            return failed(e, INVALID, "envVars.%.60s must be a variable's name with a text",
                          json_key(vars, i));
    return 0;
}

static int check_variable(struct arena *a, const struct json *v, size_t i, struct err *e)
{
    static const char *const known[] = {"key", "validation", "sensitive", NULL};
    const char *where = arena_printf(a, "userConfigurableEnvVars[%zu]: ", i);
    const struct json *pattern = json_get(v, "validation"), *flag = json_get(v, "sensitive");
    regex_t compiled;
    struct err why;

    if (!json_is(v, JSON_OBJECT) || check_keys(v, known, where, e) < 0)
        return json_is(v, JSON_OBJECT) ? -1 : failed(e, INVALID, "%smust be an object", where);
    if (!is_text(json_get(v, "key")) || !is_variable_name(json_get_str(v, "key", "")))
        return failed(e, INVALID, "%skey must be a variable's name", where);
    if (flag && !json_is(flag, JSON_BOOL))
        return failed(e, INVALID, "%ssensitive must be true or false", where);
    if (!pattern)
        return 0;
    if (!is_text(pattern))
        return failed(e, INVALID, "%svalidation must be a text", where);
    if (template__pattern(json_str(pattern, ""), &compiled, &why) < 0)
        return failed(e, INVALID, "%svalidation %s", where, why.msg);
    regfree(&compiled);
    return 0;
}

static int check_variables(struct arena *a, const struct json *v, struct err *e)
{
    const struct json *list = json_get(v, "userConfigurableEnvVars");
    size_t i;

    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) > TEMPLATES_LIST_MAX)
        return failed(e, INVALID, "userConfigurableEnvVars must be a list of at most %d",
                      TEMPLATES_LIST_MAX);
    for (i = 0; i < json_len(list); i++)
        if (check_variable(a, json_at(list, i), i, e) < 0)
            return -1;
    return 0;
}

/* --- what a shell would read --- */

static const char *const programs[] = {"entrypoint", "command"};

/* "-c", "-lc", "-euxc", ...: what follows is a script. */
static bool is_script_flag(const char *s)
{
    return s[0] == '-' && strchr(s, 'c') && s[1 + strspn(s + 1, "ceiluvx")] == '\0';
}

static bool runs_shell(const struct json *v)
{
    size_t i, k;

    for (i = 0; i < ARRAY_LEN(programs); i++)
        for (k = 0; k < json_len(json_get(v, programs[i])); k++)
            if (is_script_flag(json_str(json_at(json_get(v, programs[i]), k), "")))
                return true;
    return false;
}

/* A user's text in a script is only safe when its form is known. */
static int check_script(struct arena *a, const struct json *v, const char *text, struct err *e)
{
    const char *at = text, *start, *name;

    while ((name = template__reference(a, &at, &start))) {
        const struct json *variable = template__variable(v, name);

        if (variable && !json_get(variable, "validation"))
            return failed(e, INVALID,
                          "command puts ${%.60s} into a script that a shell runs; give the "
                          "variable a validation",
                          name);
    }
    return 0;
}

static int check_command(struct arena *a, const struct json *v, struct err *e)
{
    size_t i, k;

    if (check_texts(v, "command", e) < 0 || check_texts(v, "entrypoint", e) < 0)
        return -1;
    for (i = 0; runs_shell(v) && i < ARRAY_LEN(programs); i++)
        for (k = 0; k < json_len(json_get(v, programs[i])); k++)
            if (check_script(a, v, json_str(json_at(json_get(v, programs[i]), k), ""), e) < 0)
                return -1;
    return 0;
}

/* --- resources --- */

static bool is_amount(const struct json *v)
{
    return json_is(v, JSON_NUMBER) && json_num(v, -1) >= 0 && json_num(v, -1) < 1e12;
}

static int check_resource(struct arena *a, const char *key, size_t i, const struct json *v,
                          struct err *e)
{
    static const char *const known[] = {"id",          "kind", "type",        "min",
                                        "recommended", "unit", "description", NULL};
    const char *where = arena_printf(a, "%s[%zu]: ", key, i);
    const char *kind = json_get_str(v, "kind", NULL);
    const struct json *more = json_get(v, "recommended");

    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "%smust be an object", where);
    if (check_keys(v, known, where, e) < 0)
        return -1;
    if (is_filled(json_get(v, "id")) == (json_get(v, "kind") != NULL))
        return failed(e, INVALID, "%sneeds either an id or a kind", where);
    if (json_get(v, "kind") && !str_eq(kind, "discrete") && !str_eq(kind, "fungible"))
        return failed(e, INVALID, "%skind must be \"discrete\" or \"fungible\"", where);
    if (!is_amount(json_get(v, "min")))
        return failed(e, INVALID, "%smin must be a number, 0 or more", where);
    if (more && (!is_amount(more) || json_num(more, 0) < json_num(json_get(v, "min"), 0)))
        return failed(e, INVALID, "%srecommended must be a number, min or more", where);
    return 0;
}

static int check_resources(struct arena *a, const struct json *v, const char *key, struct err *e)
{
    const struct json *list = json_get(v, key);
    size_t i;

    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) > TEMPLATES_LIST_MAX)
        return failed(e, INVALID, "%s must be a list", key);
    for (i = 0; i < json_len(list); i++)
        if (check_resource(a, key, i, json_at(list, i), e) < 0)
            return -1;
    return 0;
}

/* --- the whole --- */

static int check(struct arena *a, const struct json *v, struct err *e)
{
    static const char *const known[] = {"id",
                                        "name",
                                        "description",
                                        "image",
                                        "tag",
                                        "checksum",
                                        "dockerfile",
                                        "additionalDockerFiles",
                                        "exposedPorts",
                                        "envVars",
                                        "userConfigurableEnvVars",
                                        "command",
                                        "entrypoint",
                                        "requiredResources",
                                        "recommendedResources",
                                        NULL};
    static const char *const texts[] = {"name", "description"};
    size_t i;

    if (check_keys(v, known, "", e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (json_get(v, texts[i]) && !is_text(json_get(v, texts[i])))
            return failed(e, INVALID, "%s must be a text", texts[i]);
    if (check_image(a, v, e) < 0 || check_ports(a, v, e) < 0 || check_fixed(v, e) < 0 ||
        check_variables(a, v, e) < 0 || check_command(a, v, e) < 0 ||
        check_resources(a, v, "requiredResources", e) < 0)
        return -1;
    return check_resources(a, v, "recommendedResources", e);
}

int template__check(struct arena *a, const struct json *v, struct err *e)
{
    const char *id = json_get_str(v, "id", "");
    struct err why;

    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "a template is an object, and a file has one or a list of them");
    if (!is_id(id) || json_str_len(json_get(v, "id")) != strlen(id))
        return failed(e, INVALID,
                      "id is missing or wrong: 1 to %d of a-z, 0-9, '_' and '-', a letter or digit "
                      "first",
                      ID_MAX);
    if (check(a, v, &why) < 0)
        return failed(e, INVALID, "template \"%s\": %s", id, why.msg);
    return 0;
}
