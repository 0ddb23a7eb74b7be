/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_ATTR_H
#define ATOLL_BASE_ATTR_H

#include <stdlib.h>
#include <unistd.h>

/*
 * Compiler attributes, and the scope-exit clean-ups that let a function be read
 * straight down: try, return on failure, and what was opened closes by itself.
 */

/* The caller has to look at the result. */
#define must_check __attribute__((warn_unused_result))
/* Positions (from 1) of the format and of its first argument, so that the compiler checks them. */
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define noreturn_ __attribute__((noreturn))
#define unused_ __attribute__((unused))

/* Runs fn(&variable) when the variable leaves its scope. */
#define cleanup_(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* A heap pointer that is freed at scope exit; set it to NULL to keep the memory. */
#define _free_ cleanup_(cleanup_free)
/* A file descriptor that is closed at scope exit unless it is negative. */
#define _close_ cleanup_(cleanup_close)

/* Elements of an array; wrong for a pointer, which gcc then reports. */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
