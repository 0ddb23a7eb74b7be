/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "docker/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t hash;
    size_t bytes;
};

static int add(void *ctx, int kind, const char *p, size_t n)
{
    struct sum *s = ctx;
    size_t i;

    must(kind <= 2);
    for (i = 0; i < n; i++)
        s->hash = s->hash * 31 + (unsigned char)p[i];
    s->bytes += n;
    return 0;
}

static int feed(const uint8_t *data, size_t size, bool stamped, size_t piece, struct sum *ret)
{
    struct frames f = {.stamped = stamped};
    struct err e;
    size_t at;

    for (at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;

        if (frames_feed(&f, data + at, n, add, ret, &e) < 0)
            return -1;
    }
    return 0;
}

/* However a stream is cut, the same payload comes out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int stamped;

    for (stamped = 0; stamped < 2; stamped++) {
        struct sum whole = {0}, cut = {0};
        int a = feed(data, size, stamped, size + 1, &whole);
        int b = feed(data, size, stamped, 1, &cut);

        must(a == b);
        must(whole.bytes == cut.bytes && whole.hash == cut.hash && whole.bytes <= size);
    }
    return 0;
}
