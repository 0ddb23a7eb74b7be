/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ESCROW_ESCROW_H
#define ATOLL_ESCROW_ESCROW_H

#include "chain/rpc.h"
#include "chain/sender.h"
#include "store/db.h"

/*
 * The settlement journal: one payment row for each paid job, and this part is its only writer.
 * A row moves on the contract's events and on nothing else; an endpoint that fails, times out or
 * lies by omission leaves it where it is, and the settling thread asks again.
 *
 *   INTENT -> SENT -> LOCKED -> CLAIMING -> CLAIMED | RELEASED | CANCELED
 *        \-> FAILED <-/ (dropped or reverted: no money was ever locked)
 *
 * Every call may be repeated, also after a crash: a job is locked at most once and settled at
 * most once (the row's key here, the lock's id on chain).
 */
struct escrow;

enum escrow_state {
    ESCROW_INTENT,   /* written down, not signed: after a crash here nothing has been sent */
    ESCROW_SENT,     /* the lock is signed and on its way */
    ESCROW_LOCKED,   /* the contract's Lock event was seen */
    ESCROW_FAILED,   /* no lock exists and none will: why says so */
    ESCROW_CLAIMING, /* the amount to claim is decided; the claim is sent until an event decides */
    ESCROW_CLAIMED,  /* Claimed: `claimed` was paid, the rest went back to the payer */
    ESCROW_RELEASED, /* Claimed with 0: the whole lock went back to the payer */
    ESCROW_CANCELED  /* Canceled: the lock had expired; the payer has everything, nobody was paid */
};

struct escrow_chain {
    struct rpc *rpc;
    struct sender *sender; /* of the node's key on this chain; not yet started */
    struct addr contract;  /* zero: this chain has no escrow */
};

/* A payment as it stands. Texts live in the arena it was read into. */
struct escrow_payment {
    const char *job_id;
    uint64_t chain;
    struct addr token;
    struct addr payer;
    struct u256 amount;  /* locked, base units of the token */
    uint64_t seconds;    /* asked for when locking */
    int64_t expiry;      /* unix seconds after which the payer gets it back; 0 until LOCKED */
    struct u256 claim;   /* decided by escrow_claim(); 0 before */
    struct u256 claimed; /* by the Claimed event, the OPC's share included; 0 before */
    enum escrow_state state;
    const char *lock_tx;   /* "0x..." or "" */
    const char *claim_tx;  /* of a claim or release, "" before it is sent */
    const char *cancel_tx; /* of the Canceled event, else "" */
    const char *why;       /* FAILED: the reason; else "" */
};

/* chains[] is copied; everything in it is borrowed. Registers itself with the senders. */
struct escrow *escrow_new(struct store *store, const struct escrow_chain *chains, size_t n);

/*
 * Told after each change of a row's state was committed, on a thread of the sender or of the
 * escrow, without locks held; p is borrowed for the call. After a restart read the row instead:
 * a change is told once at most. Up to four listen. Before escrow_start().
 */
void escrow_listen(struct escrow *x, void (*changed)(void *ctx, const struct escrow_payment *p),
                   void *ctx);

/* Goes on with the rows that were under way, then starts the settling thread. Start it before
 * the senders. */
int escrow_start(struct escrow *x, struct err *e) must_check;
/* Ends the settling thread: nobody is told any more; calls still work. NULL and twice are allowed.
 */
void escrow_stop(struct escrow *x);
/* Stops, and frees. The senders must have been stopped before (sender_stop:
 * they call us) and are freed after (we call them). NULL is allowed. */
void escrow_free(struct escrow *x);

struct escrow_lock_request {
    const char *job_id; /* as in the API, without the cluster's prefix */
    uint64_t chain;
    struct addr token;
    struct addr payer;
    struct u256 amount; /* base units, more than 0 */
    uint64_t seconds;   /* the lock must outlive: run + queue + time to claim */
};

/* A chain where locks can be made: known, and with a contract. */
bool escrow_has_chain(const struct escrow *x, uint64_t chain);
/* The id of a job's lock on chain: sha256 of the job id's text. */
struct u256 escrow_lock_id(const char *job_id);

/*
 * Whether this lock could be made now: the payer's funds and the authorization given to the node
 * (wire/chain.md 8.3). ESCROW_CONTRACT, ESCROW_FUNDS, ESCROW_AUTHS, ESCROW_LIMIT, ESCROW_SECONDS
 * or ESCROW_LOCKS when not. job_id is not looked at.
 */
int escrow_check(struct escrow *x, const struct escrow_lock_request *r, struct err *e) must_check;

/* What a payer has for this node, as the contract says now. */
struct escrow_standing {
    struct addr contract;
    struct addr node;       /* the payee to authorize */
    struct u256 available;  /* free to be locked, by any payee */
    bool authorized;        /* there is an authorization; else what follows is 0 */
    struct u256 max_amount; /* together at a time */
    struct u256 amount;     /* locked by this node now */
    struct u256 max_seconds;
    struct u256 max_locks;
    struct u256 locks;
};
/* Asks the chain; seconds, amount and job_id are not looked at. ESCROW_CONTRACT. */
int escrow_standing(struct escrow *x, const struct escrow_lock_request *r,
                    struct escrow_standing *ret, struct err *e) must_check;

/*
 * Writes the intent, estimates (a revert is ESCROW with the contract's text; the row is FAILED),
 * signs, stores, sends. ret_tx: the lock's transaction, as soon as an endpoint took it. The
 * lock exists when the row turns LOCKED. Repeating it for a job gives the same hash; with other
 * terms, or for a job whose lock failed, it is CONFLICT.
 */
int escrow_lock(struct escrow *x, const struct escrow_lock_request *r, char ret_tx[HASH32_TEXT],
                struct err *e) must_check;

/*
 * Settles: claims `amount` (at most the lock; the rest returns to the payer in the same
 * transaction), or releases the whole lock with 0. Returns when the decision is on disk; it is
 * carried out by the settling thread as soon as the lock exists, and told by `changed`. A second
 * decision for the same job is ignored when it is the same and CONFLICT otherwise; NOT_FOUND
 * without a payment. A payment that FAILED has nothing to settle: success.
 * proof: what is stored on chain with the claim, at most 1024 bytes (a work receipt's hash).
 */
int escrow_claim(struct escrow *x, const char *job_id, const struct u256 *amount,
                 struct bytes proof, struct err *e) must_check;

/* *ret_found false when the job has no payment. */
int escrow_find(struct escrow *x, struct arena *a, const char *job_id, bool *ret_found,
                struct escrow_payment *ret, struct err *e) must_check;

/*
 * Cancels the node's expired locks on a chain, so that payers have their money back; also those
 * that this node does not remember. The settling thread does it by itself every few minutes; call
 * it before clearing a job away.
 */
int escrow_sweep(struct escrow *x, uint64_t chain, struct err *e) must_check;

#endif
