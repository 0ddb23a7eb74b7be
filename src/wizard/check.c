/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "package/answers.h"
#include "wizard/wizard_int.h"

/* Answers: what the package says of them (package/answers.h), and what only this node knows. */

static bool of_step(const struct package_question *q, const char *step)
{
    return !step || str_eq(q->step, step);
}

/*
 * What a person is not shown again need not be given again: a secret, a file. A form that was
 * opened anew leaves it out.
 */
static struct json *completed(struct arena *a, const struct wizard_seen *s, const char *step,
                              const struct json *given)
{
    const struct package *p = s->package;
    struct json *all = json_copy(a, given);
    size_t i;

    if (!json_is(all, JSON_OBJECT))
        return all;
    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];
        struct json *kept = json_get(s->row.answers, q->name);

        if ((q->type == QUESTION_SECRET || q->type == QUESTION_FILE) && of_step(q, step) && kept &&
            json_type(json_get(all, q->name)) == JSON_NULL)
            json_set(a, all, q->name, json_copy(a, kept));
    }
    return all;
}

/* The normal answers of the steps before this one. */
static struct json *earlier(struct arena *a, const struct wizard_seen *s, const char *step)
{
    const struct package *p = s->package;
    int place = wizard__place(p, step);
    struct json *known = json_new_object(a);
    size_t i;

    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];
        const struct json *v = json_get(s->row.answers, q->name);

        if (v && wizard__place(p, q->step) < place)
            json_set(a, known, q->name, json_copy(a, v));
    }
    return known;
}

struct json *wizard__merge(struct arena *a, const struct wizard_seen *s, const char *step,
                           const struct json *normal)
{
    const struct package *p = s->package;
    struct json *all = json_copy(a, s->row.answers);
    size_t i;

    for (i = 0; i < p->question_count; i++)
        if (of_step(&p->questions[i], step))
            json_remove(all, p->questions[i].name);
    for (i = 0; i < json_len(normal); i++)
        json_set(a, all, json_key(normal, i), json_copy(a, json_value(normal, i)));
    for (i = 0; i < p->question_count; i++) /* the ones that others depend on come first */
        if (!answers_asked(p, &p->questions[i], all))
            json_remove(all, p->questions[i].name);
    return all;
}

/* --- what the package cannot know --- */

static int check_pool(struct wizards *w, const struct wizard_at *at, struct wizard_check *io,
                      const char *question, struct err *e)
{
    const char *pool = json_get_str(io->normal, question, "");
    const struct wizard_world *world = &w->o.world;
    const char *wrong = "is no pool of yours";
    struct json *options;
    size_t i;

    if (world->pools(world->ctx, at->arena, at->owner, &options, e) < 0)
        return -1;
    for (i = 0; i < json_len(options); i++) {
        const struct json *o = json_at(options, i);

        if (str_eq(json_get_str(o, "value", ""), pool))
            wrong = json_get_bool(o, "disabled", false)
                        ? json_get_str(o, "note", "cannot be chosen now")
                        : NULL;
    }
    if (wrong)
        json_set_str(at->arena, io->errors, question, wrong);
    return 0;
}

static int check_taken(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                       struct wizard_check *io, const struct package_question *q, struct err *e)
{
    const struct wizard_world *world = &w->o.world;
    struct wizard_order o;
    const char *why = NULL;

    wizard__order(at->arena, s, &o);
    if (world->taken(world->ctx, &o, q, json_get(io->normal, q->name), &why, e) < 0)
        return -1;
    if (why)
        json_set_str(at->arena, io->errors, q->name, why);
    return 0;
}

int wizard__check(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct wizard_check *io, struct err *e)
{
    const struct package *p = s->package;
    struct arena *a = at->arena;
    const struct answers_ask ask = {.package = p,
                                    .step = io->step,
                                    .known = io->step ? earlier(a, s, io->step) : NULL,
                                    .now_ms = clock_ms()};
    size_t i;

    if (answers_check(a, &ask, completed(a, s, io->step, io->given), &io->normal, &io->errors, e) <
        0)
        return -1;
    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];

        if (!json_get(io->normal, q->name) || json_get(io->errors, q->name) ||
            !of_step(q, io->step))
            continue;
        if (q->type == QUESTION_POOL && check_pool(w, at, io, q->name, e) < 0)
            return -1;
        if ((q->unique || (q->standard && str_eq(q->name, "name"))) &&
            check_taken(w, at, s, io, q, e) < 0)
            return -1;
    }
    return 0;
}

const char *wizard__first_wrong(const struct package *p, const struct json *errors)
{
    size_t i;

    for (i = 0; i < p->question_count; i++)
        if (json_get(errors, p->questions[i].name))
            return p->questions[i].step;
    return WIZARD_REVIEW;
}
