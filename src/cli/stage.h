/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_STAGE_H
#define ATOLL_CLI_STAGE_H

#include "base/arena.h"
#include "cli/child.h"

/*
 * A marketplace on this machine for `atoll demo` and `atoll run`: a development chain and a node
 * with one compute environment, each a child process with its log in the folder.
 */
enum { STAGE_ALICE = 1, STAGE_BOB = 2, STAGE_NODE = 9 }; /* accounts of the development chain */

struct stage {
    struct arena *arena;
    const char *dir; /* chain/, node/, chain.log, node.log; made when missing */
    int chain_port;  /* 0: any free one */
    int node_port;
    bool gateway; /* serve https://localhost as well, where there is a Caddy */
    /* filled in by stage_start */
    const char *addresses; /* the contracts' address file */
    const char *rpc_url;
    const char *node_url;
    const char *market_url; /* of the page: by https when `gateway` came to something */
    int https_port;
    int plain_port;
    struct child chain;
    struct child node;
};

/* Both are up and answer afterwards. Call it before other threads are started. */
int stage_start(struct stage *s, struct err *e) must_check;
/* Ends what was started; false when the node did not end cleanly. */
bool stage_stop(struct stage *s);

#endif
