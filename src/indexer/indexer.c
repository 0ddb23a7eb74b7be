/* SPDX-License-Identifier: Apache-2.0 */
/* The threads: two for each chain and one for purgatory, which sleep until there may be news. */
#include "indexer/indexer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "indexer/follow.h"
#include "indexer/purgatory.h"
#include "indexer/rows.h"

enum {
    PAUSE_MIN_MS = 50,
    PAUSE_MAX_MS = 1000,
    RETRY_MS = 1000,       /* after a failure; grows */
    RETRY_MAX_MS = 30000,  /* ... up to this */
    SECOND_MAX_MS = 60000, /* a second look is due then at the latest, if anything is */
    QUIET_FAILURES = 3     /* failures in a row before anybody is told */
};

struct indexer {
    struct indexer_options o;
    struct follower *followers;
    struct purgatory *purgatory;
    /* Fetches purgatory's lists; not started where there are none. */
    pthread_t judge;
    bool judging;
    pthread_mutex_t lock;
    pthread_cond_t ending;
    bool end;
};

/* An eighth of the chain's pace: blocks that come seldom are looked for seldom. */
static int64_t pause_ms(const struct follower *f)
{
    int64_t quiet = clock_mono_ms() - f->head_ms;
    int64_t pace = quiet > f->pace_ms ? quiet : f->pace_ms;

    if (f->o->interval_ms > 0)
        return f->o->interval_ms;
    if (pace / 8 < PAUSE_MIN_MS)
        return PAUSE_MIN_MS;
    return pace / 8 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pace / 8;
}

/* Sleeps until the time is over, somebody sets *wake, or it is to end (false). */
static bool rest(struct follower *f, bool *wake, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    int64_t left;

    lock_scope(&f->lock);
    while (!f->stop && !*wake && (left = end - clock_mono_ms()) > 0)
        (void)cond_wait_ms(&f->woken, &f->lock, left);
    while (!f->stop && f->paused)
        (void)cond_wait_ms(&f->woken, &f->lock, -1);
    *wake = false;
    return !f->stop;
}

static void tell_failure(const struct follower *f, int failures, const struct err *e)
{
    if (failures == QUIET_FAILURES)
        log_warn("indexer", "chain %llu: %s; trying again until it works",
                 (unsigned long long)f->chain->chain_id, e->msg);
    else
        log_debug("indexer", "chain %llu: %s", (unsigned long long)f->chain->chain_id, e->msg);
}

static void tell_progress(const struct follower *f, uint64_t before)
{
    if (f->next != before)
        log_verbose("indexer", "chain %llu: indexed to block %lld of %llu",
                    (unsigned long long)f->chain->chain_id, (long long)f->next - 1,
                    (unsigned long long)f->head);
}

