/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "net/guard.h"
#include "storage/storage_int.h"

enum { HEADERS_MAX = 64, QUERY_MAX = 16384, NAME_MAX_BYTES = 1024 };

static int check(const struct storage *s, const struct json *file, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *url = json_get_str(file, "url", "");
    const char *method = json_get_str(file, "method", "");
    struct err why;

    if (!url[0] || !method[0])
        return failed(e, STORAGE, "URL or method are missing");
    if (!str_ieq(method, "get") && !str_ieq(method, "post"))
        return failed(e, STORAGE, "Invalid method for URL");
    if (storage__is_path(url))
        return failed(e, STORAGE, "URL looks like a file path");
    if (!storage__is_http(url))
        return failed(e, STORAGE, "URL is marked as unsafe: only http and https are allowed");
    if (!storage__own_target(s, a, url) && guard_check_url(url, &why) < 0)
        return failed(e, STORAGE, "URL is marked as unsafe: %s", why.msg);
    return 0;
}

/* The last segment of the path, without query and fragment. */
static const char *url_name(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t n = strcspn(host, "?#");
    const char *slash = memrchr(host, '/', n);

    return slash ? arena_strndup(a, slash + 1, n - (size_t)(slash + 1 - host)) : "";
}

/* As URLSearchParams.append does for each member; NULL when it gets too long. */
static const char *url_with(struct arena *a, const char *url, const struct json *userdata)
{
    _buf_ struct buf query = BUF_INIT(QUERY_MAX);
    size_t n = strcspn(url, "#");
    const char *mark = memchr(url, '?', n);
    size_t i;

    for (i = 0; i < json_len(userdata); i++) {
        const struct json *v = json_value(userdata, i);

        if (i > 0)
            buf_putc(&query, '&');
        else
            buf_putc(&query, mark ? '&' : '?');
        storage__encode(&query, json_key(userdata, i), "-._*", "+");
        buf_putc(&query, '=');
        storage__encode(&query, json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v), "-._*",
                        "+");
    }
    return query.full ? NULL : arena_printf(a, "%.*s%s", (int)n, url, buf_str(&query));
}

/* Headers that belong to the connection, not to the request as its author sees it. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"connection",        "content-length", "expect",  "range",
                                       "if-range",          "keep-alive",     "trailer", "upgrade",
                                       "transfer-encoding", STORAGE_MARK};
    size_t i;

    for (i = 0; i < ARRAY_LEN(ours); i++) {
        if (str_ieq(name, ours[i]))
            return true;
    }
    return false;
}

static void add_headers(struct arena *a, const struct json *headers, struct storage_target *t)
{
    struct net_header *list = arena_calloc(a, HEADERS_MAX, sizeof(*list));
    size_t n = 0;
    size_t i;

    for (i = 0; json_is(headers, JSON_OBJECT) && i < json_len(headers) && n < HEADERS_MAX; i++) {
        const struct json *v = json_value(headers, i);

        if (json_is(v, JSON_NULL) || is_ours(json_key(headers, i)))
            continue;
        list[n].name = json_key(headers, i);
        list[n++].value = json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v);
    }
    t->headers = list;
    t->header_count = n;
}

static int locate(struct arena *a, const struct storage *s, const struct storage_place *p,
                  struct storage_target *ret, struct err *e)
{
    const char *url = json_get_str(p->file, "url", "");

    ret->method = str_ieq(json_get_str(p->file, "method", ""), "post") ? "POST" : "GET";
    ret->own = storage__own_target(s, a, url) != NULL;
    ret->name = url_name(a, url);
    ret->url = json_is(p->userdata, JSON_OBJECT) ? url_with(a, url, p->userdata) : url;
    add_headers(a, json_get(p->file, "headers"), ret);
    if (!ret->url)
        return failed(e, STORAGE, "userdata is too long");
    if (p->append && str_ends(url, "/")) {
        _buf_ struct buf name = BUF_INIT(NAME_MAX_BYTES);

        storage__encode(&name, p->append, "-._~!*'()", "%20");
        ret->url = arena_printf(a, "%s%s", url, buf_str(&name));
        ret->name = p->append;
    }
    return 0;
}

/* A name in a header: what could end the quotes or the line becomes "_". */
static const char *disposition(struct arena *a, const char *name)
{
    char *text = arena_printf(a, "attachment; filename=\"%s\"", name);
    char *c = strchr(text, '"') + 1;
    char *end = text + strlen(text) - 1;

    for (; c < end; c++) {
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || *c == 0x7f)
            *c = '_';
    }
    return text;
}

/* One PUT. It is never redirected: the content could not be sent again. */
static int upload(struct storage *s, struct arena *a, const struct storage_target *t,
                  const struct net_source *source, struct err *e)
{
    struct net_header *headers = arena_calloc(a, t->header_count + 2, sizeof(*headers));
    struct storage_target with = *t;
    struct net_request r;
    struct net_response got;
    struct stream *stream;

    if (t->own)
        return failed(e, STORAGE, "Error validating the URL file: it leads to this node");
    headers[0] = (struct net_header){"Content-Type", "application/octet-stream"};
    headers[1] = (struct net_header){"Content-Disposition", disposition(a, t->name)};
    with.header_count = 2;
    for (size_t i = 0; i < t->header_count; i++) {
        if (str_ieq(t->headers[i].name, "content-type"))
            headers[0].value = t->headers[i].value;
        else if (!str_ieq(t->headers[i].name, "content-disposition"))
            headers[with.header_count++] = t->headers[i];
    }
    with.headers = headers;
    r = storage__request(a, &with, "PUT", NULL);
    r.flags = NET_GUARD;
    r.source = source;
    if (net_open(s->net, a, &r, &got, &stream, e) < 0)
        return -1;
    stream_close(stream);
    return storage__is_success(got.status) ? 0 : storage__status_failed(got.status, e);
}

const struct storage_ops storage_url = {
    .type = "url", .prefix = "the URL file", .check = check, .locate = locate, .upload = upload};
