/* SPDX-License-Identifier: Apache-2.0 */
#include "docker/registry.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "config/config.h"
#include "docker/docker_int.h"

enum { MANIFEST_MAX = 4 * 1048576, ASK_TIMEOUT_MS = 20000, NAME_LIMIT = 512 };

#define HUB "registry-1.docker.io"
#define ACCEPT                                                                                     \
    "application/vnd.docker.distribution.manifest.v2+json,"                                        \
    "application/vnd.docker.distribution.manifest.list.v2+json,"                                   \
    "application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json"

const char *image_ref(struct arena *a, const char *image, const char *tag, const char *checksum)
{
    if (checksum && *checksum)
        return arena_printf(a, "%s@%s", image, checksum);
    return arena_printf(a, "%s:%s", image, tag && *tag ? tag : "latest");
}

static bool all_of(const char *s, const char *allowed)
{
    return *s && s[strspn(s, allowed)] == '\0';
}

#define LOWER_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS_DIGITS LOWER_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool repository_ok(const char *s)
{
    return all_of(s, LOWER_DIGITS "._-/") && *s != '/' && !strstr(s, "..") && !strstr(s, "//") &&
           !str_ends(s, "/");
}

/* Takes what follows the name: "@sha256:..." or ":tag". `name` is cut there. */
static const char *split_reference(char *name)
{
    char *at = strchr(name, '@');
    char *slash = strrchr(name, '/');
    char *colon;

    if (at) {
        *at = '\0';
        /* "name:tag@digest": the digest decides */
        colon = strchr(slash && slash < at ? slash : name, ':');
        if (colon)
            *colon = '\0';
        return all_of(at + 1, LETTERS_DIGITS "+._-:") ? at + 1 : NULL;
    }
    colon = strchr(slash ? slash : name, ':');
    if (!colon)
        return "latest";
    *colon = '\0';
    return all_of(colon + 1, LETTERS_DIGITS "_.-") ? colon + 1 : NULL;
}

/* As an address: "127.example.org" is somebody else's. */
static bool is_loopback(const char *host)
{
    size_t n = strspn(host, "0123456789.");

    return str_starts(host, "127.") && (host[n] == '\0' || host[n] == ':');
}

static bool is_local(const char *host)
{
    return is_loopback(host) || str_eq(host, "localhost") || str_starts(host, "localhost:");
}

int image_name_parse(struct arena *a, const char *ref, struct image_name *ret, struct err *e)
{
    char *name = arena_strdup(a, ref);
    const char *reference, *host = HUB;
    char *slash;

    if (strlen(ref) > NAME_LIMIT || strstr(ref, ".."))
        return failed(e, INVALID, "'%.64s' is no image name", ref);
    reference = split_reference(name);
    slash = strchr(name, '/');
    if (slash) {
        const char *first = arena_strndup(a, name, (size_t)(slash - name));

        if (strpbrk(first, ".:") || str_eq(first, "localhost")) {
            host = first;
            name = slash + 1;
        }
    }
    if (!reference || !repository_ok(name) || !all_of(host, LETTERS_DIGITS ".-:"))
        return failed(e, INVALID, "'%s' is no image name", ref);
    if (str_eq(host, HUB) && str_eq(name, "sha256"))
        return failed(e, INVALID, "'%s' is an image's id, not its name", ref);
    if (str_eq(host, "docker.io"))
        host = HUB;
    if (str_eq(host, HUB) && !strchr(name, '/'))
        name = arena_printf(a, "library/%s", name);
    *ret = (struct image_name){
        .registry = arena_printf(a, "%s://%s", is_local(host) ? "http" : "https", host),
        .repository = name,
        .reference = reference,
    };
    return 0;
}