static int64_t retry_ms(int failures)
{
    int64_t ms = RETRY_MS;

    while (--failures > 0 && ms < RETRY_MAX_MS)
        ms *= 2;
    return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void *run(void *arg)
{
    struct follower *f = arg;
    struct err e;
    int failures = 0;
    bool more = false;

    do {
        uint64_t before = f->next;

        if (follow_step(f, &more, &e) < 0) {
            tell_failure(f, ++failures, &e);
            continue;
        }
        if (failures >= QUIET_FAILURES)
            log_info("indexer", "chain %llu: works again", (unsigned long long)f->chain->chain_id);
        failures = 0;
        tell_progress(f, before);
    } while (rest(f, &f->wake, failures ? retry_ms(failures) : (more ? 0 : pause_ms(f))));
    return NULL;
}

/* How long the second thread has nothing to do. */
static int64_t second_pause_ms(const struct follower *f)
{
    _db_ struct db *db = store_lend(f->o->store);
    int64_t due;
    struct err e;

    if (again_next(db, f->chain->chain_id, &due, &e) < 0 || due == INT64_MAX)
        return SECOND_MAX_MS;
    due -= clock_ms();
    if (due < RETRY_MS) /* due, but the chain is not caught up with: the first thread will call */
        return RETRY_MS;
    return due < SECOND_MAX_MS ? due : SECOND_MAX_MS;
}

static void *run_second(void *arg)
{
    struct follower *f = arg;
    struct err e;
    int failures = 0;
    bool more = false;
    int64_t pause;

    do {
        if (again_step(f, &more, &e) < 0) {
            tell_failure(f, ++failures, &e);
            pause = retry_ms(failures);
            continue;
        }
        failures = 0;
        pause = more ? 0 : second_pause_ms(f);
    } while (rest(f, &f->wake_second, pause));
    return NULL;
}

/* --- purgatory --- */

/* Every chain's thread looks at its assets by the new lists. */
static void sweep(struct indexer *ix)
{
    size_t i;

    for (i = 0; i < ix->o.chain_count; i++) {
        struct follower *f = &ix->followers[i];
        lock_scope(&f->lock);

        f->sweep = true;
        f->wake = true;
        pthread_cond_broadcast(&f->woken);
    }
}

static bool rest_judge(struct indexer *ix, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    int64_t left;

    lock_scope(&ix->lock);
    while (!ix->end && (left = end - clock_mono_ms()) > 0)
        (void)cond_wait_ms(&ix->ending, &ix->lock, left);
    return !ix->end;
}

static void *run_judge(void *arg)
{
    struct indexer *ix = arg;
    bool failing = false;
    bool changed;
    struct err e;

    do {
        bool failed = purgatory_refresh(ix->purgatory, &changed, &e) < 0;

        if (failed && !failing)
            log_warn("indexer", "purgatory: %s; the last one that was read counts", e.msg);
        if (!failed && failing)
            log_info("indexer", "purgatory: all lists can be read again");
        failing = failed;
        if (changed)
            sweep(ix);
    } while (rest_judge(ix, ix->o.policy.purgatory_interval_ms));
    return NULL;
}

static void start_judge(struct indexer *ix)
{
    const struct indexer_policy *policy = &ix->o.policy;
    const struct purgatory_options o = {ix->o.store, ix->o.net, policy->asset_purgatory_url,
                                        policy->account_purgatory_url};

    ix->purgatory = purgatory_new(&o);
    must(pthread_mutex_init(&ix->lock, NULL) == 0);
    cond_init(&ix->ending);
    ix->judging = o.asset_url || o.account_url;
}

static void stop_judge_thread(struct indexer *ix)
{
    {
        lock_scope(&ix->lock);
        ix->end = true;
        pthread_cond_signal(&ix->ending);
    }
    if (ix->judging)
        pthread_join(ix->judge, NULL);
}

static void free_judge(struct indexer *ix)
{
    purgatory_free(ix->purgatory);
    pthread_cond_destroy(&ix->ending);
    pthread_mutex_destroy(&ix->lock);
}

/* --- start and end --- */

struct indexer *indexer_start(const struct indexer_options *o)
{
    struct indexer *ix = xcalloc(1, sizeof(*ix));
    size_t i;

    ix->o = *o;
    ix->followers = xcalloc(o->chain_count, sizeof(struct follower));
    start_judge(ix);
    for (i = 0; i < o->chain_count; i++) {
        struct follower *f = &ix->followers[i];

        follow_init(f, &ix->o, &o->chains[i], ix->purgatory);
        thread_start(&f->thread, "indexer", run, f);
        thread_start(&f->second, "indexer-again", run_second, f);
    }
    if (ix->judging) /* it speaks to all of them */
        thread_start(&ix->judge, "purgatory", run_judge, ix);
    return ix;
}

void indexer_stop(struct indexer *ix)
{
    struct follower *f;
    size_t i;

    if (!ix)
        return;
    for (i = 0; i < ix->o.chain_count; i++) {
        f = &ix->followers[i];
        lock_scope(&f->lock);
        f->stop = true;
        pthread_cond_broadcast(&f->woken);
    }
    stop_judge_thread(ix);
    for (i = 0; i < ix->o.chain_count; i++) {
        f = &ix->followers[i];
        pthread_join(f->thread, NULL);
        pthread_join(f->second, NULL);
        follow_done(f);
    }
    free_judge(ix);
    free(ix->followers);
    free(ix);
}

static void wake(struct follower *f)
{
    lock_scope(&f->lock);
    f->wake = true;
    f->wake_second = true;
    pthread_cond_broadcast(&f->woken);
}

void indexer_wake(struct indexer *ix, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < ix->o.chain_count; i++)
        if (!chain_id || ix->followers[i].chain->chain_id == chain_id)
            wake(&ix->followers[i]);
}

