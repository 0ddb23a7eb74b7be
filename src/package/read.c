/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* Values of package.toml, each with a ceiling, and complaints that say where and what to do. */

enum { WHY_MAX = 600, KEY_SHOWN = 60 };

int package__bad(struct reader *r, const struct json *at, const char *fmt, ...)
{
    char why[WHY_MAX];
    int line = toml_line(at);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    if (line)
        why[sizeof(why) - 1] = '\0';
    return refused(r->e, PACKAGE_INVALID,
                   arena_printf(r->a, "%s:%d: %s", r->file, line ? line : 1, why));
}

/* --- keys --- */

static bool is_word_of(const char *words, const char *word)
{
    size_t n = strlen(word);
    const char *s;

    for (s = words; (s = strstr(s, word)); s += n)
        if ((s == words || s[-1] == ' ') && (!s[n] || s[n] == ' '))
            return n > 0 && !strchr(word, ' ');
    return false;
}

/* "the nearest is 'x'", or all of them when none is near. */
static const char *cure(struct arena *a, const char *words, const char *key)
{
    const char *rest = words;
    const char *best = "";
    size_t least = SIZE_MAX;
    const char *word;

    while ((word = str_next(a, &rest, ' '))) {
        size_t d = str_distance(key, word);

        if (d < least) {
            least = d;
            best = word;
        }
    }
    return least <= strlen(key) / 2 ? arena_printf(a, "the nearest is '%s'", best)
                                    : arena_printf(a, "it has: %s", words);
}

/* A key of somebody else's file, as it may stand in a message. */
static const char *shown(struct arena *a, const char *key)
{
    return package__is_clean(key, strlen(key), false) ? arena_printf(a, "%.*s", KEY_SHOWN, key)
                                                      : "?";
}

int package__keys(struct reader *r, const struct json *table, const char *what, const char *known)
{
    size_t i;

    for (i = 0; i < json_len(table); i++) {
        const char *key = json_key(table, i);

        if (!is_word_of(known, key))
            return package__bad(r, json_value(table, i), "%s has no key '%s'; %s", what,
                                shown(r->a, key), cure(r->a, known, key));
    }
    return 0;
}

int package__need(struct reader *r, const struct json *table, const char *what, const char *key)
{
    if (json_get(table, key))
        return 0;
    return package__bad(r, table, "%s needs the key '%s'", what, key);
}

int package__twice(struct reader *r, const struct json *at, const char *what, const char *name)
{
    return package__bad(r, at, "there are two %s of the name '%s'; give one another name", what,
                        name);
}

/* --- values --- */

static int typed(struct reader *r, const struct json *v, const char *key, enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "nothing",        [JSON_BOOL] = "true or false",
        [JSON_NUMBER] = "a number",     [JSON_STRING] = "a text in quotes",
        [JSON_ARRAY] = "a list in [ ]", [JSON_OBJECT] = "a table",
    };

    return json_is(v, type) ? 0 : package__bad(r, v, "'%s' must be %s", key, names[type]);
}

static int check_text(struct reader *r, const struct json *v, const char *key,
                      const struct text_rule *rule)
{
    const char *s = json_str(v, "");
    size_t n = json_str_len(v);

    if (typed(r, v, key, JSON_STRING) < 0)
        return -1;
    if (n > rule->max)
        return package__bad(r, v, "'%s' is longer than %zu bytes", key, rule->max);
    if (n == 0 && !rule->empty)
        return package__bad(r, v, "'%s' is empty; write a text or leave the key out", key);
    if (!package__is_clean(s, n, rule->lines))
        return package__bad(r, v, "'%s' holds a control character; remove it", key);
    return 0;
}

int package__text(struct reader *r, const struct json *table, const char *key,
                  const struct text_rule *rule, const char **ret)
{
    const struct json *v = json_get(table, key);

    if (!v)
        return 0;
    if (check_text(r, v, key, rule) < 0)
        return -1;
    *ret = json_str(v, "");
    return 0;
}

int package__line(struct reader *r, const struct json *table, const char *key, const char **ret)
{
    static const struct text_rule line = {.max = PACKAGE_TEXT_MAX};

    return package__text(r, table, key, &line, ret);
}

int package__name(struct reader *r, const struct json *table, const char *key, const char **ret)
{
    const char *name = NULL;

    if (package__line(r, table, key, &name) < 0)
        return -1;
    if (name && !package__is_name(name))
        return package__bad(r, json_get(table, key),
                            "'%s' must be at most %d of a-z, 0-9, '-' and '_', a letter first", key,
                            PACKAGE_NAME_MAX);
    if (name)
        *ret = name;
    return 0;
}

