/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_LOG_H
#define ATOLL_BASE_LOG_H

#include <stdbool.h>

#include "base/attr.h"

/*
 * One line per event on stderr: "2026-11-21T01:02:03.004Z info  escrow: text key=value".
 * Control characters in the text are escaped, so that foreign text cannot forge a line.
 * LOG_BROKEN marks what must never happen; a black-box test that sees such a line fails.
 * Never log a signature, a token, a key or a decrypted URL.
 */
enum log_level { LOG_BROKEN, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* Lines above this level are dropped (default LOG_INFO). Any thread. */
void log_set_level(enum log_level max);
bool log_enabled(enum log_level level);

/* module: the part that speaks, e.g. "escrow". Any thread; one write(2) a line. */
void log_write(enum log_level level, const char *module, const char *fmt, ...) printf_like(3, 4);

#define log_broken(module, ...) log_write(LOG_BROKEN, module, __VA_ARGS__)
#define log_warn(module, ...) log_write(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...) log_write(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_write(LOG_DEBUG, module, __VA_ARGS__)

#endif
