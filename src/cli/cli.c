/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

enum { ARGS_MAX = 65, USAGE = 2, OPTION_NAME = 32 };

/* Options that every action takes. */
static const char common_options[] = "json quiet get= config= node= rpc= key-file= address-file=";

struct parsed {
    const struct cli_action *action;
    const char *args[ARGS_MAX + 1];
    int count;
    struct json *options;
    bool help;
};

enum option_kind { NO_OPTION, SWITCH, VALUE, VALUES };

static enum option_kind option_kind(const char *list, const char *name, size_t len)
{
    static const char *const marks[] = {"", "", "=", "=+"};
    const char *p = list;

    while (*p) {
        size_t n = strcspn(p, " ");
        size_t bare = strcspn(p, " =");
        size_t i;

        for (i = SWITCH; i <= VALUES && bare == len && memcmp(p, name, len) == 0; i++)
            if (n - bare == strlen(marks[i]) && memcmp(p + bare, marks[i], n - bare) == 0)
                return (enum option_kind)i;
        p += n;
        p += strspn(p, " ");
    }
    return NO_OPTION;
}

static void add_value(struct arena *a, struct json *options, const char *key, const char *value)
{
    struct json *list = json_get(options, key);

    if (!list) {
        list = json_new_array(a);
        json_set(a, options, key, list);
    }
    json_push(a, list, json_new_str(a, value));
}

/* One "--name", "--name=value" or "--name value"; *i moves over a value of its own. */
static int parse_option(struct arena *a, struct parsed *p, int argc, char **argv, int *i,
                        struct err *e)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const char *key = arena_strndup(a, name, len);
    enum option_kind kind = option_kind(common_options, name, len);
    const char *value;

    if (str_eq(key, "help")) {
        p->help = true;
        return 0;
    }
    if (kind == NO_OPTION)
        kind = option_kind(p->action->options, name, len);
    if (kind == NO_OPTION)
        return failed(e, INVALID, "there is no option --%s here", key);
    if (kind == SWITCH) {
        if (name[len])
            return failed(e, INVALID, "--%s takes no value", key);
        json_set_bool(a, p->options, key, true);
        return 0;
    }
    if (!name[len] && *i + 1 >= argc)
        return failed(e, INVALID, "--%s needs a value", key);
    value = name[len] ? name + len + 1 : argv[++*i];
    if (kind == VALUES)
        add_value(a, p->options, key, value);
    else
        json_set_str(a, p->options, key, value);
    return 0;
}

static int parse(struct arena *a, int argc, char **argv, struct parsed *p, struct err *e)
{
    bool only_args = false;
    int i;

    p->options = json_new_object(a);
    for (i = 2; i < argc; i++) {
        if (!only_args && str_eq(argv[i], "--")) {
            only_args = true;
        } else if (!only_args && str_starts(argv[i], "--")) {
            if (parse_option(a, p, argc, argv, &i, e) < 0)
                return -1;
        } else if (p->count == ARGS_MAX) {
            return failed(e, INVALID, "too many arguments");
        } else {
            p->args[p->count++] = argv[i];
        }
    }
    if (!p->help && (p->count < p->action->min_args || p->count > p->action->max_args))
        return failed(e, INVALID, "expected: %s",
                      *p->action->arguments ? p->action->arguments : "options only");
    return 0;
}

static void show_progress(void *ctx, const char *text)
{
    (void)ctx;
    (void)fprintf(stderr, "  %s\n", text);
}

static void print_error(const struct err *e, bool json)
{
    _buf_ struct buf b = BUF_INIT(65536);

    if (!json) {
        (void)fprintf(stderr, "atoll: %s\n", e->msg);
        return;
    }
    buf_puts(&b, "{\"error\":");
    json_write_string(&b, e->msg, strlen(e->msg));
    buf_printf(&b, ",\"code\":\"%s\"}", err_name(e->code));
    (void)fprintf(stderr, "%s\n", buf_str(&b));
}

