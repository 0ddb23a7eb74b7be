/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BACKUP_RETAIN_H
#define ATOLL_BACKUP_RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/* Which snapshots are kept. Pure functions. */

enum retain_kind { RETAIN_LAST, RETAIN_DAILY, RETAIN_WEEKLY, RETAIN_MONTHLY, RETAIN_YEARLY };
enum { RETAIN_KINDS = RETAIN_YEARLY + 1, RETAIN_MAX = 1000 };

/* How many of each kind; at least one is not 0. */
struct retain {
    int64_t keep[RETAIN_KINDS];
};

/* "last=3 daily=7 weekly=4 monthly=6 yearly=1", each optional, in any order. INVALID. */
int retain_parse(const char *text, struct retain *ret, struct err *e) must_check;
/* {"last": 3, "daily": 7 ...}; other members are refused. INVALID. */
int retain_read(const struct json *v, struct retain *ret, struct err *e) must_check;
/* Both forms, in the arena. */
const char *retain_text(struct arena *a, const struct retain *r);
struct json *retain_json(struct arena *a, const struct retain *r);

/*
 * times: ms since 1970, newest first. keep[i] becomes true for the last N, and for the newest of
 * each of the last N days, weeks (from Monday), months and years that have any. All in UTC.
 */
void retain_select(const struct retain *r, const int64_t *times, size_t count, bool *keep);

#endif
