/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_FILES_H
#define ATOLL_NODE_FILES_H

#include "asset/asset.h"
#include "node/task.h"

/*
 * Files that are not in the document: a datatoken of template 4 keeps them and gives them to a node
 * that shows who has ordered (wire/chain.md 10). On confidential chains nobody else can read them.
 */

/* The service of an asset. */
struct files_place {
    const struct asset *asset;
    const struct asset_service *service;
    size_t index; /* of the service in the asset */
};

/*
 * Who has ordered, and the proof: an EIP-191 signature of his over keccak256(text), 32 bytes. The
 * signature of a request is one over its own message.
 */
struct files_proof {
    struct addr who;
    const char *text;
    struct bytes signature; /* 65 bytes; empty: there is none */
};

/* Whether the document has no files of its own. */
bool files_are_elsewhere(const struct asset_service *service);

/* The node's own signature, for orders whose consumer it is (jobs). */
struct files_proof files_own_proof(struct task *t, const char *text);

/*
 * The array of file objects. Refused: ASSET_FILES_KEY when the datatoken keeps none,
 * FILES_INACTIVE, FILES_SIGNATURE without a signature, FILES_KEPT when the datatoken says no,
 * ASSET_FILES_OTHER.
 */
int files_fetch(struct task *t, const struct files_place *p, const struct files_proof *proof,
                struct json **ret, struct err *e) must_check;

#endif
