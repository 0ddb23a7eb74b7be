/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/must.h"
#include "base/str.h"
#include "net/guard.h"
#include "net/net_int.h"

enum {
    HEAD_MAX = 128 * 1024,
    REDIRECTS_MAX = 5,
    TIMEOUT_DEFAULT_MS = 30000,
    CONNECT_DEFAULT_MS = 10000,
    FTP_REPLY_S = 15
};

#define SET(t, option, value) must(curl_easy_setopt((t)->easy, option, value) == CURLE_OK)

int request_timeout(const struct net_request *r)
{
    return r->timeout_ms == 0 ? TIMEOUT_DEFAULT_MS : r->timeout_ms < 0 ? 0 : r->timeout_ms;
}

int request_connect_timeout(const struct net_request *r)
{
    return r->connect_timeout_ms > 0 ? r->connect_timeout_ms : CONNECT_DEFAULT_MS;
}

/* Called before a socket is made for an address of the host, its redirects and data channels. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *t = arg;
    const char *why = guard_check_addr(&to->addr);

    (void)purpose;
    if (why) {
        (void)snprintf(t->refusal, sizeof(t->refusal),
                       "%s leads to a %s address (allowPrivateUrls)", t->host, why);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* The same for a connection that another request, perhaps one without the guard, has left open. */
static const char *check_peer(const char *ip)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return guard_check_addr((struct sockaddr *)&v4);
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
        return guard_check_addr((struct sockaddr *)&v6);
    return "not an internet";
}

/* Called before each request, also on a kept connection: the URL may be that of a redirect. */
static int on_request(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *t = arg;
    const char *why = check_peer(remote_ip);
    const char *url = NULL;
    struct err e;

    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (why) {
        (void)snprintf(t->refusal, sizeof(t->refusal),
                       "%s leads to a %s address (allowPrivateUrls)", t->host, why);
        return CURL_PREREQFUNC_ABORT;
    }
    if (curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || !url)
        return CURL_PREREQFUNC_ABORT;
    if (guard_check_url(url, &e) < 0) {
        (void)str_copy(t->refusal, sizeof(t->refusal), e.msg);
        return CURL_PREREQFUNC_ABORT;
    }
    t->refusal[0] = '\0'; /* of another address of the same name */
    return CURL_PREREQFUNC_OK;
}

static int on_progress(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                       curl_off_t ulnow)
{
    const struct transfer *t = arg;

    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return atomic_load(&t->net->stopping) ? 1 : 0;
}

static bool is_followed(const struct transfer *t, long status)
{
    return t->follow &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           t->head.data && strcasestr(t->head.data, "\nlocation:");
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    long status = 0;

    n *= size;
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0 && !t->head_done)
        buf_reset(&t->head);
    if (t->head_done) /* trailers */
        return n;
    buf_add(&t->head, line, n);
    if (t->head.full)
        return 0;
    if (t->is_ftp)
        return n;
    if (n == 0 || line[0] == '\r' || line[0] == '\n') {
        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        t->status = (int)status;
        t->head_done = status >= 200 && !is_followed(t, status);
        if (t->head_done && t->on_head)
            t->on_head(t);
    }
    return n;
}

static bool header_valid(const struct net_header *h)
{
    const char *c;

    if (!h->name[0])
        return false;
    for (c = h->name; *c; c++) {
        if (*c <= ' ' || *c == ':' || *c == ';' || *c >= 0x7f)
            return false;
    }
    return !strpbrk(h->value, "\r\n");
}

static void header_add(struct transfer *t, const char *line)
{
    t->headers = curl_slist_append(t->headers, line);
    must(t->headers);
}

static int set_headers(struct transfer *t, const struct net_request *r, struct err *e)
{
    bool has_type = false;
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        const struct net_header *h = &r->headers[i];
        _free_ char *line = NULL;

        if (!header_valid(h))
            return failed(e, INVALID, "malformed request header");
        has_type = has_type || str_ieq(h->name, "content-type");
        /* "Name;" is curl's way to send a header without a value. */
        line = h->value[0] ? xasprintf("%s: %s", h->name, h->value) : xasprintf("%s;", h->name);
        header_add(t, line);
    }
    if (!has_type)
        header_add(t, "Content-Type:"); /* curl would say it is a form */
    header_add(t, "Expect:");
    SET(t, CURLOPT_HTTPHEADER, t->headers);
    return 0;
}

