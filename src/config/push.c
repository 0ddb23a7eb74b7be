/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator changes while the node runs: merged, checked as a whole, or refused. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/mask.h"
#include "base/str.h"
#include "config/config_int.h"

enum { INDENT = 4, PATH_TEXT = 256 };

/* One call of config_push(). */
struct push {
    struct arena *a;
    const struct config *now;
    const struct json *shown; /* what the administrator saw */
    struct json *file;        /* what the file holds; members are replaced in it */
    struct err *e;
};

/* --- hidden values --- */

/*
 * What was hidden in the answer that the administrator edited is what the file holds there. Nothing
 * from the environment gets into the file this way.
 */
static int unhide(struct push *p, const char *path, struct json *v, const struct json *shown,
                  const struct json *in_file, struct json **ret)
{
    const char *text = json_str(v, "");

    *ret = v;
    if (!json_is(v, JSON_STRING) || !strstr(text, MASK))
        return 0;
    if (!json_equal(v, shown))
        return failed(p->e, INVALID, "%s: has a part that is hidden, %s", path, text);
    if (!json_is(in_file, JSON_STRING))
        return failed(p->e, INVALID, "%s: is hidden and not in the file: write it out", path);
    *ret = json_copy(p->a, in_file);
    return 0;
}

static int unhide_inside(struct push *p, const char *path, struct json *v, const struct json *shown,
                         const struct json *in_file)
{
    bool object = json_is(v, JSON_OBJECT);
    struct json *with;
    char deeper[PATH_TEXT];
    size_t i;

    for (i = 0; i < json_len(v); i++) {
        const char *key = object ? json_key(v, i) : NULL;
        struct json *item = object ? json_value(v, i) : json_at(v, i);
        const struct json *before = object ? json_get(shown, key) : json_at(shown, i);
        const struct json *kept = object ? json_get(in_file, key) : json_at(in_file, i);

        if (object)
            (void)snprintf(deeper, sizeof(deeper), "%s.%s", path, key);
        else
            (void)snprintf(deeper, sizeof(deeper), "%s.%zu", path, i);
        if (unhide(p, deeper, item, before, kept, &with) < 0 ||
            unhide_inside(p, deeper, item, before, kept) < 0)
            return -1;
        if (with != item && object)
            json_set(p->a, v, key, with);
        else if (with != item)
            json_replace(v, i, with);
    }
    return 0;
}

/* --- merging --- */

/* A key that is never read from the file must not be written into it either. */
static int check_env_only(struct push *p, const struct json *patch)
{
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];
        const struct json *v = o->section ? NULL : json_path(patch, o->key);

        if (v && o->flags & ENV_ONLY && !json_equal(v, json_path(p->shown, o->key)))
            return failed(p->e, INVALID, "%s: is only read from the environment (%s)", o->key,
                          o->env);
    }
    return 0;
}

/* The members that differ from what was shown go into the file; their keys are *ret_keys. */
static int merge(struct push *p, const struct json *patch, struct json **ret_keys)
{
    struct json *changes = json_copy(p->a, patch);
    size_t i;

    *ret_keys = json_new_array(p->a);
    if (check_env_only(p, patch) < 0)
        return -1;
    for (i = 0; i < json_len(changes); i++) {
        const char *key = json_key(changes, i);
        struct json *v = json_value(changes, i);
        const struct json *before = json_get(p->shown, key);
        const struct json *kept = json_get(p->file, key);

        if (before && json_equal(v, before))
            continue;
        if (unhide(p, key, v, before, kept, &v) < 0 || unhide_inside(p, key, v, before, kept) < 0)
            return -1;
        json_set(p->a, p->file, key, v);
        json_push(p->a, *ret_keys, json_new_str(p->a, key));
    }
    return 0;
}

/* --- what became of it --- */

/* "a" of "a.b" is among the keys. */
bool config__is_among(const struct json *keys, const char *key)
{
    size_t n = strcspn(key, ".");
    size_t i;

    for (i = 0; i < json_len(keys); i++)
        if (json_str_len(json_at(keys, i)) == n &&
            strncmp(json_str(json_at(keys, i), ""), key, n) == 0)
            return true;
    return false;
}

static struct config_texts texts(struct arena *a, const struct json *list)
{
    const char **items = arena_calloc(a, json_len(list), sizeof(*items));
    size_t i;

    for (i = 0; i < json_len(list); i++)
        items[i] = json_str(json_at(list, i), "");
    return (struct config_texts){items, json_len(list)};
}

struct config_texts config_restart_keys(struct arena *a, const struct config *running,
                                        const struct config *wanted)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];

        if (o->section || o->flags & LIVE || o->type == FOREIGN_TYPE)
            continue;
        if (!json_equal(config__effective(a, o, &running->origins[i]),
                        config__effective(a, o, &wanted->origins[i])))
            json_push(a, list, json_new_str(a, o->key));
    }
    return texts(a, list);
}

/* Keys that were pushed, but a variable or a flag says otherwise. */
static struct config_texts overridden_keys(struct arena *a, const struct config *c,
                                           const struct json *keys)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];
        enum config_source source = c->origins[i].source;

        if (!o->section && (source == FROM_ENV || source == FROM_FLAG) &&
            config__is_among(keys, o->key))
            json_push(a, list, json_new_str(a, o->key));
    }
    return texts(a, list);
}

/* --- the whole --- */

static int read_file(struct push *p, const char *path)
{
    p->file = json_new_object(p->a);
    if (!p->now->file && fs_size(path) < 0)
        return 0;
    if (config__is_toml(path))
        return failed(
            p->e, FAILED,
            "%s is TOML, which people write; changes of an administrator need a JSON file", path);
    if (config__read_file(p->a, path, &p->file, p->e) < 0)
        return -1;
    return 0;
}

int config_push(struct arena *a, const struct config *now, const struct json *patch,
                struct config_change *ret, struct err *e)
{
    struct push p = {.a = a, .now = now, .shown = config_json(a, now), .e = e};
    const char *path = now->file ? now->file : config__own_file(a, now->data);
    _buf_ struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    struct json *keys;

    if (read_file(&p, path) < 0) {
        e->code = ERR_FAILED; /* the file's fault, not the patch's */
        return -1;
    }
    if (merge(&p, patch, &keys) < 0)
        return -1;
    json_write(&text, p.file, INDENT);
    buf_putc(&text, '\n');
    if (text.full)
        return failed(e, INVALID, "the file would be larger than %d bytes", CONFIG_FILE_MAX);
    if (config__load_pushed(now, &(struct pushed){path, p.file, keys}, &ret->config, e) < 0)
        return -1;
    ret->file = path;
    ret->text = arena_strdup(a, buf_str(&text));
    ret->keys = texts(a, keys);
    ret->overridden = overridden_keys(a, ret->config, keys);
    return 0;
}
