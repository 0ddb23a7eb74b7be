/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asset/published.h"
#include "auth/login.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/hash.h"
#include "crypto/identity.h"
#include "crypto/random.h"
#include "gateway/gateway.h"
#include "indexer/index.h"
#include "net/guard.h"
#include "node/chains.h"
#include "node/collect.h"
#include "node/ddo_cache.h"
#include "node/dispatch.h"
#include "node/hosts.h"
#include "node/index_jobs.h"
#include "node/memo.h"
#include "node/node_backup.h"
#include "node/node_compute.h"
#include "node/node_gateway.h"
#include "node/node_packages.h"
#include "node/node_pools.h"
#include "node/node_service.h"
#include "node/node_wizard.h"
#include "node/own.h"
#include "node/policy.h"
#include "node/root.h"
#include "node/settings.h"
#include "node/visits.h"
#include "service/service.h"
#include "service/shell.h"
#include "service/templates.h"

/* The node reads as a table of contents: each start_... is one part, in the order of the parts. */

enum { OWN_NAMES = 4, LARGE_PIECE = 256 << 10, TERMS_MAX = 256 << 10 };

static void start_identity(struct node *n)
{
    const struct seckey *key = &n->config->private_key;
    uint8_t compressed[33];

    n->pubkey = pubkey_of(key);
    n->address = pubkey_addr(&n->pubkey);
    pubkey_compress(&n->pubkey, compressed);
    n->address_text = addr_text(n->arena, &n->address);
    n->peer_id = identity_peer_id(n->arena, &n->pubkey);
    n->friendly_name = identity_friendly_name(n->arena, &n->pubkey);
    n->public_key = hex_dup(n->arena, compressed, sizeof(compressed));
    n->started_ms = clock_mono_ms();
}

static int start_buckets(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct buckets_options o = {.store = n->store,
                                      .folder = c->persistent_storage_folder,
                                      .file_max = c->max_bucket_file_size,
                                      .bucket_max = c->max_bucket_size,
                                      .files_max = c->max_bucket_files,
                                      .per_owner_max = c->max_buckets,
                                      .reserve = c->bucket_disk_reserve};

    return c->persistent_storage ? buckets_open(&o, &n->buckets, e) : 0;
}

static int start_logs(struct node *n, struct err *e)
{
    const struct logbook_options o = settings_logs(n->config);

    log_set_level(n->config->log_level);
    log_set_console(n->config->log_console);
    return logbook_open(n->store, n->config->data, &o, &n->logbook, e);
}

/* What means this node: its peer id, then URLs. Whatever leads there is answered in process. */
static size_t own_names(const struct node *n, const char **names)
{
    size_t count = 0;
    int port = (int)n->config->http_port;

    names[count++] = n->peer_id;
    if (n->config->public_url)
        names[count++] = n->config->public_url;
    if (port > 0) {
        const char *scheme = n->config->http_cert_path ? "https" : "http";

        names[count++] = arena_printf(n->arena, "%s://127.0.0.1:%d", scheme, port);
        names[count++] = arena_printf(n->arena, "%s://localhost:%d", scheme, port);
    }
    return count;
}

static void note_own_urls(struct node *n)
{
    const char **names = arena_calloc(n->arena, OWN_NAMES, sizeof(*names));
    size_t count = own_names(n, names);
    size_t i;

    for (i = 1; i < count; i++) {
        char *url = arena_strdup(n->arena, names[i]);

        if (str_ends(url, "/"))
            url[strlen(url) - 1] = '\0';
        names[i] = url;
    }
    n->own = (struct storage_own){names + 1, count - 1, own_answer, n};
}

static int start_net(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct guard_rules rules = {.allow_private = c->allow_private_urls,
                                      .allow = c->allow_private_cidrs.items,
                                      .allow_count = c->allow_private_cidrs.count,
                                      .patterns = c->unsafe_urls.items,
                                      .pattern_count = c->unsafe_urls.count};
    const struct storage_options o = {.ipfs_gateway = c->ipfs_gateway,
                                      .arweave_gateway = c->arweave_gateway,
                                      .checksum_max = c->max_checksum_length,
                                      .peer_id = n->peer_id,
                                      .key = &c->private_key,
                                      .own = &n->own};
    struct storage_options with_net = o;

    if (c->extra_ca_file && access(c->extra_ca_file, R_OK) < 0)
        return failed(e, INVALID, "NODE_EXTRA_CA_CERTS: %s cannot be read: %m", c->extra_ca_file);
    note_own_urls(n);
    guard_set(&rules);
    n->net = net_new();
    net_trust(n->net, c->extra_ca_file);
    with_net.net = n->net;
    with_net.buckets = n->buckets;
    n->storage = storage_new(&with_net);
    return 0;
}

