/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/call.h"

#include <string.h>

#include "base/must.h"

int contract_read(struct rpc *r, struct arena *a, const struct contract_call *call,
                  struct abi_value *ret, struct err *e)
{
    struct bytes data = abi_call(a, call->signature, call->args, call->n);
    struct bytes answer;
    char text[ADDR_TEXT];

    if (rpc_read(r, a, &call->to, data, &answer, e) < 0)
        return -1;
    if (answer.n == 0 && strcmp(call->returns, "()") != 0) {
        addr_checksum(&call->to, text);
        return failed(e, NOT_FOUND, "%s is not a contract that has %s", text, call->signature);
    }
    if (abi_decode(a, call->returns, answer.p, answer.n, ret, e) < 0)
        return err_wrap(e, "%s", call->signature);
    return 0;
}
