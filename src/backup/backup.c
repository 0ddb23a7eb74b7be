/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"

enum {
    WORKERS = 2,
    BACKLOG = 256,
    LOOK_MS = 3600000,
    AGAIN_MS = 60000,
    SOON_MS = 1000,
    DEFAULT_STALL_MS = 120000
};
#define DEFAULT_RETENTION "last=3 daily=7 weekly=4 monthly=6"

/* --- one thing to do, and one at a time for each deployment --- */

enum op_kind { OP_SAVE, OP_RESTORE, OP_TEST, OP_PURGE };

struct op {
    struct pool_item item;
    struct list link; /* in backup.busy */
    struct backup *b;
    enum op_kind kind;
    char deployment[BACKUP_ID_MAX + 1];
    char snapshot[BACKUP_ID_SIZE];
    char server[BACKUP_NAME_MAX + 1]; /* "" = any */
};

static bool is_busy(struct backup *b, const char *deployment)
{
    struct list *l;
    struct list *following;

    list_for_each(l, following, &b->busy) if (str_eq(container_of(l, struct op, link)->deployment,
                                                     deployment)) return true;
    return false;
}

bool backup_busy(struct backup *b, const char *deployment)
{
    lock_scope(&b->lock);
    return is_busy(b, deployment);
}

static int op_new(struct backup *b, enum op_kind kind, const char *deployment,
                  const char *const where[2], struct op **ret, struct err *e)
{
    struct op *o = xcalloc(1, sizeof(*o));

    o->b = b;
    o->kind = kind;
    if (!str_copy(o->deployment, sizeof(o->deployment), deployment) ||
        !str_copy(o->snapshot, sizeof(o->snapshot), where && where[0] ? where[0] : "latest") ||
        !str_copy(o->server, sizeof(o->server), where && where[1] ? where[1] : "")) {
        free(o);
        return refused(e, BACKUP_NONE);
    }
    {
        lock_scope(&b->lock);
        if (!b->ending && !is_busy(b, deployment)) {
            list_push(&b->busy, &o->link);
            *ret = o;
            return 0;
        }
    }
    free(o);
    return refused(e, BACKUP_BUSY);
}

static void op_free(struct op *o)
{
    {
        lock_scope(&o->b->lock);
        list_remove(&o->link);
    }
    free(o);
}

static int save(struct backup *b, const char *deployment, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;
    bool found;

    if (plans__find(b, a, deployment, &found, &p, e) < 0)
        return -1;
    if (!found || p.gone)
        return failed(e, NOT_FOUND, "there are no backups of '%.80s'", deployment);
    return save__run(b, &p, e);
}

static int op_do(struct op *o, struct err *e)
{
    const char *server = *o->server ? o->server : NULL;

    switch (o->kind) {
    case OP_SAVE:
        return save(o->b, o->deployment, e);
    case OP_RESTORE:
        return restore__run(o->b, o->deployment, o->snapshot, server, e);
    case OP_TEST:
        return restore__test(o->b, o->deployment, o->snapshot, server, e);
    case OP_PURGE:
        return purge__run(o->b, o->deployment, e);
    }
    return 0;
}

static bool is_ending(struct backup *b)
{
    lock_scope(&b->lock);
    return b->ending;
}

/* What failed is told by an alert already. */
static void op_run(struct pool_item *item)
{
    struct op *o = container_of(item, struct op, item);
    struct err e;

    if (!is_ending(o->b) && op_do(o, &e) < 0)
        log_debug("backup", "'%s': %s", o->deployment, e.msg);
    op_free(o);
}

static int op_queue(struct backup *b, enum op_kind kind, const char *deployment,
                    const char *const where[2], struct err *e)
{
    struct op *o;

    if (op_new(b, kind, deployment, where, &o, e) < 0)
        return -1;
    o->item.run = op_run;
    if (pool_run(b->pool, &o->item))
        return 0;
    op_free(o);
    return refused(e, TOO_BUSY);
}

static int op_wait(struct backup *b, enum op_kind kind, const char *deployment,
                   const char *const where[2], struct err *e)
{
    struct op *o;
    int rc;

    if (op_new(b, kind, deployment, where, &o, e) < 0)
        return -1;
    rc = op_do(o, e);
    op_free(o);
    return rc;
}

/* --- what is asked for --- */

static int need_servers(struct backup *b, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct server *all;
    size_t count;

    if (servers__all(b, a, &all, &count, e) < 0)
        return -1;
    return count > 0 ? 0 : refused(e, BACKUP_SERVERS);
}

