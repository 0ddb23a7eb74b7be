/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_MASK_H
#define ATOLL_BASE_MASK_H

#include <stddef.h>

/*
 * Takes secrets out of a text for people, such as an error's; MASK stands in their place.
 *   Of a URL only scheme, host and port are left: user, path and query may be keys.
 *   a token "eyJhbGc..." -> "eyJ***"
 *   128 hex digits or more (a signature, a ciphertext) -> the first 8 and "***"
 * Hashes, addresses and keys of 64 digits look alike and stay: a key never gets into a text.
 */
#define MASK "***"

/* The masked text, cut to cap with its NUL. */
void mask_text(char *out, size_t cap, const char *text);

/* The same, but a URL keeps its path: for one that holds no key there. */
void mask_credentials(char *out, size_t cap, const char *text);

#endif
