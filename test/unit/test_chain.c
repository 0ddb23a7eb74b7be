/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "chain/abi.h"
#include "chain/eth_tx.h"
#include "chain/rlp.h"
#include "test.h"
#include "vectors.h"

static const char file[] = "chain.tsv";

static struct u256 num(const char *s)
{
    struct u256 v;

    assert_true(u256_parse(s, &v));
    return v;
}

static struct bytes hex(struct arena *a, const char *s)
{
    struct bytes b;

    assert_true(hex_parse(a, s, &b));
    return b;
}

/* --- numbers --- */

static void check_u256(struct arena *a, char *const *f)
{
    struct u256 x = num(f[0]);
    struct u256 y = num(f[1]);
    struct u256 r;
    struct u256 q;
    uint8_t be[32];

    assert_string_equal(u256_text(a, &x), f[0]);
    assert_string_equal(u256_hex(a, &x), f[2]);
    r = num(f[2]);
    assert_int_equal(u256_cmp(&x, &r), 0);
    u256_to_be(&x, be);
    r = u256_from_be(be, 32);
    assert_int_equal(u256_cmp(&x, &r), 0);
    assert_string_equal(u256_add(&x, &y, &r) ? u256_text(a, &r) : "-", f[3]);
    assert_string_equal(u256_sub(&x, &y, &r) ? u256_text(a, &r) : "-", f[4]);
    assert_string_equal(u256_mul(&x, &y, &r) ? u256_text(a, &r) : "-", f[5]);
    if (!u256_is_zero(&y)) {
        u256_divmod(&x, &y, &q, &r);
        assert_string_equal(u256_text(a, &q), f[6]);
        assert_string_equal(u256_text(a, &r), f[7]);
    }
    assert_string_equal(arena_printf(a, "%d", u256_cmp(&x, &y)), f[8]);
}

static void check_parse(struct arena *a, char *const *f)
{
    struct u256 v;

    assert_string_equal(
        units_parse(f[0], (unsigned)strtoul(f[1], NULL, 10), &v) ? u256_text(a, &v) : "-", f[2]);
}

static void check_units(struct arena *a, char *const *f)
{
    struct u256 v = num(f[0]);
    size_t len;

    assert_string_equal(units_text(a, &v, (unsigned)strtoul(f[1], NULL, 10)), f[2]);
    len = strlen(f[2]);
    if (len > 2 && strcmp(f[2] + len - 2, ".0") == 0)
        len -= 2;
    assert_string_equal(units_plain(a, &v, (unsigned)strtoul(f[1], NULL, 10)),
                        arena_strndup(a, f[2], len));
}

static void numbers_match_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "u256", check_u256);
    vectors_of_kind(file, "parse", check_parse);
    vectors_of_kind(file, "units", check_units);
}

static void malformed_numbers_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0x",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1a",
        "g",
        "0xg",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "0x10000000000000000000000000000000000000000000000000000000000000000"};
    struct u256 v;
    uint64_t small;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(u256_parse(bad[i], &v));
    assert_false(u256_parse(NULL, &v));
    assert_true(u256_parse("18446744073709551615", &v));
    assert_true(u256_to_u64(&v, &small));
    assert_true(small == UINT64_MAX);
    assert_true(u256_parse("18446744073709551616", &v));
    assert_false(u256_to_u64(&v, &small));
}

/* --- RLP --- */

static void print_rlp(struct arena *a, struct buf *out, const struct rlp *r)
{
    size_t i;

    if (!r->is_list) {
        buf_printf(out, "\"%s\"", hex0x_dup(a, r->bytes.p, r->bytes.n));
        return;
    }
    buf_putc(out, '[');
    for (i = 0; i < r->count; i++) {
        buf_puts(out, i ? "," : "");
        print_rlp(a, out, &r->items[i]);
    }
    buf_putc(out, ']');
}

