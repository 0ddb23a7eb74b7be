/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db_json.h"

static struct json *value(struct arena *a, struct stmt *q, const struct db_member *m)
{
    if (col_is_null(q, m->column))
        return NULL;
    return m->type == DB_INT ? json_new_int(a, col_i64(q, m->column))
                             : json_new_str(a, col_text(q, m->column));
}

int stmt_json(struct stmt *q, struct arena *a, const struct db_member *members, size_t count,
              struct json *into, struct err *e)
{
    size_t i;
    int r;

    while ((r = stmt_step(q, e)) > 0) {
        struct json *v = json_new_object(a);

        for (i = 0; i < count; i++)
            json_set(a, v, members[i].key, value(a, q, &members[i]));
        json_push(a, into, v);
    }
    return r;
}
