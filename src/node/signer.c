/* SPDX-License-Identifier: Apache-2.0 */
#include "node/signer.h"

#include "auth/auth.h"
#include "node/node.h"

int signer_check(struct task *t, const struct signer *q, struct addr *ret, struct err *e)
{
    const struct auth_request r = {.command = q->command,
                                   .address = q->address,
                                   .nonce = q->nonce,
                                   .signature = q->signature,
                                   .token = t->authorization,
                                   .rule = AUTH_COMMAND};

    return auth_check(t->node->auth, &r, ret, e);
}
