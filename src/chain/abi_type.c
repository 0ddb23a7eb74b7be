/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/abi_type.h"

#include <string.h>

#include "base/must.h"

enum { MEMBERS_MAX = 32, WORD = 32 };

static struct abi_type parse(struct arena *a, const char **at);

static size_t number(const char **at, size_t otherwise)
{
    size_t v = 0;

    if (**at < '0' || **at > '9')
        return otherwise;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        v = v * 10 + (size_t)(**at - '0');
        must(v < 1000000);
    }
    return v;
}

static bool word(const char **at, const char *w)
{
    size_t n = strlen(w);

    if (strncmp(*at, w, n) != 0)
        return false;
    *at += n;
    return true;
}

static struct abi_type tuple(struct arena *a, const char **at)
{
    struct abi_type members[MEMBERS_MAX];
    struct abi_type t = {.kind = ABI_T_TUPLE};
    size_t i;

    if (**at != ')') {
        do {
            must(t.part_count < MEMBERS_MAX);
            members[t.part_count++] = parse(a, at);
        } while (word(at, ","));
    }
    must(word(at, ")"));
    for (i = 0; i < t.part_count; i++) {
        t.dynamic |= members[i].dynamic;
        t.head += members[i].head;
    }
    if (t.dynamic)
        t.head = WORD;
    t.parts = arena_memdup(a, members, t.part_count * sizeof(*members));
    return t;
}

static struct abi_type elementary(const char **at)
{
    if (word(at, "address"))
        return (struct abi_type){.kind = ABI_T_ADDRESS, .head = WORD};
    if (word(at, "bool"))
        return (struct abi_type){.kind = ABI_T_BOOL, .head = WORD};
    if (word(at, "string"))
        return (struct abi_type){.kind = ABI_T_STRING, .dynamic = true, .head = WORD};
    if (word(at, "uint"))
        return (struct abi_type){.kind = ABI_T_UINT, .size = number(at, 256), .head = WORD};
    if (word(at, "int"))
        return (struct abi_type){.kind = ABI_T_INT, .size = number(at, 256), .head = WORD};
    must(word(at, "bytes"));
    if (**at >= '0' && **at <= '9')
        return (struct abi_type){.kind = ABI_T_FIXED, .size = number(at, 0), .head = WORD};
    return (struct abi_type){.kind = ABI_T_BYTES, .dynamic = true, .head = WORD};
}

static struct abi_type array_of(struct arena *a, const struct abi_type *element, const char **at)
{
    struct abi_type t = {.kind = ABI_T_ARRAY, .part_count = 1, .head = WORD};

    t.counted = **at == ']';
    t.size = number(at, 0);
    must(word(at, "]"));
    t.dynamic = t.counted || element->dynamic;
    if (!t.dynamic)
        t.head = t.size * element->head;
    t.parts = arena_memdup(a, element, sizeof(*element));
    return t;
}

static struct abi_type parse(struct arena *a, const char **at)
{
    struct abi_type t = word(at, "(") ? tuple(a, at) : elementary(at);

    must(t.kind == ABI_T_FIXED ? t.size >= 1 && t.size <= WORD : true);
    must(t.kind == ABI_T_UINT || t.kind == ABI_T_INT
             ? t.size >= 8 && t.size <= 256 && t.size % 8 == 0
             : true);
    while (word(at, "[")) {
        struct abi_type element = t;

        t = array_of(a, &element, at);
    }
    return t;
}

struct abi_type abi_type_parse(struct arena *a, const char *text)
{
    const char *at = text;
    struct abi_type t = parse(a, &at);

    must(*at == '\0');
    return t;
}
