/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"

/* `atoll service`: one's own deployments, by name or id. */

#define BASE "/marketplace/api/deployments"

static const int64_t SECONDS_MAX = 3660LL * 86400;

static int ask(struct cli_call *c, const char *method, const char *path, const struct json *body,
               struct json **ret, struct err *e)
{
    return client_ask(c->client, &(struct client_question){method, path, body}, ret, e);
}

static int all(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *answer;

    if (ask(c, "GET", BASE, NULL, &answer, e) < 0)
        return -1;
    *ret = json_get(answer, "deployments");
    return 0;
}

/* The deployment that is meant by args[0]; only what the node lists can be meant. */
static int find(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *list;
    size_t i;

    if (all(c, &list, e) < 0)
        return -1;
    for (i = 0; i < json_len(list); i++) {
        struct json *v = json_at(list, i);

        if (str_eq(json_get_str(v, "name", ""), c->args[0]) ||
            str_eq(json_get_str(v, "id", ""), c->args[0])) {
            *ret = v;
            return 0;
        }
    }
    return failed(e, NOT_FOUND, "you have no deployment '%s'", c->args[0]);
}

int cli_service_path(struct cli_call *c, const char *tail, const char **ret, struct err *e)
{
    struct json *v;

    if (find(c, &v, e) < 0)
        return -1;
    *ret = arena_printf(c->arena, BASE "/%s%s", json_get_str(v, "id", ""), tail);
    return 0;
}

static int post(struct cli_call *c, const char *tail, const struct json *body, struct json **ret,
                struct err *e)
{
    const char *path;

    if (cli_service_path(c, tail, &path, e) < 0)
        return -1;
    return ask(c, "POST", path, body, ret, e);
}

/* A row of the table that people read. */
static struct json *row(struct cli_call *c, const struct json *v)
{
    static const char *const keys[] = {"name",  "package", "version", "size",
                                       "state", "health",  "url",     "reason"};
    struct json *out = json_new_object(c->arena);
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        json_set_str(c->arena, out, keys[i], json_get_str(v, keys[i], ""));
    return out;
}

static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *services, *rows = json_new_array(c->arena);
    struct json *v = json_new_object(c->arena);
    size_t i;

    if (all(c, &services, e) < 0)
        return -1;
    for (i = 0; i < json_len(services); i++)
        json_push(c->arena, rows,
                  json_get_bool(c->options, "json", false) || !isatty(STDOUT_FILENO)
                      ? json_at(services, i)
                      : row(c, json_at(services, i)));
    json_set(c->arena, v, "deployments", rows);
    *ret = v;
    return 0;
}

static int info(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (cli_service_path(c, "", &path, e) < 0)
        return -1;
    return ask(c, "GET", path, NULL, ret, e);
}

static int start(struct cli_call *c, struct json **ret, struct err *e)
{
    return post(c, "/start", NULL, ret, e);
}

static int stop(struct cli_call *c, struct json **ret, struct err *e)
{
    return post(c, "/stop", NULL, ret, e);
}

static int restart(struct cli_call *c, struct json **ret, struct err *e)
{
    return post(c, "/restart", NULL, ret, e);
}

static int rollback(struct cli_call *c, struct json **ret, struct err *e)
{
    return post(c, "/rollback", NULL, ret, e);
}

static int credentials(struct cli_call *c, struct json **ret, struct err *e)
{
    return post(c, "/credentials", NULL, ret, e);
}

/* --for SECONDS from now on, or --open-end. */
static int extend(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    bool open_end = json_get_bool(c->options, "open-end", false);
    int64_t seconds;

    if (cli_number(c, "for", 0, SECONDS_MAX, &seconds, e) < 0)
        return -1;
    if ((seconds > 0) == open_end)
        return failed(e, INVALID, "expected: --for SECONDS, or --open-end");
    json_set_int(c->arena, body, "ends", open_end ? 0 : clock_ms() + seconds * 1000);
    return post(c, "/extend", body, ret, e);
}

static int resize(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);

    json_set_str(c->arena, body, "size", c->args[1]);
    return post(c, "/resize", body, ret, e);
}

static int update(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const char *version = cli_option(c, "version", NULL);

    if (version)
        json_set_str(c->arena, body, "version", version);
    return post(c, "/update", body, ret, e);
}

