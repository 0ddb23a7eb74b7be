/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_DEVNET_INT_H
#define ATOLL_CLI_DEVNET_INT_H

#include "chain/rpc.h"
#include "cli/child.h"
#include "crypto/secp.h"

/* The pieces of `atoll devnet`: finding the packages, running anvil, deploying the contracts. */

enum { DEVNET_CHAIN_ID = 8996, DEVNET_ACCOUNTS = 10 };

/* anvil's accounts: everybody knows their keys. Index 0 deploys. */
const char *devnet_key_text(size_t i);
struct seckey devnet_key(size_t i);
struct addr devnet_addr(size_t i);

/* Folders and files of the npm packages, in the arena. NOT_FOUND says how to install them. */
struct devnet_packages {
    const char *anvil;     /* the platform's binary */
    const char *artifacts; /* .../@oceanprotocol/contracts/artifacts/contracts */
};
int devnet_find(struct arena *a, struct devnet_packages *ret, struct err *e) must_check;

/* --- anvil as a child process --- */
struct devnet_chain {
    struct child child;
    uint16_t port;
    const char *state; /* file that is loaded at start, and written every few seconds and at the
                          end; NULL: nothing is kept */
};

/* Starts anvil on 127.0.0.1. child.binary and child.log are given. */
int devnet_chain_start(struct devnet_chain *c, struct err *e) must_check;
/* Waits until it answers; FAILED with the end of its log when it does not come up. */
int devnet_chain_wait(struct devnet_chain *c, struct rpc *r, struct err *e) must_check;

/*
 * Deploys Ocean's contracts with the first account, mints test tokens to all, and writes the
 * address file in Ocean's shape.
 */
int devnet_deploy(struct rpc *r, const char *artifacts, const char *address_file, struct err *e)
    must_check;

#endif
