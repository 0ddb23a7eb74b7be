/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "chain/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The shapes that contracts send us: events, reads, and everything nested. */
static const char *const types[] = {
    "(uint256,string)",
    "(address,uint256,bytes32,bool,int24)",
    "(bytes,bytes[],string[2])",
    "(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)",
    "((address,uint256,(uint256,address,bytes)[])[],uint256)",
    "(uint256[][3],(bytes4,string)[])",
};

/*
 * The first byte chooses the type. What can be read can be written, and the canonical form reads
 * as itself. (The input need not be canonical: offsets may point anywhere inside.)
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    const char *type = types[size ? data[0] % ARRAY_LEN(types) : 0];
    struct abi_value list;
    struct abi_value again;
    struct bytes once;
    struct bytes twice;
    struct err e;

    if (size < 1 || abi_decode(a, type, data + 1, size - 1, &list, &e) < 0)
        return 0;
    once = abi_encode(a, type, list.list.v, list.list.n);
    must(abi_decode(a, type, once.p, once.n, &again, &e) == 0);
    twice = abi_encode(a, type, again.list.v, again.list.n);
    must(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
    return 0;
}
