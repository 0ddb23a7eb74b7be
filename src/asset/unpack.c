/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/unpack.h"

#include <lzma.h>

#include "base/buf.h"

enum { MEMORY_MAX = 64 * 1048576, STEP = 65536 };

/* Runs the decoder to the end of the stream. */
static lzma_ret unpack(lzma_stream *s, struct buf *out)
{
    uint8_t piece[STEP];
    lzma_ret r;

    do {
        s->next_out = piece;
        s->avail_out = sizeof(piece);
        r = lzma_code(s, LZMA_FINISH);
        buf_add(out, piece, sizeof(piece) - s->avail_out);
    } while (r == LZMA_OK && !out->full);
    return r;
}

int asset_unpack(struct arena *a, struct bytes packed, size_t max, struct bytes *ret, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(max);
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_ret r;

    r = lzma_alone_decoder(&s, MEMORY_MAX);
    if (r == LZMA_OK) {
        s.next_in = packed.p;
        s.avail_in = packed.n;
        r = unpack(&s, &out);
    }
    lzma_end(&s);
    if (out.full)
        return failed(e, TOO_LARGE, "the document unpacks to more than %zu bytes", max);
    if (r == LZMA_MEMLIMIT_ERROR)
        return failed(e, TOO_LARGE, "the document needs more memory to unpack than it may have");
    if (r != LZMA_STREAM_END || s.avail_in != 0)
        return failed(e, INVALID, "the document is not packed with LZMA, or damaged");
    *ret = (struct bytes){arena_memdup(a, out.data ? out.data : "", out.len), out.len};
    return 0;
}
