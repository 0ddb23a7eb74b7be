/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CONFIG_CLIENT_H
#define ATOLL_CONFIG_CLIENT_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Configuration of the command line and of libatoll. Sources, the later wins: defaults, a JSON
 * file (--config, else $ATOLL_CONFIG), the environment, flags. The quickstart's three URIs all
 * default to the one node.
 */
struct client_config {
    const char *node_url;     /* nodeUri, NODE_URL; http://localhost:8030 */
    const char *metadata_url; /* metadataStoreURI; node_url */
    const char *provider_url; /* providerUri; node_url */
    const char *market_url;   /* marketPlaceUri; node_url */
    const char *rpc_url;      /* rpc, RPC or RPC_URL; http://127.0.0.1:8545 */
    const char *private_key;  /* privateKey or private_key, PRIVATE_KEY: hex digits, or the text
                                 of a version 3 key file; NULL: reading only */
    const char *key_password; /* KEY_PASSWORD, of a version 3 key file; or NULL */
    const char *address_file; /* addressFile, ADDRESS_FILE; NULL: the built-in table */
};

/* Flags as they were given; NULL where not. */
struct client_flags {
    const char *config_file;
    const char *node_url;
    const char *rpc_url;
    const char *private_key_file; /* a file that holds the key: a flag would show in `ps` */
    const char *address_file;
};

/* Everything lives in the arena. A malformed file or URL is INVALID and names the key. */
int client_config_load(struct arena *a, const struct client_flags *flags, struct client_config *ret,
                       struct err *e) must_check;

#endif
