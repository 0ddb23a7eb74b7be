/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/sender.h"

#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "chain/eth_gas.h"
#include "chain/sender_int.h"

enum {
    BUMP_AFTER_MS = 45000,
    DEVELOPMENT = 8996, /* its blocks come with the transactions, and are never replaced */
    CONFIRMATIONS = 3
};

struct sender *sender_new(const struct sender_config *config)
{
    struct sender *s = xcalloc(1, sizeof(*s));

    s->config = *config;
    if (s->config.confirmations == 0)
        s->config.confirmations = rpc_chain_id(config->rpc) == DEVELOPMENT ? 1 : CONFIRMATIONS;
    if (s->config.bump_after_ms == 0)
        s->config.bump_after_ms = BUMP_AFTER_MS;
    s->addr = seckey_addr(&config->key);
    addr_lower(&s->addr, s->addr_text);
    must(pthread_mutex_init(&s->send_lock, NULL) == 0);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    cond_init(&s->wake);
    return s;
}

void sender_listen(struct sender *s, const char *purpose, sender_listener *told, void *ctx)
{
    must(!s->started && s->listener_count < SENDER_LISTENERS);
    s->listeners[s->listener_count++] = (struct sender_listening){purpose, told, ctx};
}

void sender_start(struct sender *s)
{
    must(!s->started);
    s->started = true;
    thread_start(&s->watcher, "sender", sender__watch, s);
}

void sender_stop(struct sender *s)
{
    if (!s || !s->started || s->ending)
        return;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->watcher, NULL);
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    sender_stop(s);
    seckey_wipe(&s->config.key);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->send_lock);
    free(s);
}

const struct addr *sender_addr(const struct sender *s)
{
    return &s->addr;
}

uint64_t sender_chain_id(const struct sender *s)
{
    return rpc_chain_id(s->config.rpc);
}

static void wake_watcher(struct sender *s)
{
    lock_scope(&s->lock);

    s->news = true;
    pthread_cond_broadcast(&s->wake);
}

/* True when the request is under way or mined already. */
static int is_sent(struct sender *s, const struct sender_request *r, bool *ret,
                   struct hash32 *ret_tx, struct err *e)
{
    struct sender_row row;
    int64_t id;

    if (sender__find(s, r, &row, &id, e) < 0)
        return -1;
    *ret = row.found && row.state != SENDER_REVERTED && row.state != SENDER_DROPPED;
    if (*ret)
        *ret_tx = row.tx;
    return 0;
}

/*
 * The next nonce. The chain counts what its pool holds, the journal what we signed; an endpoint
 * that lags behind must not make us use a nonce again. Only where the chain does not know our
 * last transaction any more (a development chain that started over) is the journal wrong.
 */
static int choose_nonce(struct sender *s, uint64_t pending, uint64_t *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct sender_nonces n;
    struct rpc_receipt receipt;
    bool found;

    if (sender__nonces(s, &n, e) < 0)
        return -1;
    if (n.after_live > pending)
        pending = n.after_live;
    if (n.after_live == 0 && n.mined && n.after_mined > pending) {
        if (rpc_receipt(s->config.rpc, a, &n.mined_tx, &found, &receipt, e) < 0)
            return -1;
        if (found)
            pending = n.after_mined;
    }
    *ret = pending;
    return 0;
}

/* Broadcasts a row that is journalled. Only a refusal by all endpoints undoes it. */
static int broadcast(struct sender *s, int64_t id, const struct eth_signed *tx, struct err *e)
{
    struct err why = {0};

    if (rpc_send_raw(s->config.rpc, tx->raw, &why) == 0)
        return sender__set_state(s, id, SENDER_SENT, &tx->hash, 0, e);
    if (why.transient) {
        log_debug("sender", "not sure that it was sent: %s", why.msg);
        return 0;
    }
    if (sender__set_state(s, id, SENDER_DROPPED, &tx->hash, 0, e) < 0)
        return -1;
    *e = why;
    return strcasestr(why.msg, "insufficient funds") ? refused(e, NODE_GAS) : -1;
}

int sender_send(struct sender *s, const struct sender_request *r, struct hash32 *ret_tx,
                struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct eth_tx tx = {.to = &r->to, .value = r->value, .data = r->data};
    struct eth_signed signed_tx;
    const struct sender_entry entry = {r, &tx, &signed_tx};
    struct hash32 hash;
    bool sent;
    int64_t id;

    if (is_sent(s, r, &sent, &hash, e) < 0)
        return -1;
    if (!sent && eth_gas_fill(s->config.rpc, &s->addr, &tx, e) < 0)
        return e->code == ERR_NATIVE_FUNDS ? refused(e, NODE_GAS) : -1;
    if (!sent)
        sender__compare(s, tx.nonce);
    if (!sent) {
        lock_scope(&s->send_lock);

        if (is_sent(s, r, &sent, &hash, e) < 0)
            return -1;
        if (!sent) {
            if (choose_nonce(s, tx.nonce, &tx.nonce, e) < 0)
                return -1;
            tx.gas += tx.gas / 2; /* what is mined before us may make ours more work */
            signed_tx = eth_tx_sign(a, &tx, &s->config.key);
            hash = signed_tx.hash;
            if (sender__add(s, &entry, &id, e) < 0 || broadcast(s, id, &signed_tx, e) < 0)
                return -1;
        }
    }
    wake_watcher(s);
    *ret_tx = hash;
    return 0;
}

int sender_find(struct sender *s, const char *purpose, const char *reference,
                struct sender_row *ret, struct err *e)
{
    const struct sender_request r = {.purpose = purpose, .reference = reference};
    int64_t id;

    return sender__find(s, &r, ret, &id, e);
}
