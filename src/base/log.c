/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/str.h"

enum { LINE_MAX_BYTES = 4096, HEAD_BYTES = 128 };

static const char *const names[LOG_LEVELS] = {"broken", "error",   "warn",  "info",
                                              "http",   "verbose", "debug", "silly"};
static atomic_int max_level = LOG_INFO;
static atomic_bool console = true;

/* Read-locked while a sink is called: whoever changes it knows that nobody is inside. */
static pthread_rwlock_t sink_lock = PTHREAD_RWLOCK_INITIALIZER;
static log_sink *sink_call;
static void *sink_ctx;

void log_set_level(enum log_level max)
{
    atomic_store(&max_level, (int)max);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&max_level);
}

void log_set_console(bool on)
{
    atomic_store(&console, on);
}

const char *log_level_name(enum log_level level)
{
    return names[level];
}

bool log_level_parse(const char *name, enum log_level *ret)
{
    int i;

    for (i = LOG_ERROR; i < LOG_LEVELS; i++)
        if (name && str_ieq(name, names[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

void log_set_sink(log_sink *sink, void *ctx)
{
    (void)pthread_rwlock_wrlock(&sink_lock);
    sink_call = sink;
    sink_ctx = ctx;
    (void)pthread_rwlock_unlock(&sink_lock);
}

/* text with control characters as \xNN. */
static void escape(char *out, size_t cap, const char *text)
{
    size_t at = 0;

    for (; *text && at + 5 < cap; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(out + at, cap - at, "\\x%02x", c);
        else
            out[at++] = (char)c;
    }
    out[at] = '\0';
}

static void show(const struct log_record *r)
{
    char line[HEAD_BYTES + LINE_MAX_BYTES];
    char when[CLOCK_ISO_SIZE];
    int n;

    clock_iso(r->at_ms, when);
    n = snprintf(line, sizeof(line), "%s %-6s %.64s: %s\n", when, names[r->level], r->module,
                 r->text);
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere left to say so */
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
    char raw[LINE_MAX_BYTES];
    char masked[LINE_MAX_BYTES];
    char text[LINE_MAX_BYTES];
    struct log_record r = {0, level, module, text};
    va_list ap;

    if (!log_enabled(level))
        return;
    r.at_ms = clock_ms();
    va_start(ap, fmt);
    (void)vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    mask_text(masked, sizeof(masked), raw);
    escape(text, sizeof(text), masked);
    if (atomic_load(&console))
        show(&r);
    (void)pthread_rwlock_rdlock(&sink_lock);
    if (sink_call)
        sink_call(sink_ctx, &r);
    (void)pthread_rwlock_unlock(&sink_lock);
}
