/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_DATE_H
#define ATOLL_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Calendar days and times of day, always in UTC and in the Gregorian calendar. Pure arithmetic. */

struct date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
    int hour;
    int minute;
    int second;
    int weekday; /* 0 = Sunday; date_seconds() does not look at it */
};

/* The date of a number of seconds since 1970 (not negative), and back. */
struct date date_of(int64_t seconds);
int64_t date_seconds(const struct date *d);
/* Of that month: 28 to 31. */
int date_month_days(int year, int month);

/* 1..12 for a text that begins with the first three letters of a month's English name, else 0. */
int date_month(const char *name);
/* 0..6 (0 = Sunday) likewise, else -1. */
int date_weekday(const char *name);

/*
 * What people and programs write for a moment: milliseconds since 1970 as digits,
 * "2026-11-25", "2026-11-25T10:30:00.123+01:00", "2026-11-25 10:30",
 * "Wed, 25 Nov 2026 10:30:00 GMT", "Nov 25, 2026". Without a zone it is UTC. *ret in ms since 1970;
 * false for anything else, and for days that no month has.
 */
bool date_parse(const char *text, int64_t *ret);

#endif
