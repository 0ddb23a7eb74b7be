/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/str.h"
#include "node/admin.h"

/* Reading the log. */

enum { LINES_DEFAULT = 100 };
#define WEEK_MS (INT64_C(7) * 86400 * 1000)

static int read_time(const char *name, const char *text, int64_t otherwise, int64_t *ret,
                     struct err *e)
{
    *ret = otherwise;
    if (!text || !*text || date_parse(text, ret))
        return 0;
    return refused(e, LOGS_TIME, name, text);
}

static int read_query(const struct args_get_logs *args, struct logbook_query *ret, struct err *e)
{
    int64_t limit = args->has_max_logs ? args->max_logs : LINES_DEFAULT;
    int64_t page = args->page > 1 ? args->page - 1 : 0;

    if (limit > LOGBOOK_LINES_MAX)
        limit = LOGBOOK_LINES_MAX;
    *ret = (struct logbook_query){
        .limit = limit,
        .offset = page < INT64_MAX / LOGBOOK_LINES_MAX ? page * limit : INT64_MAX,
        .module = args->module_name && *args->module_name ? args->module_name : NULL,
        .level = args->level && *args->level ? args->level : NULL};
    if (read_time("startTime", args->start_time, clock_ms() - WEEK_MS, &ret->from_ms, e) < 0)
        return -1;
    return read_time("endTime", args->end_time, clock_ms(), &ret->to_ms, e);
}

static int reply_line(struct task *t, const char *id, struct err *e)
{
    struct json *line;
    struct err why;

    if (logbook_get(t->node->logbook, t->arena, id, &line, &why) < 0)
        return refused(e, LOGS_FAILED, why.msg);
    return line ? reply_json(t, line) : refused(e, LOG_NOT_FOUND);
}

/* The id in the path counts when there is none in the body; ":id" is what clients call the route.
 */
static const char *wanted_id(const struct args_get_logs *args)
{
    if (args->log_id && *args->log_id)
        return args->log_id;
    return args->id && *args->id && !str_eq(args->id, ":id") ? args->id : NULL;
}

int cmd_get_logs(struct task *t, const struct args_get_logs *args, struct err *e)
{
    const char *id = wanted_id(args);
    struct logbook_query q;
    struct json *list;
    struct err why;

    if (args->id && !id)
        return refused(e, LOG_ID);
    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (read_query(args, &q, e) < 0)
        return -1;
    if (id)
        return reply_line(t, id, e);
    if (logbook_find(t->node->logbook, t->arena, &q, &list, &why) < 0)
        return refused(e, LOGS_FAILED, why.msg);
    return reply_json(t, list);
}
