/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/rlp.h"

#include <string.h>

enum {
    STRING = 0x80, /* prefix of a string; of a list 0xc0 */
    LIST = 0xc0,
    SHORT_MAX = 55 /* longer content has its length in bytes of its own */
};

static size_t minimal_be(const struct u256 *v, uint8_t out[32], const uint8_t **ret)
{
    size_t skip = 0;

    u256_to_be(v, out);
    while (skip < 32 && out[skip] == 0)
        skip++;
    *ret = out + skip;
    return 32 - skip;
}

static void put_prefix(struct buf *out, unsigned kind, size_t n)
{
    struct u256 len = u256_from(n);
    uint8_t be[32];
    const uint8_t *p;
    size_t k;

    if (n <= SHORT_MAX) {
        buf_putc(out, (char)(kind + n));
        return;
    }
    k = minimal_be(&len, be, &p);
    buf_putc(out, (char)(kind + SHORT_MAX + k));
    buf_add(out, p, k);
}

void rlp_put_bytes(struct buf *out, const void *p, size_t n)
{
    if (n != 1 || *(const uint8_t *)p >= STRING)
        put_prefix(out, STRING, n);
    buf_add(out, p, n);
}

void rlp_put_u256(struct buf *out, const struct u256 *v)
{
    uint8_t be[32];
    const uint8_t *p;
    size_t n = minimal_be(v, be, &p);

    rlp_put_bytes(out, p, n);
}

void rlp_put_u64(struct buf *out, uint64_t v)
{
    struct u256 wide = u256_from(v);

    rlp_put_u256(out, &wide);
}

void rlp_put_list(struct buf *out, const struct buf *items)
{
    put_prefix(out, LIST, items->len);
    buf_add(out, items->data, items->len);
}

struct reader {
    const uint8_t *p;
    size_t n;
};

static int bad(struct err *e, const char *why)
{
    return failed(e, INVALID, "RLP: %s", why);
}

/* Reads a prefix and cuts the item's content off the reader. */
static int take(struct reader *r, bool *ret_list, struct bytes *ret, struct err *e)
{
    unsigned first;
    size_t n;

    if (r->n == 0)
        return bad(e, "truncated");
    first = r->p[0];
    *ret_list = first >= LIST;
    if (first < STRING) {
        *ret = (struct bytes){r->p, 1};
        r->p++;
        r->n--;
        return 0;
    }
    n = first - (*ret_list ? LIST : STRING);
    r->p++;
    r->n--;
    if (n > SHORT_MAX) {
        size_t k = n - SHORT_MAX;
        size_t i;

        if (k > r->n || k > sizeof(size_t))
            return bad(e, "truncated length");
        for (n = 0, i = 0; i < k; i++)
            n = n << 8 | r->p[i];
        if (n <= SHORT_MAX || r->p[0] == 0)
            return bad(e, "length is not minimal");
        r->p += k;
        r->n -= k;
    }
    if (n > r->n)
        return bad(e, "truncated");
    if (!*ret_list && n == 1 && r->p[0] < STRING)
        return bad(e, "a single byte has a prefix");
    *ret = (struct bytes){r->p, n};
    r->p += n;
    r->n -= n;
    return 0;
}

static int decode_item(struct arena *a, struct reader *r, unsigned depth, struct rlp *ret,
                       struct err *e)
{
    struct reader body;
    struct reader count;
    struct rlp item = {0};
    size_t i;

    if (depth > RLP_DEPTH_MAX)
        return bad(e, "nested too deeply");
    if (take(r, &item.is_list, &item.bytes, e) < 0)
        return -1;
    if (!item.is_list) {
        *ret = item;
        return 0;
    }
    body = count = (struct reader){item.bytes.p, item.bytes.n};
    while (count.n > 0) {
        struct bytes skipped;
        bool list;

        if (take(&count, &list, &skipped, e) < 0)
            return -1;
        item.count++;
    }
    item.items = arena_calloc(a, item.count, sizeof(*item.items));
    for (i = 0; i < item.count; i++) {
        if (decode_item(a, &body, depth + 1, &item.items[i], e) < 0)
            return -1;
    }
    *ret = item;
    return 0;
}

int rlp_decode(struct arena *a, const void *p, size_t n, struct rlp *ret, struct err *e)
{
    struct reader r = {p, n};
    struct rlp item;

    if (decode_item(a, &r, 0, &item, e) < 0)
        return -1;
    if (r.n > 0)
        return bad(e, "bytes after the item");
    *ret = item;
    return 0;
}
