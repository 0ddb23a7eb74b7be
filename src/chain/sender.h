/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_SENDER_H
#define ATOLL_CHAIN_SENDER_H

#include "chain/rpc.h"
#include "crypto/secp.h"
#include "store/db.h"

/*
 * The only way the node's key sends a transaction: one sender for each (chain, key). It owns the
 * nonces and keeps a journal in the store, so that whatever happens a transaction is sent once:
 *
 *   estimate (what would revert is refused here, and nothing was sent)
 *   -> sign -> the row with the signed bytes is committed -> broadcast -> answer with the hash
 *   -> the watcher follows it: sends the same bytes again after a restart or when the network lost
 *      them, pays more when it is stuck (same nonce, the new bytes journalled first), and tells
 *      the purpose's listener how it ended.
 *
 * Only an event of the chain ends a row. An endpoint that fails or times out changes nothing.
 * Thread-safe; the watcher is a thread of its own and sleeps while nothing is under way.
 */
struct sender;

enum sender_state {
    SENDER_SIGNED,   /* journalled; no endpoint has confirmed to have it yet */
    SENDER_SENT,     /* an endpoint took it */
    SENDER_MINED,    /* succeeded, at the configured depth */
    SENDER_REVERTED, /* mined at that depth, but the contract refused it */
    SENDER_DROPPED /* can never be mined: refused by every endpoint, or its nonce went elsewhere */
};

struct sender_config {
    struct store *store;
    struct rpc *rpc;
    struct seckey key;      /* copied, wiped by sender_free */
    uint64_t confirmations; /* 1: the receipt's block is enough; 0: 1 on chain 8996, elsewhere 3 */
    int bump_after_ms;      /* without a receipt for so long it pays 12.5 % more; 0 = 45 s */
};

/* What is sent, and what for. (purpose, reference) is sent once: asking again gives the same hash.
 */
struct sender_request {
    const char *purpose;   /* "escrow.lock": names the listener */
    const char *reference; /* of the purpose's choice: a job id */
    struct addr to;
    struct bytes data;
    struct u256 value;
};

struct sender_event {
    const char *purpose;
    const char *reference;
    enum sender_state state;           /* MINED, REVERTED or DROPPED */
    struct hash32 tx;                  /* the one that was mined; when dropped, the last one sent */
    const struct rpc_receipt *receipt; /* NULL when dropped */
};

/*
 * How a transaction ended; called on the watcher's thread without locks held. It is told at least
 * once: -1 (or a crash) repeats it, also after a restart. Everything borrowed for the call.
 */
typedef int sender_listener(void *ctx, const struct sender_event *event, struct err *e);

/* Nothing runs before sender_start(). store and rpc are borrowed. */
struct sender *sender_new(const struct sender_config *config);
/* Registers who is told of a purpose, which must not be free()d before the sender. Before start. */
void sender_listen(struct sender *s, const char *purpose, sender_listener *told, void *ctx);
/* Starts the watcher, which first goes on with what the journal holds. */
void sender_start(struct sender *s);
/* Ends the watcher: nobody is told any more. sender_send() still works, and what it sends is
 * followed at the next start. NULL and twice are allowed. */
void sender_stop(struct sender *s);
/* Stops, and frees. NULL is allowed. */
void sender_free(struct sender *s);

const struct addr *sender_addr(const struct sender *s);
uint64_t sender_chain_id(const struct sender *s);

/*
 * Sends, unless (purpose, reference) is already under way or mined. *ret_tx as soon as the bytes
 * are safe and an endpoint has them (or may have them: the watcher sees to it). REVERTED with
 * the contract's text, NODE_GAS when the key's native coin does not suffice, or the endpoint's
 * failure: then nothing was sent. A request that was dropped or reverted may be sent again.
 */
int sender_send(struct sender *s, const struct sender_request *r, struct hash32 *ret_tx,
                struct err *e) must_check;

/* The newest row of (purpose, reference). */
struct sender_row {
    bool found; /* false: nothing was ever signed for it */
    enum sender_state state;
    struct hash32 tx;
    unsigned attempts; /* rows there are, this one included: more than 1 after a revert or drop */
    int64_t changed;   /* wall clock, ms, of the last change of state */
};
int sender_find(struct sender *s, const char *purpose, const char *reference,
                struct sender_row *ret, struct err *e) must_check;

/*
 * Transactions of the key that this journal did not send: another program, perhaps a second node,
 * uses the same key, and the two will take each other's nonces. Noticed at start and whenever the
 * chain is asked for the nonce anyway. What was there before the store knew the key does not count.
 */
struct sender_strangers {
    uint64_t count;
    int64_t noticed; /* wall clock ms of the last time, 0: never */
    bool now;        /* since sender_new() */
};
int sender_strangers(struct sender *s, struct sender_strangers *ret, struct err *e) must_check;
/* Who is told of each time, on any thread, without locks that a caller could need. Before start. */
void sender_on_strangers(struct sender *s,
                         void (*told)(void *ctx, uint64_t chain, const struct sender_strangers *x),
                         void *ctx);

#endif
