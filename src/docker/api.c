/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "docker/docker_int.h"

enum { CALL_TIMEOUT_MS = 60000, ANSWER_MAX = 32 * 1048576 };

struct docker *docker_new(struct net *n, const char *socket_path)
{
    struct docker *d = xcalloc(1, sizeof(*d));

    d->net = n;
    d->socket = xstrdup(socket_path);
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

void docker_free(struct docker *d)
{
    if (!d)
        return;
    pthread_mutex_destroy(&d->lock);
    free(d->socket);
    free(d);
}

static int unreachable(struct docker *d, struct err *e)
{
    e->code = ERR_UNAVAILABLE;
    err_wrap(e, "the Docker engine at %s does not answer", d->socket);
    return err_transient(e);
}

int docker_ping(struct docker *d, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct net_request q = {
        .url = "http://docker/_ping", .unix_socket = d->socket, .timeout_ms = 10000};
    struct net_response r;
    const char *version;
    uint64_t minor = 0;

    if (net_call(d->net, a, &q, &r, e) < 0)
        return unreachable(d, e);
    version = net_header_get(&r, "api-version");
    if (r.status != 200 || !version || !str_starts(version, "1.") ||
        !str_u64(version + 2, 1000, &minor) || minor < DOCKER_API_LEAST)
        return failed(e, UNAVAILABLE, "%s is no Docker engine of API 1.%d or later", d->socket,
                      DOCKER_API_LEAST);
    lock_scope(&d->lock);
    d->api = minor < DOCKER_API_OURS ? (int)minor : DOCKER_API_OURS;
    return 0;
}

static int agreed_version(struct docker *d, int *ret, struct err *e)
{
    pthread_mutex_lock(&d->lock);
    *ret = d->api;
    pthread_mutex_unlock(&d->lock);
    if (*ret)
        return 0;
    if (docker_ping(d, e) < 0)
        return -1;
    lock_scope(&d->lock);
    *ret = d->api;
    return 0;
}

const char *docker__escape(struct arena *a, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, strlen(s) * 3 + 1);
    char *p = out;

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            strchr("-._~", c)) {
            *p++ = (char)c;
        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    *p = '\0';
    return out;
}

/* The engine's {"message": ...} under the code that fits its status. */
static int refusal(struct arena *a, int status, const char *body, size_t n, struct err *e)
{
    enum errcode code = ERR_FAILED;
    struct json *v = NULL;
    struct err ignored;
    const char *text = NULL;

    if (status == 404)
        code = ERR_NOT_FOUND;
    else if (status == 409)
        code = ERR_CONFLICT;
    else if (status == 400)
        code = ERR_INVALID;
    if (n > 0 && json_parse(a, body, n, &v, &ignored) == 0)
        text = json_get_str(v, "message", NULL);
    return err_set(e, code, "Docker: %s", text ? text : arena_printf(a, "status %d", status));
}

static int prepare(struct docker *d, struct arena *a, const struct docker__req *r,
                   struct net_request *ret, struct err *e)
{
    struct net_header *h = arena_calloc(a, r->header_count + 1, sizeof(*h));
    size_t n = r->header_count;
    int version;

    if (agreed_version(d, &version, e) < 0)
        return -1;
    if (n)
        memcpy(h, r->headers, n * sizeof(*h));
    *ret = (struct net_request){
        .method = r->method,
        .url = arena_printf(a, "http://docker/v1.%d%s", version, r->path),
        .unix_socket = d->socket,
        .source = r->source,
        .max_body = r->max_body ? r->max_body : ANSWER_MAX,
        .timeout_ms = r->timeout_ms ? r->timeout_ms : CALL_TIMEOUT_MS,
    };
    if (r->json) {
        ret->body = json_text(a, r->json);
        ret->body_len = strlen(ret->body);
        h[n++] = (struct net_header){"Content-Type", "application/json"};
    }
    ret->headers = h;
    ret->header_count = n;
    return 0;
}

int docker__call(struct docker *d, struct arena *a, const struct docker__req *r,
                 struct json **ret_json, struct err *e)
{
    struct net_request q;
    struct net_response answer;

    if (prepare(d, a, r, &q, e) < 0)
        return -1;
    if (net_call(d->net, a, &q, &answer, e) < 0)
        return unreachable(d, e);
    if (answer.status >= 300 && answer.status != 304)
        return refusal(a, answer.status, answer.body.p, answer.body.n, e);
    if (ret_json && json_parse(a, answer.body.p, answer.body.n, ret_json, e) < 0)
        return err_wrap(e, "Docker's answer");
    return answer.status;
}

