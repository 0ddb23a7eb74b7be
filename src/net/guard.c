/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <regex.h>
#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/str.h"

enum { NETWORK_TEXT_MAX = 64, PATTERN_MAX = 4096 };

/* IPv4 is kept as ::ffff:a.b.c.d, so that one comparison serves both families. */
struct network {
    uint8_t addr[16];
    unsigned bits;
};

static struct {
    bool allow_private;
    struct network *allow;
    size_t allow_count;
    struct pattern {
        regex_t compiled;
        char *text;
    } * patterns;
    size_t pattern_count;
} rules;

enum verdict { PRIVATE, NEVER };

struct address_class {
    const char *network;
    const char *name;
    enum verdict verdict;
};

/* The first match counts. */
static const struct address_class classes[] = {
    {"169.254.169.254", "metadata service", NEVER},
    {"100.100.100.200", "metadata service", NEVER},
    {"168.63.129.16", "metadata service", NEVER}, /* Azure's, a public address */
    {"fd00:ec2::254", "metadata service", NEVER},
    {"0.0.0.0/8", "unspecified", PRIVATE},
    {"10.0.0.0/8", "private", PRIVATE},
    {"100.64.0.0/10", "carrier-grade NAT", PRIVATE},
    {"127.0.0.0/8", "loopback", PRIVATE},
    {"169.254.0.0/16", "link-local", PRIVATE},
    {"172.16.0.0/12", "private", PRIVATE},
    {"192.0.0.0/24", "reserved", PRIVATE},
    {"192.0.2.0/24", "documentation", PRIVATE},
    {"192.88.99.0/24", "reserved", PRIVATE},
    {"192.168.0.0/16", "private", PRIVATE},
    {"198.18.0.0/15", "benchmark", PRIVATE},
    {"198.51.100.0/24", "documentation", PRIVATE},
    {"203.0.113.0/24", "documentation", PRIVATE},
    {"224.0.0.0/4", "multicast", NEVER},
    {"240.0.0.0/4", "reserved", NEVER},
    {"::ffff:0:0/96", NULL, PRIVATE}, /* any other IPv4 address is public */
    {"64:ff9b::/96", NULL, PRIVATE},  /* NAT64: the IPv4 address inside was judged before */
    {"::", "unspecified", PRIVATE},
    {"::1", "loopback", PRIVATE},
    {"100::/64", "reserved", PRIVATE},
    {"2001:db8::/32", "documentation", PRIVATE},
    {"2001::/23", "reserved", PRIVATE}, /* Teredo and other special assignments */
    {"fc00::/7", "private", PRIVATE},
    {"fe80::/10", "link-local", PRIVATE},
    {"fec0::/10", "private", PRIVATE},
    {"ff00::/8", "multicast", NEVER},
    {"2000::/3", NULL, PRIVATE}, /* global unicast */
    {"::/0", "reserved", PRIVATE},
};

