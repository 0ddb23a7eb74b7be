/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "service/service_int.h"

/* What an owner has already, for questions whose answers have to be unique among it. */

int service_name_taken(struct service *s, const struct service_key *k, const char *name, bool *ret,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_rows rows;
    size_t i;

    if (rows_list(s->o.store, a, k->owner, &rows, e) < 0)
        return -1;
    *ret = false;
    for (i = 0; i < rows.count; i++)
        *ret = *ret || (str_eq(rows.item[i].name, name) && !str_eq(rows.item[i].id, k->id));
    return 0;
}

/* The answer of one deployment; NULL when it was not asked. */
static int answer_of(struct service *s, struct arena *a, const char *id, const char *question,
                     struct json **ret, struct err *e)
{
    const char *sealed, *secrets, *text;
    struct json *answers;

    if (rows_sealed(s->o.store, a, id, &sealed, &secrets, e) < 0 ||
        seal__open(s, a, sealed, &text, e) < 0 ||
        json_parse(a, text, strlen(text), &answers, e) < 0)
        return -1;
    *ret = json_get(answers, question);
    return 0;
}

int service_answer_taken(struct service *s, const struct service_key *k,
                         const struct service_answer *answer, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_rows rows;
    size_t i;

    if (rows_list(s->o.store, a, k->owner, &rows, e) < 0)
        return -1;
    *ret = false;
    for (i = 0; i < rows.count && !*ret; i++) {
        struct json *v;

        if (!str_eq(rows.item[i].package, answer->package) || str_eq(rows.item[i].id, k->id))
            continue;
        if (answer_of(s, a, rows.item[i].id, answer->question, &v, e) < 0)
            return -1;
        *ret = v && json_equal(v, answer->value);
    }
    return 0;
}
