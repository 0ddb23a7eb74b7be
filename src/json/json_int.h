/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_JSON_JSON_INT_H
#define ATOLL_JSON_JSON_INT_H

#include <endian.h>

#include "json/json.h"

/* What the files of this folder share; nobody else includes it. */

struct member {
    const char *key; /* NUL-terminated, WTF-8 */
    uint32_t key_len;
    uint32_t number; /* value of an integer-like key, else NOT_A_NUMBER */
    struct json *value;
};

/*
 * Members stand in JavaScript's order: integer-like keys ascending, then the others as they
 * came. Small objects are searched from end to end; larger ones through a hash table of
 * positions whose hash is keyed, so that chosen keys cannot make it slow.
 */
struct object {
    struct member *members;
    uint32_t cap;
    uint32_t numbers;    /* how many integer-like keys stand in front */
    uint32_t *slots;     /* position + 1, 0 when free; NULL in a small object */
    uint32_t slots_mask; /* slots are a power of two, at most half of them used */
};

struct json {
    enum json_type type;
    uint32_t len;  /* bytes, elements or members */
    uint32_t cap;  /* of an array */
    uint32_t line; /* of a TOML file; 0: not known */
    union {
        bool flag;
        double num;
        const char *str;
        struct json **items;
        struct object *object; /* NULL while there are no members */
    } u;
};

enum {
    SMALL_OBJECT = 16,        /* members that are searched from end to end */
    NOT_A_NUMBER = UINT32_MAX /* 2^32-1 is not an array index in JavaScript either */
};

/* The value of a key like "0" or "17" (canonical, below 2^32-1), else NOT_A_NUMBER. */
uint32_t json__key_number(const char *key, size_t n);

/*
 * Makes *v the object of n members in the order of the text: settles repeated keys, sorts, and
 * builds the table. `members` is arena memory that the object keeps.
 */
void json__object_make(struct arena *a, struct json *v, struct object *o, struct member *members,
                       size_t n);

/* Position of a key, -1 when absent. */
int64_t json__object_find(const struct json *v, const char *key, size_t n);

/* Length of the well-formed UTF-8 sequence at text that is not ASCII, 0 when it is ill-formed. */
size_t json__utf8_len(const char *text, const char *end);

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/*
 * How many of the 8 bytes in w (as they lie in memory) come before the first that is a quote, a
 * backslash, a control character or no ASCII: what a string literal takes as it is.
 */
static inline size_t json__plain_bytes(uint64_t memory)
{
    uint64_t w = le64toh(memory);
    uint64_t quote = w ^ EACH_BYTE('"');
    uint64_t slash = w ^ EACH_BYTE('\\');
    uint64_t special = (((w - EACH_BYTE(0x20)) & ~w) | ((quote - EACH_BYTE(1)) & ~quote) |
                        ((slash - EACH_BYTE(1)) & ~slash) | w) &
                       EACH_BYTE(0x80); /* exact for the lowest one */

    return special ? (size_t)__builtin_ctzll(special) / 8 : 8;
}

#endif
