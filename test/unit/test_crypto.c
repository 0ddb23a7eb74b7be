/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "crypto/aes.h"
#include "crypto/ecies.h"
#include "crypto/ethcrypto.h"
#include "crypto/hash.h"
#include "crypto/identity.h"
#include "crypto/jwt.h"
#include "crypto/nacl.h"
#include "crypto/random.h"
#include "crypto/secp.h"
#include "vectors.h"

/* Vectors: vectors/crypto.txt (ethers, eciesjs, Node) and the constants of the wire's papers. */

static void hash_is(const char *want, struct hash32 got)
{
    char text[HASH32_TEXT];

    hash32_write(&got, text);
    assert_string_equal(text, want);
}

static struct seckey key_of(const char *hex)
{
    struct seckey k;

    assert_true(seckey_parse(hex, &k));
    return k;
}

static struct seckey key_filled(uint8_t byte)
{
    struct seckey k;

    memset(k.b, byte, sizeof(k.b));
    return k;
}

static void addr_is(const char *want, const struct addr *got)
{
    char text[ADDR_TEXT];

    addr_checksum(got, text);
    assert_string_equal(text, want);
}

static void bytes_are(struct bytes want, const struct buf *got)
{
    assert_int_equal(got->len, want.n);
    if (want.n)
        assert_memory_equal(got->data, want.p, want.n);
}

static void vector_hash(struct arena *a, char **field)
{
    struct bytes b = vector_hex(a, field[1]);

    if (str_eq(field[0], "keccak"))
        hash_is(field[2], keccak256(b.p, b.n));
    else if (str_eq(field[0], "sha256"))
        hash_is(field[2], sha256(b.p, b.n));
    else
        hash_is(field[2], eip191_digest(b.p, b.n));
}

static void vector_hmac(struct arena *a, char **field)
{
    struct bytes key = vector_hex(a, field[1]);
    struct bytes b = vector_hex(a, field[2]);

    hash_is(field[3], hmac_sha256(key.p, key.n, b.p, b.n));
}

static void vector_key(struct arena *a, char **field)
{
    struct seckey k = key_of(field[1]);
    struct pubkey p = pubkey_of(&k);
    struct bytes compressed = vector_hex(a, field[3]);
    struct pubkey again;
    uint8_t out[33];
    struct addr who = seckey_addr(&k);

    assert_string_equal(hex0x_dup(a, p.b, sizeof(p.b)), field[2]);
    pubkey_compress(&p, out);
    assert_memory_equal(out, compressed.p, sizeof(out));
    assert_true(pubkey_parse(out, sizeof(out), &again));
    assert_memory_equal(again.b, p.b, sizeof(p.b));
    assert_true(pubkey_parse(p.b, sizeof(p.b), &again));
    addr_is(field[4], &who);
}

static void vector_sign(struct arena *a, char **field)
{
    struct seckey k = key_of(field[1]);
    struct bytes message = vector_hex(a, field[2]);
    struct sig sig = eip191_sign(&k, message.p, message.n);
    struct hash32 digest = eip191_digest(message.p, message.n);
    struct addr who;

    assert_string_equal(sig_text(a, &sig), field[3]);
    assert_true(sig_parse(field[4], &sig)); /* EIP-2098 */
    assert_string_equal(sig_text(a, &sig), field[3]);
    assert_true(secp_recover(&digest, &sig, &who));
    addr_is(field[5], &who);
}

static void vector_raw(struct arena *a, char **field)
{
    struct seckey k = key_of(field[1]);
    struct hash32 digest;
    struct sig sig;

    assert_true(hash32_parse(field[2], &digest));
    sig = secp_sign(&k, &digest);
    assert_string_equal(sig_text(a, &sig), field[3]);
}

static void vector_form(char **field)
{
    struct hash32 digest;
    struct sig sig;
    struct addr who;

    assert_true(hash32_parse(field[1], &digest));
    if (str_eq(field[3], "refused")) {
        if (sig_parse(field[2], &sig) && secp_recover(&digest, &sig, &who))
            fail_msg("ethers refuses %s", field[2]);
        return;
    }
    if (!sig_parse(field[2], &sig) || !secp_recover(&digest, &sig, &who))
        fail_msg("ethers accepts %s", field[2]);
    addr_is(field[3], &who);
}

