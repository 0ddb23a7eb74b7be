/* SPDX-License-Identifier: Apache-2.0 */
#include <nettle/sha3.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secp.h"
#include "test.h"

/* Random input through our code and through somebody else's. */

/* Keccak-256 on nettle's permutation with the old padding. */
static struct hash32 nettle_keccak(const uint8_t *p, size_t n)
{
    struct sha3_256_ctx c;
    struct hash32 h;
    uint8_t block[SHA3_256_BLOCK_SIZE] = {0};
    size_t i;

    sha3_256_init(&c);
    sha3_256_update(&c, n / sizeof(block) * sizeof(block), p);
    memcpy(block, p + n / sizeof(block) * sizeof(block), n % sizeof(block));
    block[n % sizeof(block)] ^= 0x01;
    block[sizeof(block) - 1] ^= 0x80;
    sha3_256_update(&c, sizeof(block), block);
    for (i = 0; i < sizeof(h.b); i++)
        h.b[i] = (uint8_t)(c.state.a[i / 8] >> i % 8 * 8);
    return h;
}

static void keccak_against_nettle(void **state)
{
    uint8_t b[2000];
    size_t n;

    (void)state;
    for (n = 0; n < sizeof(b); n++) {
        struct hash32 ours;
        struct hash32 theirs;

        random_bytes(b, n);
        ours = keccak256(b, n);
        theirs = nettle_keccak(b, n);
        assert_memory_equal(ours.b, theirs.b, sizeof(ours.b));
    }
}

static void sha256_against_evp(void **state)
{
    uint8_t b[700];
    uint8_t want[32];
    size_t n;

    (void)state;
    for (n = 0; n < sizeof(b); n++) {
        struct sha256_ctx c;
        struct hash32 got;
        size_t cut = n / 3;

        random_bytes(b, n);
        assert_int_equal(EVP_Digest(b, n, want, NULL, EVP_sha256(), NULL), 1);
        sha256_start(&c);
        sha256_add(&c, b, cut);
        sha256_add(&c, b + cut, n - cut);
        got = sha256_end(&c);
        assert_memory_equal(got.b, want, sizeof(want));
    }
}

/* OpenSSL's view of a key: with the private half, or of the public point alone. */
static EVP_PKEY *openssl_key(const struct seckey *private, const struct pubkey *public)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *d = private ? BN_bin2bn(private->b, sizeof(private->b), NULL) : NULL;
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_true(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "secp256k1", 0));
    assert_true(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public->b,
                                                 sizeof(public->b)));
    if (d)
        assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d));
    params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(
        EVP_PKEY_fromdata(ctx, &key, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(d);
    return key;
}

static bool openssl_verifies(EVP_PKEY *key, const struct hash32 *digest, const struct sig *sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    unsigned char *der = NULL;
    int len;
    int good;

    assert_true(ECDSA_SIG_set0(pair, BN_bin2bn(sig->r, 32, NULL), BN_bin2bn(sig->s, 32, NULL)));
    len = i2d_ECDSA_SIG(pair, &der);
    assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
    good = EVP_PKEY_verify(ctx, der, (size_t)len, digest->b, sizeof(digest->b));
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(ctx);
    return good == 1;
}

/* A signature by OpenSSL, s brought to the lower half; v is not known to it. */
static struct sig openssl_signs(EVP_PKEY *key, const struct hash32 *digest)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    unsigned char der[128];
    const unsigned char *at = der;
    size_t len = sizeof(der);
    ECDSA_SIG *pair;
    BIGNUM *order = NULL;
    BIGNUM *twice = BN_new();
    BIGNUM *s;
    struct sig sig = {.v = 27};

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, der, &len, digest->b, sizeof(digest->b)), 1);
    pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(pair);
    assert_true(
        BN_hex2bn(&order, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    s = BN_dup(ECDSA_SIG_get0_s(pair));
    assert_true(BN_lshift1(twice, s));
    if (BN_cmp(twice, order) > 0)
        assert_true(BN_sub(s, order, s));
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig.r, 32), 32);
    assert_int_equal(BN_bn2binpad(s, sig.s, 32), 32);
    BN_free(s);
    BN_free(twice);
    BN_free(order);
    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(ctx);
    return sig;
}

static bool recovers(const struct hash32 *digest, struct sig sig, const struct addr *who)
{
    struct addr found;

    for (sig.v = 27; sig.v <= 28; sig.v++)
        if (secp_recover(digest, &sig, &found) && addr_eq(&found, who))
            return true;
    return false;
}

static void signatures_against_openssl(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 200; i++) {
        struct seckey k = seckey_new();
        struct pubkey p = pubkey_of(&k);
        EVP_PKEY *key = openssl_key(&k, &p);
        struct addr who = pubkey_addr(&p);
        struct hash32 digest;
        struct sig ours;
        struct addr found;

        random_bytes(digest.b, sizeof(digest.b));
        ours = secp_sign(&k, &digest);
        assert_true(openssl_verifies(key, &digest, &ours));
        assert_true(secp_recover(&digest, &ours, &found));
        assert_true(addr_eq(&found, &who));
        assert_true(recovers(&digest, openssl_signs(key, &digest), &who));
        ours.s[31] ^= 1; /* another signature is another signer's, or nobody's */
        assert_false(openssl_verifies(key, &digest, &ours));
        assert_false(recovers(&digest, ours, &who));
        EVP_PKEY_free(key);
    }
}

/* Points and shared secrets; OpenSSL gives x of the shared point. */
static void points_against_openssl(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        struct seckey mine = seckey_new();
        struct seckey other = seckey_new();
        struct pubkey public = pubkey_of(&mine);
        struct pubkey theirs = pubkey_of(&other);
        EVP_PKEY *key = openssl_key(&mine, &public);
        EVP_PKEY *peer = openssl_key(NULL, &theirs);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
        uint8_t point[65];
        uint8_t x[32];
        size_t n = sizeof(x);

        assert_int_equal(EVP_PKEY_public_check(ctx), 1);
        assert_int_equal(EVP_PKEY_pairwise_check(ctx), 1);
        EVP_PKEY_CTX_free(ctx);
        ctx = EVP_PKEY_CTX_new(key, NULL);
        assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
        assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
        assert_int_equal(EVP_PKEY_derive(ctx, x, &n), 1);
        assert_true(secp_shared_point(&mine, &theirs, point));
        assert_memory_equal(point + 1, x, sizeof(x));
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_against_nettle),
        cmocka_unit_test(sha256_against_evp),
        cmocka_unit_test(signatures_against_openssl),
        cmocka_unit_test(points_against_openssl),
    };

    return cmocka_run_group_tests_name("crypto_oracle", tests, NULL, NULL);
}
