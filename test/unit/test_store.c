/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/thread.h"
#include "store/db.h"
#include "test.h"

static const struct sql make = {"make", "CREATE TABLE IF NOT EXISTS t (k TEXT NOT NULL PRIMARY KEY,"
                                        "v INTEGER, b BLOB) STRICT"};
static const struct sql put = {"put", "INSERT INTO t (k, v, b) VALUES (?1, ?2, ?3)"};
static const struct sql get = {"get", "SELECT k, v, b FROM t WHERE k = ?1"};
static const struct sql add = {"add", "UPDATE t SET v = v + 1 WHERE k = ?1"};
static const struct sql read_all = {"read_all", "SELECT k, v FROM t ORDER BY k"};

struct fixture {
    char dir[32];
    struct store *store;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    strcpy(f->dir, "/tmp/atoll-store-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    {
        _db_ struct db *db = store_lend(f->store);
        _stmt_ struct stmt *q = db_query(db, &make);

        ok(stmt_run(q, &e), e);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    store_close(f->store);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static int put_row(struct db *db, const char *k, int64_t v, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &put);

    bind_text(q, k);
    bind_i64(q, v);
    bind_null(q);
    return stmt_run(q, e);
}

static int64_t value_of(struct store *s, const char *k)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &get);
    struct err e;
    bool found;

    bind_text(q, k);
    ok(stmt_find(q, &found, &e), e);
    return found ? col_i64(q, "v") : -1;
}

static void values_come_back(void **state)
{
    struct fixture *f = *state;
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *w = db_query(db, &put);
    _stmt_ struct stmt *r = db_query(db, &get);
    struct bytes b;
    struct err e;

    bind_text(w, "k");
    bind_i64(w, INT64_MIN);
    bind_blob(w, "a\0b", 3);
    ok(stmt_run(w, &e), e);
    assert_int_equal(db_changes(db), 1);
    bind_text(r, "k");
    assert_int_equal(stmt_step(r, &e), 1);
    assert_string_equal(col_text(r, "k"), "k");
    assert_true(col_i64(r, "v") == INT64_MIN);
    b = col_blob(a, r, "b");
    assert_int_equal(b.n, 3);
    assert_memory_equal(b.p, "a\0b", 3);
    assert_int_equal(stmt_step(r, &e), 0);
    bind_text(r, NULL); /* ready again */
    assert_int_equal(stmt_step(r, &e), 0);
}

static void constraint_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = store_lend(f->store);
    struct err e;

    ok(put_row(db, "k", 1, &e), e);
    err_is(put_row(db, "k", 2, &e), e, CONFLICT);
    assert_non_null(strstr(e.msg, "put"));
    ok(put_row(db, "l", 2, &e), e);
}

static void open_transaction_rolls_back(void **state)
{
    struct fixture *f = *state;
    struct err e;

    {
        _db_ struct db *db = store_lend(f->store);
        _tx_ struct tx tx = {0};

        ok(tx_begin(db, &tx, &e), e);
        ok(put_row(db, "k", 1, &e), e);
    }
    assert_int_equal(value_of(f->store, "k"), -1);
    {
        _db_ struct db *db = store_lend(f->store);
        _tx_ struct tx tx = {0};

        ok(tx_begin(db, &tx, &e), e);
        ok(put_row(db, "k", 1, &e), e);
        assert_int_equal(value_of(f->store, "k"), -1); /* nobody else sees it yet */
        ok(tx_commit(&tx, &e), e);
    }
    assert_int_equal(value_of(f->store, "k"), 1);
}

