/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "crypto/ecies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a message to a known key, and as the content of one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seckey key;
    struct pubkey public;
    _buf_ struct buf plain = BUF_INIT(1 << 20);
    _buf_ struct buf blob = BUF_INIT(1 << 20);
    _buf_ struct buf back = BUF_INIT(1 << 20);
    struct err e;

    if (size > 100000)
        return 0;
    memset(key.b, 1, sizeof(key.b));
    if (ecies_decrypt(&key, data, size, &plain, &e) == 0)
        must(plain.len == size - ECIES_OVERHEAD);
    else
        must(plain.len == 0);
    public = pubkey_of(&key);
    must(ecies_encrypt(&public, data, size, &blob, &e) == 0);
    must(ecies_decrypt(&key, blob.data, blob.len, &back, &e) == 0);
    must(back.len == size && (size == 0 || memcmp(back.data, data, size) == 0));
    return 0;
}
