/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/keystore.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "json/json.h"

enum {
    TEXT_MAX = 65536,
    DERIVED = 32, /* the first half encrypts, the second proves the password */
    HALF = 16,
    KEY = 32,
    IV = 16,
    SALT_MAX = 1024,
    SCRYPT_N_LOG = 17,
    SCRYPT_R = 8,
    ROUNDS_MAX = 10000000,
    PARAMETER_MAX = 1 << 20
};
static const uint64_t memory_max = 1 << 30;

/* --- key derivation --- */

static int bad(struct err *e, const char *why)
{
    return failed(e, INVALID, "key file: %s", why);
}

static bool positive(const struct json *params, const char *name, int64_t max, uint64_t *ret)
{
    int64_t v;

    if (!json_int(json_get(params, name), &v) || v < 1 || v > max)
        return false;
    *ret = (uint64_t)v;
    return true;
}

static int derive_scrypt(const struct json *params, const char *password, struct bytes salt,
                         uint8_t out[DERIVED], struct err *e)
{
    uint64_t n;
    uint64_t r;
    uint64_t p;

    if (!positive(params, "n", PARAMETER_MAX * 16, &n) ||
        !positive(params, "r", PARAMETER_MAX, &r) || !positive(params, "p", PARAMETER_MAX, &p))
        return bad(e, "n, r and p of scrypt are wanted");
    if (n * r > memory_max / 128 || r * p > memory_max / 128)
        return bad(e, "scrypt asks for more than 1 GiB");
    /* OpenSSL counts a little more than the table itself */
    if (EVP_PBE_scrypt(password, strlen(password), salt.p, salt.n, n, r, p, memory_max + (64 << 20),
                       out, DERIVED) != 1)
        return bad(e, "scrypt refuses these parameters");
    return 0;
}

static int derive_pbkdf2(const struct json *params, const char *password, struct bytes salt,
                         uint8_t out[DERIVED], struct err *e)
{
    uint64_t rounds;

    if (!positive(params, "c", ROUNDS_MAX, &rounds) ||
        !str_eq(json_get_str(params, "prf", ""), "hmac-sha256"))
        return bad(e, "c and prf hmac-sha256 of pbkdf2 are wanted");
    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt.p, (int)salt.n, (int)rounds,
                          EVP_sha256(), DERIVED, out) != 1)
        return bad(e, "pbkdf2 refuses these parameters");
    return 0;
}

static int derive(struct arena *a, const struct json *crypto, const char *password,
                  uint8_t out[DERIVED], struct err *e)
{
    const char *kdf = json_get_str(crypto, "kdf", "");
    const struct json *params = json_get(crypto, "kdfparams");
    struct bytes salt;

    if (json_get_int(params, "dklen", 0) != DERIVED)
        return bad(e, "dklen is not 32");
    if (!hex_parse(a, json_get_str(params, "salt", "x"), &salt) || salt.n > SALT_MAX)
        return bad(e, "the salt is no hex");
    if (str_ieq(kdf, "scrypt"))
        return derive_scrypt(params, password, salt, out, e);
    if (str_ieq(kdf, "pbkdf2"))
        return derive_pbkdf2(params, password, salt, out, e);
    return bad(e, "kdf is neither scrypt nor pbkdf2");
}

/* AES-128-CTR is its own inverse. */
static int aes_ctr(const uint8_t key[HALF], const uint8_t iv[IV], const uint8_t in[KEY],
                   uint8_t out[KEY], struct err *e)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = c && EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
                EVP_EncryptUpdate(c, out, &n, in, KEY) == 1 && n == KEY;

    EVP_CIPHER_CTX_free(c);
    return good ? 0 : failed(e, FAILED, "AES is not available");
}

static struct hash32 proof_of(const uint8_t derived[DERIVED], const uint8_t text[KEY])
{
    uint8_t joined[HALF + KEY];

    memcpy(joined, derived + HALF, HALF);
    memcpy(joined + HALF, text, KEY);
    return keccak256(joined, sizeof(joined));
}

/* --- reading --- */

static int open_with(struct arena *a, const struct json *crypto, const uint8_t derived[DERIVED],
                     struct seckey *ret, struct err *e)
{
    struct bytes text;
    struct bytes iv;
    struct bytes mac;
    struct hash32 proof;

    if (!str_ieq(json_get_str(crypto, "cipher", ""), "aes-128-ctr"))
        return bad(e, "cipher is not aes-128-ctr");
    if (!hex_parse(a, json_get_str(crypto, "ciphertext", "x"), &text) || text.n != KEY ||
        !hex_parse(a, json_str(json_path(crypto, "cipherparams.iv"), "x"), &iv) || iv.n != IV ||
        !hex_parse(a, json_get_str(crypto, "mac", "x"), &mac) || mac.n != sizeof(proof.b))
        return bad(e, "ciphertext, iv or mac is malformed");
    proof = proof_of(derived, text.p);
    if (memcmp(proof.b, mac.p, sizeof(proof.b)) != 0)
        return bad(e, "the password is wrong");
    return aes_ctr(derived, iv.p, text.p, ret->b, e);
}

