/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ESCROW_CONTRACT_H
#define ATOLL_ESCROW_CONTRACT_H

#include "chain/abi.h"
#include "chain/rpc.h"

/*
 * Ocean's Escrow contract as typed functions (wire/chain.md 3 and 8.1). Reads go to the latest
 * block. Amounts are base units of the token, times unix seconds. Any thread.
 */

/* One contract on one chain. */
struct escrow_at {
    struct rpc *rpc;
    struct addr contract;
};

/* Who pays whom with what. */
struct escrow_parties {
    struct addr token;
    struct addr payer;
    struct addr payee;
};

/* What of the payer's money is free to be locked. The payee is not looked at. */
int contract_available(const struct escrow_at *at, const struct escrow_parties *p, struct u256 *ret,
                       struct err *e) must_check;

/* What a payer allows a payee; the contract counts what is locked now. */
struct escrow_auth {
    struct u256 max_amount;
    struct u256 amount;
    struct u256 max_seconds;
    struct u256 max_locks;
    struct u256 locks;
};
/* *ret_count authorizations of exactly these parties; *ret is the last of them. */
int contract_auth(const struct escrow_at *at, const struct escrow_parties *p,
                  struct escrow_auth *ret, size_t *ret_count, struct err *e) must_check;

/* A lock as the contract lists it. */
struct escrow_lock_entry {
    struct u256 id;
    struct addr payer;
    struct addr token;
    struct u256 amount;
    uint64_t expiry; /* unix seconds */
};
/* Every lock for a payee, in the arena. */
int contract_locks(const struct escrow_at *at, struct arena *a, const struct addr *payee,
                   struct escrow_lock_entry **ret, size_t *ret_count, struct err *e) must_check;

/*
 * Call data for transactions of the payee, in the arena. The contract matches a lock by id, payer
 * and token. A claim below the lock's amount returns the rest to the payer; one that comes after
 * the expiry succeeds too, but cancels: only its events tell.
 */
struct bytes contract_create_lock(struct arena *a, const struct u256 *id,
                                  const struct escrow_parties *p, const struct u256 *amount,
                                  uint64_t seconds);
/* withdraw: the payee's whole balance of the token leaves the contract in the same transaction. */
struct bytes contract_claim(struct arena *a, bool withdraw, const struct escrow_lock_entry *lock,
                            const struct u256 *amount, struct bytes proof);
/* Locks that have not expired yet are passed over by the contract. */
struct bytes contract_cancel_expired(struct arena *a, const struct escrow_lock_entry *locks,
                                     size_t n, const struct addr *payee);

#endif
