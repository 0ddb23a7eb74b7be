/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "config/config_int.h"

enum known { UNKNOWN, OPTION_KEY, TABLE_OF_OPTIONS };

static enum known key_known(const char *key)
{
    size_t n = strlen(key);
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];

        if (o->section || strncmp(o->key, key, n) != 0)
            continue;
        if (!o->key[n] || o->key[n] == '.')
            return o->key[n] ? TABLE_OF_OPTIONS : OPTION_KEY;
    }
    return UNKNOWN;
}

static const char *nearest(const char *key)
{
    const char *best = "";
    size_t least = SIZE_MAX;
    size_t i;

    for (i = 0; i < config__option_count; i++) {
        const struct option *o = &config__options[i];
        size_t d = o->section ? SIZE_MAX : str_distance(key, o->key);

        if (d < least) {
            least = d;
            best = o->key;
        }
    }
    return best;
}

/* The members of a table; `path` is its own name with a dot, "" for the whole file. */
static int check_table(struct load *l, const struct json *table, const char *path)
{
    size_t i;

    for (i = 0; i < json_len(table); i++) {
        const char *key = arena_printf(l->a, "%s%.60s", path, json_key(table, i));
        const struct json *v = json_value(table, i);
        enum known known = key_known(key);

        if (known == TABLE_OF_OPTIONS && json_is(v, JSON_OBJECT)) {
            if (check_table(l, v, arena_printf(l->a, "%s.", key)) < 0)
                return -1;
        } else if (known == TABLE_OF_OPTIONS && l->file_is_toml) {
            return failed(l->e, INVALID, "%s in %s: must be a table", key, l->file_path);
        } else if (known == UNKNOWN && l->file_is_toml) {
            return failed(l->e, INVALID, "%s in %s: there is no such key; the nearest is %s", key,
                          l->file_path, nearest(key));
        } else if (known == UNKNOWN) {
            config__notice(l, "%s in %s: there is no such key", key, l->file_path);
        }
    }
    return 0;
}

int config__check_keys(struct load *l)
{
    return check_table(l, l->file, "");
}