int docker__open(struct docker *d, struct arena *a, const struct docker__req *r,
                 struct stream **ret, struct err *e)
{
    struct net_request q;
    struct net_response answer;
    struct stream *s = NULL;
    char text[2048];
    size_t n = 0;
    int64_t got;
    struct err ignored;

    if (prepare(d, a, r, &q, e) < 0)
        return -1;
    if (net_open(d->net, a, &q, &answer, &s, e) < 0)
        return unreachable(d, e);
    if (answer.status == 200) {
        *ret = s;
        return 0;
    }
    while (n < sizeof(text) && (got = stream_read(s, text + n, sizeof(text) - n, &ignored)) > 0)
        n += (size_t)got;
    stream_close(s);
    return refusal(a, answer.status, text, n, e);
}

int docker__upgrade(struct docker *d, struct arena *a, const struct docker__req *r,
                    struct tunnel **ret, struct err *e)
{
    static const struct net_header ask[] = {{"Connection", "Upgrade"}, {"Upgrade", "tcp"}};
    struct docker__req with = *r;
    struct net_request q;
    struct net_response answer;

    with.headers = ask;
    with.header_count = ARRAY_LEN(ask);
    if (prepare(d, a, &with, &q, e) < 0)
        return -1;
    if (net_upgrade(d->net, a, &q, &answer, ret, e) < 0)
        return unreachable(d, e);
    return *ret ? 0 : refusal(a, answer.status, answer.body.p, answer.body.n, e);
}

int docker_info_get(struct docker *d, struct arena *a, struct docker_info *ret, struct err *e)
{
    struct json *v;
    struct docker__req r = {.path = "/info"};

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    *ret = (struct docker_info){
        .os = json_get_str(v, "OSType", "linux"),
        .architecture = json_get_str(v, "Architecture", "x86_64"),
        .root_dir = json_get_str(v, "DockerRootDir", "/var/lib/docker"),
        .cpus = json_get_int(v, "NCPU", 1),
        .memory = json_get_int(v, "MemTotal", 0),
    };
    return 0;
}

static bool two_digits(const char *s, int *ret)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
        return false;
    *ret = (s[0] - '0') * 10 + (s[1] - '0');
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t civil_days(int64_t y, int m, int d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* The fraction of a second behind the dot, in milliseconds. */
static int64_t fraction_ms(const char *t)
{
    int64_t ms = 0;
    int scale = 100;

    if (*t != '.')
        return 0;
    for (t++; *t >= '0' && *t <= '9' && scale > 0; t++, scale /= 10)
        ms += (*t - '0') * scale;
    return ms;
}

int64_t docker__time_ms(const char *t)
{
    static const size_t places[] = {0, 2, 5, 8, 11, 14, 17};
    int part[ARRAY_LEN(places)];
    int64_t days;
    size_t i;

    if (!t || strlen(t) < 20 || t[10] != 'T')
        return 0;
    for (i = 0; i < ARRAY_LEN(places); i++)
        if (!two_digits(t + places[i], &part[i]))
            return 0;
    if (part[0] * 100 + part[1] < 1970 || part[2] < 1 || part[2] > 12)
        return 0;
    days = civil_days(part[0] * 100 + part[1], part[2], part[3]);
    return (((days * 24 + part[4]) * 60 + part[5]) * 60 + part[6]) * 1000 + fraction_ms(t + 19);
}

static void stream_ready(void *arg)
{
    docker__reader_wake(arg);
}

void docker__reader_init(struct docker__reader *r, struct stream *s)
{
    *r = (struct docker__reader){.stream = s};
    pthread_mutex_init(&r->lock, NULL);
    cond_init(&r->wake);
    stream_notify(s, stream_ready, r);
}

void docker__reader_done(struct docker__reader *r)
{
    stream_close(r->stream);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
}

void docker__reader_wake(struct docker__reader *r)
{
    lock_scope(&r->lock);
    r->ready = true;
    pthread_cond_signal(&r->wake);
}

int64_t docker__reader_read(struct docker__reader *r, void *out, size_t cap, int64_t ms,
                            struct err *e)
{
    int64_t n = stream_pull(r->stream, out, cap, e);

    if (n != STREAM_WAIT)
        return n;
    {
        lock_scope(&r->lock);
        if (!r->ready)
            (void)cond_wait_ms(&r->wake, &r->lock, ms);
        r->ready = false;
    }
    return stream_pull(r->stream, out, cap, e);
}
