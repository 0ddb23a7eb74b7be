/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "chain/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_item(struct buf *out, const struct rlp *r)
{
    _buf_ struct buf items = BUF_INIT(1 << 20);
    size_t i;

    if (!r->is_list) {
        rlp_put_bytes(out, r->bytes.p, r->bytes.n);
        return;
    }
    for (i = 0; i < r->count; i++)
        write_item(&items, &r->items[i]);
    rlp_put_list(out, &items);
}

/* There is one encoding of everything: what is read is written back byte by byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct rlp item;
    struct err e;

    if (rlp_decode(a, data, size, &item, &e) < 0)
        return 0;
    write_item(&out, &item);
    must(out.len == size && memcmp(out.data, data, size) == 0);
    return 0;
}