/* get: the path of one value, for shell scripts: "datatoken", "payment.lockTx". */
static void print_result(struct arena *a, const struct json *v, bool json, const char *get)
{
    if (!v)
        return;
    if (get) {
        v = json_path(v, get);
        (void)printf("%s\n", json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v));
        return;
    }
    if (json)
        (void)printf("%s\n", json_text(a, v));
    else
        cli_print(v);
}

/* The status of the process, or -1. */
static int run(struct arena *a, const struct parsed *p, struct err *e)
{
    const struct json *o = p->options;
    const struct client_flags flags = {
        .config_file = json_get_str(o, "config", NULL),
        .node_url = json_get_str(o, "node", NULL),
        .rpc_url = json_get_str(o, "rpc", NULL),
        .private_key_file = json_get_str(o, "key-file", NULL),
        .address_file = json_get_str(o, "address-file", NULL),
    };
    /* progress is for people: on a terminal, unless the result is to be read by a program */
    bool quiet = json_get_bool(o, "quiet", false) || json_get_bool(o, "json", false) ||
                 !isatty(STDERR_FILENO);
    const struct client_watch watch = {quiet ? NULL : show_progress, NULL};
    struct cli_call call = {.arena = a, .args = p->args, .options = o};
    struct client_config config;
    struct json *result = NULL;
    int rc;

    if (client_config_load(a, &flags, &config, e) < 0 ||
        client_open(&config, &watch, &call.client, e) < 0)
        return -1;
    /* people who come by the command line may accept the terms there */
    rc = json_get_bool(o, "accept-terms", false) ? client_accept_terms(call.client, e) : 0;
    if (rc == 0)
        rc = p->action->run(&call, &result, e);
    if (rc == 0) /* the result lives as long as the client */
        print_result(a, result, json_get_bool(o, "json", false) || !isatty(STDOUT_FILENO),
                     json_get_str(o, "get", NULL));
    client_close(call.client);
    return rc == 0 ? call.status : rc;
}

static const struct cli_action *find_action(const struct cli_family *f, const char *name)
{
    size_t i;

    for (i = 0; i < f->count; i++)
        if (str_eq(f->actions[i].name, name))
            return &f->actions[i];
    return NULL;
}

int cli_family_run(const struct cli_family *family, int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct parsed p = {0};
    struct err e;
    int status;

    if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "help")) {
        cli_usage(family, NULL, argc < 2 ? stderr : stdout);
        return argc < 2 ? USAGE : 0;
    }
    p.action = find_action(family, argv[1]);
    if (!p.action) {
        (void)fprintf(stderr, "atoll: '%s %s' is no verb; `atoll %s --help` lists them\n",
                      family->name, argv[1], family->name);
        return USAGE;
    }
    if (parse(a, argc, argv, &p, &e) < 0) {
        print_error(&e, false);
        (void)fprintf(stderr, "usage: atoll %s %s%s%s; --help says more\n", family->name,
                      p.action->name, *p.action->arguments ? " " : "", p.action->arguments);
        return USAGE;
    }
    if (p.help) {
        cli_usage(family, p.action, stdout);
        return 0;
    }
    status = run(a, &p, &e);
    if (status < 0) {
        bool json = json_get_bool(p.options, "json", false);

        print_error(&e, json);
        if (!json && strstr(e.msg, ERR_TEXT_TERMS_NEEDED))
            (void)fprintf(stderr, "the page /marketplace/#/terms shows them; --accept-terms, with "
                                  "this verb, accepts them\n");
        return 1;
    }
    return status;
}

const char *cli_option(const struct cli_call *call, const char *name, const char *otherwise)
{
    return json_get_str(call->options, name, otherwise);
}

int cli_number(const struct cli_call *call, const char *name, int64_t otherwise, int64_t max,
               int64_t *ret, struct err *e)
{
    const char *text = cli_option(call, name, NULL);
    uint64_t v;

    if (!text) {
        *ret = otherwise;
        return 0;
    }
    if (!str_u64(text, (uint64_t)max, &v))
        return failed(e, INVALID, "--%s: %s is not a number from 0 to %lld", name, text,
                      (long long)max);
    *ret = (int64_t)v;
    return 0;
}
