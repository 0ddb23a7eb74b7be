/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/retain.h"

#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/str.h"

enum { DAY_MS = 86400000, DAYS_TO_MONDAY = 3 /* 1970 began on a Thursday */ };

static const char *const names[RETAIN_KINDS] = {"last", "daily", "weekly", "monthly", "yearly"};

static int find_kind(const char *name, size_t *ret, struct err *e)
{
    size_t i;

    for (i = 0; i < RETAIN_KINDS; i++)
        if (str_eq(names[i], name)) {
            *ret = i;
            return 0;
        }
    return failed(e, INVALID, "retention: '%.40s' is none of last, daily, weekly, monthly, yearly",
                  name);
}

/* What keeps nothing would delete every backup. */
static int finish(const struct retain *r, struct retain *ret, struct err *e)
{
    size_t i;

    for (i = 0; i < RETAIN_KINDS; i++)
        if (r->keep[i] > 0) {
            *ret = *r;
            return 0;
        }
    return failed(e, INVALID, "retention: at least one snapshot has to be kept, as in \"last=1\"");
}

int retain_parse(const char *text, struct retain *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct retain r = {{0}};
    const char *rest = text;
    char *word;

    if (strlen(text) > 200)
        return failed(e, INVALID, "retention: too long");
    while ((word = str_next(a, &rest, ' '))) {
        char *equals = strchr(word, '=');
        uint64_t n;
        size_t kind;

        if (!*word)
            continue;
        if (!equals)
            return failed(e, INVALID, "retention: '%.40s' is not like daily=7", word);
        *equals = '\0';
        if (find_kind(word, &kind, e) < 0)
            return -1;
        if (!str_u64(equals + 1, RETAIN_MAX, &n))
            return failed(e, INVALID, "retention: %s is a number from 0 to %d", word, RETAIN_MAX);
        r.keep[kind] = (int64_t)n;
    }
    return finish(&r, ret, e);
}

int retain_read(const struct json *v, struct retain *ret, struct err *e)
{
    struct retain r = {{0}};
    size_t i;

    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "retention: expected an object like {\"daily\": 7}");
    for (i = 0; i < json_len(v); i++) {
        int64_t n;
        size_t kind;

        if (find_kind(json_key(v, i), &kind, e) < 0)
            return -1;
        if (!json_int(json_value(v, i), &n) || n < 0 || n > RETAIN_MAX)
            return failed(e, INVALID, "retention: %s is a number from 0 to %d", names[kind],
                          RETAIN_MAX);
        r.keep[kind] = n;
    }
    return finish(&r, ret, e);
}

const char *retain_text(struct arena *a, const struct retain *r)
{
    const char *text = "";
    size_t i;

    for (i = 0; i < RETAIN_KINDS; i++)
        if (r->keep[i] > 0)
            text = arena_printf(a, "%s%s%s=%lld", text, *text ? " " : "", names[i],
                                (long long)r->keep[i]);
    return text;
}

struct json *retain_json(struct arena *a, const struct retain *r)
{
    struct json *v = json_new_object(a);
    size_t i;

    for (i = 0; i < RETAIN_KINDS; i++)
        json_set_int(a, v, names[i], r->keep[i]);
    return v;
}

/* A number that is the same for two moments of the same day, week, month or year. */
static int64_t bucket(enum retain_kind kind, int64_t ms)
{
    struct date d = date_of(ms / 1000);

    switch (kind) {
    case RETAIN_DAILY:
        return ms / DAY_MS;
    case RETAIN_WEEKLY:
        return (ms / DAY_MS + DAYS_TO_MONDAY) / 7;
    case RETAIN_MONTHLY:
        return (int64_t)d.year * 12 + d.month;
    case RETAIN_YEARLY:
        return d.year;
    case RETAIN_LAST:
        break;
    }
    return ms;
}

static void select_kind(enum retain_kind kind, int64_t n, const int64_t *times, size_t count,
                        bool *keep)
{
    int64_t last = -1;
    size_t i;

    for (i = 0; i < count && n > 0; i++) {
        int64_t b = bucket(kind, times[i]);

        if (kind != RETAIN_LAST && b == last)
            continue;
        last = b;
        keep[i] = true;
        n--;
    }
}

void retain_select(const struct retain *r, const int64_t *times, size_t count, bool *keep)
{
    size_t i;

    memset(keep, 0, count * sizeof(*keep));
    for (i = 0; i < RETAIN_KINDS; i++)
        select_kind((enum retain_kind)i, r->keep[i], times, count, keep);
}
