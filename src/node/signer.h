/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_SIGNER_H
#define ATOLL_NODE_SIGNER_H

#include "crypto/eth.h"
#include "node/task.h"

/*
 * Who signed a request, or whose token it brings in the header Authorization: what the protocol's
 * commands begin with. Texts as they were sent, in the request's arena; NULL when absent.
 */
struct signer {
    const char *command; /* the one that was signed */
    const char *address;
    const char *nonce;
    const char *signature;
};
/* Of the generated arguments of a command that is signed. */
#define SIGNER(name, args)                                                                         \
    {                                                                                              \
        (name), (args)->consumer_address, (args)->nonce, (args)->signature                         \
    }

/*
 * The address that is proven by it. AUTH_... as auth_check() of auth/auth.h has them. Uses up the
 * nonce, so it is asked once for each request; may wait for a chain. On a worker.
 */
int signer_check(struct task *t, const struct signer *q, struct addr *ret, struct err *e)
    must_check;

#endif
