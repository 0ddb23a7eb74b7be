/* SPDX-License-Identifier: Apache-2.0 */
#include "json/toml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "json/json_int.h"
#include "json/toml_int.h"

/* Lines, keys and tables: which may be opened once more, and which may not. */

enum { KEY_PARTS_MAX = 32, WHY_MAX = 200 };

struct key {
    const char *part[KEY_PARTS_MAX];
    size_t n;
};

int toml__bad(struct toml *t, const char *fmt, ...)
{
    char why[WHY_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    return failed(t->e, INVALID, "line %d: %s", t->line, why);
}

/* --- between the words --- */

void toml__blanks(struct toml *t)
{
    while (toml__peek(t) == ' ' || toml__peek(t) == '\t')
        t->p++;
}

/* A line's end at p: "\n" or "\r\n". */
static bool newline(struct toml *t)
{
    size_t n = toml__peek(t) == '\r' ? 1 : 0;

    if (t->p + n >= t->end || t->p[n] != '\n')
        return false;
    t->p += n + 1;
    t->line++;
    return true;
}

static int comment(struct toml *t)
{
    if (toml__peek(t) != '#')
        return 0;
    for (; t->p < t->end && *t->p != '\n'; t->p++) {
        unsigned char c = (unsigned char)*t->p;
        size_t n = c < 0x80 ? 1 : json__utf8_len(t->p, t->end);

        if (c == '\r' && t->p + 1 < t->end && t->p[1] == '\n')
            return 0;
        if ((c < ' ' && c != '\t') || c == 0x7f || n == 0)
            return toml__bad(t, "a comment holds a control character or invalid UTF-8");
        t->p += n - 1;
    }
    return 0;
}

int toml__lines(struct toml *t)
{
    do {
        toml__blanks(t);
        if (comment(t) < 0)
            return -1;
    } while (newline(t));
    return 0;
}

static int line_end(struct toml *t)
{
    toml__blanks(t);
    if (comment(t) < 0)
        return -1;
    return t->p == t->end || newline(t) ? 0 : toml__bad(t, "text after the value");
}

/* --- keys --- */

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static int key_part(struct toml *t, const char **ret)
{
    const char *from = t->p;
    size_t n;

    if (toml__peek(t) == '"' || toml__peek(t) == '\'') {
        if (toml__string(t, false, ret, &n) < 0)
            return -1;
        return strlen(*ret) == n ? 0 : toml__bad(t, "a key holds a NUL");
    }
    while (is_bare(toml__peek(t)))
        t->p++;
    if (t->p == from)
        return toml__bad(t, "a key is missing");
    *ret = arena_strndup(t->a, from, (size_t)(t->p - from));
    return 0;
}

/* "a.b.c", blanks around the dots allowed; p is left behind blanks. */
static int key_read(struct toml *t, struct key *ret)
{
    ret->n = 0;
    for (;;) {
        if (ret->n == KEY_PARTS_MAX)
            return toml__bad(t, "a key has more than %d parts", KEY_PARTS_MAX);
        if (key_part(t, &ret->part[ret->n++]) < 0)
            return -1;
        toml__blanks(t);
        if (toml__peek(t) != '.')
            return 0;
        t->p++;
        toml__blanks(t);
    }
}

/* --- tables --- */

/* The newest is the likeliest. */
static struct toml_place *place_find(struct toml *t, const struct json *v)
{
    size_t i;

    for (i = t->place_count; i-- > 0;)
        if (t->places[i].v == v)
            return &t->places[i];
    return NULL;
}

static int place_add(struct toml *t, const struct json *v, enum toml_kind kind)
{
    if (t->place_count == TOML_TABLES_MAX)
        return failed(t->e, TOO_LARGE, "line %d: more than %d tables", t->line, TOML_TABLES_MAX);
    t->places[t->place_count++] = (struct toml_place){v, kind, t->section};
    return 0;
}

/* A new table as a member, or as the last element of a list. */
static int table_add(struct toml *t, struct json *parent, const char *key, enum toml_kind kind,
                     struct json **ret)
{
    struct json *table = json_new_object(t->a);

    table->line = (uint32_t)t->line;
    if (key)
        json_set(t->a, parent, key, table);
    else
        json_push(t->a, parent, table);
    *ret = table;
    return place_add(t, table, kind);
}

static int taken(struct toml *t, const char *key)
{
    return toml__bad(t, "'%.80s' is there already", key);
}

/* One step from a table towards a header's own: what is missing is made. */
static int header_step(struct toml *t, const char *key, struct json **io)
{
    struct json *next = json_get(*io, key);
    const struct toml_place *place;

    if (!next)
        return table_add(t, *io, key, TOML_IMPLIED, io);
    place = place_find(t, next);
    if (!place)
        return taken(t, key);
    *io = place->kind == TOML_LIST ? json_at(next, json_len(next) - 1) : next;
    return 0;
}

/* [key]: the table that the following lines belong to. */
static int header_table(struct toml *t, const char *key, struct json **io)
{
    struct json *there = json_get(*io, key);
    struct toml_place *place;

    if (!there)
        return table_add(t, *io, key, TOML_HEADER, io);
    place = place_find(t, there);
    if (!place || place->kind != TOML_IMPLIED)
        return taken(t, key);
    place->kind = TOML_HEADER;
    *io = there;
    return 0;
}

/* [[key]]: one more table of a list. */
static int header_list(struct toml *t, const char *key, struct json **io)
{
    struct json *list = json_get(*io, key);
    const struct toml_place *place;

    if (!list) {
        list = json_new_array(t->a);
        list->line = (uint32_t)t->line;
        json_set(t->a, *io, key, list);
        if (place_add(t, list, TOML_LIST) < 0)
            return -1;
    }
    place = place_find(t, list);
    if (!place || place->kind != TOML_LIST)
        return taken(t, key);
    return table_add(t, list, NULL, TOML_HEADER, io);
}

/* "[a.b]" or "[[a.b]]" at p; *io is the root, and then the table. */
static int header(struct toml *t, struct json **io)
{
    struct key key;
    bool list;
    size_t i;

    t->p++;
    list = toml__peek(t) == '[';
    t->p += list;
    t->section++;
    toml__blanks(t);
    if (key_read(t, &key) < 0)
        return -1;
    for (i = 0; i < 1U + list; i++)
        if (toml__peek(t) != ']')
            return toml__bad(t, "a header must end with %s", list ? "]]" : "]");
        else
            t->p++;
    for (i = 0; i + 1 < key.n; i++)
        if (header_step(t, key.part[i], io) < 0)
            return -1;
    return list ? header_list(t, key.part[i], io) : header_table(t, key.part[i], io);
}

/* One step along a dotted key; tables of headers and of earlier sections are closed to it. */
static int dotted_step(struct toml *t, const char *key, struct json **io)
{
    struct json *next = json_get(*io, key);
    const struct toml_place *place;

    if (!next)
        return table_add(t, *io, key, TOML_DOTTED, io);
    place = place_find(t, next);
    if (!place || place->kind == TOML_HEADER || place->kind == TOML_LIST ||
        (place->kind == TOML_DOTTED && place->section != t->section))
        return taken(t, key);
    *io = next;
    return 0;
}

int toml__assign(struct toml *t, struct json *table)
{
    struct json *value;
    struct key key;
    size_t i;

    if (key_read(t, &key) < 0)
        return -1;
    if (toml__peek(t) != '=')
        return toml__bad(t, "'%.80s' must be followed by =", key.part[key.n - 1]);
    t->p++;
    toml__blanks(t);
    for (i = 0; i + 1 < key.n; i++)
        if (dotted_step(t, key.part[i], &table) < 0)
            return -1;
    if (json_get(table, key.part[i]))
        return taken(t, key.part[i]);
    if (toml__value(t, &value) < 0)
        return -1;
    json_set(t->a, table, key.part[i], value);
    return 0;
}

static int document(struct toml *t, struct json *root)
{
    struct json *table = root;

    for (;;) {
        if (toml__lines(t) < 0)
            return -1;
        if (t->p == t->end)
            return 0;
        if (toml__peek(t) == '[') {
            table = root;
            if (header(t, &table) < 0)
                return -1;
        } else if (toml__assign(t, table) < 0) {
            return -1;
        }
        if (line_end(t) < 0)
            return -1;
    }
}

int toml_parse(struct arena *a, const char *text, size_t len, struct json **ret, struct err *e)
{
    struct toml t = {.a = a, .p = text, .end = text + len, .line = 1, .e = e};
    struct json *root = json_new_object(a);

    root->line = 1;
    if (len > TOML_TEXT_MAX)
        return failed(e, TOO_LARGE, "more than %d bytes", TOML_TEXT_MAX);
    t.places = arena_calloc(a, TOML_TABLES_MAX, sizeof(*t.places));
    if (document(&t, root) < 0)
        return -1;
    *ret = root;
    return 0;
}

int toml_line(const struct json *v)
{
    return v ? (int)v->line : 0;
}
