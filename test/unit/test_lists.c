/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists as they are answered: shapes, and a ceiling. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "indexer/index.h"
#include "test.h"

#define SMALL "0x00000000000000000000000000000000000000aa"
#define LARGE "0x00000000000000000000000000000000000000bb"
#define WALLET "0x00000000000000000000000000000000000000Cc"

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *a;
};

/* A list of one user with a token beyond JavaScript's integers, and one of 100,000 users. */
static const struct sql statements[] = {
    {"lists", "INSERT INTO access_list VALUES (1, '" SMALL "', 'Small', 'S', 1, 7, '0x01'), "
              "(1, '" LARGE "', 'Large', 'L', 0, 8, '0x02')"},
    {"one", "INSERT INTO access_list_member VALUES (1, '" SMALL "', '9007199254740993', 9, 0, "
            "lower('" WALLET "'), '0x03', NULL)"},
    {"many", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
             "INSERT INTO access_list_member SELECT 1, '" LARGE "', i, 10, i, "
             "CASE i WHEN 1 THEN lower('" WALLET "') ELSE '0x' || i END, '0x04', NULL FROM n"},
};

static void run(struct fixture *f, const struct sql *sql)
{
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query(db, sql);
    struct err e;

    ok(stmt_run(q, &e), e);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;
    size_t i;

    strcpy(f->dir, "/tmp/atoll-lists-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    f->a = arena_new();
    for (i = 0; i < sizeof(statements) / sizeof(*statements); i++)
        run(f, &statements[i]);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static void a_list_has_its_shape(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_access_list(db, f->a, 1, "0x00000000000000000000000000000000000000AA", &v, &e), e);
    assert_string_equal(
        json_text(f->a, v),
        "{\"chainId\":1,\"contractAddress\":\"" SMALL "\",\"name\":\"Small\",\"symbol\":\"S\","
        "\"transferable\":true,\"users\":[{\"wallet\":\"0x00000000000000000000000000000000000000cc"
        "\",\"tokenId\":\"9007199254740993\",\"block\":9,\"txId\":\"0x03\"}],"
        "\"deploymentBlock\":7,\"deploymentTxId\":\"0x01\"}");
    ok(index_access_list(db, f->a, 2, SMALL, &v, &e), e);
    assert_null(v);
}

static void answers_have_a_ceiling(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_access_list(db, f->a, 1, LARGE, &v, &e), e);
    assert_int_equal(json_len(json_get(v, "users")), 100000);
    err_is(index_access_lists_of(db, f->a, 0, WALLET, &v, &e), e, TOO_LARGE); /* both lists */
    ok(index_access_lists_of(db, f->a, 2, WALLET, &v, &e), e);
    assert_int_equal(json_len(v), 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_list_has_its_shape),
        WITH(answers_have_a_ceiling),
    };

    return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
