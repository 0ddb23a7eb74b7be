/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "base/buf.h"
#include "base/log.h"
#include "node/admin.h"
#include "node/settings.h"

/* Reading and changing the configuration. */

enum { KEYS_MAX = 4096 };

static const char *joined(struct task *t, struct config_texts keys)
{
    _buf_ struct buf b = BUF_INIT(KEYS_MAX);
    size_t i;

    for (i = 0; i < keys.count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", keys.items[i]);
    return arena_strdup(t->arena, buf_str(&b));
}

static void add_keys(struct task *t, const char *header, struct config_texts keys)
{
    if (keys.count > 0)
        reply_header(t, header, joined(t, keys));
}

static int reply_config(struct task *t)
{
    static const char shown[] = "X-Config-Restart, X-Config-Overridden"; /* to pages of others */
    _settings_ struct settings *s = settings_take(t->node);

    reply_header(t, "Access-Control-Expose-Headers", shown);
    add_keys(t, "X-Config-Restart", config_restart_keys(t->arena, t->node->config, s->config));
    return reply_json(t, config_json(t->arena, s->config));
}

int cmd_fetch_config(struct task *t, const struct args_fetch_config *args, struct err *e)
{
    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    return reply_config(t);
}

int cmd_push_config(struct task *t, const struct args_push_config *args, struct err *e)
{
    struct settings_change change;

    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (!json_is(args->config, JSON_OBJECT))
        return refused(e, CONFIG_OBJECT);
    if (settings_push(t->node, t->arena, args->config, &change, e) < 0)
        return -1;
    log_info("config", "changed by an administrator: %s", joined(t, change.keys));
    if (change.restart.count > 0)
        log_info("config", "waits for a restart: %s", joined(t, change.restart));
    add_keys(t, "X-Config-Overridden", change.overridden);
    return reply_config(t);
}
