/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORE_FOREIGN_H
#define ATOLL_STORE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * An SQLite file of another program, read once and never written. After store_open(), which sets
 * SQLite up; one thread. Columns are counted from 0 and read as whatever is asked for, because
 * such files promise no types.
 */
struct foreign;

/* FAILED when the file is not there or no database. */
int foreign_open(const char *path, struct foreign **ret, struct err *e) must_check;
void foreign_close(struct foreign *f); /* NULL is allowed */

/* Begins a SELECT, in place of the one before. FAILED for tables and columns that are not there. */
int foreign_select(struct foreign *f, const char *sql, struct err *e) must_check;
/* 1 = a row, 0 = no more, -1 = failed. */
int foreign_step(struct foreign *f, struct err *e) must_check;

/* NULL for NULL; valid until the next step. */
const char *foreign_text(struct foreign *f, int column);
int64_t foreign_i64(struct foreign *f, int column); /* 0 for what is no number */
bool foreign_is_null(struct foreign *f, int column);

static inline void cleanup_foreign(struct foreign **f)
{
    foreign_close(*f);
}
/* A file that is closed at scope exit. */
#define _foreign_ cleanup_(cleanup_foreign)

#endif
