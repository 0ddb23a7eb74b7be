/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a document that were asked for: "_source", include_fields, exclude_fields. */
#include "indexer/query_source.h"

#include <string.h>

#include "base/str.h"

enum fit { FIT_NOT, FIT_ABOVE, FIT_WHOLE };

/* How a path lies to a wanted one: "a" is above "a.b"; "a.b.c" and "a.b" are whole in "a.b". */
static enum fit fit_one(const char *path, const char *wanted)
{
    size_t n = strlen(wanted);
    size_t len = strlen(path);
    const char *star = strchr(wanted, '*');

    if (star) {
        n = (size_t)(star - wanted);
        if (!strncmp(path, wanted, n) && len >= n)
            return FIT_WHOLE;
    } else if (!strncmp(path, wanted, n) && (path[n] == '\0' || path[n] == '.')) {
        return FIT_WHOLE;
    }
    return len < n && !strncmp(path, wanted, len) && wanted[len] == '.' ? FIT_ABOVE : FIT_NOT;
}

static enum fit fit(const char *path, const struct json *list)
{
    enum fit best = FIT_NOT;
    enum fit one;
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        one = fit_one(path, json_str(json_at(list, i), ""));
        best = one > best ? one : best;
    }
    return best;
}

struct wish {
    struct arena *a;
    const struct json *include;
    const struct json *exclude;
};

static struct json *part(const struct wish *w, const struct json *v, const char *path);

static struct json *part_of_array(const struct wish *w, const struct json *v, const char *path)
{
    struct json *out = json_new_array(w->a);
    struct json *inner;
    size_t i;

    for (i = 0; i < json_len(v); i++)
        if ((inner = part(w, json_at(v, i), path)))
            json_push(w->a, out, inner);
    return out;
}

static struct json *part_of_object(const struct wish *w, const struct json *v, const char *path)
{
    struct json *out = json_new_object(w->a);
    struct json *inner;
    const char *key;
    size_t i;

    for (i = 0; i < json_len(v); i++) {
        key = json_key(v, i);
        inner = part(w, json_value(v, i), *path ? arena_printf(w->a, "%s.%s", path, key) : key);
        if (inner)
            json_set(w->a, out, key, inner);
    }
    return out;
}

/* NULL when nothing of it is wanted. */
static struct json *part(const struct wish *w, const struct json *v, const char *path)
{
    enum fit wanted = w->include && *path ? fit(path, w->include) : FIT_WHOLE;

    if (wanted == FIT_NOT || (w->exclude && *path && fit(path, w->exclude) == FIT_WHOLE))
        return NULL;
    if (json_is(v, JSON_ARRAY))
        return part_of_array(w, v, path);
    if (json_is(v, JSON_OBJECT))
        return part_of_object(w, v, path);
    return wanted == FIT_WHOLE ? json_copy(w->a, v) : NULL;
}

int source_write(struct buf *out, const char *document, const struct json *include,
                 const struct json *exclude, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct wish w = {a, include, exclude};
    struct json *v;

    if (!include && !exclude) {
        buf_puts(out, document);
        return 0;
    }
    if (json_parse(a, document, strlen(document), &v, e) < 0)
        return -1;
    json_write(out, part(&w, v, ""), 0);
    return 0;
}
