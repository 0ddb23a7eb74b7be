/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_CHAIN_MONEY_H
#define ATOLL_TEST_CHAIN_MONEY_H

#include "chain.h"
#include "escrow/escrow.h"

/* Who pays whom in the tests of the escrow, in Ocean tokens, and who has how much. */
enum { MONEY_PAYER = 1, MONEY_NODE = 6 };

struct money {
    struct u256 payer; /* free in the escrow */
    struct u256 node;  /* on its account */
    struct u256 opc;   /* the community's collector */
};
struct money money_accounts(struct chain *c);
/* By how much each account changed since `before`. */
void money_assert_moved(struct chain *c, const struct money *before, int64_t payer, int64_t node,
                        int64_t opc);

/* The payer puts money into the escrow, and lets the node lock it. */
void money_deposit(struct chain *c, uint64_t amount);
void money_authorize(struct chain *c, uint64_t amount, uint64_t seconds, uint64_t locks);
/* An hour's lock for a job. */
struct escrow_lock_request money_lock(struct chain *c, const char *job, uint64_t amount);

#endif