static void vector_checksum(char **field)
{
    struct addr who;

    assert_true(addr_parse(field[1], &who));
    addr_is(field[2], &who);
    assert_true(addr_parse(field[2], &who));
}

static void vector_ecies(struct arena *a, char **field)
{
    struct seckey k = key_of(field[1]);
    struct bytes want = vector_hex(a, field[2]);
    struct bytes blob = vector_hex(a, field[3]);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct err e;

    ok(ecies_decrypt(&k, blob.p, blob.n, &out, &e), e);
    bytes_are(want, &out);
}

static void vector_aes(struct arena *a, char **field)
{
    struct bytes key = vector_hex(a, field[1]);
    struct bytes iv = vector_hex(a, field[2]);
    struct bytes plain = vector_hex(a, field[3]);
    struct bytes secret = vector_hex(a, field[4]);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    _buf_ struct buf back = BUF_INIT(1 << 20);
    struct err e;

    ok(aes_cbc_encrypt(key.p, iv.p, plain.p, plain.n, &out, &e), e);
    bytes_are(secret, &out);
    ok(aes_cbc_decrypt(key.p, iv.p, secret.p, secret.n, &back, &e), e);
    bytes_are(plain, &back);
}

static const char *text_of(struct arena *a, const char *hex)
{
    struct bytes b = vector_hex(a, hex);

    return arena_strndup(a, (const char *)b.p, b.n);
}

static void vector_jwt(struct arena *a, char **field)
{
    const char *secret = text_of(a, field[1]);
    const char *payload = text_of(a, field[2]);

    assert_string_equal(jwt_sign(a, secret, payload), field[3]);
    assert_string_equal(jwt_verify(a, secret, field[3]), payload);
}

static void vector(struct arena *a, char **field, size_t count)
{
    const char *kind = field[0];

    assert_true(count >= 3);
    if (str_eq(kind, "keccak") || str_eq(kind, "sha256") || str_eq(kind, "eip191"))
        vector_hash(a, field);
    else if (str_eq(kind, "hmac"))
        vector_hmac(a, field);
    else if (str_eq(kind, "key"))
        vector_key(a, field);
    else if (str_eq(kind, "sign"))
        vector_sign(a, field);
    else if (str_eq(kind, "raw"))
        vector_raw(a, field);
    else if (str_eq(kind, "form"))
        vector_form(field);
    else if (str_eq(kind, "checksum"))
        vector_checksum(field);
    else if (str_eq(kind, "ecies"))
        vector_ecies(a, field);
    else if (str_eq(kind, "aescbc"))
        vector_aes(a, field);
    else if (str_eq(kind, "jwt"))
        vector_jwt(a, field);
    else
        fail_msg("unknown vector %s", kind);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vectors_each("crypto.txt", vector), 196);
}

/* --- the wire's own constants --- */

static void wire_identity(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct seckey k = key_filled(1);
    struct pubkey p = pubkey_of(&k);
    struct addr who = seckey_addr(&k);

    (void)state;
    addr_is("0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1", &who);
    assert_string_equal(identity_peer_id(a, &p),
                        "16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi");
    assert_string_equal(identity_friendly_name(a, &p), "alanine-lion-pluto-uranus");
}

static void wire_message(const char *message, const char *k_text, const char *digest_b,
                         size_t strip, const char *signature)
{
    _arena_ struct arena *a = arena_new();
    struct seckey consumer = key_filled(2);
    struct hash32 k = keccak256(message, strlen(message));
    struct sig sig = eip191_sign(&consumer, k.b + strip, sizeof(k.b) - strip);

    hash_is(k_text, k);
    hash_is(digest_b, eip191_digest(k.b + strip, sizeof(k.b) - strip));
    assert_string_equal(sig_text(a, &sig), signature);
}

