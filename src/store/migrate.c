/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the schema forward: numbered files, each in one transaction, never changed afterwards. */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/engine.h"
#include "store/migrate.sql.h"

struct migration {
    int number;
    const char *name;
    const char *text;
};

#include "migrations.gen.h"

static const char table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                            "number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL,"
                            "applied INTEGER NOT NULL) STRICT";

/* What the file has must be what this program knows; done[i] tells of migrations[i]. */
static int look(struct db *db, const char *where, bool *done, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_migration_list);
    size_t i;
    int r;

    while ((r = stmt_step(q, e)) > 0) {
        for (i = 0; i < ARRAY_LEN(migrations); i++)
            if (migrations[i].number == col_i64(q, "number") &&
                !strcmp(migrations[i].name, col_text(q, "name")))
                break;
        if (i == ARRAY_LEN(migrations))
            return failed(e, FAILED,
                          "%s was written by a newer atoll (its schema has step %04d %s, which "
                          "this one does not know); start that version, or restore a backup",
                          where, (int)col_i64(q, "number"), col_text(q, "name"));
        done[i] = true;
    }
    return r;
}

static int apply(struct db *db, const struct migration *m, struct err *e)
{
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    if (db->ops->script(db, m->text, e) < 0)
        return err_wrap(e, "schema step %04d %s", m->number, m->name);
    q = db_query(db, &sql_migration_add);
    bind_i64(q, m->number);
    bind_text(q, m->name);
    bind_i64(q, clock_ms());
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int store__migrate(struct db *db, const char *where, struct err *e)
{
    bool done[ARRAY_LEN(migrations)] = {false};
    size_t i;

    if (db->ops->script(db, table, e) < 0 || look(db, where, done, e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(migrations); i++)
        if (!done[i] && apply(db, &migrations[i], e) < 0)
            return -1;
    return 0;
}
