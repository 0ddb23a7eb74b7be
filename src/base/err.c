/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
} table[] = {
#define ROW(NAME, STATUS) {#NAME, STATUS},
    ERR_TABLE(ROW)
#undef ROW
};

/* Drops a UTF-8 sequence that the end of the buffer cut in two. */
static void trim_partial(char *s, size_t cap)
{
    size_t n = strlen(s);
    size_t start = n;
    size_t want;

    if (n + 1 < cap)
        return;
    while (start > 0 && ((unsigned char)s[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    start--;
    want = (unsigned char)s[start] >= 0xf0   ? 4
           : (unsigned char)s[start] >= 0xe0 ? 3
           : (unsigned char)s[start] >= 0xc0 ? 2
                                             : 1;
    if (n - start < want)
        s[start] = '\0';
}

int err_set(struct err *e, enum errcode code, const char *fmt, ...)
{
    char msg[sizeof(e->msg)]; /* the arguments may point into e->msg */
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    trim_partial(msg, sizeof(msg));
    memcpy(e->msg, msg, sizeof(msg));
    e->code = code;
    e->transient = false;
    return -1;
}

int err_transient(struct err *e)
{
    e->transient = true;
    return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char msg[2 * sizeof(e->msg)];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(msg, sizeof(e->msg), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(e->msg))
        return -1;
    (void)snprintf(msg + n, sizeof(msg) - (size_t)n, ": %s", e->msg);
    msg[sizeof(e->msg) - 1] = '\0';
    trim_partial(msg, sizeof(e->msg));
    memcpy(e->msg, msg, sizeof(e->msg));
    return -1;
}

int err_status(enum errcode code)
{
    return table[code].status;
}

const char *err_name(enum errcode code)
{
    return table[code].name;
}
