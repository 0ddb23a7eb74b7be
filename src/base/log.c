/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { LINE_MAX_BYTES = 4096 };

static const char *const names[] = {"broken", "warn", "info", "debug", "trace"};
static atomic_int max_level = LOG_INFO;

void log_set_level(enum log_level max)
{
    atomic_store(&max_level, (int)max);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&max_level);
}

/* Appends text with control characters as \xNN; returns the new length. */
static size_t add_escaped(char *out, size_t at, size_t cap, const char *text)
{
    for (; *text && at + 5 < cap; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(out + at, cap - at, "\\x%02x", c);
        else
            out[at++] = (char)c;
    }
    return at;
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    char line[LINE_MAX_BYTES];
    char when[CLOCK_ISO_SIZE];
    va_list ap;
    int n;
    size_t len;

    if (!log_enabled(level))
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    clock_iso(clock_ms(), when);
    n = snprintf(line, sizeof(line), "%s %-6s %s: ", when, names[level], module);
    len = add_escaped(line, (size_t)n, sizeof(line) - 1, text);
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return; /* nowhere left to say so */
}
