/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ESCROW_ESCROW_INT_H
#define ATOLL_ESCROW_ESCROW_INT_H

#include <pthread.h>

#include "escrow/contract.h"
#include "escrow/escrow.h"

/*
 * What the escrow's files share: escrow.c (what others call), payments.c (the rows), events.c (what
 * the chain says), settle.c (the thread that carries out decisions).
 */
enum { ESCROW_CHAINS_MAX = 32, ESCROW_PROOF_MAX = 1024, ESCROW_LISTENERS = 4 };

/* Purposes of the sender's journal; the reference is the job's id, for sweeps one of their own. */
#define ESCROW_PURPOSE_LOCK "escrow.lock"
#define ESCROW_PURPOSE_CLAIM "escrow.claim"
#define ESCROW_PURPOSE_SWEEP "escrow.sweep"

/* A chain, and the escrow it belongs to: what the senders' listeners are given. */
struct escrow_on {
    struct escrow *escrow;
    struct escrow_chain chain;
    uint64_t chain_id;
    int64_t swept; /* monotonic ms when the next sweep is due; the settling thread's own */
};

struct escrow {
    struct store *store;
    struct escrow_on chains[ESCROW_CHAINS_MAX];
    size_t chain_count;
    struct escrow_listener {
        void (*changed)(void *ctx, const struct escrow_payment *p);
        void *ctx;
    } listeners[ESCROW_LISTENERS]; /* fixed once it runs */
    size_t listener_count;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool started;
    bool ending;
    bool news; /* a decision was made, or a claim failed */
    pthread_t settler;
};

struct escrow_on *escrow__on(const struct escrow *x, uint64_t chain); /* NULL: unknown */
struct escrow_at escrow__at(const struct escrow_on *on);
/* Has the settling thread look again. Any thread. */
void escrow__wake(struct escrow *x);

/* --- rows --- */

/* A whole row. */
struct escrow_row {
    struct escrow_payment p;
    struct u256 lock_id;
    bool decided;        /* p.claim was given by escrow_claim() */
    uint64_t lock_block; /* of the Lock event, 0 before */
    struct bytes proof;
};

int escrow__row(struct escrow *x, struct arena *a, const char *job_id, bool *ret_found,
                struct escrow_row *ret, struct err *e) must_check;
int escrow__row_by_lock(struct escrow *x, struct arena *a, const struct u256 *lock_id,
                        bool *ret_found, struct escrow_row *ret, struct err *e) must_check;
/* The intent. CONFLICT when the job has a row. */
int escrow__add(struct escrow *x, const struct escrow_lock_request *r, struct err *e) must_check;

/*
 * Changes a row in one transaction: `edit` gets what the row says now, changes it, and answers true
 * to have it stored; a change of state is journalled and, once committed, told to the listener.
 * A row that is not there is left alone.
 */
struct escrow_edit {
    bool (*edit)(struct escrow_row *row, void *ctx);
    void *ctx;
    const char *detail; /* for the row's history */
};
int escrow__change(struct escrow *x, const char *job_id, const struct escrow_edit *edit,
                   struct err *e) must_check;

/* Job ids in the arena: of rows in a state, the earliest expiry first; of expired locks. */
struct escrow_ids {
    const char **v;
    size_t n;
};
int escrow__in_state(struct escrow *x, struct arena *a, enum escrow_state state,
                     struct escrow_ids *ret, struct err *e) must_check;
int escrow__expired(struct escrow *x, struct arena *a, uint64_t chain, int64_t before,
                    struct escrow_ids *ret, struct err *e) must_check;
/* The next expiry of a lock after `after` (unix seconds), 0 when there is none. */
int escrow__next_expiry(struct escrow *x, int64_t after, int64_t *ret, struct err *e) must_check;

/* --- what the chain says --- */

/* Applies every Lock, Claimed and Canceled event of this contract to its row. */
int escrow__apply(struct escrow_on *on, struct arena *a, const struct rpc_log *logs, size_t n,
                  struct err *e) must_check;
/* No lock is there and none will be; nothing for a row that is locked already. */
int escrow__fail(struct escrow *x, const char *job_id, const char *why, struct err *e) must_check;
/* Listeners of the three purposes; ctx is a struct escrow_on. */
sender_listener escrow__lock_ended;
sender_listener escrow__claim_ended;
sender_listener escrow__sweep_ended;

/* --- settling --- */
void *escrow__settle(void *escrow);
int escrow__sweep(struct escrow_on *on, struct err *e) must_check;

#endif