static void wire_signatures(void **state)
{
    const char *message = "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c1startCompute";
    const char *k = "0xe0425eed5c8dc4d34d12d61d6b8d25b1fb8ce2b7cee994e6c13d2802a99a2678";

    (void)state;
    wire_message(message, k, "0xa6e18866ac2d2611e29872df847b425b57764782d3399aee9ca2266abd9360f1",
                 0,
                 "0x2e73b02bdb5bd77e6cdf773ab8ce6f27b762fab66b0daa136323df57b8061b77"
                 "3cd1e44cd0422b11ec5af379f6294d5376754a5def900bdf22cfcef5631593341b");
    wire_message("0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c268download",
                 "0x00d3a20956e2cbaa184fd4b5de4d32be8b93c009413aaa2d8a39dc1379c4ce0f",
                 "0xd3dc7438de549422254339db1d821ad8c0ea62c046709a488a06f90acabbd1de", 1,
                 "0x4acbac330049d45516b26ba080c69f94b09b08f630c79e296444ea9309ad4145"
                 "498412ffdca76a57a634831a1747114f0a435a913c6ba92d9d32683ef02d2d151b");
    hash_is("0xf2124a13ebe282e282ddc0c69291c21b9f675d0ee0592e7d50367b3e2e6429f9",
            eip191_digest(k, strlen(k)));
    hash_is("0x7be3fa99d7ff9049a28a0fb943398cdd40bb8880c1206a98248b2e4136c8add7",
            eip191_digest(message, strlen(message)));
}

/* The answer of `validate` for {"a":1}, and the hashes of metadata and trust rules. */
static void wire_documents(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *hash = "0x015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
    const char *container =
        "node $ALGOsha256:1155995dda741e93afe4b1c6ced2d01734a6ec69865cc0997daf1f4db7259a36";
    struct seckey node = key_filled(1);
    struct hash32 m = keccak256(hash, strlen(hash));
    struct sig sig = eip191_sign(&node, m.b, sizeof(m.b));

    (void)state;
    hash_is(hash, sha256("{\"a\":1}", 7));
    hash_is("0xb41a41c8c1413d70009242c8149c68d30ca26a5288cf9d88fa5802564d228258", m);
    assert_string_equal(sig_text(a, &sig),
                        "0x13864aacb6aac76dc654b38a65b0400bbffad3d208d78ac0da012c1a17cd7020"
                        "293669c9337ed82d35c5c3f8726552e96c1b7e304f1d1c0b2718193ed4f39cfe1b");
    hash_is("0xf634d4a2d5a8d7257e55f596d925fa3baaa69e2b5666f0995fe0b1b75fad3faa",
            sha256("0x7b2261223a317d", 16));
    hash_is("0xba8885fcc7d366f058d6c3bb0b7bfe191c5f85cb6a4ee3858895342436c23504",
            sha256(container, strlen(container)));
}

static void wire_encryption(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct seckey node = key_filled(1);
    struct pubkey p = pubkey_of(&node);
    struct bytes blob = vector_hex(
        a, "04ad1cd8ebe2ca9d9a183d0cfa62acc0a7c6c6d623413f2ab3ea7fa357070ca0dd61185ec840bb42d6f6d6"
           "57f28fd802c7c0ff8437b88c4e50ebc7426f95ced440134d3eac63cef44c991cf671a0a00268e7402893b1"
           "a7c622faf268f642e11e7ba3d406cf657afa6f29885c");
    struct bytes cbc = vector_hex(a, "76762f3632d1eb4164344af982b04fda");
    _buf_ struct buf out = BUF_INIT(100);
    _buf_ struct buf out2 = BUF_INIT(100);
    uint8_t compressed[33];
    struct err e;

    (void)state;
    ok(ecies_decrypt(&node, blob.p, blob.n, &out, &e), e);
    assert_string_equal(buf_str(&out), "hello ocean");
    pubkey_compress(&p, compressed); /* its first 16 bytes are the IV */
    ok(aes_cbc_encrypt(node.b, compressed, "hello ocean", 11, &out2, &e), e);
    bytes_are(cbc, &out2);
}

static void wire_jwt(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *payload =
        "{\"address\":\"0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c\",\"nonce\":\"1\","
        "\"createdAt\":1700000000000,\"iat\":1700000000}";

    (void)state;
    assert_string_equal(
        jwt_sign(a, "ocean-node-secret", payload),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJhZGRyZXNzIjoiMHg1MDUwQTRGNGIzZjkzMzhDMzQ3MmRjQzAxQTg3Qzc2QTE0NGIzYzljIiwibm9uY2UiOiIxIi"
        "wiY3JlYXRlZEF0IjoxNzAwMDAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDB9."
        "1aoVqjnQESn_sBz7vEkkNtR6ur7rWLNoQSp0tg2FoiQ");
}