static bool network_parse(const char *text, struct network *ret)
{
    char host[NETWORK_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    struct in_addr v4;
    uint64_t bits = 128;
    bool is_v4;

    if (n >= sizeof(host))
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    is_v4 = inet_pton(AF_INET, host, &v4) == 1;
    if (is_v4) {
        memset(ret->addr, 0, 10);
        memset(ret->addr + 10, 0xff, 2);
        memcpy(ret->addr + 12, &v4, 4);
    } else if (inet_pton(AF_INET6, host, ret->addr) != 1) {
        return false;
    }
    if (slash && !str_u64(slash + 1, is_v4 ? 32 : 128, &bits))
        return false;
    ret->bits = (unsigned)(slash && is_v4 ? bits + 96 : bits);
    return true;
}

bool guard_network_valid(const char *text)
{
    struct network parsed;

    return network_parse(text, &parsed);
}

static bool network_has(const struct network *net, const uint8_t addr[16])
{
    unsigned whole = net->bits / 8;
    unsigned rest = net->bits % 8;

    if (memcmp(net->addr, addr, whole) != 0)
        return false;
    return rest == 0 || ((net->addr[whole] ^ addr[whole]) >> (8 - rest)) == 0;
}

bool guard_network_has(const char *network, const char *addr)
{
    struct network net;
    struct network one;

    return !strchr(addr, '/') && network_parse(network, &net) && network_parse(addr, &one) &&
           network_has(&net, one.addr);
}

/* JavaScript's \d is the one common escape that POSIX lacks. */
static void pattern_translate(const char *js, struct buf *out)
{
    bool in_set = false;

    for (; *js; js++) {
        if (*js == '[')
            in_set = true;
        if (*js == ']')
            in_set = false;
        if (js[0] == '\\' && js[1] == 'd') {
            buf_puts(out, in_set ? "0-9" : "[0-9]");
            js++;
        } else if (js[0] == '\\' && js[1]) {
            buf_add(out, js, 2);
            js++;
        } else {
            buf_putc(out, *js);
        }
    }
}

static void patterns_set(const char *const *patterns, size_t n)
{
    size_t i;

    for (i = 0; i < rules.pattern_count; i++) {
        regfree(&rules.patterns[i].compiled);
        free(rules.patterns[i].text);
    }
    free(rules.patterns);
    rules.patterns = n ? xcalloc(n, sizeof(*rules.patterns)) : NULL;
    rules.pattern_count = 0;
    for (i = 0; i < n; i++) {
        _buf_ struct buf text = BUF_INIT(PATTERN_MAX);

        pattern_translate(patterns[i], &text);
        if (text.full || regcomp(&rules.patterns[rules.pattern_count].compiled, buf_str(&text),
                                 REG_EXTENDED | REG_NOSUB) != 0)
            continue;
        rules.patterns[rules.pattern_count++].text = xstrdup(patterns[i]);
    }
}

void guard_set(const struct guard_rules *r)
{
    size_t i;

    rules.allow_private = r->allow_private;
    free(rules.allow);
    rules.allow = r->allow_count ? xcalloc(r->allow_count, sizeof(*rules.allow)) : NULL;
    rules.allow_count = 0;
    for (i = 0; i < r->allow_count; i++) {
        if (network_parse(r->allow[i], &rules.allow[rules.allow_count]))
            rules.allow_count++;
    }
    patterns_set(r->patterns, r->pattern_count);
}

static const char *check(const uint8_t addr[16])
{
    struct network net;
    size_t i;

    for (i = 0; i < rules.allow_count; i++) {
        if (network_has(&rules.allow[i], addr))
            return NULL;
    }
    for (i = 0; i < ARRAY_LEN(classes); i++) {
        must(network_parse(classes[i].network, &net));
        if (!network_has(&net, addr))
            continue;
        return classes[i].verdict == PRIVATE && rules.allow_private ? NULL : classes[i].name;
    }
    return "reserved";
}

/* The IPv4 address that an IPv6 address is another spelling of, as a mapped address. */
static bool embedded_v4(const uint8_t addr[16], uint8_t ret[16])
{
    static const struct {
        uint8_t prefix[12];
        size_t n;
        size_t at;
    } forms[] = {
        {{0x20, 0x02}, 2, 2},                       /* 6to4 */
        {{0x00, 0x64, 0xff, 0x9b}, 12, 12},         /* NAT64 */
        {{0x00, 0x64, 0xff, 0x9b, 0x00, 1}, 6, 12}, /* NAT64, local use */
        {{0}, 12, 12},                              /* IPv4-compatible */
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(forms); i++) {
        if (memcmp(addr, forms[i].prefix, forms[i].n) != 0)
            continue;
        memset(ret, 0, 10);
        memset(ret + 10, 0xff, 2);
        memcpy(ret + 12, addr + forms[i].at, 4);
        return true;
    }
    return false;
}

const char *guard_check_addr(const struct sockaddr *sa)
{
    uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
    uint8_t inner[16];
    const char *why = NULL;

    if (sa->sa_family == AF_INET)
        memcpy(addr + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
    else if (sa->sa_family == AF_INET6)
        memcpy(addr, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
    else
        return "not an internet";
    if (!IN6_IS_ADDR_LOOPBACK(addr) && !IN6_IS_ADDR_UNSPECIFIED(addr) && embedded_v4(addr, inner))
        why = check(inner);
    return why ? why : check(addr);
}

static int check_host(const char *host, struct err *e)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char text[NETWORK_TEXT_MAX];
    const char *why = NULL;
    size_t n = strlen(host);

    if (host[0] == '[' && n - 2 < sizeof(text)) {
        memcpy(text, host + 1, n - 2);
        text[n - 2] = '\0';
        text[strcspn(text, "%")] = '\0';
        if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
            return failed(e, UNSAFE_URL, "malformed address %s", host);
        why = guard_check_addr((struct sockaddr *)&v6);
    } else if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        why = guard_check_addr((struct sockaddr *)&v4);
    } else if (str_ieq(host, "localhost") || str_ieq(host, "localhost.")) {
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        why = guard_check_addr((struct sockaddr *)&v4);
    }
    if (why)
        return failed(e, UNSAFE_URL, "%s is a %s address (allowPrivateUrls)", host, why);
    return 0;
}

static int check_parts(CURLU *u, const char *url, struct err *e)
{
    static const char *const schemes[] = {"http", "https", "ftp", "ftps"};
    char *scheme = NULL;
    char *host = NULL;
    size_t i;
    int rc;

    if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return failed(e, UNSAFE_URL, "malformed URL");
    for (i = 0; i < ARRAY_LEN(schemes) && !str_ieq(scheme, schemes[i]);)
        i++;
    if (i == ARRAY_LEN(schemes)) {
        (void)failed(e, UNSAFE_URL, "scheme '%.32s' is not allowed", scheme);
        curl_free(scheme);
        return -1;
    }
    curl_free(scheme);
    if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return failed(e, UNSAFE_URL, "malformed URL");
    rc = check_host(host, e);
    curl_free(host);
    return rc;
}

int guard_check_url(const char *url, struct err *e)
{
    CURLU *u;
    size_t i;
    int rc;

    for (i = 0; i < rules.pattern_count; i++) {
        if (regexec(&rules.patterns[i].compiled, url, 0, NULL, 0) == 0)
            return failed(e, UNSAFE_URL, "it matches the pattern '%.200s' (UNSAFE_URLS)",
                          rules.patterns[i].text);
    }
    u = curl_url();
    must(u);
    rc = check_parts(u, url, e);
    curl_url_cleanup(u);
    return rc;
}
