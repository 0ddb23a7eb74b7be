/* SPDX-License-Identifier: Apache-2.0 */
#include "package/package.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"

/* `atoll package`: what a marketplace offers. Only administrators change it. */

#define ADMIN "/marketplace/api/admin/packages"

static int ask(struct cli_call *c, const char *method, const char *path, const struct json *body,
               struct json **ret, struct err *e)
{
    return client_ask(c->client, &(struct client_question){method, path, body}, ret, e);
}

/* A name of a package in a path: the node refuses other names, but they must not be another path.
 */
static int path_of(struct cli_call *c, const char *base, const char *tail, const char **ret,
                   struct err *e)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *name = c->args[0];

    if (!*name || strspn(name, letters) != strlen(name))
        return failed(e, INVALID, "'%s' is no name of a package", name);
    *ret = arena_printf(c->arena, "%s/%s%s", base, name, tail);
    return 0;
}

/* A folder is named as this machine knows it: the node reads it, so it must be the node's machine.
 */
static int source_of(struct cli_call *c, const char **ret, struct err *e)
{
    char *whole;

    *ret = c->args[0];
    if (strstr(*ret, "://"))
        return 0;
    whole = realpath(c->args[0], NULL);
    if (!whole)
        return failed(e, INVALID, "%s: %s", c->args[0], strerror(errno));
    *ret = arena_strdup(c->arena, whole);
    free(whole);
    return 0;
}

static int add(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    struct json *v = json_new_object(c->arena);
    struct json *p;
    const char *source;

    if (source_of(c, &source, e) < 0)
        return -1;
    json_set_str(c->arena, body, "source", source);
    if (ask(c, "POST", ADMIN, body, &p, e) < 0)
        return -1;
    json_set_str(c->arena, v, "name", json_get_str(p, "name", ""));
    json_set_str(c->arena, v, "version", json_get_str(p, "version", ""));
    json_set_str(c->arena, v, "title", json_get_str(p, "title", ""));
    json_set(c->arena, v, "permissions", json_copy(c->arena, json_get(p, "permissions")));
    *ret = v;
    return 0;
}

static bool for_people(const struct cli_call *c)
{
    return !json_get_bool(c->options, "json", false) && isatty(STDOUT_FILENO);
}

static struct json *row(struct cli_call *c, const struct json *p)
{
    static const char *const keys[] = {"name", "version", "title", "state", "reason"};
    struct json *out = json_new_object(c->arena);
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        json_set_str(c->arena, out, keys[i], json_get_str(p, keys[i], ""));
    return out;
}

/* With --all an administrator sees what is stopped as well, and where everything came from. */
static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    const bool all = json_get_bool(c->options, "all", false);
    struct json *rows = json_new_array(c->arena);
    struct json *v = json_new_object(c->arena);
    struct json *answer, *packages;
    size_t i;

    if (ask(c, "GET", all ? ADMIN : "/marketplace/api/packages", NULL, &answer, e) < 0)
        return -1;
    packages = json_get(answer, "packages");
    for (i = 0; i < json_len(packages); i++)
        json_push(c->arena, rows,
                  for_people(c) ? row(c, json_at(packages, i)) : json_at(packages, i));
    json_set(c->arena, v, "packages", rows);
    *ret = v;
    return 0;
}

static int info(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *version = cli_option(c, "version", NULL);
    const char *path;

    if (path_of(c, "/marketplace/api/packages", "", &path, e) < 0)
        return -1;
    if (version && strpbrk(version, "&#%? "))
        return failed(e, INVALID, "--version: '%s' is no version", version);
    if (version)
        path = arena_printf(c->arena, "%s?version=%s", path, version);
    return ask(c, "GET", path, NULL, ret, e);
}

static int drop(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (path_of(c, ADMIN, "", &path, e) < 0)
        return -1;
    return ask(c, "DELETE", path, NULL, ret, e);
}

static int start(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (path_of(c, ADMIN, "/start", &path, e) < 0)
        return -1;
    return ask(c, "POST", path, json_new_object(c->arena), ret, e);
}

static int stop(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (path_of(c, ADMIN, "/stop", &path, e) < 0)
        return -1;
    return ask(c, "POST", path, json_new_object(c->arena), ret, e);
}

static int server(struct cli_call *c, struct json **ret, struct err *e)
{
    static const char *const keys[] = {"server", "domain", "email"};
    struct json *body = json_new_object(c->arena);
    const char *path;
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        if (cli_option(c, keys[i], NULL))
            json_set_str(c->arena, body, keys[i], cli_option(c, keys[i], NULL));
    if (json_get(c->options, "include"))
        json_set(c->arena, body, "includes", json_copy(c->arena, json_get(c->options, "include")));
    if (path_of(c, ADMIN, "/servers", &path, e) < 0)
        return -1;
    return ask(c, "POST", path, body, ret, e);
}

/* Needs no node: for who writes a package. */
static int check(struct cli_call *c, struct json **ret, struct err *e)
{
    const struct package_rules rules = {.allow_tags = json_get_bool(c->options, "tags", false)};
    const char *slash = str_ends(c->args[0], "/") ? "" : "/";
    struct json *v = json_new_object(c->arena);
    struct package_files files;
    struct package *p;

    if (package_read_folder(c->arena, c->args[0], &files, e) < 0 ||
        package_parse(c->arena, arena_printf(c->arena, "%s%s", c->args[0], slash), &files, &rules,
                      &p, e) < 0)
        return -1;
    json_set_str(c->arena, v, "name", p->name);
    json_set_str(c->arena, v, "version", p->version);
    json_set_str(c->arena, v, "digest", package_digest(c->arena, &files));
    json_set_int(c->arena, v, "questions", (int64_t)p->question_count);
    json_set_int(c->arena, v, "containers", (int64_t)p->container_count);
    json_set(c->arena, v, "permissions", package_permissions_json(c->arena, p));
    *ret = v;
    return 0;
}

static const struct cli_action actions[] = {
    {"add", "FOLDER|URL@COMMIT", "",
     "adds a package, or a version of one, and starts it; a folder is one of the node's machine", 1,
     1, add},
    {"list", "", "all", "what can be deployed; --all: what is kept, for administrators", 0, 0,
     list},
    {"info", "NAME", "version=", "a package with everything it asks", 1, 1, info},
    {"remove", "NAME", "", "removes a package that nobody has deployed", 1, 1, drop},
    {"start", "NAME", "", "offers a stopped package again", 1, 1, start},
    {"stop", "NAME", "", "offers it no more; what is deployed runs on", 1, 1, stop},
    {"server", "NAME", "server= domain= email= include=+",
     "the domain of one of a package's servers, as 'marketplace' has one", 1, 1, server},
    {"check", "FOLDER", "tags", "whether a folder is a package; asks no node", 1, 1, check},
};

int cli_package(int argc, char **argv)
{
    static const struct cli_family family = {"package", "solutions that a marketplace offers",
                                             actions, ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
