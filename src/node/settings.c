/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/person.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/thread.h"
#include "gateway/gateway.h"
#include "node/node.h"
#include "node/node_gateway.h"
#include "node/node_pools.h"
#include "node/page.h"

enum { FILE_MODE = 0600, GATE_SHARE = 10 /* a solution's page has many files */ };

struct node_live {
    pthread_mutex_t pushing; /* one change at a time; taken first */
    pthread_mutex_t lock;    /* guards what follows */
    struct settings *now;
};

/* --- taking and giving --- */

static struct settings *settings_new(struct node *n, const struct config *c, struct config *owned)
{
    struct settings *s = xcalloc(1, sizeof(*s));

    *s = (struct settings){.config = c, .node = n, .owned = owned, .current = true};
    return s;
}

static void settings_free(struct settings *s)
{
    config_free(s->owned);
    free(s);
}

void settings_open(struct node *n)
{
    n->live = xcalloc(1, sizeof(*n->live));
    must(pthread_mutex_init(&n->live->pushing, NULL) == 0);
    must(pthread_mutex_init(&n->live->lock, NULL) == 0);
    n->live->now = settings_new(n, n->config, NULL);
}

void settings_close(struct node *n)
{
    if (!n->live)
        return;
    must(n->live->now->users == 0);
    settings_free(n->live->now);
    pthread_mutex_destroy(&n->live->pushing);
    pthread_mutex_destroy(&n->live->lock);
    free(n->live);
    n->live = NULL;
}

struct settings *settings_take(struct node *n)
{
    lock_scope(&n->live->lock);
    n->live->now->users++;
    return n->live->now;
}

void settings_give(struct settings **pointer)
{
    struct settings *s = *pointer;
    bool unused;

    if (!s)
        return;
    {
        lock_scope(&s->node->live->lock);
        unused = --s->users == 0 && !s->current;
    }
    if (unused)
        settings_free(s);
}

static void replace(struct node *n, struct config *c)
{
    struct settings *next = settings_new(n, c, c);
    struct settings *old;
    bool unused;

    {
        lock_scope(&n->live->lock);
        old = n->live->now;
        n->live->now = next;
        old->current = false;
        unused = old->users == 0;
    }
    if (unused)
        settings_free(old);
}

/* --- parts --- */

static const struct indexer_list *list_contracts(struct arena *a,
                                                 const struct config_access_lists *lists)
{
    struct indexer_list *v = arena_calloc(a, lists->count, sizeof(*v));
    size_t i;

    for (i = 0; i < lists->count; i++)
        v[i] = (struct indexer_list){lists->items[i].chain_id, lists->items[i].contract};
    return v;
}

struct indexer_policy settings_policy(struct arena *a, const struct config *c)
{
    return (struct indexer_policy){
        .validators = c->allowed_validators.items,
        .validator_count = c->allowed_validators.count,
        .validator_lists = list_contracts(a, &c->allowed_validators_list),
        .validator_list_count = c->allowed_validators_list.count,
        .publishers = c->authorized_publishers.items,
        .publisher_count = c->authorized_publishers.count,
        .publisher_lists = list_contracts(a, &c->authorized_publishers_list),
        .publisher_list_count = c->authorized_publishers_list.count,
        .asset_purgatory_url = c->asset_purgatory_url,
        .account_purgatory_url = c->account_purgatory_url,
        .purgatory_interval_ms = c->purgatory_interval};
}

/* Caddy tells for whom it asks: without this its visitors would all be this machine itself. */
static const char *const *proxies_of(struct arena *a, const struct config *c, size_t *ret_count)
{
    const char *ours[] = {"127.0.0.1", "::1", node_gateway_address(c)};
    size_t count = c->trusted_proxies.count;
    const char **all = arena_calloc(a, count + ARRAY_LEN(ours), sizeof(*all));
    size_t i;

    for (i = 0; i < count; i++)
        all[i] = c->trusted_proxies.items[i];
    for (i = 0; i < ARRAY_LEN(ours) && c->gateway; i++)
        all[count++] = ours[i];
    *ret_count = count;
    return all;
}

