/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"

enum { NAME_MAX_CHARS = 40 };

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_label(const char *p, size_t n)
{
    size_t i;

    if (n == 0 || n > HOST_LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
        return false;
    for (i = 0; i < n; i++)
        if (!is_label_char(p[i]))
            return false;
    return true;
}

/* The number of labels, 0 when one is wrong. */
static size_t labels(const char *host)
{
    size_t count = 0;
    const char *p = host;

    for (;;) {
        size_t n = strcspn(p, ".");

        if (!is_label(p, n))
            return 0;
        count++;
        if (p[n] == '\0')
            return count;
        p += n + 1;
    }
}

static bool is_address(const char *host)
{
    const char *last = strrchr(host, '.');
    struct in_addr v4;

    /* a last label of digits is a number to whoever reads it as an address */
    return inet_pton(AF_INET, host, &v4) == 1 ||
           strspn(last ? last + 1 : host, "0123456789") == strlen(last ? last + 1 : host);
}

static const char *parse(struct arena *a, const char *text, size_t least)
{
    const char *end;
    char *host;
    size_t n;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end > text && end[-1] == '.')
        end--;
    n = (size_t)(end - text);
    if (n == 0 || n > HOST_MAX)
        return NULL;
    host = str_lower(a, arena_strndup(a, text, n));
    return labels(host) >= least && !is_address(host) ? host : NULL;
}

const char *host_parse(struct arena *a, const char *text)
{
    return parse(a, text, 2);
}

const char *host_parse_any(struct arena *a, const char *text)
{
    return parse(a, text, 1);
}

bool host_is_under(const char *host, const char *parent)
{
    size_t n = strlen(host);
    size_t m = strlen(parent);

    if (str_eq(host, parent))
        return true;
    return n > m && host[n - m - 1] == '.' && str_eq(host + n - m, parent);
}

bool host_is_private(const char *host)
{
    static const char *const parents[] = {"localhost", "local", "internal"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(parents); i++)
        if (host_is_under(host, parents[i]))
            return true;
    return !strchr(host, '.');
}

bool host_is_name(const char *name)
{
    size_t n = strlen(name);

    /* "ab--..." is what encodings of other alphabets look like, and what they are mistaken for */
    return n <= NAME_MAX_CHARS && is_label(name, n) && !(n > 3 && name[2] == '-' && name[3] == '-');
}

bool host_is_reserved(const char *name)
{
    static const char *const names[] = {
        "www",     "api",          "admin",    "mail",   "smtp",   "imap",      "pop",
        "pop3",    "mx",           "ns",       "ns1",    "ns2",    "ns3",       "dns",
        "ftp",     "autoconfig",   "wpad",     "isatap", "atoll",  "localhost", "auth",
        "login",   "autodiscover", "mta-sts",  "market", "status", "security",  "abuse",
        "gateway", "marketplace",  "webmaster"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

const char *host_of_url(struct arena *a, const char *url, int *ret_port)
{
    uint64_t port;
    const char *p;
    size_t n;

    if (!url || !str_starts(url, "https://"))
        return NULL;
    p = url + strlen("https://");
    n = strcspn(p, ":/?#");
    *ret_port = -1;
    if (p[n] == ':') {
        const char *digits = p + n + 1;

        if (!str_u64(arena_strndup(a, digits, strcspn(digits, "/?#")), UINT16_MAX, &port))
            return NULL;
        *ret_port = (int)port;
    }
    return host_parse_any(a, arena_strndup(a, p, n));
}
