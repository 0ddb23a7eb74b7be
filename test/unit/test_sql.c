/* SPDX-License-Identifier: Apache-2.0 */
/* Every named statement of the program must be right for the schema. */
#include <stdlib.h>
#include <string.h>

#include "all_sql.gen.h"
#include "base/fs.h"
#include "store/db.h"
#include "test.h"

static void every_statement_prepares(void **state)
{
    char dir[] = "/tmp/atoll-sql-XXXXXX";
    struct store *s = NULL;
    struct err e;
    size_t i;

    (void)state;
    assert_non_null(mkdtemp(dir));
    ok(store_open(dir, &s, &e), e);
    for (i = 0; i < sizeof(all_sql) / sizeof(all_sql[0]); i++) {
        _db_ struct db *db = store_lend(s);
        _stmt_ struct stmt *q = NULL;

        print_message("# %s\n", all_sql[i].name);
        q = db_query(db, &all_sql[i]); /* ends the process when it is wrong */
        assert_non_null(q);
    }
    store_close(s);
    ok(fs_remove_tree(dir, &e), e);
}

/* Whether a statement reads what belongs to one person. */
static bool is_of_an_owner(const char *text)
{
    return strncmp(text, "SELECT", 6) == 0 &&
           (strstr(text, "owner = ?") || strstr(text, "person = ?"));
}

static int parameters(const char *text)
{
    int most = 0;

    for (; (text = strchr(text, '?')); text++)
        if (strtol(text + 1, NULL, 10) > most)
            most = (int)strtol(text + 1, NULL, 10);
    return most;
}

/* A list that somebody asks for costs by their own rows, however many those of others are. */
static void regression_11_what_is_of_one_owner_is_found_by_an_index(void **state)
{
    char dir[] = "/tmp/atoll-sql-XXXXXX";
    _arena_ struct arena *a = arena_new();
    struct store *s = NULL;
    size_t seen = 0;
    struct err e;
    size_t i;
    int r, k;

    (void)state;
    assert_non_null(mkdtemp(dir));
    ok(store_open(dir, &s, &e), e);
    for (i = 0; i < sizeof(all_sql) / sizeof(all_sql[0]); i++) {
        const struct sql plan = {all_sql[i].name,
                                 arena_printf(a, "EXPLAIN QUERY PLAN %s", all_sql[i].text)};
        _db_ struct db *db = NULL;
        _stmt_ struct stmt *q = NULL;

        if (!is_of_an_owner(all_sql[i].text))
            continue;
        db = store_lend(s);
        q = db_query_once(db, &plan);
        for (k = parameters(plan.text); k > 0; k--)
            bind_null(q);
        for (seen++; (r = stmt_step(q, &e)) > 0;)
            if (strncmp(col_text(q, "detail"), "SCAN ", 5) == 0)
                fail_msg("%s: %s", plan.name, col_text(q, "detail"));
        assert_int_equal(r, 0);
    }
    assert_true(seen >= 10);
    store_close(s);
    ok(fs_remove_tree(dir, &e), e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_prepares),
        cmocka_unit_test(regression_11_what_is_of_one_owner_is_found_by_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
