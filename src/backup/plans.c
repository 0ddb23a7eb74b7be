/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backup/backup_int.h"
#include "backup/plans.sql.h"
#include "base/clock.h"
#include "base/cron.h"
#include "base/str.h"

enum { SCHEDULE_MAX = 200, DUE_MAX = 64 };

const char *plans__repository(struct backup *b, struct arena *a, const char *deployment)
{
    return arena_printf(a, "%s-%s", b->prefix, deployment);
}

/* ms; 0 = never. */
static int64_t next_of(const char *schedule, int64_t now)
{
    struct cron c;
    struct err ignored;
    int64_t at;

    if (!*schedule || cron_parse(schedule, &c, &ignored) < 0)
        return 0;
    at = cron_next(&c, now / 1000);
    return at < 0 ? 0 : at * 1000;
}

/*
 * More often than each ten minutes a backup would be running without end; the shortest distance of
 * a few steps tells.
 */
int plans__check_schedule(const char *schedule, struct err *e)
{
    enum { LEAST_S = 600, STEPS = 64 };
    struct cron c;
    int64_t at;
    int i;

    if (!schedule || !*schedule)
        return 0;
    if (strlen(schedule) > SCHEDULE_MAX)
        return failed(e, INVALID, "schedule: too long");
    if (cron_parse(schedule, &c, e) < 0)
        return err_wrap(e, "schedule");
    at = cron_next(&c, clock_s());
    for (i = 0; i < STEPS && at >= 0; i++) {
        int64_t following = cron_next(&c, at);

        if (following >= 0 && following - at < LEAST_S)
            return failed(e, INVALID, "schedule: at most every ten minutes");
        at = following;
    }
    return 0;
}

static int check(const char *schedule, const char *retention, struct err *e)
{
    struct retain r;

    if (plans__check_schedule(schedule, e) < 0)
        return -1;
    return retention ? retain_parse(retention, &r, e) : 0;
}

void plans__changed(struct backup *b)
{
    lock_scope(&b->lock);
    b->changed = true;
    pthread_cond_broadcast(&b->wake);
}

static void bind_next(struct stmt *q, int64_t at)
{
    if (at)
        bind_i64(q, at);
    else
        bind_null(q);
}

static int set_next(struct backup *b, const char *deployment, int64_t at, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_set_next);

    bind_text(q, deployment);
    bind_next(q, at);
    return stmt_run(q, e);
}

int plans__find(struct backup *b, struct arena *a, const char *deployment, bool *ret_found,
                struct plan *ret, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_get);
    bool node = str_eq(deployment, BACKUP_NODE);
    const char *schedule;
    const char *retention;
    struct err ignored;

    bind_text(q, deployment);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (!*ret_found)
        return 0;
    schedule = col_dup(a, q, "schedule");
    retention = col_dup(a, q, "retention");
    *ret = (struct plan){.deployment = arena_strdup(a, deployment),
                         .owner = col_dup(a, q, "owner"),
                         .schedule = schedule ? schedule
                                     : node   ? b->o.node_schedule
                                              : b->o.schedule,
                         .retention = b->retention,
                         .next_at = col_is_null(q, "next_at") ? 0 : col_i64(q, "next_at"),
                         .gone = (int)col_i64(q, "gone"),
                         .gone_at = col_i64(q, "gone_at")};
    if (retention)
        (void)!retain_parse(retention, &ret->retention, &ignored);
    return 0;
}

/* When it is to run next, by the schedule that is in force. */
static int reschedule(struct backup *b, const char *deployment, bool keep, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;
    bool found;

    if (plans__find(b, a, deployment, &found, &p, e) < 0)
        return -1;
    if (!found || (keep && p.next_at && *p.schedule))
        return 0;
    if (set_next(b, deployment, next_of(p.schedule, clock_ms()), e) < 0)
        return -1;
    plans__changed(b);
    return 0;
}

int backup_watch(struct backup *b, const char *deployment, const char *owner, const char *schedule,
                 const char *retention, struct err *e)
{
    if (!names__plain(deployment, BACKUP_ID_MAX))
        return failed(e, INVALID, "'%.80s' cannot be the name of a repository", deployment);
    if (check(schedule, retention, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(b->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_put);

        bind_text(q, deployment);
        bind_text(q, owner);
        bind_text(q, schedule);
        bind_text(q, retention);
        bind_null(q);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return reschedule(b, deployment, !schedule, e);
}

int backup_plan(struct backup *b, const char *deployment, const char *schedule,
                const char *retention, struct err *e)
{
    if (check(schedule, retention, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(b->o.store);
        _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_change);

        bind_text(q, deployment);
        bind_text(q, schedule);
        bind_text(q, retention);
        if (stmt_run(q, e) < 0)
            return -1;
        if (db_changes(db) == 0)
            return failed(e, NOT_FOUND, "there are no backups of '%.80s'", deployment);
    }
    return reschedule(b, deployment, !schedule, e);
}

static int list(struct backup *b, struct arena *a, struct stmt *q, const char ***ret,
                size_t *ret_count, struct err *e)
{
    const char **names = arena_calloc(a, DUE_MAX, sizeof(*names));
    size_t n = 0;
    int r;

    (void)b;
    while ((r = stmt_step(q, e)) > 0 && n < DUE_MAX)
        names[n++] = col_dup(a, q, "deployment");
    *ret = names;
    *ret_count = n;
    return r < 0 ? -1 : 0;
}

int plans__due(struct backup *b, struct arena *a, int64_t now, const char ***ret, size_t *ret_count,
               struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_due);

    bind_i64(q, now);
    return list(b, a, q, ret, ret_count, e);
}

int plans__purges(struct backup *b, struct arena *a, const char ***ret, size_t *ret_count,
                  struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_purges);

    return list(b, a, q, ret, ret_count, e);
}

int plans__next(struct backup *b, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_plan_first);
    bool found;

    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_i64(q, "next_at") : 0;
    return 0;
}

void plans__advance(struct backup *b, const struct plan *p)
{
    struct err ignored;

    (void)!set_next(b, p->deployment, next_of(p->schedule, clock_ms()), &ignored);
}

int plans__run_all(struct backup *b, const struct sql *const *all, const char *const *texts,
                   struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (; *all; all++) {
        _stmt_ struct stmt *q = db_query(db, *all);
        size_t i;

        for (i = 0; texts[i]; i++)
            bind_text(q, texts[i]);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    return tx_commit(&tx, e);
}

int plans__drop(struct backup *b, const char *deployment, struct err *e)
{
    static const struct sql *const all[] = {&sql_backup_plan_drop, &sql_backup_plan_drop_alerts,
                                            NULL};
    const char *const texts[] = {deployment, NULL};

    return plans__run_all(b, all, texts, e);
}
