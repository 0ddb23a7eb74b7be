/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "config/config_int.h"
#include "json/toml.h"

/* --- flags --- */

const char *config__flag_name(struct arena *a, const struct option *o)
{
    _buf_ struct buf b = BUF_INIT(256);
    const char *p;

    if (o->section || o->type == FOREIGN_TYPE || o->flags & (SECRET | ENV_ONLY))
        return NULL;
    for (p = o->key; *p; p++) {
        bool upper = *p >= 'A' && *p <= 'Z';

        /* "unsafeURLs" is unsafe-urls, "httpPort" is http-port */
        if (*p == '.' || (upper && p > o->key && !(p[-1] >= 'A' && p[-1] <= 'Z')))
            buf_putc(&b, '-');
        if (*p != '.')
            buf_putc(&b, upper ? (char)(*p - 'A' + 'a') : *p);
    }
    return arena_strdup(a, buf_str(&b));
}

/* The option that "--name" means; *ret_n is the length of the name in `arg`. */
static const struct option *flag_option(struct arena *a, const char *arg)
{
    size_t n = strcspn(arg, "=");
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const char *name = config__flag_name(a, &config__options[i]);

        if (name && strlen(name) == n && strncmp(name, arg, n) == 0)
            return &config__options[i];
    }
    return NULL;
}

/* What the flags say: `set` by option key, and the configuration file. */
struct flags {
    struct json *set;
    const char *file;
};

static int flag_read(struct load *l, struct flags *f, const char *const **next)
{
    const char *arg = **next;
    bool is_file = strncmp(arg, "--config", 8) == 0 && (!arg[8] || arg[8] == '=');
    const struct option *o = str_starts(arg, "--") ? flag_option(l->a, arg + 2) : NULL;
    const char *value = strchr(arg, '=');

    if (!o && !is_file)
        return failed(l->e, INVALID, "%s: there is no such flag", arg);
    if (value)
        value++;
    else if (o && o->type == BOOL)
        value = "true";
    else if (!(value = *++*next))
        return failed(l->e, INVALID, "%s: needs a value", arg);
    ++*next;
    if (is_file)
        f->file = value;
    else
        json_set_str(l->a, f->set, o->key, value);
    return 0;
}

static int flags_read(struct load *l, struct flags *f)
{
    const char *const *next = l->in->args;

    f->set = json_new_object(l->a);
    while (next && *next)
        if (flag_read(l, f, &next) < 0)
            return -1;
    return 0;
}

/* --- environment --- */

static bool name_matches(const char *pattern, const char *entry)
{
    size_t n = strlen(pattern);

    if (n && pattern[n - 1] == '*')
        return strncmp(entry, pattern, n - 1) == 0;
    return strncmp(entry, pattern, n) == 0 && entry[n] == '=';
}

/*
 * The value of a variable, NULL when it is unset. ocean-node's scripts leave "undefined" and
 * empty values behind; both count as unset, there as here.
 */
static const char *variable(const struct load *l, const char *pattern)
{
    size_t i;

    for (i = 0; pattern && l->in->env && l->in->env[i]; i++) {
        const char *entry = l->in->env[i];
        const char *value;

        if (!name_matches(pattern, entry))
            continue;
        value = strchr(entry, '=');
        if (value && value[1] && !str_eq(value + 1, "undefined"))
            return value + 1;
    }
    return NULL;
}

/* --- file --- */

bool config__is_toml(const char *path)
{
    return str_ends(path, ".toml");
}

