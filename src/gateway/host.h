/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_GATEWAY_HOST_H
#define ATOLL_GATEWAY_HOST_H

#include <stdbool.h>

#include "base/arena.h"

/* Host names as texts. Pure functions, any thread. */

enum { HOST_MAX = 253, HOST_LABEL_MAX = 63 };

/*
 * What a person wrote as a host: trimmed, in lower case, without a dot at the end, in the arena.
 * NULL when it is no host name of two labels or more: letters, digits and inner hyphens (an
 * international name in its xn-- form), no address, no port, no wildcard.
 */
const char *host_parse(struct arena *a, const char *text);
/* The same for one label or more: "localhost". */
const char *host_parse_any(struct arena *a, const char *text);

/* The host is `parent` or below it. */
bool host_is_under(const char *host, const char *parent);

/* No public authority signs it: localhost, .localhost, .local, .internal, single labels. */
bool host_is_private(const char *host);

/* 1 to 40 letters, digits and inner hyphens, beginning with a letter or digit; no xn--. */
bool host_is_name(const char *name);

/* Names that nobody gets, since other programs give them a meaning: "www", "mail", "wpad"... */
bool host_is_reserved(const char *name);

/* "market.example" and -1, or "localhost" and 8443, of "https://...[:PORT][/...]"; NULL for others.
 */
const char *host_of_url(struct arena *a, const char *url, int *ret_port);

#endif
