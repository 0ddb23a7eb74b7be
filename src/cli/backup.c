/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"
#include "config/env.h"
#include "node/node_backup.h"

/* `atoll backup`: of one's deployments, and, for administrators, of the node itself. */

#define OWN "/marketplace/api/admin/backups"
#define SERVERS "/marketplace/api/admin/backup-servers"

enum { KEY_FILE_MAX = 1024, LOOK_MS = 500 };

static int ask(struct cli_call *c, const char *method, const char *path, const struct json *body,
               struct json **ret, struct err *e)
{
    const struct client_question q = {method, path, body};

    return client_ask(c->client, &q, ret, e);
}

/* --- deployments --- */

/* The id of the one that has this id or name; the newest, of several. */
static const char *id_in(const struct json *list, const char *key, const char *which)
{
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        const char *id = json_get_str(json_at(list, i), key, "");

        if (str_eq(id, which) || str_eq(json_get_str(json_at(list, i), "name", ""), which))
            return id;
    }
    return NULL;
}

/* Where the backups of a deployment are asked about; by its id or name. NULL: the node's own. */
static int path_of(struct cli_call *c, const char *which, const char **ret, struct err *e)
{
    static const char *const where[][3] = {
        {"/marketplace/api/deployments", "deployments", "id"},
        {"/marketplace/api/backups", "backups", "deployment"} /* what is left of deleted ones */
    };
    const char *id = NULL;
    size_t i;

    if (!which) {
        *ret = OWN;
        return 0;
    }
    for (i = 0; !id && i < ARRAY_LEN(where); i++) {
        struct json *v;

        if (ask(c, "GET", where[i][0], NULL, &v, e) < 0)
            return -1;
        id = id_in(json_get(v, where[i][1]), where[i][2], which);
    }
    if (!id)
        return failed(e, NOT_FOUND, "you have no deployment '%s', and no backups of one", which);
    *ret = arena_printf(c->arena, "/marketplace/api/deployments/%s/backups", id);
    return 0;
}

static int list(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (json_get_bool(c->options, "deleted", false))
        return ask(c, "GET", "/marketplace/api/backups", NULL, ret, e);
    return path_of(c, c->args[0], &path, e) < 0 ? -1 : ask(c, "GET", path, NULL, ret, e);
}

/* With --wait: until nothing runs; what then is wrong is the verb's failure. */
static int begun(struct cli_call *c, const char *path, struct json **ret, struct err *e)
{
    const struct json *alert;

    if (!json_get_bool(c->options, "wait", false))
        return 0;
    do {
        clock_sleep_ms(LOOK_MS);
        if (ask(c, "GET", path, NULL, ret, e) < 0)
            return -1;
    } while (json_get_bool(*ret, "running", false));
    alert = json_at(json_get(*ret, "alerts"), 0);
    if (alert)
        return failed(e, FAILED, "%s", json_get_str(alert, "text", ""));
    return 0;
}

static int now(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (path_of(c, c->args[0], &path, e) < 0 ||
        ask(c, "POST", path, json_new_object(c->arena), ret, e) < 0)
        return -1;
    return begun(c, path, ret, e);
}

/* [DEPLOYMENT [SNAPSHOT]], or for the node itself nothing. */
static int verify(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *snapshot = c->args[0] && c->args[1] ? c->args[1] : "latest";
    const char *path;

    if (path_of(c, c->args[0], &path, e) < 0 ||
        ask(c, "POST", arena_printf(c->arena, "%s/%s/verify", path, snapshot),
            json_new_object(c->arena), ret, e) < 0)
        return -1;
    return begun(c, path, ret, e);
}

static int key(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (path_of(c, c->args[0], &path, e) < 0)
        return -1;
    return ask(c, "POST", arena_printf(c->arena, "%s/key", path), json_new_object(c->arena), ret,
               e);
}

/* "daily=7 weekly=4" -> {"daily": 7, "weekly": 4}; the node checks it. */
static struct json *retention(struct arena *a, const char *text)
{
    struct json *v = json_new_object(a);
    char *word;

    while ((word = str_next(a, &text, ' '))) {
        char *equals = strchr(word, '=');
        uint64_t n = 0;

        if (equals) {
            *equals = '\0';
            if (str_u64(equals + 1, UINT32_MAX, &n))
                json_set_int(a, v, word, (int64_t)n);
            else
                json_set_str(a, v, word, equals + 1);
        } else if (*word) {
            json_set(a, v, word, NULL);
        }
    }
    return v;
}

static int schedule(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *keep = cli_option(c, "retention", NULL);
    struct json *body = json_new_object(c->arena);
    const char *path;

    if (path_of(c, c->args[0], &path, e) < 0)
        return -1;
    if (c->args[1])
        json_set_str(c->arena, body, "schedule", str_eq(c->args[1], "none") ? "" : c->args[1]);
    if (keep)
        json_set(c->arena, body, "retention", retention(c->arena, keep));
    return ask(c, "PUT", path, body, ret, e);
}

