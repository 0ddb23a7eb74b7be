/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "base/log.h"
#include "base/str.h"
#include "node/login.h"
#include "node/visits.h"
#include "pool/pool.h"
#include "service/service.h"

/* People as administrators see them, and what administrators did. */

enum { LIMIT = 100 };

/* How much each of them has, as far as this node keeps it. */
static int count_things(struct task *t, struct json *list, struct err *e)
{
    const struct node *n = t->node;
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        struct json *v = json_at(list, i);
        const char *id = json_get_str(v, "id", "");
        int64_t deployments = 0;
        int64_t pools = 0;

        if ((n->services && service_count(n->services, id, NULL, &deployments, e) < 0) ||
            (n->pools && pool_count(n->pools, id, &pools, e) < 0))
            return -1;
        json_set_int(t->arena, v, "deployments", deployments);
        json_set_int(t->arena, v, "pools", pools);
    }
    return 0;
}

int cmd_marketplace_users(struct task *t, const struct args_marketplace_users *args, struct err *e)
{
    const struct auth_people which = {.text = args->search ? args->search : "",
                                      .offset = args->offset,
                                      .limit = args->has_limit ? args->limit : LIMIT};
    struct json *v = json_new_object(t->arena);
    struct json *list;

    if (auth_persons_json(t->node->auth, t->arena, &which, &list, e) < 0 ||
        count_things(t, list, e) < 0)
        return -1;
    json_set(t->arena, v, "users", list);
    return reply_json(t, v);
}

/* Written down once it is done; what cannot be written down is told as not done. */
static int done(struct task *t, bool found, const char *what, const char *id, struct err *e)
{
    if (!found)
        return refused(e, USER_UNKNOWN);
    what = arena_printf(t->arena, "%s %s", what, id);
    log_info("login", "%s (%s) %s", t->person->name, t->person->id, what);
    if (auth_audit(t->node->auth, t->person->id, what, e) < 0)
        return -1;
    return reply_success(t);
}

int cmd_marketplace_user_block(struct task *t, const struct args_marketplace_user_block *args,
                               struct err *e)
{
    bool found;

    if (str_eq(args->id, t->person->id))
        return refused(e, USER_SELF);
    if (auth_person_block(t->node->auth, args->id, true, &found, e) < 0)
        return -1;
    visits_look(t->node);
    return done(t, found, "blocked", args->id, e);
}

int cmd_marketplace_user_unblock(struct task *t, const struct args_marketplace_user_unblock *args,
                                 struct err *e)
{
    bool found;

    if (auth_person_block(t->node->auth, args->id, false, &found, e) < 0)
        return -1;
    return done(t, found, "unblocked", args->id, e);
}

int cmd_marketplace_user_unpin(struct task *t, const struct args_marketplace_user_unpin *args,
                               struct err *e)
{
    bool found;

    if (auth_person_unpin(t->node->auth, args->id, &found, e) < 0)
        return -1;
    return done(t, found, "forgot the key of", args->id, e);
}

int cmd_marketplace_audit(struct task *t, const struct args_marketplace_audit *args, struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *list;

    if (auth_audit_json(t->node->auth, t->arena, args->before,
                        args->has_limit ? args->limit : LIMIT, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "entries", list);
    return reply_json(t, v);
}