static void start_chains(struct node *n)
{
    const struct config *c = n->config;
    size_t i;
    size_t k;

    n->memo = node_memo_new();
    n->lists = (struct asset_lists){n, node_has_list};
    n->chains = arena_calloc(n->arena, c->network_count, sizeof(*n->chains));
    n->chain_count = c->network_count;
    for (i = 0; i < c->network_count; i++) {
        const struct config_network *w = &c->networks[i];
        const char **urls = arena_calloc(n->arena, 1 + w->fallback_rpcs.count, sizeof(*urls));
        struct sender_config s = {.store = n->store, .key = c->private_key};

        urls[0] = w->rpc;
        for (k = 0; k < w->fallback_rpcs.count; k++)
            urls[k + 1] = w->fallback_rpcs.items[k];
        n->chains[i].network = w;
        n->chains[i].rpc = rpc_new(n->net, w->chain_id, urls, 1 + w->fallback_rpcs.count);
        s.rpc = n->chains[i].rpc;
        n->chains[i].sender = sender_new(&s);
        seckey_wipe(&s.key);
    }
}

/* People are to read it: UTF-8 as JSON's parser has it. */
static bool is_text(struct arena *a, struct bytes text)
{
    _buf_ struct buf quoted = BUF_INIT(8 * TERMS_MAX);
    struct json *v;
    struct err ignored;

    json_write_string(&quoted, (const char *)text.p, text.n);
    return text.n > 0 && json_parse(a, buf_str(&quoted), quoted.len, &v, &ignored) == 0;
}

/* The operator's terms; *ret stays NULL without a file. */
static int read_terms(const struct node *n, char **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *path = n->config->terms_file;
    struct bytes text;

    if (!path)
        return 0;
    if (fs_read(a, path, TERMS_MAX, &text, e) < 0)
        return err_wrap(e, "TERMS_FILE");
    if (!is_text(a, text))
        return failed(e, INVALID, "TERMS_FILE: %s is empty or no text", path);
    *ret = arena_strndup(n->arena, (const char *)text.p, text.n);
    return 0;
}

/* What phones seal their answers for. Changing the purpose would make logins that have begun end.
 */
static const char box_purpose[] = "atoll: X25519 seed of 3Bot Connect, 1";

/* Who runs the directory is believed about keys, so the way there must be safe. */
static int check_connect_url(const char *name, const char *url, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *host = url && str_starts(url, "http://") ? url + strlen("http://") : NULL;

    if (!host || host_is_loopback(arena_strndup(a, host, strcspn(host, ":/?#"))))
        return 0;
    return failed(e, INVALID, "%s: %s is neither https nor on this machine", name, url);
}

static int start_auth(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    struct hash32 seed = hkdf_sha256(&c->private_key, sizeof(c->private_key), box_purpose);
    const struct auth_connect connect = {.url = c->connect_url,
                                         .verification = c->connect_verification_url,
                                         .seed = seed.b,
                                         .net = n->net};
    struct auth_options o = {.token_secret = c->jwt_secret,
                             .admins = c->allowed_admins.items,
                             .admins_count = c->allowed_admins.count,
                             .admin_names = c->marketplace_admins.items,
                             .admin_names_count = c->marketplace_admins.count,
                             .session_s = c->session_lifetime,
                             .idle_s = c->session_idle,
                             .connect = &connect};
    const struct auth_callbacks callbacks = {n, node_is_valid_signature, node_is_listed_admin};
    char *terms = NULL;
    int r;

    if (read_terms(n, &terms, e) < 0 || check_connect_url("CONNECT_URL", c->connect_url, e) < 0 ||
        check_connect_url("CONNECT_VERIFICATION_URL", c->connect_verification_url, e) < 0)
        return -1;
    o.terms = terms;
    r = auth_new(n->store, &o, &callbacks, &n->auth, e);
    wipe(&seed, sizeof(seed));
    return r;
}

