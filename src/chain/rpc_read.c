/* SPDX-License-Identifier: Apache-2.0 */
/* The typed calls: every value of an answer is checked before it is used. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "chain/rpc_int.h"

/* One call with up to two parameters; NULL ends them. */
static int call(struct rpc *r, struct arena *a, const char *method, struct json *const *params,
                struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < 2 && params[i]; i++)
        json_push(a, list, params[i]);
    return rpc_call(r, a, method, list, ret, e);
}

#define PARAMS(...) ((struct json *const[]){__VA_ARGS__, NULL, NULL})

/* Parameters of an eth_call at the latest block. */
static struct json *read_params(struct arena *a, const struct addr *to, struct bytes data)
{
    struct json *params = json_new_array(a);
    struct json *tx = json_new_object(a);

    json_set_str(a, tx, "to", hex0x_dup(a, to->b, sizeof(to->b)));
    json_set(a, tx, "data", rpc__hex_bytes(a, data));
    json_push(a, params, tx);
    json_push(a, params, json_new_str(a, "latest"));
    return params;
}

int rpc_read(struct rpc *r, struct arena *a, const struct addr *to, struct bytes data,
             struct bytes *ret, struct err *e)
{
    struct json *result;

    if (rpc_call(r, a, "eth_call", read_params(a, to, data), &result, e) < 0)
        return -1;
    if (!rpc__bytes(a, result, ret))
        return rpc__malformed(e, "eth_call");
    return 0;
}

/* Public endpoints refuse large batches. */
enum { READ_BATCH = 100 };

int rpc_read_within(struct rpc *r, struct arena *a, int limit_ms, struct rpc_reading *items,
                    size_t n, struct err *e)
{
    struct rpc_item calls[READ_BATCH];
    size_t i;

    must(n <= READ_BATCH);
    for (i = 0; i < n; i++)
        calls[i] = (struct rpc_item){.method = "eth_call",
                                     .params = read_params(a, &items[i].to, items[i].data),
                                     .may_fail = true};
    if (rpc__batch_within(r, a, limit_ms, calls, n, e) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        items[i].answered = calls[i].result != NULL;
        if (items[i].answered && !rpc__bytes(a, calls[i].result, &items[i].answer))
            return rpc__malformed(e, "eth_call");
    }
    return 0;
}

int rpc_read_many(struct rpc *r, struct arena *a, struct rpc_reading *items, size_t n,
                  struct err *e)
{
    size_t at;
    size_t part;

    for (at = 0; at < n; at += part) {
        part = n - at < READ_BATCH ? n - at : READ_BATCH;
        if (rpc_read_within(r, a, 0, items + at, part, e) < 0)
            return -1;
    }
    return 0;
}

int rpc_block_number(struct rpc *r, uint64_t *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *result;

    if (rpc_call(r, a, "eth_blockNumber", NULL, &result, e) < 0)
        return -1;
    if (!rpc__height(result, ret))
        return rpc__malformed(e, "eth_blockNumber");
    return 0;
}

int rpc_balance(struct rpc *r, const struct addr *who, struct u256 *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *address = json_new_str(a, hex0x_dup(a, who->b, sizeof(who->b)));
    struct json *result;

    if (call(r, a, "eth_getBalance", PARAMS(address, json_new_str(a, "latest")), &result, e) < 0)
        return -1;
    if (!rpc__u256(result, ret))
        return rpc__malformed(e, "eth_getBalance");
    return 0;
}

/* --- logs --- */

static bool get_hash(const struct json *object, const char *key, struct hash32 *ret)
{
    return hash32_parse(json_get_str(object, key, NULL), ret);
}

static bool get_addr(const struct json *object, const char *key, struct addr *ret)
{
    return addr_parse_any(json_get_str(object, key, NULL), ret);
}

static bool read_log(struct arena *a, const struct json *j, struct rpc_log *ret)
{
    const struct json *topics = json_get(j, "topics");
    size_t i;

    *ret = (struct rpc_log){.topic_count = json_len(topics)};
    if (ret->topic_count > 4 || json_get_bool(j, "removed", false))
        return false;
    (void)rpc__height(json_get(j, "transactionIndex"), &ret->tx_index);
    for (i = 0; i < ret->topic_count; i++) {
        if (!hash32_parse(json_str(json_at(topics, i), NULL), &ret->topics[i]))
            return false;
    }
    return get_addr(j, "address", &ret->address) && get_hash(j, "transactionHash", &ret->tx) &&
           get_hash(j, "blockHash", &ret->block_hash) &&
           rpc__height(json_get(j, "blockNumber"), &ret->block) &&
           rpc__height(json_get(j, "logIndex"), &ret->index) &&
           rpc__bytes(a, json_get(j, "data"), &ret->data);
}

