/* SPDX-License-Identifier: Apache-2.0 */
#include "node/compute_parts.h"

#include <stdlib.h>
#include <string.h>

#include "asset/trust.h"
#include "base/clock.h"
#include "base/str.h"
#include "node/bucket_access.h"
#include "node/consume.h"
#include "node/files.h"
#include "node/node_compute.h"
#include "node/seal.h"
#include "order/order.h"

enum { PARTS_MAX = 100 };

/* --- one part --- */

static int check_access(const struct compute_ask *q, const struct compute_part *p, struct err *e)
{
    const struct consume_wish wish = {.action = "startCompute",
                                      .asset = &p->asset,
                                      .service = p->service,
                                      .consumer = q->consumer,
                                      .consumer_text = q->consumer_text,
                                      .policy = q->policy};

    if (consume_allowed(q->task, &wish, e) < 0)
        return -1;
    return p->service ? 0 : refused(e, COMPUTE_SERVICE, p->service_id, p->did);
}

/* What the job keeps of a file that was shown in the clear: it may name keys and passwords. */
static int seal_file(const struct compute_ask *q, struct compute_part *p, struct err *e)
{
    struct arena *a = q->task->arena;
    struct json *payload = json_new_object(a);
    struct json *files = json_new_array(a);
    _buf_ struct buf sealed = BUF_INIT(SEAL_MAX);
    const char *text;

    json_push(a, files, json_copy(a, p->first));
    json_set(a, payload, "files", files);
    text = json_text(a, payload);
    if (node_seal(q->task->node, true, (struct bytes){(const uint8_t *)text, strlen(text)}, &sealed,
                  e) < 0)
        return -1;
    p->file = json_new_str(a, hex0x_dup(a, sealed.data, sealed.len));
    return 0;
}

/* Files that a datatoken keeps: for the node itself, which is the consumer of a job's orders. */
static int fetch_files(const struct compute_ask *q, struct compute_part *p, struct err *e)
{
    const struct files_place place = {&p->asset, p->service, p->service_index};
    struct task *t = q->task;
    struct files_proof proof = files_own_proof(t, p->did);
    struct json *files;

    if (q->quote)
        return 0; /* they are shown to who has ordered */
    if (files_fetch(t, &place, &proof, &files, e) < 0)
        return -1;
    if (json_len(files) == 0)
        return refused(e, COMPUTE_FILES, p->service->id, p->did);
    p->first = json_at(files, 0);
    return seal_file(q, p, e);
}

static int open_files(const struct compute_ask *q, struct compute_part *p, struct err *e)
{
    struct task *t = q->task;
    struct json *files;
    struct err why;

    if (files_are_elsewhere(p->service))
        return fetch_files(q, p, e);
    if (asset_files_open(t->arena, &t->node->config->private_key, &p->asset, p->service, &files,
                         &why) < 0 ||
        json_len(files) == 0)
        return refused(e, COMPUTE_FILES, p->service->id, p->did);
    p->file = json_new_str(t->arena, p->service->files);
    p->first = json_at(files, 0);
    return 0;
}

static int load_asset(const struct compute_ask *q, struct compute_part *p, struct err *e)
{
    struct task *t = q->task;
    bool found;

    if (node_asset_find(t->node, t->arena, p->did, &found, &p->asset, e) < 0)
        return -1;
    if (!found)
        return refused(e, COMPUTE_DDO, p->did);
    if (!asset_is_orderable(&p->asset))
        return refused(e, ASSET_NOT_ORDERABLE);
    if (!node_rpc(t->node, p->asset.chain_id))
        return refused(e, COMPUTE_BLOCKCHAIN, q->verb,
                       arena_printf(t->arena, "%llu", (unsigned long long)p->asset.chain_id));
    p->service = asset_service_find(&p->asset, p->service_id, &p->service_index);
    return check_access(q, p, e) < 0 ? -1 : open_files(q, p, e);
}

static int load_file(const struct compute_ask *q, struct compute_part *p, struct err *e)
{
    struct json *stored = json_new_object(q->task->arena);

    p->file = json_get(p->spec, "fileObject");
    if (!p->file)
        return 0;
    json_set(q->task->arena, stored, "file", json_copy(q->task->arena, p->file));
    if (node_compute_input(q->task->node, q->task->arena, stored, &p->first, e) < 0)
        return -1;
    if (bucket_is_file(p->first))
        return 0;
    if (storage_check(q->task->node->storage, p->first, e) < 0)
        return -1;
    return q->quote || !json_is(p->file, JSON_OBJECT) ? 0 : seal_file(q, p, e);
}

