/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "service/template_int.h"

/* From a template and what somebody fills in to what is run. */

/* --- variables --- */

static int check_value(struct arena *a, const struct json *variable, const char *text,
                       struct err *e)
{
    const char *key = json_get_str(variable, "key", "");
    const char *pattern = json_get_str(variable, "validation", NULL);
    regex_t compiled;
    struct err ignored;
    int rc;

    if (strlen(text) > TEMPLATES_VALUE_MAX)
        return refused(e, DEMAND_TEMPLATE_VALUE, key, "is too long");
    if (!pattern)
        return 0;
    if (template__pattern(pattern, &compiled, &ignored) < 0)
        return refused(e, DEMAND_TEMPLATE_VALUE, key, "cannot be checked");
    rc = regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    if (rc != 0)
        return refused(e, DEMAND_TEMPLATE_VALUE, key,
                       arena_printf(a, "does not match %s", pattern));
    return 0;
}

static int check_variables(struct arena *a, const struct template_use *use, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(use->variables); i++) {
        const char *key = json_key(use->variables, i);
        const struct json *variable = template__variable(use->template_json, key);

        if (!variable)
            return refused(e, DEMAND_TEMPLATE_VALUE, key, "is not to be set in this template");
        if (check_value(a, variable, json_str(json_value(use->variables, i), ""), e) < 0)
            return -1;
    }
    return 0;
}

/* --- arguments --- */

/* What stands for a name: the operator's before the user's; NULL: it is none of either. */
static const char *value_of(const struct template_use *use, const char *name)
{
    const char *fixed = json_get_str(json_get(use->template_json, "envVars"), name, NULL);

    return fixed ? fixed : json_get_str(use->variables, name, NULL);
}

static int expand(struct arena *a, const struct template_use *use, const char *text,
                  const char **ret, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(4 * TEMPLATES_TEXT_MAX);
    const char *at = text, *from = text, *start, *name;

    while ((name = template__reference(a, &at, &start))) {
        const char *value = value_of(use, name);

        if (!value && template__variable(use->template_json, name))
            return refused(e, DEMAND_TEMPLATE_VALUE, name, "must be set in userData");
        if (!value)
            continue; /* a script's own */
        buf_add(&out, from, (size_t)(start - from));
        buf_add(&out, value, strlen(value));
        from = at;
    }
    buf_add(&out, from, strlen(from));
    *ret = arena_strdup(a, buf_str(&out));
    return out.full ? failed(e, TOO_LARGE, "the template's command is too long") : 0;
}

static int expand_all(struct arena *a, const struct template_use *use, const char *key,
                      const struct json **ret, struct err *e)
{
    const struct json *list = json_get(use->template_json, key);
    struct json *out = json_new_array(a);
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        const char *text;

        if (expand(a, use, json_str(json_at(list, i), ""), &text, e) < 0)
            return -1;
        json_push(a, out, json_new_str(a, text));
    }
    *ret = list ? out : NULL;
    return 0;
}

int template_spec(struct arena *a, const struct template_use *use, struct demand_spec *ret,
                  struct err *e)
{
    const struct json *t = use->template_json;
    struct demand_spec spec = {.image = json_get_str(t, "image", ""),
                               .tag = json_get_str(t, "tag", NULL),
                               .checksum = json_get_str(t, "checksum", NULL),
                               .ports = json_get(t, "exposedPorts"),
                               .fixed = json_get(t, "envVars"),
                               .template_name = json_get_str(t, "id", "")};

    if (check_variables(a, use, e) < 0 || expand_all(a, use, "command", &spec.command, e) < 0 ||
        expand_all(a, use, "entrypoint", &spec.entrypoint, e) < 0)
        return -1;
    *ret = spec;
    return 0;
}

/* --- resources --- */

static bool is_of_kind(const struct config_resource *r, const struct json *need)
{
    const char *kind = json_get_str(need, "kind", ""), *type = json_get_str(need, "type", NULL);
    bool basic = str_eq(r->id, "cpu") || str_eq(r->id, "ram") || str_eq(r->id, "disk");
    const char *own = r->kind ? r->kind : basic ? "fungible" : "discrete";

    return str_eq(own, kind) && (!type || str_eq(r->type ? r->type : r->id, type));
}

static struct json *amount_of(const struct json *list, const char *id)
{
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "id", ""), id))
            return json_at(list, i);
    return NULL;
}

static bool has(const struct config_environment *env, const char *id)
{
    size_t i;

    if (str_eq(id, "cpu") || str_eq(id, "ram") || str_eq(id, "disk"))
        return true;
    for (i = 0; i < env->resource_count; i++)
        if (str_eq(env->resources[i].id, id))
            return true;
    return false;
}

/* The resource that a requirement is about, one that was asked for if it can be; NULL: none. */
static const char *resource_for(const struct template_use *use, const struct json *list,
                                const struct json *need)
{
    const char *id = json_get_str(need, "id", NULL), *first = NULL;
    size_t i;

    if (id)
        return has(use->env, id) ? id : NULL;
    for (i = 0; i < use->env->resource_count; i++) {
        const struct config_resource *r = &use->env->resources[i];

        if (!is_of_kind(r, need))
            continue;
        if (amount_of(list, r->id))
            return r->id;
        first = first ? first : r->id;
    }
    return first;
}

static int require(struct arena *a, const struct template_use *use, const struct json *need,
                   struct json *list, struct err *e)
{
    const char *template = json_get_str(use->template_json, "id", "");
    const char *what = json_get_str(need, "id", json_get_str(need, "type", "a device"));
    const char *least = json_text(a, json_get(need, "min"));
    const char *id = resource_for(use, list, need);
    struct json *entry = amount_of(list, id);

    if (!id && json_num(json_get(need, "min"), 0) == 0)
        return 0;
    if (!id)
        return refused(
            e, DEMAND_TEMPLATE_NEEDS, template,
            arena_printf(a, "%s of %s, which this environment does not have", least, what));
    if (!entry) {
        entry = json_new_object(a);
        json_set_str(a, entry, "id", id);
        json_set(a, entry, "amount", json_copy(a, json_get(need, "min")));
        json_push(a, list, entry);
        return 0;
    }
    if (json_num(json_get(entry, "amount"), 0) < json_num(json_get(need, "min"), 0))
        return refused(e, DEMAND_TEMPLATE_NEEDS, template,
                       arena_printf(a, "%s of %s, only %s was asked for", least, id,
                                    json_text(a, json_get(entry, "amount"))));
    return 0;
}

int template_resources(struct arena *a, const struct template_use *use, struct json **ret,
                       struct err *e)
{
    struct json *list = use->resources ? json_copy(a, use->resources) : json_new_array(a);
    const struct json *needs = json_get(use->template_json, "requiredResources");
    size_t i;

    for (i = 0; i < json_len(needs); i++)
        if (require(a, use, json_at(needs, i), list, e) < 0)
            return -1;
    *ret = list;
    return 0;
}
