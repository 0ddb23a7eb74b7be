/* SPDX-License-Identifier: Apache-2.0 */
#include "node/hosts.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "node/node.h"
#include "package/store.h"

static enum packages_gate gate(const struct node *n, const struct http_request *r,
                               const char *group)
{
    const char *host = n->packages ? host_name(r) : NULL;

    return host ? packages_gate(n->packages, host, group && *group ? group : NULL) : PACKAGES_FREE;
}

bool hosts_allow(const struct node *n, const struct http_request *r, const char *group)
{
    return gate(n, r, group) != PACKAGES_CLOSED;
}

bool hosts_named(const struct node *n, const struct http_request *r)
{
    return gate(n, r, NULL) != PACKAGES_FREE;
}

/* --- names --- */

/* Length of the name before ":port"; an IPv6 address stands in brackets. */
static size_t name_len(const char *host)
{
    const char *end = *host == '[' ? strchr(host, ']') : NULL;

    return end ? (size_t)(end + 1 - host) : strcspn(host, ":");
}

static bool is_host(const char *s)
{
    return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") == strlen(s) &&
           strlen(s) <= 261;
}

static const char *with_port(const struct http_request *r, const char *host, size_t name)
{
    const char *port = host + name;
    const char *usual = r->secure ? ":443" : ":80";
    size_t n = name > 0 && host[name - 1] == '.' ? name - 1 : name;

    return arena_printf(r->arena, "%.*s%s", (int)n, host, str_eq(port, usual) ? "" : port);
}

const char *host_of(const struct http_request *r)
{
    const char *text = http_header_get(r, "host");
    const char *host = text ? str_lower(r->arena, text) : "";

    return is_host(host) ? with_port(r, host, name_len(host)) : NULL;
}

const char *host_name(const struct http_request *r)
{
    const char *host = host_of(r);

    return host ? arena_strndup(r->arena, host, name_len(host)) : NULL;
}

bool host_is_loopback(const char *name)
{
    struct in_addr four;

    if (inet_pton(AF_INET, name, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return str_eq(name, "localhost") || str_ends(name, ".localhost") || str_eq(name, "[::1]");
}
