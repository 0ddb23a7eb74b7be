/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "net/guard.h"
#include "storage/s3_int.h"
#include "storage/sigv4.h"

/*
 * Objects in S3 and what speaks like it. The bucket goes into the host name, or into the path
 * when that is asked for, or when no host name can be made of it (as Amazon's SDK decides).
 */

enum {
    FIELD_MAX = 1024, /* S3's own limit for a key */
    LABEL_MIN = 3,
    LABEL_MAX = 63,
    TIMEOUT_MS = 30000
};

/* --- the file object --- */

static const char *field(const struct json *file, const char *name)
{
    return json_get_str(json_get(file, "s3Access"), name, "");
}

static bool is_blank(const char *s)
{
    return s[strspn(s, " \t\r\n\v\f")] == '\0';
}

static bool has_control(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return true;
    }
    return false;
}

static const char *endpoint_of(struct arena *a, const struct json *file)
{
    const char *endpoint = field(file, "endpoint");

    return storage__is_http(endpoint) ? endpoint : arena_printf(a, "https://%s", endpoint);
}

/* Scheme, host and port, and nothing that would have to be encoded. */
static bool is_plain_endpoint(const char *url)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:[]/";
    const char *rest = strstr(url, "://") + 3;

    return *rest && *rest != '/' && *rest != ':' && rest[strspn(rest, plain)] == '\0';
}

static int check(const struct storage *s, const struct json *file, struct err *e)
{
    static const char *const required[] = {"bucket", "objectKey", "endpoint", "accessKeyId",
                                           "secretAccessKey"};
    _arena_ struct arena *a = arena_new();
    struct err why;
    size_t i;

    (void)s;
    if (!json_is(json_get(file, "s3Access"), JSON_OBJECT))
        return failed(e, STORAGE, "Missing s3Access");
    for (i = 0; i < ARRAY_LEN(required); i++) {
        const char *v = field(file, required[i]);

        if (is_blank(v))
            return failed(e, STORAGE, "Missing %s", required[i]);
        if (strlen(v) > FIELD_MAX || has_control(v))
            return failed(e, STORAGE, "Invalid %s", required[i]);
    }
    if (strlen(field(file, "region")) > LABEL_MAX || has_control(field(file, "region")))
        return failed(e, STORAGE, "Invalid region");
    if (!is_plain_endpoint(endpoint_of(a, file)))
        return failed(e, STORAGE, "Invalid endpoint");
    if (guard_check_url(endpoint_of(a, file), &why) < 0)
        return failed(e, STORAGE, "URL is marked as unsafe: %s", why.msg);
    return 0;
}

/* --- where an object is --- */

static bool is_address(struct arena *a, const char *host)
{
    struct in_addr v4;

    return host[0] == '[' ||
           inet_pton(AF_INET, arena_strndup(a, host, strcspn(host, ":")), &v4) == 1;
}

