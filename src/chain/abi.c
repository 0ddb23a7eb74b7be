/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/abi.h"

#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "chain/abi_type.h"
#include "crypto/hash.h"

enum {
    WORD = 32,
    ENCODE_MAX = 16 * 1048576 /* more than any block takes */
};

struct abi_value abi_u256(struct u256 v)
{
    return (struct abi_value){.kind = ABI_NUM, .num = v};
}

struct abi_value abi_u64(uint64_t v)
{
    return abi_u256(u256_from(v));
}

struct abi_value abi_bool(bool v)
{
    return abi_u64(v);
}

struct abi_value abi_addr(const struct addr *v)
{
    return (struct abi_value){.kind = ABI_ADDR, .addr = *v};
}

struct abi_value abi_hash(const struct hash32 *v)
{
    return abi_bytes(v->b, sizeof(v->b));
}

struct abi_value abi_bytes(const void *p, size_t n)
{
    return (struct abi_value){.kind = ABI_BYTES, .bytes = {p, n}};
}

struct abi_value abi_string(const char *s)
{
    return abi_bytes(s, strlen(s));
}

struct abi_value abi_list(struct abi_value *v, size_t n)
{
    return (struct abi_value){.kind = ABI_LIST, .list = {v, n}};
}

/* --- encoding --- */

static void put(struct arena *a, struct buf *out, const struct abi_type *t,
                const struct abi_value *v);

static void put_word(struct buf *out, const struct u256 *v)
{
    uint8_t be[WORD];

    u256_to_be(v, be);
    buf_add(out, be, sizeof(be));
}

static void put_size(struct buf *out, size_t n)
{
    struct u256 v = u256_from(n);

    put_word(out, &v);
}

/* Bytes, then zeros up to a whole word. */
static void put_padded(struct buf *out, const struct bytes *b)
{
    static const uint8_t zeros[WORD];

    if (b->n > 0)
        buf_add(out, b->p, b->n);
    if (b->n % WORD)
        buf_add(out, zeros, WORD - b->n % WORD);
}

static const struct abi_type *part(const struct abi_type *t, size_t i)
{
    return t->kind == ABI_T_ARRAY ? &t->parts[0] : &t->parts[i];
}

/* Heads in a row, then the dynamic members in the order of their offsets. */
static void put_list(struct arena *a, struct buf *out, const struct abi_type *t,
                     const struct abi_value *v)
{
    _buf_ struct buf tail = BUF_INIT(ENCODE_MAX);
    size_t head = 0;
    size_t i;

    must(v->kind == ABI_LIST);
    must(t->kind == ABI_T_TUPLE ? v->list.n == t->part_count : t->counted || v->list.n == t->size);
    if (t->counted)
        put_size(out, v->list.n);
    for (i = 0; i < v->list.n; i++)
        head += part(t, i)->head;
    for (i = 0; i < v->list.n; i++) {
        if (part(t, i)->dynamic) {
            put_size(out, head + tail.len);
            put(a, &tail, part(t, i), &v->list.v[i]);
        } else {
            put(a, out, part(t, i), &v->list.v[i]);
        }
    }
    buf_add(out, buf_str(&tail), tail.len);
}

static void put_addr(struct buf *out, const struct addr *v)
{
    static const uint8_t zeros[WORD - sizeof(v->b)];

    buf_add(out, zeros, sizeof(zeros));
    buf_add(out, v->b, sizeof(v->b));
}

static void put(struct arena *a, struct buf *out, const struct abi_type *t,
                const struct abi_value *v)
{
    switch (t->kind) {
    case ABI_T_UINT:
    case ABI_T_INT:
    case ABI_T_BOOL:
        must(v->kind == ABI_NUM);
        put_word(out, &v->num);
        break;
    case ABI_T_ADDRESS:
        must(v->kind == ABI_ADDR);
        put_addr(out, &v->addr);
        break;
    case ABI_T_FIXED:
        must(v->kind == ABI_BYTES && v->bytes.n == t->size);
        put_padded(out, &v->bytes);
        break;
    case ABI_T_BYTES:
    case ABI_T_STRING:
        must(v->kind == ABI_BYTES);
        put_size(out, v->bytes.n);
        put_padded(out, &v->bytes);
        break;
    case ABI_T_ARRAY:
    case ABI_T_TUPLE:
        put_list(a, out, t, v);
        break;
    }
}

static struct bytes encode_after(struct arena *a, struct buf *out, const char *types,
                                 const struct abi_value *args, size_t n)
{
    struct abi_type t = abi_type_parse(a, types);
    struct abi_value list = {.kind = ABI_LIST, .list = {(struct abi_value *)args, n}};

    must(t.kind == ABI_T_TUPLE);
    put_list(a, out, &t, &list);
    must(!out->full);
    return (struct bytes){arena_memdup(a, buf_str(out), out->len), out->len};
}

struct bytes abi_encode(struct arena *a, const char *types, const struct abi_value *args, size_t n)
{
    _buf_ struct buf out = BUF_INIT(ENCODE_MAX);

    return encode_after(a, &out, types, args, n);
}

struct bytes abi_call(struct arena *a, const char *signature, const struct abi_value *args,
                      size_t n)
{
    _buf_ struct buf out = BUF_INIT(ENCODE_MAX);
    struct hash32 h = abi_topic(signature);
    const char *types = strchr(signature, '(');

    must(types);
    buf_add(&out, h.b, 4);
    return encode_after(a, &out, types, args, n);
}

struct hash32 abi_topic(const char *signature)
{
    return keccak256(signature, strlen(signature));
}

/* --- decoding --- */

