/* SPDX-License-Identifier: Apache-2.0 */
#include "node/demand_ask.h"

#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/str.h"
#include "node/compute_parts.h"
#include "service/templates.h"

enum { MS = 1000, MINUTE = 60, HOUR = 3600, DAY = 86400 };
/* Larger numbers are milliseconds: as seconds they would be far in the future. */
#define MS_FROM INT64_C(100000000000)

/* --- who --- */

int demand_ask_who(struct task *t, const struct signer *q, struct addr *ret_who,
                   struct auth_person *ret, struct err *e)
{
    if (!t->node->services)
        return refused(e, COMPUTE_NONE);
    if (signer_check(t, q, ret_who, e) < 0)
        return -1;
    return auth_person_of_wallet(t->node->auth, t->arena, ret_who, ret, e);
}

/* --- what --- */

static const char *given(const char *text)
{
    return auth_is_given(text) ? text : NULL;
}

bool demand_ask_is_given(const struct demand_container *c)
{
    return given(c->template_id) || given(c->image) || given(c->tag) || given(c->checksum) ||
           given(c->dockerfile) || c->files || c->command || c->entrypoint || given(c->user_data);
}

int demand_ask_shape(const struct demand_container *c, struct err *e)
{
    const char *too_much = given(c->image)        ? "image"
                           : given(c->tag)        ? "tag"
                           : given(c->checksum)   ? "checksum"
                           : given(c->dockerfile) ? "dockerfile"
                           : c->command           ? "dockerCmd"
                           : c->entrypoint        ? "dockerEntrypoint"
                           : c->ports             ? "exposedPorts"
                                                  : NULL;
    int modes =
        (given(c->tag) != NULL) + (given(c->checksum) != NULL) + (given(c->dockerfile) != NULL);

    if (given(c->template_id) && too_much)
        return refused(e, DEMAND_TEMPLATE_MIX, too_much);
    if (!given(c->template_id) && !given(c->image))
        return refused(e, DEMAND_IMAGE);
    return modes > 1 ? refused(e, DEMAND_MODES) : 0;
}

static int from_template(struct task *t, const struct demand_container *c,
                         const struct compute_env *env, const struct json **io_resources,
                         struct demand_spec *ret, struct err *e)
{
    struct template_use use = {.resources = *io_resources, .env = compute_env_info(env)->conf};
    struct json *list, *variables, *resources;

    if (demand_ask_templates(t, &list, e) < 0)
        return -1;
    use.template_json = templates_find(list, c->template_id);
    if (!use.template_json)
        return refused(e, DEMAND_TEMPLATE, c->template_id);
    if (demand_variables(t->arena, &t->node->config->private_key, given(c->user_data), &variables,
                         e) < 0)
        return -1;
    use.variables = variables;
    if (template_spec(t->arena, &use, ret, e) < 0 ||
        template_resources(t->arena, &use, &resources, e) < 0)
        return -1;
    *io_resources = resources;
    return 0;
}

int demand_ask_spec(struct task *t, const struct demand_container *c, const struct compute_env *env,
                    const struct json **io_resources, struct demand_spec *ret, struct err *e)
{
    struct demand_spec spec = {.image = c->image,
                               .tag = given(c->tag),
                               .checksum = given(c->checksum),
                               .command = c->command,
                               .entrypoint = c->entrypoint,
                               .ports = c->ports};

    if (given(c->dockerfile) || json_len(c->files) > 0)
        return refused(e, DEMAND_BUILD);
    if (given(c->template_id) && from_template(t, c, env, io_resources, &spec, e) < 0)
        return -1;
    spec.user_data = given(c->user_data);
    *ret = spec;
    return demand_spec_check(t->arena, &t->node->config->private_key, ret, e);
}

/* --- where, and for what --- */

int demand_ask_env(struct task *t, const struct compute_env *env, const struct addr *who,
                   struct err *e)
{
    const struct config_environment *conf = compute_env_info(env)->conf;
    const struct compute_ask ask = {.task = t, .env = env, .consumer = *who};

    if (!conf->services || !conf->on_demand || !conf->on_demand->enabled)
        return refused(e, DEMAND_OFF);
    return compute_ask_access(&ask, e);
}

int demand_ask_still(struct task *t, const char *id, struct err *e)
{
    const struct service_key k = {t->person->id, id};
    const struct compute_env *env;
    struct addr who;

    if (demand_env(t->node->services, &k, &env, e) < 0)
        return e->code == ERR_DEMAND_UNKNOWN ? 0 : -1;
    if (!addr_parse_any(t->person->name, &who))
        return refused(e, COMPUTE_ACCESS);
    return demand_ask_env(t, env, &who, e);
}

int demand_ask_payment(struct task *t, const struct json *payment, uint64_t *ret_chain,
                       struct addr *ret_token, struct err *e)
{
    if (compute_ask_payment(t, payment, ret_chain, ret_token, e) == 0)
        return 0;
    if (e->code != ERR_COMPUTE_TOKEN)
        return -1;
    return refused(e, DEMAND_PRICE, json_get_str(payment, "token", ""),
                   arena_printf(t->arena, "%llu", (unsigned long long)*ret_chain));
}

/* --- when --- */

int demand_ask_time(const char *name, const char *text, int64_t *ret, struct err *e)
{
    uint64_t n;

    *ret = 0;
    if (!given(text))
        return 0;
    if (str_u64(text, INT64_MAX / MS, &n)) {
        *ret = (int64_t)n < MS_FROM ? (int64_t)n * MS : (int64_t)n;
        return 0;
    }
    return date_parse(text, ret) ? 0 : refused(e, DEMAND_TIME, name, text);
}

static int64_t seconds_in(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return MINUTE;
    case 'h':
        return HOUR;
    case 'd':
        return DAY;
    default:
        return 0;
    }
}

int demand_ask_since(struct task *t, const char *text, int64_t *ret, struct err *e)
{
    size_t n = text ? strlen(text) : 0;
    int64_t unit = n > 1 ? seconds_in(text[n - 1]) : 0;
    uint64_t v;

    *ret = 0;
    if (!given(text))
        return 0;
    if (str_u64(text, INT64_MAX / MS, &v)) {
        *ret = (int64_t)v * MS;
        return 0;
    }
    if (!unit || !str_u64(arena_strndup(t->arena, text, n - 1), INT64_C(100) * 366 * DAY, &v))
        return refused(e, DEMAND_SINCE, text);
    *ret = clock_ms() - (int64_t)v * unit * MS;
    *ret = *ret > 0 ? *ret : 1;
    return 0;
}

/* --- templates --- */

int demand_ask_templates(struct task *t, struct json **ret, struct err *e)
{
    struct json *news;
    size_t i;

    if (!t->node->templates)
        return refused(e, COMPUTE_NONE);
    if (templates_list(t->node->templates, t->arena, ret, &news, e) < 0)
        return -1;
    for (i = 0; i < json_len(news); i++)
        log_warn("service", "template left out: %s", json_str(json_at(news, i), ""));
    return 0;
}
