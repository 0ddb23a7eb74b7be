/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth_int.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/secp.h"

enum {
    SIGNATURE_DIGITS_MAX = 16 * 1024, /* of a smart account: any bytes */
    SMART_CHECKS_MAX = 4,             /* at once; more would let strangers occupy all workers */
};

static const int64_t nonce_max = INT64_C(9007199254740991);

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool nonce__parse(const char *text, int64_t *ret)
{
    const char *s = text + strspn(text, " \t\n\v\f\r");
    int base = 10;
    int64_t v = 0;

    if (*s == '+')
        s++;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if (digit_value(*s) >= base)
        return false;
    for (; digit_value(*s) < base; s++) {
        v = v * base + digit_value(*s);
        if (v > nonce_max)
            return false;
    }
    *ret = v;
    return true;
}

static bool signed_by(const struct addr *who, const struct hash32 *digest, const struct sig *sig)
{
    struct addr found;

    return secp_recover(digest, sig, &found) && addr_eq(&found, who);
}

/* The three digests that clients are known to sign, the commonest first. */
static bool ordinary(const struct addr *who, const struct hash32 *k, const struct sig *sig)
{
    char text[HASH32_TEXT];
    struct hash32 digest = eip191_digest(k->b, sizeof(k->b));
    size_t zeros = 0;

    if (signed_by(who, &digest, sig))
        return true;
    hash32_write(k, text);
    digest = eip191_digest(text, strlen(text));
    if (signed_by(who, &digest, sig))
        return true;
    while (zeros < sizeof(k->b) && k->b[zeros] == 0)
        zeros++;
    if (zeros == 0)
        return false;
    digest = eip191_digest(k->b + zeros, sizeof(k->b) - zeros);
    return signed_by(who, &digest, sig);
}

/* A contract that cannot be asked has not said yes. */
static bool ask_contract(const struct auth_callbacks *ask, const struct smart_signature *s)
{
    bool valid = false;
    struct err e;

    if (ask->is_valid_signature(ask->ctx, s, &valid, &e) < 0) {
        log_debug("auth", "smart account: %s", e.msg);
        return false;
    }
    return valid;
}

static int smart(const struct auth_callbacks *ask, struct smart_signature *s, const char *signature,
                 bool *ret, struct err *e)
{
    static atomic_int asking;
    _arena_ struct arena *a = arena_new();

    *ret = false;
    if (!ask->is_valid_signature ||
        strnlen(signature, SIGNATURE_DIGITS_MAX + 1) > SIGNATURE_DIGITS_MAX ||
        !hex_parse(a, signature, &s->signature))
        return 0;
    if (atomic_fetch_add(&asking, 1) >= SMART_CHECKS_MAX) {
        atomic_fetch_sub(&asking, 1);
        (void)failed(e, UNAVAILABLE, "too many signatures of smart accounts are being checked");
        return err_transient(e);
    }
    *ret = ask_contract(ask, s);
    atomic_fetch_sub(&asking, 1);
    return 0;
}

int signature__check(const struct auth_callbacks *ask, const struct auth_request *request,
                     const struct addr *who, int64_t nonce, bool *ret, struct err *e)
{
    struct smart_signature smart_one;
    char message[256];
    struct hash32 k;
    struct sig sig;
    int len = snprintf(message, sizeof(message), "%s%lld%s", request->address, (long long)nonce,
                       request->command);

    *ret = false;
    if (len < 0 || (size_t)len >= sizeof(message))
        return 0;
    k = keccak256(message, (size_t)len);
    if (sig_parse(request->signature, &sig) && ordinary(who, &k, &sig)) {
        *ret = true;
        return 0;
    }
    smart_one = (struct smart_signature){.chain = request->chain, .account = *who};
    smart_one.hashes[0] = k;
    smart_one.hashes[1] = eip191_digest(message, strlen(message));
    return smart(ask, &smart_one, request->signature, ret, e);
}

int signature__check_text(const struct auth_callbacks *ask, const struct auth_signed_text *t,
                          bool *ret, struct err *e)
{
    struct hash32 digest = eip191_digest(t->text, strlen(t->text));
    struct smart_signature s = {.chain = t->chain, .account = t->who, .hashes = {digest, digest}};
    struct sig sig;

    if (sig_parse(t->signature, &sig) && signed_by(&t->who, &digest, &sig)) {
        *ret = true;
        return 0;
    }
    return smart(ask, &s, t->signature, ret, e);
}
