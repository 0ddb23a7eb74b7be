/* SPDX-License-Identifier: Apache-2.0 */
#include "node/login.h"

#include <arpa/inet.h>
#include <string.h>

#include "auth/session.h"
#include "base/log.h"
#include "base/str.h"
#include "node/cookie.h"
#include "node/hosts.h"

int reply_person(struct task *t, const struct auth_person *p)
{
    struct auth_person told = *p;

    auth_person_judge(t->node->auth, &told);
    return reply_json(t, auth_person_json(t->arena, &told));
}

int reply_success(struct task *t)
{
    struct json *v = json_new_object(t->arena);

    json_set_bool(t->arena, v, "success", true);
    return reply_json(t, v);
}

int login_finish(struct task *t, const struct auth_identity *who, struct auth_person *ret,
                 struct err *e)
{
    const struct http_request *r = t->request;
    const struct auth_visit visit = {http_header_get(r, "user-agent"), r->peer,
                                     cookie_get(r, COOKIE_SESSION)};
    const char *token;

    if (auth_person_login(t->node->auth, t->arena, who, ret, e) < 0 ||
        auth_session_open(t->node->auth, t->arena, ret, &visit, &token, e) < 0)
        return -1;
    cookie_set(t, COOKIE_SESSION, token, auth_session_seconds(t->node->auth));
    log_info("login", "%s %s (%s) from %s", ret->kind, ret->name, ret->id, r->peer);
    return 0;
}

/* --- the name of the site --- */

/* The host of publicUrl, or NULL. */
static const char *public_host(struct task *t)
{
    const char *url = t->node->config->public_url;
    const char *host = url ? strstr(url, "://") : NULL;

    if (!host)
        return NULL;
    host += 3;
    return str_lower(t->arena, arena_strndup(t->arena, host, strcspn(host, "/?#")));
}

static bool is_loopback(const char *peer)
{
    struct in_addr four;

    if (str_starts(peer, "::ffff:"))
        peer += 7;
    if (inet_pton(AF_INET, peer, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return str_eq(peer, "::1");
}

bool login_is_local(const struct http_request *r)
{
    const char *host = host_name(r);

    return is_loopback(r->peer) && !r->forwarded && host && host_is_loopback(host);
}

int login_site_of(struct task *t, struct login_site *ret, struct err *e)
{
    const struct http_request *r = t->request;
    const char *ours = public_host(t);
    const char *host = host_of(r);
    bool is_public = host && ours && str_eq(host, ours);
    bool https = is_public ? str_starts(t->node->config->public_url, "https:") : r->secure;

    if (!host || (!is_public && !hosts_named(t->node, r) && !login_is_local(r)))
        return refused(e, LOGIN_HOST, ours ? ours : "its publicUrl, which its operator has to set");
    *ret = (struct login_site){host,
                               arena_printf(t->arena, "%s://%s", https ? "https" : "http", host)};
    return 0;
}
