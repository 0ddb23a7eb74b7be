/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_GUARD_H
#define ATOLL_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

/*
 * Which addresses a URL given by strangers may reach. Set once at start, before threads.
 * The check runs on the address curl is about to connect to, so a name that resolves elsewhere
 * the second time, or a redirect, cannot get around it.
 */
struct guard_rules {
    bool allow_private;       /* allowPrivateUrls: loopback, private, link-local, ... are fine */
    const char *const *allow; /* networks that are always fine, "10.0.0.0/8", "::1" */
    size_t allow_count;
    const char *const *patterns; /* UNSAFE_URLS: extended regular expressions over the URL */
    size_t pattern_count;
};

/* Copies the rules. A pattern that does not compile is ignored, as is a malformed network. */
void guard_set(const struct guard_rules *rules);

/* Whether the text is an address or a network that guard_rules.allow understands. */
bool guard_network_valid(const char *text);

/* Whether the address lies in the network, both as text; false when one of them is malformed. */
bool guard_network_has(const char *network, const char *addr);

/* Scheme, patterns and literal addresses of a URL; UNSAFE_URL names the rule that refuses it. */
int guard_check_url(const char *url, struct err *e) must_check;

/*
 * NULL when the address may be connected to; otherwise why not, as a word or two ("loopback").
 * Metadata services of clouds and multicast are refused even with allow_private; naming them in
 * `allow` is the only way in. Families other than IPv4 and IPv6 are refused.
 */
const char *guard_check_addr(const struct sockaddr *sa);

#endif
