/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_MEMO_H
#define ATOLL_NODE_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/eth.h"

/*
 * Small facts about accounts on chains, kept for a while so that a chain is not asked the same
 * thing again. A few hundred of each kind; a newer one may push out an older. Any thread.
 */
struct node_memo;

enum memo_kind {
    MEMO_DECIMALS, /* of a token */
    MEMO_NO_CODE,  /* the account is no contract; the value means nothing */
    MEMO_SILENT,   /* the chain did not answer (its account: zero); the value means nothing */
    MEMO_KINDS
};

/* What a fact is about. */
struct memo_key {
    enum memo_kind kind;
    uint64_t chain;
    struct addr addr;
};

#define MEMO_FOR_EVER INT64_MAX

struct node_memo *node_memo_new(void);
void node_memo_free(struct node_memo *m); /* NULL is allowed */

/* False when it is not known (any more). ret may be NULL. */
bool node_memo_get(struct node_memo *m, const struct memo_key *key, unsigned *ret);
/* Keeps it for so many milliseconds from now. */
void node_memo_put(struct node_memo *m, const struct memo_key *key, unsigned value, int64_t for_ms);

#endif
