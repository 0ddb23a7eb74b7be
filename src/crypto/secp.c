/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secp.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_recovery.h>
#include <string.h>

#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { V_EVEN = 27, V_ODD = 28, V_EIP155 = 35 };

/* Half the order of the curve: the largest s that EIP-2 lets pass. */
static const uint8_t half_order[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};

static secp256k1_context *shared;

static void start(void)
{
    uint8_t seed[32];

    shared = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    must(shared != NULL);
    /* Blinds the signing tables against side channels. */
    random_bytes(seed, sizeof(seed));
    must(secp256k1_context_randomize(shared, seed) == 1);
    wipe(seed, sizeof(seed));
}

/* One context for all threads: after start() nothing writes to it. */
static const secp256k1_context *context(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, start) == 0);
    return shared;
}

static struct pubkey exported(const secp256k1_pubkey *k)
{
    struct pubkey out;
    size_t n = sizeof(out.b);

    must(secp256k1_ec_pubkey_serialize(context(), out.b, &n, k, SECP256K1_EC_UNCOMPRESSED) == 1);
    return out;
}

struct seckey seckey_new(void)
{
    struct seckey k;

    do
        random_bytes(k.b, sizeof(k.b));
    while (!secp256k1_ec_seckey_verify(context(), k.b));
    return k;
}

bool seckey_parse(const char *s, struct seckey *ret)
{
    struct seckey k;
    bool good;

    if (!s)
        return false;
    if (str_starts(s, "0x"))
        s += 2;
    good = strnlen(s, 65) == 64 && hex_decode(s, sizeof(k.b), k.b) &&
           secp256k1_ec_seckey_verify(context(), k.b) == 1;
    if (good)
        *ret = k;
    seckey_wipe(&k);
    return good;
}

void seckey_wipe(struct seckey *k)
{
    wipe(k->b, sizeof(k->b));
}

struct pubkey pubkey_of(const struct seckey *k)
{
    secp256k1_pubkey p;

    must(secp256k1_ec_pubkey_create(context(), &p, k->b) == 1);
    return exported(&p);
}

void pubkey_compress(const struct pubkey *k, uint8_t out[33])
{
    out[0] = (uint8_t)(2 + (k->b[64] & 1));
    memcpy(out + 1, k->b + 1, 32);
}

bool pubkey_parse(const uint8_t *p, size_t n, struct pubkey *ret)
{
    secp256k1_pubkey k;

    /* 65 bytes may also start with 6 or 7 ("hybrid"), which nobody here writes. */
    if (n == 65 && p[0] != 4)
        return false;
    if (secp256k1_ec_pubkey_parse(context(), &k, p, n) != 1)
        return false;
    *ret = exported(&k);
    return true;
}

struct addr pubkey_addr(const struct pubkey *k)
{
    struct hash32 h = keccak256(k->b + 1, sizeof(k->b) - 1);
    struct addr a;

    memcpy(a.b, h.b + 12, sizeof(a.b));
    return a;
}

struct addr seckey_addr(const struct seckey *k)
{
    struct pubkey p = pubkey_of(k);

    return pubkey_addr(&p);
}

struct sig secp_sign(const struct seckey *k, const struct hash32 *digest)
{
    secp256k1_ecdsa_recoverable_signature made;
    uint8_t rs[64];
    struct sig out;
    int id;

    must(secp256k1_ecdsa_sign_recoverable(context(), &made, digest->b, k->b, NULL, NULL) == 1);
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), rs, &id, &made);
    /* 2 and 3 say that r overflowed the order: nobody will ever see that happen. */
    must(id == 0 || id == 1);
    memcpy(out.r, rs, sizeof(out.r));
    memcpy(out.s, rs + 32, sizeof(out.s));
    out.v = (uint8_t)(V_EVEN + id);
    return out;
}

struct sig eip191_sign(const struct seckey *k, const void *p, size_t n)
{
    struct hash32 digest = eip191_digest(p, n);

    return secp_sign(k, &digest);
}

bool secp_recover(const struct hash32 *digest, const struct sig *sig, struct addr *ret)
{
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey found;
    struct pubkey k;
    uint8_t rs[64];

    if (sig->v != V_EVEN && sig->v != V_ODD)
        return false;
    if (memcmp(sig->s, half_order, sizeof(half_order)) > 0)
        return false;
    memcpy(rs, sig->r, sizeof(sig->r));
    memcpy(rs + 32, sig->s, sizeof(sig->s));
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, rs,
                                                             sig->v - V_EVEN) ||
        !secp256k1_ecdsa_recover(context(), &found, &parsed, digest->b))
        return false;
    k = exported(&found);
    *ret = pubkey_addr(&k);
    return true;
}

/* The forms of v that are about; 0 for others. */
static uint8_t normalized_v(uint8_t v)
{
    if (v == 0 || v == V_EVEN)
        return V_EVEN;
    if (v == 1 || v == V_ODD)
        return V_ODD;
    if (v >= V_EIP155)
        return v % 2 ? V_EVEN : V_ODD;
    return 0;
}

bool sig_parse(const char *s, struct sig *ret)
{
    uint8_t raw[65];
    struct sig sig;
    size_t digits;

    if (!s || (!str_starts(s, "0x") && !str_starts(s, "0X")))
        return false;
    digits = strnlen(s + 2, 131);
    if ((digits != 128 && digits != 130) || !hex_decode(s + 2, digits / 2, raw))
        return false;
    memcpy(sig.r, raw, sizeof(sig.r));
    memcpy(sig.s, raw + 32, sizeof(sig.s));
    if (digits == 130) {
        sig.v = normalized_v(raw[64]);
    } else {
        sig.v = sig.s[0] & 0x80 ? V_ODD : V_EVEN; /* EIP-2098 keeps the parity in s */
        sig.s[0] &= 0x7f;
    }
    if (sig.v == 0)
        return false;
    *ret = sig;
    return true;
}

const char *sig_text(struct arena *a, const struct sig *sig)
{
    uint8_t raw[65];

    memcpy(raw, sig->r, sizeof(sig->r));
    memcpy(raw + 32, sig->s, sizeof(sig->s));
    raw[64] = sig->v;
    return hex0x_dup(a, raw, sizeof(raw));
}

/* The whole point instead of libsecp256k1's hash of it. */
static int keep_point(unsigned char *out, const unsigned char *x, const unsigned char *y,
                      void *unused unused_)
{
    out[0] = 4;
    memcpy(out + 1, x, 32);
    memcpy(out + 33, y, 32);
    return 1;
}

bool secp_shared_point(const struct seckey *k, const struct pubkey *p, uint8_t out[65])
{
    secp256k1_pubkey parsed;

    return secp256k1_ec_pubkey_parse(context(), &parsed, p->b, sizeof(p->b)) == 1 &&
           secp256k1_ecdh(context(), out, &parsed, k->b, keep_point, NULL) == 1;
}
