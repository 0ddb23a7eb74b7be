/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/ftp.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "net/guard.h"
#include "storage/storage_int.h"

enum { PATH_MAX_BYTES = 8192, FTP_PORT = 21, FTPS_PORT = 990 };

/* --- the URL --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* s[0..n) percent-decoded; NULL when a control character is in it, which could be a command. */
static const char *decode(struct arena *a, const char *s, size_t n)
{
    char *out = arena_strndup(a, s, n);
    char *to = out;
    size_t i;

    for (i = 0; i < n; i++) {
        char c = s[i];

        if (c == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            c = (char)(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            return NULL;
        *to++ = c;
    }
    *to = '\0';
    return out;
}

static bool parse_login(struct arena *a, const char *s, size_t n, struct ftp_url *ret)
{
    const char *colon = memchr(s, ':', n);
    size_t user = colon ? (size_t)(colon - s) : n;

    if (user > 0)
        ret->user = decode(a, s, user);
    if (colon && user + 1 < n)
        ret->password = decode(a, colon + 1, n - user - 1);
    return ret->user && ret->password;
}

/* "host", "host:port", "[::1]:port" */
static bool parse_host(struct arena *a, const char *s, size_t n, struct ftp_url *ret)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t host = s[0] == '[' ? strcspn(s, "]") + 1 : strspn(s, plain);
    uint64_t port;

    if (host == 0 || host > n)
        return false;
    ret->host = arena_strndup(a, s, host);
    if (host == n)
        return true;
    if (s[host] != ':')
        return false;
    if (host + 1 == n)
        return true; /* "host:" */
    if (!str_u64(arena_strndup(a, s + host + 1, n - host - 1), 65535, &port) || port == 0)
        return false;
    ret->port = (unsigned)port;
    return true;
}

bool ftp_url_parse(struct arena *a, const char *url, struct ftp_url *ret)
{
    struct ftp_url u = {.user = "anonymous", .password = "anonymous@"};
    const char *at;
    size_t n;

    u.secure = strncasecmp(url, "ftps://", 7) == 0;
    if (!u.secure && strncasecmp(url, "ftp://", 6) != 0)
        return false;
    u.port = u.secure ? FTPS_PORT : FTP_PORT;
    url += u.secure ? 7 : 6;
    n = strcspn(url, "/?#");
    at = memrchr(url, '@', n);
    if (at) {
        if (!parse_login(a, url, (size_t)(at - url), &u))
            return false;
        n -= (size_t)(at + 1 - url);
        url = at + 1;
    }
    if (!parse_host(a, url, n, &u))
        return false;
    url += n;
    n = strcspn(url, "?#");
    u.path = n == 1 ? "" : decode(a, url, n);
    if (!u.path || n > PATH_MAX_BYTES)
        return false;
    *ret = u;
    return true;
}

const char *ftp_url_text(struct arena *a, const struct ftp_url *u)
{
    _buf_ struct buf path = BUF_INIT(3 * PATH_MAX_BYTES + 64);

    /* "%2F": from the root of the server, not of the login's folder */
    if (u->path[0] == '/')
        buf_puts(&path, "%2F");
    storage__encode(&path, u->path[0] == '/' ? u->path + 1 : u->path, "-._~/", "%20");
    /* a server on 990 speaks TLS from the first byte, on any other port when asked to */
    return arena_printf(a, "%s://%s:%u/%s", u->secure && u->port == FTPS_PORT ? "ftps" : "ftp",
                        u->host, u->port, buf_str(&path));
}

/* --- the type of storage --- */

static int check(const struct storage *s, const struct json *file, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *url = json_get_str(file, "url", "");
    struct ftp_url u;
    struct err why;

    (void)s;
    if (!url[0])
        return failed(e, STORAGE, "FTP URL is missing");
    if (!strstr(url, "://"))
        return failed(e, STORAGE, "Invalid FTP URL");
    if (strncasecmp(url, "ftp://", 6) != 0 && strncasecmp(url, "ftps://", 7) != 0)
        return failed(e, STORAGE, "URL must be ftp:// or ftps://");
    if (!ftp_url_parse(a, url, &u))
        return failed(e, STORAGE, "Invalid FTP URL");
    if (guard_check_url(url, &why) < 0)
        return failed(e, STORAGE, "URL is marked as unsafe: %s", why.msg);
    return 0;
}

static int locate(struct arena *a, const struct storage *s, const struct storage_place *p,
                  struct storage_target *ret, struct err *e)
{
    struct net_ftp *ftp = arena_calloc(a, 1, sizeof(*ftp));
    struct ftp_url u;

    (void)s;
    if (!ftp_url_parse(a, json_get_str(p->file, "url", ""), &u))
        return failed(e, STORAGE, "Invalid FTP URL");
    if (p->append && (u.path[0] == '\0' || str_ends(u.path, "/")))
        u.path = arena_printf(a, "%s%s", u.path[0] ? u.path : "/", p->append);
    if (u.path[0] == '\0' || str_ends(u.path, "/"))
        return failed(e, STORAGE, "Invalid FTP URL: it names a folder");
    *ftp = (struct net_ftp){
        .user = u.user, .password = u.password, .tls = u.secure && u.port != FTPS_PORT};
    ret->method = "GET";
    ret->url = ftp_url_text(a, &u);
    ret->ftp = ftp;
    ret->name = storage__last_segment(u.path);
    return 0;
}

static int upload(struct storage *s, struct arena *a, const struct storage_target *t,
                  const struct net_source *source, struct err *e)
{
    struct net_request r = storage__request(a, t, "PUT", NULL);
    struct net_response got;
    struct stream *stream;

    r.source = source;
    if (net_open(s->net, a, &r, &got, &stream, e) < 0)
        return -1;
    stream_close(stream);
    return 0;
}

const struct storage_ops storage_ftp = {
    .type = "ftp", .prefix = "the FTP file", .check = check, .locate = locate, .upload = upload};