static void set_method(struct transfer *t, const struct net_request *r)
{
    const char *method = r->method ? r->method : "GET";

    if (str_eq(method, "HEAD")) {
        SET(t, CURLOPT_NOBODY, 1L);
        return;
    }
    if (r->source) {
        SET(t, CURLOPT_UPLOAD, 1L);
        SET(t, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->source->size);
        SET(t, CURLOPT_FRESH_CONNECT, 1L); /* a dead kept connection would ask for a rewind */
    } else if (r->body || str_eq(method, "POST") || str_eq(method, "PUT")) {
        SET(t, CURLOPT_POST, 1L);
        SET(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
        SET(t, CURLOPT_POSTFIELDS, r->body ? r->body : "");
        if (str_eq(method, "POST"))
            return; /* without CUSTOMREQUEST, so that a 303 turns it into a GET */
    } else if (str_eq(method, "GET")) {
        SET(t, CURLOPT_HTTPGET, 1L);
        return;
    }
    SET(t, CURLOPT_CUSTOMREQUEST, method);
}

static int set_ftp(struct transfer *t, const struct net_request *r, struct err *e)
{
    if (t->is_ftp != (r->ftp != NULL))
        return failed(e, INVALID, "%s: this is no place for FTP", t->host);
    if (!t->is_ftp)
        return 0;
    SET(t, CURLOPT_USERNAME, r->ftp->user);
    SET(t, CURLOPT_PASSWORD, r->ftp->password);
    SET(t, CURLOPT_USE_SSL, (long)(r->ftp->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    SET(t, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
    SET(t, CURLOPT_FTP_SKIP_PASV_IP, 1L); /* data flows from the host that was asked */
    SET(t, CURLOPT_FRESH_CONNECT, 1L);
    SET(t, CURLOPT_FORBID_REUSE, 1L); /* closing it takes time: now, not when others wait */
    SET(t, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)FTP_REPLY_S);
    SET(t, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)r->ftp->offset);
    return 0;
}

/* "scheme://host:port" without user and password. */
static void host_of(const struct net_request *r, char *out, size_t cap)
{
    const char *start = strstr(r->url, "://");
    const char *at;
    size_t n;

    if (r->unix_socket) {
        (void)str_copy(out, cap, r->unix_socket);
        return;
    }
    start = start ? start + 3 : r->url;
    n = strcspn(start, "/?#");
    at = memrchr(start, '@', n);
    if (at) {
        n -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    (void)snprintf(out, cap, "%.*s", (int)(n < cap ? n : cap - 1), start);
}

int transfer_init(struct transfer *t, struct net *n, CURL *easy, const struct net_request *r,
                  struct err *e)
{
    *t = (struct transfer){.net = n,
                           .easy = easy,
                           .guard = r->flags & NET_GUARD,
                           .follow = r->flags & NET_REDIRECTS,
                           .head = BUF_INIT(HEAD_MAX)};
    t->is_ftp = strncasecmp(r->url, "ftp", 3) == 0;
    t->ftp_size = -1;
    must(!(t->guard && r->unix_socket));
    host_of(r, t->host, sizeof(t->host));
    if (atomic_load(&n->stopping))
        return failed(e, UNAVAILABLE, "the node is shutting down");
    if (t->guard && guard_check_url(r->url, e) < 0)
        return -1;
    if (curl_easy_setopt(easy, CURLOPT_URL, r->url) != CURLE_OK)
        return failed(e, INVALID, "malformed URL");
    if (set_headers(t, r, e) < 0 || set_ftp(t, r, e) < 0)
        return -1;
    set_method(t, r);
    if (n->ca_file) /* the system's own are found by CURLOPT_CAPATH, whose default stays */
        SET(t, CURLOPT_CAINFO, n->ca_file);
    SET(t, CURLOPT_PATH_AS_IS, r->flags & NET_EXACT_PATH ? 1L : 0L);
    SET(t, CURLOPT_ERRORBUFFER, t->text);
    SET(t, CURLOPT_NOSIGNAL, 1L);
    SET(t, CURLOPT_QUICK_EXIT, 1L); /* a hanging resolver is left to its own thread */
    SET(t, CURLOPT_PROXY, "");      /* none from the environment: the guard must see the peer */
    SET(t, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(t, CURLOPT_USERAGENT, "atoll/" ATOLL_VERSION);
    SET(t, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(t, CURLOPT_PROTOCOLS_STR, "http,https,ftp,ftps");
    SET(t, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(t, CURLOPT_FOLLOWLOCATION, t->follow ? 1L : 0L);
    SET(t, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(t, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
    SET(t, CURLOPT_CONNECTTIMEOUT_MS, (long)request_connect_timeout(r));
    SET(t, CURLOPT_HEADERFUNCTION, on_header);
    SET(t, CURLOPT_HEADERDATA, t);
    SET(t, CURLOPT_NOPROGRESS, 0L);
    SET(t, CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(t, CURLOPT_XFERINFODATA, t);
    if (t->guard) {
        SET(t, CURLOPT_OPENSOCKETFUNCTION, on_socket);
        SET(t, CURLOPT_OPENSOCKETDATA, t);
        SET(t, CURLOPT_PREREQFUNCTION, on_request);
        SET(t, CURLOPT_PREREQDATA, t);
    }
    return 0;
}

void transfer_done(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    buf_done(&t->head);
}

/* One "Name: value" line into *h; false for the status line and anything else. */
static bool header_parse(struct arena *a, const char *line, size_t n, struct net_header *h)
{
    const char *colon = memchr(line, ':', n);
    const char *end = line + n;
    const char *value;

    if (!colon || colon == line || (n >= 5 && memcmp(line, "HTTP/", 5) == 0))
        return false;
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t');)
        value++;
    while (end > value && (unsigned char)end[-1] <= ' ')
        end--;
    h->name = str_lower(a, arena_strndup(a, line, (size_t)(colon - line)));
    h->value = arena_strndup(a, value, (size_t)(end - value));
    return true;
}

void transfer_note_size(struct transfer *t)
{
    curl_off_t size;

    if (t->is_ftp &&
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size) == CURLE_OK)
        t->ftp_size = size;
}

/* FTP's replies are for people; what a server writes there must not pass for headers. */
static void ftp_response(const struct transfer *t, struct arena *a, struct net_response *ret)
{
    struct net_header *size = arena_calloc(a, 1, sizeof(*size));

    *size = (struct net_header){"content-length", arena_printf(a, "%lld", (long long)t->ftp_size)};
    *ret = (struct net_response){.status = 200,
                                 .headers = size,
                                 .header_count = t->ftp_size >= 0 ? 1 : 0,
                                 .body = {.p = "", .n = 0}};
}

void transfer_response(const struct transfer *t, struct arena *a, struct net_response *ret)
{
    const char *line = buf_str(&t->head);
    struct net_header *headers;
    size_t lines = 0;
    size_t count = 0;
    const char *p;
    size_t n;

    if (t->is_ftp) {
        ftp_response(t, a, ret);
        return;
    }
    for (p = line; (p = strchr(p, '\n')); p++)
        lines++;
    headers = arena_calloc(a, lines + 1, sizeof(*headers));
    for (; *line; line += n) {
        n = strcspn(line, "\n");
        n += line[n] ? 1 : 0;
        if (header_parse(a, line, n, &headers[count]))
            count++;
    }
    *ret = (struct net_response){
        .status = t->status, .headers = headers, .header_count = count, .body = {.p = "", .n = 0}};
}

const char *net_header_get(const struct net_response *r, const char *lower_case_name)
{
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        if (str_eq(r->headers[i].name, lower_case_name))
            return r->headers[i].value;
    }
    return NULL;
}

int transfer_failed(const struct transfer *t, CURLcode rc, struct err *e)
{
    const char *text = t->text[0] ? t->text : curl_easy_strerror(rc);

    if (atomic_load(&t->net->stopping))
        return failed(e, UNAVAILABLE, "the node is shutting down");
    if (t->refusal[0])
        return failed(e, UNSAFE_URL, "%s", t->refusal);
    if (t->head.full)
        return failed(e, TOO_LARGE, "%s: the headers of the answer are too large", t->host);
    /* curl has the same code for a peer that does not speak HTTP at all */
    if (rc == CURLE_UNSUPPORTED_PROTOCOL && !strstr(text, "HTTP/0.9"))
        return failed(e, UNSAFE_URL, "%s leads to a scheme that is not allowed", t->host);
    if (rc == CURLE_URL_MALFORMAT)
        return failed(e, INVALID, "%s: %s", t->host, text);
    if (rc == CURLE_REMOTE_FILE_NOT_FOUND || rc == CURLE_REMOTE_ACCESS_DENIED ||
        rc == CURLE_LOGIN_DENIED || rc == CURLE_FTP_COULDNT_RETR_FILE)
        return failed(e, FAILED, "%s: %s", t->host, text); /* FTP's "no", which stays one */
    if (rc == CURLE_OPERATION_TIMEDOUT)
        (void)failed(e, TIMEOUT, "%s: %s", t->host, text);
    else
        (void)failed(e, FAILED, "%s: %s", t->host, text);
    return err_transient(e);
}
