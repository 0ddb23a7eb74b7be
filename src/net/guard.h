/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_GUARD_H
#define ATOLL_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Which addresses a URL given by strangers may reach. Set once at start, before threads.
 * The check runs on the address curl is about to connect to, so a name that resolves elsewhere
 * the second time, or a redirect, cannot get around it.
 */
struct guard_rules {
    bool allow_private;          /* allowPrivateUrls: loopback, private, link-local, ... are fine */
    const char *const *patterns; /* UNSAFE_URLS: extended regular expressions over the URL */
    size_t pattern_count;
};
void guard_set(const struct guard_rules *rules);

/* Scheme, patterns and literal addresses of a URL; INVALID names the rule that refuses it. */
int guard_check_url(const char *url, struct err *e) must_check;

#endif
