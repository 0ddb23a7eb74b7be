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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_statement_prepares)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
