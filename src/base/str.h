/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_STR_H
#define ATOLL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Small questions about C strings. ASCII only where case matters; no locale. */

bool str_eq(const char *a, const char *b);  /* NULL equals only NULL */
bool str_ieq(const char *a, const char *b); /* ignoring ASCII case */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Copies s into out[cap], cut if need be, always terminated. True when it fitted. */
bool str_copy(char *out, size_t cap, const char *s);

/* Lower-case copy in the arena. */
char *str_lower(struct arena *a, const char *s);

/*
 * How many letters must be added, dropped or changed to make one of the other, for "did you mean":
 * letter case does not count, nor what lies beyond STR_DISTANCE_MAX characters.
 */
enum { STR_DISTANCE_MAX = 64 };
size_t str_distance(const char *a, const char *b);

/*
 * A whole decimal number (digits only, no sign, no blanks) up to max.
 * False when anything else is there.
 */
bool str_u64(const char *s, uint64_t max, uint64_t *ret);

/*
 * The next part of *rest up to the separator, copied into the arena; NULL when nothing is left.
 * "a,,b" gives "a", "", "b".
 */
char *str_next(struct arena *a, const char **rest, char separator);

#endif