int config__read_file(struct arena *a, const char *path, struct json **ret, struct err *e)
{
    struct bytes text;
    struct json *root;
    struct err why;

    if (fs_size(path) < 0)
        return failed(e, INVALID, "Config file not found at path: %s", path);
    if (fs_read(a, path, CONFIG_FILE_MAX, &text, e) < 0)
        return -1;
    if ((config__is_toml(path) ? toml_parse(a, (const char *)text.p, text.n, &root, &why)
                               : json_parse(a, (const char *)text.p, text.n, &root, &why)) < 0)
        return failed(e, INVALID, "Invalid %s in config file: %s. Error: %s",
                      config__is_toml(path) ? "TOML" : "JSON", path, why.msg);
    if (!json_is(root, JSON_OBJECT))
        return failed(e, INVALID, "Invalid JSON in config file: %s. Error: no object", path);
    *ret = root;
    return 0;
}

const char *config__own_file(struct arena *a, const char *data)
{
    return arena_printf(a, "%s/config.json", data);
}

/* The folder of the node's state, as far as it is known before there is a file. */
static int data_folder(struct load *l, const struct flags *f, const char **ret)
{
    static const char key[] = "data";
    const struct option *o = config__options;
    const char *text;

    while (o->section || !str_eq(o->key, key))
        o++;
    text = json_get_str(f->set, key, NULL);
    if (!text)
        text = variable(l, o->env);
    l->where = o->env;
    return config__path(l, "", json_new_str(l->a, text ? text : o->fallback), ret);
}

/* ./config.json is read when it is there, else what an administrator wrote into the folder. */
static int find_file(struct load *l, const struct flags *f, const char **ret)
{
    const char *data;

    *ret = NULL;
    if (fs_size("config.json") >= 0) {
        *ret = "config.json";
        return 0;
    }
    if (data_folder(l, f, &data) < 0)
        return -1;
    l->own_file = fs_size(config__own_file(l->a, data)) >= 0;
    if (l->own_file)
        *ret = config__own_file(l->a, data);
    return 0;
}

/* The file that is asked for must be there. */
static int file_read(struct load *l, const struct flags *f)
{
    const char *path = f->file ? f->file : variable(l, "CONFIG_PATH");
    struct json *root;

    if (path) {
        l->where = f->file ? "--config" : "CONFIG_PATH";
        if (config__path(l, "", json_new_str(l->a, path), &l->file_path) < 0)
            return -1;
        if (!f->file && l->file_path[0] != '/')
            return failed(l->e, INVALID, "Config path must be absolute. Got: %s", l->file_path);
    } else if (find_file(l, f, &l->file_path) < 0) {
        return -1;
    }
    if (!l->file_path)
        return 0;
    if (config__read_file(l->a, l->file_path, &root, l->e) < 0)
        return -1;
    l->file = root;
    l->file_is_toml = config__is_toml(l->file_path);
    return 0;
}

/* The folder is known before its file is read. */
static int check_own_file(struct load *l)
{
    if (!l->own_file || !json_get(l->file, "data"))
        return 0;
    l->where = "data";
    return config__bad(l, "", "must not be in %s, which is in that folder", l->file_path);
}

/* --- one option --- */

static bool text_is_json(const struct option *o)
{
    return o->type == TEXTS || o->type == ADDRS || o->type == LISTS ||
           (o->type == CUSTOM_TYPE && !(o->flags & PLAIN));
}

/*
 * JSON in a text. People write it with single quotes, and some tools quote it twice; both are
 * understood, as in ocean-node.
 */
static int json_of_text(struct load *l, const struct json *text, const struct json **ret)
{
    char *copy = arena_strndup(l->a, json_str(text, ""), json_str_len(text));
    struct json *v;
    struct err why;
    struct err ignored;
    char *p;

    if (json_parse(l->a, copy, strlen(copy), &v, &why) < 0) {
        for (p = copy; *p; p++)
            if (*p == '\'')
                *p = '"';
        if (json_parse(l->a, copy, strlen(copy), &v, &ignored) < 0)
            return config__bad(l, "", "%s", why.msg);
    }
    if (json_is(v, JSON_STRING) && json_parse(l->a, json_str(v, ""), json_str_len(v), &v, &why) < 0)
        return config__bad(l, "", "%s", why.msg);
    *ret = v;
    return 0;
}