static int logs(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *container = cli_option(c, "container", NULL);
    const char *path;

    if (cli_service_path(c, "/logs", &path, e) < 0)
        return -1;
    path = arena_printf(c->arena, "%s?follow=%s%s%s", path,
                        json_get_bool(c->options, "follow", false) ? "true" : "false",
                        container ? "&container=" : "",
                        container ? client_escape(c->client, container) : "");
    *ret = NULL; /* the log itself is the output */
    return client_read(c->client, path, STDOUT_FILENO, e);
}

static int metrics(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *range = cli_option(c, "range", "hour");
    const char *path;

    if (cli_service_path(c, "/metrics", &path, e) < 0)
        return -1;
    return ask(c, "GET",
               arena_printf(c->arena, "%s?range=%s", path, client_escape(c->client, range)), NULL,
               ret, e);
}

static int is_gone(void *ctx, const struct json *v, struct err *e)
{
    (void)ctx;
    (void)e;
    return str_eq(json_get_str(v, "state", ""), "deleted") ? 1 : 0;
}

/*
 * Asks, and asks again when its events tell that it is gone: then the answer is what was removed.
 * It goes on without whoever waits.
 */
static int delete_and_wait(struct cli_call *c, const char *path, const struct json *body,
                           struct json **ret, struct err *e)
{
    const bool wait = !json_get_bool(c->options, "no-wait", false);

    for (;;) {
        if (ask(c, "DELETE", path, body, ret, e) < 0)
            return -1;
        if (!wait || str_eq(json_get_str(*ret, "state", ""), "deleted"))
            return 0;
        if (client_events(c->client, arena_printf(c->arena, "%s/events", path), is_gone, NULL, e) <
            0)
            return err_wrap(e, "it is being deleted, but cannot be watched");
    }
}

static int delete_it(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const char *confirm = cli_option(c, "confirm", NULL);
    const char *path;

    if (!confirm)
        return failed(e, INVALID, "everything of it is deleted: add --confirm and its name");
    json_set_str(c->arena, body, "confirm", confirm);
    if (cli_service_path(c, "", &path, e) < 0)
        return -1;
    return delete_and_wait(c, path, body, ret, e);
}

static const struct cli_action actions[] = {
    {"deploy", "[PACKAGE]", "interactive answers= set=+ version= resume= accept-terms yes no-wait",
     "answers a package's questions, agrees to the price, deploys", 0, 1, cli_service_deploy},
    {"list", "", "accept-terms", "what runs, and how it is", 0, 0, list},
    {"info", "NAME", "accept-terms", "one of them with its containers and its history", 1, 1, info},
    {"start", "NAME", "accept-terms", "starts a stopped one again", 1, 1, start},
    {"stop", "NAME", "accept-terms", "stops it; volumes stay, what was not used is not paid", 1, 1,
     stop},
    {"restart", "NAME", "accept-terms", "stops the containers and starts them again", 1, 1,
     restart},
    {"extend", "NAME", "for= open-end accept-terms", "until when it runs, in seconds from now", 1,
     1, extend},
    {"resize", "NAME SIZE", "accept-terms", "another of the package's sizes", 2, 2, resize},
    {"update", "NAME", "version= accept-terms", "another version of the package; volumes stay", 1,
     1, update},
    {"rollback", "NAME", "accept-terms", "back to the version before the last update", 1, 1,
     rollback},
    {"logs", "NAME", "container= follow accept-terms", "what a container writes", 1, 1, logs},
    {"shell", "NAME [-- COMMAND...]", "container= no-tty accept-terms",
     "a shell in a container, or a command there; its status is ours", 1, 65, cli_service_shell},
    {"metrics", "NAME", "range= accept-terms", "CPU, memory, disk and network: hour, day or week",
     1, 1, metrics},
    {"credentials", "NAME", "accept-terms", "passwords made for you, shown once", 1, 1,
     credentials},
    {"delete", "NAME", "confirm= no-wait accept-terms", "deletes it with everything that it has", 1,
     1, delete_it},
};

int cli_service(int argc, char **argv)
{
    static const struct cli_family family = {
        "service", "solutions that run for you; `service clean` for operators", actions,
        ARRAY_LEN(actions)};

    if (argc > 1 && str_eq(argv[1], "clean"))
        return cli_service_clean(argc - 1, argv + 1);
    return cli_family_run(&family, argc, argv);
}
