/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/str.h"
#include "logbook/logbook_int.h"

/* ocean-node's names for things, and a line as an operator sees it. */

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
