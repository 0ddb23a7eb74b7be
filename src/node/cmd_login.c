/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "api.gen.h"
#include "auth/session.h"
#include "base/log.h"
#include "base/str.h"
#include "node/cookie.h"
#include "node/hosts.h"
#include "node/login.h"
#include "node/who.h"

/* Sessions and terms of people, and the login of developers. */

int reply_person(struct task *t, const struct auth_person *p)
{
    reply_header(t, "Cache-Control", "no-store");
    return reply_json(t, auth_person_json(t->arena, p));
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

/* --- the session --- */

int cmd_marketplace_authenticated(struct task *t, const struct args_marketplace_authenticated *args,
                                  struct err *e)
{
    (void)args;
    (void)e;
    return reply_person(t, t->person);
}

int cmd_marketplace_authorized(struct task *t, const struct args_marketplace_authorized *args,
                               struct err *e)
{
    (void)args;
    (void)e;
    return reply_person(t, t->person);
}

/* Whoever is nobody any more may log out as well. */
int cmd_marketplace_logout(struct task *t, const struct args_marketplace_logout *args,
                           struct err *e)
{
    (void)args;
    if (who_same_origin(t->request, false, e) < 0 ||
        auth_session_end(t->node->auth, cookie_get(t->request, COOKIE_SESSION), e) < 0)
        return -1;
    cookie_set(t, COOKIE_SESSION, "", 0);
    return reply_success(t);
}

int cmd_marketplace_sessions(struct task *t, const struct args_marketplace_sessions *args,
                             struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list;

    (void)args;
    if (auth_session_list(t->node->auth, t->arena, t->person, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "sessions", list);
    return reply_json(t, v);
}

int cmd_marketplace_session_end(struct task *t, const struct args_marketplace_session_end *args,
                                struct err *e)
{
    bool found;

    if (auth_session_revoke(t->node->auth, t->person->id, args->id, &found, e) < 0)
        return -1;
    return found ? reply_success(t) : refused(e, SESSION_UNKNOWN);
}

/* --- the terms --- */

int cmd_marketplace_terms(struct task *t, const struct args_marketplace_terms *args, struct err *e)
{
    struct json *v = json_new_object(t->arena);

    (void)args;
    (void)e;
    json_set_str(t->arena, v, "hash", auth_terms_hash(t->node->auth));
    json_set_str(t->arena, v, "text", auth_terms_text(t->node->auth));
    return reply_json(t, v);
}

int cmd_marketplace_terms_accept(struct task *t, const struct args_marketplace_terms_accept *args,
                                 struct err *e)
{
    struct auth_person p = *t->person;

    if (auth_terms_accept(t->node->auth, p.id, args->hash, e) < 0)
        return -1;
    p.terms = true;
    return reply_person(t, &p);
}

/* --- developers --- */

static bool is_loopback(const char *peer)
{
    struct in_addr four;

    if (str_starts(peer, "::ffff:"))
        peer += 7;
    if (inet_pton(AF_INET, peer, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return str_eq(peer, "::1");
}

/*
 * From this machine, and not through a proxy for somebody else; and to a name of this machine, so
 * that no page of another name that leads here (DNS rebinding) can log itself in.
 */
static bool is_local(const struct http_request *r)
{
    const char *host = host_name(r);

    return is_loopback(r->peer) && !r->forwarded && host && host_is_loopback(host);
}

static bool is_dev_name(const char *s)
{
    return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(s) &&
           !str_starts(s, "0x");
}

int cmd_marketplace_dev_login(struct task *t, const struct args_marketplace_dev_login *args,
                              struct err *e)
{
    const struct auth_identity who = {.kind = "dev", .name = args->name, .email = ""};
    struct auth_person p;

    if (!t->node->config->dev_login || !is_local(t->request))
        return refused(e, DEV_LOGIN);
    if (who_same_origin(t->request, false, e) < 0)
        return -1;
    if (!is_dev_name(args->name))
        return refused(e, DEV_NAME);
    return login_finish(t, &who, &p, e) < 0 ? -1 : reply_person(t, &p);
}
