/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/session.h"
#include "node/cookie.h"
#include "node/login.h"
#include "node/node_pools.h"
#include "node/visits.h"
#include "node/who.h"

/* Who is logged in, their sessions and terms. */

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
    visits_look(t->node);
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
    visits_look(t->node);
    return found ? reply_success(t) : refused(e, SESSION_UNKNOWN);
}

int cmd_marketplace_sessions_end(struct task *t, const struct args_marketplace_sessions_end *args,
                                 struct err *e)
{
    (void)args;
    if (auth_session_end_all(t->node->auth, t->person->id, t->person->session, e) < 0)
        return -1;
    visits_look(t->node);
    return reply_success(t);
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
    node_pools_quota(t->node, &p);
    return reply_person(t, &p);
}