/* Of a deleted deployment; its id says which, for names are used again. */
static int purge(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *confirm = cli_option(c, "confirm", NULL);
    struct json *body = json_new_object(c->arena);
    const char *path;

    if (!confirm)
        return failed(e, INVALID,
                      "its backups are deleted for good: add --confirm and the deployment's id "
                      "(atoll backup list --deleted)");
    json_set_str(c->arena, body, "confirm", confirm);
    if (path_of(c, c->args[0], &path, e) < 0)
        return -1;
    return ask(c, "DELETE", path, body, ret, e);
}

static int read_key(struct arena *a, const char *file, const char **ret, struct err *e)
{
    struct bytes text;
    char *key_text;

    if (fs_read(a, file, KEY_FILE_MAX, &text, e) < 0)
        return -1;
    key_text = arena_strndup(a, (const char *)text.p, text.n);
    key_text[strcspn(key_text, " \r\n")] = '\0';
    *ret = key_text;
    return 0;
}

/* Of another node's repository: a new deployment. */
static int adopt(struct cli_call *c, struct json **ret, struct err *e)
{
    static const char *const wishes[] = {"server", "repository", "snapshot",
                                         "name",   "pool",       "size"};
    const char *file = cli_option(c, "backup-key", NULL);
    struct json *body = json_new_object(c->arena);
    const char *text;
    size_t i;

    if (!file || !cli_option(c, "server", NULL))
        return failed(e, INVALID, "--repository needs --server NAME and --backup-key FILE, too");
    if (read_key(c->arena, file, &text, e) < 0)
        return -1;
    json_set_str(c->arena, body, "key", text);
    for (i = 0; i < ARRAY_LEN(wishes); i++)
        if (cli_option(c, wishes[i], NULL))
            json_set_str(c->arena, body, wishes[i], cli_option(c, wishes[i], NULL));
    return ask(c, "POST", "/marketplace/api/backups/adopt", body, ret, e);
}

static int restore(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const char *server = cli_option(c, "server", NULL);
    const char *snapshot = cli_option(c, "snapshot", "latest");
    const char *path;

    if (cli_option(c, "repository", NULL))
        return adopt(c, ret, e);
    if (!c->args[0])
        return failed(e, INVALID, "which deployment? Or --repository, for one of another node");
    if (path_of(c, c->args[0], &path, e) < 0)
        return -1;
    if (server)
        json_set_str(c->arena, body, "server", server);
    if (ask(c, "POST", arena_printf(c->arena, "%s/%s/restore", path, snapshot), body, ret, e) < 0)
        return -1;
    return begun(c, path, ret, e);
}

/* --- servers --- */

static int server_list(struct cli_call *c, struct json **ret, struct err *e)
{
    return ask(c, "GET", SERVERS, NULL, ret, e);
}

static int server_add(struct cli_call *c, struct json **ret, struct err *e)
{
    static const char *const texts[] = {"user", "path", "fingerprint"};
    struct json *body = json_new_object(c->arena);
    int64_t port;
    size_t i;

    if (cli_number(c, "port", 22, 65535, &port, e) < 0)
        return -1;
    json_set_str(c->arena, body, "name", c->args[0]);
    json_set_str(c->arena, body, "host", c->args[1]);
    json_set_int(c->arena, body, "port", port);
    for (i = 0; i < ARRAY_LEN(texts); i++)
        if (cli_option(c, texts[i], NULL))
            json_set_str(c->arena, body, texts[i], cli_option(c, texts[i], NULL));
    return ask(c, "POST", SERVERS, body, ret, e);
}

/* The name goes into a path: what is no name is refused here already. */
static int server_path(struct cli_call *c, const char *what, const char **ret, struct err *e)
{
    if (c->args[0][strspn(c->args[0], "abcdefghijklmnopqrstuvwxyz0123456789._-")])
        return failed(e, INVALID, "'%s' is no server's name", c->args[0]);
    *ret = arena_printf(c->arena, SERVERS "/%s%s", c->args[0], what);
    return 0;
}

static int server_remove(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    return server_path(c, "", &path, e) < 0 ? -1 : ask(c, "DELETE", path, NULL, ret, e);
}

static int server_check(struct cli_call *c, struct json **ret, struct err *e)
{
    const char *path;

    if (server_path(c, "/check", &path, e) < 0)
        return -1;
    return ask(c, "POST", path, json_new_object(c->arena), ret, e);
}

static int server_accept(struct cli_call *c, struct json **ret, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    const char *path;

    if (server_path(c, "/accept-key", &path, e) < 0)
        return -1;
    if (cli_option(c, "fingerprint", NULL))
        json_set_str(c->arena, body, "fingerprint", cli_option(c, "fingerprint", NULL));
    return ask(c, "POST", path, body, ret, e);
}

