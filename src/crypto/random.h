/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_RANDOM_H
#define ATOLL_CRYPTO_RANDOM_H

#include <stddef.h>

/* n bytes from the kernel's generator. Never fails (a kernel without one is a bug). */
void random_bytes(void *out, size_t n);

/* Clears memory in a way that the compiler may not leave out. */
void wipe(void *p, size_t n);

#endif
