/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_UNPACK_H
#define ATOLL_ASSET_UNPACK_H

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"

/*
 * Old documents are packed with LZMA before they are encrypted or published (bit 0 of the metadata
 * flags). The format is ".lzma" ("LZMA alone"). A small input may unpack to anything, so there is
 * a ceiling: max bytes of text and 64 MiB of memory for the decoder.
 *
 * *ret is the text in the arena; it may be empty. INVALID for what is not LZMA, is cut short, or
 * has bytes behind its end; TOO_LARGE beyond a ceiling.
 */
int asset_unpack(struct arena *a, struct bytes packed, size_t max, struct bytes *ret, struct err *e)
    must_check;

#endif
