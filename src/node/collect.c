/* SPDX-License-Identifier: Apache-2.0 */
#include "node/collect.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "chain/abi.h"
#include "chain/eth_gas.h"
#include "market/erc20.h"

enum {
    LIMIT_MS = 120000,
    LOOK_MS = 1000,    /* the journal is asked at least as often */
    SOON_MS = 20,      /* the news comes a moment before the journal has it */
    TIMES_MAX = 100000 /* transfers of one kind */
};

static const char purpose[] = "fees.collect";

struct node_collect {
    pthread_mutex_t lock;
    pthread_cond_t news; /* a transfer has ended */
    int64_t news_ms;     /* when the last one did, monotonic */
    bool ending;
};

static int told(void *ctx, const struct sender_event *event, struct err *e)
{
    struct node_collect *c = ctx;

    (void)event;
    (void)e;
    lock_scope(&c->lock);
    c->news_ms = clock_mono_ms();
    pthread_cond_broadcast(&c->news);
    return 0;
}

void collect_open(struct node *n)
{
    size_t i;

    n->collect = xcalloc(1, sizeof(*n->collect));
    must(pthread_mutex_init(&n->collect->lock, NULL) == 0);
    cond_init(&n->collect->news);
    for (i = 0; i < n->chain_count; i++)
        sender_listen(n->chains[i].sender, purpose, told, n->collect);
}

void collect_stop(struct node *n)
{
    if (!n->collect)
        return;
    lock_scope(&n->collect->lock);
    n->collect->ending = true;
    pthread_cond_broadcast(&n->collect->news);
}

void collect_free(struct node *n)
{
    if (!n->collect)
        return;
    pthread_cond_destroy(&n->collect->news);
    pthread_mutex_destroy(&n->collect->lock);
    free(n->collect);
    n->collect = NULL;
}

/* --- how much --- */

static int too_high(struct arena *a, const struct collect_request *r, const struct u256 *balance,
                    const struct u256 *amount, struct err *e)
{
    return addr_is_zero(&r->token)
               ? refused(e, ADMIN_FEES_NATIVE_HIGH, u256_text(a, balance), u256_text(a, amount))
               : refused(e, ADMIN_FEES_HIGH, u256_text(a, balance), u256_text(a, amount));
}

/*
 * What a transfer of the native coin may cost at the most: the sender adds half to the gas, and
 * twice its price is for paying more should it be stuck.
 */
static int native_cost(struct node *n, const struct collect_request *r, struct u256 *ret,
                       struct err *e)
{
    const struct u256 three = u256_from(3);
    struct eth_tx tx = {.to = &r->to};
    struct u256 gas;

    if (eth_gas_fill(r->chain->rpc, &n->address, &tx, e) < 0)
        return -1;
    gas = u256_from(tx.gas);
    if (!u256_mul(&gas, &tx.price, ret) || !u256_mul(ret, &three, ret))
        return failed(e, FAILED, "the chain asks for an absurd price of gas");
    return 0;
}

static int read_balance(struct node *n, const struct collect_request *r, struct u256 *ret,
                        struct err *e)
{
    return addr_is_zero(&r->token) ? rpc_balance(r->chain->rpc, &n->address, ret, e)
                                   : erc20_balance(r->chain->rpc, &r->token, &n->address, ret, e);
}

static int choose_amount(struct node *n, struct arena *a, const struct collect_request *r,
                         struct u256 *ret, struct err *e)
{
    const struct u256 zero = u256_from(0);
    struct u256 balance;
    struct u256 cost = zero;
    struct u256 most;

    if (read_balance(n, r, &balance, e) < 0)
        return -1;
    if (addr_is_zero(&r->token) && native_cost(n, r, &cost, e) < 0)
        return e->code == ERR_NATIVE_FUNDS ? too_high(a, r, &balance, &r->amount, e) : -1;
    if (!u256_sub(&balance, &cost, &most))
        most = zero;
    *ret = r->everything ? most : r->amount;
    if (u256_cmp(ret, &most) > 0 || u256_is_zero(ret))
        return too_high(a, r, &balance, r->everything ? &balance : ret, e);
    return 0;
}

/* --- sending --- */

/*
 * The name of a transfer in the journal. One that is under way has it; after its end the next
 * number is free. *ret_live: it is under way, whatever the balance is now.
 */
