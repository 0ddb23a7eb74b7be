/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cron.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/str.h"

enum { FIELDS = 6, YEARS_AHEAD = 8 /* from one 29 February to the next, over 2100 too */ };

/* What a field counts. */
struct field {
    const char *name;
    unsigned min;
    unsigned max;
};
static const struct field fields[FIELDS] = {{"second", 0, 59}, {"minute", 0, 59},
                                            {"hour", 0, 23},   {"day", 1, 31},
                                            {"month", 1, 12},  {"day of the week", 0, 7}};
enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY };

/* A number, or a name of a month or weekday. */
static bool take_value(const char **p, const struct field *f, unsigned *ret)
{
    unsigned v = 0;
    int name = -1;
    const char *s = *p;

    if (isalpha((unsigned char)*s)) {
        if (f == &fields[MONTH] && date_month(s) > 0)
            name = date_month(s);
        else if (f == &fields[WEEKDAY])
            name = date_weekday(s);
        if (name < 0)
            return false;
        *p = s + 3;
        *ret = (unsigned)name;
        return true;
    }
    for (; isdigit((unsigned char)*s) && s - *p < 3; s++)
        v = v * 10 + (unsigned)(*s - '0');
    if (s == *p || v < f->min || v > f->max)
        return false;
    *p = s;
    *ret = v;
    return true;
}

/* "*", "5", "1-5", each perhaps with "/2" behind it. */
static bool take_part(const char *p, const struct field *f, uint64_t *bits)
{
    unsigned from = f->min;
    unsigned to = f->max;
    uint64_t step = 1;
    bool single = false;

    if (*p == '*') {
        p++;
    } else {
        if (!take_value(&p, f, &from))
            return false;
        single = *p != '-';
        if (!single && (p++, !take_value(&p, f, &to)))
            return false;
    }
    if (*p == '/' && !str_u64(p + 1, 99, &step))
        return false;
    if ((*p && *p != '/') || step == 0 || from > to)
        return false;
    if (single && *p != '/')
        to = from;
    for (; from <= to; from += (unsigned)step)
        *bits |= UINT64_C(1) << from;
    return true;
}

static int take_field(struct arena *a, const char *text, const struct field *f, uint64_t *ret,
                      struct err *e)
{
    const char *rest = text;
    uint64_t bits = 0;
    char *part;

    while ((part = str_next(a, &rest, ',')))
        if (!take_part(part, f, &bits))
            return failed(e, INVALID, "\"%.40s\" is no %s of a cron expression", part, f->name);
    if (!bits)
        return failed(e, INVALID, "the %s of the cron expression is empty", f->name);
    *ret = bits;
    return 0;
}

static size_t split(struct arena *a, const char *text, const char *parts[FIELDS + 1])
{
    size_t n = 0;

    while (n <= FIELDS) {
        size_t len;

        text += strspn(text, " \t");
        len = strcspn(text, " \t");
        if (len == 0)
            break;
        parts[n++] = arena_strndup(a, text, len);
        text += len;
    }
    return n;
}

int cron_parse(const char *text, struct cron *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *parts[FIELDS + 1];
    uint64_t bits[FIELDS] = {1};
    size_t n = split(a, text, parts);
    size_t first = FIELDS - n;
    struct cron c;
    size_t i;

    if (n != FIELDS && n != FIELDS - 1)
        return failed(e, INVALID, "a cron expression has 5 fields, or 6 with seconds");
    for (i = first; i < FIELDS; i++)
        if (take_field(a, parts[i - first], &fields[i], &bits[i], e) < 0)
            return -1;
    c = (struct cron){.seconds = bits[SECOND],
                      .minutes = bits[MINUTE],
                      .hours = (uint32_t)bits[HOUR],
                      .days = (uint32_t)bits[DAY],
                      .months = (uint32_t)bits[MONTH],
                      .weekdays = (uint32_t)(bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f,
                      .any_day = str_eq(parts[DAY - first], "*"),
                      .any_weekday = str_eq(parts[WEEKDAY - first], "*")};
    if (cron_next(&c, 0) < 0)
        return failed(e, INVALID, "the cron expression \"%.60s\" names a day that never comes",
                      text);
    *ret = c;
    return 0;
}

static bool has(uint64_t bits, int v)
{
    return bits >> v & 1;
}

static bool day_fits(const struct cron *c, const struct date *d)
{
    bool day = has(c->days, d->day);
    bool weekday = has(c->weekdays, d->weekday);

    if (c->any_day || c->any_weekday)
        return day && weekday;
    return day || weekday;
}

/* Seconds to go on by when the moment does not fit: to the end of the unit that is wrong. */
static int64_t seconds_off(const struct cron *c, const struct date *d)
{
    int64_t of_day = d->hour * 3600 + d->minute * 60 + d->second;

    if (!has(c->months, d->month))
        return INT64_C(86400) * (date_month_days(d->year, d->month) - d->day + 1) - of_day;
    if (!day_fits(c, d))
        return 86400 - of_day;
    if (!has(c->hours, d->hour))
        return 3600 - d->minute * 60 - d->second;
    if (!has(c->minutes, d->minute))
        return 60 - d->second;
    return has(c->seconds, d->second) ? 0 : 1;
}

int64_t cron_next(const struct cron *c, int64_t after)
{
    int64_t at = after + 1;
    struct date d = date_of(at);
    int last = d.year + YEARS_AHEAD;
    int64_t off;

    for (; d.year <= last; d = date_of(at)) {
        off = seconds_off(c, &d);
        if (off == 0)
            return at;
        at += off;
    }
    return -1;
}
