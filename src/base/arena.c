/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

enum {
    ALIGN = 16,
    FIRST_BLOCK = 4096, /* most requests fit: one malloc for each */
    LARGEST_BLOCK = 1 << 20
};

struct block {
    struct block *next;
    size_t cap;
    size_t used;
    size_t pad; /* keeps data[] aligned to ALIGN */
    unsigned char data[];
};

struct arena {
    struct block *head;
    size_t used;
    size_t next_cap;
};

_Static_assert(offsetof(struct block, data) % ALIGN == 0, "block data must be aligned");

struct arena *arena_new(void)
{
    struct arena *a = xcalloc(1, sizeof(*a));

    a->next_cap = FIRST_BLOCK;
    return a;
}

void arena_free(struct arena *a)
{
    struct block *b;
    struct block *next;

    if (!a)
        return;
    for (b = a->head; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

static struct block *block_add(struct arena *a, size_t n)
{
    size_t cap = a->next_cap;
    struct block *b;

#ifdef ARENA_MALLOC
    cap = n;
#else
    if (cap < n)
        cap = n;
    if (a->next_cap < LARGEST_BLOCK)
        a->next_cap *= 2;
#endif
    b = xmalloc(sizeof(*b) + cap);
    b->cap = cap;
    b->used = 0;
    b->next = a->head;
    a->head = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct block *b = a->head;
    size_t rounded;
    void *p;

    must(n < SIZE_MAX / 2);
#ifdef ARENA_MALLOC
    rounded = n; /* exact, so that one byte too far is seen */
    b = NULL;
#else
    rounded = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
#endif
    if (!b || b->cap - b->used < rounded)
        b = block_add(a, rounded);
    p = b->data + b->used;
    b->used += rounded;
    a->used += rounded;
    return p;
}

void *arena_calloc(struct arena *a, size_t count, size_t size)
{
    size_t n;

    must(!__builtin_mul_overflow(count, size, &n));
    return memset(arena_alloc(a, n), 0, n);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
    void *copy = arena_alloc(a, n);

    if (n)
        memcpy(copy, p, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);

    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list measure;
    char *s;
    int n;

    va_copy(measure, ap);
    n = vsnprintf(NULL, 0, fmt, measure);
    va_end(measure);
    must(n >= 0);
    s = arena_alloc(a, (size_t)n + 1);
    (void)vsnprintf(s, (size_t)n + 1, fmt, ap);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *s;

    va_start(ap, fmt);
    s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
