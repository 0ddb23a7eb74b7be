/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "docker/deploy.h"
#include "docker/docker_int.h"
#include "docker/registry.h"

enum { PULL_SLICE_MS = 250, PULL_LINE_MAX = 65536 };

int docker_image_find(struct docker *d, struct arena *a, const char *ref, struct docker_image *ret,
                      struct err *e)
{
    struct image_name checked; /* a name that is none must not become another path */
    struct docker__req r = {.path = arena_printf(a, "/images/%s/json", ref)};
    struct json *v;
    struct err why;

    if (image_name_parse(a, ref, &checked, e) < 0)
        return -1;
    if (docker__call(d, a, &r, &v, &why) < 0) {
        if (why.code == ERR_NOT_FOUND)
            return 0;
        *e = why;
        return -1;
    }
    *ret = (struct docker_image){
        .id = json_get_str(v, "Id", ""),
        .digest = json_str(json_path(v, "RepoDigests.0"), NULL),
        .os = json_get_str(v, "Os", "linux"),
        .architecture = json_get_str(v, "Architecture", ""),
    };
    return 1;
}

static const char *canonical(const char *arch)
{
    static const char *const names[][2] = {{"x86_64", "amd64"},
                                           {"aarch64", "arm64"},
                                           {"i386", "386"},
                                           {"i686", "386"},
                                           {"armv7l", "arm"}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(arch, names[i][0]))
            return names[i][1];
    return arch;
}

bool docker_same_architecture(const char *a, const char *b)
{
    return str_ieq(canonical(a), canonical(b));
}

/* The engine takes a login without its padding for none, and says nothing. */
static const char *padded_base64url(struct arena *a, const char *text)
{
    char *out = base64_dup(a, text, strlen(text));
    char *p;

    for (p = out; *p; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    return out;
}

/* The header X-Registry-Auth; the engine itself does not read {"auth": ...}. */
static int auth_header(struct arena *a, const char *auth_json, struct net_header *ret,
                       struct err *e)
{
    struct json *v;
    struct json *out = json_new_object(a);
    const char *both;
    struct bytes plain;
    const char *text;

    if (json_parse(a, auth_json, strlen(auth_json), &v, e) < 0)
        return err_wrap(e, "registry login");
    both = json_get_str(v, "auth", NULL);
    if (both) {
        const char *colon;

        if (!base64_parse(a, both, strlen(both), &plain))
            return failed(e, INVALID, "registry login: \"auth\" is not base64");
        text = arena_strndup(a, (const char *)plain.p, plain.n);
        colon = strchr(text, ':');
        if (!colon)
            return failed(e, INVALID, "registry login: \"auth\" holds no user:password");
        json_set_str(a, out, "username", arena_strndup(a, text, (size_t)(colon - text)));
        json_set_str(a, out, "password", colon + 1);
    } else {
        json_set_str(a, out, "username", json_get_str(v, "username", ""));
        json_set_str(a, out, "password", json_get_str(v, "password", ""));
    }
    text = json_text(a, out);
    *ret = (struct net_header){"X-Registry-Auth", padded_base64url(a, text)};
    return 0;
}

/* One line of the engine's report. -1 when it says that the pull failed. */
static int take_line(const struct docker_pull *p, const char *text, size_t n, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err ignored;
    const char *what, *layer;

    if (n == 0 || json_parse(a, text, n, &v, &ignored) < 0)
        return 0;
    what = json_get_str(v, "error", NULL);
    if (what)
        return failed(e, FAILED, "%s", what);
    what = json_get_str(v, "status", NULL);
    layer = json_get_str(v, "id", NULL);
    /* the moving bars would fill a log with thousands of lines */
    if (what && p->line && json_len(json_get(v, "progressDetail")) == 0)
        p->line(p->ctx, layer ? arena_printf(a, "%s : %s", layer, what) : what);
    return 0;
}

static int take_lines(const struct docker_pull *p, struct buf *b, struct err *e)
{
    char *end;

    if (b->full)
        return failed(e, FAILED, "Docker reported a line that is too long");
    while (b->len > 0 && (end = memchr(b->data, '\n', b->len))) {
        if (take_line(p, b->data, (size_t)(end - b->data), e) < 0)
            return -1;
        buf_shift(b, (size_t)(end - b->data) + 1);
    }
    return 0;
}

static int follow(const struct docker_pull *p, struct docker__reader *r, struct err *e)
{
    _buf_ struct buf b = BUF_INIT(PULL_LINE_MAX);
    int64_t until = clock_mono_ms() + (int64_t)p->timeout_s * 1000;
    char some[8192];

    for (;;) {
        int64_t n = docker__reader_read(r, some, sizeof(some), PULL_SLICE_MS, e);

        if (n == 0)
            return 0;
        if (n > 0) {
            buf_add(&b, some, (size_t)n);
            if (take_lines(p, &b, e) < 0)
                return -1;
        } else if (n != STREAM_WAIT) {
            return -1;
        }
        if (p->cancel && atomic_load(p->cancel))
            return failed(e, CONFLICT, "the pull was stopped");
        if (clock_mono_ms() > until)
            return failed(e, TIMEOUT, "the pull took more than %d s", p->timeout_s);
    }
}

int docker_image_pull(struct docker *d, const struct docker_pull *p, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct image_name checked;
    struct net_header auth;
    struct docker__req q = {.method = "POST", .timeout_ms = -1, .headers = &auth};
    struct docker__reader reader;
    struct stream *s;
    int r;

    if (image_name_parse(a, p->ref, &checked, e) < 0)
        return -1;
    q.path = arena_printf(a, "/images/create?fromImage=%s%s%s", docker__escape(a, p->ref),
                          p->platform ? "&platform=" : "",
                          p->platform ? docker__escape(a, p->platform) : "");
    if (p->auth_json) {
        if (auth_header(a, p->auth_json, &auth, e) < 0)
            return -1;
        q.header_count = 1;
    }
    if (docker__open(d, a, &q, &s, e) < 0)
        return -1;
    docker__reader_init(&reader, s);
    r = follow(p, &reader, e);
    docker__reader_done(&reader);
    return r;
}

int docker_image_import(struct docker *d, const char *repository, const char *tag,
                        const struct net_source *tar, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct net_header type = {"Content-Type", "application/x-tar"};
    struct docker__req r = {
        .method = "POST",
        .path = arena_printf(a, "/images/create?fromSrc=-&repo=%s&tag=%s",
                             docker__escape(a, repository), docker__escape(a, tag)),
        .source = tar,
        .headers = &type,
        .header_count = 1,
        .timeout_ms = -1,
    };

    return docker__call(d, a, &r, NULL, e) < 0 ? -1 : 0;
}

int docker_image_remove(struct docker *d, const char *ref, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct image_name checked;
    struct docker__req r = {.method = "DELETE", .path = arena_printf(a, "/images/%s", ref)};
    struct err why;

    if (image_name_parse(a, ref, &checked, e) < 0)
        return -1;
    if (docker__call(d, a, &r, NULL, &why) >= 0 || why.code == ERR_NOT_FOUND)
        return 0;
    *e = why;
    return -1;
}
