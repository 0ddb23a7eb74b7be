/* SPDX-License-Identifier: Apache-2.0 */
#include "base/date.h"

#include <ctype.h>
#include <stddef.h>
#include <strings.h>

#include "base/attr.h"
#include "base/str.h"

enum { DAY = 86400, YEAR_FIRST = 1970, YEAR_LAST = 9999 };

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January. */
static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return (int64_t)(year - 1970) * 365 + (y / 4 - y / 100 + y / 400) -
           (1969 / 4 - 1969 / 100 + 1969 / 400);
}

struct date date_of(int64_t seconds)
{
    int64_t days = seconds / DAY;
    int left = (int)(seconds % DAY);
    struct date d = {.hour = left / 3600,
                     .minute = left / 60 % 60,
                     .second = left % 60,
                     .weekday = (int)((days + 4) % 7),
                     .month = 1};

    d.year = YEAR_FIRST + (int)(days / 366);
    while (days_before(d.year + 1) <= days)
        d.year++;
    days -= days_before(d.year);
    for (; days >= date_month_days(d.year, d.month); d.month++)
        days -= date_month_days(d.year, d.month);
    d.day = (int)days + 1;
    return d;
}

int64_t date_seconds(const struct date *d)
{
    int64_t days = days_before(d->year) + d->day - 1;
    int month;

    for (month = 1; month < d->month; month++)
        days += date_month_days(d->year, month);
    return days * DAY + d->hour * 3600 + d->minute * 60 + d->second;
}

int date_month(const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(months); i++)
        if (strncasecmp(name, months[i], 3) == 0)
            return (int)i + 1;
    return 0;
}

int date_weekday(const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(weekdays); i++)
        if (strncasecmp(name, weekdays[i], 3) == 0)
            return (int)i;
    return -1;
}

/* --- texts --- */

/* What has been read so far. */
struct reading {
    struct date d;
    int64_t ms;
    int64_t offset; /* seconds east of Greenwich */
    bool timed;
};

/* Between min and max digits; false, and *p where it was, when there are not. */
static bool take_number(const char **p, int min, int max, int *ret)
{
    const char *s = *p;
    int v = 0;

    for (; isdigit((unsigned char)*s) && s - *p < max; s++)
        v = v * 10 + (*s - '0');
    if (s - *p < min)
        return false;
    *ret = v;
    *p = s;
    return true;
}

/* "10:30", "10:30:00", "10:30:00.123456" */
static bool take_time(const char **p, struct reading *r)
{
    int scale = 100;

    if (!take_number(p, 1, 2, &r->d.hour) || *(*p)++ != ':' || !take_number(p, 2, 2, &r->d.minute))
        return false;
    r->timed = true;
    if (**p != ':')
        return true;
    ++*p;
    if (!take_number(p, 2, 2, &r->d.second))
        return false;
    if (**p != '.' && **p != ',')
        return true;
    for (++*p; isdigit((unsigned char)**p); ++*p, scale /= 10)
        r->ms += (**p - '0') * scale;
    return true;
}

/* "Z", "GMT", "UTC", "+01:00", "+0100", "GMT+1" */
static bool take_zone(const char **p, struct reading *r)
{
    int sign;
    int hours;
    int minutes = 0;

    if (strncasecmp(*p, "gmt", 3) == 0 || strncasecmp(*p, "utc", 3) == 0)
        *p += 3;
    else if (**p == 'Z' || **p == 'z')
        ++*p;
    if (**p != '+' && **p != '-')
        return true;
    sign = *(*p)++ == '-' ? -1 : 1;
    if (!take_number(p, 1, 2, &hours))
        return false;
    if (**p == ':')
        ++*p;
    if (isdigit((unsigned char)**p) && !take_number(p, 2, 2, &minutes))
        return false;
    r->offset = sign * (hours * 3600 + minutes * 60);
    return hours <= 14 && minutes < 60;
}

static bool take_iso(const char *p, struct reading *r)
{
    if (!take_number(&p, 4, 4, &r->d.year) || *p++ != '-' || !take_number(&p, 2, 2, &r->d.month))
        return false;
    r->d.day = 1;
    if (*p == '-' && (p++, !take_number(&p, 2, 2, &r->d.day)))
        return false;
    if (!*p)
        return true;
    if (*p != 'T' && *p != 't' && *p != ' ')
        return false;
    p++;
    if (!take_time(&p, r))
        return false;
    while (*p == ' ')
        p++;
    return take_zone(&p, r) && !*p;
}

/* A month or a weekday, of which only the month says something. */
static bool take_name(const char **p, struct reading *r)
{
    int month = date_month(*p);

    if (!month && date_weekday(*p) < 0)
        return false;
    if (month)
        r->d.month = month;
    while (isalpha((unsigned char)**p))
        ++*p;
    return true;
}

/* A year of four digits, or a day of one or two. */
static bool take_day_or_year(const char **p, struct reading *r)
{
    const char *s = *p;
    int v;

    if (!take_number(p, 1, 4, &v) || *p - s == 3)
        return false;
    if (*p - s == 4)
        r->d.year = v;
    else
        r->d.day = v;
    return true;
}

/* One word of "Wed, 25 Nov 2026 10:30:00 GMT"; false when it is not understood. */
static bool take_word(const char **p, struct reading *r)
{
    const char *s = *p;

    if (isdigit((unsigned char)*s) && (s[1] == ':' || (s[1] && s[2] == ':')))
        return take_time(p, r);
    if (isdigit((unsigned char)*s))
        return take_day_or_year(p, r);
    if (r->timed)
        return take_zone(p, r) && *p > s;
    return take_name(p, r);
}

static bool take_words(const char *p, struct reading *r)
{
    while (*p) {
        if (!take_word(&p, r))
            return false;
        if (*p && *p != ' ' && *p != ',' && !r->timed)
            return false;
        while (*p == ' ' || *p == ',')
            p++;
    }
    return true;
}

static bool is_sound(const struct date *d)
{
    return d->year >= YEAR_FIRST && d->year <= YEAR_LAST && d->month >= 1 && d->month <= 12 &&
           d->day >= 1 && d->day <= date_month_days(d->year, d->month) && d->hour <= 23 &&
           d->minute <= 59 && d->second <= 59;
}

bool date_parse(const char *text, int64_t *ret)
{
    struct reading r = {.ms = 0};
    uint64_t ms;

    if (str_u64(text, INT64_MAX, &ms)) {
        *ret = (int64_t)ms;
        return true;
    }
    if (!take_iso(text, &r)) {
        r = (struct reading){.ms = 0};
        if (!take_words(text, &r))
            return false;
    }
    if (!is_sound(&r.d))
        return false;
    *ret = (date_seconds(&r.d) - r.offset) * 1000 + r.ms;
    return *ret >= 0;
}
