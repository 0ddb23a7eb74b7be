/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_BUF_H
#define ATOLL_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * A growing byte buffer that is born with a ceiling. Appending beyond the ceiling sets `full`
 * and drops the bytes; the writer may append on and looks at `full` once, at the end.
 * `data` is NUL-terminated whenever it is not NULL (the NUL is not counted in len).
 */
struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max;
    bool full;
};

/* An empty buffer that may hold `max` bytes; allocates nothing. */
#define BUF_INIT(limit) ((struct buf){.max = (limit)})

/* Frees the memory and leaves an empty buffer with the same ceiling. */
void buf_done(struct buf *b);

/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *b);

/* Appends n bytes / a C string / one byte / formatted text. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);

/* The text so far; "" when empty. Valid until the next append. */
const char *buf_str(const struct buf *b);

/* Hands the memory over to the caller (free()), NUL-terminated; the buffer is empty afterwards. */
char *buf_take(struct buf *b);

/* Drops the first n bytes (n <= len). */
void buf_shift(struct buf *b, size_t n);

/* A buffer that is released at scope exit. */
#define _buf_ cleanup_(buf_done)

#endif