static int load_part(const struct compute_ask *q, const struct json *spec, struct compute_part *ret,
                     struct err *e)
{
    const char *did = json_get_str(spec, "documentId", "");
    struct compute_part p = {
        .spec = spec,
        .did = *did ? did : NULL,
        .service_id = json_get_str(spec, "serviceId", ""),
        .tx = json_get_str(spec, "transferTxId", ""),
    };

    if ((p.did ? load_asset(q, &p, e) : load_file(q, &p, e)) < 0)
        return -1;
    p.in_bucket = bucket_is_file(p.first);
    if (p.in_bucket &&
        bucket_check_file(q->task->node, q->task->arena, p.first, &q->consumer, e) < 0)
        return -1;
    p.consumer = q->consumer;
    *ret = p;
    return 0;
}

/* --- trust --- */

static bool has_lists(const struct compute_parts *p)
{
    size_t i;

    for (i = 0; i < p->dataset_count; i++)
        if (p->dataset[i].service &&
            json_len(json_get(p->dataset[i].service->compute, "publisherTrustedAlgorithms")) > 0)
            return true;
    return false;
}

/* The checksum of the algorithm's file costs a download, so only when a list may ask for it. */
static int describe_algorithm(const struct compute_ask *q, const struct compute_parts *p,
                              struct asset_algorithm *ret, struct err *e)
{
    const struct compute_part *algorithm = &p->algorithm;
    const struct bucket_info_request file = {algorithm->first, &q->consumer, true};
    struct storage_info info;

    *ret = (struct asset_algorithm){.files_checksum = "", .container_checksum = ""};
    if (!algorithm->did)
        return 0;
    ret->did = algorithm->did;
    ret->nft = algorithm->asset.nft_addr;
    ret->service_id = algorithm->service->id;
    if (!has_lists(p))
        return 0;
    ret->container_checksum = asset_checksum_container(q->task->arena, compute_parts_container(p));
    if (bucket_info_get(q->task->node, q->task->arena, &file, &info, e) < 0)
        return -1;
    if (!info.valid || !info.checksum)
        return refused(e, COMPUTE_CHECKSUMS);
    ret->files_checksum = info.checksum;
    return 0;
}

static int check_trust(const struct compute_ask *q, const struct compute_parts *p, struct err *e)
{
    struct asset_algorithm algorithm;
    bool strict = q->task->node->config->strict_trusted_algorithms;
    size_t i;

    /* a quote for files that are not shown yet: the start will judge them */
    if (p->algorithm.did && !p->algorithm.first)
        return 0;
    if (describe_algorithm(q, p, &algorithm, e) < 0)
        return -1;
    for (i = 0; i < p->dataset_count; i++)
        if (p->dataset[i].service && !asset_trusts(p->dataset[i].service, &algorithm, strict))
            return refused(e, COMPUTE_NOT_TRUSTED, algorithm.did ? algorithm.did : "undefined",
                           p->dataset[i].did);
    return 0;
}

/* --- all parts --- */

static int check_algorithm(const struct compute_part *p, struct err *e)
{
    if (p->did || p->file || json_is(json_path(p->spec, "meta.rawcode"), JSON_STRING))
        return 0;
    return refused(e, COMPUTE_CHECKSUMS);
}

int compute_parts_load(const struct compute_ask *q, const struct json *datasets,
                       const struct json *algorithm, struct compute_parts *ret, struct err *e)
{
    struct compute_parts p = {.dataset_count = json_len(datasets)};
    size_t i;

    if (p.dataset_count > PARTS_MAX)
        return failed(e, INVALID, "a job takes at most %d datasets", PARTS_MAX);
    p.dataset = arena_calloc(q->task->arena, p.dataset_count + 1, sizeof(*p.dataset));
    if (load_part(q, algorithm, &p.algorithm, e) < 0 || check_algorithm(&p.algorithm, e) < 0)
        return -1;
    for (i = 0; i < p.dataset_count; i++) {
        if (load_part(q, json_at(datasets, i), &p.dataset[i], e) < 0)
            return -1;
        if (!p.dataset[i].did && !p.dataset[i].file)
            return refused(e, COMPUTE_DATASET);
    }
    if (check_trust(q, &p, e) < 0)
        return -1;
    *ret = p;
    return 0;
}

/* --- orders --- */

bool compute_part_order(const struct compute_ask *q, const struct compute_part *part,
                        struct order_request *ret)
{
    *ret = (struct order_request){
        .nft = part->asset.nft_addr,
        .datatoken = part->service->datatoken_addr,
        .consumer = q->task->node->address,
        .service_index = part->service_index,
        .timeout_s = part->service->timeout_s,
        .cost = part->service->cost,
    };
    return hash32_parse(part->tx, &ret->tx);
}

