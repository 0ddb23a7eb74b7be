/* SPDX-License-Identifier: Apache-2.0 */
/* Typed data and key files, against ethers. */
#include "chain/eip712.h"
#include "chain/keystore.h"
#include "test.h"
#include "vectors.h"

static const char file[] = "typed.tsv";

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

static void check_typed(struct arena *a, char *const *f)
{
    struct hash32 h;
    struct err e;

    ok(eip712_digest(parse(a, f[0]), &h, &e), e);
    assert_string_equal(hash32_text(a, &h), f[1]);
}

static void digests_match_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "typed", check_typed);
}

#define DATA(type, value)                                                                          \
    "{\"types\":{\"T\":[{\"name\":\"x\",\"type\":\"" type                                          \
    "\"}]},\"primaryType\":\"T\",\"domain\":{},\"message\":{\"x\":" value "}}"

static void malformed_typed_data_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        DATA("uint8", "256"),
        DATA("uint8", "-1"),
        DATA("int8", "128"),
        DATA("int8", "\"-129\""),
        DATA("uint7", "1"),
        DATA("uint264", "1"),
        DATA("uint256", "1.5"),
        DATA("uint256", "null"),
        DATA("address", "\"0x12\""),
        DATA("bool", "1"),
        DATA("bytes4", "\"0x0102\""),
        DATA("bytes33", "\"0x0102\""),
        DATA("bytes", "\"0x1\""),
        DATA("string", "5"),
        DATA("uint8[2]", "[1]"),
        DATA("uint8[]", "1"),
        DATA("uint8[", "[1]"),
        DATA("]", "1"),
        DATA("Nobody", "{}"),
        "{\"types\":{\"T\":[]},\"primaryType\":\"U\",\"domain\":{},\"message\":{}}",
        "{\"types\":{\"T\":[]},\"primaryType\":\"T\",\"domain\":{},\"message\":[]}",
        "{\"types\":{\"T\":[]},\"primaryType\":\"T\",\"domain\":[],\"message\":{}}",
    };
    _arena_ struct arena *a = arena_new();
    struct hash32 h;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(eip712_digest(parse(a, bad[i]), &h, &e), e, INVALID);
    ok(eip712_digest(parse(a, DATA("int8", "-128")), &h, &e), e);
    ok(eip712_digest(parse(a, DATA("T", "{\"x\":null}")), &h, &e), e);
}

static void check_key(struct arena *a, char *const *f)
{
    char *text = f[0];
    const char *back;
    struct seckey key;
    struct seckey want;
    struct err e;
    size_t i;

    assert_true(seckey_parse(f[2], &want));
    ok(keystore_read(text, strlen(text), f[1], &key, &e), e);
    assert_memory_equal(key.b, want.b, sizeof(key.b));
    err_is(keystore_read(text, strlen(text), "other", &key, &e), e, INVALID);
    assert_string_equal(e.msg, "key file: the password is wrong");
    err_is(keystore_read(text, strlen(text), NULL, &key, &e), e, INVALID);
    ok(keystore_write(a, &want, f[1], &back, &e), e);
    ok(keystore_read(back, strlen(back), f[1], &key, &e), e);
    assert_memory_equal(key.b, want.b, sizeof(key.b));
    for (i = 0; i < strlen(text); i += 7) /* cut anywhere */
        err_is(keystore_read(text, i, f[1], &key, &e), e, INVALID);
}

static void key_files_match_ethers(void **state)
{
    (void)state;
    vectors_of_kind(file, "key", check_key);
}

static void plain_keys_are_read(void **state)
{
    static const char *const bad[] = {"",
                                      "  ",
                                      "0x",
                                      "12",
                                      "0x00",
                                      "zz",
                                      "0x000000000000000000000000000000000000000000000000000000000"
                                      "0000000",
                                      "{\"version\":1}",
                                      "{\"version\":3}",
                                      "{"};
    static const char hex[] =
        "  0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d\n";
    struct seckey key;
    struct err e;
    size_t i;

    (void)state;
    ok(keystore_read(hex, strlen(hex), NULL, &key, &e), e);
    ok(keystore_read(hex + 4, strlen(hex) - 4, NULL, &key, &e), e);
    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(keystore_read(bad[i], strlen(bad[i]), "x", &key, &e), e, INVALID);
}

static void greedy_key_files_are_refused(void **state)
{
    static const char *const params[] = {
        "\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":16777216,\"r\":8,\"p\":1,\"salt\":"
        "\"00\"}",
        "\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":3,\"r\":8,\"p\":1,\"salt\":\"00\"}",
        "\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":0,\"r\":8,\"p\":1,\"salt\":\"00\"}",
        "\"kdf\":\"scrypt\",\"kdfparams\":{\"dklen\":16,\"n\":2,\"r\":8,\"p\":1,\"salt\":\"00\"}",
        "\"kdf\":\"pbkdf2\",\"kdfparams\":{\"dklen\":32,\"c\":100000000,\"prf\":\"hmac-sha256\","
        "\"salt\":\"00\"}",
        "\"kdf\":\"pbkdf2\",\"kdfparams\":{\"dklen\":32,\"c\":1,\"prf\":\"md5\",\"salt\":\"00\"}",
        "\"kdf\":\"none\",\"kdfparams\":{\"dklen\":32,\"salt\":\"00\"}",
    };
    _arena_ struct arena *a = arena_new();
    struct seckey key;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(params); i++) {
        const char *text = arena_printf(a, "{\"version\":3,\"crypto\":{%s}}", params[i]);

        err_is(keystore_read(text, strlen(text), "x", &key, &e), e, INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_match_ethers),
        cmocka_unit_test(malformed_typed_data_is_refused),
        cmocka_unit_test(key_files_match_ethers),
        cmocka_unit_test(plain_keys_are_read),
        cmocka_unit_test(greedy_key_files_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
