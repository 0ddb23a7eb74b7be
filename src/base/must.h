/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_MUST_H
#define ATOLL_BASE_MUST_H

#include <stddef.h>

#include "base/attr.h"

/*
 * must(x): an invariant of the program itself. It stays on in release builds: a process that
 * holds money stops with a message rather than going on from a state nobody thought of.
 * Foreign input never reaches a must(); it gets an error.
 */
#define must(x) ((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))

noreturn_ void must_fail(const char *what, const char *file, int line);

/*
 * Allocators that never return NULL. Every input has a ceiling, so running out of memory is a
 * bug (or a machine in ruins), and the process ends with a message. Free with free().
 */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t n);
char *xstrdup(const char *s);
/* A formatted string on the heap. */
char *xasprintf(const char *fmt, ...) printf_like(1, 2);

#endif
