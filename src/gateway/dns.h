/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_GATEWAY_DNS_H
#define ATOLL_GATEWAY_DNS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Questions to the DNS, over glibc's resolver: what its own functions do not give is the
 * difference between "there is none" and "nobody could say".
 */
enum dns_type { DNS_A, DNS_AAAA, DNS_TXT };

enum { DNS_ITEMS_MAX = 64 };

struct dns_answer {
    const char *items[DNS_ITEMS_MAX]; /* addresses as text; texts with their parts joined */
    size_t count;                     /* 0: there is none, and that is sure */
};

/*
 * Asks for the records of a name, through its aliases. `resolver` is "ADDRESS" or "ADDRESS:PORT"
 * (IPv4), NULL the system's. UNAVAILABLE (transient) when servers fail, refuse or say nothing for
 * some seconds: then nothing is known. Blocks; any thread. In the arena.
 */
int dns_ask(struct arena *a, const char *resolver, const char *name, enum dns_type type,
            struct dns_answer *ret, struct err *e) must_check;

/* The same from the bytes of an answer; foreign bytes. UNAVAILABLE when they are broken. */
int dns_read(struct arena *a, const uint8_t *message, size_t n, enum dns_type type,
             struct dns_answer *ret, struct err *e) must_check;

/* Whether the text can be a `resolver`. */
bool dns_resolver_is_valid(const char *resolver);

#endif
