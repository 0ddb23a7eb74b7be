/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "logbook/logbook_int.h"

/* A line: how it is made, ocean-node's names for what is in it, and as an operator sees it. */

int line__level(enum log_level level)
{
    return level == LOG_BROKEN ? 0 : (int)level - LOG_ERROR;
}

const char *line__level_name(int level)
{
    return log_level_name((enum log_level)(level + LOG_ERROR));
}

int line__level_parse(const char *name)
{
    enum log_level level;

    return log_level_parse(name, &level) ? line__level(level) : -1;
}

const char *line__module(const char *part)
{
    static const char *const names[][2] = {
        {"http", "HTTP"},        {"indexer", "INDEXER"},  {"store", "DATABASE"},
        {"logbook", "DATABASE"}, {"config", "CONFIG"},    {"node", "OCEAN-NODE"},
        {"order", "PROVIDER"},   {"storage", "PROVIDER"}, {"encrypt", "PROVIDER"}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(part, names[i][0]))
            return names[i][1];
    return "CORE";
}

/* Bytes of the UTF-8 character that begins with c, 0 when none does. */
static size_t utf8_size(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool is_utf8(const char *s, size_t n)
{
    unsigned char first = (unsigned char)s[0];
    unsigned char second = (unsigned char)s[1];
    size_t i;

    for (i = 1; i < n; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return false;
    return n > 0 && !(first == 0xed && second > 0x9f) && !(first == 0xe0 && second < 0xa0) &&
           !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
}

/* Bytes that are no UTF-8 would spoil whatever the line is shown in. */
static void copy_utf8(char *to, const char *from)
{
    while (*from) {
        size_t n = utf8_size((unsigned char)*from);

        if (is_utf8(from, n)) {
            memcpy(to, from, n);
        } else {
            *to = '?';
            n = 1;
        }
        to += n;
        from += n;
    }
    *to = '\0';
}

struct line *line__new(const struct log_record *r)
{
    size_t size = sizeof(struct line) + strlen(r->text) + 1;
    struct line *l = xmalloc(size);

    list_init(&l->link);
    l->id = 0;
    l->at_ms = r->at_ms;
    l->level = line__level(r->level);
    l->size = size;
    (void)str_copy(l->part, sizeof(l->part), r->module);
    copy_utf8(l->text, r->text);
    return l;
}

struct json *line__json(struct arena *a, const struct line_view *v)
{
    struct json *line = json_new_object(a);
    struct json *meta = json_new_object(a);
    char when[CLOCK_ISO_SIZE];

    if (v->id > 0)
        json_set_str(a, line, "id", arena_printf(a, "%lld", (long long)v->id));
    clock_iso(v->at_ms, when);
    json_set_str(a, line, "timestamp", when);
    json_set_str(a, line, "level", line__level_name(v->level));
    json_set_str(a, line, "message", v->text);
    json_set_str(a, line, "moduleName", v->module);
    json_set_str(a, meta, "part", v->part);
    json_set(a, line, "meta", meta);
    return line;
}