struct decoder {
    struct arena *arena;
    /*
     * Values that may still be made. Every value that counts fills a word of its own in honest
     * data, so a budget of one for each word stops offsets that overlap to multiply.
     */
    size_t budget;
    struct err *e;
};

static int bad(struct decoder *d, const char *why)
{
    return failed(d->e, INVALID, "ABI data: %s", why);
}

static int decode(struct decoder *d, const struct abi_type *t, struct bytes area, size_t at,
                  struct abi_value *ret);

/* The word at `at`, which must lie in the area. */
static int get_word(struct decoder *d, struct bytes area, size_t at, struct u256 *ret)
{
    if (at > area.n || area.n - at < WORD)
        return bad(d, "truncated");
    *ret = u256_from_be(area.p + at, WORD);
    return 0;
}

/* A word that is an offset or a length within the area. */
static int get_size(struct decoder *d, struct bytes area, size_t at, size_t *ret)
{
    struct u256 v;
    uint64_t n;

    if (get_word(d, area, at, &v) < 0)
        return -1;
    if (!u256_to_u64(&v, &n) || n > area.n)
        return bad(d, "an offset or length points outside");
    *ret = (size_t)n;
    return 0;
}

static int get_bytes(struct decoder *d, struct bytes area, size_t at, struct abi_value *ret)
{
    size_t n;

    if (get_size(d, area, at, &n) < 0)
        return -1;
    if (n > area.n - at - WORD)
        return bad(d, "truncated bytes");
    *ret = abi_bytes(area.p + at + WORD, n);
    return 0;
}

/* Members of a tuple or array whose heads begin at the start of the area. */
static int get_members(struct decoder *d, const struct abi_type *t, struct bytes area, size_t n,
                       struct abi_value *ret)
{
    struct abi_value *v = arena_calloc(d->arena, n, sizeof(*v));
    size_t at = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        const struct abi_type *p = part(t, i);
        size_t where = at;

        if (p->dynamic && get_size(d, area, at, &where) < 0)
            return -1;
        if (decode(d, p, area, where, &v[i]) < 0)
            return -1;
        at += p->head;
    }
    *ret = abi_list(v, n);
    return 0;
}

static int get_list(struct decoder *d, const struct abi_type *t, struct bytes area, size_t at,
                    struct abi_value *ret)
{
    size_t n = t->kind == ABI_T_TUPLE ? t->part_count : t->size;

    if (at > area.n)
        return bad(d, "truncated");
    if (t->counted) {
        if (get_size(d, area, at, &n) < 0)
            return -1;
        at += WORD;
    }
    area.p += at;
    area.n -= at;
    if (t->counted && n > area.n / WORD)
        return bad(d, "an array is longer than its data");
    return get_members(d, t, area, n, ret);
}

/* An N-bit number's word must hold nothing outside of N bits (for intN: but the sign). */
static bool fits(const struct abi_type *t, const uint8_t *word)
{
    size_t unused = WORD - t->size / 8;
    uint8_t fill = 0;
    size_t i;

    if (t->kind == ABI_T_INT && unused < WORD && word[unused] & 0x80)
        fill = 0xff;
    for (i = 0; i < unused; i++) {
        if (word[i] != fill)
            return false;
    }
    return true;
}

static int get_number(struct decoder *d, const struct abi_type *t, struct bytes area, size_t at,
                      struct abi_value *ret)
{
    struct u256 v;

    if (get_word(d, area, at, &v) < 0)
        return -1;
    if (t->kind == ABI_T_BOOL ? u256_cmp(&v, &(struct u256){{1}}) > 0 : !fits(t, area.p + at))
        return bad(d, "a number does not fit its type");
    *ret = abi_u256(v);
    return 0;
}

static int get_addr(struct decoder *d, struct bytes area, size_t at, struct abi_value *ret)
{
    static const struct abi_type as_number = {.kind = ABI_T_UINT, .size = 160};
    struct addr v;

    if (get_number(d, &as_number, area, at, ret) < 0)
        return -1;
    memcpy(v.b, area.p + at + WORD - sizeof(v.b), sizeof(v.b));
    *ret = abi_addr(&v);
    return 0;
}

static int decode(struct decoder *d, const struct abi_type *t, struct bytes area, size_t at,
                  struct abi_value *ret)
{
    bool counts = t->dynamic || (t->kind != ABI_T_ARRAY && t->kind != ABI_T_TUPLE);
    struct u256 v;

    if (counts && d->budget-- == 0)
        return bad(d, "more values than words");
    switch (t->kind) {
    case ABI_T_UINT:
    case ABI_T_INT:
    case ABI_T_BOOL:
        return get_number(d, t, area, at, ret);
    case ABI_T_ADDRESS:
        return get_addr(d, area, at, ret);
    case ABI_T_FIXED:
        if (get_word(d, area, at, &v) < 0)
            return -1;
        *ret = abi_bytes(area.p + at, t->size);
        return 0;
    case ABI_T_BYTES:
    case ABI_T_STRING:
        return get_bytes(d, area, at, ret);
    case ABI_T_ARRAY:
    case ABI_T_TUPLE:
        return get_list(d, t, area, at, ret);
    }
    return bad(d, "unknown type");
}

int abi_decode(struct arena *a, const char *types, const void *p, size_t n, struct abi_value *ret,
               struct err *e)
{
    struct abi_type t = abi_type_parse(a, types);
    struct decoder d = {.arena = a, .budget = n / WORD + 1, .e = e};

    must(t.kind == ABI_T_TUPLE);
    return get_members(&d, &t, (struct bytes){p, n}, t.part_count, ret);
}
