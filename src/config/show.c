/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mask.h"
#include "base/str.h"
#include "config/config_int.h"

/* What the operator is shown: --help, the admin's reply, the lines at start. */

enum { HELP_WIDTH = 92 };

static const char hidden[] = "[*** HIDDEN CONTENT ***]";

/* Prose below a flag, broken at blanks. */
static void wrap(struct buf *out, const char *text)
{
    size_t n = strlen(text);
    size_t take;

    while (n) {
        take = n;
        if (n > HELP_WIDTH - 8)
            for (take = HELP_WIDTH - 8; take > 0 && text[take] != ' '; take--)
                ;
        if (take == 0)
            take = n;
        buf_printf(out, "        %.*s\n", (int)take, text);
        text += take;
        n -= take;
        if (*text == ' ') {
            text++;
            n--;
        }
    }
}

static void help_option(struct buf *out, struct arena *a, const struct option *o)
{
    static const char *const values[] = {"TEXT", "PATH", "URL",  "N",    "BOOL",
                                         "JSON", "JSON", "JSON", "JSON", ""};
    const char *flag = config__flag_name(a, o);

    if (flag && o->type == BOOL)
        buf_printf(out, "  --%s[=false]", flag);
    else if (flag)
        buf_printf(out, "  --%s %s", flag, o->flags & PLAIN ? "TEXT" : values[o->type]);
    if (o->env)
        buf_printf(out, "%s%s", flag ? "   " : "  ", o->env);
    if (o->fallback)
        buf_printf(out, "   [%s%s%s]", o->fallback, *o->unit ? " " : "", o->unit);
    buf_putc(out, '\n');
    wrap(out, o->prose);
}

void config_help(struct buf *out)
{
    _arena_ struct arena *a = arena_new();
    size_t i;

    buf_puts(out, "Each option is a flag, an environment variable, or a key of the JSON file:\n"
                  "  --config FILE   CONFIG_PATH   [config.json, when it is there]\n");
    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];

        if (o->section)
            buf_printf(out, "\n%s\n", o->section);
        else if (o->type == FOREIGN_TYPE)
            buf_printf(out, "  %s: %s\n", o->env ? o->env : o->key, o->prose);
        else
            help_option(out, a, o);
    }
}

/* The object that holds the last part of "a.b"; made when it is missing. */
static struct json *holder(struct arena *a, struct json *root, const char *key,
                           const char **ret_last)
{
    const char *dot = strchr(key, '.');
    const char *first;
    struct json *inner;

    *ret_last = key;
    if (!dot)
        return root;
    *ret_last = dot + 1;
    first = arena_strndup(a, key, (size_t)(dot - key));
    inner = json_get(root, first);
    if (!inner) {
        inner = json_new_object(a);
        json_set(a, root, first, inner);
    }
    return inner;
}

struct json *config__effective(struct arena *a, const struct option *o,
                               const struct config_origin *from)
{
    struct json *v = from->value ? json_copy(a, from->value) : json_new_str(a, o->fallback);
    struct json *parsed;
    struct err ignored;
    bool plain = o->type == TEXT || o->type == PATH || o->type == URL ||
                 (o->type == CUSTOM_TYPE && o->flags & PLAIN);

    if (json_is(v, JSON_STRING) && !plain &&
        json_parse(a, json_str(v, ""), json_str_len(v), &parsed, &ignored) == 0)
        return parsed;
    return v;
}

static bool names_secret(const char *key)
{
    static const char *const words[] = {"secret", "password", "apikey", "accesskey", "privatekey"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(key, words[i]))
            return true;
    return false;
}

/* The URLs in a value without what may be a key: of endpoints of chains that is the path as well.
 */
static struct json *without_keys(struct arena *a, struct json *v, bool keep_path)
{
    size_t cap = json_str_len(v) * 2 + 64;
    char *text;
    size_t i;

    if (json_is(v, JSON_STRING)) {
        text = arena_alloc(a, cap);
        (keep_path ? mask_credentials : mask_text)(text, cap, json_str(v, ""));
        return json_new_str(a, text);
    }
    for (i = 0; i < json_len(v); i++) {
        if (json_is(v, JSON_OBJECT) && names_secret(json_key(v, i)))
            json_set_str(a, v, json_key(v, i), hidden);
        else if (json_is(v, JSON_OBJECT))
            json_set(a, v, json_key(v, i), without_keys(a, json_value(v, i), keep_path));
        else
            json_replace(v, i, without_keys(a, json_at(v, i), keep_path));
    }
    return v;
}

static bool is_secret(const struct option *o)
{
    return o->flags & SECRET || (o->type == FOREIGN_TYPE && str_ends(o->key, "password"));
}

/* The value for the operator's eyes. */
static struct json *shown(struct arena *a, const struct option *o, const struct config_origin *from)
{
    if (is_secret(o))
        return from->value ? json_new_str(a, hidden) : json_new_null(a);
    return without_keys(a, config__effective(a, o, from), !(o->flags & ENDPOINTS));
}

struct json *config_json(struct arena *a, const struct config *c)
{
    struct json *root = json_new_object(a);
    const char *last;
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];

        if (!o->section && (o->type != FOREIGN_TYPE || c->origins[i].value)) {
            struct json *in = holder(a, root, o->key, &last);

            json_set(a, in, last, shown(a, o, &c->origins[i]));
        }
    }
    return root;
}

static const char *source_text(struct arena *a, const struct config *c, const struct option *o,
                               enum config_source source)
{
    switch (source) {
    case FROM_FILE:
        return c->file;
    case FROM_ENV:
        return o->env;
    case FROM_FLAG:
        return arena_printf(a, "--%s", config__flag_name(a, o));
    case FROM_DEFAULT:
    default:
        return "default";
    }
}

void config_explain(const struct config *c, struct buf *out)
{
    _arena_ struct arena *a = arena_new();
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];
        const struct config_origin *from = &c->origins[i];
        const char *text = "...";

        if (from->source == FROM_DEFAULT || o->section || o->type == FOREIGN_TYPE)
            continue;
        if (o->flags & SECRET)
            text = hidden;
        else if (o->type != CUSTOM_TYPE || o->flags & PLAIN) /* RPC URLs hold keys, too */
            text = json_text(a, shown(a, o, from));
        buf_printf(out, "%s = %s (%s)\n", o->key, text, source_text(a, c, o, from->source));
    }
}
