/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_KEYSTORE_H
#define ATOLL_CHAIN_KEYSTORE_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/secp.h"

/* Private keys as they lie in files: plain hex, or Web3 Secret Storage version 3 (JSON). */

/*
 * Reads a key from the content of a variable or file: 64 hex digits (with or without "0x", white
 * space around), or a version 3 key file, which `password` opens (NULL: there is none).
 * Key derivation by scrypt or PBKDF2 takes about a second, on purpose. INVALID when it is
 * neither, when the password is wrong, or when it asks for more than 1 GiB or 10 million rounds.
 */
int keystore_read(const char *text, size_t len, const char *password, struct seckey *ret,
                  struct err *e) must_check;

/* A version 3 key file of a key, in the arena: scrypt with n = 2^17 as other wallets have it. */
int keystore_write(struct arena *a, const struct seckey *key, const char *password,
                   const char **ret, struct err *e) must_check;

#endif
