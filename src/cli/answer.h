/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_ANSWER_H
#define ATOLL_CLI_ANSWER_H

#include "json/json.h"

/*
 * What a person types, or writes behind --set, as the value that a wizard's question wants. Only
 * the form is made here; whether an answer is good says the node.
 *
 *   int, number       a number
 *   bool, confirm     y, yes, true, n, no, false
 *   choice, dropdown,
 *   size, pool        an option's value, or its place in the list from 1 on
 *   multi             several of those, with commas
 *   datetime          "2026-12-01 12:00" (UTC), or "3d" for three days from now
 *   keyvalue          NAME=VALUE, several with commas or line ends
 *   file              the path of a file of this machine
 *   text, sshkey      the text, or @PATH for the content of a file
 *   all others        the text
 *
 * INVALID when it has not that form, with what it should be; TOO_LARGE for files.
 */
enum { ANSWER_FILE_MAX_BYTES = 786432 };
int answer_from_text(struct arena *a, const struct json *question, const char *text,
                     struct json **ret, struct err *e) must_check;

/*
 * Whether a question is asked, given the answers so far: its "when" {question, is: [...]} or
 * {question, is_not: [...]}. One without is always asked.
 */
bool answer_is_asked(const struct json *question, const struct json *answers);

#endif
