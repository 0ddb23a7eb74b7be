/* SPDX-License-Identifier: Apache-2.0 */
#include "wizard/wizard.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "wizard/wizard_int.h"

/*
 * What can be done with a wizard but deploying. Each change is read, decide, write if nobody else
 * wrote meanwhile; who was slower decides again on what is there now.
 */

enum { TRIES = 8, LIST_MAX = 300 };

int wizard__see(struct wizards *w, const struct wizard_at *at, struct wizard_seen *ret,
                struct err *e)
{
    const struct wizard_world *world = &w->o.world;

    ret->package = NULL;
    ret->row.state = WIZARD_EXPIRED;
    if (wizard__find(w, at, &ret->row, e) < 0)
        return -1;
    return world->package(world->ctx, at->arena, ret->row.package, ret->row.version, &ret->package,
                          e);
}

/* --- begin and look --- */

int wizard_begin(struct wizards *w, const struct wizard_at *at, const char *package,
                 const char *version, struct json **ret, struct err *e)
{
    const struct wizard_world *world = &w->o.world;
    struct wizard_row row = {.owner = at->owner};
    struct wizard_at mine = *at;
    const struct package *p;
    uint8_t random[16];

    if (world->package(world->ctx, at->arena, package, version, &p, e) < 0)
        return -1;
    if (!p->offered)
        return refused(e, PACKAGE_NOT_OFFERED, p->title, p->reason);
    must(p->step_count > 0);
    random_bytes(random, sizeof(random));
    row.id = arena_printf(at->arena, "w%s", hex_dup(at->arena, random, sizeof(random)));
    row.package = p->name;
    row.version = p->version;
    row.title = p->title;
    row.step = p->steps[0].name;
    if (wizard__insert(w, &row, e) < 0)
        return -1;
    mine.id = row.id;
    return wizard_get(w, &mine, ret, e);
}

int wizard_get(struct wizards *w, const struct wizard_at *at, struct json **ret, struct err *e)
{
    struct wizard_seen s;

    if (wizard__see(w, at, &s, e) < 0)
        return -1;
    return wizard__view(w, at, &s, NULL, ret, e);
}

/* --- refusals that come with the wizard as it is --- */

/* Returns -1 with the refusal in *e; the wizard beside it, or NULL when that cannot be made. */
int wizard__refused(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                    struct json *errors, struct json **ret)
{
    struct err ignored;

    if (wizard__view(w, at, s, errors, ret, &ignored) < 0)
        *ret = NULL;
    return -1;
}

int wizard__stale(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct json **ret, struct err *e)
{
    (void)refused(e, WIZARD_STEP, s->row.step);
    return wizard__refused(w, at, s, NULL, ret);
}

/* Reads it and looks whether it is still being answered. */
static int open_for_answers(struct wizards *w, const struct wizard_at *at, struct wizard_seen *s,
                            struct json **ret, struct err *e)
{
    *ret = NULL;
    if (wizard__see(w, at, s, e) < 0)
        return -1;
    if (s->row.state == WIZARD_EXPIRED)
        return refused(e, WIZARD_EXPIRED);
    if (s->row.state == WIZARD_ASKING)
        return 0;
    (void)refused(e, WIZARD_OVER);
    return wizard__refused(w, at, s, NULL, ret);
}

/* "size: must be at most 4; name: ..." */
int wizard__wrong(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct json *errors, struct json **ret, struct err *e)
{
    _buf_ struct buf list = BUF_INIT(LIST_MAX);
    size_t i;

    for (i = 0; i < json_len(errors); i++)
        buf_printf(&list, "%s%s: %s", i ? "; " : "", json_key(errors, i),
                   json_str(json_value(errors, i), ""));
    (void)refused(e, WIZARD_ANSWERS, buf_str(&list));
    return wizard__refused(w, at, s, errors, ret);
}

/* --- answering --- */

/* Whether these are the answers that the step was given already. */
static bool is_repeated(struct arena *a, const struct wizard_seen *s, const char *step,
                        const struct json *normal)
{
    return json_equal(wizard__merge(a, s, step, normal), s->row.answers);
}

