/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_COMPUTE_H
#define ATOLL_NODE_NODE_COMPUTE_H

#include "node/node.h"

/*
 * Makes n->compute from the configuration; it stays NULL when no engine is configured or
 * Docker does not answer. Before
 * escrow_start(); compute_run() comes after it. In the end: net_stop(), escrow_free(),
 * compute_free().
 */
int node_compute_open(struct node *n, struct err *e) must_check;

/*
 * The "file" of a stored input (compute.h) as a file object in the clear: what it is already, or
 * the first of a payload encrypted for this node. Refused: ASSET_FILES_KEY, and ASSET_FILES_OTHER
 * for an asset's payload without its "did".
 */
int node_compute_input(struct node *n, struct arena *a, const struct json *stored,
                       const struct json **ret_file, struct err *e) must_check;

/*
 * The `output` of a request: hex, ECIES for this node, of {remoteStorage, encryption?:
 * {encryptMethod: "AES", key}}. Refused: COMPUTE_OUTPUT with what is wrong with it, or
 * COMPUTE_OUTPUT_UPLOAD, _KEY, _METHOD, _KEY_SHORT. Asks no storage.
 */
int node_compute_output(struct node *n, struct arena *a, const char *sealed,
                        struct compute_output *ret, struct err *e) must_check;

/*
 * encryptedDockerRegistryAuth in the clear, {username, password} or {auth}: COMPUTE_REGISTRY_AUTH
 * when it is not sealed for this node or says something else.
 */
int node_compute_login(struct node *n, struct arena *a, const char *sealed, const char **ret_json,
                       struct err *e) must_check;

#endif
