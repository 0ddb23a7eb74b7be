/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_JSON_TOML_H
#define ATOLL_JSON_TOML_H

#include "json/json.h"

/*
 * TOML 1.0 (toml.io/en/v1.0.0) as the values of json.h: what people write by hand, files of
 * options and of packages. Tables are objects, dates and times are strings with their text as
 * written. What a JSON number cannot hold is refused: integers beyond 2^53, inf and nan; so is a
 * NUL in a key.
 *
 * Parses len bytes. INVALID with the line on failure, TOO_LARGE beyond the ceilings below. The
 * values live in the arena.
 */
enum {
    TOML_TEXT_MAX = 4 << 20,
    TOML_TABLES_MAX = 4096, /* tables and lists of tables, each is looked for among all others */
    TOML_DEPTH_MAX = 100
};
int toml_parse(struct arena *a, const char *text, size_t len, struct json **ret, struct err *e)
    must_check;

/*
 * The line on which a value that toml_parse() made begins, from 1: that of its key, or of its
 * [header]. 0 for NULL and for copies; only for values of toml_parse().
 */
int toml_line(const struct json *v);

#endif
