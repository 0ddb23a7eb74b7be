/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_CODEC_H
#define ATOLL_BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Text forms of bytes: hex, base64, base58 (Bitcoin's alphabet). */

/* A run of bytes that somebody else owns. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

/* Writes 2*n lowercase digits and a NUL to out (2*n+1 bytes). */
void hex_encode(const void *p, size_t n, char *out);

/* n bytes as lowercase hex in the arena; hex0x_ with a leading "0x". */
char *hex_dup(struct arena *a, const void *p, size_t n);
char *hex0x_dup(struct arena *a, const void *p, size_t n);

/*
 * Exactly 2*n hex digits (either case, no prefix) from s[0..2n) into out.
 * False when a character is no hex digit; out is then undefined.
 */
bool hex_decode(const char *s, size_t n, uint8_t *out);

/*
 * A whole string of hex with or without "0x", any even length, into the arena.
 * False when it is not hex or of odd length. "" and "0x" give zero bytes.
 */
bool hex_parse(struct arena *a, const char *s, struct bytes *ret);

/* Standard alphabet with padding, and the URL alphabet without padding. */
char *base64_dup(struct arena *a, const void *p, size_t n);
char *base64url_dup(struct arena *a, const void *p, size_t n);
/* Accepts both alphabets, padded or not; false when a character or the length is wrong. */
bool base64_parse(struct arena *a, const char *s, size_t n, struct bytes *ret);

/* Bitcoin base58; decoding takes at most 1024 characters (its cost is quadratic). */
char *base58_dup(struct arena *a, const void *p, size_t n);
bool base58_parse(struct arena *a, const char *s, struct bytes *ret);

#endif
