/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/auxv.h>

#include "base/must.h"
#include "json/json_int.h"

uint32_t json__key_number(const char *key, size_t n)
{
    uint64_t number = 0;
    size_t i;

    if (n == 0 || n > 10 || (key[0] == '0' && n > 1))
        return NOT_A_NUMBER;
    for (i = 0; i < n; i++) {
        if (key[i] < '0' || key[i] > '9')
            return NOT_A_NUMBER;
        number = number * 10 + (uint64_t)(key[i] - '0');
    }
    return number < NOT_A_NUMBER ? (uint32_t)number : NOT_A_NUMBER;
}

/* --- SipHash-1-3, keyed with the random bytes the kernel gives every process --- */

static uint64_t rotl(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t key_hash(const char *key, size_t n)
{
    uint64_t seed[2] = {0, 0};
    uint64_t v[4];
    uint64_t word;
    size_t i;
    const void *random = (const void *)getauxval(AT_RANDOM); /* NOLINT: an address as a number */

    if (random)
        memcpy(seed, random, sizeof(seed));
    v[0] = seed[0] ^ 0x736f6d6570736575;
    v[1] = seed[1] ^ 0x646f72616e646f6d;
    v[2] = seed[0] ^ 0x6c7967656e657261;
    v[3] = seed[1] ^ 0x7465646279746573;
    for (i = 0; i + 8 <= n; i += 8) {
        memcpy(&word, key + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = 0;
    memcpy(&word, key + i, n - i);
    word ^= (uint64_t)n << 56;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool key_is(const struct member *m, const char *key, size_t n)
{
    return m->key_len == n && memcmp(m->key, key, n) == 0;
}

/* The slot that holds the key, or the free slot where it belongs. */
static uint32_t *slot_find(const struct object *o, const char *key, size_t n)
{
    uint64_t i = key_hash(key, n);
    uint32_t *slot;

    for (;; i++) {
        slot = &o->slots[i & o->slots_mask];
        if (*slot == 0 || key_is(&o->members[*slot - 1], key, n))
            return slot;
    }
}

static void slots_make(struct arena *a, struct object *o, size_t n)
{
    size_t size = 64;

    while (size < n * 2)
        size *= 2;
    if (!o->slots || o->slots_mask + 1 < size) {
        o->slots = arena_alloc(a, size * sizeof(*o->slots));
        o->slots_mask = (uint32_t)(size - 1);
    }
    memset(o->slots, 0, ((size_t)o->slots_mask + 1) * sizeof(*o->slots));
}

static void slots_fill(struct arena *a, struct object *o, size_t n)
{
    size_t i;

    if (n <= SMALL_OBJECT) {
        o->slots = NULL;
        return;
    }
    slots_make(a, o, n);
    for (i = 0; i < n; i++)
        *slot_find(o, o->members[i].key, o->members[i].key_len) = (uint32_t)i + 1;
}

static struct member *small_find(struct member *members, size_t n, const char *key, size_t len)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (key_is(&members[i], key, len))
            return &members[i];
    return NULL;
}

/* A repeated key keeps its first place and takes its last value. Returns how many are left. */
static size_t settle_repeats(struct arena *a, struct object *o, size_t n)
{
    struct member *m = o->members;
    size_t kept = 0;
    size_t i;

    if (n > SMALL_OBJECT)
        slots_make(a, o, n);
    for (i = 0; i < n; i++) {
        struct member *first = NULL;

        if (n > SMALL_OBJECT) {
            uint32_t *slot = slot_find(o, m[i].key, m[i].key_len);

            if (*slot)
                first = &m[*slot - 1];
            else
                *slot = (uint32_t)kept + 1;
        } else {
            first = small_find(m, kept, m[i].key, m[i].key_len);
        }
        if (first)
            first->value = m[i].value;
        else
            m[kept++] = m[i];
    }
    return kept;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct member *)a)->number;
    uint32_t y = ((const struct member *)b)->number;

    return (x > y) - (x < y);
}

/* Integer-like keys to the front, ascending; the others keep their order. */
static void numbers_first(struct arena *a, struct object *o, size_t n)
{
    struct member *sorted = arena_alloc(a, n * sizeof(*sorted));
    size_t front = 0;
    size_t back;
    size_t i;

    for (i = 0; i < n; i++)
        if (o->members[i].number != NOT_A_NUMBER)
            sorted[front++] = o->members[i];
    back = front;
    for (i = 0; i < n; i++)
        if (o->members[i].number == NOT_A_NUMBER)
            sorted[back++] = o->members[i];
    qsort(sorted, front, sizeof(*sorted), by_number);
    memcpy(o->members, sorted, n * sizeof(*sorted));
    o->numbers = (uint32_t)front;
}

void json__object_make(struct arena *a, struct json *v, struct object *o, struct member *members,
                       size_t n)
{
    bool numbers = false;
    size_t kept;
    size_t i;

    *o = (struct object){.members = members, .cap = (uint32_t)n};
    kept = settle_repeats(a, o, n);
    for (i = 0; i < kept; i++) {
        members[i].number = json__key_number(members[i].key, members[i].key_len);
        numbers |= members[i].number != NOT_A_NUMBER;
    }
    if (numbers) {
        numbers_first(a, o, kept);
        slots_fill(a, o, kept);
    }
    v->type = JSON_OBJECT;
    v->len = (uint32_t)kept;
    v->u.object = o;
}

int64_t json__object_find(const struct json *v, const char *key, size_t n)
{
    const struct object *o;
    const struct member *m;

    if (!v || v->type != JSON_OBJECT || v->len == 0)
        return -1;
    o = v->u.object;
    if (o->slots)
        return (int64_t)*slot_find(o, key, n) - 1;
    m = small_find(o->members, v->len, key, n);
    return m ? m - o->members : -1;
}

/* Room for one more member. */
static struct object *object_grow(struct arena *a, struct json *v)
{
    struct object *o = v->u.object;
    struct member *more;

    if (!o)
        o = v->u.object = arena_calloc(a, 1, sizeof(*o));
    if (v->len == o->cap) {
        must(v->len < UINT32_MAX / 4);
        o->cap = o->cap ? o->cap * 2 : 8;
        more = arena_alloc(a, o->cap * sizeof(*more));
        if (v->len)
            memcpy(more, o->members, v->len * sizeof(*more));
        o->members = more;
    }
    return o;
}

/* Where a new key belongs. */
static uint32_t place_of(const struct json *v, uint32_t number)
{
    const struct object *o = v->u.object;
    uint32_t at = o->numbers;

    if (number == NOT_A_NUMBER)
        return v->len;
    while (at > 0 && o->members[at - 1].number > number)
        at--;
    return at;
}

static void member_insert(struct arena *a, struct json *v, const struct member *m)
{
    struct object *o = object_grow(a, v);
    uint32_t at = place_of(v, m->number);
    bool last = at == v->len;

    memmove(&o->members[at + 1], &o->members[at], (v->len - at) * sizeof(*m));
    o->members[at] = *m;
    o->numbers += m->number != NOT_A_NUMBER;
    v->len++;
    if (last && o->slots && (size_t)v->len * 2 <= o->slots_mask)
        *slot_find(o, m->key, m->key_len) = v->len;
    else
        slots_fill(a, o, v->len);
}

void json_set(struct arena *a, struct json *object, const char *key, struct json *value)
{
    size_t n = strlen(key);
    int64_t at = json__object_find(object, key, n);
    struct member m;

    must(object && object->type == JSON_OBJECT && n < UINT32_MAX);
    if (!value)
        value = json_new_null(a);
    if (at >= 0) {
        object->u.object->members[at].value = value;
        return;
    }
    m = (struct member){.key = arena_strndup(a, key, n),
                        .key_len = (uint32_t)n,
                        .number = json__key_number(key, n),
                        .value = value};
    member_insert(a, object, &m);
}

/* The table is filled anew in place: it never grows here. */
static void slots_refill(struct object *o, size_t n)
{
    size_t i;

    if (!o->slots)
        return;
    memset(o->slots, 0, ((size_t)o->slots_mask + 1) * sizeof(*o->slots));
    for (i = 0; i < n; i++)
        *slot_find(o, o->members[i].key, o->members[i].key_len) = (uint32_t)i + 1;
}

void json_remove(struct json *object, const char *key)
{
    int64_t at = json__object_find(object, key, strlen(key));
    struct object *o;

    if (at < 0)
        return;
    o = object->u.object;
    o->numbers -= o->members[at].number != NOT_A_NUMBER;
    memmove(&o->members[at], &o->members[at + 1],
            (object->len - (size_t)at - 1) * sizeof(*o->members));
    object->len--;
    slots_refill(o, object->len);
}
