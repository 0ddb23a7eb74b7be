/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_ARENA_H
#define ATOLL_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

/*
 * Memory with one lifetime: a request, an indexer batch, a job step. Everything allocated from
 * an arena is freed together by arena_free(); single pieces are never freed. Not thread-safe:
 * an arena belongs to one thread at a time.
 *
 * Built with -Darena_malloc=true every allocation is a malloc of its own, so that ASan sees
 * overruns between neighbours.
 */
struct arena;

/* A new arena. Never NULL. */
struct arena *arena_new(void);

/* Frees the arena and all its memory; NULL is allowed. */
void arena_free(struct arena *a);

/* n bytes, aligned for any type, not cleared; never NULL. */
void *arena_alloc(struct arena *a, size_t n);

/* count * size bytes, cleared; never NULL; an overflow is a bug. */
void *arena_calloc(struct arena *a, size_t count, size_t size);

/* Copies: of n bytes; of a C string; of n bytes with a NUL appended. */
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);

/* A formatted string in the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) printf_like(2, 0);

/* Bytes handed out so far, for ceilings. */
size_t arena_used(const struct arena *a);

static inline void cleanup_arena(struct arena **a)
{
    arena_free(*a);
}
/* An arena that is freed at scope exit. */
#define _arena_ cleanup_(cleanup_arena)

#endif
