/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/str.h"
#include "node/consume.h"
#include "node/files.h"
#include "node/node.h"
#include "node/serve_file.h"

/* What a download is of, once found. */
struct wanted {
    struct asset asset;
    const struct asset_service *service;
    size_t index;
    struct rpc *rpc;
    struct addr consumer;
};

static int check_asset(struct task *t, const struct args_download *args, struct wanted *w,
                       struct err *e)
{
    bool found;

    if (node_asset_find(t->node, t->arena, args->document_id, &found, &w->asset, e) < 0)
        return -1;
    if (!found)
        return refused(e, ASSET_UNKNOWN);
    if (!asset_is_orderable(&w->asset))
        return refused(e, ASSET_NOT_ORDERABLE);
    w->rpc = node_rpc(t->node, w->asset.chain_id);
    if (!w->rpc)
        return refused(e, DOWNLOAD_CHAIN, (unsigned long long)w->asset.chain_id);
    w->service = asset_service_find(&w->asset, args->service_id, &w->index);
    return 0;
}

static int check_access(struct task *t, const struct args_download *args, const struct wanted *w,
                        struct err *e)
{
    const struct consume_wish wish = {.action = "download",
                                      .asset = &w->asset,
                                      .service = w->service,
                                      .consumer = w->consumer,
                                      .consumer_text = auth_is_given(args->consumer_address)
                                                           ? args->consumer_address
                                                           : addr_text(t->arena, &w->consumer),
                                      .policy = args->policy_server};

    if (consume_allowed(t, &wish, e) < 0)
        return -1;
    return w->service ? 0 : refused(e, ASSET_SERVICE);
}

/* Data for computing never leaves, but to an environment. */
static int check_type(struct task *t, const struct wanted *w, struct err *e)
{
    if (!str_eq(w->service->type, "compute"))
        return 0;
    if (t->node->config->engine_count == 0)
        return refused(e, DOWNLOAD_NO_COMPUTE);
    if (!addr_eq(&w->consumer, &t->node->address))
        return refused(e, DOWNLOAD_COMPUTE);
    return 0;
}

static int check_order(struct task *t, const struct args_download *args, const struct wanted *w,
                       struct err *e)
{
    struct order_request q = consume_order(&w->asset, w->service, w->index, &w->consumer);
    struct order order;

    if (!hash32_parse(args->transfer_tx_id, &q.tx))
        return refused(e, ORDER_NOT_MINED, args->transfer_tx_id);
    if (order_check(w->rpc, t->arena, &q, &order, e) < 0)
        return -1;
    if (!order_fee_paid(t->node->fees, &order.receipt, &q.datatoken, w->service->id, clock_s()))
        return refused(e, ORDER_FEES);
    return 0;
}

/* What a datatoken keeps it gives against the signature of this very request. */
static int fetch_files(struct task *t, const struct args_download *args, const struct wanted *w,
                       struct json **ret, struct err *e)
{
    const struct files_place place = {&w->asset, w->service, w->index};
    struct files_proof proof = {.who = w->consumer};

    if (auth_is_given(args->consumer_address) && auth_is_given(args->nonce) &&
        auth_is_given(args->signature) && hex_parse(t->arena, args->signature, &proof.signature))
        proof.text = arena_printf(t->arena, "%s%sdownload", args->consumer_address, args->nonce);
    else
        proof.signature.n = 0;
    return files_fetch(t, &place, &proof, ret, e);
}

static int find_file(struct task *t, const struct args_download *args, const struct wanted *w,
                     const struct json **ret, struct err *e)
{
    struct json *files;

    if (files_are_elsewhere(w->service) ? fetch_files(t, args, w, &files, e) < 0
                                        : asset_files_open(t->arena, &t->node->config->private_key,
                                                           &w->asset, w->service, &files, e) < 0)
        return -1;
    if (args->file_index >= (int64_t)json_len(files))
        return refused(e, FILE_INDEX, (long long)args->file_index, json_len(files));
    *ret = json_at(files, (size_t)args->file_index);
    if (str_ieq(json_get_str(*ret, "type", ""), "nodePersistentStorage"))
        return refused(e, DOWNLOAD_BUCKET);
    return 0;
}

/* download: a file that was ordered, as it comes from its origin.  See api/download.json. */
int cmd_download(struct task *t, const struct args_download *args, struct err *e)
{
    const struct auth_request who = {.command = "download",
                                     .address = args->consumer_address,
                                     .nonce = args->nonce,
                                     .signature = args->signature,
                                     .token = t->authorization,
                                     .rule = AUTH_COMMAND};
    struct serve_file f = {.userdata = args->userdata ? args->userdata : args->user_data};
    struct serve_seal seal;
    struct wanted w;

    if (auth_check(t->node->auth, &who, &w.consumer, e) < 0)
        return -1;
    if (check_asset(t, args, &w, e) < 0)
        return -1;
    if (check_access(t, args, &w, e) < 0)
        return -1;
    if (check_type(t, &w, e) < 0)
        return -1;
    if (check_order(t, args, &w, e) < 0)
        return -1;
    if (find_file(t, args, &w, &f.file, e) < 0)
        return -1;
    if (t->direct && args->aes_encrypted_key) {
        if (serve_seal_open(t, args->aes_encrypted_key, &seal, e) < 0)
            return -1;
        f.seal = &seal;
    }
    return serve_file(t, &f, e);
}