int package__bool(struct reader *r, const struct json *table, const char *key, bool *ret)
{
    const struct json *v = json_get(table, key);

    if (!v)
        return 0;
    if (typed(r, v, key, JSON_BOOL) < 0)
        return -1;
    *ret = json_bool(v, false);
    return 0;
}

int package__int(struct reader *r, const struct json *table, const char *key,
                 const struct int_rule *rule, int64_t *ret)
{
    const struct json *v = json_get(table, key);
    int64_t n;

    if (!v)
        return 0;
    if (!json_int(v, &n) || n < rule->min || n > rule->max)
        return package__bad(r, v, "'%s' must be a whole number from %lld to %lld", key,
                            (long long)rule->min, (long long)rule->max);
    *ret = n;
    return 0;
}

int package__mib(struct reader *r, const struct json *table, const char *key, int64_t *ret)
{
    enum { DIGITS = 9, MIB_MAX = 1 << 30 };
    const struct json *v = json_get(table, key);
    const char *s = json_str(v, "");
    size_t digits = strspn(s, "0123456789");
    uint64_t n;

    if (!v)
        return 0;
    if (digits == 0 || digits > DIGITS ||
        (!str_eq(s + digits, " MiB") && !str_eq(s + digits, " GiB")) ||
        !str_u64(arena_strndup(r->a, s, digits), MIB_MAX, &n) || n == 0)
        return package__bad(r, v, "'%s' must be like \"512 MiB\" or \"2 GiB\"", key);
    *ret = (int64_t)n * (s[digits + 1] == 'G' ? 1024 : 1);
    return *ret <= MIB_MAX ? 0 : package__bad(r, v, "'%s' is more than there can be", key);
}

int package__texts(struct reader *r, const struct json *table, const char *key, size_t max_each,
                   struct package_texts *ret)
{
    const struct json *list = json_get(table, key);
    const struct text_rule rule = {.max = max_each, .lines = true, .empty = true};
    const char **items;
    size_t i;

    if (!list)
        return 0;
    if (typed(r, list, key, JSON_ARRAY) < 0)
        return -1;
    if (json_len(list) > PACKAGE_LIST_MAX)
        return package__bad(r, list, "'%s' has more than %d elements", key, PACKAGE_LIST_MAX);
    items = arena_calloc(r->a, json_len(list) + 1, sizeof(*items));
    for (i = 0; i < json_len(list); i++) {
        if (check_text(r, json_at(list, i), key, &rule) < 0)
            return -1;
        items[i] = json_str(json_at(list, i), "");
    }
    *ret = (struct package_texts){items, i};
    return 0;
}

int package__tables(struct reader *r, const struct json *table, const char *key, size_t max,
                    const struct json **ret)
{
    const struct json *list = json_get(table, key);
    size_t i;

    *ret = list;
    if (!list)
        return 0;
    if (json_is(list, JSON_OBJECT))
        return package__bad(r, list, "'%s' is a list of tables: write [[%s]]", key, key);
    if (typed(r, list, key, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < json_len(list); i++)
        if (!json_is(json_at(list, i), JSON_OBJECT))
            return package__bad(r, json_at(list, i), "'%s' is a list of tables: write [[%s]]", key,
                                key);
    if (json_len(list) > max)
        return package__bad(r, json_at(list, max), "more than %zu [[%s]]; leave some out", max,
                            key);
    return 0;
}

int package__env(struct reader *r, const struct json *table, const char *key,
                 struct package_env **ret, size_t *ret_count)
{
    static const struct text_rule rule = {.max = PACKAGE_LONG_MAX, .lines = true, .empty = true};
    const struct json *env = json_get(table, key);
    struct package_env *items;
    size_t i;

    if (!env)
        return 0;
    if (typed(r, env, key, JSON_OBJECT) < 0)
        return -1;
    if (json_len(env) > PACKAGE_LIST_MAX)
        return package__bad(r, env, "'%s' has more than %d variables", key, PACKAGE_LIST_MAX);
    items = arena_calloc(r->a, json_len(env) + 1, sizeof(*items));
    for (i = 0; i < json_len(env); i++) {
        const char *name = json_key(env, i);

        if (!package__is_variable(name))
            return package__bad(r, json_value(env, i),
                                "'%s' is no name of a variable: letters, digits and '_', no digit "
                                "first",
                                shown(r->a, name));
        if (check_text(r, json_value(env, i), name, &rule) < 0)
            return -1;
        items[i] = (struct package_env){name, json_str(json_value(env, i), "")};
    }
    *ret = items;
    *ret_count = i;
    return 0;
}