enum { LOGS_MAX = 200000 }; /* of one answer; an honest endpoint refuses long before */

static bool read_logs(struct arena *a, const struct json *list, struct rpc_log **ret,
                      size_t *ret_count)
{
    size_t n = json_len(list);
    struct rpc_log *logs;
    size_t i;

    if (!json_is(list, JSON_ARRAY) || n > LOGS_MAX)
        return false;
    logs = arena_calloc(a, n, sizeof(*logs));
    for (i = 0; i < n; i++) {
        if (!read_log(a, json_at(list, i), &logs[i]))
            return false;
    }
    *ret = logs;
    *ret_count = n;
    return true;
}

static bool is_asked_for(const struct rpc_log *log, const struct rpc_log_filter *filter)
{
    bool of_one = filter->address_count == 0;
    size_t i;

    for (i = 0; i < filter->address_count && !of_one; i++)
        of_one = addr_eq(&log->address, &filter->addresses[i]);
    if (!of_one ||
        (filter->fourth && (log->topic_count < 4 || !hash32_eq(&log->topics[3], filter->fourth))))
        return false;
    for (i = 0; i < filter->topic_count; i++)
        if (log->topic_count > 0 && hash32_eq(&log->topics[0], &filter->topics[i]))
            return true;
    return filter->topic_count == 0;
}

/* Drops what an endpoint adds of its own accord; false when a log is of a block not asked for. */
static bool keep_asked(struct rpc_log *logs, size_t *n, const struct rpc_log_filter *filter)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < *n; i++) {
        if (logs[i].block < filter->from || logs[i].block > filter->to)
            return false;
        if (is_asked_for(&logs[i], filter))
            logs[kept++] = logs[i];
    }
    *n = kept;
    return true;
}

static struct json *addresses_json(struct arena *a, const struct rpc_log_filter *filter)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < filter->address_count; i++)
        json_push(
            a, list,
            json_new_str(a, hex0x_dup(a, filter->addresses[i].b, sizeof(filter->addresses[i].b))));
    return filter->address_count == 1 ? json_at(list, 0) : list;
}

/* [[first, or, first], any, any, fourth], as far as they are asked for. */
static struct json *topics_json(struct arena *a, const struct rpc_log_filter *filter)
{
    struct json *positions = json_new_array(a);
    struct json *first = json_new_array(a);
    size_t i;

    for (i = 0; i < filter->topic_count; i++)
        json_push(a, first, json_new_str(a, hash32_text(a, &filter->topics[i])));
    json_push(a, positions, filter->topic_count ? first : json_new_null(a));
    if (filter->fourth) {
        json_push(a, positions, json_new_null(a));
        json_push(a, positions, json_new_null(a));
        json_push(a, positions, json_new_str(a, hash32_text(a, filter->fourth)));
    }
    return positions;
}

static struct json *filter_params(struct arena *a, const struct rpc_log_filter *filter)
{
    struct json *params = json_new_array(a);
    struct json *j = json_new_object(a);

    json_set(a, j, "fromBlock", rpc__hex_u64(a, filter->from));
    json_set(a, j, "toBlock", rpc__hex_u64(a, filter->to));
    if (filter->address_count > 0)
        json_set(a, j, "address", addresses_json(a, filter));
    if (filter->topic_count > 0 || filter->fourth)
        json_set(a, j, "topics", topics_json(a, filter));
    json_push(a, params, j);
    return params;
}

