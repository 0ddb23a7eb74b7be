/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "client/client_int.h"

/*
 * A wizard from the asking side. All state is the node's: each answer comes with the wizard as it
 * is then, also a refusal, and that is what the next question is taken from.
 */

enum { ROUNDS_MAX = 1000 }; /* steps of one run, back and forth */

struct drive {
    struct client *c;
    const struct client_answers *answers;
    struct json *wizard;
    const char *deployment; /* its id, once there */
    bool quit;
};

static const char *path_of(struct drive *d, const char *what)
{
    struct arena *a = d->c->arena;

    return arena_printf(a, "/chatflows/%s%s", client__escape(a, json_get_str(d->wizard, "id", "")),
                        what);
}

/*
 * What a change answers: the wizard, or a refusal with the wizard in it, which goes on from there
 * with the text told to the person.
 */
static int tell(struct drive *d, const char *what, struct json *body, struct json **ret,
                struct err *e)
{
    const struct client_question q = {"POST", path_of(d, what), body};
    struct json *answer;
    struct json *wizard;
    int status;

    if (client_ask_any(d->c, &q, &status, &answer, e) < 0)
        return -1;
    *ret = answer;
    if (status < 400)
        return 0;
    wizard = json_get(answer, "wizard");
    if (!wizard)
        return client__refusal(status, json_text(d->c->arena, answer), e);
    d->wizard = wizard;
    *ret = NULL;
    client__say(d->c, "%s", json_get_str(answer, "error", ""));
    return 0;
}

static int go_back(struct drive *d, struct err *e)
{
    struct json *body = json_new_object(d->c->arena);
    struct json *answer;

    json_set_str(d->c->arena, body, "step", json_get_str(d->wizard, "step", ""));
    if (tell(d, "/back", body, &answer, e) < 0)
        return -1;
    if (answer)
        d->wizard = answer;
    return 0;
}

static int ask_step(struct drive *d, struct err *e)
{
    struct arena *a = d->c->arena;
    struct json *body = json_new_object(a);
    enum client_choice choice;
    struct json *given;
    struct json *answer;

    if (d->answers->ask(d->answers->ctx, a, d->wizard, &choice, &given, e) < 0)
        return -1;
    if (choice == CLIENT_BACK)
        return go_back(d, e);
    if (choice == CLIENT_QUIT) {
        d->quit = true;
        return 0;
    }
    json_set_str(a, body, "step", json_get_str(d->wizard, "step", ""));
    json_set(a, body, "answers", given);
    if (tell(d, "/answers", body, &answer, e) < 0)
        return -1;
    if (answer)
        d->wizard = answer;
    return 0;
}

static int review(struct drive *d, struct err *e)
{
    struct arena *a = d->c->arena;
    struct json *body = json_new_object(a);
    enum client_choice choice;
    struct json *answer;

    if (d->answers->confirm(d->answers->ctx, d->wizard, &choice, e) < 0)
        return -1;
    if (choice == CLIENT_BACK)
        return go_back(d, e);
    if (choice == CLIENT_QUIT) {
        d->quit = true;
        return 0;
    }
    json_set_str(a, body, "quoteHash", json_get_str(json_get(d->wizard, "quote"), "hash", "none"));
    if (tell(d, "/deploy", body, &answer, e) < 0)
        return -1;
    if (answer)
        d->wizard = json_get(answer, "wizard");
    return 0;
}

static int drive(struct drive *d, struct err *e)
{
    int i;

    for (i = 0; i < ROUNDS_MAX && !d->quit; i++) {
        const char *state = json_get_str(d->wizard, "state", "");
        int r;

        if (str_eq(state, "deployed")) {
            d->deployment = json_get_str(d->wizard, "deployment", "");
            return 0;
        }
        if (str_eq(state, "asking"))
            r = ask_step(d, e);
        else if (str_eq(state, "review") || str_eq(state, "deploying"))
            r = review(d, e);
        else
            return failed(e, FAILED, "this wizard has expired: begin a new one");
        if (r < 0)
            return -1;
    }
    return d->quit ? 0 : failed(e, FAILED, "this wizard does not come to an end");
}

/* --- the deployment --- */

struct wait {
    struct drive *d;
    struct json *last; /* in the client's arena */
};

static int on_event(void *ctx, const struct json *v, struct err *e)
{
    static const char *const ended[] = {"running", "failed", "deleted", "stopped", "grace"};
    struct wait *w = ctx;
    size_t i;

    (void)e;
    if (w->d->answers->progress)
        w->d->answers->progress(w->d->answers->ctx, v);
    for (i = 0; i < ARRAY_LEN(ended); i++)
        if (str_eq(json_get_str(v, "state", ""), ended[i])) {
            w->last = json_copy(w->d->c->arena, v);
            return 1;
        }
    return 0;
}

static int wait_for(struct drive *d, struct json **ret, struct err *e)
{
    struct arena *a = d->c->arena;
    const char *path =
        arena_printf(a, "/marketplace/api/deployments/%s/events", client__escape(a, d->deployment));
    struct wait w = {.d = d};
    const char *reason;
    int i;

    for (i = 0; i < ROUNDS_MAX && !w.last;
         i++) /* a stream may end before the deployment is there */
        if (client_events(d->c, path, on_event, &w, e) < 0)
            return -1;
    if (!w.last)
        return failed(e, FAILED, "deployment %s does not come to an end", d->deployment);
    reason = json_get_str(w.last, "reason", "");
    if (!str_eq(json_get_str(w.last, "state", ""), "running"))
        return failed(e, FAILED, "deployment %s: %s%s%s", d->deployment,
                      json_get_str(w.last, "state", ""), *reason ? ": " : "", reason);
    *ret = w.last;
    return 0;
}

static int begin(struct drive *d, const struct client_wizard *what, struct err *e)
{
    struct arena *a = d->c->arena;
    struct json *body = json_new_object(a);

    if (what->resume) {
        const char *path = arena_printf(a, "/chatflows/%s", client__escape(a, what->resume));

        return client_ask(d->c, &(struct client_question){"GET", path, NULL}, &d->wizard, e);
    }
    json_set_str(a, body, "package", what->package);
    if (what->version)
        json_set_str(a, body, "version", what->version);
    return client_ask(d->c, &(struct client_question){"POST", "/chatflows", body}, &d->wizard, e);
}

/* One that nobody will take up again; if that fails, too, it expires by itself. */
static void forget(struct drive *d)
{
    const struct client_question q = {"DELETE", path_of(d, ""), NULL};
    struct json *answer;
    struct err why;

    if (client_ask(d->c, &q, &answer, &why) < 0)
        client__say(d->c, "the wizard stays: %s", why.msg);
}

int client_deploy(struct client *c, const struct client_wizard *what,
                  const struct client_answers *answers, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(c->arena);
    struct drive d = {.c = c, .answers = answers};
    struct json *deployment = NULL;

    if (begin(&d, what, e) < 0)
        return -1;
    if (drive(&d, e) < 0) {
        if (what->forget && !what->resume)
            forget(&d);
        return -1;
    }
    json_set_str(c->arena, v, "wizard", json_get_str(d.wizard, "id", ""));
    if (d.deployment) {
        json_set_str(c->arena, v, "id", d.deployment);
        if (!what->no_wait && wait_for(&d, &deployment, e) < 0)
            return -1;
    }
    if (deployment)
        json_set(c->arena, v, "deployment", deployment);
    if (!d.deployment && json_get(d.wizard, "quote"))
        json_set(c->arena, v, "quote", json_get(d.wizard, "quote"));
    *ret = v;
    return 0;
}