struct change {
    struct wizards *w;
    const struct wizard_at *at;
    const char *step;
    const struct json *answers;
    const char *to;
    struct json **ret;
};

/* The change is decided: it is written, unless somebody else was faster. */
static int save(const struct change *c, const struct wizard_seen *s, bool *ret_again, struct err *e)
{
    bool done;

    if (wizard__save(c->w, &s->row, &done, e) < 0)
        return -1;
    *ret_again = !done;
    return done ? wizard_get(c->w, c->at, c->ret, e) : 0;
}

static int answer_once(const struct change *c, bool *ret_again, struct err *e)
{
    struct wizard_check k = {.step = c->step, .given = c->answers};
    struct wizard_seen s;
    int place;

    if (open_for_answers(c->w, c->at, &s, c->ret, e) < 0)
        return -1;
    place = wizard__place(s.package, c->step);
    if (place < 0 || place > wizard__place(s.package, s.row.step) || str_eq(c->step, WIZARD_REVIEW))
        return wizard__stale(c->w, c->at, &s, c->ret, e);
    if (wizard__check(c->w, c->at, &s, &k, e) < 0)
        return -1;
    if (!str_eq(c->step, s.row.step)) { /* an earlier one: it came twice, or from another tab */
        if (json_len(k.errors) > 0 || !is_repeated(c->at->arena, &s, c->step, k.normal))
            return wizard__stale(c->w, c->at, &s, c->ret, e);
        return wizard__view(c->w, c->at, &s, NULL, c->ret, e);
    }
    if (json_len(k.errors) > 0)
        return wizard__wrong(c->w, c->at, &s, k.errors, c->ret, e);
    s.row.answers = wizard__merge(c->at->arena, &s, c->step, k.normal);
    s.row.step = wizard__next(&s, c->step);
    return save(c, &s, ret_again, e);
}

/* --- going back --- */

/* Where back leads to; NULL when it leads nowhere. */
static const char *target(const struct wizard_seen *s, const char *step, const char *to)
{
    int from = wizard__place(s->package, step);

    if (!to)
        return from < 0 ? NULL : wizard__previous(s, step);
    return from > wizard__place(s->package, to) && wizard__asks(s, to) ? to : NULL;
}

static int back_once(const struct change *c, bool *ret_again, struct err *e)
{
    struct wizard_seen s;
    const char *earlier;

    if (open_for_answers(c->w, c->at, &s, c->ret, e) < 0)
        return -1;
    earlier = target(&s, c->step, c->to);
    if (earlier && str_eq(earlier, s.row.step)) /* it came twice */
        return wizard__view(c->w, c->at, &s, NULL, c->ret, e);
    if (!str_eq(c->step, s.row.step) || (c->to && !earlier))
        return wizard__stale(c->w, c->at, &s, c->ret, e);
    if (!earlier) /* the first one */
        return wizard__view(c->w, c->at, &s, NULL, c->ret, e);
    s.row.step = earlier;
    return save(c, &s, ret_again, e);
}

/* --- both --- */

static int change(int (*once)(const struct change *c, bool *ret_again, struct err *e),
                  const struct change *c, struct err *e)
{
    int i;

    for (i = 0; i < TRIES; i++) {
        bool again = false;

        *c->ret = NULL;
        if (once(c, &again, e) < 0)
            return -1;
        if (!again)
            return 0;
    }
    return failed(e, UNAVAILABLE, "this wizard is being changed elsewhere");
}

int wizard_answer(struct wizards *w, const struct wizard_at *at, const char *step,
                  const struct json *answers, struct json **ret, struct err *e)
{
    const struct change c = {.w = w, .at = at, .step = step, .answers = answers, .ret = ret};

    return change(answer_once, &c, e);
}

int wizard_back(struct wizards *w, const struct wizard_at *at, const char *step, const char *to,
                struct json **ret, struct err *e)
{
    const struct change c = {.w = w, .at = at, .step = step, .to = to, .ret = ret};

    return change(back_once, &c, e);
}
