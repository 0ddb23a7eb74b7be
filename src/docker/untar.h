/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_UNTAR_H
#define ATOLL_DOCKER_UNTAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads an archive entry by entry, as it comes: ustar, GNU's and pax's long names and large sizes.
 * Names are the writer's and may be anything; nothing is unpacked here. One thread at a time.
 */
enum { UNTAR_PATH_MAX = 4096 };
enum untar_kind { UNTAR_FILE, UNTAR_DIR, UNTAR_OTHER };

struct untar_entry {
    const char *path; /* until the next entry; never empty, without a NUL inside */
    enum untar_kind kind;
    int64_t size; /* bytes of a UNTAR_FILE, else 0 */
};

struct untar;
/* read: > 0 bytes, 0 at the end, -1 on failure. It is asked for what is needed and no more. */
typedef int64_t untar_source(void *ctx, void *out, size_t cap, struct err *e);
struct untar *untar_new(untar_source *read, void *ctx);
void untar_free(struct untar *u); /* NULL is allowed */

/*
 * 1 and the next entry (what was not read of the last one is skipped), 0 at the end, -1 when the
 * archive is damaged (INVALID) or its source fails.
 */
int untar_next(struct untar *u, struct untar_entry *ret, struct err *e) must_check;
/* Bytes of the entry's file: > 0, 0 at its end, -1. */
int64_t untar_read(struct untar *u, void *out, size_t cap, struct err *e) must_check;

#endif
