/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_BACKUP_H
#define ATOLL_NODE_NODE_BACKUP_H

#include "backup/backup.h"
#include "node/node.h"

/*
 * Makes n->backup from the configuration, with the node's own state as one of the things that are
 * backed up. backup_start() comes when whoever has deployments has told it of them, and
 * backup_free() when they do not ask it any more. INVALID: an option cannot be read.
 */
int node_backup_open(struct node *n, struct err *e) must_check;

/*
 * Brings a node's own state back to a folder that has none: DIR/atoll.sqlite and, when there was
 * one, DIR/config.json. For `atoll backup restore-node`, while no node runs there.
 */
struct node_restore {
    const char *dir;
    const struct seckey *key; /* the node's */
    const char *identity;     /* file of an ssh key that the server lets in; NULL: the folder's */
    struct backup_server server; /* its name does not matter */
    const char *snapshot;        /* NULL: the latest */
};
/* {snapshot, at, files: [...]}, in the arena. */
int node_backup_restore(struct arena *a, const struct node_restore *r, struct json **ret,
                        struct err *e) must_check;

#endif
