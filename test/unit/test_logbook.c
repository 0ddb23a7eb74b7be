/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/thread.h"
#include "logbook/logbook.h"
#include "logbook/logbook_int.h"
#include "test.h"

/* Lines go in by log_...() and come out by the API, the files and the table. */

struct world {
    char dir[64];
    struct arena *a;
    struct store *store;
    struct logbook *lb;
};

static void world_open(struct world *w, const struct logbook_options *o)
{
    struct err e;

    w->a = arena_new();
    (void)str_copy(w->dir, sizeof(w->dir), "/tmp/atoll-logbook-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    ok(store_open(w->dir, &w->store, &e), e);
    ok(logbook_open(w->store, w->dir, o, &w->lb, &e), e);
    log_set_console(false);
    log_set_level(LOG_SILLY);
}

static void world_close(struct world *w)
{
    struct err e;

    logbook_close(w->lb);
    store_close(w->store);
    log_set_level(LOG_INFO);
    log_set_console(true);
    ok(fs_remove_tree(w->dir, &e), e);
    arena_free(w->a);
}

static const struct logbook_query all = {.from_ms = 0, .to_ms = INT64_MAX, .limit = 1000};

static struct json *find(struct world *w, struct logbook_query q)
{
    struct json *list;
    struct err e;

    ok(logbook_find(w->lb, w->a, &q, &list, &e), e);
    return list;
}

static const char *message(const struct json *list, size_t i)
{
    return json_get_str(json_at(list, i), "message", "");
}

static void filters(struct world *w)
{
    struct logbook_query q = all;
    struct json *list;
    struct json *one;
    struct err e;

    log_info("http", "first");
    log_warn("indexer", "second");
    log_debug("escrow", "third \xff\xc3(\xe2\x82\xac");
    log_broken("store", "fourth");
    list = find(w, all);
    assert_int_equal(json_len(list), 4);
    assert_string_equal(message(list, 0), "fourth");
    assert_string_equal(message(list, 1), "third ?"
                                          "?(\xe2\x82\xac");
    assert_string_equal(json_get_str(json_at(list, 0), "level", ""), "error");
    assert_string_equal(json_get_str(json_at(list, 0), "moduleName", ""), "DATABASE");
    assert_string_equal(json_str(json_path(json_at(list, 1), "meta.part"), ""), "escrow");
    q.module = "core";
    assert_int_equal(json_len(find(w, q)), 1);
    q.module = "nothing";
    assert_int_equal(json_len(find(w, q)), 0);
    q = all;
    q.level = "WARN";
    assert_string_equal(message(find(w, q), 0), "second");
    q.level = "fatal";
    assert_int_equal(json_len(find(w, q)), 0);
    q = all;
    q.limit = 2;
    q.offset = 1;
    assert_int_equal(json_len(find(w, q)), 2);
    assert_string_equal(message(find(w, q), 0), "third ?"
                                                "?(\xe2\x82\xac");
    q = all;
    q.to_ms = clock_ms() - 100000;
    assert_int_equal(json_len(find(w, q)), 0);
    ok(logbook_get(w->lb, w->a, json_get_str(json_at(list, 2), "id", ""), &one, &e), e);
    assert_string_equal(json_get_str(one, "message", ""), "second");
    ok(logbook_get(w->lb, w->a, "999999", &one, &e), e);
    assert_null(one);
    ok(logbook_get(w->lb, w->a, "1' OR 1", &one, &e), e);
    assert_null(one);
}

static void memory_answers_without_a_database(void **state)
{
    const struct logbook_options o = {.cron = "0 0 * * *"};
    struct world w;
    size_t i;

    (void)state;
    world_open(&w, &o);
    filters(&w);
    for (i = 0; i < 1500; i++)
        log_info("node", "line %zu", i);
    assert_int_equal(json_len(find(&w, all)), LOGBOOK_LINES_MAX);
    assert_string_equal(message(find(&w, all), 999), "line 500");
    world_close(&w);
}

static void the_database_answers_what_it_kept(void **state)
{
    const struct logbook_options o = {.db = true, .cron = "0 0 * * *"};
    struct world w;
    struct err e;

    (void)state;
    world_open(&w, &o);
    filters(&w);
    logbook_close(w.lb);
    ok(logbook_open(w.store, w.dir, &o, &w.lb, &e), e);
    assert_int_equal(json_len(find(&w, all)), 4);
    world_close(&w);
}

static void nothing_is_lost_at_the_end(void **state)
{
    const struct logbook_options o = {.db = true, .cron = "0 0 * * *"};
    struct world w;
    struct err e;
    int i;

    (void)state;
    world_open(&w, &o);
    for (i = 0; i < 5000; i++)
        log_info("node", "line %d", i);
    logbook_close(w.lb);
    ok(logbook_open(w.store, w.dir, &o, &w.lb, &e), e);
    assert_string_equal(message(find(&w, all), 0), "line 4999");
    assert_int_equal(
        json_len(find(&w, (struct logbook_query){.to_ms = INT64_MAX, .limit = 10, .offset = 4990})),
        10);
    world_close(&w);
}

static void *speak(void *arg)
{
    int i;

    for (i = 0; i < 2000; i++)
        log_info(arg, "line %d", i);
    return NULL;
}

static void threads_speak_at_once(void **state)
{
    const struct logbook_options o = {.db = true, .files = true, .cron = "0 0 * * *"};
    pthread_t threads[4];
    struct logbook_query q = all;
    struct world w;
    size_t i;

    (void)state;
    world_open(&w, &o);
    for (i = 0; i < 4; i++)
        thread_start(&threads[i], "speak", speak, i % 2 ? (void *)"http" : (void *)"indexer");
    for (i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    q.module = "HTTP";
    q.offset = 3999;
    assert_int_equal(json_len(find(&w, q)), 1);
    q.offset = 4000;
    assert_int_equal(json_len(find(&w, q)), 0);
    world_close(&w);
}

/* The writer's turn is ours, so that the logbook's thread is stuck and the queue fills. */
static void a_full_queue_never_holds_up_anybody(void **state)
{
    const struct logbook_options o = {.db = true, .cron = "0 0 * * *"};
    struct logbook_query q = all;
    struct world w;
    struct err e;
    char text[1001];
    int i;

    (void)state;
    memset(text, 'x', 1000);
    text[1000] = '\0';
    world_open(&w, &o);
    {
        _db_ struct db *db = store_lend(w.store);
        _tx_ struct tx tx = {0};

        ok(tx_begin(db, &tx, &e), e);
        for (i = 0; i < 12000; i++) /* three times what the queue holds */
            log_info("node", "%s", text);
    }
    log_info("node", "after");
    q.level = "warn";
    q.limit = 1;
    while (json_len(find(&w, q)) == 0) /* the count comes with the batch after the full one */
        clock_sleep_ms(10);
    assert_non_null(strstr(message(find(&w, q), 0), "lines came faster"));
    q = all;
    q.limit = 1;
    q.offset = 11000;
    assert_int_equal(json_len(find(&w, q)), 0);
    world_close(&w);
}

static size_t count_files(const char *dir, const char *prefix)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(d);
    while ((entry = readdir(d)))
        n += str_starts(entry->d_name, prefix);
    closedir(d);
    return n;
}

static void files_rotate_and_go(void **state)
{
    const struct logbook_options o = {
        .files = true, .file_max = 10000, .files_max = 3, .cron = "0 0 * * *"};
    struct world w;
    struct bytes text;
    struct stat st;
    struct err e;
    char *line;
    char logs[80];
    char path[100];
    int i;

    (void)state;
    world_open(&w, &o);
    (void)snprintf(logs, sizeof(logs), "%s/logs", w.dir);
    (void)snprintf(path, sizeof(path), "%s/atoll.log", logs);
    for (i = 0; i < 1000; i++) {
        log_info("node", "line %d with a few words", i);
        if (i % 50 == 0)
            (void)find(&w, all); /* some batches */
    }
    (void)find(&w, all);
    assert_int_equal(count_files(logs, "atoll-"), 3);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* somebody's logrotate takes the file away */
    assert_int_equal(unlink(path), 0);
    log_info("node", "the \"last\"");
    (void)find(&w, all);
    ok(fs_read(w.a, path, 100000, &text, &e), e);
    line = (char *)text.p;
    assert_string_equal(json_get_str(({
                                         struct json *v;
                                         ok(json_parse(w.a, line, strcspn(line, "\n"), &v, &e), e);
                                         v;
                                     }),
                                     "message", ""),
                        "the \"last\"");
    world_close(&w);
}

static void old_lines_go(void **state)
{
    const struct logbook_options o = {.db = true, .cron = "* * * * * *", .retention_ms = 1};
    struct world w;

    (void)state;
    world_open(&w, &o);
    log_info("node", "soon gone");
    while (json_len(find(&w, all)) > 0)
        clock_sleep_ms(20);
    world_close(&w);
}

static void the_oldest_rows_make_room(void **state)
{
    const struct logbook_options o = {.db = true, .cron = "0 0 * * *"};
    struct world w;
    struct err e;
    int i;

    (void)state;
    world_open(&w, &o);
    for (i = 0; i < 100; i++)
        log_info("node", "line %d", i);
    assert_int_equal(json_len(find(&w, all)), 100);
    ok(log_rows__clean(w.store, 0, 40, &e), e);
    assert_int_equal(json_len(find(&w, all)), 40);
    assert_string_equal(message(find(&w, all), 39), "line 60");
    world_close(&w);
}

static void a_disk_that_fails_is_told_once(void **state)
{
    const struct logbook_options o = {.files = true, .cron = "0 0 * * *"};
    struct world w;
    char logs[80];
    struct err e;
    int fd;
    int i;

    (void)state;
    world_open(&w, &o);
    (void)snprintf(logs, sizeof(logs), "%s/logs", w.dir);
    ok(fs_remove_tree(logs, &e), e);
    fd = open(logs, O_CREAT | O_WRONLY, 0600); /* a file where the folder should be */
    assert_true(fd >= 0);
    close(fd);
    for (i = 0; i < 5; i++) {
        log_info("node", "line %d", i);
        (void)find(&w, all);
    }
    assert_int_equal(json_len(find(&w, all)), 6);
    assert_int_equal(
        json_len(find(&w, (struct logbook_query){.to_ms = INT64_MAX, .level = "warn", .limit = 9})),
        1);
    world_close(&w);
}

static void options_change_while_it_runs(void **state)
{
    struct logbook_options o = {.cron = "0 0 * * *"};
    struct world w;
    struct err e;
    char path[100];

    (void)state;
    world_open(&w, &o);
    log_info("node", "only in memory");
    assert_int_equal(json_len(find(&w, all)), 1);
    o.db = o.files = true;
    ok(logbook_prepare(w.lb, &o, &e), e);
    logbook_set(w.lb, &o);
    assert_int_equal(json_len(find(&w, all)), 0);
    log_info("node", "in all three");
    assert_int_equal(json_len(find(&w, all)), 1);
    (void)snprintf(path, sizeof(path), "%s/logs/atoll.log", w.dir);
    assert_true(fs_size(path) > 0);
    o.db = false;
    ok(logbook_prepare(w.lb, &o, &e), e);
    logbook_set(w.lb, &o);
    assert_int_equal(json_len(find(&w, all)), 2);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_answers_without_a_database),
        cmocka_unit_test(the_database_answers_what_it_kept),
        cmocka_unit_test(nothing_is_lost_at_the_end),
        cmocka_unit_test(threads_speak_at_once),
        cmocka_unit_test(a_full_queue_never_holds_up_anybody),
        cmocka_unit_test(files_rotate_and_go),
        cmocka_unit_test(old_lines_go),
        cmocka_unit_test(the_oldest_rows_make_room),
        cmocka_unit_test(a_disk_that_fails_is_told_once),
        cmocka_unit_test(options_change_while_it_runs),
    };

    return cmocka_run_group_tests_name("logbook", tests, NULL, NULL);
}