static int choose_reference(struct arena *a, const struct collect_request *r, const char **ret,
                            bool *ret_live, struct err *e)
{
    const char *kind = arena_printf(a, "%s:%s:%s", addr_text(a, &r->token), addr_text(a, &r->to),
                                    r->everything ? "all" : u256_text(a, &r->amount));
    struct sender_row row;
    unsigned i;

    for (i = 1; i < TIMES_MAX; i++) {
        *ret = arena_printf(a, "%s#%u", kind, i);
        if (sender_find(r->chain->sender, purpose, *ret, &row, e) < 0)
            return -1;
        *ret_live = row.found && (row.state == SENDER_SIGNED || row.state == SENDER_SENT);
        if (!row.found || row.state != SENDER_MINED)
            return 0;
    }
    return failed(e, FAILED, "too many transfers");
}

static int send(struct node *n, struct arena *a, const struct collect_request *r,
                const char *reference, struct hash32 *ret, struct err *e)
{
    struct sender_request s = {.purpose = purpose,
                               .reference = reference,
                               .to = r->token,
                               .data = {(const uint8_t *)"", 0}};
    struct u256 amount;
    struct abi_value args[2];

    if (choose_amount(n, a, r, &amount, e) < 0)
        return -1;
    if (addr_is_zero(&r->token)) {
        s.to = r->to;
        s.value = amount;
    } else {
        args[0] = abi_addr(&r->to);
        args[1] = abi_u256(amount);
        s.data = abi_call(a, "transfer(address,uint256)", args, 2);
    }
    return sender_send(r->chain->sender, &s, ret, e);
}

/* False when the time is over, or the node ends. */
static bool wait_for_news(struct node_collect *c, int64_t until)
{
    int64_t now = clock_mono_ms();
    int64_t pause;

    lock_scope(&c->lock);
    if (now >= until || c->ending)
        return false;
    pause = c->news_ms && now - c->news_ms < LOOK_MS ? SOON_MS : LOOK_MS;
    (void)cond_wait_ms(&c->news, &c->lock, pause);
    return !c->ending;
}

static int wait_for_end(struct node *n, const struct collect_request *r, const char *reference,
                        struct sender_row *ret, struct err *e)
{
    int64_t until = clock_mono_ms() + LIMIT_MS;

    do {
        if (sender_find(r->chain->sender, purpose, reference, ret, e) < 0)
            return -1;
    } while ((ret->state == SENDER_SIGNED || ret->state == SENDER_SENT) &&
             wait_for_news(n->collect, until));
    return 0;
}

/* Transfer(from, to, value) of the token, from the node to whom it was meant for. */
static bool is_transfer(const struct node *n, const struct collect_request *r,
                        const struct rpc_log *log)
{
    const struct hash32 topic = abi_topic("Transfer(address,address,uint256)");
    const struct abi_value want[] = {abi_addr(&n->address), abi_addr(&r->to)};
    uint8_t word[sizeof(log->topics[0].b)] = {0};
    size_t i;

    if (log->topic_count < 1 + ARRAY_LEN(want) || !addr_eq(&log->address, &r->token) ||
        !hash32_eq(&log->topics[0], &topic))
        return false;
    for (i = 0; i < ARRAY_LEN(want); i++) {
        memcpy(word + sizeof(word) - sizeof(want[i].addr.b), want[i].addr.b,
               sizeof(want[i].addr.b));
        if (memcmp(log->topics[1 + i].b, word, sizeof(word)) != 0)
            return false;
    }
    return true;
}

/* A token may answer `false` instead of reverting: only its event says that something moved. */
static int check_moved(struct node *n, struct arena *a, const struct collect_request *r,
                       const struct hash32 *tx, enum collect_outcome *ret, struct err *e)
{
    struct rpc_receipt receipt;
    bool found;
    size_t i;

    *ret = COLLECT_MINED;
    if (addr_is_zero(&r->token))
        return 0;
    if (rpc_receipt(r->chain->rpc, a, tx, &found, &receipt, e) < 0)
        return -1;
    for (i = 0; found && i < receipt.log_count; i++)
        if (is_transfer(n, r, &receipt.logs[i]))
            return 0;
    *ret = found ? COLLECT_REFUSED : COLLECT_UNKNOWN;
    return 0;
}

int collect_transfer(struct node *n, const struct collect_request *r, struct hash32 *ret_tx,
                     enum collect_outcome *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct sender_row row;
    const char *reference;
    struct hash32 tx;
    bool live;

    if (choose_reference(a, r, &reference, &live, e) < 0)
        return -1;
    if (!live && send(n, a, r, reference, &tx, e) < 0)
        return -1;
    if (wait_for_end(n, r, reference, &row, e) < 0)
        return -1;
    *ret_tx = row.tx;
    *ret = row.state == SENDER_REVERTED ? COLLECT_REVERTED : COLLECT_UNKNOWN;
    return row.state == SENDER_MINED ? check_moved(n, a, r, &row.tx, ret, e) : 0;
}