static void write_rlp(struct buf *out, const struct rlp *r)
{
    _buf_ struct buf items = BUF_INIT(1 << 20);
    size_t i;

    if (!r->is_list) {
        rlp_put_bytes(out, r->bytes.p, r->bytes.n);
        return;
    }
    for (i = 0; i < r->count; i++)
        write_rlp(&items, &r->items[i]);
    rlp_put_list(out, &items);
}

static void check_rlp(struct arena *a, char *const *f)
{
    _buf_ struct buf text = BUF_INIT(1 << 20);
    _buf_ struct buf again = BUF_INIT(1 << 20);
    struct bytes in = hex(a, f[1]);
    struct err e;
    struct rlp r;

    ok(rlp_decode(a, in.p, in.n, &r, &e), e);
    print_rlp(a, &text, &r);
    assert_string_equal(buf_str(&text), f[0]);
    write_rlp(&again, &r);
    assert_string_equal(hex0x_dup(a, again.data, again.len), f[1]);
    for (; in.n > 0; in.n--)
        err_is(rlp_decode(a, in.p, in.n - 1, &r, &e), e, INVALID);
}

static void rlp_matches_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "rlp", check_rlp);
}

static void malformed_rlp_is_refused(void **state)
{
    static const char *const bad[] = {
        "",       "8100", "817f",       "b800",   "b80100",
        "b90038", "f800", "c101ff",     "c2",     "bfffffffffffffffff",
        "c28100", "0000", "ffffffffff", "c3c2c1", "f837"};
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf deep = BUF_INIT(100);
    struct rlp r;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        struct bytes in = hex(a, bad[i]);

        err_is(rlp_decode(a, in.p, in.n, &r, &e), e, INVALID);
    }
    for (i = 0; i < 50; i++)
        buf_putc(&deep, (char)(0xc0 + 49 - i));
    err_is(rlp_decode(a, deep.data, deep.len, &r, &e), e, INVALID);
    assert_string_equal(e.msg, "RLP: nested too deeply");
}

/* --- ABI --- */

static void print_abi(struct arena *a, struct buf *out, const struct abi_value *v)
{
    size_t i;

    switch (v->kind) {
    case ABI_NUM:
        buf_puts(out, u256_text(a, &v->num));
        break;
    case ABI_ADDR:
        buf_puts(out, hex0x_dup(a, v->addr.b, sizeof(v->addr.b)));
        break;
    case ABI_BYTES:
        buf_puts(out, hex0x_dup(a, v->bytes.p, v->bytes.n));
        break;
    case ABI_LIST:
        buf_putc(out, '[');
        for (i = 0; i < v->list.n; i++) {
            buf_puts(out, i ? "," : "");
            print_abi(a, out, &v->list.v[i]);
        }
        buf_putc(out, ']');
        break;
    }
}

static void check_abi(struct arena *a, char *const *f)
{
    _buf_ struct buf text = BUF_INIT(1 << 20);
    struct bytes in = hex(a, f[2]);
    struct bytes out;
    struct abi_value v;
    struct err e;
    size_t n;

    ok(abi_decode(a, f[0], in.p, in.n, &v, &e), e);
    print_abi(a, &text, &v);
    assert_string_equal(buf_str(&text), f[1]);
    out = abi_encode(a, f[0], v.list.v, v.list.n);
    assert_string_equal(hex0x_dup(a, out.p, out.n), f[2]);
    /* Cut data either fails or (where only padding is cut) decodes; it never reads beyond. */
    for (n = 0; n < in.n; n++) {
        uint8_t *cut = arena_memdup(a, in.p, n);

        if (abi_decode(a, f[0], cut, n, &v, &e) < 0)
            assert_int_equal(e.code, ERR_INVALID);
        else
            assert_true(in.n - n < 32);
    }
}

static void abi_matches_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "abi", check_abi);
}

static void check_topic(struct arena *a, char *const *f)
{
    struct hash32 h = abi_topic(f[0]);
    struct bytes call = abi_call(a, "name()", NULL, 0);

    assert_string_equal(hash32_text(a, &h), f[1]);
    assert_string_equal(hex_dup(a, call.p, call.n), "06fdde03");
}

