/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/eip712.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/str.h"
#include "chain/u256.h"
#include "crypto/hash.h"

enum { WORD = 32, TYPES_MAX = 64, DEPTH_MAX = 32, DATA_MAX = 4 * 1048576 };

struct coder {
    struct arena *arena;
    const struct json *types;
    struct err *e;
};

static int bad(const struct coder *c, const char *name, const char *why)
{
    return failed(c->e, INVALID, "typed data: %s: %s", name, why);
}

/* --- the type's text: "Mail(Person from,string contents)Person(...)" --- */

/* "Person[2][]" -> "Person" */
static const char *base_of(struct arena *a, const char *type)
{
    return arena_strndup(a, type, strcspn(type, "["));
}

/* Adds a struct type and those it refers to, each once. */
static int collect(const struct coder *c, const char *name, const char **found, size_t *n)
{
    const struct json *members = json_get(c->types, name);
    size_t i;

    for (i = 0; i < *n; i++) {
        if (str_eq(found[i], name))
            return 0;
    }
    if (*n == TYPES_MAX)
        return bad(c, name, "too many types");
    found[(*n)++] = name;
    for (i = 0; i < json_len(members); i++) {
        const char *type = base_of(c->arena, json_get_str(json_at(members, i), "type", ""));

        if (json_is(json_get(c->types, type), JSON_ARRAY) && collect(c, type, found, n) < 0)
            return -1;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int type_hash(const struct coder *c, const char *name, struct hash32 *ret)
{
    _buf_ struct buf text = BUF_INIT(DATA_MAX);
    const char *found[TYPES_MAX];
    size_t n = 0;
    size_t i;
    size_t k;

    if (collect(c, name, found, &n) < 0)
        return -1;
    qsort(found + 1, n - 1, sizeof(*found), by_name); /* the type itself stays first */
    for (i = 0; i < n; i++) {
        const struct json *members = json_get(c->types, found[i]);

        buf_printf(&text, "%s(", found[i]);
        for (k = 0; k < json_len(members); k++)
            buf_printf(&text, "%s%s %s", k ? "," : "",
                       json_get_str(json_at(members, k), "type", ""),
                       json_get_str(json_at(members, k), "name", ""));
        buf_putc(&text, ')');
    }
    if (text.full)
        return bad(c, name, "the type is too long");
    *ret = keccak256(buf_str(&text), text.len);
    return 0;
}

/* --- values --- */

static int put_value(const struct coder *c, struct buf *out, const struct json *member,
                     const char *type, const struct json *v, unsigned depth);

static void put_word(struct buf *out, const struct u256 *v)
{
    uint8_t be[WORD];

    u256_to_be(v, be);
    buf_add(out, be, sizeof(be));
}

static int hash_struct(const struct coder *c, const char *type, const struct json *v,
                       unsigned depth, struct hash32 *ret)
{
    _buf_ struct buf data = BUF_INIT(DATA_MAX);
    const struct json *members = json_get(c->types, type);
    struct hash32 h;
    size_t i;

    if (!json_is(members, JSON_ARRAY))
        return bad(c, type, "no such type");
    if (depth > DEPTH_MAX)
        return bad(c, type, "nested too deeply");
    if (!json_is(v, JSON_OBJECT))
        return bad(c, type, "an object is wanted");
    if (type_hash(c, type, &h) < 0)
        return -1;
    buf_add(&data, h.b, sizeof(h.b));
    for (i = 0; i < json_len(members); i++) {
        const struct json *m = json_at(members, i);

        if (put_value(c, &data, m, json_get_str(m, "type", ""),
                      json_get(v, json_get_str(m, "name", "")), depth) < 0)
            return -1;
    }
    *ret = keccak256(buf_str(&data), data.len);
    return 0;
}

/* "T[]" or "T[n]": the hash of the elements' words. */
static int put_array(const struct coder *c, struct buf *out, const struct json *member,
                     const char *type, const struct json *v, unsigned depth)
{
    _buf_ struct buf data = BUF_INIT(DATA_MAX);
    const char *name = json_get_str(member, "name", "");
    size_t open = (size_t)(strrchr(type, '[') - type);
    const char *element = arena_strndup(c->arena, type, open);
    const char *count = arena_strndup(c->arena, type + open + 1, strlen(type) - open - 2);
    struct hash32 h;
    uint64_t n;
    size_t i;

    if (!json_is(v, JSON_ARRAY))
        return bad(c, name, "an array is wanted");
    if (*count && (!str_u64(count, DATA_MAX, &n) || n != json_len(v)))
        return bad(c, name, "an array of another length is wanted");
    for (i = 0; i < json_len(v); i++) {
        if (put_value(c, &data, member, element, json_at(v, i), depth + 1) < 0)
            return -1;
    }
    if (data.full)
        return bad(c, name, "the array is too long");
    h = keccak256(buf_str(&data), data.len);
    buf_add(out, h.b, sizeof(h.b));
    return 0;
}

/* The number of bits of "uint8", "int"; 0 when it is no such type. */
static unsigned bits_of(const char *type, const char *prefix)
{
    uint64_t bits;

    if (!str_starts(type, prefix))
        return 0;
    type += strlen(prefix);
    if (!*type)
        return 256;
    return str_u64(type, 256, &bits) && bits >= 8 && bits % 8 == 0 ? (unsigned)bits : 0;
}

/* 2^bits, which for 256 is 0: then nothing is out of range. */
static struct u256 power(unsigned bits)
{
    struct u256 v = u256_from(0);

    if (bits < 256)
        v.w[bits / 64] = (uint64_t)1 << (bits % 64);
    return v;
}

static int put_number(const struct coder *c, struct buf *out, const char *name, unsigned bits,
                      bool is_signed, const struct json *v)
{
    const struct u256 zero = u256_from(0);
    const char *text = json_str(v, "");
    struct u256 limit = power(is_signed ? bits - 1 : bits);
    struct u256 n;
    bool negative;
    int64_t small;
    int order;

    if (json_int(v, &small))
        text = arena_printf(c->arena, "%lld", (long long)small);
    negative = is_signed && *text == '-';
    if (!u256_parse(text + negative, &n))
        return bad(c, name, "an integer is wanted");
    order = u256_cmp(&n, &limit);
    if (!u256_is_zero(&limit) && (negative ? order > 0 : order >= 0))
        return bad(c, name, "the number is out of range");
    if (negative)
        (void)!u256_sub(&zero, &n, &n); /* two's complement */
    put_word(out, &n);
    return 0;
}

/* "bytes32": left-aligned. The length must be the type's. */
static int put_fixed(const struct coder *c, struct buf *out, const char *name, const char *type,
                     const struct json *v)
{
    static const uint8_t zeros[WORD];
    struct bytes b;
    uint64_t n;

    if (!str_u64(type + strlen("bytes"), WORD, &n) || n == 0)
        return bad(c, name, "no such type");
    if (!hex_parse(c->arena, json_str(v, "x"), &b) || b.n != n)
        return bad(c, name, "hex of the type's length is wanted");
    buf_add(out, b.p, b.n);
    buf_add(out, zeros, WORD - b.n);
    return 0;
}

static int put_hashed(const struct coder *c, struct buf *out, const char *name, bool is_text,
                      const struct json *v)
{
    struct bytes b = {(const uint8_t *)json_str(v, ""), json_str_len(v)};
    struct hash32 h;

    if (!json_is(v, JSON_STRING))
        return bad(c, name, "a string is wanted");
    if (!is_text && !hex_parse(c->arena, json_str(v, "x"), &b))
        return bad(c, name, "hex is wanted");
    h = keccak256(b.p, b.n);
    buf_add(out, h.b, sizeof(h.b));
    return 0;
}

static int put_struct(const struct coder *c, struct buf *out, const char *type,
                      const struct json *v, unsigned depth)
{
    struct hash32 h = {{0}}; /* of a struct that is null */

    if (v && !json_is(v, JSON_NULL) && hash_struct(c, type, v, depth + 1, &h) < 0)
        return -1;
    buf_add(out, h.b, sizeof(h.b));
    return 0;
}

static int put_addr(const struct coder *c, struct buf *out, const char *name, const struct json *v)
{
    struct addr who;
    struct u256 word;

    if (!addr_parse(json_str(v, NULL), &who))
        return bad(c, name, "an address is wanted");
    word = u256_from_be(who.b, sizeof(who.b));
    put_word(out, &word);
    return 0;
}

static int put_value(const struct coder *c, struct buf *out, const struct json *member,
                     const char *type, const struct json *v, unsigned depth)
{
    const char *name = json_get_str(member, "name", "");
    unsigned bits;

    if (depth > DEPTH_MAX)
        return bad(c, name, "nested too deeply");
    if (str_ends(type, "]") && strchr(type, '['))
        return put_array(c, out, member, type, v, depth);
    if (json_is(json_get(c->types, type), JSON_ARRAY))
        return put_struct(c, out, type, v, depth);
    if (str_eq(type, "string") || str_eq(type, "bytes"))
        return put_hashed(c, out, name, *type == 's', v);
    if (str_eq(type, "address"))
        return put_addr(c, out, name, v);
    if (str_eq(type, "bool")) {
        const struct u256 b = u256_from(json_bool(v, false));

        if (!json_is(v, JSON_BOOL))
            return bad(c, name, "true or false is wanted");
        put_word(out, &b);
        return 0;
    }
    if (str_starts(type, "bytes"))
        return put_fixed(c, out, name, type, v);
    if ((bits = bits_of(type, "uint")))
        return put_number(c, out, name, bits, false, v);
    if ((bits = bits_of(type, "int")))
        return put_number(c, out, name, bits, true, v);
    return bad(c, name, "no such type");
}

/* --- the domain --- */

/* The types with an EIP712Domain made of the members that the domain has. */
static const struct json *with_domain(struct arena *a, const struct json *types,
                                      const struct json *domain)
{
    static const struct {
        const char *name;
        const char *type;
    } known[] = {{"name", "string"},
                 {"version", "string"},
                 {"chainId", "uint256"},
                 {"verifyingContract", "address"},
                 {"salt", "bytes32"}};
    struct json *all = json_copy(a, types);
    struct json *members = json_new_array(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(known); i++) {
        struct json *m = json_new_object(a);

        if (!json_get(domain, known[i].name))
            continue;
        json_set_str(a, m, "name", known[i].name);
        json_set_str(a, m, "type", known[i].type);
        json_push(a, members, m);
    }
    json_set(a, all, "EIP712Domain", members);
    return all;
}

int eip712_digest(const struct json *typed, struct hash32 *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct coder c = {.arena = a, .types = json_get(typed, "types"), .e = e};
    const struct json *domain = json_get(typed, "domain");
    uint8_t joined[2 + 2 * WORD] = {0x19, 0x01};
    struct hash32 h;

    if (!json_is(c.types, JSON_OBJECT))
        return bad(&c, "types", "an object is wanted");
    if (!json_get(c.types, "EIP712Domain"))
        c.types = with_domain(a, c.types, domain);
    if (hash_struct(&c, "EIP712Domain", domain, 0, &h) < 0)
        return -1;
    memcpy(joined + 2, h.b, WORD);
    if (hash_struct(&c, json_get_str(typed, "primaryType", ""), json_get(typed, "message"), 0, &h) <
        0)
        return -1;
    memcpy(joined + 2 + WORD, h.b, WORD);
    *ret = keccak256(joined, sizeof(joined));
    return 0;
}
