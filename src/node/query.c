/* SPDX-License-Identifier: Apache-2.0 */
#include "node/query.h"

#include <string.h>

#include "base/str.h"

enum { NESTING_MAX = 5 };

/* Puts a value at a name that may be there already. */
static void put(struct arena *a, struct json *object, const char *name, struct json *value)
{
    struct json *old = json_get(object, name);
    struct json *list;

    if (!old) {
        json_set(a, object, name, value);
    } else if (json_is(old, JSON_ARRAY)) {
        json_push(a, old, value);
    } else {
        list = json_new_array(a);
        json_push(a, list, old);
        json_push(a, list, value);
        json_set(a, object, name, list);
    }
}

/* name is "a", "a[]" or "a[b][c]". */
static void put_param(struct arena *a, struct json *object, const char *name, const char *text)
{
    struct json *value = json_new_str(a, text);
    const char *open = strchr(name, '[');
    const char *key = name;
    int depth = 0;

    if (open && open > name && str_ends(name, "]"))
        key = arena_strndup(a, name, (size_t)(open - name));
    else
        open = NULL;
    while (open && depth++ < NESTING_MAX) {
        const char *close = strchr(open, ']');
        const char *inner;
        struct json *below;

        if (!close)
            break;
        inner = arena_strndup(a, open + 1, (size_t)(close - open - 1));
        if (*inner == '\0') { /* "[]" */
            if (!json_get(object, key))
                json_set(a, object, key, json_new_array(a));
            break;
        }
        below = json_get(object, key);
        if (!json_is(below, JSON_OBJECT)) {
            below = json_new_object(a);
            json_set(a, object, key, below);
        }
        object = below;
        key = inner;
        open = close[1] == '[' ? close + 1 : NULL;
    }
    put(a, object, key, value);
}

struct json *query_json(const struct http_request *r)
{
    struct json *object = json_new_object(r->arena);
    size_t i;

    for (i = 0; i < r->query_count; i++)
        if (!str_eq(r->query[i].value, "undefined") && !str_eq(r->query[i].value, "null"))
            put_param(r->arena, object, r->query[i].name, r->query[i].value);
    return object;
}
