/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A synced commit takes longer than everything else in a signed request, so the requests that
 * come while one commit is under way share the next. Whoever finds nobody committing does it for
 * all who wait. The database decides which nonce is accepted; the memory of recent values only
 * saves reading them.
 */
#include <pthread.h>
#include <string.h>

#include "auth/auth_int.h"
#include "auth/import.h"
#include "auth/nonces.sql.h"
#include "base/list.h"
#include "base/must.h"
#include "base/thread.h"
#include "crypto/random.h"

enum { SLOTS_BITS = 13 };

/* A wish to advance one counter; lives on the stack of the thread that waits for it. */
struct change {
    struct list link;
    struct addr who;
    int64_t value;
    bool accepted;
    bool done;
    bool failed;
    struct err err;
};

/* Recent values, each in the only slot that its address can have. */
struct slot {
    struct addr who;
    bool used;
    int64_t value;
};

struct nonces {
    struct store *store;

    pthread_mutex_t lock; /* guards the next three */
    pthread_cond_t committed;
    struct list waiting;
    bool committing;

    pthread_mutex_t recent_lock; /* guards the rest */
    uint64_t version;            /* grows with each commit */
    uint64_t seed;
    struct slot recent[1 << SLOTS_BITS];
};

struct nonces *nonces__new(struct store *store)
{
    struct nonces *n = xcalloc(1, sizeof(*n));

    n->store = store;
    list_init(&n->waiting);
    must(pthread_mutex_init(&n->lock, NULL) == 0);
    must(pthread_mutex_init(&n->recent_lock, NULL) == 0);
    cond_init(&n->committed);
    random_bytes(&n->seed, sizeof(n->seed));
    return n;
}

void nonces__free(struct nonces *n)
{
    if (!n)
        return;
    must(list_empty(&n->waiting));
    pthread_cond_destroy(&n->committed);
    pthread_mutex_destroy(&n->recent_lock);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

static struct slot *slot_of(struct nonces *n, const struct addr *who)
{
    uint64_t h;

    memcpy(&h, who->b, sizeof(h));
    h = (h ^ n->seed) * 0x9e3779b97f4a7c15;
    return &n->recent[h >> (64 - SLOTS_BITS)];
}

bool nonces__peek(struct nonces *n, const struct addr *who, int64_t *ret)
{
    struct slot *s = slot_of(n, who);

    lock_scope(&n->recent_lock);
    if (!s->used || !addr_eq(&s->who, who))
        return false;
    *ret = s->value;
    return true;
}

static int read_value(struct nonces *n, const struct addr *who, int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(n->store);
    _stmt_ struct stmt *q = db_query(db, &sql_nonce_get);
    char address[ADDR_TEXT];
    bool found;

    addr_lower(who, address);
    bind_text(q, address);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_i64(q, "value") : 0;
    return 0;
}

static uint64_t version_now(struct nonces *n)
{
    lock_scope(&n->recent_lock);
    return n->version;
}

int nonces__get(struct nonces *n, const struct addr *who, int64_t *ret, struct err *e)
{
    uint64_t version;

    if (nonces__peek(n, who, ret))
        return 0;
    version = version_now(n);
    if (read_value(n, who, ret, e) < 0)
        return -1;
    {
        lock_scope(&n->recent_lock);
        /* A value that was read before or during somebody's commit may be old by now. */
        if (n->version == version && version % 2 == 0)
            *slot_of(n, who) = (struct slot){*who, true, *ret};
    }
    return 0;
}

/* The version is odd while a commit is under way: some see it before memory does. */
static void announce(struct nonces *n)
{
    lock_scope(&n->recent_lock);
    n->version++;
}

static void remember(struct nonces *n, struct list *batch, bool failed)
{
    struct list *item;
    struct list *following;

    lock_scope(&n->recent_lock);
    n->version++;
    if (failed)
        return;
    list_for_each(item, following, batch)
    {
        struct change *c = container_of(item, struct change, link);

        if (c->accepted)
            *slot_of(n, &c->who) = (struct slot){c->who, true, c->value};
    }
}

static int apply(struct db *db, struct change *c, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_nonce_advance);
    char address[ADDR_TEXT];

    addr_lower(&c->who, address);
    bind_text(q, address);
    bind_i64(q, c->value);
    if (stmt_run(q, e) < 0)
        return -1;
    c->accepted = db_changes(db) > 0;
    return 0;
}

static void take_waiting(struct nonces *n, struct list *batch)
{
    struct list *item;

    lock_scope(&n->lock);
    while ((item = list_pop(&n->waiting)))
        list_push(batch, item);
}

/*
 * Until the commit is over only the database is asked for these counters: a reader that was on its
 * way there sees the new value before memory does, and must not find the old one afterwards.
 */
static void forget(struct nonces *n, struct list *batch)
{
    struct list *item;
    struct list *following;

    lock_scope(&n->recent_lock);
    list_for_each(item, following, batch)
    {
        const struct change *c = container_of(item, struct change, link);
        struct slot *s = slot_of(n, &c->who);

        if (addr_eq(&s->who, &c->who))
            s->used = false;
    }
}

/* One transaction for all who wait by the time it is our turn to write. */
static int commit_waiting(struct nonces *n, struct list *batch, struct err *e)
{
    _db_ struct db *db = store_lend(n->store);
    _tx_ struct tx tx = {0};
    struct list *item;
    struct list *following;
    int began = tx_begin(db, &tx, e);

    take_waiting(n, batch);
    forget(n, batch);
    if (began < 0)
        return -1;
    list_for_each(item, following,
                  batch) if (apply(db, container_of(item, struct change, link), e) < 0) return -1;
    return tx_commit(&tx, e);
}

/* Commits for everybody who waits; called and returns with the lock held. */
static void lead(struct nonces *n)
{
    struct list batch;
    struct list *item;
    struct err err;
    bool failed;

    n->committing = true;
    pthread_mutex_unlock(&n->lock);
    list_init(&batch);
    announce(n);
    failed = commit_waiting(n, &batch, &err) < 0;
    remember(n, &batch, failed);
    pthread_mutex_lock(&n->lock);
    while ((item = list_pop(&batch))) {
        struct change *c = container_of(item, struct change, link);

        c->failed = failed;
        if (failed)
            c->err = err;
        c->done = true;
    }
    n->committing = false;
    pthread_cond_broadcast(&n->committed);
}

int nonces__advance(struct nonces *n, const struct addr *who, int64_t value, bool *ret,
                    struct err *e)
{
    struct change c = {.who = *who, .value = value};

    {
        lock_scope(&n->lock);
        list_push(&n->waiting, &c.link);
        while (!c.done && n->committing)
            (void)cond_wait_ms(&n->committed, &n->lock, -1);
        if (!c.done)
            lead(n);
    }
    if (c.failed) {
        *e = c.err;
        return err_wrap(e, "error updating nonce to: %lld", (long long)value);
    }
    *ret = c.accepted;
    return 0;
}

int auth_import_nonce(struct db *db, const struct addr *who, int64_t nonce, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_nonce_advance);
    char address[ADDR_TEXT];

    addr_lower(who, address);
    bind_text(q, address);
    bind_i64(q, nonce);
    return stmt_run(q, e);
}
