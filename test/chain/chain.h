/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_CHAIN_CHAIN_H
#define ATOLL_TEST_CHAIN_CHAIN_H

#include "../unit/test.h"
#include "chain/rpc.h"
#include "chain/wallet.h"
#include "cli/devnet_int.h"
#include "store/db.h"

/*
 * A development chain of the test's own, with the Ocean contracts on it, and a store. One for the
 * whole test program; it ends with it.
 */
struct chain {
    struct arena *arena;
    char dir[32];
    const char *url;
    struct devnet_chain anvil;
    struct net *net;
    struct rpc *rpc;
    struct store *store;
    struct json *addresses; /* "development" of the address file */
};

/* cmocka's group set-up and tear-down; *state is the struct chain. Without the npm packages the
 * program ends as skipped. */
int chain_up(void **state);
int chain_down(void **state);

/* A contract's address by its key in the address file. */
struct addr chain_contract(struct chain *c, const char *name);
/* A call of anvil's own ("anvil_mine"), params as JSON text; must succeed. */
struct json *chain_call(struct chain *c, const char *method, const char *params);
/* Account i sends a call and waits for it. */
void chain_send(struct chain *c, size_t account, const struct contract_call *call);
/* One view call that returns numbers; the first of them. */
struct u256 chain_read(struct chain *c, const struct contract_call *call);
struct u256 chain_token_balance(struct chain *c, const struct addr *token, const struct addr *who);

#endif
