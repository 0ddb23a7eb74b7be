/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_VECTORS_H
#define ATOLL_TEST_UNIT_VECTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/fs.h"
#include "base/str.h"
#include "test.h"

/*
 * Reads test/unit/vectors/NAME: one vector a line, fields between blanks, "-" for empty,
 * '#' starts a remark. Calls each(arena, field, count) for every line.
 */
enum { VECTOR_FIELDS = 16 };
typedef void vector_fn(struct arena *a, char **field, size_t count);

static inline size_t vectors_each(const char *name, vector_fn *each)
{
    _arena_ struct arena *file = arena_new();
    const char *dir = getenv("ATOLL_VECTORS");
    const char *rest;
    struct bytes text;
    struct err e;
    char *line;
    size_t lines = 0;

    assert_non_null(dir);
    ok(fs_read(file, arena_printf(file, "%s/%s", dir, name), 16 << 20, &text, &e), e);
    rest = (const char *)text.p;
    while ((line = str_next(file, &rest, '\n'))) {
        _arena_ struct arena *a = arena_new();
        char *field[VECTOR_FIELDS];
        const char *left = line;
        size_t n = 0;

        if (!*line || *line == '#')
            continue;
        while (n < VECTOR_FIELDS && (field[n] = str_next(a, &left, ' ')))
            n++;
        each(a, field, n);
        lines++;
    }
    return lines;
}

/* A field of hex, with or without "0x"; "-" is empty. */
static inline struct bytes vector_hex(struct arena *a, const char *s)
{
    struct bytes b;

    if (!hex_parse(a, str_eq(s, "-") ? "" : s, &b))
        fail_msg("not hex: %.80s", s);
    return b;
}

#endif
