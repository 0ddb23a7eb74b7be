/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_TEMPLATE_INT_H
#define ATOLL_SERVICE_TEMPLATE_INT_H

#include <regex.h>

#include "service/templates.h"

/* What the files about templates share. */

/* --- template_check.c --- */
/* INVALID with what is wrong, naming the template and the member, and what to do. */
int template__check(struct arena *a, const struct json *v, struct err *e) must_check;
/*
 * A regular expression as JavaScript has it, as far as it can be had here: \d, \w and \s, no look
 * around, no (?:...). INVALID. The caller frees it with regfree().
 */
int template__pattern(const char *pattern, regex_t *ret, struct err *e) must_check;
/* The entry of userConfigurableEnvVars; NULL: none. */
const struct json *template__variable(const struct json *template_json, const char *key);
/* The next ${NAME} of a text at or after *io, which moves behind it; NULL: there is none more. */
const char *template__reference(struct arena *a, const char **io, const char **ret_start);

#endif
