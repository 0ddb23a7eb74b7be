/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/auth_int.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "crypto/secp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read must be read the same from its own canonical text. */
static void signatures(struct arena *a, const char *text)
{
    struct hash32 digest = keccak256(text, strlen(text));
    struct sig sig;
    struct sig again;
    struct addr who;

    if (!sig_parse(text, &sig))
        return;
    must(sig_parse(sig_text(a, &sig), &again));
    must(memcmp(&sig, &again, sizeof(sig)) == 0);
    if (secp_recover(&digest, &sig, &who))
        must(sig.v == 27 || sig.v == 28);
}

static void addresses(struct arena *a, const char *text)
{
    struct addr who;
    struct addr again;

    if (!addr_parse(text, &who))
        return;
    must(addr_parse_any(text, &again) && addr_eq(&who, &again));
    must(addr_parse(addr_text(a, &who), &again) && addr_eq(&who, &again));
    must(str_ieq(addr_text(a, &who), text));
}

/* The texts of a signed request: signature, address, key, nonce, token. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    const char *text = arena_strndup(a, (const char *)data, size);
    struct seckey key;
    int64_t nonce;

    signatures(a, text);
    addresses(a, text);
    if (seckey_parse(text, &key))
        (void)seckey_addr(&key);
    if (nonce__parse(text, &nonce))
        must(nonce >= 0 && nonce <= INT64_C(9007199254740991));
    must(!jwt_verify(a, "a secret that is not in the corpus", text));
    return 0;
}