/* The same statement twice at once, and more statements than the cache holds. */
static void statements_nest(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = store_lend(f->store);
    struct sql many[200];
    struct err e;
    size_t i;
    int rows = 0;

    ok(put_row(db, "a", 1, &e), e);
    ok(put_row(db, "b", 1, &e), e);
    {
        _stmt_ struct stmt *outer = db_query(db, &read_all);

        while (stmt_step(outer, &e) > 0) {
            _stmt_ struct stmt *inner = db_query(db, &read_all);

            while (stmt_step(inner, &e) > 0)
                rows++;
        }
    }
    assert_int_equal(rows, 4);
    for (i = 0; i < 200; i++) {
        _stmt_ struct stmt *q = NULL;

        many[i] = (struct sql){"many", "SELECT k, v FROM t"};
        q = db_query(db, &many[i]);
        assert_int_equal(stmt_step(q, &e), 1);
    }
}

enum { THREADS = 16, ROUNDS = 40 };

static void *count_up(void *arg)
{
    struct store *s = arg;
    struct err e;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        _db_ struct db *db = store_lend(s);
        _tx_ struct tx tx = {0};
        _stmt_ struct stmt *q = NULL;

        if (i % 2 && tx_begin(db, &tx, &e) < 0)
            return e.msg[0] ? "begin" : NULL;
        q = db_query(db, &add);
        bind_text(q, "k");
        if (stmt_run(q, &e) < 0)
            return "run";
        if (i % 2 && tx_commit(&tx, &e) < 0)
            return "commit";
    }
    return NULL;
}

/* More threads than connections, with and without transactions: nobody ever sees BUSY. */
static void writers_take_turns(void **state)
{
    struct fixture *f = *state;
    pthread_t thread[THREADS];
    struct err e;
    void *said;
    int i;

    {
        _db_ struct db *db = store_lend(f->store);
        ok(put_row(db, "k", 0, &e), e);
    }
    for (i = 0; i < THREADS; i++)
        thread_start(&thread[i], "writer", count_up, f->store);
    for (i = 0; i < THREADS; i++) {
        pthread_join(thread[i], &said);
        assert_null(said);
    }
    assert_int_equal(value_of(f->store, "k"), THREADS * ROUNDS);
}

/* In a transaction that is kept or not. */
static void forget(struct store *store, bool keep)
{
    _db_ struct db *db = store_lend(store);
    _tx_ struct tx tx = {0};
    struct err e;

    ok(tx_begin(db, &tx, &e), e);
    db_forget(db);
    assert_false(db_recall(db, "a", &(char[3]){0}, 3)); /* others' state is not its own */
    if (keep)
        ok(tx_commit(&tx, &e), e);
}

static bool recalls(struct store *store, const char *key, const char *text)
{
    _db_ struct db *db = store_lend(store);
    char got[16] = "";

    return db_recall(db, key, got, strlen(text)) && !strcmp(got, text);
}

/* Remembers what was read in a generation; which one that is now. */
static uint64_t remember(struct store *store, const char *key, const char *text, int64_t then)
{
    _db_ struct db *db = store_lend(store);
    uint64_t now = db_generation(db);

    db_remember(db, then < 0 ? now : (uint64_t)then, key, text, strlen(text));
    return now;
}

static void memory_lasts_until_a_change(void **state)
{
    struct fixture *f = *state;
    uint64_t then = remember(f->store, "a", "abc", -1);
    char key[16];
    int i;

    assert_true(recalls(f->store, "a", "abc"));
    assert_false(recalls(f->store, "a", "ab"));
    assert_false(recalls(f->store, "b", "abc"));
    (void)remember(f->store, "a", "xyz", -1);
    assert_true(recalls(f->store, "a", "xyz"));
    forget(f->store, false);
    assert_true(recalls(f->store, "a", "xyz"));
    forget(f->store, true);
    assert_false(recalls(f->store, "a", "xyz"));
    (void)remember(f->store, "a", "xyz", (int64_t)then); /* was read before the change */
    assert_false(recalls(f->store, "a", "xyz"));
    (void)remember(f->store, "a", "new", -1);
    for (i = 0; i < 100; i++) { /* the one in use stays, of the others the newest */
        assert_true(recalls(f->store, "a", "new"));
        (void)snprintf(key, sizeof(key), "key%d", i);
        (void)remember(f->store, key, key, -1);
    }
    assert_true(recalls(f->store, "a", "new"));
    assert_true(recalls(f->store, "key99", "key99"));
    assert_false(recalls(f->store, "key50", "key50"));
}

