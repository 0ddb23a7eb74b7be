/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_LOG_H
#define ATOLL_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * One line per event on stderr: "2026-11-21T01:02:03.004Z info  escrow: text key=value".
 * Control characters in the text are escaped, so that foreign text cannot forge a line.
 *
 * Never log a signature, a token, a key or a decrypted URL. Should one be in the text of an error
 * all the same, it does not come out: of a URL only scheme and host are shown, of a signature or
 * another long hex string the beginning, of a token nothing.
 *
 * The levels are those of ocean-node, and LOG_BROKEN, which marks what must never happen: a
 * black-box test that sees such a line fails. LOG_ERROR is for the world's faults that cost
 * somebody something.
 */
enum log_level {
    LOG_BROKEN,
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_HTTP, /* one line a request */
    LOG_VERBOSE,
    LOG_DEBUG,
    LOG_SILLY
};
enum { LOG_LEVELS = LOG_SILLY + 1 };

/* Lines above this level are dropped (default LOG_INFO). Any thread. */
void log_set_level(enum log_level max);
bool log_enabled(enum log_level level);
/* Whether lines go to stderr (default true). Any thread. */
void log_set_console(bool on);

/* "error", "warn" ...; LOG_BROKEN is "broken". */
const char *log_level_name(enum log_level level);
/* The level of a name, in any letter case; false when there is none. "broken" is none. */
bool log_level_parse(const char *name, enum log_level *ret);

/* A line as it is shown. Everything borrowed for the call. */
struct log_record {
    int64_t at_ms; /* wall clock */
    enum log_level level;
    const char *module;
    const char *text; /* without control characters and secrets */
};
typedef void log_sink(void *ctx, const struct log_record *record);
/*
 * Who gets every line beside stderr; NULL for nobody. It is called on the thread that speaks,
 * whatever locks that holds: it must not wait, nor log. When this returns the old sink is not
 * called any more.
 */
void log_set_sink(log_sink *sink, void *ctx);

/* module: the part that speaks, e.g. "escrow". Any thread; one write(2) a line. */
void log_write(enum log_level level, const char *module, const char *fmt, ...) printf_like(3, 4);

#define log_broken(module, ...) log_write(LOG_BROKEN, module, __VA_ARGS__)
#define log_error(module, ...) log_write(LOG_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...) log_write(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...) log_write(LOG_INFO, module, __VA_ARGS__)
#define log_http(module, ...) log_write(LOG_HTTP, module, __VA_ARGS__)
#define log_verbose(module, ...) log_write(LOG_VERBOSE, module, __VA_ARGS__)
#define log_debug(module, ...) log_write(LOG_DEBUG, module, __VA_ARGS__)

#endif
