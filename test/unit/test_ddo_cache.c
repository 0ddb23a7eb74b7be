/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/thread.h"
#include "node/ddo_cache.h"
#include "test.h"

/* The cache of documents: what it answers, and that it never answers what is not so any more. */

static const struct sql make = {
    "make", "CREATE TABLE IF NOT EXISTS doc (n INTEGER NOT NULL PRIMARY KEY) STRICT"};
static const struct sql put = {"put", "UPDATE doc SET n = ?1"};
static const struct sql first = {"first", "INSERT INTO doc (n) VALUES (0)"};
static const struct sql get = {"get", "SELECT n FROM doc"};

struct fixture {
    char dir[40];
    struct store *store;
    struct ddo_cache *cache;
    atomic_bool over;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    (void)strcpy(f->dir, "/tmp/atoll-ddo-cache-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    f->cache = ddo_cache_new(f->store);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    ddo_cache_free(f->cache);
    store_close(f->store);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static void commit(struct fixture *f, const struct sql *sql, int64_t n, bool bound)
{
    _db_ struct db *db = store_lend(f->store);
    _tx_ struct tx tx = {0};
    struct err e;

    ok(tx_begin(db, &tx, &e), e);
    {
        _stmt_ struct stmt *q = db_query(db, sql);

        if (bound)
            bind_i64(q, n);
        ok(stmt_run(q, &e), e);
    }
    ok(tx_commit(&tx, &e), e);
}

static int64_t read_number(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query(db, &get);
    bool found;
    struct err e;

    ok(stmt_find(q, &found, &e), e);
    return col_i64(q, "n");
}

static void test_answers(void **state)
{
    struct fixture *f = *state;
    _arena_ struct arena *a = arena_new();
    char *large = calloc(1, (64 << 10) + 2);
    uint64_t now = store_commits(f->store);

    assert_null(ddo_cache_find(f->cache, a, "did:op:1"));
    ddo_cache_put(f->cache, "did:op:1", "{\"a\":1}", now);
    assert_string_equal(ddo_cache_find(f->cache, a, "did:op:1"), "{\"a\":1}");
    assert_null(ddo_cache_find(f->cache, a, "did:op:2"));
    memset(large, 'x', (64 << 10) + 1);
    ddo_cache_put(f->cache, "did:op:3", large, now);
    assert_null(ddo_cache_find(f->cache, a, "did:op:3"));
    free(large);
    commit(f, &make, 0, false);
    assert_null(ddo_cache_find(f->cache, a, "did:op:1"));
    ddo_cache_put(f->cache, "did:op:1", "old", now); /* read before that commit */
    assert_null(ddo_cache_find(f->cache, a, "did:op:1"));
    ddo_cache_put(f->cache, "did:op:1", "new", store_commits(f->store));
    assert_string_equal(ddo_cache_find(f->cache, a, "did:op:1"), "new");
}

static void *fill(void *arg)
{
    struct fixture *f = arg;
    char text[32];

    while (!f->over) {
        uint64_t commits = store_commits(f->store);

        (void)snprintf(text, sizeof(text), "%lld", (long long)read_number(f));
        ddo_cache_put(f->cache, "did:op:x", text, commits);
    }
    return NULL;
}

/* After a commit nobody is told what was before it, whoever fills the cache meanwhile. */
static void test_never_old(void **state)
{
    struct fixture *f = *state;
    pthread_t thread[2];
    int64_t n;

    commit(f, &make, 0, false);
    commit(f, &first, 0, false);
    thread_start(&thread[0], "fill", fill, f);
    thread_start(&thread[1], "fill", fill, f);
    for (n = 1; n <= 300; n++) {
        _arena_ struct arena *a = arena_new();
        const char *text;
        int i;

        commit(f, &put, n, true);
        for (i = 0; i < 200; i++) {
            text = ddo_cache_find(f->cache, a, "did:op:x");
            assert_true(!text || strtoll(text, NULL, 10) == n);
        }
    }
    f->over = true;
    pthread_join(thread[0], NULL);
    pthread_join(thread[1], NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_never_old, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