/* Reads v into the option's field. */
static int option_apply(struct load *l, const struct option *o, const struct json *v)
{
    void *field = (char *)l->c + o->offset;

    if (text_is_json(o) && json_is(v, JSON_STRING) && json_of_text(l, v, &v) < 0)
        return -1;
    if (json_is(v, JSON_NULL))
        return 0;
    switch (o->type) {
    case TEXT:
        return config__text(l, "", v, field);
    case PATH:
        return config__path(l, "", v, field);
    case URL:
        return config__url(l, "", v, field);
    case INT:
        return config__int(l, "", v, o->min, o->max, field);
    case BOOL:
        return config__bool(l, "", v, field);
    case TEXTS:
        return config__texts(l, "", v, field);
    case ADDRS:
        return config__addrs(l, "", v, field);
    case LISTS:
        return config__lists(l, "", v, field);
    case FOREIGN_TYPE:
        config__notice(l, "%s: no meaning here, %s", l->where, o->prose);
        return 0;
    case CUSTOM_TYPE:
    default:
        return o->parse(l, v);
    }
}

/* Where the option's value comes from; the default when nothing says anything. */
static void option_find(struct load *l, const struct option *o, const struct flags *f,
                        struct config_origin *ret)
{
    const struct json *in_file = json_path(l->file, o->key);
    const char *env = variable(l, o->env);

    *ret = (struct config_origin){.source = FROM_DEFAULT};
    l->where = o->key;
    if (json_get(f->set, o->key)) {
        *ret = (struct config_origin){FROM_FLAG, json_get(f->set, o->key)};
        l->where = arena_printf(l->a, "--%s", config__flag_name(l->a, o));
    } else if (env) {
        *ret = (struct config_origin){FROM_ENV, json_new_str(l->a, env)};
        l->where = o->env;
    } else if (in_file && !json_is(in_file, JSON_NULL) &&
               !str_eq(json_str(in_file, ""), "undefined")) {
        *ret = (struct config_origin){FROM_FILE, in_file};
        if (!l->pushed)
            l->where = arena_printf(l->a, "%s in %s", o->key, l->file_path);
    }
}

/*
 * A pushed value must be right even where a variable or a flag hides it: it would lie in wait for
 * the day that is taken away.
 */
static int check_hidden(struct load *l, const struct option *o, const struct config_origin *origin)
{
    const struct json *v = json_path(l->file, o->key);
    struct load scratch = *l;
    struct config copy;
    int r;

    if (!l->pushed || !config__is_among(l->pushed, o->key) || !v || json_is(v, JSON_NULL) ||
        (origin->source != FROM_ENV && origin->source != FROM_FLAG))
        return 0;
    copy = *l->c;
    scratch.c = &copy;
    scratch.where = o->key;
    r = option_apply(&scratch, o, v);
    seckey_wipe(&copy.private_key);
    return r;
}

static int option_read(struct load *l, const struct option *o, const struct flags *f,
                       struct config_origin *ret_origin)
{
    l->option = o;
    option_find(l, o, f, ret_origin);
    if (check_hidden(l, o, ret_origin) < 0)
        return -1;
    if (ret_origin->source == FROM_FILE && o->flags & ENV_ONLY) {
        config__notice(l, "%s: is only read from the environment (%s)", l->where, o->env);
        *ret_origin = (struct config_origin){.source = FROM_DEFAULT};
    }
    if (ret_origin->value)
        return option_apply(l, o, ret_origin->value);
    return o->fallback ? option_apply(l, o, json_new_str(l->a, o->fallback)) : 0;
}

/* --- what must hold between options --- */

