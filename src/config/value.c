/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/config_int.h"

/* --- failures --- */

int config__bad(struct load *l, const char *path, const char *fmt, ...)
{
    char text[768];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return failed(l->e, INVALID, "%s%s%s: %s", l->where, *path ? " " : "", path, text);
}

void config__notice(struct load *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    json_push(l->a, l->notices, json_new_str(l->a, arena_vprintf(l->a, fmt, ap)));
    va_end(ap);
}

/* What was found instead, for a message: short, and hidden when it is a secret. */
static const char *found(struct load *l, const struct json *v)
{
    const char *text;

    if (l->option && l->option->flags & SECRET)
        return "what is there";
    text = json_text(l->a, v);
    return strlen(text) <= 60 ? text : arena_printf(l->a, "%.57s...", text);
}

int config__expect(struct load *l, const char *path, const struct json *v, enum json_type type)
{
    static const char *const names[] = {"null",     "true or false", "a number",
                                        "a string", "a list",        "an object"};

    if (json_is(v, type))
        return 0;
    return config__bad(l, path, "must be %s, not %s", names[type], found(l, v));
}

/* --- single values --- */

int config__text(struct load *l, const char *path, const struct json *v, const char **ret)
{
    const char *text = json_str(v, NULL);

    if (config__expect(l, path, v, JSON_STRING) < 0)
        return -1;
    if (strlen(text) != json_str_len(v))
        return config__bad(l, path, "must not hold a NUL character");
    *ret = text;
    return 0;
}

/* The number that v is, or that its text is. */
static bool number_of(const struct json *v, double *ret)
{
    const char *text = json_str(v, NULL);
    char *end;

    if (json_is(v, JSON_NUMBER)) {
        *ret = json_num(v, 0);
        return true;
    }
    if (!text || !*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    errno = 0;
    *ret = strtod(text, &end);
    return errno == 0 && !*end;
}

int config__int(struct load *l, const char *path, const struct json *v, int64_t min, int64_t max,
                int64_t *ret)
{
    double number;

    if (!number_of(v, &number) || !(number >= (double)min && number <= (double)max) ||
        number != (double)(int64_t)number)
        return config__bad(l, path, "must be a whole number from %lld to %lld, not %s",
                           (long long)min, (long long)max, found(l, v));
    *ret = (int64_t)number;
    return 0;
}

int config__number(struct load *l, const char *path, const struct json *v, double *ret)
{
    double number;

    if (!number_of(v, &number) || !(number >= 0 && number <= 9007199254740992.0))
        return config__bad(l, path, "must be a number of at least 0, not %s", found(l, v));
    *ret = number;
    return 0;
}

int config__bool(struct load *l, const char *path, const struct json *v, bool *ret)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};
    const char *text = json_str(v, NULL);
    size_t i;

    if (json_is(v, JSON_BOOL)) {
        *ret = json_bool(v, false);
        return 0;
    }
    if (json_is(v, JSON_NUMBER))
        text = json_text(l->a, v);
    for (i = 0; text && i < ARRAY_LEN(words); i++)
        if (str_ieq(text, words[i])) {
            *ret = i % 2 == 1;
            return 0;
        }
    return config__bad(l, path, "must be true or false, not %s", found(l, v));
}

int config__url(struct load *l, const char *path, const struct json *v, const char **ret)
{
    const char *text;
    const char *host;
    size_t n;

    if (config__text(l, path, v, &text) < 0)
        return -1;
    host = strstr(text, "://");
    if ((!str_starts(text, "http://") && !str_starts(text, "https://")) || !host || !host[3] ||
        strchr("/?#:", host[3]) || text[strcspn(text, " \t\r\n")])
        return config__bad(l, path, "must be an http:// or https:// URL, not %s", found(l, v));
    n = strlen(text);
    while (text[n - 1] == '/')
        n--;
    *ret = arena_strndup(l->a, text, n);
    return 0;
}

/* A variable of the environment that was given to config_load(). */
static const char *env_of(const struct load *l, const char *name)
{
    size_t n = strlen(name);
    size_t i;

    for (i = 0; l->in->env && l->in->env[i]; i++)
        if (strncmp(l->in->env[i], name, n) == 0 && l->in->env[i][n] == '=')
            return l->in->env[i] + n + 1;
    return NULL;
}

int config__path(struct load *l, const char *path, const struct json *v, const char **ret)
{
    const char *text = "";
    const char *home;

    if (config__text(l, path, v, &text) < 0)
        return -1;
    if (!*text)
        return config__bad(l, path, "must not be empty");
    if (str_starts(text, "$HOME") && (text[5] == '/' || !text[5])) {
        home = env_of(l, "HOME");
        if (!home)
            return config__bad(l, path, "$HOME is not set");
        text = arena_printf(l->a, "%s%s", home, text + 5);
    }
    *ret = text;
    return 0;
}

int config__addr(struct load *l, const char *path, const struct json *v, struct addr *ret)
{
    if (!addr_parse(json_str(v, NULL), ret))
        return config__bad(l, path, "must be an address, 0x and 40 hex digits%s, not %s",
                           addr_parse_any(json_str(v, NULL), ret) ? " with a right checksum" : "",
                           found(l, v));
    return 0;
}

int config__chain(struct load *l, const char *path, const char *key, uint64_t *ret)
{
    if (!str_u64(key, UINT64_C(9007199254740991), ret) || *ret == 0)
        return config__bad(l, path, "must have chain ids as keys, not \"%.40s\"", key);
    return 0;
}

