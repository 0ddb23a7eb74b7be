/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/wskey.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/must.h"
#include "crypto/random.h"

enum { KEY_BYTES = 16, SHA1_BYTES = 20 };

void wskey_new(char ret[WSKEY_SIZE])
{
    uint8_t key[KEY_BYTES];

    random_bytes(key, sizeof(key));
    must(EVP_EncodeBlock((unsigned char *)ret, key, sizeof(key)) == WSKEY_SIZE - 1);
}

bool wskey_is(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return text && strlen(text) == WSKEY_SIZE - 1 && strspn(text, alphabet) == WSKEY_SIZE - 3 &&
           strcmp(text + WSKEY_SIZE - 3, "==") == 0;
}

void wskey_accept(const char *key, char ret[WSACCEPT_SIZE])
{
    static const char fixed[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[WSKEY_SIZE + sizeof(fixed)];
    uint8_t digest[SHA1_BYTES];
    size_t n = strlen(key);
    unsigned len = sizeof(digest);

    must(n == WSKEY_SIZE - 1);
    memcpy(text, key, n);
    memcpy(text + n, fixed, sizeof(fixed) - 1);
    must(EVP_Digest(text, n + sizeof(fixed) - 1, digest, &len, EVP_sha1(), NULL) == 1);
    must(EVP_EncodeBlock((unsigned char *)ret, digest, SHA1_BYTES) == WSACCEPT_SIZE - 1);
}