/* --- what must be refused --- */

static void bad_texts(void **state)
{
    static const char *const addresses[] = {
        "",
        "0x",
        "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F",
        "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F11",
        "1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
        "0x1A642f0E3c3aF545E7AcBD38b07251B3990914F1", /* one letter in the wrong case */
        "0x1a642f0E3c3aF545E7AcBD38b07251B3990914Fg",
        " 0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
    };
    static const char *const keys[] = {
        "0x0000000000000000000000000000000000000000000000000000000000000000",
        "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "0x01010101010101010101010101010101010101010101010101010101010101",
        "0x01010101010101010101010101010101010101010101010101010101010101011",
        "0xzz01010101010101010101010101010101010101010101010101010101010101",
        "",
    };
    struct addr a;
    struct seckey k;
    struct sig s;
    struct hash32 h;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(addresses); i++)
        assert_false(addr_parse(addresses[i], &a));
    for (i = 0; i < ARRAY_LEN(keys); i++)
        assert_false(seckey_parse(keys[i], &k));
    assert_false(addr_parse(NULL, &a));
    assert_false(addr_parse_any(NULL, &a));
    assert_false(seckey_parse(NULL, &k));
    assert_false(sig_parse(NULL, &s));
    assert_false(hash32_parse(NULL, &h));
    assert_false(hash32_parse("0x12", &h));
    /* Case does not matter where there is no mixture, nor when nobody asks for the checksum. */
    assert_true(addr_parse("0x1a642f0e3c3af545e7acbd38b07251b3990914f1", &a));
    assert_true(addr_parse("0x1A642F0E3C3AF545E7ACBD38B07251B3990914F1", &a));
    assert_true(addr_parse_any("0x1A642f0E3c3aF545E7AcBD38b07251B3990914F1", &a));
    assert_true(addr_parse("0x0000000000000000000000000000000000000000", &a));
    assert_true(addr_is_zero(&a));
}

static void bad_points(void **state)
{
    struct seckey k = key_filled(1);
    struct pubkey p = pubkey_of(&k);
    struct pubkey off;
    uint8_t hybrid[65];
    uint8_t shared[65];

    (void)state;
    memcpy(hybrid, p.b, sizeof(hybrid));
    hybrid[0] = (uint8_t)(6 + (p.b[64] & 1));
    assert_false(pubkey_parse(hybrid, sizeof(hybrid), &off));
    assert_false(pubkey_parse(p.b, 64, &off));
    assert_false(pubkey_parse(p.b, 0, &off));
    off = p;
    off.b[64] ^= 1;
    assert_false(pubkey_parse(off.b, sizeof(off.b), &off));
    assert_false(secp_shared_point(&k, &off, shared));
    assert_true(secp_shared_point(&k, &p, shared));
    assert_int_equal(shared[0], 4);
}

static void ecies_round_trips(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 16384, 16385, 300000};
    struct seckey k = seckey_new();
    struct pubkey p = pubkey_of(&k);
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(sizes); i++) {
        _arena_ struct arena *a = arena_new();
        _buf_ struct buf blob = BUF_INIT(1 << 20);
        _buf_ struct buf back = BUF_INIT(1 << 20);
        uint8_t *plain = arena_alloc(a, sizes[i] + 1);

        random_bytes(plain, sizes[i]);
        buf_puts(&blob, "kept"); /* what stands before stays */
        ok(ecies_encrypt(&p, plain, sizes[i], &blob, &e), e);
        assert_int_equal(blob.len, 4 + sizes[i] + ECIES_OVERHEAD);
        assert_memory_equal(blob.data, "kept", 4);
        ok(ecies_decrypt(&k, blob.data + 4, blob.len - 4, &back, &e), e);
        bytes_are((struct bytes){plain, sizes[i]}, &back);
    }
}