/* JavaScript's text of a number >= 0 without its exponent: "1e-7" is "0.0000001". */
static const char *without_exponent(struct arena *a, const char *text)
{
    const char *e = strchr(text, 'e');
    const char *dot;
    char digits[32];
    size_t n = 0;
    long point;
    const char *p;

    if (!e)
        return text;
    dot = memchr(text, '.', (size_t)(e - text));
    for (p = text; p < e && n < sizeof(digits) - 1; p++)
        if (*p != '.')
            digits[n++] = *p;
    digits[n] = '\0';
    point = (dot ? dot - text : e - text) + strtol(e + 1, NULL, 10);
    if (point <= 0) /* JavaScript's exponents are below -6 or above 20 */
        return arena_printf(a, "0.%0*d%s", (int)-point, 0, digits);
    return arena_printf(a, "%s%0*d", digits, (int)(point - (long)n), 0);
}

int config__decimal(struct load *l, const char *path, const struct json *v, const char **ret)
{
    const char *text = json_str(v, NULL);
    size_t whole;
    size_t rest;

    if (json_is(v, JSON_NUMBER) && json_num(v, -1) >= 0)
        text = without_exponent(l->a, json_text(l->a, v));
    if (text) {
        whole = strspn(text, "0123456789");
        rest = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
        if (whole > 0 && whole + rest <= 100 &&
            (!text[whole] || (rest > 0 && !text[whole + 1 + rest]))) {
            *ret = text;
            return 0;
        }
    }
    return config__bad(l, path, "must be a decimal number of at least 0, not %s", found(l, v));
}

/* --- lists --- */

int config__texts(struct load *l, const char *path, const struct json *v, struct config_texts *ret)
{
    size_t n = json_len(v);
    const char **items = arena_calloc(l->a, n + 1, sizeof(*items));
    size_t i;

    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (config__text(l, config__item(l, path, i), json_at(v, i), &items[i]) < 0)
            return -1;
    *ret = (struct config_texts){.items = items, .count = n};
    return 0;
}

int config__addrs(struct load *l, const char *path, const struct json *v, struct config_addrs *ret)
{
    size_t n = json_len(v);
    struct addr *items = arena_calloc(l->a, n + 1, sizeof(*items));
    size_t i;

    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (config__addr(l, config__item(l, path, i), json_at(v, i), &items[i]) < 0)
            return -1;
    *ret = (struct config_addrs){.items = items, .count = n};
    return 0;
}

/* Appends the contracts of one {"<chainId>": [...]} to items[*n]. */
static int lists_add(struct load *l, const char *path, const struct json *v,
                     struct config_access_list *items, size_t *n)
{
    size_t i;
    size_t j;

    for (i = 0; i < json_len(v); i++) {
        struct config_addrs contracts;
        uint64_t chain_id;

        if (config__chain(l, path, json_key(v, i), &chain_id) < 0 ||
            config__addrs(l, config__sub(l, path, json_key(v, i)), json_value(v, i), &contracts) <
                0)
            return -1;
        for (j = 0; j < contracts.count; j++)
            items[(*n)++] = (struct config_access_list){chain_id, contracts.items[j]};
    }
    return 0;
}

static size_t lists_size(const struct json *v)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < json_len(v); i++)
        n += json_len(json_value(v, i));
    return n;
}

int config__lists(struct load *l, const char *path, const struct json *v,
                  struct config_access_lists *ret)
{
    struct config_access_list *items = arena_calloc(l->a, lists_size(v) + 1, sizeof(*items));
    size_t n = 0;

    if (json_is(v, JSON_ARRAY) && json_len(v) == 0) /* "none" in ocean-node's shipped file */
        return 0;
    if (config__expect(l, path, v, JSON_OBJECT) < 0 || lists_add(l, path, v, items, &n) < 0)
        return -1;
    *ret = (struct config_access_lists){.items = items, .count = n};
    return 0;
}

int config__list_array(struct load *l, const char *path, const struct json *v,
                       struct config_access_lists *ret)
{
    struct config_access_list *items;
    size_t size = 1;
    size_t n = 0;
    size_t i;

    if (config__expect(l, path, v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < json_len(v); i++)
        size += lists_size(json_at(v, i));
    items = arena_calloc(l->a, size, sizeof(*items));
    for (i = 0; i < json_len(v); i++) {
        const char *at = config__item(l, path, i);

        if (config__expect(l, at, json_at(v, i), JSON_OBJECT) < 0 ||
            lists_add(l, at, json_at(v, i), items, &n) < 0)
            return -1;
    }
    *ret = (struct config_access_lists){.items = items, .count = n};
    return 0;
}

/* --- members --- */

const char *config__sub(struct load *l, const char *path, const char *key)
{
    return arena_printf(l->a, "%s%s%.60s", path, *path ? "." : "", key);
}

const char *config__item(struct load *l, const char *path, size_t i)
{
    return arena_printf(l->a, "%s[%zu]", path, i);
}

/* A member that is there and not null. */
static const struct json *member(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);

    return json_is(v, JSON_NULL) ? NULL : v;
}

int config__get_text(struct load *l, const char *path, const struct json *o, const char *key,
                     const char **ret)
{
    const struct json *v = member(o, key);

    return v ? config__text(l, config__sub(l, path, key), v, ret) : 0;
}

int config__get_int(struct load *l, const char *path, const struct json *o, const char *key,
                    int64_t min, int64_t *ret)
{
    const struct json *v = member(o, key);

    return v ? config__int(l, config__sub(l, path, key), v, min, INT64_C(9007199254740991), ret)
             : 0;
}

int config__get_bool(struct load *l, const char *path, const struct json *o, const char *key,
                     bool *ret)
{
    const struct json *v = member(o, key);

    return v ? config__bool(l, config__sub(l, path, key), v, ret) : 0;
}