/* The address is optional, but must not name another key. */
static int check_address(const struct json *file, const struct seckey *key, struct err *e)
{
    const char *text = json_get_str(file, "address", NULL);
    char with_prefix[ADDR_TEXT];
    struct addr own = seckey_addr(key);
    struct addr named;

    if (!text)
        return 0;
    if (!str_starts(text, "0x") && strlen(text) == ADDR_TEXT - 3) {
        memcpy(with_prefix, "0x", 2);
        memcpy(with_prefix + 2, text, ADDR_TEXT - 2);
        text = with_prefix;
    }
    if (!addr_parse_any(text, &named) || !addr_eq(&named, &own))
        return bad(e, "its address is not the key's");
    return 0;
}

static int read_json(const char *text, size_t len, const char *password, struct seckey *ret,
                     struct err *e)
{
    _arena_ struct arena *a = arena_new();
    uint8_t derived[DERIVED];
    struct json *crypto;
    struct json *file;
    int rc;

    if (json_parse(a, text, len, &file, e) < 0)
        return err_wrap(e, "key file");
    if (json_get_int(file, "version", 0) != 3)
        return bad(e, "version is not 3");
    crypto = json_get(file, "crypto") ? json_get(file, "crypto") : json_get(file, "Crypto");
    if (!password)
        return bad(e, "it needs a password");
    rc = derive(a, crypto, password, derived, e);
    if (rc == 0)
        rc = open_with(a, crypto, derived, ret, e);
    wipe(derived, sizeof(derived));
    if (rc < 0)
        return -1;
    return check_address(file, ret, e);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int keystore_read(const char *text, size_t len, const char *password, struct seckey *ret,
                  struct err *e)
{
    char hex[2 + 2 * KEY + 1];
    struct seckey key;
    bool good;

    while (len > 0 && is_space(text[len - 1]))
        len--;
    while (len > 0 && is_space(*text)) {
        text++;
        len--;
    }
    if (len > TEXT_MAX)
        return bad(e, "it is too large");
    if (len > 0 && *text == '{') {
        if (read_json(text, len, password, &key, e) < 0)
            return -1;
    } else {
        good = len < sizeof(hex);
        memcpy(hex, text, good ? len : 0);
        hex[good ? len : 0] = '\0';
        good = good && seckey_parse(hex, &key);
        wipe(hex, sizeof(hex));
        if (!good)
            return failed(e, INVALID, "a private key of 64 hex digits is wanted");
    }
    *ret = key;
    seckey_wipe(&key);
    return 0;
}

/* --- writing --- */

static const char *new_uuid(struct arena *a)
{
    uint8_t b[16];

    random_bytes(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    return arena_printf(a, "%s-%s-%s-%s-%s", hex_dup(a, b, 4), hex_dup(a, b + 4, 2),
                        hex_dup(a, b + 6, 2), hex_dup(a, b + 8, 2), hex_dup(a, b + 10, 6));
}

int keystore_write(struct arena *a, const struct seckey *key, const char *password,
                   const char **ret, struct err *e)
{
    struct json *file = json_new_object(a);
    struct json *crypto = json_new_object(a);
    struct json *cipher = json_new_object(a);
    struct json *kdf = json_new_object(a);
    struct addr own = seckey_addr(key);
    uint8_t derived[DERIVED];
    uint8_t text[KEY];
    uint8_t salt[KEY];
    uint8_t iv[IV];
    struct hash32 proof;

    random_bytes(salt, sizeof(salt));
    random_bytes(iv, sizeof(iv));
    json_set_int(a, kdf, "dklen", DERIVED);
    json_set_int(a, kdf, "n", 1 << SCRYPT_N_LOG);
    json_set_int(a, kdf, "r", SCRYPT_R);
    json_set_int(a, kdf, "p", 1);
    json_set_str(a, kdf, "salt", hex_dup(a, salt, sizeof(salt)));
    if (derive_scrypt(kdf, password, (struct bytes){salt, sizeof(salt)}, derived, e) < 0 ||
        aes_ctr(derived, iv, key->b, text, e) < 0)
        return -1;
    proof = proof_of(derived, text);
    wipe(derived, sizeof(derived));
    json_set_str(a, cipher, "iv", hex_dup(a, iv, sizeof(iv)));
    json_set_str(a, crypto, "cipher", "aes-128-ctr");
    json_set(a, crypto, "cipherparams", cipher);
    json_set_str(a, crypto, "ciphertext", hex_dup(a, text, sizeof(text)));
    json_set_str(a, crypto, "kdf", "scrypt");
    json_set(a, crypto, "kdfparams", kdf);
    json_set_str(a, crypto, "mac", hex_dup(a, proof.b, sizeof(proof.b)));
    json_set_str(a, file, "address", hex_dup(a, own.b, sizeof(own.b)));
    json_set(a, file, "crypto", crypto);
    json_set_str(a, file, "id", new_uuid(a));
    json_set_int(a, file, "version", 3);
    *ret = json_text(a, file);
    return 0;
}
