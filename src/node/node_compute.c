/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_compute.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "indexer/index.h"
#include "node/bucket_access.h"
#include "node/chains.h"

/* The compute engine of a node: how it is made, and what it asks back. */

enum { LOGIN_MAX = 64 * 1024, PAYLOAD_MAX = 4 << 20 };

/* The first file of a payload: {files: [...]}, a list, or one object. */
static const struct json *first_file(const struct json *payload)
{
    const struct json *files = json_get(payload, "files");

    if (!files)
        files = payload;
    return json_is(files, JSON_ARRAY) ? json_at(files, 0) : files;
}

/* Whether a payload was sealed for the service of an asset. */
static bool is_of_asset(const struct json *payload)
{
    struct addr who;

    return (addr_parse_any(json_get_str(payload, "nftAddress", ""), &who) && !addr_is_zero(&who)) ||
           (addr_parse_any(json_get_str(payload, "datatokenAddress", ""), &who) &&
            !addr_is_zero(&who));
}

static int decrypt_file(struct node *n, struct arena *a, const char *hex, bool of_asset,
                        const struct json **ret_file, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(PAYLOAD_MAX);
    struct bytes blob;
    struct json *payload;

    if (!hex_parse(a, hex, &blob))
        return refused(e, ASSET_FILES_KEY);
    if (ecies_decrypt(&n->config->private_key, blob.p, blob.n, &plain, e) < 0 ||
        json_parse(a, buf_str(&plain), plain.len, &payload, e) < 0)
        return refused(e, ASSET_FILES_KEY);
    /* an asset's payload is public: it opens for those who order the asset, not as a file alone */
    if (!of_asset && is_of_asset(payload))
        return refused(e, ASSET_FILES_OTHER);
    *ret_file = first_file(payload);
    return 0;
}

int node_compute_input(struct node *n, struct arena *a, const struct json *stored,
                       const struct json **ret_file, struct err *e)
{
    const struct json *file = json_get(stored, "file");
    bool of_asset = json_get(stored, "did") != NULL; /* then its addresses have been compared */

    if (json_is(file, JSON_STRING) &&
        decrypt_file(n, a, json_str(file, ""), of_asset, &file, e) < 0)
        return -1;
    if (!json_is(file, JSON_OBJECT))
        return refused(e, ASSET_FILES_KEY);
    *ret_file = file;
    return 0;
}

/* A bucket may have been closed to the consumer since the job was accepted. */
static int ask_input(void *ctx, struct arena *a, const struct json *stored,
                     const struct json **ret_file, struct err *e)
{
    struct addr who;

    if (node_compute_input(ctx, a, stored, ret_file, e) < 0)
        return -1;
    if (!bucket_is_file(*ret_file))
        return 0;
    if (!addr_parse_any(json_get_str(stored, "consumer", ""), &who))
        return refused(e, BUCKET_DENIED);
    return bucket_check_file(ctx, a, *ret_file, &who, e);
}

static int ask_bucket(void *ctx, struct arena *a, const char *id, const char *owner,
                      struct bucket *ret, struct err *e)
{
    struct addr who;

    if (!addr_parse_any(owner, &who))
        return refused(e, BUCKET_DENIED);
    return bucket_for_job(ctx, a, id, &who, ret, e);
}

static int ask_output(void *ctx, struct arena *a, const char *stored, struct compute_output *ret,
                      struct err *e)
{
    return node_compute_output(ctx, a, stored, ret, e);
}

int node_compute_login(struct node *n, struct arena *a, const char *sealed, const char **ret_json,
                       struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(LOGIN_MAX);
    struct bytes blob;
    struct json *v;
    struct err why;

    if (!hex_parse(a, sealed, &blob) ||
        ecies_decrypt(&n->config->private_key, blob.p, blob.n, &plain, &why) < 0)
        return refused(e, COMPUTE_REGISTRY_AUTH, "failed to decrypt");
    if (json_parse(a, buf_str(&plain), plain.len, &v, &why) < 0)
        return refused(e, COMPUTE_REGISTRY_AUTH,
                       arena_printf(a, "failed to parse JSON - %s", why.msg));
    if (!json_is(json_get(v, "auth"), JSON_STRING) &&
        (!json_is(json_get(v, "username"), JSON_STRING) ||
         !json_is(json_get(v, "password"), JSON_STRING)))
        return refused(e, COMPUTE_REGISTRY_AUTH,
                       "Either 'auth' must be provided, or both 'username' and 'password' must be "
                       "provided");
    *ret_json = json_text(a, v);
    return 0;
}

static int ask_login(void *ctx, struct arena *a, const char *stored, const char **ret_json,
                     struct err *e)
{
    return node_compute_login(ctx, a, stored, ret_json, e);
}

static const char *ask_ddo(void *ctx, struct arena *a, const char *did)
{
    struct node *n = ctx;
    _db_ struct db *db = store_lend(n->store);
    const char *text = NULL;
    struct err ignored;

    return index_ddo_get(db, a, did, &text, &ignored) < 0 ? NULL : text;
}

int node_compute_open(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct compute_callbacks callbacks = {.ctx = n,
                                                .input = ask_input,
                                                .output = ask_output,
                                                .bucket = ask_bucket,
                                                .login = ask_login,
                                                .ddo = ask_ddo,
                                                .decimals = node_decimals};
    const struct compute_options o = {
        .net = n->net,
        .store = n->store,
        .storage = n->storage,
        .buckets = n->buckets,
        .escrow = n->escrow,
        .data_dir = c->data,
        .consumer_address = n->address_text,
        .engines = c->engines,
        .engine_count = c->engine_count,
        .registry_auths = c->registry_auths,
        .registry_auth_count = c->registry_auth_count,
        .cleanup_cron = c->cron_cleanup_c2d_storage,
        .pull_timeout_s = (int)c->c2d_download_timeout,
        .claim_timeout_s = (int)c->escrow_claim_timeout,
    };

    if (c->engine_count == 0)
        return 0;
    if (compute_new(&o, &callbacks, &n->compute, e) == 0)
        return 0;
    if (e->code != ERR_UNAVAILABLE)
        return -1;
    /* the rest of the node is worth having without an engine */
    log_warn("compute", "no environments are offered: %s", e->msg);
    return 0;
}
