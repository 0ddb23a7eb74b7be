/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_CRON_H
#define ATOLL_BASE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * When something is to be done again and again, as crontab(5) writes it: minute, hour, day of the
 * month, month, day of the week; a sixth field in front counts seconds, as node-cron has it. A
 * field is `*`, a number, a range, a list of those, each with a step: "0,30 8-18/2 * jan-mar 1-5".
 * Sunday is 0 or 7. When both kinds of days are restricted one of them is enough. Times are UTC.
 */
struct cron {
    uint64_t seconds; /* one bit for each value, like all that follow */
    uint64_t minutes;
    uint32_t hours;
    uint32_t days; /* bit 1 is the first */
    uint32_t months;
    uint32_t weekdays;
    bool any_day;     /* the field of days is `*` */
    bool any_weekday; /* likewise */
};

/* INVALID says which field is wrong, or that such a moment never comes. */
int cron_parse(const char *text, struct cron *ret, struct err *e) must_check;

/* The first moment after `after`, both in seconds since 1970; -1 when there is none. */
int64_t cron_next(const struct cron *c, int64_t after);

#endif