/* Sold only: there is a price, and none of 0. */
static bool has_price(const struct compute_part *p)
{
    const struct json *stats = json_path(p->asset.json, "indexedMetadata.stats");
    const struct json *prices = NULL;
    size_t i;

    for (i = 0; i < json_len(stats); i++)
        if (str_ieq(json_get_str(json_at(stats, i), "datatokenAddress", ""), p->service->datatoken))
            prices = json_get(json_at(stats, i), "prices");
    for (i = 0; i < json_len(prices); i++) {
        const struct json *price = json_get(json_at(prices, i), "price");
        double v =
            json_is(price, JSON_STRING) ? strtod(json_str(price, "0"), NULL) : json_num(price, 0);

        if (!(v > 0))
            return false;
    }
    return json_len(prices) > 0;
}

static int order_refused(const struct compute_ask *q, const struct compute_part *p, struct err *e)
{
    const char *how_many;

    if (!order_is_refusal(e))
        return err_wrap(e, "%s", q->verb);
    if (e->code != ERR_ORDER_SHORT)
        return refused(e, COMPUTE_ORDER, p->tx, p->did, p->service->id);
    how_many = arena_strdup(q->task->arena, e->msg);
    return refused(e, COMPUTE_ORDER_SHORT, p->tx, p->did, p->service->id, how_many);
}

static int check_paid(const struct compute_ask *q, const struct compute_part *p, struct err *e)
{
    struct task *t = q->task;
    const struct order_fees *fees = t->node->fees;
    struct order_request r;
    struct order order;

    if (!p->did || (q->free_job && !has_price(p)))
        return 0;
    if (!*p->tx)
        return refused(e, COMPUTE_NO_TX, p->did);
    if (!compute_part_order(q, p, &r))
        return refused(e, COMPUTE_ORDER, p->tx, p->did, p->service->id);
    if (order_check(node_rpc(t->node, p->asset.chain_id), t->arena, &r, &order, e) < 0)
        return order_refused(q, p, e);
    if (order_fee_is_due(fees, p->asset.chain_id) &&
        !order_fee_paid(fees, &order.receipt, &r.datatoken, p->service->id, clock_s()))
        return refused(e, COMPUTE_ORDER_FEE, p->tx, p->did, p->service->id);
    return 0;
}

int compute_parts_paid(const struct compute_ask *q, const struct compute_parts *p, struct err *e)
{
    size_t i;

    for (i = 0; i < p->dataset_count; i++)
        if (check_paid(q, &p->dataset[i], e) < 0)
            return -1;
    return check_paid(q, &p->algorithm, e);
}

/* --- what the job keeps --- */

static void copy_member(struct arena *a, struct json *to, const char *name, const struct json *from)
{
    if (from)
        json_set(a, to, name, json_copy(a, from));
}

static struct json *stored_part(struct arena *a, const struct compute_part *p)
{
    struct json *v = json_new_object(a);

    if (p->did) {
        json_set_str(a, v, "did", p->did);
        json_set_str(a, v, "serviceId", p->service->id);
    }
    copy_member(a, v, "file", p->file);
    copy_member(a, v, "userdata", json_get(p->spec, "userdata"));
    if (p->in_bucket)
        json_set_str(a, v, "consumer", addr_text(a, &p->consumer));
    return v;
}

struct json *compute_parts_inputs(struct arena *a, const struct compute_parts *p)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < p->dataset_count; i++)
        json_push(a, list, stored_part(a, &p->dataset[i]));
    return list;
}

const struct json *compute_parts_container(const struct compute_parts *p)
{
    if (p->algorithm.did)
        return json_get(p->algorithm.asset.algorithm, "container");
    return json_path(p->algorithm.spec, "meta.container");
}

struct json *compute_parts_algorithm(struct arena *a, const struct compute_parts *p)
{
    const struct compute_part *algorithm = &p->algorithm;
    struct json *v = stored_part(a, algorithm);
    const struct json *raw = json_path(algorithm->spec, "meta.rawcode");

    /* of an asset only what was published runs, whatever the request says beside it */
    if (!algorithm->did && !algorithm->file)
        copy_member(a, v, "rawcode", raw);
    copy_member(a, v, "container", compute_parts_container(p));
    copy_member(a, v, "envs", json_get(algorithm->spec, "envs"));
    copy_member(a, v, "algocustomdata", json_get(algorithm->spec, "algocustomdata"));
    return v;
}