static struct follower *find(struct indexer *ix, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < ix->o.chain_count; i++)
        if (ix->followers[i].chain->chain_id == chain_id)
            return &ix->followers[i];
    return NULL;
}

/* Sets `paused` of one chain or all; answers how many changed, *ret_found how many there are. */
static size_t set_paused(struct indexer *ix, uint64_t chain_id, bool paused, size_t *ret_found)
{
    size_t changed = 0;
    size_t i;

    *ret_found = 0;
    for (i = 0; i < ix->o.chain_count; i++) {
        struct follower *f = &ix->followers[i];

        if (chain_id && f->chain->chain_id != chain_id)
            continue;
        lock_scope(&f->lock);
        ++*ret_found;
        changed += f->paused != paused;
        f->paused = paused;
        pthread_cond_broadcast(&f->woken);
    }
    return changed;
}

bool indexer_pause(struct indexer *ix, uint64_t chain_id)
{
    size_t found;

    return set_paused(ix, chain_id, true, &found) > 0;
}

bool indexer_resume(struct indexer *ix, uint64_t chain_id)
{
    size_t found;

    (void)set_paused(ix, chain_id, false, &found);
    return found > 0;
}

bool indexer_is_running(struct indexer *ix, uint64_t chain_id)
{
    struct follower *f = find(ix, chain_id);

    if (!f)
        return false;
    lock_scope(&f->lock);
    return !f->paused;
}

void indexer_set_policy(struct indexer *ix, const struct indexer_policy *policy)
{
    struct indexer_policy with = *policy;
    size_t i;

    with.asset_purgatory_url = ix->o.policy.asset_purgatory_url;
    with.account_purgatory_url = ix->o.policy.account_purgatory_url;
    for (i = 0; i < ix->o.chain_count; i++) {
        struct follower *f = &ix->followers[i];
        struct policy_copy *old;
        struct policy_copy *coming = policy_copy(&with);

        {
            lock_scope(&f->lock);
            old = f->coming;
            f->coming = coming;
        }
        policy_copy_free(old);
    }
}

static int not_indexed(uint64_t chain_id, struct err *e)
{
    return failed(e, INVALID, "chain %llu is not indexed", (unsigned long long)chain_id);
}

int indexer_reindex_tx(struct indexer *ix, uint64_t chain_id, const char *tx, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    struct follower *f = find(ix, chain_id);
    struct again again = {0};
    struct hash32 hash;

    if (!f)
        return not_indexed(chain_id, e);
    if (!hash32_parse(tx, &hash))
        return failed(e, INVALID, "\"%.80s\" is not the hash of a transaction", tx);
    db = store_lend(ix->o.store);
    again.tx = hash32_text(a, &hash);
    if (again_put(db, chain_id, &again, e) < 0)
        return -1;
    wake(f);
    return 0;
}

int indexer_reindex_chain(struct indexer *ix, uint64_t chain_id, uint64_t block, struct err *e)
{
    struct follower *f = find(ix, chain_id);

    if (!f)
        return not_indexed(chain_id, e);
    {
        lock_scope(&f->lock);
        f->reset = true;
        f->reset_to = block;
    }
    wake(f);
    return 0;
}

bool indexer_block(struct indexer *ix, uint64_t chain_id, uint64_t *ret)
{
    struct follower *f = find(ix, chain_id);
    int64_t block = f ? atomic_load(&f->indexed) : -1;

    if (block < 0)
        return false;
    *ret = (uint64_t)block;
    return true;
}
