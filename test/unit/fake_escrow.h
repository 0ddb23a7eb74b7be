/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_FAKE_ESCROW_H
#define ATOLL_TEST_UNIT_FAKE_ESCROW_H

#include "escrow/escrow.h"

/*
 * Stands in for escrow/ in tests of what is above it: payments in memory, whose lock is "mined"
 * when the test says so. Linked instead of the library: it defines all of escrow.h that is used.
 */
extern const struct addr fake_token;

/* The lock of a job turns into this state, and who listens is told. */
void fake_escrow_move(const char *job_id, enum escrow_state state, const char *why);
/* What was claimed of a job's lock; asserts that a decision was made. */
const char *fake_escrow_claimed(struct arena *a, const char *job_id);
/* The next lock is refused with this text; NULL: none is. */
void fake_escrow_refuse(const char *text);

/* escrow_check() refuses with this text; NULL: it does not. */
void fake_escrow_broke(const char *text);
/* Whether locks are mined as they are sent; else by fake_escrow_move(). */
void fake_escrow_mines(bool at_once);
/* The most locks that were open at a time since this was asked last. */
size_t fake_escrow_most_open(void);
/* The newest payment in that state, or NULL. */
const char *fake_escrow_last(enum escrow_state state);
/* The listener with this context is gone. */
void fake_escrow_deaf(void *ctx);

#endif
