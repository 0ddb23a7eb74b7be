/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "node/node.h"
#include "wizard/wizard.h"

/* Wizards: chatflowsNew, List, Get, Answer, Back, Deploy, Drop. */

/* Who asks is what the session says; nothing in the request can name somebody else. */
static struct wizard_at at(struct task *t, const char *id)
{
    return (struct wizard_at){t->arena, t->person->id, id};
}

static int wizards_of(struct task *t, struct wizards **ret, struct err *e)
{
    *ret = t->node->wizards;
    return *ret ? 0 : refused(e, SOLUTIONS_OFF);
}

static int reply_wizard(struct task *t, const struct json *wizard)
{
    reply_header(t, "Cache-Control", "no-store");
    return reply_json(t, wizard);
}

/* A refusal with the wizard as it is beside it, so that whoever was behind can go on from there. */
static int reply_refused(struct task *t, struct json *wizard, struct err *e)
{
    struct json *v;

    if (!wizard)
        return -1;
    v = json_new_object(t->arena);
    json_set_str(t->arena, v, "error", e->msg);
    json_set(t->arena, v, "wizard", wizard);
    (void)reply_wizard(t, v);
    reply_status(t, err_status(e->code));
    return 0;
}

int cmd_chatflows_new(struct task *t, const struct args_chatflows_new *args, struct err *e)
{
    const struct wizard_at who = at(t, NULL);
    struct wizards *w;
    struct json *v;

    if (wizards_of(t, &w, e) < 0 || wizard_begin(w, &who, args->package, args->version, &v, e) < 0)
        return -1;
    return reply_wizard(t, v);
}

int cmd_chatflows_list(struct task *t, const struct args_chatflows_list *args, struct err *e)
{
    const struct wizard_at who = at(t, NULL);
    struct json *v = json_new_object(t->arena);
    struct json *list;
    struct wizards *w;

    (void)args;
    if (wizards_of(t, &w, e) < 0 || wizard_list(w, &who, &list, e) < 0)
        return -1;
    json_set(t->arena, v, "chatflows", list);
    return reply_wizard(t, v);
}

int cmd_chatflows_get(struct task *t, const struct args_chatflows_get *args, struct err *e)
{
    const struct wizard_at which = at(t, args->id);
    struct wizards *w;
    struct json *v;

    if (wizards_of(t, &w, e) < 0 || wizard_get(w, &which, &v, e) < 0)
        return -1;
    return reply_wizard(t, v);
}

int cmd_chatflows_answer(struct task *t, const struct args_chatflows_answer *args, struct err *e)
{
    const struct wizard_at which = at(t, args->id);
    struct json *v = NULL;
    struct wizards *w;

    if (wizards_of(t, &w, e) < 0)
        return -1;
    if (wizard_answer(w, &which, args->step, args->answers, &v, e) < 0)
        return reply_refused(t, v, e);
    return reply_wizard(t, v);
}

int cmd_chatflows_back(struct task *t, const struct args_chatflows_back *args, struct err *e)
{
    const struct wizard_at which = at(t, args->id);
    struct json *v = NULL;
    struct wizards *w;

    if (wizards_of(t, &w, e) < 0)
        return -1;
    if (wizard_back(w, &which, args->step, args->to, &v, e) < 0)
        return reply_refused(t, v, e);
    return reply_wizard(t, v);
}

int cmd_chatflows_deploy(struct task *t, const struct args_chatflows_deploy *args, struct err *e)
{
    const struct wizard_at which = at(t, args->id);
    struct json *answer = json_new_object(t->arena);
    struct json *v = NULL;
    struct wizards *w;

    if (wizards_of(t, &w, e) < 0)
        return -1;
    if (wizard_deploy(w, &which, args->quote_hash, &v, e) < 0)
        return reply_refused(t, v, e);
    json_set_str(t->arena, answer, "deployment", json_get_str(v, "deployment", ""));
    json_set(t->arena, answer, "wizard", v);
    return reply_wizard(t, answer);
}

int cmd_chatflows_drop(struct task *t, const struct args_chatflows_drop *args, struct err *e)
{
    const struct wizard_at which = at(t, args->id);
    struct wizards *w;

    if (wizards_of(t, &w, e) < 0 || wizard_drop(w, &which, e) < 0)
        return -1;
    return reply_wizard(t, json_new_object(t->arena));
}
