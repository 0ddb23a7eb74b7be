/* SPDX-License-Identifier: Apache-2.0 */
#include "order/order.h"

#include <string.h>

#include "base/clock.h"
#include "chain/call.h"
#include "order/order_int.h"

enum {
    TRIES = 2, /* an endpoint may be a moment behind the one that mined */
    RETRY_MS = 1000
};

static const struct order_event started = {
    "OrderStarted(address,address,uint256,uint256,uint256,address,uint256)", 3,
    "(address,uint256,uint256,uint256,uint256)"};
enum { STARTED_PAYER, STARTED_AMOUNT, STARTED_SERVICE, STARTED_TIME };

static const struct order_event reused = {"OrderReused(bytes32,address,uint256,uint256)", 1,
                                          "(bytes32,address,uint256,uint256)"};

/* What the logs of a transaction say about orders of one consumer and token. */
struct tally {
    unsigned any;     /* of any service */
    unsigned service; /* of the one asked for */
    int64_t start_s;
};

bool order__event(struct arena *a, const struct rpc_log *log, const struct order_event *event,
                  const struct addr *by, struct abi_value *ret_data)
{
    struct hash32 topic = abi_topic(event->signature);
    struct err e;

    return log->topic_count == event->topics && addr_eq(&log->address, by) &&
           hash32_eq(&log->topics[0], &topic) &&
           abi_decode(a, event->data, log->data.p, log->data.n, ret_data, &e) == 0;
}

struct addr order__topic_addr(const struct hash32 *topic)
{
    struct addr who;

    memcpy(who.b, topic->b + sizeof(topic->b) - sizeof(who.b), sizeof(who.b));
    return who;
}

static int read_receipt(struct rpc *r, struct arena *a, const struct hash32 *tx,
                        struct rpc_receipt *ret, struct err *e)
{
    char text[HASH32_TEXT];
    bool found = false;
    int i;

    for (i = 0; i < TRIES && !found; i++) {
        if (i > 0)
            clock_sleep_ms(RETRY_MS);
        if (rpc_receipt(r, a, tx, &found, ret, e) < 0)
            return -1;
    }
    hash32_write(tx, text);
    if (!found || !ret->success)
        return refused(e, ORDER_NOT_MINED, text);
    return 0;
}

/* The transaction that started what this one reuses; false when it reuses nothing. */
static bool find_reuse(struct arena *a, const struct rpc_receipt *receipt, const struct addr *token,
                       struct hash32 *ret)
{
    struct abi_value data;
    size_t i;

    for (i = 0; i < receipt->log_count; i++) {
        if (!order__event(a, &receipt->logs[i], &reused, token, &data))
            continue;
        memcpy(ret->b, data.list.v[0].bytes.p, sizeof(ret->b));
        return true;
    }
    return false;
}

static bool is_for(const struct order_request *q, const struct rpc_log *log,
                   const struct abi_value *data)
{
    struct addr consumer = order__topic_addr(&log->topics[1]);

    if (addr_eq(&consumer, &q->consumer))
        return true;
    /* With several orders in one transaction the payer is the factory, or somebody's batch. */
    return q->cost <= 1 && addr_eq(&data->list.v[STARTED_PAYER].addr, &q->consumer);
}

static struct tally count_orders(struct arena *a, const struct rpc_receipt *receipt,
                                 const struct order_request *q)
{
    struct tally t = {0};
    struct abi_value data;
    size_t i;

    for (i = 0; i < receipt->log_count; i++) {
        const struct rpc_log *log = &receipt->logs[i];
        uint64_t index;
        uint64_t time;

        if (!order__event(a, log, &started, &q->datatoken, &data) || !is_for(q, log, &data))
            continue;
        t.any++;
        if (!u256_to_u64(&data.list.v[STARTED_SERVICE].num, &index) || index != q->service_index)
            continue;
        t.service++;
        if (u256_to_u64(&data.list.v[STARTED_TIME].num, &time) && time <= INT64_MAX / 2)
            t.start_s = (int64_t)time;
    }
    return t;
}

/* A view function of one address or none; no contract and a revert read as zero. */
static int read_one(struct rpc *r, struct arena *a, const struct contract_call *call,
                    struct abi_value *ret, struct err *e)
{
    struct abi_value list;
    struct err why;

    if (contract_read(r, a, call, &list, &why) == 0) {
        *ret = list.list.v[0];
        return 0;
    }
    if (why.code != ERR_REVERTED && why.code != ERR_NOT_FOUND) {
        *e = why;
        return -1;
    }
    memset(ret, 0, sizeof(*ret));
    return 0;
}

/* The datatoken names this NFT, and the NFT this datatoken. */
static int check_contracts(struct rpc *r, struct arena *a, const struct order_request *q,
                           bool *ret_named, bool *ret_deployed, struct err *e)
{
    struct abi_value token = abi_addr(&q->datatoken);
    struct contract_call parent = {
        .to = q->datatoken, .signature = "getERC721Address()", .returns = "(address)"};
    struct contract_call deployed = {.to = q->nft,
                                     .signature = "isDeployed(address)",
                                     .args = &token,
                                     .n = 1,
                                     .returns = "(bool)"};
    struct abi_value nft;
    struct abi_value answer;

    if (read_one(r, a, &parent, &nft, e) < 0 || read_one(r, a, &deployed, &answer, e) < 0)
        return -1;
    *ret_named = nft.kind == ABI_ADDR && addr_eq(&nft.addr, &q->nft);
    *ret_deployed = answer.kind == ABI_NUM && !u256_is_zero(&answer.num);
    return 0;
}

int order_check(struct rpc *r, struct arena *a, const struct order_request *q, struct order *ret,
                struct err *e)
{
    struct order o = {.start_tx = q->tx};
    struct rpc_receipt start;
    struct tally t;
    bool named = false;
    bool deployed = false;

    if (read_receipt(r, a, &q->tx, &o.receipt, e) < 0)
        return -1;
    start = o.receipt;
    o.reused = find_reuse(a, &o.receipt, &q->datatoken, &o.start_tx);
    if (o.reused && read_receipt(r, a, &o.start_tx, &start, e) < 0)
        return -1;
    t = count_orders(a, &start, q);
    if (t.any == 0)
        return refused(e, ORDER_MISMATCH);
    if (check_contracts(r, a, q, &named, &deployed, e) < 0)
        return -1;
    if (!named)
        return refused(e, ORDER_MISMATCH);
    if (t.service == 0)
        return refused(e, ORDER_SERVICE);
    if (!deployed)
        return refused(e, ORDER_NOT_DEPLOYED);
    if (t.service < q->cost)
        return refused(e, ORDER_SHORT, t.service, q->cost);
    o.count = t.service;
    o.start_s = t.start_s;
    if (q->timeout_s > 0 && q->timeout_s <= INT64_MAX / 2)
        o.expiry_s = o.start_s + (int64_t)q->timeout_s;
    if (o.expiry_s > 0 && clock_s() > o.expiry_s)
        return refused(e, ORDER_EXPIRED);
    *ret = o;
    return 0;
}

bool order_is_refusal(const struct err *e)
{
    return e->code == ERR_ORDER_NOT_MINED || e->code == ERR_ORDER_MISMATCH ||
           e->code == ERR_ORDER_SERVICE || e->code == ERR_ORDER_NOT_DEPLOYED ||
           e->code == ERR_ORDER_SHORT || e->code == ERR_ORDER_EXPIRED;
}
