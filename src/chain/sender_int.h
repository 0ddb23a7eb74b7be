/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_SENDER_INT_H
#define ATOLL_CHAIN_SENDER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "chain/eth_tx.h"
#include "chain/sender.h"

/*
 * What the sender's files share: sender.c (sending, on callers' threads), sender_watch.c
 * (following, on the watcher's thread), sender_rows.c (the journal, from both).
 *
 * Locks: send_lock is taken first and held over an RPC call; lock is held for moments only. No
 * connection of the store is borrowed while the other part waits for the network.
 */

enum { SENDER_LISTENERS = 16, SENDER_ROWS_AT_ONCE = 100 };

/* Who is told of a purpose; fixed once the sender runs. */
struct sender_listening {
    const char *purpose;
    sender_listener *told;
    void *ctx; /* given back to told */
};

/* What the watcher remembers of a row while it runs; a restart begins with nothing. */
struct sender_track {
    int64_t id;
    int64_t broadcast; /* monotonic ms of the last time; 0: not yet by this process */
    bool mined;        /* a receipt was there, not deep enough yet: a reorganisation may undo it */
    int64_t lost;      /* since when its nonce is used but no receipt is there; 0: it is not */
};

struct sender {
    struct sender_config config;
    struct addr addr;          /* of the key */
    char addr_text[ADDR_TEXT]; /* lower case, as in the journal */
    struct sender_listening listeners[SENDER_LISTENERS];
    size_t listener_count;

    void (*strangers)(void *ctx, uint64_t chain, const struct sender_strangers *x);
    void *strangers_ctx;
    _Atomic uint64_t compared; /* the count that was compared last, and 1 */
    atomic_bool strange;       /* somebody else has used the key since sender_new() */

    pthread_mutex_t send_lock; /* one at a time from choosing a nonce to having broadcast it */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool started;
    bool ending;
    bool news; /* something was sent since the watcher looked */
    pthread_t watcher;

    struct sender_track tracks[SENDER_ROWS_AT_ONCE]; /* the watcher's own */
    size_t track_count;
};

/* --- the journal --- */

/* Signed bytes of a row, and what they pay (wei for each unit of gas). */
struct sender_try {
    struct hash32 hash;
    struct bytes raw;
    enum eth_tx_type type;
    struct u256 priority;
    struct u256 price;
    int64_t created; /* wall clock, ms */
};

/* A row under way, with everything needed to sign it again at a higher price. */
struct sender_live {
    int64_t id;
    const char *purpose;
    const char *reference;
    enum sender_state state;
    struct addr to;
    struct bytes data;
    struct u256 value;
    uint64_t nonce;
    uint64_t gas;
    struct sender_try *tries; /* at least one; the newest is the last */
    size_t try_count;
};

/* The newest row; *ret_id its key. */
int sender__find(struct sender *s, const struct sender_request *r, struct sender_row *ret,
                 int64_t *ret_id, struct err *e) must_check;
/* A new row: what it is for, its fields (gas and nonce among them), its signed bytes. */
struct sender_entry {
    const struct sender_request *request;
    const struct eth_tx *tx;
    const struct eth_signed *bytes;
};
/* Journals a signed transaction, before it is broadcast. CONFLICT when the request or the nonce is
 * under way already. */
int sender__add(struct sender *s, const struct sender_entry *entry, int64_t *ret_id, struct err *e)
    must_check;
/* Other bytes for the same nonce, before they are broadcast. */
int sender__add_try(struct sender *s, int64_t id, const struct eth_tx *tx,
                    const struct eth_signed *signed_tx, struct err *e) must_check;
/* Moves a row that is under way; one that has ended stays as it is. block counts when mined. */
int sender__set_state(struct sender *s, int64_t id, enum sender_state state,
                      const struct hash32 *hash, uint64_t block, struct err *e) must_check;
/* Rows that are signed or sent, by nonce, at most SENDER_ROWS_AT_ONCE. */
int sender__live(struct sender *s, struct arena *a, struct sender_live **ret, size_t *ret_count,
                 struct err *e) must_check;

/*
 * Compares what the chain has of the key, asked for before, with the journal; a failure is one of
 * the store, and nothing that a caller should end for.
 */
void sender__compare(struct sender *s, uint64_t count);
/* The same after asking the chain. */
void sender__ask_count(struct sender *s);
/* The nonce of a row went to a transaction that is not ours. */
void sender__lost_nonce(struct sender *s);

/* Nonces the journal knows: the next after rows under way (0: none), and of the last mined one. */
struct sender_nonces {
    uint64_t after_live;
    bool mined;
    uint64_t after_mined;
    struct hash32 mined_tx;
};
int sender__nonces(struct sender *s, struct sender_nonces *ret, struct err *e) must_check;

/* The watcher's thread: looks at the chain while rows are under way, sleeps while none are. */
void *sender__watch(void *sender);

#endif
