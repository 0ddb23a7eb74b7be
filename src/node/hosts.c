/* SPDX-License-Identifier: Apache-2.0 */
#include "node/hosts.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"

/* Both as one list: a host with several globs has several entries. */
struct exposed {
    char *host;
    char *glob; /* of groups; "" = none */
};

struct hosts {
    pthread_mutex_t lock; /* guards what follows */
    struct exposed *list;
    size_t count;
};

static const char site[] = "default_443."; /* the node's own, as the includes call it */

struct hosts *hosts_new(void)
{
    struct hosts *h = xcalloc(1, sizeof(*h));

    must(pthread_mutex_init(&h->lock, NULL) == 0);
    return h;
}

static void free_list(struct exposed *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        free(list[i].host);
        free(list[i].glob);
    }
    free(list);
}

void hosts_free(struct hosts *h)
{
    if (!h)
        return;
    free_list(h->list, h->count);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void hosts_set(struct hosts *h, const struct host_rule *rules, size_t count)
{
    struct exposed *list;
    struct exposed *old;
    size_t old_count;
    size_t n = 0;
    size_t i;
    size_t k;

    for (i = 0; i < count; i++)
        n += 1 + rules[i].count;
    list = xcalloc(n, sizeof(*list));
    for (i = n = 0; i < count; i++) {
        /* a host that includes nothing exposes nothing */
        list[n++] = (struct exposed){xstrdup(rules[i].host), xstrdup("")};
        for (k = 0; k < rules[i].count; k++)
            if (str_starts(rules[i].includes[k], site))
                list[n++] = (struct exposed){xstrdup(rules[i].host),
                                             xstrdup(rules[i].includes[k] + strlen(site))};
    }
    {
        lock_scope(&h->lock);
        old = h->list;
        old_count = h->count;
        h->list = list;
        h->count = n;
    }
    free_list(old, old_count);
}

/* Whether the host is named, and whether the group is exposed there. */
static bool look(struct hosts *h, const char *host, const char *group, bool *ret_exposed)
{
    bool named = false;
    size_t i;

    *ret_exposed = false;
    lock_scope(&h->lock);
    for (i = 0; i < h->count; i++) {
        const struct exposed *x = &h->list[i];

        if (!str_ieq(x->host, host))
            continue;
        named = true;
        if (*x->glob && group && *group && fnmatch(x->glob, group, 0) == 0)
            *ret_exposed = true;
    }
    return named;
}

bool hosts_allow(struct hosts *h, const struct http_request *r, const char *group)
{
    const char *host = host_name(r);
    bool exposed;

    return !host || !look(h, host, group, &exposed) || exposed;
}

bool hosts_named(struct hosts *h, const struct http_request *r)
{
    const char *host = host_name(r);
    bool unused;

    return host && look(h, host, NULL, &unused);
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