static void start_fees(struct node *n)
{
    const struct config *c = n->config;
    size_t count = c->fee_token_count > 0 ? c->fee_token_count : c->network_count;
    struct order_fee_token *tokens = arena_calloc(n->arena, count, sizeof(*tokens));
    const struct order_fees_options o = {.key = &c->private_key,
                                         .tokens = tokens,
                                         .token_count = count,
                                         .amount = c->fee_token_count > 0 ? c->fee_amount : NULL};
    size_t i;

    for (i = 0; i < count; i++)
        tokens[i] =
            c->fee_token_count > 0
                ? (struct order_fee_token){c->fee_tokens[i].chain_id, c->fee_tokens[i].token}
                : (struct order_fee_token){c->networks[i].chain_id, c->networks[i].contracts.ocean};
    n->fees = order_fees_new(&o);
}

static void make_escrow(struct node *n)
{
    struct escrow_chain *on = arena_calloc(n->arena, n->chain_count, sizeof(*on));
    size_t i;

    for (i = 0; i < n->chain_count; i++)
        on[i] = (struct escrow_chain){n->chains[i].rpc, n->chains[i].sender,
                                      n->chains[i].network->contracts.escrow};
    n->escrow = escrow_new(n->store, on, n->chain_count);
}

/* Money: the journal goes on before the senders tell it how its transactions ended. */
static int start_money(struct node *n, struct err *e)
{
    size_t i;

    make_escrow(n);
    collect_open(n);
    if (node_compute_open(n, e) < 0)
        return -1;
    node_pools_open(n);
    if (escrow_start(n->escrow, e) < 0)
        return -1;
    for (i = 0; i < n->chain_count; i++)
        sender_start(n->chains[i].sender);
    return n->compute ? compute_run(n->compute, e) : 0;
}

/* --- the indexer --- */

static int decrypt_blob(void *ctx, struct arena *a, struct bytes blob, struct bytes *ret,
                        struct err *e)
{
    struct node *n = ctx;
    _buf_ struct buf out = BUF_INIT(PUBLISHED_MAX);

    if (ecies_decrypt(&n->config->private_key, blob.p, blob.n, &out, e) < 0)
        return -1;
    *ret = (struct bytes){arena_memdup(a, buf_str(&out), out.len + 1), out.len};
    return 0;
}

static int sign_message(void *ctx, struct arena *a, const char *message, const char **ret,
                        struct err *e)
{
    struct node *n = ctx;
    struct hash32 k = keccak256(message, strlen(message));
    size_t zeros = 0;
    struct sig sig;

    (void)e;
    while (zeros < sizeof(k.b) && k.b[zeros] == 0) /* form B: as ocean.js signs */
        zeros++;
    sig = eip191_sign(&n->config->private_key, k.b + zeros, sizeof(k.b) - zeros);
    *ret = sig_text(a, &sig);
    return 0;
}

static void start_indexer(struct node *n)
{
    const struct config *c = n->config;
    struct indexer_chain *chains = arena_calloc(n->arena, n->chain_count, sizeof(*chains));
    const char **names = arena_calloc(n->arena, OWN_NAMES, sizeof(*names));
    struct indexer_options o = {.store = n->store,
                                .net = n->net,
                                .chains = chains,
                                .keys = {decrypt_blob, sign_message, n},
                                .node_address = n->address,
                                .own_names = names,
                                .own_name_count = own_names(n, names),
                                .policy = settings_policy(n->arena, c),
                                .review = {policy_is_configured(n) ? policy_review : NULL, n},
                                .jobs = {index_job_done, n},
                                .interval_ms = c->indexer_interval};
    size_t i;

    for (i = 0; i < n->chain_count; i++) {
        const struct config_network *w = n->chains[i].network;

        if (c->has_indexer && w->indexed && w->contracts.known)
            chains[o.chain_count++] =
                (struct indexer_chain){w->chain_id,         n->chains[i].rpc,
                                       w->start_block,      w->contracts.erc721_factory,
                                       w->contracts.router, w->contracts.escrow};
    }
    if (o.chain_count == 0)
        return;
    n->indexer = indexer_start(&o);
    index_jobs_resume(n);
}

/* --- the listener --- */

static struct http_tls tls_files(const struct config *c)
{
    return (struct http_tls){c->http_cert_path, c->http_key_path, "HTTP_CERT_PATH",
                             "HTTP_KEY_PATH"};
}

int node_renew_tls(struct node *n, struct err *e)
{
    const struct http_tls tls = tls_files(n->config);

    return http_server_renew(n->http, &tls, e);
}