const char *registry_host(struct arena *a, const char *registry)
{
    static const char *const hub[] = {"docker.io", "index.docker.io", "registry.hub.docker.com"};
    const char *at = strstr(registry, "://");
    const char *host =
        arena_strndup(a, at ? at + 3 : registry, strcspn(at ? at + 3 : registry, "/"));
    size_t i;

    for (i = 0; i < ARRAY_LEN(hub); i++)
        if (str_ieq(host, hub[i]))
            return HUB;
    return host;
}

const char *registry_login(struct arena *a, const struct config_registry_auth *auths, size_t count,
                           const char *registry)
{
    const char *host = registry_host(a, registry);
    struct json *v = json_new_object(a);
    size_t i;

    for (i = 0; i < count; i++) {
        const struct config_registry_auth *auth = &auths[i];

        if (!str_ieq(registry_host(a, auth->registry), host))
            continue;
        if (auth->auth) {
            json_set_str(a, v, "auth", auth->auth);
        } else {
            json_set_str(a, v, "username", auth->username);
            json_set_str(a, v, "password", auth->password);
        }
        return json_text(a, v);
    }
    return NULL;
}

/* One question under way. */
struct ask {
    struct net *net;
    struct arena *a;
    struct image_name name;
    const char *basic;         /* base64 of user:password, or NULL */
    const char *authorization; /* header once it is known, or NULL */
};

static int get(struct ask *q, const char *url, const char *authorization, struct net_response *ret,
               struct err *e)
{
    const struct net_header headers[] = {{"Accept", ACCEPT}, {"Authorization", authorization}};
    struct net_request r = {
        .url = url,
        .headers = headers,
        .header_count = authorization ? 2 : 1,
        .max_body = MANIFEST_MAX,
        .timeout_ms = ASK_TIMEOUT_MS,
        /* the operator's own registry beside the node is no stranger's URL */
        .flags = NET_REDIRECTS | (str_starts(url, "http://") ? 0 : NET_GUARD),
    };

    if (net_call(q->net, q->a, &r, ret, e) < 0) {
        e->code = ERR_UNAVAILABLE;
        return err_wrap(e, "the registry %s does not answer", q->name.registry);
    }
    return 0;
}

/* The value of key="value" in a challenge. */
static const char *challenge_part(struct ask *q, const char *challenge, const char *key)
{
    const char *at = strstr(challenge, arena_printf(q->a, "%s=\"", key));
    const char *end;

    if (!at)
        return NULL;
    at += strlen(key) + 2;
    end = strchr(at, '"');
    return end ? arena_strndup(q->a, at, (size_t)(end - at)) : NULL;
}

static int fetch_token(struct ask *q, const char *challenge, struct err *e)
{
    const char *realm = challenge_part(q, challenge, "realm");
    const char *service = challenge_part(q, challenge, "service");
    const char *scope = arena_printf(q->a, "repository:%s:pull", q->name.repository);
    const char *basic = q->basic ? arena_printf(q->a, "Basic %s", q->basic) : NULL;
    struct net_response r;
    struct json *v;
    const char *token;

    if (!realm || (!str_starts(realm, "https://") && !str_starts(q->name.registry, "http://")))
        return failed(e, FAILED, "the registry asks for a login in a way that is not known");
    if (get(q,
            arena_printf(q->a, "%s?service=%s&scope=%s", realm,
                         docker__escape(q->a, service ? service : ""), docker__escape(q->a, scope)),
            basic, &r, e) < 0)
        return -1;
    if (r.status != 200)
        return failed(e, NOT_FOUND, "the registry refuses access to %s", q->name.repository);
    if (json_parse(q->a, r.body.p, r.body.n, &v, e) < 0)
        return err_wrap(e, "the registry's token");
    token = json_get_str(v, "token", json_get_str(v, "access_token", NULL));
    if (!token)
        return failed(e, FAILED, "the registry's login answered no token");
    q->authorization = arena_printf(q->a, "Bearer %s", token);
    return 0;
}

