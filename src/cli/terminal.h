/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_TERMINAL_H
#define ATOLL_CLI_TERMINAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * A conversation with a person: texts on standard error, so that standard output holds the result
 * alone; answers from standard input.
 */

/*
 * A text of somebody else for a terminal: control characters, escape sequences and marks that turn
 * the direction of writing are dots, whatever is no UTF-8 as well; line ends stay when `lines`.
 */
const char *terminal_safe(struct arena *a, const char *s, bool lines);

/* printf to the person. What strangers wrote goes through terminal_safe() first. */
void terminal_say(const char *fmt, ...) printf_like(1, 2);

enum { TERMINAL_LINE_MAX = 65536 };
/*
 * A line without its end. secret: not echoed, where standard input is a terminal; the echo is back
 * however this ends, by a signal too. FAILED when the input has ended, INVALID when it is too long.
 */
int terminal_line(struct arena *a, bool secret, const char **ret, struct err *e) must_check;

/*
 * Keys arrive one by one and mean nothing here, until it is taken back; a signal takes it back too.
 */
void terminal_raw(bool on);

#endif
