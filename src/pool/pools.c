/* SPDX-License-Identifier: Apache-2.0 */
/* Life, the clock, and what wakes meters. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "pool/meters.sql.h"
#include "pool/pool_int.h"

enum {
    WORKERS = 4,
    BACKLOG = 65536,
    PERIOD_S = 3600,
    LOW_S = 86400,
    CLAIM_S = 3600,
    LOOK_MS = 60000 /* the wall clock may jump: it is not trusted for longer */
};

/* --- waking --- */

static struct meter *find_locked(struct pools *p, const char *deployment)
{
    struct list *item, *next;

    list_for_each(item, next, &p->meters)
    {
        struct meter *m = container_of(item, struct meter, link);

        if (str_eq(m->deployment, deployment))
            return m;
    }
    return NULL;
}

static void queue_locked(struct meter *m)
{
    struct pools *p = m->pools;

    if (m->busy) {
        m->again = true;
        return;
    }
    m->due = 0;
    if (!p->started || p->ending)
        return;
    m->busy = true;
    if (!pool_run(p->workers, &m->item)) {
        m->busy = false;
        m->due = clock_ms() + LOOK_MS;
    }
}

/* On a worker. */
static void run_item(struct pool_item *item)
{
    struct meter *m = container_of(item, struct meter, item);
    struct pools *p = m->pools;

    step__meter(m);
    pthread_mutex_lock(&p->lock);
    m->busy = false;
    if (m->again) {
        m->again = false;
        queue_locked(m);
    } else if (m->over) {
        list_remove(&m->link);
        free(m);
    } else {
        m->due = m->next_due;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
}

void pools__kick(struct pools *p, const char *deployment)
{
    struct meter *m;

    lock_scope(&p->lock);
    m = find_locked(p, deployment);
    if (!m) {
        m = xcalloc(1, sizeof(*m));
        m->pools = p;
        m->item.run = run_item;
        list_init(&m->item.link);
        must(str_copy(m->deployment, sizeof(m->deployment), deployment));
        list_push(&p->meters, &m->link);
    }
    queue_locked(m);
}

/* Deployments of a statement; kicked without a connection in hand. */
static int kick_rows(struct pools *p, const struct sql *sql, const char *key, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *ids = json_new_array(a);
    size_t i;

    {
        _db_ struct db *db = store_lend(p->o.store);
        _stmt_ struct stmt *q = db_query(db, sql);
        int r;

        if (key)
            bind_text(q, key);
        while ((r = stmt_step(q, e)) > 0)
            json_push(a, ids, json_new_str(a, col_text(q, "deployment")));
        if (r < 0)
            return -1;
    }
    for (i = 0; i < json_len(ids); i++)
        pools__kick(p, json_str(json_at(ids, i), ""));
    return 0;
}

int pools__kick_pool(struct pools *p, const char *pool, struct err *e)
{
    return kick_rows(p, &sql_meter_of_pool, pool, e);
}

/* A payment has changed; most are of jobs. */
static void on_payment(void *ctx, const struct escrow_payment *pay)
{
    _arena_ struct arena *a = arena_new();
    struct pools *p = ctx;
    const char *deployment = NULL;
    struct err e;
    int rc;

    {
        _db_ struct db *db = store_lend(p->o.store);

        rc = rows__by_job(db, a, pay->job_id, &deployment, &e);
    }
    if (rc < 0)
        log_warn("pool", "payment %s: %s", pay->job_id, e.msg);
    else if (deployment)
        pools__kick(p, deployment);
}

void pools__tell(struct pools *p, const char *deployment, enum pool_event what, const char *reason)
{
    static const char *const names[] = {
        [POOL_FUNDED] = "funded",   [POOL_FAILED] = "failed",     [POOL_LOW] = "low",
        [POOL_EMPTY] = "empty",     [POOL_REFILLED] = "refilled", [POOL_RESIZED] = "resized",
        [POOL_REFUSED] = "refused", [POOL_CLOSED] = "closed"};

    log_verbose("pool", "deployment %s: %s%s%s", deployment, names[what], *reason ? ": " : "",
                reason);
    if (p->changed)
        p->changed(p->ctx, deployment, what, reason);
}

/* --- the clock --- */

/* Queues what is due; answers how long nothing will be. */
static int64_t serve_due_locked(struct pools *p)
{
    int64_t now = clock_ms();
    int64_t wait = LOOK_MS;
    struct list *item, *next;

    list_for_each(item, next, &p->meters)
    {
        struct meter *m = container_of(item, struct meter, link);

        if (m->due && m->due <= now)
            queue_locked(m);
        if (m->due && m->due - now < wait)
            wait = m->due - now;
    }
    return wait > 0 ? wait : 0;
}

static void *clock_run(void *arg)
{
    struct pools *p = arg;

    pthread_mutex_lock(&p->lock);
    while (!p->ending)
        (void)cond_wait_ms(&p->wake, &p->lock, serve_due_locked(p));
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- life --- */

struct pools *pools_new(const struct pools_options *o, const struct pools_callbacks *callbacks)
{
    struct pools *p = xcalloc(1, sizeof(*p));

    p->o = *o;
    p->cb = *callbacks;
    if (!p->o.period_s)
        p->o.period_s = PERIOD_S;
    if (!p->o.low_s)
        p->o.low_s = LOW_S;
    if (!p->o.claim_s)
        p->o.claim_s = CLAIM_S;
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    cond_init(&p->wake);
    list_init(&p->meters);
    if (o->escrow)
        escrow_listen(o->escrow, on_payment, p);
    return p;
}

void pools_listen(struct pools *p,
                  void (*changed)(void *ctx, const char *deployment, enum pool_event what,
                                  const char *reason),
                  void *ctx)
{
    must(!p->started);
    p->changed = changed;
    p->ctx = ctx;
}

int pools_run(struct pools *p, struct err *e)
{
    p->workers = pool_new("pool", WORKERS, BACKLOG);
    pthread_mutex_lock(&p->lock);
    p->started = true;
    pthread_mutex_unlock(&p->lock);
    thread_start(&p->clock, "pools", clock_run, p);
    return kick_rows(p, &sql_meter_live, NULL, e);
}

void pools_free(struct pools *p)
{
    struct list *item;
    bool started;

    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    started = p->started;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    if (started)
        pthread_join(p->clock, NULL);
    pool_free(p->workers);
    while ((item = list_pop(&p->meters)))
        free(container_of(item, struct meter, link));
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