/* What would be dangerous to leave out silently is refused; the rest is told. */
static int settle_unserved(struct load *l)
{
    struct config *c = l->c;

    if (c->db_url &&
        (str_starts(c->db_url, "postgres://") || str_starts(c->db_url, "postgresql://")))
        return failed(l->e, INVALID, "DB_URL: PostgreSQL is not served yet");
    if (c->db_url)
        config__notice(l, "DB_URL: no meaning here, the search is built in");
    c->db_url = NULL;
    if (c->enable_benchmark)
        config__notice(l, "ENABLE_BENCHMARK: the benchmark environment is not served yet");
    return 0;
}

/* A key that is no header's value would only be noticed with the first question. */
static int check_policy(const struct load *l)
{
    const char *key = l->c->policy_server_api_key;

    if (key && key[strcspn(key, "\r\n")])
        return failed(l->e, INVALID, "POLICY_SERVER_API_KEY: it must be one line");
    return 0;
}

static int settle(struct load *l)
{
    struct config *c = l->c;
    static const struct seckey none;

    if (memcmp(&c->private_key, &none, sizeof(none)) == 0)
        return failed(l->e, INVALID,
                      "PRIVATE_KEY: Invalid PRIVATE_KEY: it must be 0x and 64 hex digits");
    if (!c->http_cert_path != !c->http_key_path)
        return failed(l->e, INVALID, "%s: is missing; TLS needs both certificate and key",
                      c->http_cert_path ? "HTTP_KEY_PATH" : "HTTP_CERT_PATH");
    if (str_eq(c->jwt_secret, "ocean-node-secret"))
        config__notice(l, "JWT_SECRET: is the published one of ocean-node; anybody can make "
                          "tokens with it");
    if (!l->level_given && l->development)
        c->log_level = LOG_DEBUG;
    return check_policy(l) < 0 ? -1 : settle_unserved(l);
}

/* --- the whole --- */

static void config_defaults(struct config *c)
{
    c->fee_amount = "0";
    c->fee_unit = "MB";
    c->log_level = LOG_INFO;
}

static int load_all(struct load *l)
{
    struct config_origin *origins = arena_calloc(l->a, config__option_count, sizeof(*origins));
    struct flags flags = {.file = NULL};
    size_t i;

    if (flags_read(l, &flags) < 0 || (!l->pushed && file_read(l, &flags) < 0) ||
        check_own_file(l) < 0)
        return -1;
    if (config__check_keys(l) < 0)
        return -1;
    for (i = 0; i < config__option_count; i++)
        if (!config__options[i].section &&
            option_read(l, &config__options[i], &flags, &origins[i]) < 0)
            return -1;
    l->option = NULL;
    if (settle(l) < 0)
        return -1;
    l->where = "";
    l->c->file = l->file_path;
    l->c->origins = origins;
    return config__texts(l, "", l->notices, &l->c->notices);
}

static int load(struct load *l, const struct config_input *in, struct config **ret, struct err *e)
{
    struct config *c = arena_calloc(l->a, 1, sizeof(*c));

    l->c = c;
    l->in = in;
    l->where = "";
    l->notices = json_new_array(l->a);
    l->e = e;
    c->arena = l->a;
    c->input = *in;
    config_defaults(c);
    if (load_all(l) < 0) {
        config_free(c);
        return -1;
    }
    *ret = c;
    return 0;
}

int config_load(const struct config_input *in, struct config **ret, struct err *e)
{
    struct load l = {.a = arena_new()};

    return load(&l, in, ret, e);
}

int config__load_pushed(const struct config *now, const struct pushed *p, struct config **ret,
                        struct err *e)
{
    struct load l = {.a = arena_new(), .pushed = p->keys, .own_file = !now->file};

    if (now->file) /* it may be the one in the folder already */
        l.own_file = str_eq(now->file, config__own_file(l.a, now->data));
    l.file = json_copy(l.a, p->file);
    l.file_path = arena_strdup(l.a, p->path);
    return load(&l, &now->input, ret, e);
}

void config_free(struct config *c)
{
    if (!c)
        return;
    seckey_wipe(&c->private_key);
    arena_free(c->arena);
}
