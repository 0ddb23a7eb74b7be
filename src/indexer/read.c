/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/read.h"

#include <string.h>

#include "base/clock.h"

enum { TEXT_MAX = 1024 };
static const int64_t year_10000 = 253402300800;

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
    _buf_ struct buf quoted = BUF_INIT((size_t)8 * TEXT_MAX);
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

const char *time_text(struct arena *a, int64_t seconds)
{
    char text[CLOCK_ISO_SIZE];

    clock_iso(seconds < year_10000 ? seconds * 1000 : 0, text);
    return arena_strdup(a, text);
}

const char *lower_text(struct arena *a, const struct addr *v)
{
    char text[ADDR_TEXT];

    addr_lower(v, text);
    return arena_strdup(a, text);
}

const char *field_addr(struct arena *a, const struct event *ev, const char *name)
{
    struct addr v = event_addr(ev, name);

    return lower_text(a, &v);
}

const char *field_amount(struct arena *a, const struct event *ev, const char *name)
{
    struct u256 v = event_num(ev, name);

    return u256_text(a, &v);
}

int64_t field_small(const struct event *ev, const char *name)
{
    uint64_t n = event_u64(ev, name);

    return n <= INT64_MAX ? (int64_t)n : 0;
}
