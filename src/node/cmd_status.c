/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "api.gen.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "node/node.h"
#include "node/settings.h"

/* status and detailedStatus: what the node is and how it does (wire/http-api.md 3.1). */

enum { STATUS_MAX = 16 << 20, STATUS_INDENT = 4 };

static struct json *provider(const struct task *t)
{
    struct json *list = json_new_array(t->arena);
    size_t i;

    for (i = 0; i < t->node->chain_count; i++) {
        const struct config_network *w = t->node->chains[i].network;
        struct json *v = json_new_object(t->arena);

        json_set_str(t->arena, v, "chainId",
                     arena_printf(t->arena, "%llu", (unsigned long long)w->chain_id));
        json_set_str(t->arena, v, "network", w->name ? w->name : "");
        json_push(t->arena, list, v);
    }
    return list;
}

static struct json *indexer(const struct task *t)
{
    struct json *list = json_new_array(t->arena);
    size_t i;

    for (i = 0; t->node->indexer && i < t->node->chain_count; i++) {
        const struct config_network *w = t->node->chains[i].network;
        struct json *v = json_new_object(t->arena);
        uint64_t block = 0;

        if (!w->indexed || !w->contracts.known)
            continue;
        (void)indexer_block(t->node->indexer, w->chain_id, &block);
        json_set_str(t->arena, v, "chainId",
                     arena_printf(t->arena, "%llu", (unsigned long long)w->chain_id));
        json_set_str(t->arena, v, "network", w->name ? w->name : "");
        json_set_str(t->arena, v, "block",
                     arena_printf(t->arena, "%llu", (unsigned long long)block));
        json_push(t->arena, list, v);
    }
    return list;
}

static struct json *escrow_addresses(const struct task *t)
{
    struct json *v = json_new_object(t->arena);
    size_t i;

    for (i = 0; i < t->node->chain_count; i++) {
        const struct config_network *w = t->node->chains[i].network;
        const struct addr *escrow = &w->contracts.escrow;

        json_set_str(t->arena, v, arena_printf(t->arena, "%llu", (unsigned long long)w->chain_id),
                     addr_is_zero(escrow) ? NULL : addr_text(t->arena, escrow));
    }
    return v;
}

static struct json *storages(const struct task *t)
{
    struct json *v = json_new_object(t->arena);

    json_set_bool(t->arena, v, "url", true);
    json_set_bool(t->arena, v, "arwave", t->node->config->arweave_gateway); /* sic */
    json_set_bool(t->arena, v, "ipfs", t->node->config->ipfs_gateway);
    return v;
}

/* In Node's words, as clients of the reference expect them. */
static struct json *platform(const struct task *t)
{
    struct json *v = json_new_object(t->arena);
    struct json *loads = json_new_array(t->arena);
    double load[3] = {0};
    struct utsname u = {0};
    struct sysinfo s = {0};
    size_t i;

    (void)sysinfo(&s);
    (void)uname(&u);
    (void)getloadavg(load, 3);
    for (i = 0; i < ARRAY_LEN(load); i++)
        json_push(t->arena, loads, json_new_num(t->arena, load[i]));
    json_set_int(t->arena, v, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
    json_set_int(t->arena, v, "freemem", (int64_t)s.freeram * s.mem_unit);
    json_set_int(t->arena, v, "totalmem", (int64_t)s.totalram * s.mem_unit);
    json_set(t->arena, v, "loadavg", loads);
    json_set_str(t->arena, v, "arch",
                 str_eq(u.machine, "x86_64")    ? "x64"
                 : str_eq(u.machine, "aarch64") ? "arm64"
                                                : u.machine);
    json_set_str(t->arena, v, "machine", u.machine);
    json_set_str(t->arena, v, "platform", "linux");
    json_set_str(t->arena, v, "osType", u.sysname);
    json_set_str(t->arena, v, "node", "atoll " ATOLL_VERSION);
    return v;
}

/* {"<chainId>": ["0x..."]}, NULL when there are none. */
static struct json *lists_by_chain(const struct task *t, const struct config_access_lists *from)
{
    struct json *lists = from->count ? json_new_object(t->arena) : NULL;
    size_t i;

