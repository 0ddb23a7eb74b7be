/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "wizard/wizard_int.h"
#include "wizard/wizards.sql.h"

/*
 * The thread that frees what has expired, when it does, and goes on with deployments that were
 * agreed to and whose process ended, or whose way there failed for a while.
 */

enum { AGAIN_MS = 15000, SOON_MS = 1000, LONG_MS = 3600 * 1000 };

/* What is over loses its answers at once, and its row a lifetime later. */
static int free_expired(struct wizards *w, int64_t *ret_next, struct err *e)
{
    int64_t now = clock_ms();
    _db_ struct db *db = store_lend(w->o.store);
    _tx_ struct tx tx = {0};
    bool found;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_free);

        bind_i64(q, now);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_expire);

        bind_i64(q, now);
        bind_i64(q, now + w->o.lifetime_ms);
        if (stmt_run(q, e) < 0)
            return -1;
    }
    {
        _stmt_ struct stmt *q = db_query(db, &sql_wizard_next);

        if (stmt_find(q, &found, e) < 0)
            return -1;
        *ret_next = found && !col_is_null(q, "at") ? col_i64(q, "at") : now + LONG_MS;
    }
    return tx_commit(&tx, e);
}

struct interrupted {
    struct wizard_at at[64];
    size_t count;
};

static int list_interrupted(struct wizards *w, struct arena *a, struct interrupted *ret,
                            struct err *e)
{
    _db_ struct db *db = store_lend(w->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_wizard_interrupted);
    int r;

    ret->count = 0;
    while (ret->count < ARRAY_LEN(ret->at) && (r = stmt_step(q, e)) > 0)
        ret->at[ret->count++] = (struct wizard_at){a, col_dup(a, q, "owner"), col_dup(a, q, "id")};
    return ret->count < ARRAY_LEN(ret->at) ? r : 0;
}

/* One of them; true when it is still to be tried again. */
static bool try_again(struct wizards *w, const struct wizard_at *at)
{
    struct wizard_seen s;
    struct err e;
    struct err ignored;

    if (wizard__see(w, at, &s, &e) < 0) {
        /* its package is gone */
        if (s.row.state == WIZARD_DEPLOYING && err_status(e.code) < 500 &&
            wizard__reopen(w, at->id, WIZARD_REVIEW, &ignored) == 0)
            s.row.state = WIZARD_ASKING;
    } else if (wizard__go_on(w, at, &s, &e) == 0) {
        return false;
    }
    log_warn("wizard", "%s is not deployed: %s", at->id, e.msg);
    return s.row.state == WIZARD_DEPLOYING;
}

/* How many are left because something failed that may work later; -1: not even that is known. */
static int go_on(struct wizards *w)
{
    _arena_ struct arena *a = arena_new();
    struct interrupted list;
    struct err e;
    size_t i;
    int left = 0;

    if (list_interrupted(w, a, &list, &e) < 0) {
        log_error("wizard", "interrupted deployments: %s", e.msg);
        return -1;
    }
    for (i = 0; i < list.count; i++)
        left += try_again(w, &list.at[i]);
    return left;
}

static bool wait(struct wizards *w, int64_t ms)
{
    lock_scope(&w->lock);
    if (!w->ending && !w->nudged)
        (void)cond_wait_ms(&w->wake, &w->lock, ms);
    w->nudged = false;
    return !w->ending;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until something expires; what begins meanwhile does so a lifetime from now at the earliest. */
static int64_t pause_of(const struct wizards *w, int64_t next, int left)
{
    int64_t ms = least(next - clock_ms(), w->o.lifetime_ms);

    if (left)
        ms = least(ms, AGAIN_MS);
    return ms < SOON_MS ? SOON_MS : ms;
}

static void *sweep(void *arg)
{
    struct wizards *w = arg;
    int64_t next;
    struct err e;
    int left;

    do {
        left = go_on(w);
        if (free_expired(w, &next, &e) < 0) {
            log_error("wizard", "expired wizards: %s", e.msg);
            next = clock_ms() + AGAIN_MS;
        }
    } while (wait(w, pause_of(w, next, left)));
    return NULL;
}

void wizard__nudge(struct wizards *w)
{
    lock_scope(&w->lock);
    w->nudged = true;
    must(pthread_cond_signal(&w->wake) == 0);
}

struct wizards *wizards_new(const struct wizards_options *o)
{
    struct wizards *w = xcalloc(1, sizeof(*w));

    w->o = *o;
    w->seal = pubkey_of(o->key);
    must(pthread_mutex_init(&w->lock, NULL) == 0);
    cond_init(&w->wake);
    return w;
}

void wizards_start(struct wizards *w)
{
    w->running = true;
    thread_start(&w->sweeper, "wizards", sweep, w);
}

void wizards_stop(struct wizards *w)
{
    if (!w || !w->running)
        return;
    {
        lock_scope(&w->lock);
        w->ending = true;
        must(pthread_cond_signal(&w->wake) == 0);
    }
    must(pthread_join(w->sweeper, NULL) == 0);
    w->running = false;
}

void wizards_free(struct wizards *w)
{
    if (!w)
        return;
    wizards_stop(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
