/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_SIWE_H
#define ATOLL_AUTH_SIWE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"

/*
 * The text of Sign-In with Ethereum (EIP-4361), read as strictly as its grammar says. Pure: no
 * clock, no database.
 */
enum { SIWE_MAX = 8192 }; /* bytes of a message */

struct siwe {
    const char *scheme; /* "https", NULL when the message names none */
    const char *domain; /* authority: host and perhaps port */
    struct addr address;
    const char *statement; /* NULL: none */
    const char *uri;
    int64_t chain_id;
    const char *nonce;
    int64_t issued;     /* ms since 1970, like the next ones */
    int64_t expires;    /* 0: never */
    int64_t not_before; /* 0: at once */
};

/* In the arena. Refused: SIWE, saying what is wrong. */
int siwe_parse(struct arena *a, const char *text, struct siwe *ret, struct err *e) must_check;

#endif
