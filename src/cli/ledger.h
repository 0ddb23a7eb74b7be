/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_LEDGER_H
#define ATOLL_CLI_LEDGER_H

#include <stdio.h>

#include "chain/rpc.h"

/*
 * A balance sheet: what every account held of a currency before and after, and whether it adds
 * up to the wei. Nothing may appear or vanish but what the chain says was minted or burnt.
 */
enum { LEDGER_ROWS = 12 };

struct ledger_row {
    const char *name;
    struct addr addr;
    struct u256 before;
    struct u256 after;
};

struct ledger {
    const char *currency; /* "OCEAN" */
    bool native;          /* the chain's own coin */
    struct addr token;    /* unless native */
    unsigned decimals;
    struct ledger_row rows[LEDGER_ROWS];
    size_t count;
    struct u256 made;  /* that came into being meanwhile (minted) */
    struct u256 burnt; /* that ceased to be (the base fee of gas) */
    uint64_t block;    /* at `before`, for the native coin */
};

/* Adds an account; more than LEDGER_ROWS is a bug. */
void ledger_add(struct ledger *l, const char *name, const struct addr *who);

/* Reads the balances before; *exists false: the token is not there yet, all hold nothing. */
int ledger_open(struct ledger *l, struct rpc *r, bool exists, struct err *e) must_check;
/* Reads the balances after, and what was minted and burnt in between. */
int ledger_close(struct ledger *l, struct rpc *r, struct err *e) must_check;

/* Prints the sheet; false when it does not add up. */
bool ledger_print(const struct ledger *l, FILE *out);

#endif
