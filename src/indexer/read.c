/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/read.h"

#include <string.h>

#include "base/clock.h"

enum { TEXT_MAX = 1024 };
static const uint64_t year_10000 = 253402300800;

struct rpc_reading reading(struct arena *a, const struct addr *to, const char *signature,
                           const struct abi_value *args, size_t n)
{
    return (struct rpc_reading){.to = *to, .data = abi_call(a, signature, args, n)};
}

bool read_values(struct arena *a, const struct rpc_reading *r, const char *types,
                 struct abi_value *ret)
{
    struct err ignored;

    return r->answered && abi_decode(a, types, r->answer.p, r->answer.n, ret, &ignored) == 0;
}

const char *text_of_bytes(struct arena *a, struct bytes b)
{
    _buf_ struct buf quoted = BUF_INIT(8 * TEXT_MAX);
    struct json *v;
    struct err ignored;

    if (memchr(b.p, 0, b.n))
        return "";
    json_write_string(&quoted, (const char *)b.p, b.n);
    if (quoted.full || json_parse(a, buf_str(&quoted), quoted.len, &v, &ignored) < 0)
        return "";
    return json_str(v, "");
}

const char *read_text(struct arena *a, const struct rpc_reading *r)
{
    struct abi_value v;

    if (!read_values(a, r, "(string)", &v) || v.list.v[0].bytes.n > TEXT_MAX)
        return "";
    return text_of_bytes(a, v.list.v[0].bytes);
}

uint64_t small_number(const struct u256 *v)
{
    uint64_t n;

    return u256_to_u64(v, &n) && n <= INT64_MAX ? n : 0;
}

const char *time_text(struct arena *a, const struct u256 *seconds)
{
    char text[CLOCK_ISO_SIZE];
    uint64_t n = small_number(seconds);

    clock_iso((int64_t)(n < year_10000 ? n : 0) * 1000, text);
    return arena_strdup(a, text);
}
