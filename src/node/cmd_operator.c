/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "base/log.h"
#include "base/str.h"
#include "node/node_pools.h"
#include "node/settings.h"

/* What an operator sees of the machines, and decides on the page. */

int cmd_marketplace_capacity(struct task *t, const struct args_marketplace_capacity *args,
                             struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct compute *c = t->node->compute;

    (void)args, (void)e;
    json_set(t->arena, v, "environments",
             c ? compute_capacity_json(c, t->arena) : json_new_array(t->arena));
    return reply_json(t, v);
}

static const char *guard_name(enum config_guard guard)
{
    switch (guard) {
    case CONFIG_GUARD_OFF:
        return "off";
    case CONFIG_GUARD_WARN:
        return "warn";
    case CONFIG_GUARD_REFUSE:
        return "refuse";
    }
    return "warn";
}

static int reply_settings(struct task *t, struct config_texts overridden)
{
    _settings_ struct settings *s = settings_take(t->node);
    const struct config *c = s->config;
    struct json *v = json_new_object(t->arena);
    struct json *over = json_new_object(t->arena);
    struct json *list = json_new_array(t->arena);
    size_t i;

    json_set(t->arena, over, "cpu", json_new_num(t->arena, (double)c->over_cpu_milli / 1000));
    json_set(t->arena, over, "ram", json_new_num(t->arena, (double)c->over_ram_milli / 1000));
    for (i = 0; i < overridden.count; i++)
        json_push(t->arena, list, json_new_str(t->arena, overridden.items[i]));
    json_set(t->arena, v, "overProvisioning", over);
    json_set_bool(t->arena, v, "testCert", c->test_cert);
    json_set_str(t->arena, v, "identityGuard", guard_name(c->identity_guard));
    json_set_int(t->arena, v, "period_s", t->node->config->service_period);
    json_set_int(t->arena, v, "low_s", t->node->config->pool_low);
    json_set(t->arena, v, "identity", node_identity_json(t->node, t->arena));
    json_set(t->arena, v, "overridden", list);
    return reply_json(t, v);
}

int cmd_marketplace_settings(struct task *t, const struct args_marketplace_settings *args,
                             struct err *e)
{
    (void)args, (void)e;
    return reply_settings(t, (struct config_texts){NULL, 0});
}

/* The same way into the file, and into effect, as pushConfig's; only these keys. */
int cmd_marketplace_settings_set(struct task *t, const struct args_marketplace_settings_set *args,
                                 struct err *e)
{
    const struct {
        const char *key;
        const struct json *value;
    } fields[] = {{"overProvisioning", args->over_provisioning},
                  {"testCert", args->test_cert},
                  {"identityGuard", args->identity_guard}};
    struct json *patch = json_new_object(t->arena);
    struct settings_change change;
    size_t i;

    for (i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].value)
            json_set(t->arena, patch, fields[i].key, json_copy(t->arena, fields[i].value));
    if (settings_push(t->node, t->arena, patch, &change, e) < 0)
        return -1;
    for (i = 0; i < change.keys.count; i++) {
        log_info("config", "%s changed by %s", change.keys.items[i], t->person->name);
        if (auth_audit(t->node->auth, t->person->id,
                       arena_printf(t->arena, "set %s to %s", change.keys.items[i],
                                    json_text(t->arena, json_get(patch, change.keys.items[i]))),
                       e) < 0)
            return -1;
    }
    return reply_settings(t, change.overridden);
}
