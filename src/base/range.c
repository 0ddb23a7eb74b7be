/* SPDX-License-Identifier: Apache-2.0 */
#include "base/range.h"

#include <string.h>

#include "base/str.h"

/* Digits up to anything else; false when there are none or too many. */
static bool number(const char **s, int64_t *ret)
{
    size_t n = strspn(*s, "0123456789");
    int64_t v = 0;
    size_t i;

    if (n == 0 || n > 18)
        return false;
    for (i = 0; i < n; i++)
        v = v * 10 + ((*s)[i] - '0');
    *s += n;
    *ret = v;
    return true;
}

/* The part behind "bytes=-": the last n bytes. */
static int suffix_range(const char *s, int64_t total, int64_t *ret_first)
{
    int64_t n;

    if (!number(&s, &n) || *s)
        return 0;
    if (n == 0 || total == 0)
        return -1;
    *ret_first = n < total ? total - n : 0;
    return 1;
}

static int plain_range(const char *s, int64_t total, int64_t *ret_first, int64_t *ret_last)
{
    if (!number(&s, ret_first) || *s++ != '-')
        return 0;
    if (*s && (!number(&s, ret_last) || *s || *ret_last < *ret_first))
        return 0;
    if (*ret_first >= total)
        return -1;
    if (*ret_last >= total)
        *ret_last = total - 1;
    return 1;
}

int range_parse(const char *header, int64_t total, int64_t *ret_offset, int64_t *ret_size)
{
    int64_t first = 0;
    int64_t last = total - 1;
    int found;

    if (!header || !str_starts(header, "bytes="))
        return 0;
    header += strlen("bytes=");
    if (*header == '-')
        found = suffix_range(header + 1, total, &first);
    else
        found = plain_range(header, total, &first, &last);
    if (found != 1)
        return found;
    *ret_offset = first;
    *ret_size = last - first + 1;
    return 1;
}

bool range_is_single(const char *header)
{
    int64_t offset;
    int64_t size;

    return range_parse(header, INT64_MAX, &offset, &size) != 0;
}

bool range_content_parse(const char *header, int64_t *ret_offset, int64_t *ret_size,
                         int64_t *ret_total)
{
    int64_t total = -1;
    int64_t first;
    int64_t last;

    if (!header || !str_starts(header, "bytes "))
        return false;
    header += strlen("bytes ");
    if (!number(&header, &first) || *header++ != '-' || !number(&header, &last) ||
        *header++ != '/' || last < first)
        return false;
    if (!str_eq(header, "*") && (!number(&header, &total) || *header || total <= last))
        return false;
    *ret_offset = first;
    *ret_size = last - first + 1;
    *ret_total = total;
    return true;
}