static int need_plan(struct backup *b, const char *deployment, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan p;
    bool found;

    if (plans__find(b, a, deployment, &found, &p, e) < 0)
        return -1;
    return found ? 0 : failed(e, NOT_FOUND, "there are no backups of '%.80s'", deployment);
}

static int need_copy(struct backup *b, const char *deployment, const char *snapshot, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct copies copies;

    if (need_plan(b, deployment, e) < 0 || need_servers(b, e) < 0)
        return -1;
    if (str_eq(snapshot, "latest"))
        return 0; /* a server may know more than we do */
    if (targets__copies(b, a, deployment, snapshot, &copies, e) < 0)
        return -1;
    return copies.count > 0 ? 0 : refused(e, BACKUP_NONE);
}

int backup_now(struct backup *b, const char *deployment, struct err *e)
{
    if (need_plan(b, deployment, e) < 0 || need_servers(b, e) < 0)
        return -1;
    return op_queue(b, OP_SAVE, deployment, NULL, e);
}

int backup_now_wait(struct backup *b, const char *deployment, struct err *e)
{
    return op_wait(b, OP_SAVE, deployment, NULL, e);
}

int backup_restore(struct backup *b, const char *deployment, const char *snapshot,
                   const char *server, struct err *e)
{
    const char *const where[2] = {snapshot, server};

    if (need_copy(b, deployment, snapshot, e) < 0)
        return -1;
    return op_queue(b, OP_RESTORE, deployment, where, e);
}

int backup_restore_wait(struct backup *b, const char *deployment, const char *snapshot,
                        const char *server, struct err *e)
{
    const char *const where[2] = {snapshot, server};

    return op_wait(b, OP_RESTORE, deployment, where, e);
}

int backup_verify(struct backup *b, const char *deployment, const char *snapshot, struct err *e)
{
    const char *const where[2] = {snapshot, NULL};

    if (need_copy(b, deployment, snapshot, e) < 0)
        return -1;
    return op_queue(b, OP_TEST, deployment, where, e);
}

int backup_verify_wait(struct backup *b, const char *deployment, const char *snapshot,
                       struct err *e)
{
    const char *const where[2] = {snapshot, NULL};

    return op_wait(b, OP_TEST, deployment, where, e);
}

/* --- the clock --- */

static void queue_due(struct backup *b)
{
    _arena_ struct arena *a = arena_new();
    const char **names;
    size_t count;
    size_t i;
    struct err e;

    if (plans__due(b, a, clock_ms(), &names, &count, &e) < 0)
        return;
    for (i = 0; i < count; i++) {
        struct plan p;
        bool found;

        if (plans__find(b, a, names[i], &found, &p, &e) < 0 || !found)
            continue;
        plans__advance(b, &p); /* one that runs already is not run again for that */
        if (need_servers(b, &e) == 0 && op_queue(b, OP_SAVE, names[i], NULL, &e) < 0)
            log_debug("backup", "'%s' does not run now: %s", names[i], e.msg);
    }
}

/* True when one has to wait for what runs. */
static bool queue_purges(struct backup *b)
{
    _arena_ struct arena *a = arena_new();
    const char **names;
    size_t count;
    size_t i;
    bool waits = false;
    struct err ignored;

    if (gone__expire(b, &ignored) < 0 || plans__purges(b, a, &names, &count, &ignored) < 0)
        return true;
    for (i = 0; i < count; i++)
        waits = op_queue(b, OP_PURGE, names[i], NULL, &ignored) < 0 || waits;
    return waits;
}

static int64_t until_next(struct backup *b)
{
    struct err ignored;
    int64_t next = 0;
    int64_t purge = 0;
    int64_t ms;

    if (plans__next(b, &next, &ignored) < 0 || gone__next(b, &purge, &ignored) < 0)
        return LOOK_MS;
    if (!next || (purge && purge < next))
        next = purge;
    if (!next)
        return LOOK_MS;
    ms = next - clock_ms();
    return ms < 0 ? 0 : ms > LOOK_MS ? LOOK_MS : ms;
}

