/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_JSON_TOML_INT_H
#define ATOLL_JSON_TOML_INT_H

#include "json/toml.h"

/* What toml.c (tables and keys) and toml_value.c (what stands behind a "=") share. */

struct toml;

/* How a table or a list came to be decides what may still be added to it. */
enum toml_kind {
    TOML_HEADER,  /* by its own [header]: closed for another header and for dotted keys */
    TOML_IMPLIED, /* as the parent of a header's table */
    TOML_DOTTED,  /* as the parent in a dotted key: open for such keys of its own section */
    TOML_LIST     /* a list of [[tables]] */
};

/* A table that is open in some way; one that is not listed is closed. */
struct toml_place {
    const struct json *v;
    enum toml_kind kind;
    int section; /* of a TOML_DOTTED */
};

struct toml {
    struct arena *a;
    const char *p; /* the next byte */
    const char *end;
    int line;    /* of p, from 1 */
    int section; /* counts headers and inline tables */
    int depth;   /* of nested values */
    struct toml_place *places;
    size_t place_count;
    struct err *e;
};

/* The next byte, 0 at the end: a NUL in a text is refused wherever it stands. */
static inline char toml__peek(const struct toml *t)
{
    return t->p < t->end ? *t->p : '\0';
}

/* "line N: text"; returns -1. */
int toml__bad(struct toml *t, const char *fmt, ...) printf_like(2, 3);
/* Over blanks and tabs; with lines also over line ends and comments (-1: a bad comment). */
void toml__blanks(struct toml *t);
int toml__lines(struct toml *t) must_check;

/* The value at p, which is left behind it. */
int toml__value(struct toml *t, struct json **ret) must_check;
/* A string at p, which is on the quote: its bytes, NUL-terminated; multi: """ and ''' too. */
int toml__string(struct toml *t, bool multi, const char **ret, size_t *ret_len) must_check;
/* "key = value" at p into the table, of the current section. */
int toml__assign(struct toml *t, struct json *table) must_check;

#endif