static void topics_match_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "topic", check_topic);
}

static void malformed_abi_is_refused(void **state)
{
    static const struct {
        const char *types;
        const char *words[5];
    } bad[] = {
        {"(uint8)", {"100"}},
        {"(bool)", {"2"}},
        {"(address)", {"10000000000000000000000000000000000000000"}},
        {"(int8)", {"80"}},
        {"(string)", {"40"}},
        {"(string)", {"20", "21"}},
        {"(bytes)", {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0", "1"}},
        {"(uint256[])", {"20", "2", "1"}},
        {"(uint256[])", {"20", "800000000000000"}},
    };
    size_t i;
    size_t k;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        _arena_ struct arena *a = arena_new();
        _buf_ struct buf data = BUF_INIT(1024);
        struct abi_value v;
        struct err e;

        for (k = 0; k < 5 && bad[i].words[k]; k++) {
            struct u256 w = num(arena_printf(a, "0x%s", bad[i].words[k]));
            uint8_t be[32];

            u256_to_be(&w, be);
            buf_add(&data, be, sizeof(be));
        }
        err_is(abi_decode(a, bad[i].types, data.data, data.len, &v, &e), e, INVALID);
    }
}

static void put_number(struct buf *out, uint64_t v)
{
    struct u256 n = u256_from(v);
    uint8_t be[32];

    u256_to_be(&n, be);
    buf_add(out, be, sizeof(be));
}

/* Many offsets to one long array would make a value for each pair. */
static void overlapping_arrays_do_not_multiply(void **state)
{
    enum { N = 100 };
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf data = BUF_INIT(100000);
    struct abi_value v;
    struct err e;
    size_t i;

    (void)state;
    put_number(&data, 32);
    put_number(&data, N);
    for (i = 0; i < N; i++)
        put_number(&data, N * 32);
    put_number(&data, N);
    for (i = 0; i < N; i++)
        put_number(&data, 7);
    err_is(abi_decode(a, "(uint256[][])", data.data, data.len, &v, &e), e, INVALID);
    assert_string_equal(e.msg, "ABI data: more values than words");
}

/* --- transactions --- */

static void check_tx(struct arena *a, char *const *f)
{
    struct seckey key;
    struct addr to;
    struct eth_signed s;
    struct eth_tx tx = {.type = str_eq(f[1], "2") ? ETH_TX_FEES : ETH_TX_LEGACY,
                        .chain_id = strtoull(f[2], NULL, 10),
                        .nonce = strtoull(f[3], NULL, 10),
                        .gas = strtoull(f[4], NULL, 10),
                        .priority = num(f[5]),
                        .price = num(f[6]),
                        .value = num(f[8]),
                        .data = hex(a, f[9])};

    assert_true(seckey_parse(f[0], &key));
    if (addr_parse_any(f[7], &to))
        tx.to = &to;
    s = eth_tx_sign(a, &tx, &key);
    assert_string_equal(hex0x_dup(a, s.raw.p, s.raw.n), f[10]);
    assert_string_equal(hash32_text(a, &s.hash), f[11]);
}

static void check_create(struct arena *a, char *const *f)
{
    struct addr from;
    struct addr made;

    assert_true(addr_parse_any(f[0], &from));
    made = eth_tx_contract(&from, strtoull(f[1], NULL, 10));
    assert_string_equal(hex0x_dup(a, made.b, sizeof(made.b)), f[2]);
}

static void transactions_match_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "tx", check_tx);
    vectors_of_kind(file, "create", check_create);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_match_ethers),
        cmocka_unit_test(malformed_numbers_are_refused),
        cmocka_unit_test(rlp_matches_ethers),
        cmocka_unit_test(malformed_rlp_is_refused),
        cmocka_unit_test(abi_matches_ethers),
        cmocka_unit_test(malformed_abi_is_refused),
        cmocka_unit_test(overlapping_arrays_do_not_multiply),
        cmocka_unit_test(topics_match_ethers),
        cmocka_unit_test(transactions_match_ethers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
