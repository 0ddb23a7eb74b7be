/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "chain/rpc_int.h"

#define HEIGHT_MAX (UINT64_C(1) << 53)

bool rpc__u256(const struct json *v, struct u256 *ret)
{
    const char *s = json_str(v, "");

    return str_starts(s, "0x") && u256_parse(s, ret);
}

bool rpc__u64(const struct json *v, uint64_t *ret)
{
    struct u256 wide;

    return rpc__u256(v, &wide) && u256_to_u64(&wide, ret);
}

bool rpc__height(const struct json *v, uint64_t *ret)
{
    return rpc__u64(v, ret) && *ret <= HEIGHT_MAX;
}

bool rpc__bytes(struct arena *a, const struct json *v, struct bytes *ret)
{
    const char *s = json_str(v, "");

    return str_starts(s, "0x") && hex_parse(a, s, ret);
}

struct json *rpc__hex_u64(struct arena *a, uint64_t v)
{
    struct u256 wide = u256_from(v);

    return json_new_str(a, u256_hex(a, &wide));
}

struct json *rpc__hex_bytes(struct arena *a, struct bytes b)
{
    return json_new_str(a, hex0x_dup(a, b.p, b.n));
}

int rpc__malformed(struct err *e, const char *method)
{
    failed(e, FAILED, "%s: the RPC endpoint's answer is malformed", method);
    return err_transient(e);
}
