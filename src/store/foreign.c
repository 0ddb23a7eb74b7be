/* SPDX-License-Identifier: Apache-2.0 */
#include "store/foreign.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/must.h"

enum { BUSY_MS = 2000 };

struct foreign {
    sqlite3 *h;
    sqlite3_stmt *q;
};

static int foreign_failed(struct foreign *f, struct err *e)
{
    return failed(e, FAILED, "%s", sqlite3_errmsg(f->h));
}

int foreign_open(const char *path, struct foreign **ret, struct err *e)
{
    struct foreign *f = xcalloc(1, sizeof(*f));

    if (sqlite3_open_v2(path, &f->h, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        (void)foreign_failed(f, e);
        foreign_close(f);
        return -1;
    }
    (void)sqlite3_busy_timeout(f->h, BUSY_MS);
    *ret = f;
    return 0;
}

void foreign_close(struct foreign *f)
{
    if (!f)
        return;
    (void)sqlite3_finalize(f->q);
    (void)sqlite3_close(f->h);
    free(f);
}

int foreign_select(struct foreign *f, const char *sql, struct err *e)
{
    (void)sqlite3_finalize(f->q);
    f->q = NULL;
    return sqlite3_prepare_v2(f->h, sql, -1, &f->q, NULL) == SQLITE_OK ? 0 : foreign_failed(f, e);
}

int foreign_step(struct foreign *f, struct err *e)
{
    int code = sqlite3_step(f->q);

    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : foreign_failed(f, e);
}

const char *foreign_text(struct foreign *f, int column)
{
    return (const char *)sqlite3_column_text(f->q, column);
}

int64_t foreign_i64(struct foreign *f, int column)
{
    return sqlite3_column_int64(f->q, column);
}

bool foreign_is_null(struct foreign *f, int column)
{
    return sqlite3_column_type(f->q, column) == SQLITE_NULL;
}