static void ecies_refusals(void **state)
{
    struct seckey k = key_filled(1);
    struct seckey other = key_filled(2);
    struct pubkey p = pubkey_of(&k);
    _buf_ struct buf blob = BUF_INIT(1000);
    _buf_ struct buf back = BUF_INIT(1000);
    _buf_ struct buf small = BUF_INIT(100);
    struct pubkey off = p;
    struct err e;
    size_t i;

    (void)state;
    ok(ecies_encrypt(&p, "payload", 7, &blob, &e), e);
    for (i = 0; i < blob.len; i++) { /* every byte is covered by the tag */
        blob.data[i] ^= 0x20;
        err_is(ecies_decrypt(&k, blob.data, blob.len, &back, &e), e, INVALID);
        assert_int_equal(back.len, 0);
        blob.data[i] ^= 0x20;
    }
    for (i = 0; i < blob.len; i++) /* and every length */
        err_is(ecies_decrypt(&k, blob.data, i, &back, &e), e, INVALID);
    err_is(ecies_decrypt(&other, blob.data, blob.len, &back, &e), e, INVALID);
    ok(ecies_decrypt(&k, blob.data, blob.len, &back, &e), e);
    assert_string_equal(buf_str(&back), "payload");
    err_is(ecies_encrypt(&p, "payload", 7, &small, &e), e, TOO_LARGE);
    off.b[64] ^= 1;
    err_is(ecies_encrypt(&off, "payload", 7, &blob, &e), e, INVALID);
}

static void aes_refusals(void **state)
{
    static const uint8_t key[32] = {1};
    static const uint8_t iv[16] = {2};
    _buf_ struct buf secret = BUF_INIT(1000);
    _buf_ struct buf out = BUF_INIT(1000);
    struct err e;

    (void)state;
    ok(aes_cbc_encrypt(key, iv, "0123456789", 10, &secret, &e), e);
    err_is(aes_cbc_decrypt(key, iv, secret.data, 15, &out, &e), e, INVALID);
    err_is(aes_cbc_decrypt(key, iv, secret.data, 0, &out, &e), e, INVALID);
    secret.data[15] ^= 1; /* breaks the padding */
    err_is(aes_cbc_decrypt(key, iv, secret.data, 16, &out, &e), e, INVALID);
    assert_int_equal(out.len, 0);
}

static void jwt_refusals(void **state)
{
    _arena_ struct arena *a = arena_new();
    char *token = arena_strdup(a, jwt_sign(a, "secret", "{\"address\":\"0x1\"}"));
    const char *payload = strchr(token, '.') + 1;
    const char *tail = strrchr(token, '.');
    const char *none; /* {"alg":"none","typ":"JWT"} */
    size_t i;

    (void)state;
    assert_non_null(jwt_verify(a, "secret", token));
    assert_null(jwt_verify(a, "secre", token));
    assert_null(jwt_verify(a, "", token));
    assert_null(jwt_verify(a, "secret", NULL));
    assert_null(jwt_verify(a, "secret", ""));
    assert_null(jwt_verify(a, "secret", "a.b.c"));
    none = arena_printf(a, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.%.*s.", (int)(tail - payload),
                        payload);
    assert_null(jwt_verify(a, "secret", none));
    assert_null(jwt_verify(a, "secret", arena_strndup(a, token, (size_t)(tail - token))));
    assert_null(jwt_verify(a, "secret", arena_strndup(a, token, (size_t)(tail + 1 - token))));
    assert_null(jwt_verify(a, "secret", arena_printf(a, "%s=", token)));
    assert_null(jwt_verify(a, "secret", arena_printf(a, "%s.x", token)));
    for (i = 0; token[i]; i++) {
        token[i] ^= 1;
        assert_null(jwt_verify(a, "secret", token));
        token[i] ^= 1;
    }
}