static void *run_clock(void *arg)
{
    struct backup *b = arg;

    while (!is_ending(b)) {
        int64_t ms;
        bool waits;

        queue_due(b);
        waits = queue_purges(b);
        ms = until_next(b);
        if (waits) /* never at once: a store that takes nothing now would be asked without end */
            ms = ms > AGAIN_MS ? AGAIN_MS : ms < SOON_MS ? SOON_MS : ms;
        lock_scope(&b->lock);
        if (!b->ending && !b->changed && ms > 0)
            (void)cond_wait_ms(&b->wake, &b->lock, ms);
        b->changed = false;
    }
    return NULL;
}

/* --- life --- */

static const char *copy_text(struct backup *b, const char *s)
{
    return arena_strdup(b->life, s ? s : "");
}

static int take_options(struct backup *b, const struct backup_options *o, struct err *e)
{
    char real[PATH_MAX];

    b->o = *o;
    if (fs_mkdirs(o->dir, 0700, e) < 0)
        return -1;
    if (!realpath(o->dir, real))
        return failed(e, FAILED, "%s: %m", o->dir);
    b->o.dir = copy_text(b, real);
    b->o.node = copy_text(b, o->node);
    b->o.webhook = copy_text(b, o->webhook);
    b->o.schedule = copy_text(b, o->schedule);
    b->o.node_schedule = copy_text(b, o->node_schedule);
    b->o.stall_ms = o->stall_ms > 0 ? o->stall_ms : DEFAULT_STALL_MS;
    b->key = *o->key;
    b->o.key = NULL;
    b->pubkey = pubkey_of(&b->key);
    b->prefix = arena_printf(b->life, "%.10s",
                             str_lower(b->life, o->node) + (str_starts(o->node, "0x") ? 2 : 0));
    if (o->state)
        b->state = *o->state;
    if (plans__check_schedule(b->o.schedule, e) < 0 ||
        plans__check_schedule(b->o.node_schedule, e) < 0)
        return err_wrap(e, "backups");
    return retain_parse(o->retention && *o->retention ? o->retention : DEFAULT_RETENTION,
                        &b->retention, e);
}

int backup_new(const struct backup_options *o, struct backup **ret, struct err *e)
{
    struct backup *b = xcalloc(1, sizeof(*b));

    b->life = arena_new();
    pthread_mutex_init(&b->key_lock, NULL);
    pthread_mutex_init(&b->lock, NULL);
    cond_init(&b->wake);
    list_init(&b->busy);
    b->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (b->stop_fd < 0) {
        (void)failed(e, FAILED, "eventfd: %m");
        backup_free(b);
        return -1;
    }
    if (take_options(b, o, e) < 0) {
        backup_free(b);
        return -1;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a program that ends while it is fed */
    *ret = b;
    return 0;
}

void backup_set_deployments(struct backup *b, const struct backup_deployments *d)
{
    b->d = *d;
    b->has_deployments = true;
}

static int write_servers(struct backup *b, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct server *all;
    size_t count;
    size_t i;

    if (servers__all(b, a, &all, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++)
        if (servers__write(b, &all[i], e) < 0)
            return -1;
    return 0;
}

int backup_start(struct backup *b, struct err *e)
{
    if (write_servers(b, e) < 0)
        return -1;
    if (b->state.open && backup_watch(b, BACKUP_NODE, BACKUP_NODE, NULL, NULL, e) < 0)
        return -1;
    b->pool = pool_new("backup", WORKERS, BACKLOG);
    thread_start(&b->clock, "backup-clock", run_clock, b);
    b->started = true;
    return 0;
}

void backup_stop(struct backup *b)
{
    const uint64_t one = 1;

    if (!b)
        return;
    {
        lock_scope(&b->lock);
        b->ending = true;
        pthread_cond_broadcast(&b->wake);
    }
    if (b->stop_fd >= 0)
        (void)!write(b->stop_fd, &one, sizeof(one));
}

void backup_free(struct backup *b)
{
    if (!b)
        return;
    backup_stop(b);
    if (b->started)
        (void)pthread_join(b->clock, NULL);
    pool_free(b->pool);
    if (b->stop_fd >= 0)
        close(b->stop_fd);
    pthread_cond_destroy(&b->wake);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->key_lock);
    seckey_wipe(&b->key);
    arena_free(b->life);
    free(b);
}

/* --- streams of Docker --- */

static int64_t read_docker(void *ctx, void *out, size_t cap, struct err *e)
{
    return stream_read(ctx, out, cap, e);
}

static void close_docker(void *ctx)
{
    stream_close(ctx);
}

struct backup_stream backup_stream_of(struct stream *s)
{
    return (struct backup_stream){read_docker, close_docker, s};
}
