/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_SETTINGS_H
#define ATOLL_NODE_SETTINGS_H

#include "config/config.h"
#include "indexer/indexer.h"
#include "logbook/logbook.h"

/*
 * The configuration as an administrator has it now. node->config is what the node was started with
 * and never changes; whoever asks for an option that is LIVE (config/options.def) takes the
 * settings for as long as he looks at them:
 *
 *     _settings_ struct settings *s = settings_take(t->node);
 *     ... s->config->validate_unsigned_ddo ...
 *
 * Any thread.
 */
struct node;

struct settings {
    const struct config *config;
    /* the rest is settings.c's own */
    struct node *node;
    struct config *owned; /* NULL: the one of the start, which somebody else frees */
    unsigned users;
    bool current;
};

struct settings *settings_take(struct node *n);
void settings_give(struct settings **pointer);
#define _settings_ cleanup_(settings_give)

/* What a change did. In the arena. */
struct settings_change {
    struct config_texts keys;       /* what changed */
    struct config_texts overridden; /* of those, what a variable or flag decides all the same */
    struct config_texts restart; /* what differs from the running node and waits for its restart */
};

/*
 * Merges the patch into the configuration file, checks everything, writes the file, and puts into
 * effect what may change at once. One at a time; on failure nothing has changed.
 * CONFIG_PUSH_INVALID, CONFIG_PUSH_ERROR (the file cannot be read), CONFIG_PUSH_FAILED (or
 * written).
 */
int settings_push(struct node *n, struct arena *a, const struct json *patch,
                  struct settings_change *ret, struct err *e) must_check;

/* --- for node.c --- */
void settings_open(struct node *n);
void settings_close(struct node *n); /* when nobody has any */
/* Parts of the configuration as other parts want them; what they point to is in the arena. */
struct indexer_policy settings_policy(struct arena *a, const struct config *c);
struct http_options settings_limits(struct arena *a, const struct config *c);
struct logbook_options settings_logs(const struct config *c);

#endif
