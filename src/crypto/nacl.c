/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/nacl.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/must.h"
#include "crypto/random.h"

static_assert(NACL_KEY == crypto_box_PUBLICKEYBYTES && NACL_KEY == crypto_box_SECRETKEYBYTES &&
                  NACL_KEY == crypto_box_SEEDBYTES && NACL_KEY == crypto_sign_PUBLICKEYBYTES &&
                  NACL_NONCE == crypto_box_NONCEBYTES && NACL_SIGNATURE == crypto_sign_BYTES &&
                  NACL_BOX_EXTRA == crypto_box_MACBYTES,
              "libsodium counts otherwise");

static void init(void)
{
    must(sodium_init() >= 0);
}

static void start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, init) == 0);
}

struct box_keys box_keys_of(const uint8_t seed[NACL_KEY])
{
    struct box_keys k;

    start();
    must(crypto_box_seed_keypair(k.public_key, k.secret, seed) == 0);
    return k;
}

void box_keys_wipe(struct box_keys *k)
{
    wipe(k, sizeof(*k));
}

bool nacl_sign_open(struct bytes signed_message, const uint8_t key[NACL_KEY], struct bytes *ret)
{
    const struct bytes message = {signed_message.p + NACL_SIGNATURE,
                                  signed_message.n - NACL_SIGNATURE};

    start();
    if (signed_message.n < NACL_SIGNATURE ||
        crypto_sign_verify_detached(signed_message.p, message.p, message.n, key) != 0)
        return false;
    *ret = message;
    return true;
}

bool nacl_box_open(struct arena *a, const struct nacl_box *box, const struct box_keys *to,
                   struct bytes *ret)
{
    uint8_t from[NACL_KEY];
    uint8_t *out;

    start();
    if (box->sealed.n < NACL_BOX_EXTRA ||
        crypto_sign_ed25519_pk_to_curve25519(from, box->from) != 0)
        return false;
    out = arena_alloc(a, box->sealed.n - NACL_BOX_EXTRA + 1);
    if (crypto_box_open_easy(out, box->sealed.p, box->sealed.n, box->nonce, from, to->secret) != 0)
        return false;
    out[box->sealed.n - NACL_BOX_EXTRA] = '\0';
    *ret = (struct bytes){out, box->sealed.n - NACL_BOX_EXTRA};
    return true;
}