/* Gets a path of the repository, logging in when the registry wants that. */
static int get_path(struct ask *q, const char *path, struct net_response *ret, struct err *e)
{
    const char *url = arena_printf(q->a, "%s/v2/%s/%s", q->name.registry, q->name.repository, path);
    const char *challenge;

    if (get(q, url, q->authorization, ret, e) < 0)
        return -1;
    if (ret->status != 401 || q->authorization)
        return 0;
    challenge = net_header_get(ret, "www-authenticate");
    if (challenge && str_starts(challenge, "Basic") && q->basic)
        q->authorization = arena_printf(q->a, "Basic %s", q->basic);
    else if (!challenge || !str_starts(challenge, "Bearer"))
        return failed(e, NOT_FOUND, "the registry refuses access to %s", q->name.repository);
    else if (fetch_token(q, challenge, e) < 0)
        return -1;
    return get(q, url, q->authorization, ret, e);
}

static bool platform_fits(const struct json *p, const char *os, const char *arch)
{
    return str_eq(json_get_str(p, "os", ""), os) &&
           docker_same_architecture(json_get_str(p, "architecture", ""), arch);
}

static int check_list(const struct json *list, const char *os, const char *arch, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (platform_fits(json_get(json_at(list, i), "platform"), os, arch))
            return 0;
    return failed(e, INVALID, "Platform mismatch: no image for %s/%s", arch, os);
}

/* A single manifest says nothing of its platform; the configuration it points to does. */
static int check_single(struct ask *q, const struct json *manifest, const char *os,
                        const char *arch, struct err *e)
{
    const char *digest = json_str(json_path(manifest, "config.digest"), NULL);
    struct net_response r;
    struct json *v;
    struct err ignored;

    if (!digest || !all_of(digest, LETTERS_DIGITS "+._-:") ||
        get_path(q, arena_printf(q->a, "blobs/%s", digest), &r, &ignored) < 0 || r.status != 200 ||
        json_parse(q->a, r.body.p, r.body.n, &v, &ignored) < 0 || !json_get(v, "architecture"))
        return 0;
    if (platform_fits(v, os, arch))
        return 0;
    return failed(e, INVALID, "Platform mismatch: image is %s/%s, but environment requires %s/%s",
                  json_get_str(v, "architecture", "?"), json_get_str(v, "os", "?"), arch, os);
}

static int login(struct ask *q, const char *auth_json, struct err *e)
{
    struct json *v;
    const char *both;

    if (!auth_json)
        return 0;
    if (json_parse(q->a, auth_json, strlen(auth_json), &v, e) < 0)
        return err_wrap(e, "registry login");
    q->basic = json_get_str(v, "auth", NULL);
    if (!q->basic) {
        both = arena_printf(q->a, "%s:%s", json_get_str(v, "username", ""),
                            json_get_str(v, "password", ""));
        q->basic = base64_dup(q->a, both, strlen(both));
    }
    return 0;
}

int registry_check(struct net *n, const char *ref, const char *os, const char *architecture,
                   const char *auth_json, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct ask q = {.net = n, .a = a};
    struct net_response r;
    struct json *v, *list;

    if (image_name_parse(a, ref, &q.name, e) < 0 || login(&q, auth_json, e) < 0 ||
        get_path(&q, arena_printf(a, "manifests/%s", q.name.reference), &r, e) < 0)
        return -1;
    if (r.status == 404 || r.status == 401 || r.status == 403)
        return failed(e, NOT_FOUND, "Cannot find image %s for %s", ref, architecture);
    if (r.status != 200)
        return failed(e, UNAVAILABLE, "the registry %s answers with status %d", q.name.registry,
                      r.status);
    if (json_parse(a, r.body.p, r.body.n, &v, e) < 0)
        return err_wrap(e, "the image's manifest");
    list = json_get(v, "manifests");
    if (json_is(list, JSON_ARRAY))
        return check_list(list, os, architecture, e);
    return check_single(&q, v, os, architecture, e);
}
