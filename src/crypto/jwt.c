/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jwt.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/hash.h"

/* base64url of {"alg":"HS256","typ":"JWT"}. Another header is another algorithm: refused. */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

enum { SIGNATURE_TEXT = 43 };

static const char *signature(struct arena *a, const char *secret, const char *text, size_t n)
{
    struct hash32 mac = hmac_sha256(secret, strlen(secret), text, n);

    return base64url_dup(a, mac.b, sizeof(mac.b));
}

const char *jwt_sign(struct arena *a, const char *secret, const char *payload)
{
    const char *text = arena_printf(a, "%s%s", HEADER, base64url_dup(a, payload, strlen(payload)));

    return arena_printf(a, "%s.%s", text, signature(a, secret, text, strlen(text)));
}

const char *jwt_verify(struct arena *a, const char *secret, const char *token)
{
    const char *payload;
    const char *dot;
    struct bytes decoded;

    if (!token || !str_starts(token, HEADER))
        return NULL;
    payload = token + strlen(HEADER);
    dot = strchr(payload, '.');
    if (!dot || strlen(dot + 1) != SIGNATURE_TEXT ||
        CRYPTO_memcmp(dot + 1, signature(a, secret, token, (size_t)(dot - token)),
                      SIGNATURE_TEXT) != 0)
        return NULL;
    if (!base64_parse(a, payload, (size_t)(dot - payload), &decoded))
        return NULL;
    return arena_strndup(a, (const char *)decoded.p, decoded.n);
}