struct http_options settings_limits(struct arena *a, const struct config *c)
{
    size_t proxy_count;
    const char *const *proxies = proxies_of(a, c, &proxy_count);

    return (struct http_options){
        .rate_limits = {[PAGE_BUDGET_NONE] = (unsigned)c->rate_limit,
                        [PAGE_BUDGET_FILES] = (unsigned)c->page_rate_limit,
                        [PAGE_BUDGET_CALLS] = (unsigned)c->page_rate_limit,
                        [PAGE_BUDGET_LOGIN] = (unsigned)c->login_rate_limit,
                        [PAGE_BUDGET_GATE] = GATE_SHARE * (unsigned)c->page_rate_limit},
        .max_clients = (unsigned)c->max_connections,
        .denied = c->denied_ips.items,
        .denied_count = c->denied_ips.count,
        .proxies = proxies,
        .proxy_count = proxy_count};
}

struct logbook_options settings_logs(const struct config *c)
{
    return (struct logbook_options){.files = c->log_files,
                                    .db = c->log_db,
                                    .retention_ms = c->log_retention,
                                    .cron = c->cron_delete_db_logs};
}

/* --- changing --- */

/* What is LIVE in options.def, and only that. */
static void apply(struct node *n, const struct config *c)
{
    _arena_ struct arena *a = arena_new();
    const struct http_options limits = settings_limits(a, c);
    const struct indexer_policy policy = settings_policy(a, c);
    const struct logbook_options logs = settings_logs(c);
    const struct gateway_settings gateway = node_gateway_settings(c);

    logbook_set(n->logbook, &logs);
    log_set_level(c->log_level);
    log_set_console(c->log_console);
    http_server_set_limits(n->http, &limits);
    gateway_change(n->gateway, &gateway);
    auth_set_admins(n->auth, c->allowed_admins.items, c->allowed_admins.count);
    auth_set_admin_names(n->auth, c->marketplace_admins.items, c->marketplace_admins.count);
    if (n->indexer)
        indexer_set_policy(n->indexer, &policy);
    node_pools_settings(n, c);
}

/* A link stays one, and the file keeps its mode. A container may have it as a mount of its own. */
static int write_file(const struct config_change *change, struct err *e)
{
    char real[PATH_MAX];
    const char *path = realpath(change->file, real) ? real : change->file;
    size_t n = strlen(change->text);
    struct stat st;
    mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : FILE_MODE;

    errno = 0;
    if (fs_write(path, change->text, n, mode, e) == 0)
        return 0;
    return errno == EBUSY ? fs_overwrite(path, change->text, n, e) : -1;
}

static int refuse(struct err *e)
{
    struct err why = *e;

    return why.code == ERR_INVALID ? refused(e, CONFIG_PUSH_INVALID, why.msg)
                                   : refused(e, CONFIG_PUSH_ERROR, why.msg);
}

static void tell_notices(const struct config *c)
{
    size_t i;

    for (i = 0; i < c->notices.count; i++)
        log_warn("config", "%s", c->notices.items[i]);
}

/*
 * The file comes last of what can fail: should the process end right behind it, the next start has
 * what the administrator may have been told.
 */
static int put(struct node *n, struct arena *a, const struct config_change *change,
               struct settings_change *ret, struct err *e)
{
    const struct logbook_options logs = settings_logs(change->config);
    struct err why;

    if (logbook_prepare(n->logbook, &logs, &why) < 0 || write_file(change, &why) < 0)
        return refused(e, CONFIG_PUSH_FAILED, why.msg);
    apply(n, change->config);
    tell_notices(change->config);
    ret->keys = change->keys;
    ret->overridden = change->overridden;
    ret->restart = config_restart_keys(a, n->config, change->config);
    replace(n, change->config);
    return 0;
}

int settings_push(struct node *n, struct arena *a, const struct json *patch,
                  struct settings_change *ret, struct err *e)
{
    struct config_change change;

    lock_scope(&n->live->pushing);
    _settings_ struct settings *now = settings_take(n);

    if (config_push(a, now->config, patch, &change, e) < 0)
        return refuse(e);
    if (put(n, a, &change, ret, e) < 0) {
        config_free(change.config);
        return -1;
    }
    return 0;
}