static int by_place(const void *a, const void *b)
{
    const struct rpc_log *x = a;
    const struct rpc_log *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Several answers become one: sorted, and what fits two filters stands there once. */
static size_t merge(struct rpc_log *logs, size_t n)
{
    size_t kept = 0;
    size_t i;

    qsort(logs, n, sizeof(*logs), by_place);
    for (i = 0; i < n; i++)
        if (kept == 0 || by_place(&logs[kept - 1], &logs[i]) != 0)
            logs[kept++] = logs[i];
    return kept;
}

int rpc_logs_of(struct rpc *r, struct arena *a, const struct rpc_log_filter *filters, size_t n,
                struct rpc_logs *ret, struct err *e)
{
    struct rpc_item items[RPC_FILTERS_MAX];
    struct rpc_log *found[RPC_FILTERS_MAX];
    size_t counts[RPC_FILTERS_MAX];
    struct rpc_log *all;
    size_t total = 0;
    size_t i;

    must(n > 0 && n <= RPC_FILTERS_MAX);
    for (i = 0; i < n; i++)
        items[i] =
            (struct rpc_item){.method = "eth_getLogs", .params = filter_params(a, &filters[i])};
    if (rpc_batch(r, a, items, n, e) < 0)
        return -1;
    for (i = 0; i < n; i++) {
        if (!read_logs(a, items[i].result, &found[i], &counts[i]) ||
            !keep_asked(found[i], &counts[i], &filters[i]))
            return rpc__malformed(e, "eth_getLogs");
        total += counts[i];
    }
    all = arena_calloc(a, total, sizeof(*all));
    for (i = 0, total = 0; i < n; total += counts[i++])
        if (counts[i] > 0)
            memcpy(all + total, found[i], counts[i] * sizeof(*all));
    *ret = (struct rpc_logs){all, n > 1 ? merge(all, total) : total};
    return 0;
}

int rpc_logs(struct rpc *r, struct arena *a, const struct rpc_log_filter *filter,
             struct rpc_log **ret, size_t *ret_count, struct err *e)
{
    struct rpc_logs logs = {0};

    if (rpc_logs_of(r, a, filter, 1, &logs, e) < 0)
        return -1;
    *ret = logs.v;
    *ret_count = logs.n;
    return 0;
}

/* --- receipts --- */

static bool is_absent(const struct json *v)
{
    return json_is(v, JSON_NULL);
}

/* All of one transaction, as it was mined. */
static bool belong(const struct rpc_receipt *r)
{
    size_t i;

    for (i = 0; i < r->log_count; i++)
        if (!hash32_eq(&r->logs[i].tx, &r->tx) || r->logs[i].block != r->block)
            return false;
    return true;
}

bool rpc__receipt(struct arena *a, const struct json *j, const struct hash32 *tx,
                  struct rpc_receipt *ret)
{
    uint64_t status;

    *ret = (struct rpc_receipt){0};
    if (!get_hash(j, "transactionHash", &ret->tx) || !get_hash(j, "blockHash", &ret->block_hash) ||
        !rpc__height(json_get(j, "blockNumber"), &ret->block) || !hash32_eq(&ret->tx, tx) ||
        !rpc__u64(json_get(j, "status"), &status) || status > 1 ||
        !get_addr(j, "from", &ret->from) || !rpc__u256(json_get(j, "gasUsed"), &ret->gas_used))
        return false;
    ret->success = status == 1;
    (void)get_addr(j, "to", &ret->to); /* null for a deployment */
    (void)get_addr(j, "contractAddress", &ret->contract);
    (void)rpc__u256(json_get(j, "effectiveGasPrice"), &ret->gas_price);
    return read_logs(a, json_get(j, "logs"), &ret->logs, &ret->log_count) && belong(ret);
}

int rpc_receipt(struct rpc *r, struct arena *a, const struct hash32 *tx, bool *ret_found,
                struct rpc_receipt *ret, struct err *e)
{
    struct rpc_receipt receipt = {0};
    struct json *result;

    if (call(r, a, "eth_getTransactionReceipt", PARAMS(json_new_str(a, hash32_text(a, tx))),
             &result, e) < 0)
        return -1;
    if (!is_absent(result) && !rpc__receipt(a, result, tx, &receipt))
        return rpc__malformed(e, "eth_getTransactionReceipt");
    *ret_found = !is_absent(result);
    if (*ret_found)
        *ret = receipt;
    return 0;
}

/* --- blocks --- */

bool rpc__block(const struct json *j, struct rpc_block *ret)
{
    *ret = (struct rpc_block){0};
    (void)rpc__u256(json_get(j, "baseFeePerGas"), &ret->base_fee);
    return rpc__height(json_get(j, "number"), &ret->number) &&
           rpc__height(json_get(j, "timestamp"), &ret->timestamp) &&
           get_hash(j, "hash", &ret->hash) && get_hash(j, "parentHash", &ret->parent);
}

int rpc_block(struct rpc *r, struct arena *a, uint64_t number, bool *ret_found,
              struct rpc_block *ret, struct err *e)
{
    struct json *which = number == RPC_LATEST ? json_new_str(a, "latest") : rpc__hex_u64(a, number);
    struct rpc_block block = {0};
    struct json *result;

    if (call(r, a, "eth_getBlockByNumber", PARAMS(which, json_new_bool(a, false)), &result, e) < 0)
        return -1;
    if (!is_absent(result) &&
        (!rpc__block(result, &block) || (number != RPC_LATEST && block.number != number)))
        return rpc__malformed(e, "eth_getBlockByNumber");
    *ret_found = !is_absent(result);
    if (*ret_found)
        *ret = block;
    return 0;
}
