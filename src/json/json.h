/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_JSON_JSON_H
#define ATOLL_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * JSON as JavaScript has it: what json_parse() reads and json_write() prints is byte for byte
 * what JSON.parse and JSON.stringify do, because Ocean's hashes and signatures are taken over
 * that text. So: numbers are doubles and print in shortest form; a repeated key keeps its first
 * place and its last value; integer-like keys come first, ascending; lone surrogates (held as
 * WTF-8) are escaped on output; "__proto__" is a key like any other.
 *
 * Values live in the arena they were made in and are freed with it. Every getter accepts NULL
 * and a value of the wrong type and then answers the default, so that paths can be followed
 * without checks: json_str(json_at_path...)).
 */
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json;

enum {
    JSON_DEPTH_MAX = 200,         /* nesting beyond this is refused */
    JSON_TEXT_MAX = 64 * 1048576, /* bytes; callers set lower ceilings of their own */
    JSON_VALUES_MAX = 2000000     /* each takes some 100 bytes, be it two in the text */
};

/* Parses len bytes (UTF-8; invalid UTF-8 is refused). INVALID with line and
 * column on failure, or TOO_LARGE. */
int json_parse(struct arena *a, const char *text, size_t len, struct json **ret, struct err *e)
    must_check;
/* The same for texts of strangers: at most max_values, of which JSON_VALUES_MAX is the most. */
int json_parse_most(struct arena *a, const char *text, size_t len, size_t max_values,
                    struct json **ret, struct err *e) must_check;

/* --- reading --- */
enum json_type json_type(const struct json *v); /* NULL reads as JSON_NULL */
bool json_is(const struct json *v, enum json_type type);
size_t json_len(const struct json *v); /* elements of an array, members of an object, else 0 */
struct json *json_get(const struct json *object, const char *key); /* NULL when absent */
struct json *json_at(const struct json *array, size_t i);          /* NULL when out of range */
const char *json_key(const struct json *object, size_t i);         /* i-th member's key */
struct json *json_value(const struct json *object, size_t i);      /* i-th member's value */
const char *json_str(const struct json *v, const char *otherwise); /* NUL-terminated; may hold \0 */
size_t json_str_len(const struct json *v);                         /* bytes of a string, else 0 */
double json_num(const struct json *v, double otherwise);
bool json_bool(const struct json *v, bool otherwise);
/* True when v is a number that is an integer within +-2^53. */
bool json_int(const struct json *v, int64_t *ret);
/* Shorthands on a member: */
const char *json_get_str(const struct json *object, const char *key, const char *otherwise);
int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise);
bool json_get_bool(const struct json *object, const char *key, bool otherwise);
/* Follows "a.b.0.c"; NULL when a step is missing. */
struct json *json_path(const struct json *v, const char *path);
/* Deep equality, members in any order. */
bool json_equal(const struct json *a, const struct json *b);

/* --- building (all in the arena; keys and texts are copied) --- */
struct json *json_new_null(struct arena *a);
struct json *json_new_bool(struct arena *a, bool flag);
struct json *json_new_num(struct arena *a, double num);
struct json *json_new_int(struct arena *a, int64_t num);
struct json *json_new_str(struct arena *a, const char *s); /* NULL makes a JSON null */
struct json *json_new_strn(struct arena *a, const char *s, size_t n);
struct json *json_new_array(struct arena *a);
struct json *json_new_object(struct arena *a);
struct json *json_copy(struct arena *a, const struct json *v);

/* Sets or replaces a member (its place is kept); value may be NULL for a JSON null. */
void json_set(struct arena *a, struct json *object, const char *key, struct json *value);
void json_set_str(struct arena *a, struct json *object, const char *key, const char *s);
void json_set_int(struct arena *a, struct json *object, const char *key, int64_t v);
void json_set_bool(struct arena *a, struct json *object, const char *key, bool v);
void json_remove(struct json *object, const char *key);
void json_push(struct arena *a, struct json *array, struct json *value);
void json_replace(struct json *array, size_t i, struct json *value); /* i must be in range */

/* --- writing --- */
/* As JSON.stringify(v, null, indent); indent 0 is compact. */
void json_write(struct buf *out, const struct json *v, int indent);
/* The compact text in the arena. */
const char *json_text(struct arena *a, const struct json *v);
/* A string literal with its quotes. */
void json_write_string(struct buf *out, const char *s, size_t n);
/* A number as JavaScript prints it; NaN and infinities print null. */
void json_write_number(struct buf *out, double v);

#endif
