/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <pthread.h>
#include <sodium.h>

#include "base/must.h"

static void start(void)
{
    must(sodium_init() >= 0);
}

void random_bytes(void *out, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, start) == 0);
    randombytes_buf(out, n);
}

void wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}
