/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_POOL_WORLD_H
#define ATOLL_TEST_UNIT_POOL_WORLD_H

#include "compute_world.h"
#include "pool/pool.h"

/*
 * Pools with periods of a second on compute_world's engine and fake escrow. Names that are asked
 * for in `w.arena` live as long as the group of tests.
 */
enum { PERIOD_S = 1 };
extern struct pools *pools;
extern struct compute_resources small, large; /* one core, two cores */

/* For cmocka_run_group_tests(). */
int pool_setup(void **state);
int pool_teardown(void **state);
/* A new process on the same store; the old one must have ended. */
void pools_begin(void);
void pools_end(void);

/* A new pool's id: granted by the operator, or a wallet's (its address ends in `last`). */
const char *granted_pool(const char *owner, const char *name, const char *amount);
const char *wallet_pool(const char *owner, uint8_t last);
struct pool_quote quote_of(const struct compute_resources *r);

/* A meter for a small deployment; ends: ms, or 0. */
void run_on(const char *deployment, const char *owner, const char *pool, int64_t ends);
struct pool_meter meter(const char *deployment);
/* Returns when it is closed. */
void stop(const char *deployment, enum pool_stop why);
/* Waits until the listener was told so many times. */
void await_event(const char *deployment, enum pool_event what, size_t times);
/* Waits until it is paid for beyond that moment, in ms. */
void await_period(const char *deployment, int64_t after);

/* What a granted pool was given is what it has, what is reserved and what was spent; the entries of
 * a wallet's are what is locked and what was claimed. */
void adds_up(const char *id);
/* A granted pool without anything under way: what it was given is there or was spent. */
void nothing_lost(const char *id, const char *given);
struct u256 spent_of(const char *pool);
struct u256 plus(struct u256 a, struct u256 b);

#endif