static bool is_label(const char *bucket)
{
    size_t n = strlen(bucket);

    return n >= LABEL_MIN && n <= LABEL_MAX && bucket[0] != '-' && bucket[n - 1] != '-' &&
           bucket[strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* "host:port" without the scheme's own port, as the Host header will have it. */
static const char *host_text(struct arena *a, const char *host, size_t n, bool tls)
{
    char *text = str_lower(a, arena_strndup(a, host, n));
    const char *standard = tls ? ":443" : ":80";

    if (str_ends(text, standard))
        text[strlen(text) - strlen(standard)] = '\0';
    return text;
}

static const char *object_url(struct arena *a, const struct json *file, const char *key)
{
    _buf_ struct buf path = BUF_INIT(6 * FIELD_MAX);
    const char *endpoint = endpoint_of(a, file);
    const bool tls = strncasecmp(endpoint, "https", 5) == 0;
    const char *host = strstr(endpoint, "://") + 3;
    const char *bucket = field(file, "bucket");
    size_t host_len = strcspn(host, "/");
    const char *prefix = host + host_len;
    size_t prefix_len = strlen(prefix);
    const char *name = host_text(a, host, host_len, tls);
    bool in_path = json_get_bool(json_get(file, "s3Access"), "forcePathStyle", false) ||
                   is_address(a, name) || !is_label(bucket);

    while (prefix_len > 0 && prefix[prefix_len - 1] == '/')
        prefix_len--;
    if (in_path) {
        storage__encode(&path, bucket, "-._~", "%20");
        buf_putc(&path, '/');
    }
    storage__encode(&path, key, "-._~/", "%20");
    must(!path.full);
    return arena_printf(a, "%s://%s%s%s%.*s/%s", tls ? "https" : "http", in_path ? "" : bucket,
                        in_path ? "" : ".", name, (int)prefix_len, prefix, buf_str(&path));
}

static int locate(struct arena *a, const struct storage *s, const struct storage_place *p,
                  struct storage_target *ret, struct err *e)
{
    const char *key = field(p->file, "objectKey");

    (void)s;
    if (p->append && str_ends(key, "/"))
        key = arena_printf(a, "%s%s", key, p->append);
    if (strlen(key) > FIELD_MAX)
        return failed(e, STORAGE, "Invalid objectKey");
    ret->method = "GET";
    ret->url = object_url(a, p->file, key);
    ret->name = storage__last_segment(key);
    return 0;
}

/* --- signatures --- */

static void sign(struct arena *a, const struct storage_target *t, struct net_request *r)
{
    const struct json *region = json_path(t->file, "s3Access.region");
    const struct sigv4_key key = {.access_key = field(t->file, "accessKeyId"),
                                  .secret = field(t->file, "secretAccessKey"),
                                  .region =
                                      json_str_len(region) ? json_str(region, "") : "us-east-1",
                                  .service = "s3"};
    const char *host = strstr(r->url, "://") + 3;
    const char *path = host + strcspn(host, "/");
    size_t path_len = strcspn(path, "?");
    struct net_header *headers = arena_calloc(a, r->header_count + 3, sizeof(*headers));
    char *stamp = arena_alloc(a, SIGV4_STAMP);
    struct hash32 hash = sha256(r->body ? r->body : "", r->body_len);
    struct net_header signed_headers[] = {
        {"host", arena_strndup(a, host, (size_t)(path - host))},
        {"x-amz-content-sha256", hex_dup(a, hash.b, sizeof(hash.b))},
        {"x-amz-date", stamp},
    };
    const struct sigv4_request q = {.method = r->method,
                                    .path = arena_strndup(a, path, path_len),
                                    .query = path[path_len] ? path + path_len + 1 : "",
                                    .headers = signed_headers,
                                    .header_count = ARRAY_LEN(signed_headers),
                                    .payload_hash = signed_headers[1].value,
                                    .stamp = stamp};

    sigv4_stamp(clock_s(), stamp);
    if (r->header_count > 0)
        memcpy(headers, r->headers, r->header_count * sizeof(*headers));
    headers[r->header_count++] = signed_headers[1];
    headers[r->header_count++] = signed_headers[2];
    headers[r->header_count++] =
        (struct net_header){"Authorization", sigv4_authorization(a, &key, &q)};
    r->headers = headers;
    r->flags = NET_GUARD | NET_EXACT_PATH; /* a redirect would need a signature of its own */
}

struct net_request s3__request(struct arena *a, const struct storage_target *t, const char *method,
                               const char *query, struct bytes_view body)
{
    static const struct net_header type[] = {{"Content-Type", "application/octet-stream"}};
    struct net_request r = {.method = method,
                            .url = query[0] ? arena_printf(a, "%s?%s", t->url, query) : t->url,
                            .headers = type,
                            .header_count = body.p ? 1 : 0,
                            .body = body.p,
                            .body_len = body.n,
                            .timeout_ms = TIMEOUT_MS};

    sign(a, t, &r);
    return r;
}

const struct storage_ops storage_s3 = {.type = "s3",
                                       .prefix = "the S3 file",
                                       .check = check,
                                       .locate = locate,
                                       .sign = sign,
                                       .upload = s3__upload};
