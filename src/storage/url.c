/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "net/guard.h"
#include "storage/storage_int.h"

enum { HEADERS_MAX = 64, QUERY_MAX = 16384 };

static const char *why(const struct storage *s, const struct json *file)
{
    const char *url = json_get_str(file, "url", "");
    const char *method = json_get_str(file, "method", "");
    struct err e;

    (void)s;
    if (!url[0] || !method[0])
        return "URL or method are missing";
    if (!str_ieq(method, "get") && !str_ieq(method, "post"))
        return "Invalid method for URL";
    if (storage__is_path(url))
        return "URL looks like a file path";
    if (!storage__is_http(url) || guard_check_url(url, &e) < 0)
        return "URL is marked as unsafe";
    return NULL;
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
        storage__encode(&query, json_key(userdata, i), "+");
        buf_putc(&query, '=');
        storage__encode(&query, json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v), "+");
    }
    return query.full ? NULL : arena_printf(a, "%.*s%s", (int)n, url, buf_str(&query));
}

/* Headers that belong to the connection, not to the request as its author sees it. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"connection", "content-length",   "expect",
                                       "range",      "keep-alive",       "trailer",
                                       "upgrade",    "transfer-encoding"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(ours); i++) {
        if (str_ieq(name, ours[i]))
            return true;
    }
    return false;
}

static bool locate(const struct storage *s, struct arena *a, const struct json *file,
                   const struct json *userdata, struct storage_target *ret)
{
    const struct json *headers = json_get(file, "headers");
    struct net_header *list = arena_calloc(a, HEADERS_MAX, sizeof(*list));
    const char *url = json_get_str(file, "url", "");
    size_t n = 0;
    size_t i;

    (void)s;
    for (i = 0; json_is(headers, JSON_OBJECT) && i < json_len(headers) && n < HEADERS_MAX; i++) {
        const struct json *v = json_value(headers, i);

        if (json_is(v, JSON_NULL) || is_ours(json_key(headers, i)))
            continue;
        list[n].name = json_key(headers, i);
        list[n++].value = json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v);
    }
    *ret = (struct storage_target){
        .method = str_ieq(json_get_str(file, "method", ""), "post") ? "POST" : "GET",
        .url = json_is(userdata, JSON_OBJECT) ? url_with(a, url, userdata) : url,
        .headers = list,
        .header_count = n,
        .name = url_name(a, url)};
    return ret->url != NULL;
}

const struct storage_ops storage_url = {
    .type = "url", .prefix = "the URL file", .why = why, .locate = locate};
