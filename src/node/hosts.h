/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_HOSTS_H
#define ATOLL_NODE_HOSTS_H

#include <stdbool.h>

#include "http/http.h"

/*
 * The names that a request may come by. On a host that a package's [[servers]] names, only those
 * routes exist whose group its `includes` let through (package/store.h); on every other name of the
 * node all do. Any thread, the loop's too.
 */
struct node;

/* Whether a route of the group ("": of none) exists for this request, by its Host header. */
bool hosts_allow(const struct node *n, const struct http_request *r, const char *group);

/* Whether a package's [[servers]] names the host of this request. */
bool hosts_named(const struct node *n, const struct http_request *r);

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
