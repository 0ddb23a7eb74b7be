/* SPDX-License-Identifier: Apache-2.0 */
#include "node/who.h"

#include <string.h>
#include <strings.h>

#include "auth/session.h"
#include "base/str.h"
#include "node/cookie.h"
#include "node/hosts.h"

/* Clients write the bare token, some the scheme before it. */
const char *who_token(const struct http_request *r)
{
    const char *s = http_header_get(r, "authorization");

    if (s && strncasecmp(s, "Bearer ", 7) == 0)
        s += 7;
    return auth_is_given(s) ? s : NULL;
}

bool who_is_nobody(const struct http_request *r)
{
    return !who_token(r) && !cookie_get(r, COOKIE_SESSION);
}

/* --- where it comes from --- */

static bool is_json(const struct http_request *r)
{
    const char *type = http_header_get(r, "content-type");
    size_t n = strlen("application/json");

    return type && strncasecmp(type, "application/json", n) == 0 &&
           (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* Behind a proxy that does not say so, https may look like http here, never the other way round. */
static bool is_ours(const struct http_request *r, const char *origin)
{
    const char *host = http_header_get(r, "host");
    bool https = str_starts(origin, "https://");

    if (!host || (!https && (r->secure || !str_starts(origin, "http://"))))
        return false;
    return str_ieq(origin + (https ? 8 : 7), host);
}

int who_same_origin(const struct http_request *r, bool strict, struct err *e)
{
    const char *origin = http_header_get(r, "origin");
    const char *site = http_header_get(r, "sec-fetch-site");
    bool told = origin || site;

    if ((origin && !is_ours(r, origin)) || (site && !str_eq(site, "same-origin")) ||
        (strict && !told) || (r->body.n > 0 && !is_json(r)))
        return refused(e, ORIGIN);
    return 0;
}

/* A WebSocket begins as a GET that any page may send. */
static bool changes_something(const struct http_request *r)
{
    return !str_eq(r->method, "GET") || http_header_get(r, "upgrade");
}

/* --- who it is --- */

static int by_token(struct node *n, const struct http_request *r, const char *token,
                    struct auth_person *ret, struct err *e)
{
    struct addr who;

    if (auth_token_find(n->auth, token, &who, e) < 0)
        return e->code == ERR_AUTH_TOKEN ? refused(e, LOGIN_NEEDED) : -1;
    return auth_person_of_wallet(n->auth, r->arena, &who, ret, e);
}

int who_token_alive(struct node *n, struct arena *a, const char *token, bool *ret, struct err *e)
{
    struct auth_person p;
    struct addr who;

    *ret = true;
    if (auth_token_find(n->auth, token, &who, e) == 0 &&
        auth_person_of_wallet(n->auth, a, &who, &p, e) == 0)
        return 0;
    if (e->code != ERR_AUTH_TOKEN && e->code != ERR_LOGIN_BLOCKED)
        return -1;
    *ret = false;
    return 0;
}

static int by_cookie(struct node *n, const struct http_request *r, struct auth_person *ret,
                     struct err *e)
{
    const struct auth_pass pass = {cookie_get(r, COOKIE_SESSION), ""};
    bool found;

    if (auth_session_find(n->auth, r->arena, &pass, &found, ret, e) < 0)
        return -1;
    if (!found)
        return refused(e, LOGIN_NEEDED);
    return changes_something(r) ? who_same_origin(r, true, e) : 0;
}

int who_check(struct node *n, const struct http_request *r, enum api_who wanted,
              const struct auth_person **ret, struct err *e)
{
    struct auth_person *p = arena_calloc(r->arena, 1, sizeof(*p));
    const char *token = who_token(r);

    if ((token ? by_token(n, r, token, p, e) : by_cookie(n, r, p, e)) < 0)
        return -1;
    if (wanted == API_WHO_ADMIN)
        auth_person_judge(n->auth, p);
    if (wanted == API_WHO_ADMIN && !p->admin)
        return refused(e, ADMIN_NEEDED);
    if (wanted == API_WHO_MEMBER && !p->terms)
        return refused(e, TERMS_NEEDED);
    *ret = p;
    return 0;
}