/* The message of the wire's papers for the node key 01x32. */
static void eth_crypto_messages(void **state)
{
    static const char message[] =
        "5c892dd2dffaf7d808792ecbe01825db03427aa7697412d7b75c23e7f41371d4f9bf54e8f9556c08a5b2bd7e81"
        "51b94041248f84ed5f572dbc87e2d57158b653aa8998d0307abdf6e943b8b116ba166f67f673bef86198b1f562"
        "d78dbfad97c381";
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf out = BUF_INIT(1000);
    struct seckey node, other;
    struct bytes blob;
    uint8_t *bytes;
    struct err e;
    size_t i;

    (void)state;
    memset(node.b, 1, sizeof(node.b));
    memset(other.b, 2, sizeof(other.b));
    assert_true(hex_parse(a, message, &blob));
    ok(ethcrypto_decrypt(&node, blob.p, blob.n, &out, &e), e);
    assert_string_equal(buf_str(&out), "{\"x\":1}");
    err_is(ethcrypto_decrypt(&other, blob.p, blob.n, &out, &e), e, INVALID);
    bytes = arena_memdup(a, blob.p, blob.n);
    for (i = 0; i < blob.n; i++) {
        bytes[i] ^= 1;
        err_is(ethcrypto_decrypt(&node, bytes, blob.n, &out, &e), e, INVALID);
        bytes[i] ^= 1;
        err_is(ethcrypto_decrypt(&node, bytes, i, &out, &e), e, INVALID);
    }
}

/* In pieces it is the same as in one. */
static void aes_in_pieces(void **state)
{
    static const uint8_t key[32] = {1};
    static const uint8_t iv[16] = {2};
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 4096};
    static const size_t steps[] = {1, 7, 16, 33, 5000};
    uint8_t plain[4096], got[4096 + 32];
    size_t i, k, at, n, end;
    struct err e;

    (void)state;
    random_bytes(plain, sizeof(plain));
    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (k = 0; k < sizeof(steps) / sizeof(*steps); k++) {
            struct aes_stream *s = aes_stream_new(key, iv, true);
            _buf_ struct buf whole = BUF_INIT(5000);

            ok(aes_cbc_encrypt(key, iv, plain, sizes[i], &whole, &e), e);
            for (at = 0, n = 0; at < sizes[i]; at += steps[k])
                n += aes_stream_add(s, plain + at,
                                    sizes[i] - at < steps[k] ? sizes[i] - at : steps[k], got + n);
            ok(aes_stream_end(s, got + n, &end, &e), e);
            aes_stream_free(s);
            assert_int_equal(n + end, aes_cbc_size((int64_t)sizes[i]));
            assert_memory_equal(got, whole.data, n + end);
        }
    }
}

/* RFC 5869, test case 3, and OpenSSL's own HKDF. */
static void keys_for_purposes(void **state)
{
    uint8_t secret[22];

    (void)state;
    memset(secret, 0x0b, sizeof(secret));
    hash_is("0x8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
            hkdf_sha256(secret, sizeof(secret), ""));
    hash_is("0xc925ec7b3f505f3ccb3d8667b7ca810d1f43968e715b71650d01d9a8cf7910ab",
            hkdf_sha256(secret, sizeof(secret), "atoll: for a test"));
}

/* RFC 8032, 7.1, test 2: the message 72. */
static void signed_messages(void **state)
{
    struct arena *a = arena_new();
    struct bytes key;
    struct bytes whole;
    struct bytes message;
    uint8_t *damaged;
    size_t i;

    (void)state;
    assert_true(
        hex_parse(a, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", &key));
    assert_true(hex_parse(a,
                          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c0072",
                          &whole));
    assert_true(nacl_sign_open(whole, key.p, &message));
    assert_int_equal(message.n, 1);
    assert_int_equal(message.p[0], 0x72);
    damaged = arena_memdup(a, whole.p, whole.n);
    for (i = 0; i < whole.n; i++) {
        damaged[i] ^= 1;
        assert_false(nacl_sign_open((struct bytes){damaged, whole.n}, key.p, &message));
        damaged[i] ^= 1;
        assert_false(nacl_sign_open((struct bytes){whole.p, i}, key.p, &message));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(wire_identity),
        cmocka_unit_test(wire_signatures),
        cmocka_unit_test(wire_documents),
        cmocka_unit_test(wire_encryption),
        cmocka_unit_test(wire_jwt),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(bad_points),
        cmocka_unit_test(ecies_round_trips),
        cmocka_unit_test(ecies_refusals),
        cmocka_unit_test(aes_refusals),
        cmocka_unit_test(jwt_refusals),
        cmocka_unit_test(eth_crypto_messages),
        cmocka_unit_test(aes_in_pieces),
        cmocka_unit_test(keys_for_purposes),
        cmocka_unit_test(signed_messages),
    };

    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
