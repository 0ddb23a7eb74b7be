/* SPDX-License-Identifier: Apache-2.0 */
/* Documents as metadata events hold them: packed, hashed in one of several ways, too large. */
#include <lzma.h>
#include <string.h>

#include "asset/published.h"
#include "crypto/hash.h"
#include "test.h"

#define TEXT "{\"id\":\"x\",\"n\":1.0,\"indexedMetadata\":{\"a\":1}}"

static struct bytes text_bytes(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct bytes pack(struct arena *a, struct bytes plain)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma options;
    size_t cap = plain.n + 1000;
    uint8_t *out = arena_alloc(a, cap);

    assert_false(lzma_lzma_preset(&options, 1));
    assert_int_equal(lzma_alone_encoder(&s, &options), LZMA_OK);
    s.next_in = plain.p;
    s.avail_in = plain.n;
    s.next_out = out;
    s.avail_out = cap;
    assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    lzma_end(&s);
    return (struct bytes){out, cap - s.avail_out};
}

static void flags_are_the_lowest_byte(void **state)
{
    (void)state;
    assert_int_equal(published_flags((struct bytes){NULL, 0}), 0);
    assert_int_equal(published_flags(text_bytes("\x01\x02")), 2);
    assert_int_equal(published_flags(text_bytes("\x03")), PUBLISHED_PACKED | PUBLISHED_ENCRYPTED);
}

static void packed_texts_come_back(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct bytes out;
    struct err e;

    (void)state;
    ok(published_unpack(a, PUBLISHED_PACKED, pack(a, text_bytes(TEXT)), &out, &e), e);
    assert_int_equal(out.n, strlen(TEXT));
    assert_memory_equal(out.p, TEXT, out.n);
    /* whoever decrypted it has unpacked it already; or it was never packed */
    ok(published_unpack(a, PUBLISHED_PACKED, text_bytes(TEXT), &out, &e), e);
    assert_int_equal(out.n, strlen(TEXT));
    ok(published_unpack(a, 0, text_bytes("zz"), &out, &e), e);
    assert_int_equal(out.n, 2);
    err_is(published_unpack(a, PUBLISHED_PACKED, text_bytes("zz"), &out, &e), e, INVALID);
    err_is(published_unpack(a, PUBLISHED_PACKED, (struct bytes){NULL, 0}, &out, &e), e, INVALID);
}

/* A few bytes of calldata must not fill a disk. */
static void small_things_stay_small(void **state)
{
    _arena_ struct arena *a = arena_new();
    size_t n = 3 << 20;
    uint8_t *spaces = arena_alloc(a, n);
    struct bytes out;
    uint32_t x = 1;
    struct err e;
    size_t i;

    (void)state;
    memset(spaces, ' ', n);
    ok(published_unpack(a, PUBLISHED_PACKED, pack(a, (struct bytes){spaces, 1 << 20}), &out, &e),
       e);
    err_is(published_unpack(a, PUBLISHED_PACKED, pack(a, (struct bytes){spaces, n}), &out, &e), e,
           TOO_LARGE);
    for (i = 0; i < n; i += 16) { /* less regular: 64 times its size is enough */
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        spaces[i] = (uint8_t)(' ' + x % 64);
    }
    ok(published_unpack(a, PUBLISHED_PACKED, pack(a, (struct bytes){spaces, n}), &out, &e), e);
    assert_int_equal(out.n, n);
}

static void documents_have_ceilings(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf b = BUF_INIT(PUBLISHED_MAX + 100);
    struct json *v;
    struct err e;
    int i;

    (void)state;
    ok(published_parse(a, text_bytes(TEXT), &v, &e), e);
    err_is(published_parse(a, text_bytes("[]"), &v, &e), e, INVALID);
    err_is(published_parse(a, text_bytes("{\"a\":\"\xff\"}"), &v, &e), e, INVALID);
    err_is(published_parse(a, text_bytes(""), &v, &e), e, INVALID);
    for (i = 0; i <= PUBLISHED_MAX; i++)
        buf_putc(&b, ' ');
    err_is(published_parse(a, (struct bytes){(const uint8_t *)buf_str(&b), b.len}, &v, &e), e,
           INVALID);
    buf_reset(&b);
    buf_puts(&b, "{\"credentialSubject\":{\"services\":[");
    for (i = 0; i < 65; i++)
        buf_puts(&b, i ? ",1" : "1");
    buf_puts(&b, "]}}");
    err_is(published_parse(a, text_bytes(buf_str(&b)), &v, &e), e, INVALID);
    assert_string_equal(e.msg, "the document has more than 64 services");
    buf_reset(&b);
    buf_puts(&b, "{\"a\":[");
    for (i = 0; i < PUBLISHED_VALUES_MAX; i++)
        buf_puts(&b, i ? ",1" : "1");
    buf_puts(&b, "]}");
    assert_int_equal(published_parse(a, text_bytes(buf_str(&b)), &v, &e), -1);
}

static struct hash32 hash_of(const char *s)
{
    return sha256(s, strlen(s));
}

static void every_usual_hash_is_good(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct published p = {.clear = pack(a, text_bytes(TEXT)), .text = text_bytes(TEXT)};
    static const char printed[] = "{\"id\":\"x\",\"n\":1,\"indexedMetadata\":{\"a\":1}}";
    static const char bare[] = "{\"id\":\"x\",\"n\":1}";
    const char *const forms[] = {TEXT, printed, bare};
    struct hash32 h = sha256(p.clear.p, p.clear.n);
    struct json *v;
    struct err e;
    size_t i;

    (void)state;
    ok(published_parse(a, p.text, &v, &e), e);
    p.document = v;
    assert_true(published_has_hash(a, &p, &h));
    for (i = 0; i < ARRAY_LEN(forms); i++) {
        h = hash_of(forms[i]);
        assert_true(published_has_hash(a, &p, &h));
        h = hash_of(hex0x_dup(a, forms[i], strlen(forms[i])));
        assert_true(published_has_hash(a, &p, &h));
    }
    h = hash_of("{\"id\":\"y\",\"n\":1}");
    assert_false(published_has_hash(a, &p, &h));
    /* wire/ddo.md 4.1 */
    p = (struct published){text_bytes("{\"a\":1}"), text_bytes("{\"a\":1}"), NULL};
    ok(published_parse(a, p.text, &v, &e), e);
    p.document = v;
    assert_true(
        hash32_parse("0xf634d4a2d5a8d7257e55f596d925fa3baaa69e2b5666f0995fe0b1b75fad3faa", &h));
    assert_true(published_has_hash(a, &p, &h));
    assert_non_null(json_get(v, "a")); /* looking changes nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_the_lowest_byte), cmocka_unit_test(packed_texts_come_back),
        cmocka_unit_test(small_things_stay_small),   cmocka_unit_test(documents_have_ceilings),
        cmocka_unit_test(every_usual_hash_is_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
