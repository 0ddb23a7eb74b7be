/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_HOSTS_H
#define ATOLL_NODE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

/*
 * Which groups of routes a host exposes. A package's [[servers]] entry names a domain and, in
 * `includes`, what of the node is to be seen there: "default_443.auth_*" stands for the groups that
 * match auth_*. On such a host nothing else exists; on every other name of the node everything
 * does. Any thread.
 */
struct node;
struct hosts;

/* One [[servers]] entry. A host that several name exposes what any of them does. */
struct host_rule {
    const char *host; /* "marketplace.example.org", no port */
    const char *const
        *includes; /* as written; what does not begin with "default_443." is nobody's */
    size_t count;
};

struct hosts *hosts_new(void);
void hosts_free(struct hosts *h); /* NULL is allowed */

/* From now on; copied. Who knows the packages calls it at the start and at each change. */
void hosts_set(struct hosts *h, const struct host_rule *rules, size_t count);

/* Whether a route of the group (NULL or "": of none) exists for this request, by its Host header.
 */
bool hosts_allow(struct hosts *h, const struct http_request *r, const char *group);

/* Whether a package's [[servers]] names the host of this request. */
bool hosts_named(struct hosts *h, const struct http_request *r);

/*
 * The Host header in lower case, without a dot at its end and without the port that its scheme
 * has anyway; in the request's arena, NULL when there is none or it is no host. host_name() is the
 * same without any port.
 */
const char *host_of(const struct http_request *r);
const char *host_name(const struct http_request *r);

/* Whether a host (without port) means this machine itself: localhost and addresses of loopback. */
bool host_is_loopback(const char *name);

#endif