static int start_http(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct http_tls tls = tls_files(c);
    struct http_options o = settings_limits(n->arena, c);
    const struct http_app app = dispatch_app(n);

    o.bind = c->http_bind;
    o.port = (int)c->http_port;
    o.workers = (size_t)c->workers;
    o.tls = c->http_cert_path ? &tls : NULL;
    n->root = root_text(n);
    return http_server_start(&o, &app, &n->http, e);
}

/* Each is told of the others before any of them runs. */
static int start_solutions(struct node *n, struct err *e)
{
    if (node_backup_open(n, e) < 0 || node_service_open(n, e) < 0)
        return -1;
    if (node_service_look_back(n, e) < 0 || pools_run(n->pools, e) < 0 ||
        backup_start(n->backup, e) < 0)
        return -1;
    return node_service_start(n, e);
}

int node_start(const struct config *c, struct node **ret, struct err *e)
{
    struct node *n = xcalloc(1, sizeof(*n));

    /* Workers come and go through few heaps: memory that one freed serves the others. */
    (void)mallopt(M_ARENA_MAX, 2);
    /* Large pieces go back to the system at once: glibc would raise this by itself and keep them.
     */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_PIECE);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE_PIECE);
    n->arena = arena_new();
    n->config = c;
    start_identity(n);
    settings_open(n);
    if (store_open(c->data, &n->store, e) < 0 || start_logs(n, e) < 0 || start_buckets(n, e) < 0)
        goto fail;
    n->ddos = ddo_cache_new(n->store);
    if (start_net(n, e) < 0)
        goto fail;
    start_chains(n);
    start_fees(n);
    if (start_auth(n, e) < 0 || node_chains_check(n, e) < 0 || node_gateway_open(n, e) < 0 ||
        node_packages_open(n, e) < 0 || start_money(n, e) < 0 || start_solutions(n, e) < 0)
        goto fail;
    start_indexer(n);
    node_wizard_open(n);
    node_wizard_start(n);
    n->visits = visits_new(n);
    if (start_http(n, e) < 0)
        goto fail;
    node_gateway_start(n);
    *ret = n;
    return 0;
fail:
    node_stop(n, 0);
    return -1;
}

void node_stop(struct node *n, int limit_ms)
{
    size_t i;

    if (!n)
        return;
    collect_stop(n); /* nobody waits any longer for a transfer to be mined */
    http_server_stop(n->http, limit_ms);
    service_shells_stop(n->services); /* what runs in them is ended while Docker can be asked */
    visits_free(n->visits);
    if (n->net)
        net_stop(n->net); /* whoever waits for the network gets an error now */
    wizards_free(n->wizards);
    gateway_stop(n->gateway);
    indexer_stop(n->indexer);
    for (i = 0; i < n->chain_count; i++)
        sender_stop(n->chains[i].sender);
    escrow_stop(n->escrow);
    backup_stop(n->backup); /* a deployment that is being filled is let go */
    service_stop(n->services);
    backup_free(n->backup);
    pools_free(n->pools); /* its workers may tell who listens to them */
    service_free(n->services);
    templates_free(n->templates);
    compute_free(n->compute);
    escrow_free(n->escrow);
    node_packages_close(n);
    order_fees_free(n->fees);
    gateway_free(n->gateway);
    auth_free(n->auth);
    for (i = 0; i < n->chain_count; i++) {
        sender_free(n->chains[i].sender);
        rpc_free(n->chains[i].rpc);
    }
    node_memo_free(n->memo);
    ddo_cache_free(n->ddos);
    storage_free(n->storage);
    net_free(n->net);
    buckets_close(n->buckets);
    collect_free(n);
    settings_close(n);
    logbook_close(n->logbook);
    log_set_console(true);
    store_close(n->store);
    arena_free(n->arena);
    free(n);
}

int node_asset_find(struct node *n, struct arena *a, const char *did, bool *ret_found,
                    struct asset *ret, struct err *e)
{
    _db_ struct db *db = store_lend(n->store);
    const char *text = NULL;
    struct json *ddo;
    struct err why;

    *ret_found = false;
    if (index_ddo_get(db, a, did, &text, e) < 0)
        return -1;
    *ret_found = text && json_parse(a, text, strlen(text), &ddo, &why) == 0 &&
                 asset_parse(a, ddo, ret, &why) == 0;
    return 0;
}
