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

/*
 * Files of tab-separated lines "kind<TAB>fields": calls each(arena, fields) for every line of a
 * kind, of which there must be one. Fields may hold blanks; those that are not there are "".
 */
static inline void vectors_of_kind(const char *name, const char *kind,
                                   void (*each)(struct arena *a, char *const *fields))
{
    _arena_ struct arena *file = arena_new();
    const char *dir = getenv("ATOLL_VECTORS");
    struct bytes text;
    const char *rest;
    const char *line;
    struct err e;
    size_t seen = 0;

    assert_non_null(dir);
    ok(fs_read(file, arena_printf(file, "%s/%s", dir, name), 16 << 20, &text, &e), e);
    rest = (const char *)text.p;
    while ((line = str_next(file, &rest, '\n'))) {
        _arena_ struct arena *a = arena_new();
        char *fields[VECTOR_FIELDS];
        size_t n = 0;

        while (n < VECTOR_FIELDS && (fields[n] = str_next(a, &line, '\t')))
            n++;
        while (n < VECTOR_FIELDS)
            fields[n++] = arena_strdup(a, "");
        if (!str_eq(fields[0], kind))
            continue;
        each(a, fields + 1);
        seen++;
    }
    assert_true(seen > 0);
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