static void file_is_private_and_stays(void **state)
{
    struct fixture *f = *state;
    char path[64];
    struct stat st;
    struct err e;

    {
        _db_ struct db *db = store_lend(f->store);
        ok(put_row(db, "k", 7, &e), e);
    }
    (void)snprintf(path, sizeof(path), "%s/atoll.sqlite", f->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(f->store);
    ok(store_open(f->dir, &f->store, &e), e);
    assert_int_equal(value_of(f->store, "k"), 7);
}

static void newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    char path[64];
    sqlite3 *h;
    struct err e;

    store_close(f->store);
    f->store = NULL;
    (void)snprintf(path, sizeof(path), "%s/atoll.sqlite", f->dir);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(h, "INSERT INTO schema_migration VALUES (9999, 'later', 0)", 0, 0, 0),
        SQLITE_OK);
    sqlite3_close(h);
    err_is(store_open(f->dir, &s, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "newer atoll"));
    assert_non_null(strstr(e.msg, "9999 later"));
}

/* Does something to the closed database behind the store's back. */
static void meddle(struct fixture *f, const char *sql)
{
    char path[64];
    sqlite3 *h;

    store_close(f->store);
    f->store = NULL;
    (void)snprintf(path, sizeof(path), "%s/atoll.sqlite", f->dir);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, sql, 0, 0, 0), SQLITE_OK);
    sqlite3_close(h);
}

static int count(struct fixture *f, const char *sql)
{
    char path[64];
    sqlite3_stmt *q;
    sqlite3 *h;
    int n;

    (void)snprintf(path, sizeof(path), "%s/atoll.sqlite", f->dir);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(h);
    return n;
}

#define PAYMENT_TABLES "SELECT count(*) FROM sqlite_schema WHERE tbl_name LIKE 'payment%'"
#define PAYMENT_STEP "SELECT count(*) FROM schema_migration WHERE number = 7"

/* A process that ended between two steps; the next one goes on. */
static void steps_go_on_after_a_crash(void **state)
{
    struct fixture *f = *state;
    int whole = count(f, PAYMENT_TABLES);
    struct err e;

    meddle(f, "DROP TABLE payment_event; DROP TABLE payment;"
              "DELETE FROM schema_migration WHERE number = 7");
    assert_int_equal(count(f, PAYMENT_TABLES), 0);
    ok(store_open(f->dir, &f->store, &e), e);
    assert_int_equal(count(f, PAYMENT_TABLES), whole);
    assert_int_equal(count(f, PAYMENT_STEP), 1);
}

/* The second table of the step is in its way: the first must not stay either. */
static void broken_step_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    struct err e;
    int before;

    meddle(f, "DROP TABLE payment; DELETE FROM schema_migration WHERE number = 7");
    before = count(f, PAYMENT_TABLES);
    err_is(store_open(f->dir, &s, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "0007"));
    assert_int_equal(count(f, PAYMENT_TABLES), before);
    assert_int_equal(count(f, PAYMENT_STEP), 0);
}

static void unusable_folder_is_named(void **state)
{
    struct store *s;
    struct err e;

    (void)state;
    err_is(store_open("/proc/nowhere", &s, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "/proc/nowhere"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void folder_has_one_process(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct err e;

    err_is(store_open(f->dir, &second, &e), e, CONFLICT);
    assert_non_null(strstr(e.msg, f->dir));
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(values_come_back),
        WITH(constraint_is_a_conflict),
        WITH(open_transaction_rolls_back),
        WITH(statements_nest),
        WITH(writers_take_turns),
        WITH(memory_lasts_until_a_change),
        WITH(file_is_private_and_stays),
        WITH(folder_has_one_process),
        WITH(newer_schema_is_refused),
        WITH(steps_go_on_after_a_crash),
        WITH(broken_step_leaves_nothing),
        cmocka_unit_test(unusable_folder_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
