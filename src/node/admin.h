/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_ADMIN_H
#define ATOLL_NODE_ADMIN_H

#include "node/node.h"
#include "node/task.h"

/* What all commands of administrators begin with. */
struct admin_asker {
    const char *address; /* as sent */
    const char *nonce;
    const char *signature;
};
#define ADMIN_ASKER(args) (&(struct admin_asker){(args)->address, (args)->nonce, (args)->signature})

/*
 * Refuses with AUTH_ADMIN unless an administrator signed this command; tokens do not count. What
 * he asked for is told in the log.
 */
int admin_check(struct task *t, const struct admin_asker *asker, struct err *e) must_check;

#endif