    for (i = 0; i < from->count; i++) {
        const struct config_access_list *l = &from->items[i];
        const char *chain = arena_printf(t->arena, "%llu", (unsigned long long)l->chain_id);
        struct json *of_chain = json_get(lists, chain);

        if (!of_chain) {
            of_chain = json_new_array(t->arena);
            json_set(t->arena, lists, chain, of_chain);
        }
        json_push(t->arena, of_chain, json_new_str(t->arena, addr_text(t->arena, &l->contract)));
    }
    return lists;
}

static struct json *admins(const struct task *t)
{
    _settings_ struct settings *settings = settings_take(t->node);
    const struct config *c = settings->config;
    struct json *v = json_new_object(t->arena);
    struct json *list = json_new_array(t->arena);
    size_t i;

    for (i = 0; i < c->allowed_admins.count; i++)
        json_push(t->arena, list,
                  json_new_str(t->arena, addr_text(t->arena, &c->allowed_admins.items[i])));
    json_set(t->arena, v, "addresses", list);
    json_set(t->arena, v, "accessLists", lists_by_chain(t, &c->allowed_admins_list));
    return v;
}

static struct json *persistent_storage(const struct task *t)
{
    struct json *lists = lists_by_chain(t, &t->node->config->persistent_storage_lists);
    struct json *list = json_new_array(t->arena);
    struct json *v = json_new_object(t->arena);

    if (lists)
        json_push(t->arena, list, lists);
    json_set(t->arena, v, "accessLists", list);
    return v;
}

static const char *code_hash(struct arena *a)
{
    struct hash32 h = sha256("atoll " ATOLL_VERSION, sizeof("atoll " ATOLL_VERSION) - 1);

    return hex_dup(a, h.b, sizeof(h.b));
}

static int reply_status_of(struct task *t)
{
    const struct node *n = t->node;
    struct json *v = json_new_object(t->arena);
    _buf_ struct buf out = BUF_INIT(STATUS_MAX);

    json_set_str(t->arena, v, "id", n->peer_id);
    json_set_str(t->arena, v, "publicKey", n->public_key);
    json_set_str(t->arena, v, "friendlyName", n->friendly_name);
    json_set_str(t->arena, v, "address", n->address_text);
    json_set_str(t->arena, v, "version", ATOLL_VERSION);
    json_set_bool(t->arena, v, "http", true);
    json_set_bool(t->arena, v, "p2p", false);
    json_set(t->arena, v, "provider", provider(t));
    json_set(t->arena, v, "indexer", indexer(t));
    json_set(t->arena, v, "escrowAddress", escrow_addresses(t));
    json_set(t->arena, v, "supportedStorage", storages(t));
    json_set(t->arena, v, "platform", platform(t));
    json_set_str(t->arena, v, "codeHash", code_hash(t->arena));
    json_set(t->arena, v, "allowedAdmins", admins(t));
    json_set(t->arena, v, "uptime",
             json_new_num(t->arena, (double)(clock_mono_ms() - n->started_ms) / 1000));
    if (n->buckets)
        json_set(t->arena, v, "persistentStorage", persistent_storage(t));
    json_set(t->arena, v, "c2dClusters",
             n->compute ? compute_clusters_json(n->compute, t->arena) : json_new_array(t->arena));
    json_write(&out, v, STATUS_INDENT);
    return reply_bytes(t, "application/json; charset=utf-8", buf_str(&out), out.len);
}

int cmd_status(struct task *t, const struct args_status *args, struct err *e)
{
    (void)args;
    (void)e;
    return reply_status_of(t);
}

int cmd_detailed_status(struct task *t, const struct args_detailed_status *args, struct err *e)
{
    (void)args;
    (void)e;
    return reply_status_of(t);
}
