/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/unpack.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20, SMALL_MAX = 16 };

/* A packed document, under a ceiling that it may fit and under one that hardly anything fits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    const struct bytes packed = {data, size};
    struct bytes text;
    struct bytes small;
    struct err e;
    bool fits = asset_unpack(a, packed, TEXT_MAX, &text, &e) == 0;

    must(fits ? text.n <= TEXT_MAX : e.code == ERR_INVALID || e.code == ERR_TOO_LARGE);
    if (asset_unpack(a, packed, SMALL_MAX, &small, &e) == 0)
        must(fits && small.n == text.n && small.n <= SMALL_MAX);
    return 0;
}
