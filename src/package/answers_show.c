/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "package/package_int.h"

/* Answers as people see them again; secrets stay out. */

struct json *answers_shown(struct arena *a, const struct package *p, const struct json *normal)
{
    struct json *shown = json_new_object(a);
    size_t i;

    for (i = 0; i < json_len(normal); i++) {
        const struct package_question *q = package_question_find(p, json_key(normal, i));
        struct json *v = json_copy(a, json_value(normal, i));

        if (!q || q->type == QUESTION_SECRET)
            continue;
        if (q->type == QUESTION_FILE)
            json_remove(v, "content");
        if (q->type == QUESTION_KEYVALUE) { /* variables often hold passwords */
            size_t k;

            for (k = 0; k < json_len(v); k++)
                json_set_str(a, v, json_key(v, k), "***");
        }
        json_set(a, shown, q->name, v);
    }
    return shown;
}

static const char *label_of(const struct package_question *q, const char *value)
{
    size_t i;

    for (i = 0; i < q->option_count; i++)
        if (str_eq(q->options[i].value, value))
            return q->options[i].label;
    return value;
}

static const char *names_of(struct arena *a, const struct json *v, const struct package_question *q)
{
    _buf_ struct buf out = BUF_INIT(PACKAGE_FILE_MAX);
    size_t i;

    for (i = 0; i < json_len(v); i++)
        buf_printf(&out, "%s%s", i ? ", " : "",
                   json_is(v, JSON_ARRAY) ? label_of(q, json_str(json_at(v, i), ""))
                                          : json_key(v, i));
    return arena_strdup(a, buf_str(&out));
}

static const char *size_label(const struct package *p, const char *name)
{
    const struct package_size *s = package_size_find(p, name);

    return s ? s->label : name;
}

static const char *iso(struct arena *a, int64_t ms)
{
    char text[CLOCK_ISO_SIZE];

    clock_iso(ms, text);
    return arena_strdup(a, text);
}

/* What a person reads; NULL: nothing is shown. */
static const char *readable(struct arena *a, const struct package *p,
                            const struct package_question *q, const struct json *v)
{
    const enum package_question_type type = q->type;

    if (type == QUESTION_SECRET)
        return "***";
    if (type == QUESTION_BOOL)
        return json_bool(v, false) ? "yes" : "no";
    if (type == QUESTION_CHOICE || type == QUESTION_DROPDOWN)
        return label_of(q, json_str(v, ""));
    if (type == QUESTION_MULTI || type == QUESTION_KEYVALUE)
        return names_of(a, v, q);
    if (type == QUESTION_DATETIME)
        return iso(a, (int64_t)json_num(v, 0));
    if (type == QUESTION_FILE)
        return arena_printf(a, "%s, %lld bytes", json_get_str(v, "name", ""),
                            (long long)json_get_int(v, "size", 0));
    if (type == QUESTION_SIZE)
        return size_label(p, json_str(v, ""));
    if (type == QUESTION_POOL || type == QUESTION_CONFIRM) /* a pool's name only others know */
        return NULL;
    return package__answer_as_text(a, v);
}

struct json *answers_review(struct arena *a, const struct package *p, const struct json *normal)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];
        const struct json *v = json_get(normal, q->name);
        const char *text = v ? readable(a, p, q, v) : NULL;
        struct json *row;

        if (!text)
            continue;
        row = json_new_object(a);
        json_set_str(a, row, "label", q->label);
        json_set_str(a, row, "value", text);
        json_push(a, list, row);
    }
    return list;
}
