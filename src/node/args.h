/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_ARGS_H
#define ATOLL_NODE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/*
 * Arguments of a command: a JSON object into a plain C struct, by the table that gen_api.py made
 * from api/NAME.json. null counts as missing. Arguments of a query are texts, so numbers and
 * booleans are taken in text form as well.
 */
enum args_type {
    ARGS_STRING,  /* const char * */
    ARGS_TEXT,    /* const char *; a number is accepted and printed */
    ARGS_ADDRESS, /* const char *; 0x and 40 hex digits, any case */
    ARGS_INT,     /* int64_t */
    ARGS_NUMBER,  /* double */
    ARGS_BOOL,    /* bool */
    ARGS_OBJECT,  /* const struct json *; also the text of an object */
    ARGS_ARRAY,   /* const struct json * */
    ARGS_STRINGS, /* const struct json *: an array of strings */
    ARGS_JSON     /* const struct json *: anything but null */
};

#define ARGS_NO_FLAG SIZE_MAX
#define ARGS_INT_MIN (-INT64_C(9007199254740991))
#define ARGS_INT_MAX INT64_C(9007199254740991)

struct args_field {
    const char *name;
    enum args_type type;
    bool required;
    size_t offset; /* in the struct */
    size_t flag;   /* offset of has_NAME, or ARGS_NO_FLAG */
    int64_t min;
    int64_t max; /* of a number; of a text: bytes, 0 = no limit */
};

struct args_spec {
    const char *command;
    const struct args_field *fields;
    size_t count;
    const char *required; /* names joined by a comma, for the error's text */
    size_t size;          /* of the struct */
};

/*
 * Fills *ret (spec->size bytes). MISSING_FIELD with the first missing field, NOT_AN_ADDRESS, or
 * ARGUMENT naming the field and what it should be. Texts live in the arena or in the json.
 */
int args_parse(struct arena *a, const struct json *json, const struct args_spec *spec, void *ret,
               struct err *e) must_check;

#endif