/* --- the node's own state, while no node runs --- */

static const char restore_node_usage[] =
    "usage: atoll backup restore-node --host HOST [--port N] [--user NAME] [--path FOLDER]\n"
    "         [--fingerprint SHA256:...] [--identity FILE] [--snapshot ID] [--data DIR]\n"
    "         [--key-file FILE]\n\n"
    "Brings a node's own state back from a backup server to a folder that has none: its database\n"
    "and its configuration file. It needs the node's private key (PRIVATE_KEY, or --key-file), "
    "which\n"
    "opens the backup, and an ssh key that the server lets in: --identity, or one that is made "
    "here\n"
    "and shown, to be authorised there by scripts/backup-server.sh.\n";

static int node_key(const char *file, struct seckey *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *text = env_get("PRIVATE_KEY");

    if (file && read_key(a, file, &text, e) < 0)
        return -1;
    if (!text || !seckey_parse(text, ret))
        return failed(e, INVALID, "the node's private key is needed: PRIVATE_KEY or --key-file");
    return 0;
}

static int restore_node(struct args *in, struct arena *a, struct json **ret, struct err *e)
{
    struct node_restore r = {.server = {.name = "server"}};
    const char *port = args_value(in, "--port", "22");
    const char *data = env_get("ATOLL_DATA");
    const char *key_file = args_value(in, "--key-file", NULL);
    struct seckey node;
    uint64_t n;
    int rc;

    r.server.host = args_value(in, "--host", NULL);
    r.server.user = args_value(in, "--user", NULL);
    r.server.path = args_value(in, "--path", NULL);
    r.server.fingerprint = args_value(in, "--fingerprint", NULL);
    r.identity = args_value(in, "--identity", NULL);
    r.snapshot = args_value(in, "--snapshot", NULL);
    r.dir = args_value(in, "--data", data ? data : "atoll-data");
    if (args_end(in, 0, 0, e) < 0)
        return -1;
    if (!r.server.host || !str_u64(port, 65535, &n))
        return failed(e, INVALID, "--host names the backup server, --port is a number");
    r.server.port = (int)n;
    if (node_key(key_file, &node, e) < 0)
        return -1;
    r.key = &node;
    rc = node_backup_restore(a, &r, ret, e);
    seckey_wipe(&node);
    return rc;
}

static int restore_node_verb(int argc, char **argv)
{
    return args_run(argc, argv, restore_node_usage, restore_node);
}

int cli_backup(int argc, char **argv)
{
    static const struct cli_action actions[] = {
        {"list", "[DEPLOYMENT]", "deleted accept-terms",
         "what there is; without one, of the node itself", 0, 1, list},
        {"now", "[DEPLOYMENT]", "wait accept-terms", "backs it up at once", 0, 1, now},
        {"restore", "[DEPLOYMENT]",
         "snapshot= server= wait repository= backup-key= name= pool= size= accept-terms",
         "puts its data back, or makes a deployment of another node's backup", 0, 1, restore},
        {"verify", "[DEPLOYMENT [SNAPSHOT]]", "wait accept-terms",
         "reads every byte back and compares", 0, 2, verify},
        {"key", "DEPLOYMENT", "accept-terms", "the key that opens your backups: keep it", 1, 1,
         key},
        {"purge", "DEPLOYMENT", "confirm= accept-terms",
         "deletes the backups of a deleted deployment, on every server", 1, 1, purge},
        {"schedule", "DEPLOYMENT [CRON|none]", "retention= accept-terms",
         "when it is backed up, in UTC, and what is kept", 1, 2, schedule},
    };
    static const struct cli_action servers[] = {
        {"add", "NAME HOST", "port= user= path= fingerprint=",
         "adds one that scripts/backup-server.sh has prepared", 2, 2, server_add},
        {"list", "", "", "all of them, the node's public key, and alerts", 0, 0, server_list},
        {"check", "NAME", "", "logs in and checks the node's own repository", 1, 1, server_check},
        {"remove", "NAME", "", "forgets it; what is stored there stays", 1, 1, server_remove},
        {"accept-key", "NAME", "fingerprint=", "pins the host key that it shows now", 1, 1,
         server_accept},
    };
    static const struct cli_family family = {
        "backup",
        "backups of deployments; `backup server ...` and `backup restore-node` for operators",
        actions, ARRAY_LEN(actions)};
    static const struct cli_family server_family = {
        "backup server", "where backups go; for administrators", servers, ARRAY_LEN(servers)};

    if (argc > 1 && str_eq(argv[1], "server"))
        return cli_family_run(&server_family, argc - 1, argv + 1);
    if (argc > 1 && str_eq(argv[1], "restore-node"))
        return restore_node_verb(argc - 1, argv + 1);
    return cli_family_run(&family, argc, argv);
}
