/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "auth/session.h"
#include "base/buf.h"
#include "base/str.h"
#include "gateway/gateway.h"
#include "node/cookie.h"
#include "node/hosts.h"
#include "node/node.h"
#include "node/task.h"
#include "node/who.h"

/*
 * The login in front of solutions that have none. Caddy asks /.atoll/check before each request of
 * such a host. Who has no pass there is sent to the marketplace (/auth/gate), where their session
 * is, and from there back with a token that is good once (/.atoll/enter), which buys the pass: a
 * session of that host only, since the solution's owner may see what browsers send there.
 */

#define COOKIE_PASS "atoll_pass" /* caddy_config.c hides it from the solution */

enum { URL_MAX = 16384 };

static int move_to(struct task *t, const char *url)
{
    reply_status(t, 302);
    reply_header(t, "Location", url);
    reply_header(t, "Cache-Control", "no-store");
    reply_header(t, "Referrer-Policy", "no-referrer");
    return 0;
}

/* As a value of a query. */
static const char *escape(struct arena *a, const char *text)
{
    _buf_ struct buf b = BUF_INIT(URL_MAX);

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~/", c))
            buf_putc(&b, (char)c);
        else
            buf_printf(&b, "%%%02X", c);
    }
    return arena_strdup(a, b.full ? "" : buf_str(&b));
}

/* A path of the same host; anything else would send visitors away. */
static const char *safe_path(const char *path)
{
    const unsigned char *p = (const unsigned char *)path;

    if (!path || path[0] != '/' || path[1] == '/' || path[1] == '\\')
        return "/";
    for (; *p; p++)
        if (*p <= ' ' || *p == 0x7f || *p == '\\')
            return "/";
    return path;
}

/* --- on the solution's host --- */

static bool is_page(const struct http_request *r)
{
    const char *method = http_header_get(r, "x-forwarded-method");
    const char *accept = http_header_get(r, "accept");

    return (str_eq(method, "GET") || str_eq(method, "HEAD")) && accept &&
           strstr(accept, "text/html") != NULL;
}

static int send_to_market(struct task *t, const char *host, struct err *e)
{
    const char *path = safe_path(http_header_get(t->request, "x-forwarded-uri"));

    if (!is_page(t->request))
        return refused(e, GATEWAY_LOGIN);
    return move_to(t, arena_printf(t->arena, "%s/auth/gate?host=%s&next=%s",
                                   gateway_market_url(t->node->gateway, t->arena),
                                   escape(t->arena, host), escape(t->arena, path)));
}

static int find_host(struct task *t, const char *host, struct gateway_owner *ret, struct err *e)
{
    bool found = false;

    if (host && gateway_host_find(t->node->gateway, t->arena, host, &found, ret, e) < 0)
        return -1;
    return found ? 0 : refused(e, GATEWAY_NO_HOST, host ? host : "this host");
}

static int check_person(struct task *t, const struct gateway_owner *owner, const char *host,
                        const struct auth_person *p, struct err *e)
{
    bool may;

    if (gateway_may_pass(t->node->gateway, owner, p->id, p->name, &may, e) < 0)
        return -1;
    return may ? 0 : refused(e, GATEWAY_STRANGER, host);
}

int cmd_marketplace_gate_check(struct task *t, const struct args_marketplace_gate_check *args,
                               struct err *e)
{
    const char *host = host_name(t->request);
    const struct auth_pass pass = {cookie_get(t->request, COOKIE_PASS), host};
    struct gateway_owner owner;
    struct auth_person p;
    bool found = false;

    (void)args;
    if (find_host(t, host, &owner, e) < 0)
        return -1;
    if (!owner.login)
        return reply_text(t, "ok");
    if (pass.token && auth_session_find(t->node->auth, t->arena, &pass, &found, &p, e) < 0)
        return -1;
    if (!found)
        return send_to_market(t, host, e);
    return check_person(t, &owner, host, &p, e) < 0 ? -1 : reply_text(t, "ok");
}

int cmd_marketplace_gate_enter(struct task *t, const struct args_marketplace_gate_enter *args,
                               struct err *e)
{
    const char *host = host_name(t->request);
    const struct auth_pass pass = {args->token, host};
    struct gateway_owner owner;
    const char *session;

    if (find_host(t, host, &owner, e) < 0 ||
        auth_handover_take(t->node->auth, t->arena, &pass, &session, e) < 0)
        return -1;
    if (!session)
        return refused(e, GATEWAY_PASS);
    cookie_set(t, COOKIE_PASS, session, auth_session_seconds(t->node->auth));
    return move_to(t, safe_path(args->next));
}

/* --- on the marketplace's --- */

static int to_login(struct task *t, const char *host, const char *next)
{
    const char *back = arena_printf(t->arena, "/auth/gate?host=%s&next=%s", escape(t->arena, host),
                                    escape(t->arena, next));

    return move_to(t,
                   arena_printf(t->arena, "/marketplace/#/login?next=%s", escape(t->arena, back)));
}

int cmd_marketplace_gate(struct task *t, const struct args_marketplace_gate *args, struct err *e)
{
    const char *host = str_lower(t->arena, args->host);
    const char *next = safe_path(args->next);
    const struct auth_person *p;
    struct gateway_owner owner;
    const char *token;
    struct err why;

    if (find_host(t, host, &owner, e) < 0)
        return -1;
    if (who_check(t->node, t->request, API_WHO_PERSON, &p, &why) < 0) {
        if (why.code == ERR_LOGIN_NEEDED)
            return to_login(t, host, next);
        *e = why;
        return -1;
    }
    if (!p->session)
        return to_login(t, host, next);
    if (check_person(t, &owner, host, p, e) < 0 ||
        auth_handover_make(t->node->auth, t->arena, p, host, &token, e) < 0)
        return -1;
    return move_to(t, arena_printf(t->arena, "%s/.atoll/enter?token=%s&next=%s",
                                   gateway_url(t->node->gateway, t->arena, host),
                                   escape(t->arena, token), escape(t->arena, next)));
}
